"""Changing a tenant's overlay: what each command does, refuses and audits, and that it touches nobody else."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import asyncpg
import msgspec
import pytest

from tests.domain.workplace import Count, MakeEvent, MakeTenant, MakeWorker, Tenant, Worker
from tests.unit.overlay_cases import NOW, make_filter, make_rule
from watchfloor.access.roles import Role
from watchfloor.alerts.overlay import commands, listing
from watchfloor.alerts.overlay.commands import LONGEST_LIFE, NewException
from watchfloor.alerts.overlay.loading import Overlays, count_hidden, judge
from watchfloor.alerts.overlay.preview import concerned, preview
from watchfloor.detect.engine import Matches
from watchfloor.detect.filters import FilterDocument
from watchfloor.detect.overlay import Hidden, Overlay
from watchfloor.detect.rule import Rule
from watchfloor.kernel.db import TenantTx, tenant_tx
from watchfloor.kernel.errors import Conflict, Invalid, NotFound
from watchfloor.kernel.ids import new_uuid
from watchfloor.normalise.event import Event, LogSource

RULES: Final = (make_rule(1), make_rule(2))
WHY: Final = "The backup does this every night."
LATER: Final = NOW + timedelta(days=30)
ALL: Final = Matches([0, 0], [0, 1])


@dataclass
class Floor:
    """A tenant, and somebody who tunes its rules; every process's memory of overlays is its own."""

    tenant: Tenant
    worker: Worker
    overlays: Overlays

    @asynccontextmanager
    async def tx(self) -> AsyncGenerator[TenantTx]:
        async with tenant_tx(self.tenant.database, self.tenant.id) as tx:
            yield tx

    async def add(
        self,
        written: FilterDocument | None = None,
        *,
        expires_at: datetime = LATER,
        owner: str = "kim@acme.example",
        reason: str = WHY,
    ) -> str:
        wanted = NewException(
            written=written or make_filter({"User": "svc_backup"}), owner=owner, reason=reason, expires_at=expires_at
        )
        async with self.tx() as tx:
            cipher, actor = self.tenant.cipher, self.worker.actor
            found = await commands.add_exception(tx, cipher, actor, wanted=wanted, rules=RULES, at=NOW)
        return commands.shown(found)

    async def switch(self, rule: Rule, *, off: bool) -> bool:
        change = commands.disable_rule if off else commands.enable_rule
        async with self.tx() as tx:
            return await change(tx, self.tenant.cipher, self.worker.actor, rule=rule, reason=WHY)

    async def level(self, rule: Rule, level: str | None) -> bool:
        async with self.tx() as tx:
            return await commands.set_level(
                tx,
                self.tenant.cipher,
                self.worker.actor,
                rule=rule,
                level=None if level is None else "low",
                reason=WHY,
            )

    async def list_(self, name: str, *entries: str) -> bool:
        async with self.tx() as tx:
            return await commands.set_list(
                tx, self.tenant.cipher, self.worker.actor, name=name, entries=entries, reason=WHY
            )

    async def overlay(self, *, at: datetime = NOW) -> Overlay:
        async with self.tx() as tx:
            return await self.overlays.load(tx, self.tenant.cipher, rules=RULES, at=at)

    async def kept(self, event: Event, *, at: datetime = NOW) -> list[int]:
        """Which of the two rules still show a match of the event."""
        applied = await judge(await self.overlay(at=at), [event], ALL, at=at)
        return applied.matches.rule


@pytest.fixture
def floor(acme: Tenant, make_worker: MakeWorker) -> Floor:
    return Floor(acme, make_worker(Role.LEAD), Overlays())


@pytest.fixture
def backup(make_event: MakeEvent) -> Event:
    event = make_event(1, host="ws-1", user="svc_backup")
    return msgspec.structs.replace(event, fields={"Image": "a.exe", "User": "svc_backup"})


async def audited(superuser: "asyncpg.Connection[asyncpg.Record]") -> list[tuple[str, str, str]]:
    rows = await superuser.fetch("select action, object_kind, actor_id from wf.audit_entries order by seq")
    return [(row["action"], row["object_kind"], row["actor_id"]) for row in rows]


