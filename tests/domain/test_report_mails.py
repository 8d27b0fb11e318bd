"""The mails about reports: each leaves once, whatever dies, says nothing of the report, and ends in words (Q1)."""

import asyncio
from collections.abc import AsyncGenerator
from uuid import UUID

import asyncpg
import msgspec
import pytest
from click.testing import CliRunner
from redis.asyncio import Redis

from infra.ports import free_port
from tests.domain.posting import ACTOR, KIM, LEE, MONTHLY, SEPTEMBER, Post, open_post
from tests.domain.workplace import MakeTenant, Tenant
from watchfloor.kernel.clock import FixedClock
from watchfloor.kernel.config import Settings
from watchfloor.kernel.db import Database, tenant_tx
from watchfloor.kernel.errors import Invalid
from watchfloor.kernel.ids import new_uuid, show
from watchfloor.kernel.secret import Secret
from watchfloor.kernel.telemetry import REGISTRY
from watchfloor.ops.chores import Chores
from watchfloor.ops.cli import command_line
from watchfloor.reporting.branding.brand import Brand
from watchfloor.reporting.branding.keeping import change_brand
from watchfloor.reporting.delivery.asking import announce, tell
from watchfloor.reporting.delivery.recipients import Recipient
from watchfloor.reporting.delivery.sending import AGAIN_AFTER
from watchfloor.reporting.subject import OF_BREACHES, Kind
from watchfloor.reporting.timetable.schedule import Schedule

HOSTILE = "Odd\r\nBcc: evil@evil.example\r\n\r\n\u202e<b>"


@pytest.fixture
async def post(
    settings: Settings, acme: Tenant, db_app: Database, valkey: Redis, superuser: "asyncpg.Connection[asyncpg.Record]"
) -> AsyncGenerator[Post]:
    del valkey  # emptied
    async with open_post(settings, acme, db_app, superuser) as opened:
        yield opened


async def test_a_mail_leaves_when_the_report_is_ready_once_to_each_who_hears_of_its_kind(post: Post) -> None:
    await post.plan(KIM, LEE, schedules=(Schedule(name="assurance", kind="assurance", every="quarter"), MONTHLY))
    await post.ask(SEPTEMBER)
    await post.send()
    assert post.mailbox.messages == []
    await post.ready()
    await asyncio.gather(*(post.send() for _ in range(3)))
    await post.send()
    assert sorted(post.mailbox.recipients) == [["kim@acme.example"], ["lee@acme.example"]]
    assert await post.states() == ["sent", "sent"]


async def test_a_mail_has_a_link_and_nothing_of_the_report(post: Post) -> None:
    await post.plan(KIM)
    await post.ask(SEPTEMBER)
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
    assert "Reply-To" not in mail.headers


async def report_of(post: Post, kind: Kind, about: str) -> UUID:
    """A German report of that kind, which is ready."""
    report = new_uuid()
    values = ", ".join(f"'{new_uuid()}'" for _ in about.split(", "))
    await post.superuser.execute("set session_replication_role = replica")
    await post.superuser.execute(
        f"insert into wf.reports (tenant_id, id, kind, {about}, language, state, requested_by, sha256, path, ready_at)"
        f" values ($1, $2, $3, {values}, 'de', 'ready', 'x', sha256('x'), 'x', now())",
        post.acme.id,
        report,
        kind,
    )
    return report


async def test_of_an_incident_a_mail_does_not_even_name_the_kind(post: Post) -> None:
    await post.plan(Recipient(address="kim@acme.example", kinds=("incident",)))
    report = await report_of(post, "incident", "incident_id")
    async with tenant_tx(post.app, post.acme.id) as tx:
        assert await announce(tx, report, kind="incident", asked_by="x") == 1
    await post.send()
    (mail,) = post.mailbox.messages
    assert mail.headers["Subject"] == "Ein Dokument liegt für Sie bereit"


async def test_nothing_about_breach_cases_goes_by_mail_whatever_a_row_says(post: Post) -> None:
    await post.plan(Recipient(address="kim@acme.example", kinds=tuple(OF_BREACHES)))
    report = await report_of(post, "breach_notification", "case_id, notice_id")
    async with tenant_tx(post.app, post.acme.id) as tx:
        for kind in OF_BREACHES:
            assert await announce(tx, report, kind=kind, asked_by="x") == 0
            with pytest.raises(Invalid):
                await tell(tx, ACTOR, report, kind=kind)
    await post.send()
    assert (await post.states(), post.mailbox.messages) == ([], [])


