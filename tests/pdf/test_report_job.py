"""The job that makes a queued report a PDF: on real records, in the real sandbox, any number of times (A1, O3, Q1)."""

import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from typing import Final

import asyncpg
import msgspec
import pytest
from pypdf import PdfReader
from redis.asyncio import Redis

from reports import job
from reports.documents.incident.facts import (
    IncidentReport,
)
from reports.handover import decode
from reports.job import ReportJob, open_reports
from tests.domain import workplace
from tests.domain.workplace import Count, MakeEvent, MakeRule, MakeTenant, MakeWorker, Tenant, Worker
from watchfloor.access.roles import Role as Position
from watchfloor.desk import moves, work
from watchfloor.kernel import ids
from watchfloor.kernel.clock import FixedClock
from watchfloor.kernel.config import Settings
from watchfloor.kernel.db import Database, tenant_tx
from watchfloor.kernel.errors import Unavailable
from watchfloor.kernel.ids import IncidentId, ReportId, new_uuid
from watchfloor.kernel.outbox import INCIDENT_CHANGED, REPORT_REQUESTED, publish
from watchfloor.kernel.queries import Message
from watchfloor.normalise.event import Entity, Event
from watchfloor.ops.chores import Chores
from watchfloor.ops.consumers import Resources
from watchfloor.ops.relay import Relay
from watchfloor.tenancy.files import TenantFiles
from watchfloor.web.api.reports import FILES_KIND

acme = workplace.acme
count = workplace.count
make_event = workplace.make_event
make_rule = workplace.make_rule
make_tenant = workplace.make_tenant
make_worker = workplace.make_worker

replace = msgspec.structs.replace

Reading = Callable[[bytes, int], str]

REASON: Final = "The dump was no exercise of ours."
SLA: Final = '{"sla": {"acknowledge": {"high": "15m"}, "resolve": {"high": "4h"}}}'
HOSTILE: Final = (
    '<img src="file:///etc/passwd">',
    "</td></tr><script>alert(1)</script>",
    "{{ 7*7 }}",
    "http://evil.example.com/a?b",
    "invoice\u202egnp.exe",
    "a\x07b\x1b[31m",
    "x" * 5_000,
)


class Row(msgspec.Struct, frozen=True):
    """What the database says of a report."""

    state: str
    path: str | None
    sha256: bytes | None
    bytes: int | None
    pages: int | None
    error: str | None


@dataclass(frozen=True)
class Office:
    """A customer, an analyst with a name, and the worker that makes reports."""

    tenant: Tenant
    analyst: Worker
    resources: Resources
    relay: Relay
    superuser: "asyncpg.Connection[asyncpg.Record]"

    async def ask(self, incident_id: IncidentId, *, language: str | None = None) -> ReportId:
        """Asks for the incident's report, as the analyst."""
        worker = self.analyst
        async with tenant_tx(self.tenant.database, self.tenant.id) as tx:
            reply = await work.request_report(
                tx,
                self.tenant.cipher,
                worker.actor,
                worker.permissions,
                incident=ids.show("inc", incident_id),
                language=language,
            )
        assert reply.report_id is not None
        return reply.report_id

    async def work(self) -> None:
        """Delivers what is due."""
        await self.relay.turn({self.tenant.id})

    async def row(self, report_id: ReportId) -> Row:
        found = await self.superuser.fetchrow(
            "select state, path, sha256, bytes, pages, error from wf.reports where id = $1", report_id
        )
        assert found is not None
        return msgspec.convert(dict(found), Row)

    async def file(self, report_id: ReportId) -> bytes:
        """The finished file, opened as the API opens it."""
        row = await self.row(report_id)
        assert row.sha256 is not None, row.error
        async with tenant_tx(self.tenant.database, self.tenant.id) as tx:
            files = TenantFiles(self.resources.settings.reports_dir, FILES_KIND)
            return await files.read(tx, self.tenant.cipher, sha256=row.sha256)

    def stored(self) -> list[str]:
        """The names of all files that stand in the store."""
        return [path.name for path in self.resources.settings.reports_dir.rglob("*") if path.is_file()]


@pytest.fixture
async def resources(settings: Settings, valkey: Redis) -> AsyncGenerator[Resources]:
    del valkey  # emptied
    async with AsyncExitStack() as opened:
        yield Resources(settings, opened)


