"""What of an event is printed: short headings that keep what matters, and the fields that tell something."""

import pytest

from reports.documents.incident.excerpt import CAPTION_LIMIT, caption, telling
from reports.documents.incident.facts import (
    EvidenceField,
)


def fields(**values: str) -> list[EvidenceField]:
    return [EvidenceField(name=name, value=value) for name, value in values.items()]


@pytest.mark.parametrize(
    ("summary", "shown"),
    [
        ("", ""),
        ("a user signed in", "a user signed in"),
        (
            'WS-1: cmd.exe started "C:\\Windows\\System32\\reg.exe" save C:\\ProgramData\\s.hiv as ACME\\mara',
            'WS-1: cmd.exe started "…\\reg.exe" save …\\s.hiv as ACME\\mara',
        ),
        ("C:\\Program Files (x86)\\App\\a.exe", "…\\a.exe"),
        ("C:\\o.dmp full as ACME\\mara", "…\\o.dmp full as ACME\\mara"),
        ("\\\\FS-1\\freight and /usr/bin/id", "\\\\FS-1\\freight and /usr/bin/id"),
    ],
)
def test_a_heading_leaves_folders_out(summary: str, shown: str) -> None:
    assert caption(summary) == shown


def test_a_long_command_keeps_its_beginning_and_who_ran_it() -> None:
    shown = caption(f"WS-1: cmd.exe started powershell -enc {'QQBB' * 100} as ACME\\mara")
    assert len(shown) <= CAPTION_LIMIT
    assert shown.startswith("WS-1: cmd.exe started powershell -enc QQBB")
    assert shown.endswith("… as ACME\\mara")


@pytest.mark.parametrize("text", ["x" * 5_000, "C:\\" * 5_000, "C:\\" + "a\\" * 5_000, "a b " * 2_000, " " * 5_000])
def test_no_heading_is_longer_than_its_limit(text: str) -> None:
    assert len(caption(text)) <= CAPTION_LIMIT


def test_fields_that_keep_records_or_repeat_others_are_left_out() -> None:
    given = fields(
        Image="C:\\Windows\\cmd.exe",
        OriginalFileName="Cmd.Exe",
        ParentImage="C:\\a.exe",
        ParentCommandLine='"C:\\a.exe"',
        Hashes="SHA256=AB",
        sha256="ab",
        UtcTime="2026-11-22",
        ProcessGuid="{1}",
        EventRecordID="7",
        Channel="Security",
        Provider_Name="x",
    )
    assert [field.name for field in telling(given)] == ["Image", "ParentImage", "Hashes"]


def test_fields_that_differ_from_what_they_often_repeat_stay() -> None:
    given = fields(
        Image="C:\\a\\svchost.exe", OriginalFileName="mimikatz.exe", ParentImage="C:\\a.exe", ParentCommandLine="a -x"
    )
    assert telling(given) == given


def test_an_event_of_nothing_but_records_keeps_its_fields() -> None:
    given = fields(Channel="Security", EventRecordID="7")
    assert telling(given) == given
