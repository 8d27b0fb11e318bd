"""Nobody does with any verb, on any surface, what they may not: it is tried, and the record is compared."""

import random
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Final

import pytest

from bot.console.identity import KeyLogin
from bot.console.session import Session
from tests.api.running import Api
from tests.api.running import serving as api_serving
from tests.chat.floor import SETTING_UP, Floor
from tests.chat.guild import Server, serving
from tests.chat.surfaces import SURFACES, Discord, Ledger, Row, Said, Seat, Terminal, Web, headers_of
from tests.chat.verbs import ANA, CANARY, LEA, NED, SCENARIOS, WHY, Scenario, Scene, Stage
from watchfloor.access.api_keys.issue import create_key
from watchfloor.access.people import principal_of
from watchfloor.access.roles import CUSTOMER_ROLES, PERMISSIONS_OF, STAFF_ROLES, Permission, Role
from watchfloor.access.sessions import open_session
from watchfloor.desk.front import DONE_BEFORE, Front
from watchfloor.desk.table import TABLE
from watchfloor.desk.verb import Intent, Verb
from watchfloor.incidents.incident import NO_SUCH_INCIDENT
from watchfloor.kernel.db import Database, directory_tx, tenant_tx
from watchfloor.kernel.db import Role as LoginRole
from watchfloor.kernel.errors import NotFound, Unavailable
from watchfloor.kernel.secret import Secret
from watchfloor.kernel.valkey import Wake

TRACES: Final = frozenset({"access.refused", "access.viewed", "access.searched"})
"""What may be written down of somebody who looks or tries."""

BESIDE: Final = frozenset({"wf.audit_tips", "wf.audit_details", "wf.desk_requests", "auth.sessions", "auth.api_keys"})
"""What is written by asking at all."""

OR_ELSE: Final[dict[str, Permission]] = {
    "except": Permission.RULE_TUNE,
    "except-extend": Permission.RULE_TUNE,
    "except-decline": Permission.INCIDENT_VERDICT,
}
"""Verbs that a second permission allows, too."""

LOST: Final = {
    "disabled": "update auth.people set state = 'disabled' where id = $1",
    "revoked": "delete from auth.memberships where person_id = $1",
    "expired": "update auth.memberships set expires_at = now() - interval '1 s' where person_id = $1",
}
"""How somebody who could do everything comes to be nobody."""

FOREIGN: Final = ("{ref}", "ACME-999999", "XXXX-1", "MSSP-1")
"""What somebody of another customer asks for: what is there, and what is not."""


@dataclass(frozen=True)
class Attacker:
    """Somebody at a surface: with a role in some tenants, and with no more than these permissions."""

    who: str
    seat: Seat
    roles: Mapping[str, Role] = field(default_factory=dict[str, Role])
    scopes: frozenset[Permission] = frozenset(Permission)

    def is_insider(self, verb: Verb) -> bool:
        """Whether the person is a member where the verb acts."""
        return _place(verb) in self.roles

    def is_insider_at(self, scene: Scene) -> bool:
        """The same for a scene: in the chat there is no restricted incident for those who are not named."""
        is_restricted = any(verb == "restrict" for _, verb, _ in scene.scenario.before)
        return self.is_insider(scene.verb) and not (is_restricted and self.seat.surface == "discord")

    def may(self, verb: Verb) -> bool:
        """Whether this is no attack at all."""
        if not self.is_insider(verb):
            return False
        alternatives = {verb.permission, OR_ELSE.get(verb.name, verb.permission)}
        return bool(alternatives & PERMISSIONS_OF[self.roles[_place(verb)]] & self.scopes)


@dataclass
class Tried:
    """What was tried, and what should not have happened."""

    attempts: Counter[str] = field(default_factory=Counter[str])
    wrong: list[str] = field(default_factory=list)