async def test_a_server_that_refuses_is_tried_again_and_given_up_at_last(post: Post) -> None:
    await post.plan(KIM)
    await post.ask(SEPTEMBER)
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
    await post.ask(SEPTEMBER)
    await post.ready()
    post.mailbox.mood = "hangs_up"
    await post.send()
    await post.after(100_000)
    await post.send()
    assert await post.states() == ["uncertain"]
    assert len(post.mailbox.messages) == 1


async def test_who_dies_before_a_mail_leaves_loses_it_to_another_and_while_it_leaves_to_nobody(post: Post) -> None:
    await post.plan(KIM, LEE)
    await post.ask(SEPTEMBER)
    await post.ready()
    dying = post.courier()
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
    await post.ask(SEPTEMBER)
    await post.superuser.execute("update wf.reports set state = 'failed', error = 'x'")
    await post.send()
    assert (await post.states(), post.mailbox.messages) == (["failed"], [])


async def test_addresses_are_sealed(post: Post) -> None:
    await post.plan(KIM)
    await post.ask(SEPTEMBER)
    for table in ("report_recipients", "report_deliveries"):
        for row in await post.superuser.fetch(f"select * from wf.{table}"):
            assert b"acme.example" not in row["address"]


async def test_a_hostile_name_of_a_sender_adds_no_header(post: Post) -> None:
    await post.plan(KIM)
    await post.ask(SEPTEMBER)
    await post.ready()
    hostile = msgspec.structs.replace(post.resources.settings, operator_name=HOSTILE)
    post.resources.settings = hostile
    await post.send(post.courier())
    (mail,) = post.mailbox.messages
    assert "Bcc" not in mail.headers
    assert post.mailbox.recipients == [["kim@acme.example"]]


async def test_a_customers_sender_gives_the_name_and_gets_the_answers_but_never_the_sending_address(post: Post) -> None:
    async with tenant_tx(post.app, post.acme.id) as tx:
        own = Brand(sender_name="Acme IT", sender_address="it@acme.example", contact="+49 30 1")
        await change_brand(tx, post.acme.cipher, ACTOR, own)
    await post.report(KIM)
    await post.send()
    (mail,) = post.mailbox.messages
    assert mail.headers["From"] == "Acme IT <watchfloor@mssp.example>"
    assert mail.headers["Reply-To"] == "Acme IT <it@acme.example>"
    assert "+49 30 1" in mail.text


async def test_an_address_that_is_refused_has_failed_at_once_and_the_others_are_told(post: Post) -> None:
    await post.report(KIM, LEE)
    post.mailbox.mood = "knows_no_kim"
    failed = counted("failed")
    await post.send()
    assert await post.states() == ["failed", "sent"]
    outcome = await post.superuser.fetchval("select outcome from wf.report_deliveries where state = 'failed'")
    assert outcome == "email: The mail server refuses the address (550)."
    assert counted("failed") == failed + 1


async def test_a_message_that_is_refused_for_good_has_failed_at_once(post: Post) -> None:
    await post.report(KIM)
    post.mailbox.mood = "rejects"
    await post.send()
    assert await post.states() == ["failed"]
    post.mailbox.mood = "well"
    await post.after(100_000)
    await post.send()
    assert post.mailbox.messages == []


async def test_a_server_that_is_away_costs_one_try_a_round_and_the_rest_is_given_back(post: Post) -> None:
    await post.report(KIM, LEE)
    port, post.resources.settings = post.resources.settings.smtp_url, away(post)
    await post.send()
    tries = await post.superuser.fetch("select state, attempts, outcome from wf.report_deliveries order by attempts")
    assert [tuple(row)[:2] for row in tries] == [("due", 0), ("due", 1)]
    assert "cannot be used" in tries[1]["outcome"]
    post.resources.settings = msgspec.structs.replace(post.resources.settings, smtp_url=port)
    await post.after(100)
    await post.send()
    assert await post.states() == ["sent", "sent"]


async def test_without_a_mail_server_a_mail_says_so(post: Post) -> None:
    await post.report(KIM)
    post.resources.settings = msgspec.structs.replace(post.resources.settings, smtp_url=None)
    await post.send()
    outcome = await post.superuser.fetchval("select outcome from wf.report_deliveries")
    assert outcome == "WATCHFLOOR_SMTP_URL: This installation sends no mail."


