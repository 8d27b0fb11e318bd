"""Pages: raised with their cause, climbing until somebody answers, by the lanes that work, each step once (Q6)."""

import asyncio
import hashlib
import hmac
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

import asyncpg
import msgspec
import pytest
from redis.asyncio import Redis

from tests.conftest import Eventually
from tests.domain.receivers import Hook, Mailbox, open_hook, open_mailbox
from tests.domain.workplace import Count, MakeEvent, MakeRule, MakeWorker, Tenant
from watchfloor.access.roles import Permission
from watchfloor.audit.append import Actor
from watchfloor.desk import calls, moves, work
from watchfloor.desk.reply import Colleague
from watchfloor.detect.rule import Level
from watchfloor.kernel.config import Settings
from watchfloor.kernel.db import Database, tenant_tx
from watchfloor.kernel.errors import Conflict, Invalid
from watchfloor.kernel.ids import IncidentId, PersonId, TenantId, new_uuid, show
from watchfloor.kernel.secret import Secret
from watchfloor.ops.consumers import Resources
from watchfloor.ops.pager import Pager
from watchfloor.paging import queries, steps
from watchfloor.paging.duty.keeping import set_rota, stand_in
from watchfloor.paging.duty.roster import Roster, read_roster
from watchfloor.paging.lane import LaneName
from watchfloor.paging.opening import open_lanes
from watchfloor.paging.pages import PAGES
from watchfloor.paging.rota import Layer, LayerName, Rota

SETTING_UP: Final = Actor(kind="system", id="test", role="system", request_id="-")
ORDER: Final[tuple[LaneName, ...]] = ("email", "webhook")
SECRET: Final = "a secret of the webhook's"
HOSTILE: Final = "Odd\r\nBcc: evil@evil.example\r\n\r\n\u202e https://evil.example/x\x1b[2J"


@dataclass
class Office:
    """A floor with a rota of three, whose pages arrive in a mailbox and at a hook."""

    settings: Settings
    operator: TenantId
    acme: Tenant
    people: dict[LayerName, PersonId]
    mailbox: Mailbox
    hook: Hook
    app: Database
    auth: Database
    superuser: "asyncpg.Connection[asyncpg.Record]"
    make_event: MakeEvent
    make_rule: MakeRule
    resources: Resources
    pager: Pager
    roster: Roster
    events: int = 0

    async def incident(self, title: str = "LSASS read", level: Level = "critical") -> IncidentId:
        """An incident of its own."""
        self.events += 1
        event = self.make_event(self.events, host=f"ws-{self.events}")
        [incident_id] = await self.acme.work((self.make_rule(title, level=level), event))
        return incident_id

    async def turn(self, pager: Pager | None = None) -> None:
        """Works on the pages as they are now."""
        pager = pager or self.pager
        await pager.turn(self.acme.id)
        await pager.finish()

    async def after(self, minutes: float) -> None:
        """Lets time pass for the pages."""
        for column in ("due_at", "held_until"):
            await self.superuser.execute(
                f"update wf.page_steps set {column} = {column} - make_interval(secs => $1)", minutes * 60
            )

    def with_lanes(self, **changes: object) -> Pager:
        """A pager of other settings."""
        changed = msgspec.structs.replace(self.settings, **changes)
        self.resources.settings = changed
        return Pager(self.resources)

    async def take(self, *lanes: LaneName) -> list[steps.Taken]:
        """Takes what is due, as another pager would."""
        async with tenant_tx(self.app, self.acme.id) as tx:
            await steps.plan(tx, self.roster, lanes=ORDER)
            return await steps.take(tx, self.roster, lanes=lanes)

    async def states(self) -> list[tuple[int, str, str]]:
        """What became of the steps that are no longer waiting."""
        rows = await self.superuser.fetch(
            "select rung, lane, state from wf.page_steps where state <> 'due' order by rung, lane, recipient"
        )
        return [(row["rung"], row["lane"], row["state"]) for row in rows]


