"""A tenant leaves: its data in its hands, nothing readable left here, everybody else as before (S4).

The tenant has something in every store and in every sealed column, put there by the modules that own them.
"""

import asyncio
import hashlib
import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from pathlib import Path
from typing import Final, cast
from uuid import UUID

import asyncpg
import msgspec
import pytest
from redis.asyncio import Redis

from tenants.apply import IssuedToken, apply, ensure_operator
from tenants.installation import Installation, find_tenant, open_installation
from tenants.leaving import offboard as journey
from tenants.leaving.export import MANIFEST, ExportSummary, Manifest, export_tenant
from tenants.leaving.offboard import offboard
from tenants.leaving.proof import Proof, proof_path, read_proof
from tenants.leaving.remains import Files, count_files, count_rows
from tenants.leaving.sealed import SEALS, WITHHELD
from tenants.rules import read_bundles
from tests.domain.workplace import NOON, MakeEvent, MakeRule, MakeWorker, Tenant, Worker
from tests.unit import overlay_cases
from tests.unit.correlation_cases import correlation, event, rule
from tests.wire.connectors.made_up import CONNECTOR
from watchfloor.access.roles import Role
from watchfloor.alerts.health.costs import RuleCost, note_costs
from watchfloor.alerts.overlay import commands
from watchfloor.alerts.overlay.flow.requests import Wanted
from watchfloor.alerts.overlay.flow.requests import ask as request_exception
from watchfloor.alerts.overlay.loading import count_hidden
from watchfloor.alerts.overlay.sealing import ExceptionBody
from watchfloor.alerts.windows.correlate import correlate
from watchfloor.audit.append import Actor
from watchfloor.audit.archive import HeadArchive
from watchfloor.audit.heads import trusted_keys
from watchfloor.audit.verify import verify
from watchfloor.breach.entering import Stated, state
from watchfloor.breach.holding.hold import set_hold
from watchfloor.breach.notices.drafting import Wanted as WantedNotice
from watchfloor.breach.notices.drafting import draft
from watchfloor.breach.notices.keeping import add_receipt
from watchfloor.breach.notices.sending import withdraw as withdraw_notice
from watchfloor.breach.opening import Opening, open_case
from watchfloor.breach.watching.queries import insert_warning
from watchfloor.controls.entries.keeping import Stated as Number
from watchfloor.controls.entries.keeping import attach, enter, evidence_dir, evidence_files
from watchfloor.controls.library import shipped
from watchfloor.controls.thresholds.keeping import set_number
from watchfloor.desk import deciding, handover, merging, moves, responding, severity, work
from watchfloor.detect.correlate.correlator import Correlator
from watchfloor.detect.engine import Matches
from watchfloor.detect.overlay import Hidden
from watchfloor.feeds.batch import Packer, SentEvent
from watchfloor.feeds.connectors.instances.registry import add_connector
from watchfloor.feeds.connectors.keys.ledger import digest, remember
from watchfloor.feeds.connectors.running.queries import count_stranger
from watchfloor.feeds.feed import Feed
from watchfloor.feeds.first_bodies.ledger import keep_body
from watchfloor.feeds.intake.postgres import PostgresIntake
from watchfloor.feeds.intake.quarantine import PutAside, put_aside
from watchfloor.feeds.intake.queue import Sender
from watchfloor.feeds.osquery.carves.carving import Announced, begin, take_block
from watchfloor.feeds.osquery.configuration import change
from watchfloor.feeds.osquery.live.answers import Found, Given, keep
from watchfloor.feeds.osquery.live.questions import ask, ask_for_file, waiting_for
from watchfloor.feeds.osquery.nodes import Host, enrol
from watchfloor.feeds.registry import TokenRefused, list_feeds, recognise
from watchfloor.feeds.sources.ledger import Sighting, count_sources
from watchfloor.feeds.unparsed.ledger import UnknownShape, count_unparsed
from watchfloor.kernel.clock import FixedClock, SystemClock
from watchfloor.kernel.config import Settings
from watchfloor.kernel.credentials import parse_agent_key, parse_feed_token
from watchfloor.kernel.crypto import TenantCipher, Unopenable
from watchfloor.kernel.db import TenantTx, tenant_tx
from watchfloor.kernel.errors import Conflict, Invalid, NotFound, Refused
from watchfloor.kernel.ids import ActionId, BatchId, CaseId, FeedId, IncidentId, NodeId, TenantId, new_uuid, show
from watchfloor.kernel.valkey import Wake
from watchfloor.lake.opening import open_lake
from watchfloor.normalise.event import Entity
from watchfloor.paging.duty.keeping import set_rota, stand_in
from watchfloor.paging.rota import Layer, Rota
from watchfloor.reporting.branding.brand import Brand
from watchfloor.reporting.branding.keeping import keep_brand
from watchfloor.reporting.delivery.asking import announce
from watchfloor.reporting.delivery.recipients import Recipient, keep_recipients
from watchfloor.reporting.timetable.keeping import keep_schedules
from watchfloor.reporting.timetable.queries import insert_run
from watchfloor.reporting.timetable.schedule import Due, Schedule
from watchfloor.respond.approvals import Voter
from watchfloor.respond.blocklist.entries import block
from watchfloor.tenancy.files import TenantFiles
from watchfloor.tenancy.keyring import Keyring