@dataclass
class Siege:
    """A stage with everybody who may not, at every surface."""

    stage: Stage
    floor: Floor
    ledger: Ledger
    server: Server
    api: Api
    attackers: list[Attacker] = field(default_factory=list)
    tried: Tried = field(default_factory=Tried)

    async def attack(self, name: str, dice: random.Random, *, at_most: int | None = None) -> None:
        """Has everybody who may not use the verb try it, or so many of them; then somebody does who may."""
        scene = await self.stage.scene(name)
        those = [each for each in self.attackers if not each.may(scene.verb)]
        if at_most is not None:
            those = dice.sample(those, min(at_most, len(those)))
        await self.attempt(those, scene)
        done = await Terminal(Session(self.stage.front, self.stage.login(scene.scenario.by))).ask(
            name, scene.incident, scene.arguments
        )
        if done.how != "done":
            self.tried.wrong.append(f"{name}: nobody could have done it: {done}")

    async def attempt(self, attackers: Iterable[Attacker], scene: Scene) -> None:
        """Each tries it; then it is looked whether rows are gone."""
        before = await self.ledger.counts()
        for attacker in attackers:
            await self._attempt(attacker, scene)
        after = await self.ledger.counts()
        if gone := [table for table, many in before.items() if after[table] < many]:
            self.tried.wrong.append(f"{scene.verb.name}: deleted from {gone}")

    async def _attempt(self, attacker: Attacker, scene: Scene) -> None:
        """One tries it once, or once for each reference that is not theirs; what was written is looked at."""
        name, mark, is_insider = scene.verb.name, await self.ledger.mark(), attacker.is_insider_at(scene)
        references = FOREIGN if scene.incident and not attacker.is_insider(scene.verb) else (scene.incident,)
        answers = set[Said]()
        for reference in (each.format(ref=scene.ref) for each in references):
            said = await attacker.seat.ask(name, reference, scene.arguments)
            self.tried.attempts[f"{attacker.seat.surface}: {attacker.who}"] += 1
            answers.add(Said(said.how, said.text.replace(reference, "REF") if reference else said.text))
            if said.is_fault:
                self._wrong(attacker, scene, f"a fault: {said}")
        rows = await self.ledger.since(mark)
        self._check(attacker, scene, rows)
        if len(answers) > 1:
            self._wrong(attacker, scene, f"what is there and what is not are told apart: {answers}")
        if not is_insider and any(CANARY in said.text for said in answers):
            self._wrong(attacker, scene, f"shown to: {answers}")

    def _check(self, attacker: Attacker, scene: Scene, rows: Iterable[Row]) -> None:
        is_insider = attacker.is_insider_at(scene)
        refused = False
        for table, row in rows:
            is_trace = table == "wf.audit_entries" and row["action"] in TRACES
            refused = refused or (is_trace and row["action"] == "access.refused")
            is_foreign = row.get("tenant_id") == str(self.floor.acme.id) and "acme" not in attacker.roles
            is_own = row.get("tenant_id") == str(self.floor.nord.id) and "nord" in attacker.roles
            if is_foreign or not (is_trace or is_own or table in BESIDE):
                self._wrong(attacker, scene, f"wrote {table} {row}")
        if is_insider and not refused:
            self._wrong(attacker, scene, "the refusal is not recorded")

    def _wrong(self, attacker: Attacker, scene: Scene, what: str) -> None:
        self.tried.wrong.append(f"{scene.verb.name} by {attacker.who} at {attacker.seat.surface}: {what[:500]}")


def _place(verb: Verb) -> str:
    return "operator" if verb.reach == "operator" else "acme"


@asynccontextmanager
async def besieged(floor: Floor) -> AsyncGenerator[Siege]:
    """The siege, as long as the block lasts."""
    stage = await Stage.build(floor)
    ledger = await Ledger.open(floor)
    async with serving(floor) as server:
        with api_serving(floor.settings) as api:
            siege = Siege(stage, floor, ledger, server, api)
            await _gather(siege)
            yield siege