@pytest.fixture
async def office(
    *,
    settings: Settings,
    acme: Tenant,
    db_app: Database,
    db_auth: Database,
    valkey: Redis,
    superuser: "asyncpg.Connection[asyncpg.Record]",
    make_event: MakeEvent,
    make_rule: MakeRule,
) -> AsyncGenerator[Office]:
    del valkey  # emptied
    operator = TenantId(new_uuid())
    await superuser.execute(
        "insert into auth.tenants (id, slug, code, name, kind, state)"
        " values ($1, 'mssp', 'MSSP', 'Example MSSP', 'operator', 'active')",
        operator,
    )
    people: dict[LayerName, PersonId] = {}
    layers: tuple[LayerName, ...] = ("primary", "secondary", "lead")
    for layer in layers:
        people[layer] = await add_person(superuser, operator, f"{layer}@mssp.example", is_lead=layer == "lead")
    async with tenant_tx(db_app, operator) as tx:
        await set_rota(tx, SETTING_UP, rota_of(people))
    async with open_mailbox() as mailbox, open_hook() as hook, AsyncExitStack() as opened:
        changed = msgspec.structs.replace(
            settings,
            smtp_url=Secret(f"smtp://127.0.0.1:{mailbox.port}"),
            smtp_from="watchfloor@mssp.example",
            page_webhook_url=Secret(f"http://127.0.0.1:{hook.port}/pages?to=us"),
            page_webhook_secret=Secret(SECRET),
        )
        resources = Resources(changed, opened)
        made = Office(
            settings=changed,
            operator=operator,
            acme=acme,
            people=people,
            mailbox=mailbox,
            hook=hook,
            app=db_app,
            auth=db_auth,
            superuser=superuser,
            make_event=make_event,
            make_rule=make_rule,
            resources=resources,
            pager=Pager(resources),
            roster=await read_roster(db_app, db_auth),
        )
        yield made


async def add_person(
    superuser: "asyncpg.Connection[asyncpg.Record]", operator: TenantId, address: str, *, is_lead: bool
) -> PersonId:
    person_id = PersonId(new_uuid())
    await superuser.execute("insert into auth.people (id, email, name) values ($1, $2, $2)", person_id, address)
    await superuser.execute(
        "insert into auth.memberships (id, tenant_id, person_id, role) values ($1, $2, $3, $4)",
        new_uuid(),
        operator,
        person_id,
        "lead" if is_lead else "analyst",
    )
    return person_id


def rota_of(people: dict[LayerName, PersonId]) -> Rota:
    return Rota(
        layers=tuple(
            Layer(name=name, zone="UTC", period="daily", first=date(2026, 1, 1), at=time(9), people=(person,))
            for name, person in people.items()
        )
    )


async def test_a_critical_incident_pages_the_first_on_call_at_once_and_once(office: Office) -> None:
    await office.incident(HOSTILE)
    await office.turn()
    await office.turn()
    [message] = office.mailbox.messages
    assert office.mailbox.recipients == [["primary@mssp.example"]]
    assert message.headers["Subject"].startswith("[CRITICAL] ACME-1: Odd")
    assert "Bcc" not in message.headers
    text = message.text
    for words in (message.headers["Subject"], text):
        assert "https://evil.example" not in words
        assert not {"\u202e", "\x1b"} & set(words)
    assert "ws-1" not in text
    assert "ACME-1" in text
    assert await office.states() == [(0, "email", "sent")]


async def test_what_nobody_answers_climbs_the_ladder_to_the_lead_by_every_lane(office: Office) -> None:
    await office.incident()
    told: list[list[str]] = []
    for minutes in (0, 4.9, 0.2, 5, 5, 60):
        await office.after(minutes)
        await office.turn()
        told.append([address.partition("@")[0] for [address] in office.mailbox.recipients])
    assert told[0] == told[1] == ["primary"]
    assert told[2] == ["primary", "primary"]
    assert told[3] == ["primary", "primary", "secondary"]
    assert told[4] == told[5] == ["primary", "primary", "secondary", "lead"]
    assert len(set(office.mailbox.message_ids)) == 4
    [post] = office.hook.posts
    assert (post.content["recipient"], post.content["number"], post.content["ref"]) == ("lead", 4, "ACME-1")


async def test_after_a_long_outage_each_one_hears_of_it_once(office: Office) -> None:
    await office.incident()
    await office.take()
    await office.after(120)
    await office.turn()
    assert sorted(office.mailbox.recipients) == [
        [f"{layer}@mssp.example"] for layer in ("lead", "primary", "secondary")
    ]


@pytest.mark.parametrize("answer", ["ack", "assign", "confirm"])
async def test_the_climb_ends_with_whoever_takes_it_up(
    answer: str, office: Office, db_bot: Database, make_worker: MakeWorker
) -> None:
    await office.incident()
    await office.turn()
    worker = make_worker()
    async with tenant_tx(db_bot, office.acme.id) as tx:
        place = (tx, office.acme.cipher, worker.actor, worker.permissions)
        assert len((await calls.pages(*place)).rows) == 1
        if answer == "ack":
            await moves.acknowledge(*place, incident="ACME-1")
        elif answer == "assign":
            colleague = Colleague(person_id=worker.person_id, permissions=worker.permissions)
            await work.assign(*place, incident="ACME-1", assignee=colleague)
        else:
            assert (await calls.confirm(*place, incident="ACME-1")).changed
            assert not (await calls.confirm(*place, incident="ACME-1")).changed
        assert (await calls.pages(*place)).rows == ()
    await office.after(60)
    await office.turn()
    assert len(office.mailbox.messages) == 1
    assert {state for _, _, state in await office.states()} == {"sent", "cancelled"}