async def test_a_mail_that_kills_whoever_sends_it_ends_at_last(post: Post) -> None:
    await post.report(KIM)
    for _ in range(len(AGAIN_AFTER) + 1):
        async with tenant_tx(post.app, post.acme.id) as tx:
            assert await post.courier().take(tx) is not None
        await post.after(1_000)
    await post.send()
    assert (await post.states(), post.mailbox.messages) == (["failed"], [])


async def test_a_mail_that_cannot_be_written_stops_no_other(post: Post) -> None:
    await post.report(Recipient(address="kim@acme.example\r\nBcc: x", kinds=("service",)), LEE)
    await post.send()
    assert post.mailbox.recipients == [["lee@acme.example"]]
    assert await post.states() == ["sent", "taken"]


async def test_a_slow_round_gives_back_what_it_does_not_come_to(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    await post.report(KIM, LEE)
    monkeypatch.setattr("watchfloor.ops.courier.ROUND_SECONDS", 0)
    await post.send()
    tries = await post.superuser.fetch("select state, attempts from wf.report_deliveries")
    assert [tuple(row) for row in tries] == [("due", 0), ("due", 0)]


async def test_a_mail_has_one_message_id_however_often_it_is_tried(post: Post) -> None:
    await post.report(KIM)
    post.mailbox.mood = "refuses"
    await post.send()
    post.mailbox.mood = "well"
    await post.after(100)
    await post.send()
    delivery = await post.superuser.fetchval("select id from wf.report_deliveries")
    assert post.mailbox.message_ids == [f"<{delivery}@mssp.example>"]


async def test_what_a_person_has_sent_again_is_in_the_audit_log(post: Post) -> None:
    report = await post.report(KIM)
    post.mailbox.mood = "hangs_up"
    await post.send()
    post.mailbox.mood = "well"
    async with tenant_tx(post.app, post.acme.id) as tx:
        assert await tell(tx, ACTOR, report, kind="service") == 1
        assert await tell(tx, ACTOR, report, kind="service") == 0
    await post.send()
    noted = await post.superuser.fetch("select object_id from wf.audit_entries where action = 'report.tell'")
    assert [row["object_id"] for row in noted] == [show("rpt", report)]
    assert await post.states() == ["sent"]
    assert len(set(post.mailbox.message_ids)) == 2


async def test_the_chores_ask_and_deliver_for_every_tenant(post: Post, make_tenant: MakeTenant) -> None:
    other = await make_tenant("BETA")
    await post.plan(KIM)
    beside = Post(other, post.app, post.mailbox, post.resources, post.superuser)
    await beside.plan(LEE)
    chores = Chores(post.resources, consumers=[], clock=FixedClock(SEPTEMBER))
    await chores.ask_for_reports()
    await post.ready()
    await chores.deliver_reports()
    assert sorted(post.mailbox.recipients) == [["kim@acme.example"], ["lee@acme.example"]]


async def test_the_command_line_shows_mails_and_tells_again(post: Post, settings: Settings) -> None:
    report = await post.report(KIM, LEE)
    post.mailbox.mood = "knows_no_kim"
    await post.send()
    shown = await run(settings, "mails")
    assert "failed" in shown
    assert "kim@acme.example" in shown
    assert "refuses the address (550)" in shown
    assert "lee@acme.example" not in shown
    assert "lee@acme.example" in await run(settings, "mails", show("rpt", report))
    assert "1 to be told by mail" in await run(settings, "tell", show("rpt", report))
    assert await post.states() == ["due", "sent"]
    noted = await post.superuser.fetchval("select actor_id from wf.audit_entries where action = 'report.tell'")
    assert noted.startswith("operator:")


def counted(outcome: str) -> float:
    return REGISTRY.get_sample_value("watchfloor_report_mails_total", {"outcome": outcome}) or 0


def away(post: Post) -> Settings:
    """Settings that name a mail server which does not answer."""
    return msgspec.structs.replace(post.resources.settings, smtp_url=Secret(f"smtp://127.0.0.1:{free_port()}"))


async def run(settings: Settings, *arguments: str) -> str:
    assert settings.database_url is not None
    environ = {
        "WATCHFLOOR_HOME": str(settings.home),
        "WATCHFLOOR_ENVIRONMENT": "test",
        "DATABASE_URL": settings.database_url.reveal(),
    }
    command = ["report", *arguments, "--tenant", "acme"]
    done = await asyncio.to_thread(CliRunner(env=environ).invoke, command_line, command)
    assert done.exit_code == 0, done.output
    return done.output
