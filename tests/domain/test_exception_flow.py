"""From a false positive to an exception: seen before it is made, held by a second person, live at once, reminded of."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, cast

import asyncpg
import msgspec
import pytest
from redis.asyncio import Redis

from tests.domain.workplace import Count, MakeEvent, MakeRule, MakeWorker, Tenant, Worker
from watchfloor.access.roles import PERMISSIONS_OF, Permission, Role
from watchfloor.alerts.overlay import listing
from watchfloor.alerts.overlay.flow.proposal import proposals, rules_of
from watchfloor.alerts.overlay.flow.shapes import Shape
from watchfloor.alerts.overlay.listing import KeptException
from watchfloor.alerts.overlay.loading import Overlays, judge
from watchfloor.alerts.overlay.preview import preview
from watchfloor.desk import exempting, moves, tuning, work
from watchfloor.desk.card import Row, Text
from watchfloor.desk.reply import Reply
from watchfloor.desk.tuning import Asked, Author
from watchfloor.detect.engine import Matches
from watchfloor.detect.overlay import Exemption, Overlay, Tuning
from watchfloor.detect.rule import Rule
from watchfloor.incidents import timeline
from watchfloor.incidents.incident import VerdictKind
from watchfloor.kernel.config import Settings
from watchfloor.kernel.db import tenant_tx
from watchfloor.kernel.errors import Conflict, Invalid, NotFound
from watchfloor.kernel.ids import IncidentId, new_uuid, parse, show
from watchfloor.kernel.valkey import Wake
from watchfloor.normalise.event import Event, FieldValue
from watchfloor.ops.exceptions import watch_exceptions
from watchfloor.tenancy.keyring import Keyring

WHY: Final = "The backup packs this share each night."
LOGON: Final[dict[str, FieldValue]] = {
    "EventID": 4625,
    "TargetUserName": "svc_backup",
    "IpAddress": "10.0.0.7",
    "LogonType": 3,
    "Computer": "ws-1.acme.example",
}


@dataclass
class Bench:
    """A tenant, its people, and a rule that is wrong about a backup."""

    tenant: Tenant
    make_event: MakeEvent
    rule: Rule
    ana: Worker
    lea: Worker
    lou: Worker
    number: int = 0

    def event(self, *, host: str = "", at: float | None = None, **changes: FieldValue) -> Event:
        self.number += 1
        host = host or f"ws-{self.number}.acme.example"
        made = self.make_event(self.number, at=self.number if at is None else at, host=host)
        return msgspec.structs.replace(made, fields={**LOGON, "Computer": host, **changes})

    async def incident(self, *events: Event, rule: Rule | None = None, verdict: VerdictKind | None = None) -> str:
        """An incident of these events, or of one of its own, acknowledged; with a verdict if one is given."""
        found = await self.tenant.work(*((rule or self.rule, event) for event in events or (self.event(),)))
        ref = show("inc", found[0])
        await self.do(moves.acknowledge, self.ana, incident=ref)
        if verdict is not None:
            await self.do(work.verdict, self.ana, incident=ref, verdict=verdict, reason=WHY)
        return ref

    async def do(self, command: object, worker: Worker, **arguments: object) -> Reply:
        async with tenant_tx(self.tenant.database, self.tenant.id) as tx:
            return cast(
                "Reply",
                await command(tx, self.tenant.cipher, worker.actor, worker.permissions, **arguments),  # type: ignore[operator]  # any command of the desk
            )

    async def hide(self, incident: str, *, by: Worker | None = None, **asked: object) -> Reply:
        by = by or self.ana
        wanted = Asked(**({"mode": "make", "reason": WHY} | asked))  # type: ignore[arg-type]  # one keyword for each field
        author = Author(person_id=by.person_id, owner="ana@mssp.example")
        return await self.do(tuning.hide, by, incident=incident, asked=wanted, author=author)

    async def approve(self, incident: str, by: Worker, which: str = "") -> Reply:
        return await self.do(exempting.approve, by, incident=incident, which=which, person_id=by.person_id)

    async def shows(self, event: Event, rule: Rule | None = None) -> bool:
        """Whether the pipeline would still show a match of the event."""
        rules, at = (rule or self.rule,), datetime.now(UTC)
        async with tenant_tx(self.tenant.database, self.tenant.id) as tx:
            overlay = await Overlays().load(tx, self.tenant.cipher, rules=rules, at=at)
        return bool((await judge(overlay, [event], Matches([0], [0]), at=at)).matches.rule)

    async def living(self) -> list[KeptException]:
        async with tenant_tx(self.tenant.database, self.tenant.id) as tx:
            return await listing.unended_exceptions(tx, self.tenant.cipher, at=datetime.now(UTC))

    async def kinds(self, incident: str) -> list[str]:
        async with tenant_tx(self.tenant.database, self.tenant.id) as tx:
            entries = await timeline.read(tx, self.tenant.cipher, id_of(incident), limit=50)
        return [entry.kind for entry in entries]


def id_of(incident: str) -> IncidentId:
    return IncidentId(parse("inc", incident))


def said(reply: Reply, label: str) -> str:
    """The words of our own in the row with this label."""
    rows: list[Row] = [row for row in reply.rows if row.label == label]
    return "; ".join(value.text for row in rows for value in row.values if isinstance(value, Text))


@pytest.fixture
def bench(acme: Tenant, make_event: MakeEvent, make_rule: MakeRule, make_worker: MakeWorker) -> Bench:
    return Bench(
        acme,
        make_event,
        make_rule("Many failed logons"),
        make_worker(Role.ANALYST),
        make_worker(Role.LEAD),
        make_worker(Role.CONTENT_ENGINEER),
    )


async def test_a_false_positive_offers_an_exception_and_an_attack_does_not(bench: Bench) -> None:
    ref = await bench.incident()
    reply = Reply(text="")
    for verdict, offered in (
        ("true_positive", False),
        ("false_positive", True),
        ("inconclusive", False),
        ("benign", True),
    ):
        reply = await bench.do(work.verdict, bench.ana, incident=ref, verdict=verdict, reason=WHY)
        assert [offer.verb for offer in reply.offers] == (["except"] if offered else []), verdict
    (offer,) = reply.offers
    assert offer.arguments == {"mode": "preview", "match": "exact", "lasts": "30d", "reason": WHY}


async def test_one_person_makes_a_small_exception_and_it_holds_from_the_next_batch_on(
    bench: Bench, superuser: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    event = bench.event(host="ws-1.acme.example")
    ref = await bench.incident(event, verdict="false_positive")
    looked = await bench.hide(ref, mode="preview")
    assert not looked.changed
    assert said(looked, "Last 30 days") == "1 of 1 alerts, 1 of 1 kept events, on 1 host"
    assert said(looked, "Second person") == "not needed"
    assert await bench.living() == []
    assert looked.offers[0].arguments["mode"] == "make"

    assert await bench.shows(event)
    made = await bench.hide(ref)
    assert made.changed
    again = bench.event(host="ws-1.acme.example")
    assert not await bench.shows(again)
    assert await bench.shows(bench.event(host="ws-1.acme.example", TargetUserName="kim"))
    assert await bench.shows(bench.event(host="ws-2.acme.example"))
    (kept,) = await bench.living()
    assert (kept.body.owner, kept.body.reason, kept.incident_id) == ("ana@mssp.example", WHY, id_of(ref))
    assert timedelta(days=29, hours=23) < kept.expires_at - datetime.now(UTC) <= timedelta(days=30)
    assert (await bench.kinds(ref))[-1] == "exception_made"
    rows = await superuser.fetch("select action from wf.audit_entries order by seq desc limit 2")
    assert [row["action"] for row in rows] == ["incident.make_exception", "exception.add"]
    with pytest.raises(Conflict, match="has this title"):
        await bench.hide(ref)


async def test_what_a_serious_rule_says_is_hidden_only_by_two(bench: Bench, make_rule: MakeRule) -> None:
    serious = make_rule("Credentials dumped", level="high")
    event = bench.event()
    ref = await bench.incident(event, rule=serious)
    looked = await bench.hide(ref, mode="preview")
    assert said(looked, "Second person") == "needed: the rule's severity is high"
    assert looked.offers[0].label == "Ask for this exception"

    asked = await bench.hide(ref, by=bench.lea)
    assert "second person" in asked.text
    assert asked.card is not None
    assert [row.label for row in asked.card.rows if row.label.endswith("waits")] == ["exception 1 waits"]
    assert await bench.shows(event, serious)
    with pytest.raises(Conflict, match="waits for a second person already"):
        await bench.hide(ref)
    own = await bench.approve(ref, bench.lea)
    assert (own.ok, own.text) == (False, "Whoever asks for an exception does not agree to it.")
    assert not (await bench.approve(ref, bench.ana)).ok
    assert await bench.shows(event, serious)

    assert (await bench.approve(ref, bench.lou, "1")).changed
    assert not await bench.shows(event, serious)
    assert (await bench.kinds(ref))[-2:] == ["exception_asked", "exception_made"]
    with pytest.raises(Conflict, match="approved already"):
        await bench.approve(ref, bench.lou, "1")
    assert len(await bench.living()) == 1


async def test_an_exception_that_would_hide_an_attack_names_it_and_needs_two(bench: Bench) -> None:
    attack = await bench.incident(bench.event(host="ws-9.acme.example"), verdict="true_positive")
    ref = await bench.incident(bench.event(host="ws-8.acme.example"), verdict="false_positive")
    narrow = await bench.hide(ref, mode="preview")
    assert said(narrow, "True positives") == "none would have been hidden"
    wide = await bench.hide(ref, mode="preview", shape=Shape.ANY_HOST)
    card = (await bench.do(work.note, bench.ana, incident=attack, text="x")).card
    assert card is not None
    assert said(wide, "True positives") == f"it would have hidden events of {card.ref}"
    assert "true positive" in said(wide, "Second person")


async def test_many_alerts_and_a_whole_host_need_two(bench: Bench) -> None:
    ref = await bench.incident(bench.event(host="ws-0.acme.example"))
    for number in range(1, 21):
        await bench.tenant.work((bench.rule, bench.event(host=f"ws-{number}.acme.example")))
    assert said(await bench.hide(ref, mode="preview"), "Second person") == "not needed"
    wide = await bench.hide(ref, mode="preview", shape=Shape.ANY_HOST)
    assert said(wide, "Last 30 days") == "21 of 21 alerts, 21 of 21 kept events, on 21 hosts"
    assert said(wide, "Second person") == "needed: it hides more than 20 alerts in 30 days"
    host = await bench.hide(ref, mode="preview", shape=Shape.HOST)
    assert said(host, "Second person") == "needed: it does not say what was done"


async def test_the_preview_is_what_a_replay_would_hide(bench: Bench) -> None:
    """Judged against the overlay that the pipeline uses, over the very events, with each shape in turn."""
    chance = random.Random(7)
    events = [
        bench.event(
            host=f"ws-{chance.randint(1, 4)}.acme.example",
            at=number * 7_200,
            TargetUserName=chance.choice(["svc_backup", "kim", "sam"]),
            IpAddress=chance.choice(["10.0.0.7", "10.0.0.8"]),
            LogonType=chance.choice([3, 10]),
        )
        for number in range(60)
    ]
    changed = [change for event in events for change in await bench.tenant.record((bench.rule, event))]
    alert_of = dict(zip([event.key for event in events], [change.alert_id for change in changed], strict=True))
    ref = await bench.incident(bench.event(host="ws-1.acme.example", at=-90_000))
    at = datetime.now(UTC)
    compared = 0
    async with tenant_tx(bench.tenant.database, bench.tenant.id) as tx:
        (fired,) = await rules_of(tx, id_of(ref))
        fits = await proposals(tx, bench.tenant.cipher, id_of(ref), ref="ACME-1", fired=fired)
        for proposal in fits:
            exemption = Exemption(id=new_uuid(), expires_at=at + timedelta(days=1), written=proposal.written)
            overlay = Overlay(Tuning(exemptions=(exemption,)), (bench.rule,))
            left = set(overlay.apply(events, Matches(list(range(60)), [0] * 60), at=at).matches.event)
            hidden = {event.key for number, event in enumerate(events) if number not in left}
            whole = {
                alert
                for alert in alert_of.values()
                if all(key in hidden for key, one in alert_of.items() if one == alert)
            }
            seen = await preview(tx, bench.tenant.cipher, written=proposal.written, rule_ids=[bench.rule.id], at=at)
            # The incident that the proposals came from is one event and one alert more, and hidden by all of them.
            assert (seen.events, seen.events_hidden) == (61, len(hidden) + 1)
            assert (seen.alerts, seen.alerts_hidden) == (len(set(alert_of.values())) + 1, len(whole) + 1)
            compared += len(hidden)
    assert len(fits) > 3
    assert compared > 20


async def test_what_nobody_answers_in_time_is_over_and_can_be_asked_again(
    *,
    bench: Bench,
    make_rule: MakeRule,
    settings: Settings,
    valkey: Redis,
    superuser: "asyncpg.Connection[asyncpg.Record]",
) -> None:
    serious = make_rule("Credentials dumped", level="critical")
    ref = await bench.incident(rule=serious)
    await bench.hide(ref)
    await superuser.execute(
        "update wf.exception_requests set requested_at = now() - interval '4 days', answer_by = now() - interval '1 s'"
    )
    with pytest.raises(Conflict, match="no exceptions that wait"):
        await bench.approve(ref, bench.lea)
    with pytest.raises(Conflict, match="time to answer this is over"):
        await bench.approve(ref, bench.lea, "1")
    for _ in range(2):
        async with tenant_tx(bench.tenant.database, bench.tenant.id) as tx:
            await watch_exceptions(tx, Keyring.open(settings), Wake(valkey))
    assert (await bench.kinds(ref)).count("exception_declined") == 1
    assert await bench.living() == []
    assert (await bench.hide(ref)).changed
    assert (await bench.approve(ref, bench.lea)).changed


async def test_a_request_is_declined_by_who_may_tune_and_taken_back_by_who_asked(
    bench: Bench, make_rule: MakeRule, make_worker: MakeWorker
) -> None:
    ref = await bench.incident(rule=make_rule("Credentials dumped", level="high"))

    async def decline(by: Worker) -> Reply:
        return await bench.do(
            exempting.decline, by, incident=ref, which="", reason="Not needed.", person_id=by.person_id
        )

    await bench.hide(ref)
    assert not (await decline(make_worker(Role.ANALYST))).ok
    assert not (await decline(make_worker(Role.VIEWER))).ok
    assert (await decline(bench.ana)).changed
    await bench.hide(ref)
    assert (await decline(bench.lea)).changed
    with pytest.raises(Conflict):
        await decline(bench.lea)
    assert await bench.living() == []


async def test_an_exception_is_followed_by_another_when_it_is_to_live_longer(
    bench: Bench, superuser: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    event = bench.event()
    ref = await bench.incident(event)
    await bench.hide(ref, days=7)

    async def extend(days: int) -> Reply:
        author = Author(person_id=bench.lea.person_id, owner="lea@mssp.example")
        return await bench.do(exempting.extend, bench.lea, incident=ref, which="", days=days, reason=WHY, author=author)

    with pytest.raises(Conflict, match="lives longer"):
        await extend(5)
    assert (await extend(60)).changed
    (kept,) = await bench.living()
    assert kept.body.owner == "lea@mssp.example"
    assert kept.expires_at > datetime.now(UTC) + timedelta(days=59)
    assert not await bench.shows(event)
    # One that hid much is not renewed by one person alone.
    await superuser.execute(
        "insert into wf.hidden_matches (tenant_id, exception_id, rule_id, day, hidden, last_at)"
        " values ($1, $2, $3, current_date, 21, now())",
        bench.tenant.id,
        kept.id,
        bench.rule.id,
    )
    assert "second person" in (await extend(90)).text
    assert [one.id for one in await bench.living()] == [kept.id]
    assert (await bench.approve(ref, bench.lou)).changed
    (followed,) = await bench.living()
    assert followed.id != kept.id


async def test_somebody_is_reminded_a_week_and_a_day_before_the_end_once_each(
    *, bench: Bench, settings: Settings, valkey: Redis, superuser: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    ref = await bench.incident()
    await bench.hide(ref, days=30)

    async def told(left: str) -> int:
        await superuser.execute(
            "update wf.rule_exceptions set created_at = now() - interval '30 days',"
            " expires_at = now() + $1::text::interval",
            left,
        )
        for _ in range(2):
            async with tenant_tx(bench.tenant.database, bench.tenant.id) as tx:
                await watch_exceptions(tx, Keyring.open(settings), Wake(valkey))
        return (await bench.kinds(ref)).count("exception_ending")

    assert [await told(left) for left in ("8 days", "6 days", "5 days", "20 hours", "1 hour", "-1 hour")] == [
        0, 1, 1, 2, 2, 2
    ]  # fmt: skip


async def test_only_who_judges_incidents_or_tunes_rules_makes_exceptions(
    bench: Bench, make_worker: MakeWorker, count: Count
) -> None:
    ref = await bench.incident()
    for role in Role:
        may = PERMISSIONS_OF[role] & {Permission.INCIDENT_VERDICT, Permission.RULE_TUNE}
        for mode in ("preview", "make"):
            if not may:
                reply = await bench.hide(ref, by=make_worker(role), mode=mode)
                assert (reply.ok, reply.rows, reply.changed) == (False, (), False), role
        assert (await bench.hide(ref, by=make_worker(role), mode="preview")).ok is bool(may), role
    assert await count("wf.rule_exceptions") == 0
    assert await count("wf.audit_entries where action = 'access.refused'") >= 3


async def test_what_does_not_fit_is_said(bench: Bench, make_rule: MakeRule) -> None:
    varied = [bench.event(host="ws-1.acme.example", TargetUserName=f"user-{number}") for number in range(8)]
    ref = await bench.incident(*varied)
    with pytest.raises(Invalid, match="too different"):
        await bench.hide(ref, mode="preview", shape=Shape.EXACT)
    with pytest.raises(NotFound, match="1 rules"):
        await bench.hide(ref, mode="preview", rule=4)
    with pytest.raises(Invalid, match="reason"):
        await bench.hide(ref, shape=Shape.HOST, reason="")
    bare = msgspec.structs.replace(bench.event(), fields={"EventID": 1})
    odd = await bench.incident(bare, rule=make_rule("Bare"))
    with pytest.raises(Conflict, match="nothing in common"):
        await bench.hide(odd, mode="preview")


async def test_nothing_of_a_request_stands_open_in_the_tables(
    bench: Bench, make_rule: MakeRule, superuser: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    event = bench.event(host="ws-1.acme.example", TargetUserName="canary-user")
    ref = await bench.incident(event, rule=make_rule("Credentials dumped", level="high"))
    await bench.hide(ref, reason="canary-reason " * 2)
    await bench.approve(ref, bench.lea)
    for (table,) in await superuser.fetch(
        "select relname from pg_class where relnamespace = 'wf'::regnamespace and relkind = 'r'"
    ):
        rows = await superuser.fetch(f"select t::text from wf.{table} t")
        assert not [row for row in rows if "canary" in row[0] or b"canary".hex() in row[0]], table
