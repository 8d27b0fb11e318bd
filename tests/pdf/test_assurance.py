"""The assurance report: who looked, whether it was justified, what to do; its numbers are those of the database."""

import asyncio
import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Final, TypeAlias

import asyncpg
import msgspec
import pytest
from pypdf import PdfReader

from reports import queries
from reports.collecting import collect
from reports.documents.assurance.agreement import check
from reports.documents.assurance.areas import area_of
from reports.documents.assurance.entered import LARGEST, read_entries, require_known
from reports.documents.assurance.facts import AssuranceReport, Chain, Figures
from reports.documents.assurance.language.table import WORDS
from reports.documents.assurance.view import build
from reports.facts import Figure, Provider
from reports.handover import decode, encode
from reports.job import stamp_for
from reports.language.locale import LANGUAGES, locale_for
from reports.letterhead import Desk
from reports.sandbox import render_in_sandbox
from reports.sheet import Printed
from reports.signing.signer import Signing
from tests.domain import provider_work, workplace
from tests.domain.workplace import MakeEvent, MakeRule, MakeTenant, MakeWorker
from tests.pdf.assurance_facts import END, FIRST, assurance_report
from tests.pdf.gate import faults_of
from watchfloor.access.roles import Role
from watchfloor.audit.archive import HeadArchive
from watchfloor.audit.heads import open_signer, sign_and_copy
from watchfloor.kernel.config import Settings
from watchfloor.kernel.db import Database, tenant_tx
from watchfloor.kernel.errors import Invalid
from watchfloor.kernel.keys import FileRootKeys
from watchfloor.reporting.request import request
from watchfloor.reporting.subject import Subject
from watchfloor.tenancy.vault import ROOT_KEY_FILE

make_event = workplace.make_event
make_rule = workplace.make_rule
make_tenant = workplace.make_tenant
make_worker = workplace.make_worker
replace = msgspec.structs.replace

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
Word = tuple[int, float, float, float, float, str]
Reading = Callable[[bytes, int], str]

LOCALE: Final = locale_for("en", "Europe/Berlin")
SAID: Final = {
    "en": ("Who looked at your data?", "Was it justified?", "Must you do anything?"),
    "de": ("Wer hat Ihre Daten gesehen?", "War das berechtigt?", "Müssen Sie etwas tun?"),
    "fr": ("Qui a vu vos données ?", "Était-ce justifié ?", "Devez-vous faire quelque chose ?"),
    "es": ("¿Quién vio sus datos?", "¿Estaba justificado?", "¿Deben hacer algo?"),
    "it": ("Chi ha visto i vostri dati?", "Era giustificato?", "Dovete fare qualcosa?"),
    "nl": ("Wie heeft uw gegevens gezien?", "Was dat gerechtvaardigd?", "Moet u iets doen?"),
    "pl": ("Kto oglądał Państwa dane?", "Czy było to uzasadnione?", "Czy muszą Państwo coś zrobić?"),
}
HOSTILE: Final = (
    '<img src="file:///etc/passwd">',
    "</td></tr><script>alert(1)</script>",
    "{{ 7*7 }}{subject}",
    "invoice\u202egnp.exe",
    "x" * 190,
)
ENTERED: Final = """
as_of: 2026-09-30
sub_processors:
  - name: Rechenwerk GmbH
    purpose: Servers
    data: all data
    place: DE
    since: 2024-01-01
  - name: Gone Ltd
    purpose: Mail
    data: addresses
    place: GB
    since: 2023-01-01
    until: 2026-06-30
  - name: Only for others
    purpose: Watch
    data: incidents
    place: PL
    since: 2024-01-01
    customers: [OTHER]
incidents:
  - began: 2026-08-03
    what: A mailbox was read.
    effect: Two tickets stood in it.
    customers: [ACME]
  - began: 2026-10-01
    what: Later.
    effect: None.
"""


@cache
def printed(language: str = "en") -> Printed:
    """The report in a language, rendered once."""
    return asyncio.run(render_in_sandbox(assurance_report(language)))


def whole(made: Printed, reading: Reading) -> str:
    return " ".join(reading(made.pdf, page) for page in range(1, made.pages + 1))


# On paper ---------------------------------------------------------------------------------------------------------


