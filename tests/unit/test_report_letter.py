"""The mail about a report in every language: a link, our own words, and nothing that others could put into it."""

import email
import email.policy
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final
from uuid import UUID

import msgspec
import pytest

from reports.language.locale import LANGUAGES
from watchfloor.kernel.errors import Invalid
from watchfloor.kernel.ids import TenantId
from watchfloor.reporting.branding.stated import check_address
from watchfloor.reporting.delivery.letter import From, letter, link_to, subject_of
from watchfloor.reporting.delivery.queries import DueRow
from watchfloor.reporting.delivery.words import WORDS, words_in
from watchfloor.reporting.subject import KINDS, OF_BREACHES, Kind

AT: Final = datetime(2026, 11, 1, 6, tzinfo=UTC)
SENDER: Final = From(name="Tidewatch", address="soc@mssp.example", answers_to=None, contact=None)
LINK: Final = "https://soc.example/x"
HOSTILE: Final = "A\r\nBcc: evil@evil.example\r\n\r\n<script>\u202e\x1b[2J\x00 =?utf-8?b?QmNjOg==?="


def due(kind: Kind = "service", language: str = "en") -> DueRow:
    has_period = kind in ("service", "controls", "assurance")
    return DueRow(
        id=UUID(int=7),
        report_id=UUID(int=8),
        address=b"",
        address_index=b"",
        attempts=0,
        asked_at=AT,
        kind=kind,
        state="ready",
        language=language,
        period_from=date(2026, 10, 1) if has_period else None,
        period_to=date(2026, 11, 1) if has_period else None,
    )


@dataclass(frozen=True)
class Read:
    """A mail as its reader sees it."""

    headers: dict[str, str]
    addresses: dict[str, list[str]]
    body: str
    kind: str


def read(content: bytes) -> Read:
    message = email.message_from_bytes(content, policy=email.policy.default)
    body = message.get_payload(decode=True)
    assert isinstance(body, bytes)
    return Read(
        headers={name: str(value) for name, value in message.items()},
        addresses={
            name: [address.addr_spec for address in value.addresses]
            for name, value in message.items()
            if name in {"From", "To", "Reply-To"}
        },
        body=body.decode(),
        kind=message.get_content_type(),
    )


def test_there_is_a_mail_in_every_language_of_the_reports() -> None:
    assert set(WORDS) == set(LANGUAGES)


@pytest.mark.parametrize("language", sorted(WORDS))
@pytest.mark.parametrize("kind", ["service", "controls", "assurance"])
def test_a_mail_names_kind_and_period_and_leads_to_the_report(language: str, kind: Kind) -> None:
    mail = read(letter(due(kind, language), to="kim@acme.example", sender=SENDER, link=LINK, at=AT))
    title = WORDS[language].named[kind]
    assert mail.headers["Subject"].startswith(f"{title}, ")
    assert "2026-10-01" in mail.headers["Subject"]
    assert "2026-10-31" in mail.headers["Subject"]
    assert LINK in mail.body.splitlines()
    assert "Tidewatch" in mail.body
    assert "{" not in mail.body + mail.headers["Subject"]
    assert mail.kind == "text/plain"


@pytest.mark.parametrize("language", sorted(WORDS))
def test_no_language_says_the_same_as_another(language: str) -> None:
    for other in set(WORDS) - {language}:
        assert words_in(language).ready != words_in(other).ready
        assert words_in(language).sign_in != words_in(other).sign_in


@pytest.mark.parametrize("kind", ["incident", *sorted(OF_BREACHES)])
@pytest.mark.parametrize("language", sorted(WORDS))
def test_of_what_not_everybody_may_know_a_mail_says_nothing(kind: Kind, language: str) -> None:
    told = letter(due(kind, language), to="kim@acme.example", sender=SENDER, link=LINK, at=AT)
    assert subject_of(due(kind, language)) == WORDS[language].document
    assert told == letter(due("incident", language), to="kim@acme.example", sender=SENDER, link=LINK, at=AT)


def test_only_kinds_of_a_period_are_named() -> None:
    for words in WORDS.values():
        assert set(words.named) == {"service", "controls", "assurance"} <= set(KINDS)


def test_the_same_mail_has_the_same_bytes_and_message_id() -> None:
    first, second = (letter(due(), to="kim@acme.example", sender=SENDER, link=LINK, at=AT) for _ in range(2))
    assert first == second
    assert read(first).headers["Message-ID"] == f"<{UUID(int=7)}@mssp.example>"


def test_hostile_names_and_contacts_add_no_header_and_no_line() -> None:
    hostile = msgspec.structs.replace(SENDER, name=HOSTILE, contact=HOSTILE, answers_to="it@acme.example")
    content = letter(due(), to="kim@acme.example", sender=hostile, link=LINK, at=AT)
    mail = read(content)
    plain = read(letter(due(), to="kim@acme.example", sender=SENDER, link=LINK, at=AT))
    assert set(mail.headers) == {*plain.headers, "Reply-To"}
    assert mail.addresses == {
        "From": ["soc@mssp.example"],
        "To": ["kim@acme.example"],
        "Reply-To": ["it@acme.example"],
    }
    assert len(mail.body.splitlines()) == len(plain.body.splitlines()) + 2  # the contact's
    for character in "\u202e\x1b\x00":
        assert character not in mail.body
        assert character not in mail.headers["From"]


@pytest.mark.parametrize(
    "address",
    ["a@b.example", "o'neil+soc@b-c.example", "first.last@b.example", "x_y/z=1@sub.b.example", f"{'a' * 64}@b.example"],
)
def test_every_address_that_is_taken_is_one_that_a_mail_goes_to(address: str) -> None:
    check_address(address, where="email")
    mail = read(letter(due(), to=address, sender=SENDER, link=LINK, at=AT))
    assert mail.addresses["To"] == [address]


@pytest.mark.parametrize(
    "address",
    [
        "", "a", "@b.example", "a@", "a b@c.example", "a<x@b.example", "a>,evil@b.example", '"a"@b.example',
        "a(x)@b.example", "a,b@c.example", "a;b@c.example", ".a@b.example", "a.@b.example", "a..b@c.example",
        "a@b..example", "a@-b.example", "a@b.example-", "a@b.example\n", "a@b.example\r\nBcc: x@y.example",
        "ä@b.example", "a@bücher.example", "a\\@b.example", "a:b@c.example", "a@[127.0.0.1]", f"{'a' * 65}@b.example",
    ],
)  # fmt: skip
def test_what_mail_servers_may_read_otherwise_is_no_address(address: str) -> None:
    with pytest.raises(Invalid):
        check_address(address, where="email")


def test_the_link_is_of_this_installation_and_holds_no_secret() -> None:
    link = link_to("https://soc.example/", TenantId(UUID(int=1)), UUID(int=8))
    assert link.startswith("https://soc.example/api/v1/tenants/ten_")
    assert link.endswith("/file")
    assert "?" not in link