async def test_less_than_high_pages_nobody_until_it_becomes_worse_and_then_once(office: Office) -> None:
    event = office.make_event(1, host="ws-1")
    await office.acme.work((office.make_rule("Odd login"), event))
    await office.turn()
    assert office.mailbox.messages == []
    for number, (title, level) in enumerate([("Worse", "high"), ("Same", "high")], 2):
        await office.acme.work((office.make_rule(title, level=level), office.make_event(number, host="ws-1")))  # type: ignore[arg-type]
        await office.turn()
    assert [message.headers["Subject"][:14] for message in office.mailbox.messages] == ["[HIGH] ACME-1:"]


async def test_when_the_mail_server_says_no_the_webhook_follows_at_once_and_is_signed(office: Office) -> None:
    office.mailbox.mood = "refuses"
    await office.incident(HOSTILE)
    await office.turn()
    await office.turn()
    [post] = office.hook.posts
    stamp = post.headers["watchfloor-timestamp"]
    signed = hmac.new(SECRET.encode(), stamp.encode() + b"." + post.body, hashlib.sha256).hexdigest()
    assert post.headers["watchfloor-signature"] == f"v1={signed}"
    assert abs(int(stamp) - datetime.now(UTC).timestamp()) < 60
    assert "https://evil.example" not in str(post.content["summary"])
    assert await office.states() == [(0, "email", "failed"), (0, "webhook", "sent")]


async def test_the_last_lane_is_tried_until_it_takes_it_with_the_same_key(office: Office) -> None:
    pager = office.with_lanes(smtp_url=None)
    office.hook.mood = "refuses"
    await office.incident()
    await office.turn(pager)
    await office.turn(pager)
    assert await office.states() == []
    office.hook.mood = "hangs_up"
    await office.after(0.3)
    await office.turn(pager)
    office.hook.mood = "well"
    await office.after(0.3)
    await office.turn(pager)
    assert (len(office.hook.posts), len(office.hook.keys)) == (2, 1)
    assert await office.states() == [(0, "webhook", "sent")]


async def test_a_mail_of_which_nobody_knows_is_not_sent_again_and_the_next_lane_waits(office: Office) -> None:
    office.mailbox.mood = "hangs_up"
    await office.incident()
    await office.turn()
    office.mailbox.mood = "well"
    await office.after(0.9)
    await office.turn()
    assert (len(office.mailbox.messages), len(office.hook.posts)) == (1, 0)
    await office.after(0.2)
    await office.turn()
    assert (len(office.mailbox.messages), len(office.hook.posts)) == (1, 1)
    assert await office.states() == [(0, "email", "uncertain"), (0, "webhook", "sent")]


async def test_what_a_dead_pager_held_is_sent_if_nothing_left_and_is_uncertain_if_it_may_have(office: Office) -> None:
    await office.incident()
    await office.incident()
    held, leaving = await office.take("email")
    async with tenant_tx(office.app, office.acme.id) as tx:
        await steps.hand_over(tx, leaving, office.roster)
    await office.turn()
    assert office.mailbox.messages == []
    await office.after(0.5)
    await office.turn()
    assert office.mailbox.message_ids == [f"<{held.place.id}@mssp.example>"]
    await office.after(1.1)
    await office.turn()
    assert [post.content["page"] for post in office.hook.posts] == [show("pag", leaving.place.page_id)]


async def test_a_pager_that_slept_through_its_hold_sends_nothing(office: Office) -> None:
    await office.incident()
    [slept] = await office.take("email")
    await office.after(0.5)
    with pytest.raises(Conflict):
        async with tenant_tx(office.app, office.acme.id) as tx:
            await steps.hand_over(tx, slept, office.roster)
    [again] = await office.take("email")
    assert (again.place, again.attempt) == (slept.place, 2)
    with pytest.raises(Conflict):
        async with tenant_tx(office.app, office.acme.id) as tx:
            await steps.hand_over(tx, slept, office.roster)
    async with tenant_tx(office.app, office.acme.id) as tx:
        await steps.note_failed(tx, slept, outcome="late", lanes=ORDER)
        await steps.hand_over(tx, again, office.roster)


async def test_the_chat_has_half_a_minute_before_the_mail_goes(office: Office) -> None:
    pager = office.with_lanes(page_in_chat=True)
    await office.incident()
    await office.turn(pager)
    await office.after(0.4)
    await office.turn(pager)
    assert office.mailbox.messages == []
    await office.after(0.2)
    await office.turn(pager)
    await office.turn(pager)
    assert len(office.mailbox.messages) == 1
    assert await office.states() == [(0, "chat", "passed"), (0, "email", "sent")]