PDF: Final = b"%PDF-1.7 a report"
BUNDLE: Final = """\
slug: {slug}
code: {code}
name: {name}
language: en
time_zone: Europe/Dublin
contacts:
  - {{name: Kim, email: kim@{slug}.example, purposes: [incidents]}}
feeds:
  - {{name: windows, door: hec}}
members:
  - {{email: kim@{slug}.example, role: admin}}
  - {{email: lee@mssp.example, role: analyst}}
alert_budget: {{informational: 1}}
"""


@dataclass
class World:
    """An installation with two customers who both have something everywhere."""

    installation: Installation
    directory: Path
    tokens: list[IssuedToken] = field(default_factory=list)

    async def onboard(self, slug: str) -> TenantId:
        """Onboards a customer."""
        path = self.directory / f"{slug}.yaml"
        path.write_text(BUNDLE.format(slug=slug, code=slug.upper(), name=f"{slug.title()} Ltd"))
        (placed,) = read_bundles(path)
        await apply(self.installation, placed, issue=self.tokens.append, tell=lambda _: None)
        return TenantId((await find_tenant(self.installation, slug)).id)

    async def cipher(self, tenant_id: TenantId) -> TenantCipher:
        """The tenant's cipher."""
        async with tenant_tx(self.installation.app, tenant_id) as tx:
            return await self.installation.keyring.cipher(tx)

    async def leave(self, slug: str = "acme") -> Path:
        """Offboards a customer and gives the proof's path."""
        tenant = await find_tenant(self.installation, slug)
        return await offboard(self.installation, tenant, export_to=self.directory / "out", tell=lambda _: None)

    def proof(self, path: Path) -> Proof:
        """What a proof says."""
        return read_proof(path, trusted_keys(self.installation.settings))


@dataclass(frozen=True)
class Makers:
    """The factories of events, rules and people."""

    event: MakeEvent
    rule: MakeRule
    worker: MakeWorker


@pytest.fixture
def makers(make_event: MakeEvent, make_rule: MakeRule, make_worker: MakeWorker) -> Makers:
    """See Makers."""
    return Makers(make_event, make_rule, make_worker)


@pytest.fixture
async def world(settings: Settings, tmp_path: Path, valkey: Redis, makers: Makers) -> AsyncGenerator[World]:
    """See World."""
    async with open_installation(settings, clock=FixedClock(NOON), request_id="req_test") as opened:
        made = World(opened, tmp_path)
        for slug in ("acme", "bolt"):
            tenant_id = await made.onboard(slug)
            await furnish(made, tenant_id, slug.upper(), makers)
            await Wake(valkey).hint("intake", tenant_id)
            await valkey.set(f"wf:limit:door:{tenant_id}", "1")
        yield made


async def furnish(world: World, tenant_id: TenantId, code: str, makers: Makers) -> None:
    """Puts something of a tenant into every store and every sealed column."""
    app, settings = world.installation.app, world.installation.settings
    cipher = await world.cipher(tenant_id)
    tenant = Tenant(tenant_id, code, cipher, app)
    first = makers.event(1, host="WS1", user="kim", summary="canary-event")
    await tenant.work((makers.rule(), first), (makers.rule("Other"), makers.event(2, host="WS1")))
    noisy = makers.rule("Noisy", level="informational", dedup=("account",))
    await tenant.work(*((noisy, makers.event(100 + n, account=f"canary-{n}")) for n in range(3)))
    worker = makers.worker(Role.ANALYST)
    counted = (rule("a"), rule("C", correlation=correlation("event_count", ["a"], gte=3)))
    async with tenant_tx(app, tenant_id) as tx:
        await correlate(
            tx, cipher, correlator=Correlator(counted), events=[event(0)], matches=Matches([0], [0]), now=NOON
        )
        await open_lake(settings).append(tx, cipher, [first, makers.event(3, at=86_400 * 40, host="WS2")])
        await tune(tx, cipher, worker.actor)
        acted = {"incident": f"{code}-1"}
        await moves.acknowledge(tx, cipher, worker.actor, worker.permissions, incident=f"{code}-1")
        await work.note(tx, cipher, worker.actor, worker.permissions, text="canary-note: call Kim", **acted)
        await work.verdict(
            tx,
            cipher,
            worker.actor,
            worker.permissions,
            verdict="true_positive",
            reason="canary-reason: it was them",
            **acted,
        )
        await respond(tx, cipher, worker, code)
        await regroup(tx, cipher, worker, code)
        for step in (hand_over, want_exception, suspect_breach):
            await step(tx, cipher, worker)
        await work.request_report(tx, cipher, worker.actor, worker.permissions, **acted)
        stored = await TenantFiles(settings.reports_dir, "reports").write(tx, cipher, PDF)
        await show_evidence(tx, cipher, worker, settings)
        (feed,) = await list_feeds(tx)
        await note_figures(tx, feed.id)
        await bring_agents(tx, cipher, worker.actor, feed)
        told = {"account": "canary", "key": "canary-secret"}
        pulled = await add_connector(tx, cipher, worker.actor, CONNECTOR, name="pulled", given=told)
        await remember(tx, [digest(pulled.id, "canary-key")])
        await count_stranger(tx, pulled.id, account="canary", stream="log", place="log", records=1, most=9)
        poison = PutAside(
            feed_id=feed.id,
            batch_id=BatchId(new_uuid()),
            event_index=0,
            code="invalid",
            reason="no JSON",
            received_at=NOON,
            body=b"canary-poison {",
            context=b"canary-context",
        )
        await put_aside(tx, cipher, [poison])
    await finish_report(world, tenant_id, stored.sha256, stored.path)
    packer = Packer()
    packer.add(SentEvent(body=b'{"canary":"waiting"}', host="WS3"))
    said = {"remote": "192.0.2.7", "user_agent": "test", "content_type": "application/json"}
    sender = Sender(**said, request_id="r", request_key="k")
    intake = PostgresIntake(app, world.installation.keyring, backlog_bytes=10**9)
    await intake.put(feed, packer.finish(), sender)