@pytest.fixture
async def office(
    make_tenant: MakeTenant,
    make_worker: MakeWorker,
    resources: Resources,
    superuser: "asyncpg.Connection[asyncpg.Record]",
) -> Office:
    tenant = await make_tenant("ACME", bundle=SLA)
    analyst = make_worker(Position.ANALYST)
    await superuser.execute(
        "insert into auth.people (id, email, name) values ($1, 'mara@soc.example', 'Mara Lindqvist')", analyst.person_id
    )
    return Office(tenant, analyst, resources, Relay(open_reports(resources), resources), superuser)


@pytest.fixture
async def incident(office: Office, make_event: MakeEvent, make_rule: MakeRule) -> IncidentId:
    """Two rules, one of which matched the same event as the other; a machine under its full and its short name."""
    dump, logon = make_rule("Memory dumped", level="high"), make_rule("Odd login", level="medium")
    names = {"user": "acme\\mara", "ip": "203.0.113.9", "hash": "ab" * 32}
    events = [
        _named_twice(make_event(number, at=number * 90, host="ws-1.acme.example", **names)) for number in range(4)
    ]
    pairs = [(dump, events[0]), *((logon, event) for event in events)]
    [incident_id] = await office.tenant.work(*pairs)
    return incident_id


async def test_the_report_says_what_the_records_say(
    office: Office, incident: IncidentId, count: Count, reading: Reading
) -> None:
    await _judge(office, incident)
    report_id = await office.ask(incident)
    await office.work()
    row = await office.row(report_id)
    pdf = await office.file(report_id)
    report = attached(pdf)
    assert (row.state, row.error, row.bytes) == ("ready", None, len(pdf))
    assert report.figures.events.value == 4
    assert report.figures.alerts.value == await count("wf.alerts") == 2
    assert [level.target_seconds for level in report.service_levels] == [900, 4 * 3600]
    assert report.activity is not None
    assert sum(report.activity.counts) == 4
    assert [entity.value for entity in report.entities if entity.kind == "host"] == ["ws-1.acme.example"]
    assert {indicator.value for indicator in report.indicators} == {"203.0.113.9", "ab" * 32}
    first = reading(pdf, 1)
    assert "ACME-1" in first
    assert "4 events matched 2 detection rules on ws-1[.]acme[.]example" in first
    assert f"Verdict of Mara Lindqvist: True positive. {REASON}" in first
    assert "target 15 min: met" in first


async def test_an_event_under_two_rules_is_one_piece_of_evidence_that_names_both(
    office: Office, incident: IncidentId
) -> None:
    report = attached(await _made(office, incident))
    assert len(report.evidence) == len({event.key for event in report.evidence})
    assert max(len(event.rules) for event in report.evidence) == 2
    assert {rule for event in report.evidence for rule in event.rules} == {alert.rule.id for alert in report.alerts}


async def test_every_step_of_the_timeline_has_its_person(office: Office, incident: IncidentId) -> None:
    await _judge(office, incident)
    report = attached(await _made(office, incident))
    steps = {entry.step: entry for entry in report.timeline}
    assert next(iter(steps)) == "first_event"
    assert steps["acknowledged"].actor.name == "Mara Lindqvist"
    assert steps["acknowledged"].actor.side == "provider"
    assert steps["verdict"].text == f"True positive: {REASON}"
    assert report.incident.assignee == steps["acknowledged"].actor


async def test_what_a_customer_did_stands_on_the_customers_side(
    office: Office, incident: IncidentId, make_worker: MakeWorker
) -> None:
    approver = make_worker(Position.APPROVER, request_id="r9")
    async with tenant_tx(office.tenant.database, office.tenant.id) as tx:
        name = ids.show("inc", incident)
        await work.note(tx, office.tenant.cipher, approver.actor, approver.permissions, incident=name, text="Ours.")
    [note] = [entry for entry in attached(await _made(office, incident)).timeline if entry.step == "note"]
    assert note.actor.side == "customer"
    assert note.actor.name == approver.actor.id  # whom the directory does not know
    assert note.text == "Ours."


async def test_what_an_api_key_did_was_done_by_its_person(office: Office, incident: IncidentId) -> None:
    await office.superuser.execute(
        "insert into auth.api_keys (id, tenant_id, name, secret_hash, scopes, created_by, expires_at)"
        " values ('k3yk3yk3', $1, 'script', sha256('x'), '{}', $2, now() + interval '1 day')",
        office.tenant.id,
        office.analyst.person_id,
    )
    key = replace(office.analyst.actor, kind="api_key", id="k3yk3yk3")
    async with tenant_tx(office.tenant.database, office.tenant.id) as tx:
        name = ids.show("inc", incident)
        await work.note(tx, office.tenant.cipher, key, office.analyst.permissions, incident=name, text="By script.")
    [note] = [entry for entry in attached(await _made(office, incident)).timeline if entry.step == "note"]
    assert (note.actor.side, note.actor.name) == ("provider", "Mara Lindqvist")