async def test_what_the_chat_took_goes_by_no_other_lane(office: Office, db_bot: Database) -> None:
    pager = office.with_lanes(page_in_chat=True)
    await office.incident()
    await office.turn(pager)
    async with tenant_tx(db_bot, office.acme.id) as tx:
        [taken] = await steps.take(tx, office.roster, lanes=("chat",))
        assert (taken.person_id, taken.notice.ref) == (office.people["primary"], "ACME-1")
        await steps.note_sent(tx, taken, outcome="message 1")
    await office.after(2)
    await office.turn(pager)
    assert office.mailbox.messages == []


async def test_however_many_pagers_there_are_each_step_goes_once(office: Office) -> None:
    for number in range(12):
        await office.incident(f"Rule {number}")
    pagers = [Pager(office.resources) for _ in range(4)]
    for _ in range(4):
        await asyncio.gather(*(office.turn(pager) for pager in pagers))
    assert len(office.mailbox.messages) == len(set(office.mailbox.message_ids)) == 12


async def test_who_stands_in_is_paged_and_who_holds_two_places_hears_it_once(office: Office) -> None:
    async with tenant_tx(office.app, office.operator) as tx:
        cipher = await office.resources.keyring.create(tx)
        for layer in ("secondary", "primary"):
            await stand_in(
                tx,
                cipher,
                SETTING_UP,
                layer=layer,
                person_id=office.people["lead"],
                length=timedelta(hours=1),
                reason="A day off.",
            )
    incident_id = await office.incident()
    worker = Actor(kind="person", id="per_1", role="analyst", request_id="r1")
    async with tenant_tx(office.app, office.acme.id) as tx:
        place = (tx, office.acme.cipher, worker, frozenset(Permission))
        reply = await calls.escalate(*place, incident=show("inc", incident_id), reason="It spreads.")
    assert PAGES in reply.hints
    await office.turn()
    assert office.mailbox.recipients == [["lead@mssp.example"]] * 2
    assert sorted(message.text.splitlines()[0] for message in office.mailbox.messages) == [
        "A colleague has escalated this incident.",
        "Nobody has acknowledged this incident yet.",
    ]


async def test_without_a_rota_all_leads_are_told_in_one_message(office: Office) -> None:
    await add_person(office.superuser, office.operator, "boss@mssp.example", is_lead=True)
    await office.superuser.execute("delete from wf.oncall_rotas")
    await office.incident()
    await office.turn()
    assert [sorted(addresses) for addresses in office.mailbox.recipients] == [
        ["boss@mssp.example", "lead@mssp.example"]
    ]


async def test_who_has_left_is_not_paged(office: Office) -> None:
    await office.superuser.execute("update auth.people set state = 'disabled' where email like 'primary@%'")
    await office.incident()
    await office.turn()
    assert office.mailbox.recipients == [["secondary@mssp.example"]]


async def test_without_a_lane_a_page_is_shown_and_nothing_breaks(office: Office) -> None:
    pager = office.with_lanes(smtp_url=None, page_webhook_url=None)
    await office.incident()
    await office.turn(pager)
    async with tenant_tx(office.app, office.acme.id) as tx:
        [page] = await queries.select_open_pages(tx, limit=10)
    assert (page.ref, page.told) == ("ACME-1", 0)


async def test_a_running_pager_hears_a_hint_and_finds_by_itself_what_nobody_hinted_at(
    office: Office, eventually: Eventually
) -> None:
    stop = asyncio.Event()
    pager = Pager(office.resources, sweep_seconds=1)
    running = asyncio.create_task(pager.run(stop))
    await office.incident()
    await office.resources.wake.hint(PAGES, office.acme.id)
    await eventually(lambda: len(office.mailbox.messages) == 1)
    await office.incident()
    await eventually(lambda: len(office.mailbox.messages) == 2)
    stop.set()
    await running


@pytest.mark.parametrize(
    "changes",
    [
        {"smtp_url": Secret("http://mail.example")},
        {"smtp_from": None},
        {"smtp_from": "nobody"},
        {"page_webhook_url": Secret("http://hooks.example/x")},
        {"page_webhook_secret": None},
    ],
)
async def test_settings_that_do_not_fit_stop_the_start(changes: dict[str, object], office: Office) -> None:
    with pytest.raises(Invalid):
        open_lanes(msgspec.structs.replace(office.settings, **changes))


async def test_pages_of_long_ago_are_forgotten(office: Office, count: Count) -> None:
    await office.incident()
    await office.turn()
    await office.superuser.execute("update wf.pages set ended_at = now() - interval '401 days', ended_because = 'done'")
    async with tenant_tx(office.app, office.acme.id) as tx:
        assert await queries.forget_pages(tx) == 1
    assert await count("wf.page_steps") == 0