async def dress(tx: TenantTx, cipher: TenantCipher) -> None:
    """A look of the tenant's own, a report that is made by itself, and somebody who hears of it."""
    await keep_brand(tx, cipher, Brand(logo=b"canary-logo", sender_name="canary-sender", contact="canary-contact"))
    schedule = Schedule(name="service", kind="service", every="month")
    await keep_schedules(tx, [schedule], at=NOON)
    due = Due(period_from=date(2026, 1, 1), period_to=date(2026, 2, 1), due_at=NOON)
    await insert_run(tx, schedule.name, due)
    await keep_recipients(tx, cipher, [Recipient(address="canary-hears@acme.example", kinds=("incident",))])
    report_id = await tx.value(UUID, "select id from wf.reports where tenant_id = $1", tx.tenant_id)
    assert report_id is not None
    await announce(tx, report_id, kind="incident", asked_by="test")


async def regroup(tx: TenantTx, cipher: TenantCipher, worker: Worker, code: str) -> None:
    """A host of some worth, and an incident that was split off and merged again."""
    who = (tx, cipher, worker.actor, worker.permissions)
    await severity.weigh(*who, incident=f"{code}-1", name="WS1", weight="high")
    await merging.split(*who, incident=f"{code}-1", by="rule", value="Other")
    await merging.merge(*who, incident=f"{code}-2", into=f"{code}-1")


async def want_exception(tx: TenantTx, cipher: TenantCipher, worker: Worker) -> None:
    """An exception that waits for a second person."""
    incident_id = await tx.value(UUID, "select id from wf.incidents where tenant_id = $1 limit 1", tx.tenant_id)
    assert incident_id is not None
    body = ExceptionBody(
        written=overlay_cases.make_filter({"User": "canary-wanted"}), owner="Kim", reason="canary-wish: Kim is harmless"
    )
    wanted = Wanted(incident_id=IncidentId(incident_id), rule_id="a", body=body, days=30, because="it hides much")
    await request_exception(tx, cipher, worker.actor, wanted=wanted, person_id=worker.person_id)


async def suspect_breach(tx: TenantTx, cipher: TenantCipher, worker: Worker) -> None:
    """A breach case in which a fact was stated twice."""
    incident_id = await tx.value(
        UUID, "select id from wf.incidents where tenant_id = $1 and merged_into is null limit 1", tx.tenant_id
    )
    assert incident_id is not None
    opening = Opening(incident_ids=(IncidentId(incident_id),), reason="canary-breach: Kim's file", country="DE")
    case = await open_case(tx, cipher, worker.actor, worker.permissions, opening)
    for words in ("canary-fact", "canary-fact, read again"):
        said = Stated(path="nature.description", value=words)
        await state(tx, cipher, worker.actor, worker.permissions, case_id=CaseId(case.id), facts=(said,))
    await notify(tx, cipher, worker, CaseId(case.id))


async def notify(tx: TenantTx, cipher: TenantCipher, worker: Worker, case_id: CaseId) -> None:
    """A notice that was drafted and withdrawn, a file that came back, a hold, and a clock that was told of."""
    who = (tx, cipher, worker.actor, worker.permissions)
    wanted = WantedNotice(regime="gdpr-controller")
    drafted = (await draft(*who, case_id=case_id, wanted=wanted)).notice
    await add_receipt(
        tx, cipher, worker.actor, drafted, name="canary-receipt.txt", content=b"canary-file", case_ref="BC-1"
    )
    await withdraw_notice(*who, case_id=case_id, notice_id=drafted.id, reason="canary-withdrawal: not now")
    await set_hold(*who, case_id=case_id, is_held=True, reason="canary-hold: Kim sues")
    await insert_warning(tx, case_id, regime="gdpr-controller", stage="notice", point=NOON)


