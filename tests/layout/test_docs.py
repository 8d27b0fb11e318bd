"""The pages for users say what the code says: links, roles, bundles, codes, verbs, examples."""

import re
import typing
from pathlib import Path

import msgspec
import pytest

from bot.console.command import MANUAL
from tenants.bundle import Bundle
from tenants.rules import read_bundles
from tests.layout.sources import ROOT
from watchfloor.access.roles import PERMISSIONS_OF, Permission, Role
from watchfloor.detect.load import load_rules
from watchfloor.detect.samples import check_samples
from watchfloor.feeds.doors.hec_replies import TABLE
from watchfloor.normalise.failure import FailureReason

DOCS = ROOT / "platform/watchfloor/docs"
PAGES = [*sorted(DOCS.rglob("*.md")), ROOT / "README.md"]
LINK = re.compile(r"\]\(([^)\s]+)\)")


def page(name: str) -> str:
    return (DOCS / name).read_text("utf-8")


def section(text: str, heading: str) -> str:
    """What stands under a heading, up to the next one of its level."""
    level = heading.partition(" ")[0]
    return re.split(rf"^{level} ", text.partition(f"{heading}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]


def tables(text: str) -> list[list[list[str]]]:
    """All tables, as rows of cells without their back-ticks; `\\|` is a bar inside a cell."""
    found = re.findall(r"(?:^\|.*\n)+", text, flags=re.MULTILINE)
    return [
        [
            [cell.strip().replace("`", "").replace(r"\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            for line in table.splitlines()
            if not line.startswith("|---")
        ]
        for table in found
    ]


def anchors(text: str) -> set[str]:
    """The anchors of a page's headings, as repositories' web pages make them."""
    headings = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken_links(path: Path, text: str) -> list[str]:
    faults: list[str] = []
    for link in LINK.findall(text):
        place, _, anchor = link.partition("#")
        target = (path.parent / place).resolve() if place else path
        if link.startswith(("http://", "https://")):
            continue
        if not target.exists() or (anchor and anchor not in anchors(target.read_text("utf-8"))):
            faults.append(f"{path.name}: {link} leads nowhere")
    return faults


def names_of(kind: object) -> set[str]:
    """The field names of a struct and of the structs inside it."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        hints = typing.get_type_hints(kind)
        return set(hints) | {name for hint in hints.values() for name in names_of(hint)}
    return {name for inner in typing.get_args(kind) for name in names_of(inner)}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_each_link_leads_somewhere(path: Path) -> None:
    assert broken_links(path, path.read_text("utf-8")) == []


def test_a_link_to_nothing_is_found() -> None:
    text = "[a](nowhere.md) [b](api.md#nothing) [c](api.md#keys) [d](https://example.org/)"
    assert broken_links(DOCS / "index.md", text) == [
        "index.md: nowhere.md leads nowhere",
        "index.md: api.md#nothing leads nowhere",
    ]


def test_each_page_is_on_the_map() -> None:
    maps = [DOCS / "index.md", DOCS / "clients" / "index.md", DOCS / "connectors.md"]
    linked = {
        (path.parent / link.partition("#")[0]).resolve()
        for path in maps
        for link in LINK.findall(path.read_text("utf-8"))
    }
    assert {path for path in DOCS.rglob("*.md") if path != maps[0]} <= linked


def test_the_roles_table_is_the_policy() -> None:
    (header, *rows) = tables(section(page("api.md"), "## Roles and permissions"))[0]
    assert header == ["permission", *Role]
    assert {row[0]: row[1:] for row in rows} == {
        permission: ["yes" if permission in PERMISSIONS_OF[role] else "" for role in Role] for permission in Permission
    }


def test_each_key_of_a_bundle_is_explained() -> None:
    explained = set(re.findall(r"`([a-z_]+)`", page("tenants.md")))
    assert names_of(Bundle) - explained == set()


def test_each_value_that_a_bundle_may_choose_is_explained() -> None:
    explained = set(re.findall(r"[a-z0-9_]+", page("tenants.md")))
    enums = re.findall(rb'"enum":\[([^\]]*)\]', msgspec.json.encode(msgspec.json.schema(Bundle)))
    assert {value.decode().strip('"') for enum in enums for value in enum.split(b",")} - explained == set()


def test_the_example_bundle_is_sound(tmp_path: Path) -> None:
    example = tmp_path / "acme.yaml"
    example.write_text(page("tenants.md").partition("```yaml\n")[2].partition("```")[0])
    assert [placed.bundle.slug for placed in read_bundles(example)] == ["acme"]


def test_the_example_rule_proves_itself(tmp_path: Path) -> None:
    (tmp_path / "rule.yml").write_text(page("rules.md").partition("```yaml\n")[2].partition("```")[0])
    report = load_rules([tmp_path], require_samples=True)
    assert (len(report.rules), report.faults) == (1, ())
    assert check_samples(report.rules, report.samples) == ()


def test_the_table_of_hec_answers_is_the_protocols() -> None:
    rows = tables(section(page("feeds.md"), "## The HEC door"))[1][1:]
    documented = [(int(code), int(status), text) for code, status, text, _ in rows]
    assert documented == [(code, status, text) for code, (status, text) in TABLE.items()]


def test_each_reason_for_quarantine_is_explained() -> None:
    rows = tables(section(page("feeds.md"), "## The quarantine"))[0][1:]
    explained = {code for row in rows for code in row[0].split(", ")}
    assert explained == {*typing.get_args(FailureReason), "batch_failed"}


def test_the_consoles_verbs_are_all_listed() -> None:
    rows = tables(section(page("analyst.md"), "## Verbs"))[0][1:]
    listed = {usage.split()[0]: usage for usage, _ in rows}
    assert {verb: usage.replace("\\|", "|") for verb, usage in listed.items()} == {
        entry.name: entry.usage for entry in MANUAL
    }