def test_the_first_page_says_who_looked_whether_it_was_justified_and_what_to_do(reading: Reading) -> None:
    page = reading(printed().pdf, 1)
    for said in (
        "of our people acted",
        "Days of access by person: Ben Ode (17), Mara Lindqvist (8).",
        "For 2 of 25 days of access the audit log has no reason: • 16 July 2026: Ben Ode, entries 400 to 440",
        "Audit log: Verified on 2 October 2026, 10:15 CEST (08:15 UTC), signed to entry 4,820",
        "Yes. We ask you to: • Ask us about the days without a reason (2).",
        "Ask us where the copies of data went (2).",
        "Have the keys revoked whose owners have no role here any more (1).",
        "Look at the sub-processors that are new or announced (2)",
        "Acknowledged in time: 96.4 %.",
    ):
        assert said in page, said
    assert 4 <= printed().pages <= 6


def test_each_thing_that_a_privacy_officer_asks_for_stands_in_it(reading: Reading) -> None:
    text = whole(printed(), reading)
    for said in (
        "events.export Copied", "Rechenwerk Hosting GmbH", "Archivhaus AG announced",
        "Kept by", "A mailbox of our support desk", "The authority, as our own duty", "Tom Vries has no role here",
        "Role ended by its date", "Clara Nowak (You): no", "no emergency access (break-glass)", "Signatures: 1,104.",
        "This document is no legal advice.",
    ):  # fmt: skip
        assert said in text, said
    assert "compliant" not in text.lower()


async def test_what_nobody_entered_or_verified_is_said_to_be_missing(reading: Reading) -> None:
    made = await render_in_sandbox(assurance_report(whole=False))
    page = reading(made.pdf, 1)
    assert "None of our people acted on your data in the period." in page
    assert "Not verified for this report" in page
    assert "Ask us for the list of sub-processors: it was not entered here." in page
    text = whole(made, reading)
    for said in (
        "Not entered. That does not say that there are none",
        "The platform does not know where its servers stand.",
        "Whether incidents of our own touched you was not entered.",
    ):
        assert said in text
    assert 4 <= made.pages <= 6


def test_a_log_that_was_tampered_with_is_told_before_all_else() -> None:
    broken = Chain(entries=4_823, heads=2, copied_heads=3, signed_to=4_820, faults=7)
    report = assurance_report(changed={"chain": broken})
    view = build(report, LOCALE, WORDS["en"])
    assert view.log == "Not intact. Faults: 7."
    assert not view.is_sound
    assert view.asks[0].text.startswith("Talk to us before you rely on this report")


def test_with_nothing_out_of_the_ordinary_only_the_review_is_asked_for() -> None:
    entered = assurance_report().entered
    assert entered is not None
    calm = replace(
        assurance_report(whole=False),
        entered=replace(entered, processors=(), incidents=()),
        chain=Chain(entries=3, heads=1, copied_heads=1, signed_to=3, faults=0),
    )
    view = build(calm, LOCALE, WORDS["en"])
    assert not view.is_waiting
    assert [str(ask.text) for ask in view.asks] == [
        "Review who of us has access, roles (0) and keys (0), and tell us whom to remove."
    ]


async def test_what_people_and_attackers_wrote_stays_text(words: Callable[[bytes], list[Word]]) -> None:
    report = assurance_report()
    entered = report.entered
    assert entered is not None
    assert entered.processors is not None
    assert entered.incidents is not None
    hostile = replace(
        report,
        accesses=tuple(
            replace(one, name=HOSTILE[place % len(HOSTILE)], incidents=(HOSTILE[place % len(HOSTILE)],))
            for place, one in enumerate(report.accesses)
        ),
        touches=tuple(replace(one, name=HOSTILE[4]) for one in report.touches),
        hands=tuple(replace(one, account=HOSTILE[1], action=HOSTILE[4][:60]) for one in report.hands),
        memberships=tuple(replace(one, name=HOSTILE[0], granted_by=HOSTILE[2]) for one in report.memberships),
        changes=tuple(replace(one, subject=HOSTILE[4], by=HOSTILE[1]) for one in report.changes),
        keys=tuple(replace(one, name=HOSTILE[2], owner=HOSTILE[3]) for one in report.keys),
        outages=tuple(replace(one, feed=HOSTILE[0]) for one in report.outages),
        entered=replace(
            entered,
            processors=tuple(replace(one, name=HOSTILE[4], place=HOSTILE[1]) for one in entered.processors),
            incidents=tuple(replace(one, what=HOSTILE[0], effect=HOSTILE[2]) for one in entered.incidents),
        ),
    )
    made = await render_in_sandbox(hostile)
    found = words(made.pdf)
    shown = " ".join(word[5] for word in found)
    assert "{{" in shown
    assert "<script>" in shown
    assert "root:x:" not in shown
    assert "\u202e" not in shown
    assert outside(found) == []
    assert set(PdfReader(io.BytesIO(made.pdf)).attachments) == {"assurance.json"}