async def show_evidence(tx: TenantTx, cipher: TenantCipher, worker: Worker, settings: Settings) -> None:
    """A number that was entered with a document, one of the tenant's own, and a segment that was looked at."""
    files = evidence_files(settings.home)
    document = await attach(tx, cipher, files, name="canary-accounts.txt", content=b"canary-accounts")
    stated = Number(
        kind="E14",
        metric="accounts",
        first=NOON.date().replace(day=1),
        until=NOON.date(),
        note="canary-note: counted by Kim",
        numerator=9,
        denominator=10,
    )
    library = shipped()
    await enter(tx, cipher, worker.actor, library=library, stated=stated, today=NOON.date(), document=document)
    await set_number(tx, worker.actor, library, kind="E06", metric="triaged_urgent", number=99)
    await tx.execute(
        "insert into wf.segment_checks (tenant_id, segment_id, checked_at, is_good) values ($1, $2, $3, true)",
        tx.tenant_id,
        new_uuid(),
        NOON,
    )


async def hand_over(tx: TenantTx, cipher: TenantCipher, worker: Worker) -> None:
    """A shift that was handed over, and somebody who stands in."""
    await handover.handover(tx, cipher, worker.actor, worker.permissions)
    layer = Layer(name="primary", zone="UTC", period="daily", first=NOON.date(), at=time(8), people=(worker.person_id,))
    await set_rota(tx, worker.actor, Rota(layers=(layer,)))
    await stand_in(
        tx,
        cipher,
        worker.actor,
        layer="primary",
        person_id=worker.person_id,
        length=timedelta(hours=1),
        reason="canary-override: Kim is ill",
    )


async def respond(tx: TenantTx, cipher: TenantCipher, worker: Worker, code: str) -> None:
    """An action that was proposed and declined, and an entry of the blocklist."""
    voter = Voter(person_id=worker.person_id, side="customer", is_key=False, has_stepped_up=True)
    who = (tx, cipher, worker.actor, worker.permissions)
    await responding.contain(
        *who, incident=f"{code}-1", kind="disable_account", target="kim", reason="canary-response", voter=voter
    )
    await deciding.decline(*who, incident=f"{code}-1", action="1", reason="canary-no: not Kim", voter=voter)
    (action_id,) = await tx.values(UUID, "select id from wf.actions where tenant_id = $1", tx.tenant_id)
    await block(tx, cipher, Entity("ip", "203.0.113.66"), ActionId(action_id))


async def bring_agents(tx: TenantTx, cipher: TenantCipher, actor: Actor, feed: Feed) -> None:
    """What agents are known of, were asked, and sent that no parser knows."""
    await keep_body(tx, cipher, feed_id=feed.id, body=b"canary-body", content_type="text/plain", is_greeting=False)
    shape = UnknownShape(
        feed_id=feed.id,
        fingerprint=b"shape",
        sketch="canary-sketch",
        events=1,
        seen_at=NOON,
        samples=(b"canary-sample \xff",),
    )
    await count_unparsed(tx, cipher, [shape])
    minted = await enrol(tx, cipher, feed, Host(identifier="canary-host", details={}))
    node = NodeId(parse_agent_key("node", minted.text.reveal()).owner)
    await change(tx, cipher, actor, {"schedule": {"canary-query": {"query": "select 1", "interval": 60}}})
    now = SystemClock().now()
    later = now + timedelta(hours=1)
    asked = show("qst", await ask(tx, cipher, actor, sql="select 'canary-sql'", nodes=None, expires_at=later, at=now))
    await waiting_for(tx, cipher, node)
    said = Found(total=1, rows=[b'{"name":"canary-row"}'])
    assert await keep(tx, cipher, node, Given(question=asked, status=0, message="", found=said))
    file = show(
        "qst", await ask_for_file(tx, cipher, actor, path="/etc/canary-path", nodes=[node], expires_at=later, at=now)
    )
    await waiting_for(tx, cipher, node)
    announced = Announced(request_id=file, block_count=1, block_size=12, carve_size=12)
    session = parse_agent_key("carve", (await begin(tx, feed, node, announced)).text.reveal())
    await take_block(tx, cipher, session, number=0, request_id=file, block=b"canary-block")


async def note_figures(tx: TenantTx, feed_id: FeedId) -> None:
    """What rules cost and which log sources came in."""
    await note_costs(tx, [RuleCost(rule_id="a", candidates=1)], day=NOON.date())
    seen = Sighting(
        feed_id=feed_id,
        received_at=NOON,
        product="windows",
        category=None,
        service="security",
        events=1,
        last_event_at=NOON,
    )
    await count_sources(tx, [seen])