async def test_each_command_holds_from_the_next_look_on_and_is_audited(
    floor: Floor, backup: Event, superuser: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    assert await floor.kept(backup) == [0, 1]
    assert await floor.switch(RULES[0], off=True)
    assert await floor.kept(backup) == [1]
    exception = await floor.add(make_filter({"User": "svc_*"}, rules=["rule_2"]))
    assert await floor.kept(backup) == []
    assert await floor.switch(RULES[0], off=False)
    assert await floor.kept(backup) == [0]
    assert await floor.level(RULES[0], "low")
    assert [rule.level for rule in (await floor.overlay()).rules] == ["low", "high"]
    assert await floor.level(RULES[0], None)
    assert await floor.list_("admins", "kim", "svc_*")
    assert list((await floor.overlay()).tuning.lists) == ["admins"]
    async with floor.tx() as tx:
        cipher, actor = floor.tenant.cipher, floor.worker.actor
        await commands.remove_list(tx, cipher, actor, name="admins", reason=WHY)
        (kept,) = await listing.unended_exceptions(tx, cipher, at=NOW)
        assert commands.shown(kept.id) == exception
        assert await commands.end_exception(tx, cipher, actor, exception_id=kept.id, reason=WHY, at=NOW)
    assert await floor.kept(backup) == [0, 1]
    by = floor.worker.actor.id
    assert await audited(superuser) == [
        ("rule.disable", "rule", by),
        ("exception.add", "exception", by),
        ("rule.enable", "rule", by),
        ("rule.level", "rule", by),
        ("rule.level", "rule", by),
        ("list.set", "list", by),
        ("list.remove", "list", by),
        ("exception.end", "exception", by),
    ]


async def test_said_again_a_command_changes_and_audits_nothing(
    floor: Floor, superuser: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    assert [await floor.switch(RULES[0], off=True) for _ in range(2)] == [True, False]
    assert [await floor.level(RULES[1], "low") for _ in range(2)] == [True, False]
    assert [await floor.list_("admins", "kim") for _ in range(2)] == [True, False]
    assert not await floor.switch(RULES[1], off=False)
    exception = await floor.add()
    async with floor.tx() as tx:
        cipher, actor = floor.tenant.cipher, floor.worker.actor
        (kept,) = await listing.unended_exceptions(tx, cipher, at=NOW)
        ends = [
            await commands.end_exception(tx, cipher, actor, exception_id=kept.id, reason=WHY, at=NOW) for _ in range(2)
        ]
    assert (ends, commands.shown(kept.id)) == ([True, False], exception)
    assert len(await audited(superuser)) == 5


async def test_a_list_that_is_not_there_cannot_be_removed(
    floor: Floor, superuser: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    with pytest.raises(NotFound):
        async with floor.tx() as tx:
            await commands.remove_list(tx, floor.tenant.cipher, floor.worker.actor, name="others", reason=WHY)
    assert await audited(superuser) == []


async def test_one_tenants_changes_touch_no_other_tenant(
    floor: Floor, make_tenant: MakeTenant, make_worker: MakeWorker, backup: Event
) -> None:
    # Both tenants are served by one process, whose memory of overlays they share.
    nord = Floor(await make_tenant("NORD"), make_worker(Role.LEAD), floor.overlays)
    await floor.add()
    await floor.switch(RULES[1], off=True)
    await nord.level(RULES[0], "low")
    await nord.list_("admins", "kim")  # as many changes as the other's: their versions are equal
    for _ in range(2):
        assert await floor.kept(backup) == []
        assert await nord.kept(backup) == [0, 1]
    assert [rule.level for rule in (await nord.overlay()).rules] == ["low", "high"]
    assert [rule.level for rule in (await floor.overlay()).rules] == ["high", "high"]
    async with nord.tx() as tx:
        assert await listing.unended_exceptions(tx, nord.tenant.cipher, at=NOW) == []


async def test_a_change_is_seen_by_every_process(floor: Floor, backup: Event) -> None:
    other = Floor(floor.tenant, floor.worker, Overlays())
    assert await other.kept(backup) == [0, 1]
    await floor.add()
    assert await other.kept(backup) == []


async def test_an_overlay_is_read_once_a_version(floor: Floor) -> None:
    await floor.switch(RULES[0], off=True)
    first = await floor.overlay()
    assert await floor.overlay() is first
    await floor.switch(RULES[1], off=True)
    assert await floor.overlay() is not first


async def test_other_rules_make_another_overlay(floor: Floor) -> None:
    await floor.switch(RULES[0], off=True)
    first = await floor.overlay()
    async with floor.tx() as tx:
        reloaded = await floor.overlays.load(tx, floor.tenant.cipher, rules=(RULES[1], RULES[0]), at=NOW)
    assert reloaded is not first
    assert reloaded.apply([], Matches([], []), at=NOW).hidden == ()


async def test_a_process_keeps_a_bounded_number_of_overlays(
    floor: Floor, make_tenant: MakeTenant, make_worker: MakeWorker
) -> None:
    small = Overlays(most=1)
    nord = Floor(await make_tenant("NORD"), make_worker(Role.LEAD), small)
    first = Floor(floor.tenant, floor.worker, small)
    overlay = await first.overlay()
    await nord.overlay()
    assert await first.overlay() is not overlay


async def test_an_exception_ends_by_itself_even_where_it_was_read_before(floor: Floor, backup: Event) -> None:
    await floor.add()
    assert await floor.kept(backup, at=LATER - timedelta(seconds=1)) == []
    assert await floor.kept(backup, at=LATER) == [0, 1]


async def test_two_changes_at_once_both_hold(floor: Floor, backup: Event) -> None:
    other = Floor(floor.tenant, floor.worker, Overlays())
    await asyncio.gather(floor.switch(RULES[0], off=True), other.switch(RULES[1], off=True))
    assert await floor.kept(backup) == []


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        (make_filter({"User": "kim"}, rules=["rule_9"]), "There is no rule with the id or name 'rule_9'."),
        (make_filter({"User": "kim"}, product="linux"), "No rule looks at this log source."),
        (make_filter({"User": "kim"}, product="linux", rules=["rule_1"]), "looks at another log source"),
        (
            msgspec.structs.replace(
                make_filter({"User": "kim"}),
                filter={"rules": "any", "selection": {"User": "*"}, "condition": "selection"},
            ),
            "would hide every match",
        ),
        (make_filter({"User": ["kim" * 40] * 300}), "at most 20,000 bytes"),
    ],
)
async def test_an_exception_that_is_wrong_is_refused(
    floor: Floor, count: Count, written: FilterDocument, fault: str
) -> None:
    with pytest.raises(Invalid, match=fault):
        await floor.add(written)
    assert await count("wf.rule_exceptions") == 0


@pytest.mark.parametrize("expires_at", [NOW, NOW - timedelta(days=1), NOW + LONGEST_LIFE + timedelta(seconds=1)])
async def test_an_exception_lives_a_year_at_most(floor: Floor, expires_at: datetime) -> None:
    with pytest.raises(Invalid, match="expires within a year"):
        await floor.add(expires_at=expires_at)


async def test_an_exception_has_an_owner_a_reason_and_a_title_of_its_own(floor: Floor) -> None:
    with pytest.raises(Invalid, match="owner"):
        await floor.add(owner=" ")
    with pytest.raises(Invalid, match="reason"):
        await floor.add(reason="because")
    await floor.add()
    with pytest.raises(Conflict, match="has this title"):
        await floor.add(make_filter({"User": "bob"}, title="KNOWN"))
    await floor.add(make_filter({"User": "bob"}, title="Bob"))


async def test_nobody_ends_what_is_not_there(floor: Floor) -> None:
    with pytest.raises(NotFound):
        async with floor.tx() as tx:
            await commands.end_exception(
                tx, floor.tenant.cipher, floor.worker.actor, exception_id=new_uuid(), reason=WHY, at=NOW
            )


@pytest.mark.parametrize(
    ("name", "entries", "fault"),
    [("a b", ("x",), "name"), ("", ("x",), "name"), ("a", (), "entries"), ("a", ("",), "entry")],
)
async def test_a_list_that_is_wrong_is_refused(floor: Floor, name: str, entries: tuple[str, ...], fault: str) -> None:
    with pytest.raises(Invalid, match=fault):
        await floor.list_(name, *entries)


async def test_what_was_hidden_is_counted_by_exception_and_day(floor: Floor) -> None:
    await floor.add()
    async with floor.tx() as tx:
        (kept,) = await listing.unended_exceptions(tx, floor.tenant.cipher, at=NOW)
        hidden = [
            Hidden(rule_id=RULES[0].id, exemption_id=kept.id, count=3),
            Hidden(rule_id=RULES[1].id, exemption_id=None, count=5),
        ]
        for days in (0, 0, 1, 40):
            await count_hidden(tx, hidden, at=NOW - timedelta(days=days))
        (seen,) = await listing.unended_exceptions(tx, floor.tenant.cipher, at=NOW)
        rules = await listing.list_rules(tx, floor.tenant.cipher, rules=RULES, at=NOW)
    assert (seen.hidden, seen.last_hidden_at, seen.state) == (9, NOW, "active")
    assert [rule.hidden for rule in rules] == [9, 15]


async def test_the_list_says_what_each_rule_is_to_the_tenant(floor: Floor) -> None:
    await floor.switch(RULES[0], off=True)
    await floor.level(RULES[1], "low")
    await floor.add(make_filter({"User": "kim"}, rules=["rule_2"]))
    async with floor.tx() as tx:
        off, low = await listing.list_rules(tx, floor.tenant.cipher, rules=RULES, at=NOW)
    assert (off.state, off.level, off.reason, off.exceptions) == ("disabled", "high", WHY, 0)
    assert (low.state, low.level, low.changed_by, low.exceptions) == ("active", "low", floor.worker.actor.id, 1)


async def test_a_preview_says_what_would_have_been_hidden(floor: Floor, make_event: MakeEvent) -> None:
    at = NOW + timedelta(days=1)

    def event(number: int, user: str, host: str) -> Event:
        made = make_event(number, at=number, host=host)
        return msgspec.structs.replace(made, fields={"User": user})

    await floor.tenant.record(
        (RULES[0], event(1, "svc_backup", "ws-1")),
        (RULES[0], event(2, "kim", "ws-1")),
        (RULES[0], event(3, "svc_backup", "ws-2")),
        (RULES[1], event(4, "svc_backup", "ws-3")),
    )
    filter_ = make_filter({"User": "svc_backup"}, rules=["rule_1"])
    async with floor.tx() as tx:
        seen = await preview(
            tx,
            floor.tenant.cipher,
            written=filter_,
            rule_ids=concerned(filter_, RULES),
            at=at,
        )
    assert (seen.alerts, seen.alerts_hidden, seen.events, seen.events_hidden) == (2, 1, 3, 2)
    assert str(seen) == ("It would have hidden 2 of 3 kept events, all those of 1 of 2 alerts of the last 30 days.")


async def test_nothing_that_names_anybody_stands_open_in_the_tables(
    floor: Floor, superuser: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    await floor.add(
        make_filter({"User": "canary-user"}, title="canary-title"), owner="canary-owner", reason="canary" * 3
    )
    await floor.list_("hosts", "canary-host")
    for (table,) in await superuser.fetch(
        "select relname from pg_class where relnamespace = 'wf'::regnamespace and relkind = 'r'"
    ):
        rows = await superuser.fetch(f"select t::text from wf.{table} t")
        assert not [row for row in rows if "canary" in row[0] or b"canary".hex() in row[0]], table


def test_the_rules_of_these_tests_differ_in_nothing_but_their_names() -> None:
    assert {rule.logsource for rule in RULES} == {LogSource("windows", "process_creation", None)}