@pytest.mark.slow
async def test_a_busy_quarter_stays_short_and_what_is_left_out_is_counted(reading: Reading) -> None:
    report = assurance_report()
    entry = report.accesses[0]
    more = tuple(
        replace(entry, day=END - timedelta(days=1 + place % 30), person=f"per_{place}") for place in range(200)
    )
    acts, touch = entry.acts, report.touches[0]
    added = replace(touch.acts, reads=acts.reads * 200, exports=0, changes=acts.changes * 200)
    busy = replace(
        report,
        accesses=(*report.accesses, *more),
        touches=(*report.touches, replace(touch, acts=added)),
        figures=figures(
            people_acting=202,
            access_days=report.figures.access_days.value + 200,
            access_with_reason=report.figures.access_with_reason.value + 200,
        ),
        changes=report.changes * 10,
        keys=report.keys * 10,
        outages=report.outages * 20,
        delivered=report.delivered * 20,
    )
    made = await render_in_sandbox(busy)
    assert made.pages <= 6
    assert "Not shown here but in the attached data: 213." in whole(made, reading)


def outside(found: list[Word]) -> list[Word]:
    return [word for word in found if word[1] < 50 or word[3] > 545.5 or word[2] < 20 or word[4] > 822]


@pytest.mark.parametrize(
    "language",
    [pytest.param(language, marks=() if language in {"en", "de"} else pytest.mark.slow) for language in LANGUAGES],
)
def test_each_language_is_whole_and_inside_its_margins(
    language: str, reading: Reading, words: Callable[[bytes], list[Word]]
) -> None:
    made = printed(language)
    page = reading(made.pdf, 1)
    assert [said for said in SAID[language] if said not in page] == []
    assert outside(words(made.pdf)) == []
    assert made.seal is not None
    assert 4 <= made.pages <= 6


def test_the_same_facts_give_the_same_bytes() -> None:
    assert asyncio.run(render_in_sandbox(assurance_report())).pdf == printed().pdf


def test_what_is_attached_is_what_was_handed_over() -> None:
    files = {name: content[0] for name, content in PdfReader(io.BytesIO(printed().pdf)).attachments.items()}
    assert files == {"assurance.json": encode(assurance_report())}
    assert decode(files["assurance.json"]) == assurance_report()


def figures(**changed: int) -> Figures:
    """The figures of the report, some of them wrong."""
    right = assurance_report().figures
    return replace(right, **{name: Figure(value=value, source="A1") for name, value in changed.items()})


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"accesses": ()}, "its rows come to 0"),
        ({"provenance": ()}, "is not in provenance"),
        ({"audit_entries": 3}, "but entry 4820 is signed"),
        ({"touches": ()}, "but by area to"),
        ({"figures": figures(acts_by_hand=9)}, "acts_by_hand is 9"),
        ({"figures": figures(exports=1)}, "exports is 1"),
        ({"figures": figures(notices_sent=2)}, "notices_sent is 2"),
        ({"figures": figures(people_acting=25)}, "people_acting is 25"),
    ],
)
def test_facts_that_disagree_are_told_apart(changed: dict[str, object], fault: str) -> None:
    with pytest.raises(Invalid, match=fault):
        check(assurance_report(changed=changed))


async def test_facts_that_disagree_are_not_printed() -> None:
    with pytest.raises(Invalid, match="facts disagree"):
        await render_in_sandbox(assurance_report(changed={"accesses": ()}))