async def tune(tx: TenantTx, cipher: TenantCipher, actor: Actor) -> None:
    """One of everything that a tenant changes about the shared rules."""
    why, changed = "canary-why: Kim asked for it", overlay_cases.make_rule(1)
    await commands.disable_rule(tx, cipher, actor, rule=changed, reason=why)
    await commands.set_list(tx, cipher, actor, name="admins", entries=["canary-admin"], reason=why)
    wanted = commands.NewException(
        written=overlay_cases.make_filter({"User": "canary-user"}),
        owner="Kim",
        reason=why,
        expires_at=NOON + timedelta(days=9),
    )
    made = await commands.add_exception(tx, cipher, actor, wanted=wanted, rules=[changed], at=NOON)
    await count_hidden(tx, [Hidden(rule_id=changed.id, exemption_id=made, count=1)], at=NOON)


async def finish_report(world: World, tenant_id: TenantId, digest: bytes, path: str) -> None:
    """Marks the requested report as finished, as the report worker does, and has it told of."""
    connection = await asyncpg.connect(dsn(world.installation.settings))
    await connection.execute(
        "update wf.reports set state = 'ready', sha256 = $2, path = $3, ready_at = now() where tenant_id = $1",
        tenant_id,
        digest,
        path,
    )
    await connection.close()
    async with tenant_tx(world.installation.app, tenant_id) as tx:
        await dress(tx, await world.installation.keyring.cipher(tx))


def dsn(settings: Settings) -> str:
    """How the superuser reaches the database."""
    assert settings.database_url is not None
    return settings.database_url.reveal()


class Everything(msgspec.Struct):
    """All that an installation holds of a tenant, as the superuser and the file system see it."""

    rows: dict[str, list[str]]
    files: dict[str, bytes]
    keys: set[bytes]


async def everything(
    superuser: "asyncpg.Connection[asyncpg.Record]", settings: Settings, valkey: Redis, tenant_id: UUID
) -> Everything:
    """See Everything."""
    columns = await superuser.fetch(
        "select distinct c.oid::regclass::text as name from pg_class c"
        " join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped"
        " where c.relkind = 'r' and c.relnamespace in ('wf'::regnamespace, 'auth'::regnamespace)"
    )
    rows: dict[str, list[str]] = {}
    for table in sorted(row["name"] for row in columns if row["name"] != "auth.tenant_steps"):
        found = await superuser.fetch(f"select t::text as text from {table} t where tenant_id = $1", tenant_id)
        rows[table] = sorted(row["text"] for row in found)
    owned = (settings.lake_dir, settings.reports_dir, evidence_dir(settings.home), settings.secrets_dir)
    files = {
        str(path.relative_to(settings.home)): path.read_bytes()
        for directory in owned
        for path in sorted(directory.rglob("*"))
        if path.is_file() and str(tenant_id) in str(path)
    }
    keys: set[bytes] = set()
    for key in cast("list[bytes]", await valkey.keys()):  # pyright: ignore[reportUnknownMemberType] - no types
        hinted = key.startswith(b"wf:ready:") and await valkey.zscore(key, tenant_id.bytes) is not None
        if hinted or str(tenant_id).encode() in key:
            keys.add(key)
    return Everything(rows=rows, files=files, keys=keys)


async def test_afterwards_nothing_of_the_tenant_is_left_and_the_other_one_is_as_it_was(
    world: World, superuser: "asyncpg.Connection[asyncpg.Record]", valkey: Redis
) -> None:
    settings = world.installation.settings
    acme = TenantId((await find_tenant(world.installation, "acme")).id)
    bolt = TenantId((await find_tenant(world.installation, "bolt")).id)
    before = await everything(superuser, settings, valkey, acme)
    other = await everything(superuser, settings, valkey, bolt)
    not_used_yet = {
        "wf.audit_heads",
        "wf.cards",
        "wf.chat_channels",
        "wf.chat_roles",
        "wf.incident_circles",
        "wf.desk_requests",
        "wf.feed_hours",
        "wf.outbox_receipts",
        "auth.api_keys",
        "wf.feed_trust",
        "wf.feed_alarms",
        "wf.feed_blind_hours",
        "auth.feed_aliases",
        "auth.feed_certificates",
        "wf.bulk_documents",
        "wf.hec_channels",
        "wf.intake_marks",
        "wf.intake_waiting",
        "wf.intake_refusals",
        "wf.pages",
        "wf.page_steps",
        "wf.sla_warnings",
        "wf.watches",
        "wf.exception_reminders",
    }
    assert {table for table, rows in before.rows.items() if not rows} <= not_used_yet
    assert len(before.files) == 4
    assert len(before.keys) == 2

    await world.leave()

    after = await everything(superuser, settings, valkey, acme)
    assert {table: rows for table, rows in after.rows.items() if rows} == {}
    assert after.files == {}
    assert after.keys == set()
    assert await everything(superuser, settings, valkey, bolt) == other
    people = {row["email"] for row in await superuser.fetch("select email from auth.people")}
    assert people == {"kim@bolt.example", "lee@mssp.example"}
    row = await superuser.fetchrow("select slug, code, name, state from auth.tenants where id = $1", acme)
    assert row is not None
    assert tuple(row) == ("acme", "ACME", "offboarded", "offboarded")


