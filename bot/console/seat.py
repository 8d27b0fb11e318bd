"""A seat at the desk: carries commands from a person at a terminal to the incident desk, tenant by tenant.

For each command it reads anew who the person is and where they may act, opens one tenant's transaction as wf_bot,
and lets the desk decide (R7, O5). What another tenant has and what does not exist are answered in the same words. It
draws nothing and holds no rules.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from bot import queries
from bot.console.acts import ACTS, Act, Place
from bot.console.command import Command, Verb
from bot.console.identity import Login
from watchfloor.access.principal import Membership, Principal
from watchfloor.access.roles import Permission
from watchfloor.alerts.alert import rank
from watchfloor.desk import reading
from watchfloor.desk.card import Card, Person
from watchfloor.desk.display.listing import QueueLine
from watchfloor.desk.reply import Reply
from watchfloor.incidents.incident import NO_SUCH_INCIDENT, OPEN_STATES, STATES, State
from watchfloor.incidents.timeline import TimelineEntry
from watchfloor.kernel import ids
from watchfloor.kernel.db import Database, directory_tx, tenant_tx
from watchfloor.kernel.errors import Invalid, NotFound
from watchfloor.kernel.ids import PersonId, new_uuid
from watchfloor.kernel.outbox import INCIDENT_CHANGED, REPORT_REQUESTED
from watchfloor.kernel.valkey import Wake
from watchfloor.tenancy.keyring import Keyring

QUEUE_LIMIT: Final = 200
"""How many incidents of one tenant are shown."""

QUEUE_STATES: Final[dict[str, tuple[State, ...]]] = {
    "": OPEN_STATES,
    "open": OPEN_STATES,
    "done": ("resolved", "closed"),
    "all": STATES,
}


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What the person gets to see. `queue` is None when it was not asked for.

    `names` are those of all people and key owners that it mentions, by the id under which the record knows them.
    """

    text: str
    ok: bool = True
    card: Card | None = None
    timeline: tuple[TimelineEntry, ...] = ()
    queue: tuple[QueueLine, ...] | None = None
    principal: Principal | None = None
    names: dict[str, str] = msgspec.field(default_factory=dict)


class Seat:
    """One person's place. Everything that is done from it is done in that person's name."""

    def __init__(self, login: Login, *, directory: Database, records: Database, keyring: Keyring, wake: Wake) -> None:
        self._login = login
        self._directory = directory
        self._records = records
        self._keyring = keyring
        self._wake = wake

    async def principal(self) -> Principal:
        """Who sits here, as the directory says now. Raises Unauthenticated."""
        async with directory_tx(self._directory) as tx:
            return await self._login.principal(tx)

    async def perform(self, command: Command) -> Answer:
        """Does what was asked of the desk.

        Raises what the desk raises, Unauthenticated when the person may not be here any more, and Invalid for a verb
        that is none of the desk's.
        """
        principal = await self.principal()
        if command.verb is Verb.QUEUE:
            return await self.queue(principal, states=QUEUE_STATES[command.argument])
        if command.verb is Verb.WHOAMI:
            return Answer(text=f"You are {principal.name}.", principal=principal)
        if command.verb not in ACTS:
            raise Invalid(f"The desk does not know {command.verb}.")
        permission, act = ACTS[command.verb]
        membership = _membership(principal, command.reference)
        reply = await self._at_the_desk(principal, membership, permission, act, command)
        if reply.changed:
            await self._wake.hint(INCIDENT_CHANGED, membership.tenant_id)
        if reply.report_id is not None:
            await self._wake.hint(REPORT_REQUESTED, membership.tenant_id)
        return await self._named(Answer(text=reply.text, ok=reply.ok, card=reply.card, timeline=reply.timeline))

    async def queue(self, principal: Principal, *, states: Sequence[State]) -> Answer:
        """The incidents in these states of every tenant that the person works for, the most urgent first."""

        async def act(place: Place, _: Command) -> Reply:
            await place.note_visit(object_kind="incidents", object_id="queue")
            return await reading.queue(place.tx, place.cipher, place.actor, place.may, states=states, limit=QUEUE_LIMIT)

        lines: list[QueueLine] = []
        command = Command(verb=Verb.QUEUE)
        for membership in customers(principal):
            lines += (await self._at_the_desk(principal, membership, Permission.INCIDENT_READ, act, command)).queue
        lines.sort(key=lambda line: (-rank(line.severity), line.state != "new", line.opened_at, line.ref))
        return await self._named(Answer(text=_counted(lines), queue=tuple(lines)))

    async def colleagues(self) -> list[str]:
        """The mail addresses of those who work for any of the person's tenants, to complete from."""
        found: set[str] = set()
        async with directory_tx(self._directory) as tx:
            for membership in customers(await self._login.principal(tx)):
                found |= {row.email for row in await queries.select_colleagues(tx, membership.tenant_id)}
        return sorted(found)

    async def _at_the_desk(
        self, principal: Principal, membership: Membership, permission: Permission, act: Act, command: Command
    ) -> Reply:
        """Runs one act in one transaction of the tenant."""
        tenant_id = membership.tenant_id
        actor = principal.actor(tenant_id, request_id=f"con_{new_uuid().hex}", permission=permission)
        async with tenant_tx(self._records, tenant_id) as tx:
            place = Place(
                tx=tx,
                cipher=await self._keyring.cipher(tx),
                principal=principal,
                actor=actor,
                may=principal.permissions_in(tenant_id),
                directory=self._directory,
            )
            return await act(place, command)

    async def _named(self, answer: Answer) -> Answer:
        people, keys = set(_people(answer)), set(_keys(answer))
        if not people and not keys:
            return answer
        async with directory_tx(self._directory) as tx:
            names = {ids.show("per", row.id): row.name for row in await queries.select_names(tx, sorted(people))}
            owners = await queries.select_key_owners(tx, sorted(keys)) if keys else []
        names |= {row.id: f"{row.name} (key)" for row in owners}
        return msgspec.structs.replace(answer, names=names)


def customers(principal: Principal) -> list[Membership]:
    """The customers whose incidents the person may read."""
    return [
        membership
        for membership in principal.tenants()
        if membership.tenant_kind == "customer"
        and Permission.INCIDENT_READ in principal.permissions_in(membership.tenant_id)
    ]


def _membership(principal: Principal, reference: str) -> Membership:
    """The tenant that a reference names among the person's own. Raises NotFound for all others, real or not."""
    code = reference.partition("-")[0].upper()
    for membership in principal.tenants():
        if membership.tenant_code == code and membership.tenant_kind == "customer":
            return membership
    raise NotFound(NO_SUCH_INCIDENT)


def _people(answer: Answer) -> Iterator[PersonId]:
    """The people in an answer."""
    if answer.card is not None:
        yield from (value.id for row in answer.card.rows for value in row.values if isinstance(value, Person))
    yield from (line.assignee_id for line in answer.queue or () if line.assignee_id is not None)
    for entry in answer.timeline:
        for text in (entry.actor_id if entry.actor_kind == "person" else "", entry.facts.get("person", "")):
            if text:
                yield PersonId(ids.parse("per", text))


def _keys(answer: Answer) -> Iterator[str]:
    """The API keys in an answer."""
    return (entry.actor_id for entry in answer.timeline if entry.actor_kind == "api_key")


def _counted(lines: Sequence[QueueLine]) -> str:
    if not lines:
        return "Nothing is waiting."
    waiting = sum(line.state == "new" for line in lines)
    return f"{len(lines)} incident{'s' * (len(lines) != 1)}, {waiting} not acknowledged."