@pytest.mark.slow
def test_every_language_keeps_to_the_standards_after_signing(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    settings.secrets_dir.mkdir(parents=True, mode=0o700)
    FileRootKeys.create(settings.secrets_dir / ROOT_KEY_FILE)
    now = datetime.now(UTC)
    signed = {
        language: asyncio.run(
            Signing(settings).sign(printed(language), stamp_for(assurance_report(language), now), at=now)
        ).pdf
        for language in LANGUAGES
    }
    assert faults_of(signed, tmp_path) == {language: set() for language in LANGUAGES}


# What the provider enters -----------------------------------------------------------------------------------------


def test_a_customer_is_told_what_is_for_it_and_of_the_period(tmp_path: Path) -> None:
    file = tmp_path / "assurance.yml"
    file.write_text(ENTERED)
    found = read_entries(file, customer="ACME", first=FIRST, end=END)
    assert found.told.as_of == date(2026, 9, 30)
    assert [one.name for one in found.told.processors or ()] == ["Rechenwerk GmbH"]
    assert [one.what for one in found.told.incidents or ()] == ["A mailbox was read."]
    assert found.told.kept is None
    other = read_entries(file, customer="OTHER", first=FIRST, end=END).told
    assert [one.name for one in other.processors or ()] == ["Rechenwerk GmbH", "Only for others"]
    assert other.incidents == ()
    assert found.codes == ("ACME", "OTHER")
    with pytest.raises(Invalid, match="1 of the customers that it names are not there"):
        require_known(found, ["ACME"])


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("as_of: yesterday", "assurance.yml:1:1: Invalid RFC3339"),
        ("as_of: 2026-09-30\nsubprocessors: []", "unknown field"),
        ("as_of: 2026-09-30\nkept:\n  - what: All\n    place: DE", "assurance.yml:3:5: Object missing required field"),
        ("as_of: 2026-09-30\n---\nas_of: 2026-09-30", "one document"),
        (ENTERED.replace("until: 2026-06-30", "until: 2022-06-30"), "cannot have ended on 2022-06-30"),
        ("#" * (LARGEST + 1), "more than 200,000 bytes"),
        (None, "cannot be read"),
    ],
)
def test_entries_that_cannot_be_used_say_where(text: str | None, fault: str, tmp_path: Path) -> None:
    file = tmp_path / "assurance.yml"
    if text is not None:
        file.write_text(text)
    with pytest.raises(Invalid, match=fault):
        read_entries(file, customer="ACME", first=FIRST, end=END)


def test_a_kind_of_object_that_nobody_foresaw_is_counted_as_another_one() -> None:
    assert area_of("quarantine") == "events"
    assert area_of("something new") == "other"


# From the records -------------------------------------------------------------------------------------------------


@dataclass
class Bureau:
    """The provider's people at work, and reports of it."""

    provider: provider_work.Provider
    settings: Settings
    records: Database

    async def report(self, *, settings: Settings | None = None, ahead: int = 0) -> AssuranceReport:
        """The report of yesterday until tomorrow, or of as long, so many days ahead."""
        tenant = self.provider.tenant
        today = datetime.now(UTC).date() + timedelta(days=ahead)
        subject = Subject(kind="assurance", period_from=today - timedelta(days=1), period_to=today + timedelta(days=2))
        async with tenant_tx(tenant.database, tenant.id) as tx:
            asked = await request(tx, self.provider.clara.actor, subject, language="en")
        desk = Desk(
            provider=Provider(name="Nordwacht", contact="https://soc.example"),
            directory=self.provider.auth,
            settings=settings or self.settings,
            records=self.records,
        )
        async with tenant_tx(self.records, tenant.id) as tx:
            row = await queries.lock_request(tx, asked.report_id)
            assert row is not None
            found = await collect(tx, tenant.cipher, row, desk=desk)
        assert isinstance(found, AssuranceReport)
        return found

    async def sign(self) -> None:
        """Signs the chain's head and copies it out, as the worker does each minute."""
        await sign_and_copy(
            self.provider.tenant.database,
            HeadArchive(self.settings.audit_dir),
            open_signer(self.settings),
            tenant_id=self.provider.tenant.id,
            at=datetime.now(UTC),
        )

    async def count(self, table: str, where: str) -> int:
        tenant = self.provider.tenant.id
        found: int = await self.provider.superuser.fetchval(
            f"select count(*) from {table} where tenant_id = $1 and {where}", tenant
        )
        return found