async def test_hostile_evidence_stays_text(
    office: Office, make_event: MakeEvent, make_rule: MakeRule, words: Callable[[bytes], list[tuple[object, ...]]]
) -> None:
    event = replace(
        make_event(1, summary=HOSTILE[0], host="ws-1", user=HOSTILE[1]),
        fields={f"Field{place} {text[:40]}": text for place, text in enumerate(HOSTILE)},
    )
    [incident_id] = await office.tenant.work((make_rule(HOSTILE[1][:200]), event))
    pdf = await _made(office, incident_id)
    report = attached(pdf)
    assert {field.value for field in report.evidence[0].fields} == set(HOSTILE)
    text = "".join(str(word[5]) for word in words(pdf))  # without blanks: long values are broken where the line ends
    assert "root:x:" not in text
    assert "http://evil" not in text
    assert "evil[.]example[.]com" in text
    assert "\u202e" not in text


async def test_a_message_that_comes_again_changes_nothing(office: Office, incident: IncidentId, count: Count) -> None:
    report_id = await office.ask(incident)
    await office.work()
    before, files = await office.row(report_id), office.stored()
    for _ in range(2):
        async with tenant_tx(office.tenant.database, office.tenant.id) as tx:
            await publish(tx, topic=REPORT_REQUESTED, key=ids.show("rpt", report_id))
        await office.work()
    assert await office.row(report_id) == before
    assert office.stored() == files
    assert await count("wf.audit_entries where action = 'report.finish'") == 1
    assert await count(f"wf.outbox where topic = '{REPORT_REQUESTED}'") == 0


async def test_a_run_that_is_cut_off_before_its_commit_is_made_up_for(
    office: Office, incident: IncidentId, db_report: Database, count: Count
) -> None:
    report_id = await office.ask(incident)
    message = await _message(office)

    async def cut_off() -> None:
        async with tenant_tx(db_report, office.tenant.id) as tx:
            await ReportJob(office.resources).handle(tx, message)
            raise ConnectionAbortedError

    with pytest.raises(ConnectionAbortedError):
        await cut_off()
    assert len(office.stored()) == 1
    assert (await office.row(report_id)).state == "queued"
    assert await count("wf.audit_entries where action = 'report.finish'") == 0
    await office.work()
    assert (await office.row(report_id)).state == "ready"
    assert (await office.file(report_id)).startswith(b"%PDF-")
    assert await count("wf.audit_entries where action = 'report.finish'") == 1


async def test_another_tenant_has_no_such_report(
    office: Office, incident: IncidentId, make_tenant: MakeTenant, db_report: Database
) -> None:
    other = await make_tenant("OTHER")
    report_id = await office.ask(incident)
    async with tenant_tx(db_report, other.id) as tx:
        await ReportJob(office.resources).handle(tx, await _message(office))
    assert (await office.row(report_id)).state == "queued"
    assert office.stored() == []
    await office.work()
    stored = await office.row(report_id)
    assert stored.sha256 is not None
    async with tenant_tx(other.database, other.id) as tx:
        files = TenantFiles(office.resources.settings.reports_dir, job.FILES_KIND)
        with pytest.raises(Unavailable):
            await files.read(tx, other.cipher, sha256=stored.sha256)


async def test_a_report_that_cannot_be_made_says_why(office: Office, incident: IncidentId, count: Count) -> None:
    report_id = await office.ask(incident, language="tl")
    await office.work()
    row = await office.row(report_id)
    assert row.state == "failed"
    assert row.error is not None
    assert "Reports are not written in 'tl'." in row.error
    assert office.stored() == []
    assert await count("wf.audit_entries where action = 'report.fail'") == 1
    assert await count(f"wf.outbox where topic = '{REPORT_REQUESTED}'") == 0