async def test_a_dump_from_before_holds_nothing_that_can_be_opened_afterwards(
    world: World, superuser: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    settings = world.installation.settings
    tenant = await find_tenant(world.installation, "acme")
    acme = TenantId(tenant.id)
    await superuser.execute("create schema dump")
    for table in sorted({"tenant_keys", *(table for table, _ in SEALS)}):
        await superuser.execute(f"create table dump.{table} as select * from wf.{table} where tenant_id = '{acme}'")
    for table, column in SEALS:
        assert await superuser.fetchval(f"select count({column}) from dump.{table}"), f"{table}.{column} is empty"

    path = await world.leave()

    exported = next(step for step in world.proof(path).steps if step.step == "export")
    assert json.loads(bytes(exported.outcome))["unopened"] == 0, "while there was a key, it opened all of this"
    await superuser.execute("insert into wf.tenant_keys select * from dump.tenant_keys")
    for keyring in (Keyring.open(settings), world.installation.keyring):
        async with tenant_tx(world.installation.app, acme) as tx:
            with pytest.raises(NotFound, match="offboarded"):
                await keyring.cipher(tx)
    # Even a key made anew under the old name opens none of the old data keys.
    async with tenant_tx(world.installation.app, acme) as tx:
        with pytest.raises(Unopenable):
            await Keyring.open(settings).create(tx)


async def test_only_hashes_of_the_tenant_stay_in_the_files(world: World) -> None:
    settings = world.installation.settings
    acme = TenantId((await find_tenant(world.installation, "acme")).id)
    await world.leave()
    assert [name for name in names(settings.home) if str(acme) in name] == [
        f"audit-heads/{acme}.jsonl",
        f"audit-heads/offboarded/acme-{acme}.json",
    ]
    kept = b"".join(path.read_bytes() for path in settings.audit_dir.rglob("*") if path.is_file())
    for personal in (b"canary", b"kim", b"Acme Ltd"):
        assert personal not in kept


def names(home: Path) -> list[str]:
    """All files below a home."""
    return sorted(str(path.relative_to(home)) for path in home.rglob("*") if path.is_file())


async def test_the_export_holds_everything_readable_and_its_manifest_the_hashes(world: World, tmp_path: Path) -> None:
    tenant = await find_tenant(world.installation, "acme")
    summary = await export_tenant(world.installation, tenant, into=tmp_path)
    directory = Path(summary.directory)
    manifest = msgspec.json.decode((directory / MANIFEST).read_bytes(), type=Manifest)
    assert hashlib.sha256((directory / MANIFEST).read_bytes()).hexdigest() == summary.manifest_sha256
    assert (manifest.unopened, summary.unopened) == (0, 0)
    assert {file.path for file in manifest.files} == set(names(directory)) - {MANIFEST}
    for file in manifest.files:
        content = (directory / file.path).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (file.size, file.sha256)
        assert (directory / file.path).stat().st_mode & 0o077 == 0
    whole = "\n".join(path.read_text("utf-8", "replace") for path in directory.rglob("*.ndjson"))
    for canary in ("event", "note", "reason", "poison"):
        assert f"canary-{canary}" in whole
    assert "waiting" in whole
    assert "kim@acme.example" in whole
    assert "bolt" not in whole
    assert [path.read_bytes() for path in directory.rglob("*.pdf")] == [PDF]
    assert sorted(path.name for path in (directory / "events").iterdir()) == ["2026-03.ndjson", "2026-04.ndjson"]


async def test_every_sealed_column_is_opened_in_the_export_and_no_key_leaves(world: World, tmp_path: Path) -> None:
    summary = await export_tenant(world.installation, await find_tenant(world.installation, "acme"), into=tmp_path)
    for table, column in SEALS:
        lines = (Path(summary.directory) / "tables" / f"{table}.ndjson").read_text().splitlines()
        values = [json.loads(line)[column] for line in lines]
        assert [value for value in values if value is not None], f"{table}.{column}"
        assert [value for value in values if isinstance(value, str) and value.startswith("\\x01")] == []
    for table, column in WITHHELD:
        lines = (Path(summary.directory) / "tables" / f"{table}.ndjson").read_text().splitlines()
        assert lines
        assert all(column not in json.loads(line) for line in lines)


async def test_every_binary_column_is_known_to_be_sealed_or_not(
    superuser: "asyncpg.Connection[asyncpg.Record]",
) -> None:
    rows = await superuser.fetch(
        "select c.relname::text, a.attname::text from pg_attribute a join pg_class c on c.oid = a.attrelid"
        " where c.relnamespace = 'wf'::regnamespace and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped"
        " and a.atttypid = 'bytea'::regtype"
    )
    hashes = ("_hash", "_index", "hash", "sha256", "signature", "event_key", "checksum")
    plain = {("outbox", "payload"), ("intake_batches", "places"), ("feed_trust", "profile"), ("handovers", "digest")}
    unknown = {
        (table, column)
        for table, column in (tuple(row) for row in rows)
        if not column.endswith(hashes) and (table, column) not in {*SEALS, *WITHHELD, *plain}
    }
    assert unknown == set()


async def test_a_value_that_cannot_be_opened_is_exported_sealed_and_counted(
    world: World, superuser: "asyncpg.Connection[asyncpg.Record]", tmp_path: Path
) -> None:
    await superuser.execute("update wf.quarantine set body = '\\x0102'")
    summary = await export_tenant(world.installation, await find_tenant(world.installation, "acme"), into=tmp_path)
    assert summary.unopened == 1
    assert '"body":"\\\\x0102"' in (Path(summary.directory) / "tables" / "quarantine.ndjson").read_text()


async def test_an_export_does_not_overwrite_what_has_its_name(world: World, tmp_path: Path) -> None:
    tenant = await find_tenant(world.installation, "acme")
    first = await export_tenant(world.installation, tenant, into=tmp_path)
    assert await export_tenant(world.installation, tenant, into=tmp_path) == first
    (Path(first.directory) / MANIFEST).write_text("{}")
    with pytest.raises(Conflict, match="taken by something else"):
        await export_tenant(world.installation, tenant, into=tmp_path)


async def test_the_proof_is_signed_complete_and_audited_by_the_operator(
    world: World, superuser: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    acme = TenantId((await find_tenant(world.installation, "acme")).id)
    rows = await count_rows(world.installation, acme)
    path = await world.leave()
    proof = world.proof(path)
    steps = {step.step: json.loads(bytes(step.outcome)) for step in proof.steps}
    assert list(steps) == [
        *("suspend", "settle", "export", "head", "count", "leave", "erase", "files", "hints", "people", "key", "verify")
    ]
    # Suspending, exporting and signing left two entries and one head more.
    expected = {**rows, "audit_entries": rows["audit_entries"] + 2, "audit_heads": 1}
    assert steps["count"] == {"rows": expected, "files": {"lake": 1, "reports": 1, "evidence": 1}}
    assert steps["erase"] == {"removed": sum(expected.values())}
    assert steps["key"] == {"destroyed": True}
    assert steps["people"] == {"memberships": 2, "tokens": 1, "api_keys": 0, "people": 1}
    assert steps["verify"] == {"rows": {}, "files": {"lake": 0, "reports": 0, "evidence": 0}}
    summary = msgspec.convert(steps["export"], ExportSummary)
    manifest = (Path(summary.directory) / MANIFEST).read_bytes()
    assert hashlib.sha256(manifest).hexdigest() == summary.manifest_sha256
    operator = await ensure_operator(world.installation)
    actions = await superuser.fetch(
        "select action from wf.audit_entries where tenant_id = $1 and object_id like 'ten_%' order by seq", operator
    )
    assert [row["action"] for row in actions][-3:] == ["tenant.leave", "tenant.forget_people", "tenant.offboard"]
    async with tenant_tx(world.installation.app, operator) as tx:
        assert (await verify(tx, HeadArchive(world.installation.settings.audit_dir), {})).is_sound


async def test_a_proof_that_was_changed_is_refused(world: World) -> None:
    path = await world.leave()
    assert world.proof(path).slug == "acme"
    content = path.read_bytes()
    path.write_bytes(content.replace(b'"slug":"acme"', b'"slug":"bolt"'))
    with pytest.raises(Invalid, match="was changed"):
        world.proof(path)
    path.write_bytes(b"{}")
    with pytest.raises(Invalid, match="not a proof"):
        world.proof(path)


async def test_a_leaving_tenants_tokens_stop_at_once_and_its_people_lose_their_way_in(
    world: World, superuser: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    token = next(token for token in world.tokens if token.slug == "acme")
    await world.leave()
    with pytest.raises(TokenRefused):
        await recognise(world.installation.auth, parse_feed_token(token.text.reveal()))
    assert await superuser.fetchval("select count(*) from auth.people where email like 'kim@acme%'") == 0


async def test_offboarding_again_says_where_the_proof_is_and_does_nothing(world: World) -> None:
    path = await world.leave()
    content = path.read_bytes()
    assert await world.leave() == path
    assert path.read_bytes() == content


async def test_the_operator_cannot_be_offboarded(world: World) -> None:
    with pytest.raises(Refused, match="cannot be offboarded"):
        await world.leave("operator")


async def test_a_person_who_made_another_tenants_key_stays_as_a_number_only(
    world: World, superuser: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    await superuser.execute(
        "insert into auth.api_keys (id, tenant_id, name, secret_hash, scopes, created_by, expires_at)"
        " select 'abcd1234', t.id, 'k', sha256('x'), '{}', p.id, now() + interval '1 day'"
        " from auth.tenants t, auth.people p where t.slug = 'bolt' and p.email = 'kim@acme.example'"
    )
    await world.leave()
    row = await superuser.fetchrow("select email, name, state from auth.people where state = 'disabled'")
    assert row is not None
    assert row["name"] == "offboarded"
    assert row["email"].endswith("@offboarded.invalid")


async def test_work_that_is_under_way_is_waited_for_and_what_it_wrote_is_erased_too(world: World) -> None:
    acme = TenantId((await find_tenant(world.installation, "acme")).id)
    inside, go_on = asyncio.Event(), asyncio.Event()

    async def straggle() -> None:
        async with tenant_tx(world.installation.app, acme) as tx:
            await tx.execute("insert into wf.counters (tenant_id, name, value) values ($1, 'straggler', 1)", acme)
            inside.set()
            await go_on.wait()

    straggler = asyncio.create_task(straggle())
    await inside.wait()
    steps: list[str] = []

    def tell(step: str) -> None:
        steps.append(step)
        if step == "settle":
            asyncio.get_running_loop().call_later(0.2, go_on.set)

    tenant = await find_tenant(world.installation, "acme")
    await offboard(world.installation, tenant, export_to=world.directory / "out", tell=tell)
    await straggler
    assert await count_rows(world.installation, acme) == {}


async def test_a_writer_that_never_stops_is_told_and_the_tenant_is_not_called_erased(
    world: World, superuser: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    acme = TenantId((await find_tenant(world.installation, "acme")).id)
    # Somebody with all rights: an erased row comes back each time.
    await superuser.execute(
        "create function public.back() returns trigger language plpgsql security definer as $$"
        f" begin insert into wf.counters values ('{acme}', 'zombie' || random(), 1); return null; end $$;"
        "create trigger back after delete on wf.counters for each statement execute function public.back()"
    )
    with pytest.raises(Conflict, match="goes on writing"):
        await world.leave()
    assert await superuser.fetchval("select state from auth.tenants where id = $1", acme) != "offboarded"


async def test_offboarding_that_is_cut_short_anywhere_is_completed_by_the_next_run(
    world: World, superuser: "asyncpg.Connection[asyncpg.Record]", valkey: Redis
) -> None:
    loop = asyncio.get_running_loop()
    acme = TenantId((await find_tenant(world.installation, "acme")).id)
    cuts = 0
    while True:
        task = asyncio.create_task(world.leave())
        # Each run gets a little further than the one before: the steps that are done are skipped. The longest step
        # fits in the end, however slow the machine.
        loop.call_later(0.004 + 0.002 * (cuts % 12) + 0.001 * cuts, task.cancel)
        await asyncio.gather(task, return_exceptions=True)
        if not task.cancelled():
            break
        cuts += 1
    assert cuts >= 5
    proof = world.proof(task.result())
    assert len(proof.steps) == 12
    after = await everything(superuser, world.installation.settings, valkey, acme)
    assert not any(after.rows.values())
    assert (after.files, after.keys) == ({}, set())
    assert await count_files(world.installation.settings, acme) == Files(lake=0, reports=0, evidence=0)


def test_the_wait_for_work_under_way_is_longer_than_any_transaction_may_last() -> None:
    assert timedelta(seconds=120) < journey.SETTLES_WITHIN


async def test_the_proof_lies_beside_the_copied_heads(world: World) -> None:
    tenant = await find_tenant(world.installation, "acme")
    assert await world.leave() == proof_path(world.installation.settings, tenant)


@pytest.mark.slow
async def test_a_tenant_with_a_million_rows_is_gone_within_minutes(
    world: World, superuser: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    acme = TenantId((await find_tenant(world.installation, "acme")).id)
    await superuser.execute(
        "insert into wf.alert_events (tenant_id, alert_id, event_key, occurred_at, source)"
        " select a.tenant_id, a.id, decode(md5(i::text), 'hex'), now(), 'windows.sysmon'"
        " from (select tenant_id, id from wf.alerts where tenant_id = $1 limit 1) a, generate_series(1, 1000000) i",
        acme,
    )
    began = asyncio.get_running_loop().time()
    proof = world.proof(await world.leave())
    seconds = asyncio.get_running_loop().time() - began
    erased = next(step for step in proof.steps if step.step == "erase")
    assert json.loads(bytes(erased.outcome))["removed"] > 1_000_000
    assert await count_rows(world.installation, acme) == {}
    assert seconds < 600
    print(f"a tenant of a million rows was offboarded in {seconds:.0f} s")  # noqa: T201 - the figure is the point
