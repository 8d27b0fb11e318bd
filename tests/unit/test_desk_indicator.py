"""Indicators as people paste them: defanged or not, each in the form under which events' entities are kept."""

import pytest

from watchfloor.desk.suggest import may_become
from watchfloor.kernel.errors import Invalid
from watchfloor.kernel.neutralise import Untrusted, for_terminal
from watchfloor.normalise.event import Entity
from watchfloor.search.indicator import entities_in, refanged


@pytest.mark.parametrize(
    ("text", "entity"),
    [
        ("203[.]0[.]113[.]66", Entity("ip", "203.0.113.66")),
        ("203.0.113.66:443", Entity("ip", "203.0.113.66")),
        ("[2001:DB8::1]", Entity("ip", "2001:db8::1")),
        ("hxxps[:]//evil[.]example/a?b=c", Entity("domain", "evil.example")),
        ("hXXp://evil(dot)example", Entity("domain", "evil.example")),
        ("EVIL.example.", Entity("domain", "evil.example")),
        ("bob[@]mail[.]example", Entity("email", "bob@mail.example")),
        ("D41D8CD98F00B204E9800998ECF8427F", Entity("hash", "d41d8cd98f00b204e9800998ecf8427f")),
        ("http://198.51.100.7:8080/x", Entity("ip", "198.51.100.7")),
        ("ACME\\Svc_Backup", Entity("user", "acme\\svc_backup")),
        ("C:\\Tools\\RAR.exe", Entity("file", "c:\\tools\\rar.exe")),
        ("WS-1", Entity("host", "ws-1")),
        ("ws-1.acme.example", Entity("host", "ws-1.acme.example")),
        ("123456789012", Entity("account", "123456789012")),
    ],
)
def test_an_indicator_is_read_in_the_form_of_the_record(text: str, entity: Entity) -> None:
    assert entity in entities_in(text)


def test_a_full_name_is_not_looked_up_by_its_short_one() -> None:
    assert Entity("host", "ws-1") not in entities_in("ws-1.acme.example")


@pytest.mark.parametrize("text", ["https://evil.example/x", "203.0.113.66", "bob@mail.example", "evil.co.uk"])
def test_what_our_surfaces_defang_is_read_back(text: str) -> None:
    assert refanged(for_terminal(Untrusted(text))) == text


@pytest.mark.parametrize("text", ["", "   ", "-", "x" * 2_000])
def test_what_names_nothing_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        entities_in(text)


@pytest.mark.parametrize(
    ("text", "code", "may"),
    [
        ("", "ACME", True),
        ("ac", "ACME", True),
        ("acme-", "ACME", True),
        ("ACME-12", "ACME", True),
        ("12", "ACME", True),
        ("nord", "ACME", False),
        ("ac-12", "ACME", False),
        ("acme2-1", "ACME", False),
    ],
)
def test_a_text_may_become_a_reference_of_the_tenants_that_it_begins(text: str, code: str, *, may: bool) -> None:
    assert may_become(text, code) is may