async def _gather(siege: Siege) -> None:
    floor, api = siege.floor, siege.api
    for role in (*sorted(CUSTOMER_ROLES), Role.ANALYST, Role.CONTENT_ENGINEER):
        roles = {"acme": role} if role in CUSTOMER_ROLES else {"operator": role, "acme": role}
        siege.attackers += await _seats(siege, f"{role}@x.example", f"role {role}", roles)
    for role in sorted(STAFF_ROLES):
        siege.attackers += await _seats(
            siege, f"operator-{role}@x.example", f"only operator's {role}", {"operator": role}
        )
    siege.attackers += await _seats(siege, NED, "wrong tenant", {"operator": Role.LEAD, "nord": Role.LEAD})
    for who, change in LOST.items():
        email = f"{who}@x.example"
        seats = await _seats(siege, email, who, {"operator": Role.LEAD, "acme": Role.LEAD})
        await floor.superuser.execute(change, floor.people[email])
        siege.attackers += [replace(each, roles={}) for each in seats]
    reading = frozenset({Permission.INCIDENT_READ})
    key = await _key(floor, LEA, reading)
    readers: list[Seat] = [
        Terminal(Session(siege.stage.front, KeyLogin(key, floor.settings))),
        Web(api, {"authorization": f"Bearer {key.reveal()}"}),
    ]
    lead = {"operator": Role.LEAD, "acme": Role.LEAD}
    siege.attackers += [Attacker("key that only reads", seat, lead, reading) for seat in readers]
    unknown = Secret("wfk_test_" + "0" * 20 + "_" + "0" * 43)
    stranger = await siege.server.member("stranger")
    strangers: list[Seat] = [
        Terminal(Session(siege.stage.front, KeyLogin(unknown, floor.settings))),
        Discord(siege.server, stranger),
        Web(api, {}),
        Web(api, {"cookie": "wf_session=made-up"}),
        Web(api, {"authorization": f"Bearer {unknown.reveal()}"}),
        Web(api, {}, surface="page"),
    ]
    siege.attackers += [Attacker("unlinked", seat) for seat in strangers]


async def _seats(siege: Siege, email: str, who: str, roles: Mapping[str, Role]) -> list[Attacker]:
    """The person at every surface that lets such a person in at all."""
    floor, api = siege.floor, siege.api
    if email not in floor.people:
        await floor.person(email, f"The {who}", **roles)
    async with directory_tx(floor.directory) as tx:
        session = await open_session(tx, floor.people[email], authenticated_by="oidc", user_agent="test")
    headers, key = headers_of(api, session), floor.keys[email].reveal()
    seats: list[Seat] = [
        Terminal(Session(siege.stage.front, siege.stage.key_login(email))),
        Terminal(Session(siege.stage.front, siege.stage.login(email))),
        Web(api, headers),
        Web(api, {"authorization": f"Bearer {key}"}),
        Web(api, headers, surface="page"),
    ]
    if "acme" not in roles:
        seats += [Web(api, headers, tenant=tenant) for tenant in ("nord", "nosuch")]
    if "operator" in roles:
        name = email.partition("@")[0]
        member = siege.server.members.get(name) or await siege.server.member(name, email=email)
        seats.append(Discord(siege.server, member))
    return [Attacker(who, seat, roles) for seat in seats]


async def _key(floor: Floor, email: str, scopes: frozenset[Permission]) -> Secret:
    """A key of the person's that may do no more than this."""
    async with directory_tx(floor.directory) as directory:
        principal = await principal_of(directory, floor.people[email])
    async with tenant_tx(floor.directory, floor.operator) as tx:
        issued = await create_key(
            tx, SETTING_UP, principal=principal, environment="test", name="reads", scopes=scopes, days=1
        )
    return issued.text


async def test_a_sample_of_those_who_may_not_do_nothing(floor: Floor) -> None:
    dice = random.Random(6)
    async with besieged(floor) as siege:
        for name in SCENARIOS:
            await siege.attack(name, dice, at_most=3)
        assert siege.tried.wrong == []


@pytest.mark.slow
async def test_nobody_who_may_not_does_anything_with_any_verb_anywhere(
    floor: Floor, record_testsuite_property: Callable[[str, object], None]
) -> None:
    async with besieged(floor) as siege:
        for name in SCENARIOS:
            await siege.attack(name, random.Random(6))
        assert siege.tried.wrong == []
    tried = siege.tried.attempts
    record_testsuite_property("desk attempts", tried.total())
    record_testsuite_property("desk successes", len(siege.tried.wrong))
    for who, many in sorted(tried.items()):
        record_testsuite_property(f"desk attempts, {who}", many)
    assert tried.total() >= 100 * len(TABLE)
    known = {who for who in tried if who.partition(": ")[2] in ("unlinked", "wrong tenant", *LOST)}
    assert len(known) == len(SURFACES) * (2 + len(LOST)), known
    assert min(tried[who] for who in known) >= len(TABLE)