@pytest.fixture
def makers(
    make_tenant: MakeTenant, make_rule: MakeRule, make_event: MakeEvent, make_worker: MakeWorker
) -> provider_work.Makers:
    return provider_work.Makers(make_tenant, make_rule, make_event, make_worker)


@pytest.fixture
async def bureau(
    makers: provider_work.Makers, settings: Settings, db_auth: Database, db_report: Database, superuser: Connection
) -> Bureau:
    return Bureau(await provider_work.provider_at(makers, db_auth, superuser), settings, db_report)


LOOKED: Final = "action in ('access.viewed', 'access.searched')"
BY_STAFF: Final = (
    "actor_kind in ('person', 'api_key') and action <> 'access.refused' and (as_role in ('analyst', 'lead',"
    " 'content_engineer', 'platform_admin') or actor_id = '{vera}')"
)


async def test_the_numbers_are_those_of_the_database(bureau: Bureau) -> None:
    provider = bureau.provider
    await provider.look(provider.mara, "alert", "alr_1")
    await provider.look(provider.ben, "incident", "acme-1")
    await provider.look(provider.mara, "quarantine", "q_1")
    await provider.look(provider.vera, "feed", "feed_1")
    await provider.look(provider.clara, "incident", "ACME-1")
    await provider.refuse(provider.ben)
    await provider.take_out()
    await provider.isolate(agrees=True)
    await provider.isolate(agrees=False)
    await provider.notify()
    report = await bureau.report()
    mine = BY_STAFF.format(vera=provider.vera.actor.id)
    entries = "wf.audit_entries"
    acts = [one.acts for one in report.accesses]
    assert sum(one.number for one in acts) == await bureau.count(entries, mine) > 5
    assert sum(one.reads for one in acts) == await bureau.count(entries, f"{mine} and {LOOKED}") == 4
    assert report.figures.acts_by_hand.value == await bureau.count(entries, "as_role = 'operator'") == 1
    assert report.figures.exports.value == await bureau.count(entries, "action = 'events.export'") == 1
    assert report.figures.actions_done.value == await bureau.count("wf.actions", "state = 'done'") == 1
    assert len(report.decided) == await bureau.count("wf.actions", "ended_at is not null") == 2
    assert sum(len(one.votes) for one in report.decided) == await bureau.count("wf.action_votes", "true") == 2
    assert report.figures.notices_sent.value == await bureau.count("wf.breach_notice_steps", "step = 'sent'") == 1
    assert {one.name for one in report.accesses} == {"Mara", "Ben", "Vera"}
    assert report.figures.people_acting.value == 3
    by_name = {one.name: one for one in report.accesses}
    assert by_name["Mara"].incidents == by_name["Ben"].incidents == ("ACME-1",)
    assert (by_name["Vera"].has_reason, by_name["Vera"].roles) == (False, ("viewer",))
    assert report.figures.access_with_reason.value == 2
    assert [(vote.name, vote.side, vote.is_approval) for one in report.decided for vote in one.votes] == [
        ("Clara", "customer", True),
        ("Clara", "customer", False),
    ]
    made = await render_in_sandbox(decode(encode(report)))
    assert 4 <= made.pages <= 6


async def test_nothing_of_another_customer_or_another_time_is_in_it(bureau: Bureau) -> None:
    provider = bureau.provider
    await provider.take_out()
    await provider.isolate(agrees=True)
    office = await provider.notify()
    await office.draft("gdpr-controller")
    report = await bureau.report(ahead=-30)
    assert [*report.accesses, *report.hands, *report.decided, *report.notices, *report.changes] == []
    assert report.figures.notices_sent.value == 0
    assert [one.name for one in report.memberships] == ["Mara", "Tom", "Ben", "Vera"]