async def test_a_sandbox_that_breaks_is_tried_again_and_then_given_up(
    office: Office, incident: IncidentId, count: Count, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/nonexistent/python")
    report_id = await office.ask(incident)
    for tried in range(1, job.TRIES):
        await office.work()
        assert await count(f"wf.outbox where topic = '{REPORT_REQUESTED}' and attempts = {tried}") == 1
        assert (await office.row(report_id)).state == "queued"
        await office.superuser.execute("update wf.outbox set available_at = now()")
    await office.work()
    assert (await office.row(report_id)).state == "failed"
    assert await count(f"wf.outbox where topic = '{REPORT_REQUESTED}'") == 0


async def test_the_incidents_cards_are_told_of_a_finished_report(
    office: Office, incident: IncidentId, count: Count
) -> None:
    await office.ask(incident)
    told = f"wf.outbox where topic = '{INCIDENT_CHANGED}'"
    before = await count(told)
    await office.work()
    assert await count(told) == before + 1


async def test_a_second_report_is_the_next_version(office: Office, incident: IncidentId) -> None:
    assert attached(await _made(office, incident)).revision == 1
    await _judge(office, incident)
    second = attached(await _made(office, incident))
    assert second.revision == 2
    assert second.incident.verdict is not None


async def test_the_report_says_how_far_the_audit_chain_was_signed(office: Office, incident: IncidentId) -> None:
    before = attached(await _made(office, incident))
    assert before.audit_head is None
    assert before.audit_entries > 0
    for minute in range(2):
        chores = Chores(office.resources, consumers=[], clock=FixedClock(workplace.NOON + timedelta(minutes=minute)))
        await chores.sign_audit_heads()
        signed = await office.superuser.fetchval("select max(seq) from wf.audit_heads")
        after = attached(await _made(office, incident))
        assert after.audit_head is not None
        assert (after.audit_head.seq, after.audit_head.signed_at) == (
            signed,
            workplace.NOON + timedelta(minutes=minute),
        )
        assert after.audit_entries == signed + 1  # that this report was asked for


async def test_feeds_that_brought_nothing_of_that_time_are_gaps(office: Office, incident: IncidentId) -> None:
    await office.superuser.execute(
        "insert into wf.feeds (tenant_id, id, name, door) values ($1, $2, 'firewall', 'hec'), ($1, $3, 'mail', 'hec')",
        office.tenant.id,
        (silent := new_uuid()),
        new_uuid(),
    )
    await office.superuser.execute(
        "insert into wf.feed_hours (tenant_id, feed_id, hour, batches, events, raw_bytes, unparsed, quarantined,"
        " matches, last_event_at) values ($1, $2, $3, 1, 1, 1, 0, 0, 0, $3)",
        office.tenant.id,
        silent,
        workplace.NOON.replace(hour=9),
    )
    gaps = attached(await _made(office, incident)).gaps
    assert [(gap.feed, gap.kind) for gap in gaps] == [("firewall", "silent"), ("mail", "not_collected")]


async def test_hashes_of_the_systems_own_programs_are_no_indicators(
    office: Office, make_event: MakeEvent, make_rule: MakeRule
) -> None:
    own, foreign = "c1" * 32, "d2" * 32
    events = [
        replace(make_event(place, host="ws-1", hash=digest), fields={"Image": program})
        for place, (digest, program) in enumerate(
            [(own, "C:\\Windows\\System32\\rundll32.exe"), (foreign, "C:\\ProgramData\\rclone.exe")]
        )
    ]
    [incident_id] = await office.tenant.work(*((make_rule(), event) for event in events))
    report = attached(await _made(office, incident_id))
    assert [indicator.value for indicator in report.indicators] == [foreign]
    assert {entity.value for entity in report.entities if entity.kind == "hash"} == {own, foreign}


def attached(pdf: bytes) -> IncidentReport:
    """The data inside a finished report."""
    report = decode(PdfReader(BytesIO(pdf)).attachments["incident.json"][0])
    assert isinstance(report, IncidentReport)
    return report


async def _made(office: Office, incident_id: IncidentId) -> bytes:
    report_id = await office.ask(incident_id)
    await office.work()
    return await office.file(report_id)


async def _message(office: Office) -> Message:
    found = await office.superuser.fetchrow(
        "select id, topic, key, payload, created_at, attempts from wf.outbox where topic = $1", REPORT_REQUESTED
    )
    assert found is not None
    return msgspec.convert(dict(found), Message)


async def _judge(office: Office, incident_id: IncidentId) -> None:
    """The analyst takes the incident and says what it is."""
    name, worker = ids.show("inc", incident_id), office.analyst
    async with tenant_tx(office.tenant.database, office.tenant.id) as tx:
        cipher = office.tenant.cipher
        await moves.acknowledge(tx, cipher, worker.actor, worker.permissions, incident=name)
        await work.verdict(
            tx, cipher, worker.actor, worker.permissions, incident=name, verdict="true_positive", reason=REASON
        )


def _named_twice(event: Event) -> Event:
    return replace(event, entities=(*event.entities, Entity("host", "ws-1")))
