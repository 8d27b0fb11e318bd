"""Reports that are made by themselves, and the mails about them: each once, whatever dies, and nothing leaks (Q1)."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import asyncpg
import msgspec
import pytest
from redis.asyncio import Redis

from tests.domain.receivers import Mailbox, open_mailbox
from tests.domain.workplace import Tenant
from watchfloor.audit.append import Actor
from watchfloor.kernel.clock import FixedClock
from watchfloor.kernel.config import Settings
from watchfloor.kernel.db import Database, tenant_tx
from watchfloor.kernel.ids import new_uuid, show
from watchfloor.kernel.secret import Secret
from watchfloor.ops.consumers import Resources
from watchfloor.ops.courier import Courier
from watchfloor.reporting.delivery.asking import announce
from watchfloor.reporting.delivery.recipients import Recipient
from watchfloor.reporting.delivery.sending import AGAIN_AFTER
from watchfloor.reporting.plan import Plan, change_plan
from watchfloor.reporting.subject import Kind
from watchfloor.reporting.timetable.asking import ask_for_due
from watchfloor.reporting.timetable.schedule import Schedule

ACTOR = Actor(kind="system", id="test", role="system", request_id="-")
BEGAN = datetime(2026, 8, 15, tzinfo=UTC)
NOVEMBER = datetime(2026, 11, 23, 9, tzinfo=UTC)
KIM = Recipient(address="kim@acme.example", kinds=("service", "controls"))
LEE = Recipient(address="lee@acme.example", kinds=("service",))
MONTHLY = Schedule(name="service", kind="service", every="month")
HOSTILE = "Odd\r\nBcc: evil@evil.example\r\n\r\n\u202e<b>"


@dataclass
class Post:
    """A customer, its plan, and a mailbox for what leaves."""

    acme: Tenant
    app: Database
    mailbox: Mailbox
    resources: Resources
    superuser: "asyncpg.Connection[asyncpg.Record]"

    async def plan(self, *recipients: Recipient, schedules: tuple[Schedule, ...] = (MONTHLY,)) -> bool:
        async with tenant_tx(self.app, self.acme.id) as tx:
            wanted = Plan(schedules=schedules, recipients=recipients)
            return await change_plan(tx, self.acme.cipher, ACTOR, wanted, at=BEGAN)

    async def ask(self, at: datetime = NOVEMBER) -> int:
        async with tenant_tx(self.app, self.acme.id) as tx:
            return await ask_for_due(tx, at=at)

    async def ready(self) -> None:
        """All reports that wait are made."""
        await self.superuser.execute(
            "update wf.reports set state = 'ready', sha256 = sha256('x'), path = 'x', ready_at = now()"
        )

    async def send(self, courier: Courier | None = None) -> None:
        """One round of a courier."""
        courier = courier or Courier(self.resources, FixedClock(NOVEMBER))
        async with tenant_tx(self.app, self.acme.id) as tx:
            work = await courier.take(tx)
        if work is not None:
            await courier.send(work)

    async def states(self) -> list[str]:
        return [row["state"] for row in await self.superuser.fetch("select state from wf.report_deliveries order by 1")]

    async def after(self, seconds: float) -> None:
        for column in ("due_at", "held_until"):
            await self.superuser.execute(
                f"update wf.report_deliveries set {column} = {column} - make_interval(secs => $1)", seconds
            )


@pytest.fixture
async def post(
    settings: Settings, acme: Tenant, db_app: Database, valkey: Redis, superuser: "asyncpg.Connection[asyncpg.Record]"
) -> AsyncGenerator[Post]:
    del valkey  # emptied
    async with AsyncExitStack() as opened:
        mailbox = await opened.enter_async_context(open_mailbox())
        changed = msgspec.structs.replace(
            settings,
            smtp_url=Secret(f"smtp://127.0.0.1:{mailbox.port}"),
            smtp_from="watchfloor@mssp.example",
            public_url="https://soc.example",
        )
        yield Post(acme, db_app, mailbox, Resources(changed, opened), superuser)


async def test_each_period_is_asked_for_once_and_made_up_for_after_an_outage(post: Post) -> None:
    await post.plan()
    assert await post.ask() == 3
    assert await post.ask() == 0
    asked = await post.superuser.fetch(
        "select period_from::text, requested_by, state from wf.reports where kind = 'service' order by 1"
    )
    assert [tuple(row) for row in asked] == [(f"2026-{month:02}-01", "schedule", "queued") for month in (8, 9, 10)]
    assert await post.ask(NOVEMBER + timedelta(days=9)) == 1


async def test_workers_that_look_at_once_ask_once(post: Post) -> None:
    await post.plan()
    assert sorted(await asyncio.gather(*(post.ask() for _ in range(6)))) == [0, 0, 0, 0, 0, 3]


async def test_who_dies_while_asking_leaves_nothing_and_the_next_one_asks(post: Post) -> None:
    await post.plan()

    async def ask_and_die() -> None:
        async with tenant_tx(post.app, post.acme.id) as tx:
            await ask_for_due(tx, at=NOVEMBER)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await ask_and_die()
    assert await post.ask() == 3


async def test_languages_and_frameworks_are_reports_of_their_own(post: Post) -> None:
    quarterly = Schedule(name="controls/nis2-art21", kind="controls", framework="nis2-art21", every="quarter")
    two = msgspec.structs.replace(MONTHLY, languages=("de", "en"))
    await post.plan(schedules=(quarterly, two))
    assert await post.ask() == 3 * 2 + 1


async def test_a_changed_schedule_asks_for_nothing_that_it_asked_for_before(post: Post) -> None:
    await post.plan()
    await post.ask()
    assert await post.plan(schedules=(msgspec.structs.replace(MONTHLY, day=2, at="05:00"),))
    assert await post.ask() == 0
    assert not await post.plan(schedules=(msgspec.structs.replace(MONTHLY, day=2, at="05:00"),))
    noted = await post.superuser.fetchval("select count(*) from wf.audit_entries where action = 'tenant.reports'")
    assert noted == 2


async def test_a_mail_leaves_when_the_report_is_ready_once_to_each_who_hears_of_its_kind(post: Post) -> None:
    await post.plan(KIM, LEE, schedules=(Schedule(name="assurance", kind="assurance", every="quarter"), MONTHLY))
    await post.ask(datetime(2026, 9, 3, tzinfo=UTC))
    await post.send()
    assert post.mailbox.messages == []
    await post.ready()
    await asyncio.gather(*(post.send() for _ in range(3)))
    await post.send()
    assert sorted(post.mailbox.recipients) == [["kim@acme.example"], ["lee@acme.example"]]
    assert await post.states() == ["sent", "sent"]


async def test_a_mail_has_a_link_and_nothing_of_the_report(post: Post) -> None:
    await post.plan(KIM)
    await post.ask(datetime(2026, 9, 3, tzinfo=UTC))
    await post.ready()
    await post.send()
    (mail,) = post.mailbox.messages
    report = await post.superuser.fetchval("select id from wf.reports")
    assert (
        f"https://soc.example/api/v1/tenants/{show('ten', post.acme.id)}/reports/{show('rpt', report)}/file"
        in mail.text
    )
    assert mail.headers["Subject"].startswith("Security service report, ")
    assert mail.headers["Auto-Submitted"] == "auto-generated"
    assert mail.headers["From"].endswith("<watchfloor@mssp.example>")


@pytest.mark.parametrize("kind", ["incident", "breach_notification"])
async def test_of_what_not_everybody_may_know_a_mail_names_no_kind(post: Post, kind: Kind) -> None:
    await post.plan(Recipient(address="kim@acme.example", kinds=(kind,)))
    report = new_uuid()
    about = {"incident": "incident_id", "breach_notification": "case_id, notice_id"}[kind]
    values = ", ".join(f"'{new_uuid()}'" for _ in about.split(", "))
    await post.superuser.execute("set session_replication_role = replica")
    await post.superuser.execute(
        f"insert into wf.reports (tenant_id, id, kind, {about}, language, state, requested_by, sha256, path, ready_at)"
        f" values ($1, $2, $3, {values}, 'de', 'ready', 'x', sha256('x'), 'x', now())",
        post.acme.id,
        report,
        kind,
    )
    async with tenant_tx(post.app, post.acme.id) as tx:
        assert await announce(tx, report, kind=kind, asked_by="x") == 1
    await post.send()
    (mail,) = post.mailbox.messages
    assert mail.headers["Subject"] == "Ein Dokument liegt für Sie bereit"


async def test_a_server_that_refuses_is_tried_again_and_given_up_at_last(post: Post) -> None:
    await post.plan(KIM)
    await post.ask(datetime(2026, 9, 3, tzinfo=UTC))
    await post.ready()
    post.mailbox.mood = "refuses"
    for _ in AGAIN_AFTER:
        await post.send()
        assert await post.states() == ["due"]
        await post.after(50_000)
    await post.send()
    assert await post.states() == ["failed"]
    post.mailbox.mood = "well"
    report = await post.superuser.fetchval("select id from wf.reports")
    async with tenant_tx(post.app, post.acme.id) as tx:
        assert await announce(tx, report, kind="service", asked_by="x") == 0
        assert await announce(tx, report, kind="service", asked_by="x", is_again=True) == 1
    await post.send()
    assert len(post.mailbox.messages) == 1


async def test_a_mail_that_may_have_arrived_is_not_sent_again_by_itself(post: Post) -> None:
    await post.plan(KIM)
    await post.ask(datetime(2026, 9, 3, tzinfo=UTC))
    await post.ready()
    post.mailbox.mood = "hangs_up"
    await post.send()
    await post.after(100_000)
    await post.send()
    assert await post.states() == ["uncertain"]
    assert len(post.mailbox.messages) == 1


async def test_who_dies_before_a_mail_leaves_loses_it_to_another_and_while_it_leaves_to_nobody(post: Post) -> None:
    await post.plan(KIM, LEE)
    await post.ask(datetime(2026, 9, 3, tzinfo=UTC))
    await post.ready()
    dying = Courier(post.resources, FixedClock(NOVEMBER))
    async with tenant_tx(post.app, post.acme.id) as tx:
        assert await dying.take(tx) is not None
    await post.send()
    assert post.mailbox.messages == []
    await post.superuser.execute(
        "update wf.report_deliveries set state = 'handing' where id = (select id from wf.report_deliveries limit 1)"
    )
    await post.after(100_000)
    await post.send()
    assert await post.states() == ["sent", "uncertain"]
    assert len(post.mailbox.messages) == 1


async def test_a_report_that_could_not_be_made_is_told_to_nobody(post: Post) -> None:
    await post.plan(KIM)
    await post.ask(datetime(2026, 9, 3, tzinfo=UTC))
    await post.superuser.execute("update wf.reports set state = 'failed', error = 'x'")
    await post.send()
    assert (await post.states(), post.mailbox.messages) == (["failed"], [])


async def test_addresses_are_sealed(post: Post) -> None:
    await post.plan(KIM)
    await post.ask(datetime(2026, 9, 3, tzinfo=UTC))
    for table in ("report_recipients", "report_deliveries"):
        for row in await post.superuser.fetch(f"select * from wf.{table}"):
            assert b"acme.example" not in row["address"]


async def test_a_hostile_name_of_a_sender_adds_no_header(post: Post) -> None:
    await post.plan(KIM)
    await post.ask(datetime(2026, 9, 3, tzinfo=UTC))
    await post.ready()
    hostile = msgspec.structs.replace(post.resources.settings, operator_name=HOSTILE)
    post.resources.settings = hostile
    await post.send(Courier(post.resources, FixedClock(NOVEMBER)))
    (mail,) = post.mailbox.messages
    assert "Bcc" not in mail.headers
    assert post.mailbox.recipients == [["kim@acme.example"]]