async def test_a_notice_counts_as_sent_in_the_period_in_which_it_was_sent(bureau: Bureau) -> None:
    provider = bureau.provider
    office = await provider.notify()
    await office.draft("nis2-mssp")
    await office.draft("gdpr-authority")
    await provider.superuser.execute(
        "update wf.breach_notice_steps set happened_at = happened_at - interval '40 days' where step = 'sent'"
    )
    later = await bureau.report()
    assert [one.to for one in later.notices] == ["customer", "authority"]
    assert later.figures.notices_sent.value == 0
    earlier = await bureau.report(ahead=-40)
    assert (len(earlier.notices), earlier.figures.notices_sent.value) == (1, 1)


async def test_changes_of_access_are_the_providers_and_the_customers_are_only_counted(bureau: Bureau) -> None:
    provider = bureau.provider
    key = await provider.make_key(provider.tom, "night script")
    own = await provider.make_key(provider.clara, "the customer's")
    await provider.let_in(provider.clara, "dana@acme.example", Role.APPROVER)
    await provider.let_in(provider.ben, "tom@nordwacht.example", Role.ANALYST)
    await provider.superuser.execute(
        "delete from auth.memberships where person_id = $1 and role = 'analyst' and tenant_id = $2",
        provider.tom.person_id,
        provider.tenant.id,
    )
    await provider.let_out(provider.ben, provider.tom)
    await provider.superuser.execute("delete from auth.memberships where person_id = $1", provider.tom.person_id)
    await provider.superuser.execute(
        "update auth.memberships set expires_at = now() - interval '1 minute' where person_id = $1 and tenant_id = $2",
        provider.vera.person_id,
        provider.tenant.id,
    )
    report = await bureau.report()
    assert [(one.kind, one.subject, one.role, one.by) for one in report.changes] == [
        ("role_expired", "vera@nordwacht.example", "viewer", ""),
        ("key_made", key, None, "Tom"),
        ("role_given", "tom@nordwacht.example", "analyst", "Ben"),
        ("role_ended", "tom@nordwacht.example", "content_engineer", "Ben"),
    ]
    assert report.customers_changes == 2
    assert [(one.id, one.owner, one.owner_has_role) for one in report.keys] == [(key, "Tom", False)]
    assert own not in {one.id for one in report.keys}
    assert [one.name for one in report.memberships] == ["Mara", "Ben"]


async def test_what_a_key_did_is_its_persons_and_the_key_is_named(bureau: Bureau) -> None:
    provider = bureau.provider
    key = await provider.make_key(provider.mara, "tickets")
    mara = provider.mara
    script = workplace.Worker(mara.person_id, replace(mara.actor, kind="api_key", id=key), mara.permissions)
    await provider.look(script, "alert", "alr_1")
    report = await bureau.report()
    assert report.figures.people_acting.value == 1
    assert {(one.name, one.is_key, one.has_reason) for one in report.accesses} == {
        ("Mara", False, True),
        ("Mara", True, True),
    }


async def test_the_chain_is_verified_with_its_heads_and_a_forged_entry_is_found(bureau: Bureau) -> None:
    await bureau.sign()
    report = await bureau.report()
    assert report.chain is not None
    entries = await bureau.count("wf.audit_entries", "true")
    assert report.chain == Chain(entries=entries, heads=1, copied_heads=1, signed_to=report.chain.signed_to, faults=0)
    assert report.audit_head is not None
    assert report.chain.signed_to == report.audit_head.seq == entries - 1  # the request came after the signature
    await bureau.provider.superuser.execute(
        "update wf.audit_entries set as_role = 'admin' where tenant_id = $1 and actor_id = $2",
        bureau.provider.tenant.id,
        bureau.provider.mara.actor.id,
    )
    forged = await bureau.report()
    assert forged.chain is not None
    assert forged.chain.faults > 0


async def test_what_the_operator_entered_is_told_and_a_code_of_nobody_stops_it(bureau: Bureau, tmp_path: Path) -> None:
    file = tmp_path / "assurance.yml"
    file.write_text(ENTERED)
    settings = replace(bureau.settings, assurance_file=file)
    entered = (await bureau.report(settings=settings)).entered
    assert entered is not None
    assert [one.name for one in entered.processors or ()] == ["Rechenwerk GmbH"]
    file.write_text(ENTERED.replace("[OTHER]", "[OTHR]"))
    with pytest.raises(Invalid, match="assurance_file: What the provider enters about itself cannot be used"):
        await bureau.report(settings=settings)