@pytest.mark.parametrize("email", [NED, LEA])
async def test_for_what_is_anothers_and_what_is_not_there_nothing_is_looked_up(floor: Floor, email: str) -> None:
    stage = await Stage.build(floor)
    ref = (await stage.scene("ack")).ref
    blind = await Database.open(floor.settings, LoginRole.BOT, connections=1)
    await blind.close()
    front = Front(directory=floor.directory, records=blind, keyring=stage.front.keyring, wake=Wake(floor.valkey))
    foreign = [ref, "ACME-999999"] if email == NED else []
    names = [name for name, verb in TABLE.items() if verb.reach == "incident"]
    for name, reference in product(names, [*foreign, "XXXX-1", "MSSP-1", "", "ACME", "inc_0", "\x00", "\ud800"]):
        if email == LEA and reference == "ACME":
            continue  # her own customer's, without a number
        intent = Intent(verb=name, incident=reference, arguments=SCENARIOS[name].arguments)
        with pytest.raises(NotFound, match=NO_SUCH_INCIDENT):
            await front.perform(stage.login(email), intent)
    if email == LEA:
        with pytest.raises(Unavailable):  # her own would be looked up, so that this proves something
            await front.perform(stage.login(email), Intent(verb="show", incident=ref))


async def test_a_request_that_comes_again_changes_nothing_on_any_surface(floor: Floor) -> None:
    wrong: list[str] = []
    async with besieged(floor) as siege:
        for number, name in enumerate(name for name, verb in TABLE.items() if verb.changes):
            scene = await siege.stage.scene(name)
            by = scene.scenario.by
            web = [
                one.seat for one in await _seats(siege, by, "again", {"acme": Role.LEAD}) if isinstance(one.seat, Web)
            ]
            seat = web[number % 2 * -1]  # a program's session, or the page's
            request = f"{number:032x}"
            assert (await seat.ask(name, scene.incident, scene.arguments, request=request)).how in ("200", "303")
            mark = await siege.ledger.mark()
            again = await seat.ask(name, scene.incident, scene.arguments, request=request)
            changed = [table for table, _ in await siege.ledger.since(mark) if table not in BESIDE]
            if changed or again.how not in ("200", "303"):
                wrong.append(f"{name} at {seat.surface}: {again.how}, {changed}")
            # The chat delivers a press twice under the id of the first; whoever it is, it is done once.
            played = await siege.stage.scene(name)
            intent = Intent(verb=name, incident=played.incident, arguments=played.arguments, request_id=f"dis_{number}")
            login = siege.stage.login(by)
            assert (await siege.stage.front.perform(login, intent)).reply.changed
            mark = await siege.ledger.mark()
            reply = (await siege.stage.front.perform(login, intent)).reply
            changed = [table for table, _ in await siege.ledger.since(mark) if table not in BESIDE]
            if changed or reply.changed or reply.text != DONE_BEFORE:
                wrong.append(f"{name} in the chat: {reply.text}, {changed}")
    assert wrong == []


async def test_an_old_login_and_ones_own_proposal_are_refused_on_every_surface(floor: Floor) -> None:
    own = {
        "approve": Scenario({"action": "1"}, before=SCENARIOS["approve"].before, by=ANA),
        "except-approve": Scenario(
            before=tuple((LEA, *step[1:]) for step in SCENARIOS["except-approve"].before), level="high"
        ),
    }
    runs_at_once = {"kind": "disable_account", "target": "{user}", "reason": WHY}
    old = {
        "approve": SCENARIOS["approve"],
        "contain": Scenario(runs_at_once, before=SCENARIOS["contain"].before),
    }
    async with besieged(floor) as siege:
        for scenarios, change in ((own, ""), (old, "update auth.logins set at = now() - interval '8 hours 1 second'")):
            for name, scenario in scenarios.items():
                await siege.stage.sign_in(ANA, LEA)
                scene = await siege.stage.scene(name, scenario)
                seats = await _seats(siege, scenario.by, "nobody now", {"operator": Role.LEAD, "acme": Role.LEAD})
                if change:
                    await floor.superuser.execute(change)
                    await floor.superuser.execute("update auth.sessions set created_at = now() - interval '9 hours'")
                await siege.attempt(seats, scene)
        assert siege.tried.wrong == []
        assert siege.tried.attempts.total() >= 20
