"""The front of the desk: carries what a person asks for to the tenant where it belongs, for every surface alike.

For each intent it reads anew who the person is and where they may act, opens one tenant's transaction, and lets the
verb's act decide (R7, O5). What another tenant has and what does not exist are answered in the same words. An intent
with a request id is carried out once, however often it is delivered. It draws nothing and holds no rules.
"""

from datetime import datetime
from typing import Final, Protocol

import msgspec

from watchfloor.access.principal import Membership, Principal
from watchfloor.access.roles import Permission
from watchfloor.alerts.alert import rank
from watchfloor.desk import queries, reading
from watchfloor.desk.display.listing import QueueLine
from watchfloor.desk.eventdesk import EventDesk
from watchfloor.desk.given import is_text
from watchfloor.desk.people import addresses_of_colleagues, names_in
from watchfloor.desk.reply import Reply
from watchfloor.desk.suggest import MOST, MOST_TENANTS, Suggestion, may_become, suggest_incidents
from watchfloor.desk.table import TABLE
from watchfloor.desk.verb import Act, Field, Intent, Place, Verb
from watchfloor.incidents.incident import NO_SUCH_INCIDENT
from watchfloor.kernel.db import Database, DirectoryTx, directory_tx, tenant_tx
from watchfloor.kernel.errors import Invalid, NotFound
from watchfloor.kernel.ids import TenantId, new_uuid
from watchfloor.kernel.outbox import INCIDENT_CHANGED
from watchfloor.kernel.valkey import Wake
from watchfloor.tenancy.keyring import Keyring

DONE_BEFORE: Final = "This was done already."


class Login(Protocol):
    """A proof of who somebody is, to be checked at each intent."""

    async def principal(self, tx: DirectoryTx) -> Principal:
        """The person, with memberships as they are now. Raises Unauthenticated when the proof holds no more."""
        ...


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What the person gets to see.

    `verb` is None where no verb was asked for. `names` are those of all people and key owners that the reply mentions,
    by the id under which the record knows them.
    """

    reply: Reply
    verb: Verb | None = None
    principal: Principal | None = None
    names: dict[str, str] = msgspec.field(default_factory=dict)

    @property
    def is_queue(self) -> bool:
        """Whether incidents were asked for, be there none."""
        return self.verb is not None and self.verb.name in ("queue", "search")


class _Visitor(msgspec.Struct, frozen=True):
    """Who stands at the desk."""

    principal: Principal
    session_began: datetime | None


class Front:
    """The desk, from the outside. One for each process of a surface."""

    def __init__(
        self,
        *,
        directory: Database,
        records: Database,
        keyring: Keyring,
        wake: Wake,
        surface: str = "con",
        operator: str | None = None,
        events: EventDesk | None = None,
    ) -> None:
        """`records` is the database as the surface's own role; `surface` begins the ids of requests that have none.

        `operator` is what the MSSP is called outside; with `events`, events can be searched.
        """
        self.directory = directory
        self.records = records
        self.keyring = keyring
        self._wake = wake
        self._surface = surface
        self._operator = operator
        self._events = events

    async def principal(self, login: Login) -> Principal:
        """Who asks, as the directory says now. Raises Unauthenticated."""
        async with directory_tx(self.directory) as tx:
            return await login.principal(tx)

    async def perform(self, login: Login, intent: Intent) -> Answer:
        """Does what was asked.

        Raises what the acts raise, Unauthenticated when the person may not be here any more, Invalid for a verb or a
        field that there is not.
        """
        return await self.perform_as(await self.principal(login), intent)

    async def perform_as(
        self,
        principal: Principal,
        intent: Intent,
        *,
        tenant_id: TenantId | None = None,
        session_began: datetime | None = None,
    ) -> Answer:
        """Does what somebody asks who was read from the directory just now; in `tenant_id`, if the surface names it.

        A surface with sessions says when this one began: an old one does not profit from a login elsewhere.
        """
        verb = _checked(intent)
        visitor = _Visitor(principal, session_began)
        if verb.reach == "tenants":
            reply = await self._everywhere(visitor, verb, intent)
        else:
            if verb.reach == "operator":
                tenant_id = principal.operator_tenant()
            elif tenant_id is None:
                tenant_id = membership_of(principal, intent.incident).tenant_id
            reply = await self._at_the_desk(visitor, tenant_id, verb, intent)
            for topic in (*reply.hints, *((INCIDENT_CHANGED,) if reply.changed else ())):
                await self._wake.hint(topic, tenant_id)
        return Answer(reply=reply, verb=verb, names=await names_in(reply, self.directory))

    async def whoami(self, login: Login) -> Answer:
        """Who the person is here, and what they may do for whom. Raises Unauthenticated."""
        principal = await self.principal(login)
        return Answer(reply=Reply(text=f"You are {principal.name}."), principal=principal)

    async def colleagues(self, login: Login) -> list[str]:
        """The mail addresses of those who work for any of the person's customers, to complete from."""
        async with directory_tx(self.directory) as tx:
            own = [membership.tenant_id for membership in customers(await login.principal(tx))]
            return await addresses_of_colleagues(tx, own)

    async def suggest(self, login: Login, text: str) -> list[Suggestion]:
        """The incidents of the person's own customers that a reference begun so may become, to complete from."""
        found: list[Suggestion] = []
        own = [one for one in customers(await self.principal(login)) if may_become(text, one.tenant_code)]
        for membership in own[:MOST_TENANTS]:
            if len(found) >= MOST:
                break
            async with tenant_tx(self.records, membership.tenant_id) as tx:
                left = MOST - len(found)
                found += await suggest_incidents(tx, code=membership.tenant_code, text=text, limit=left)
        return found

    async def _everywhere(self, visitor: _Visitor, verb: Verb, intent: Intent) -> Reply:
        """Runs the act in each of the person's customers and puts the replies together."""
        replies = [
            await self._at_the_desk(visitor, membership.tenant_id, verb, intent)
            for membership in customers(visitor.principal)
        ]
        together = Reply(
            text=" ".join(dict.fromkeys(reply.text for reply in replies)),
            ok=all(reply.ok for reply in replies),
            queue=tuple(sorted((line for reply in replies for line in reply.queue), key=urgency)[: verb.most]),
            rows=tuple(row for reply in replies for row in reply.rows)[: verb.most],
        )
        return together if verb.summary is None else msgspec.structs.replace(together, text=verb.summary(together))

    async def _at_the_desk(self, visitor: _Visitor, tenant_id: TenantId, verb: Verb, intent: Intent) -> Reply:
        """Runs one act in one transaction of the tenant."""
        principal = visitor.principal
        request_id = intent.request_id or f"{self._surface}_{new_uuid().hex}"
        actor = principal.actor(tenant_id, request_id=request_id, permission=verb.permission)
        async with tenant_tx(self.records, tenant_id) as tx:
            place = Place(
                tx=tx,
                cipher=await self.keyring.cipher(tx),
                principal=principal,
                actor=actor,
                may=principal.permissions_in(tenant_id),
                directory=self.directory,
                session_began=visitor.session_began,
                operator=self._operator,
                events=self._events,
            )
            act: Act = verb.act
            if verb.changes and intent.request_id and not await queries.insert_request(tx, intent.request_id):
                return await _done_before(place, verb, intent)
            return await act(place, intent)


def customers(principal: Principal) -> list[Membership]:
    """The customers whose incidents the person may read."""
    return [
        membership
        for membership in principal.tenants()
        if membership.tenant_kind == "customer"
        and Permission.INCIDENT_READ in principal.permissions_in(membership.tenant_id)
    ]


def membership_of(principal: Principal, reference: str) -> Membership:
    """The tenant that a reference names among the person's own. Raises NotFound for all others, real or not."""
    code = reference.strip().partition("-")[0].upper()
    for membership in principal.tenants():
        if membership.tenant_code == code and membership.tenant_kind == "customer":
            return membership
    raise NotFound(NO_SUCH_INCIDENT)


def urgency(line: QueueLine) -> tuple[int, bool, int, float, str]:
    """The order of the queue: the most severe first, what nobody has acknowledged before the rest, then by score.

    Of two alike the older one comes first.
    """
    return -rank(line.severity), line.state != "new", -line.score, line.opened_at.timestamp(), line.ref


def _checked(intent: Intent) -> Verb:
    verb = TABLE.get(intent.verb)
    if verb is None:
        raise Invalid("The desk does not know this verb.", where="verb")
    known = {field.name for field in verb.fields}
    if stray := sorted(intent.arguments.keys() - known):
        raise Invalid(f"{verb.name} has no field of this name.", where=stray[0][:64])
    for field in verb.fields:
        _check_value(verb, field, intent.argument(field.name))
    return verb


def _check_value(verb: Verb, field: Field, given: str) -> None:
    if not given and field.is_required:
        raise Invalid(f"{verb.name} needs this: {field.label}.", where=field.name)
    if given and not field.shortest <= len(given) <= field.longest:
        raise Invalid(f"{field.label} must have {field.shortest} to {field.longest:,} characters.", where=field.name)
    if not is_text(given):
        raise Invalid(f"{field.label} has characters that are no text.", where=field.name)


async def _done_before(place: Place, verb: Verb, intent: Intent) -> Reply:
    """The answer to a request that is delivered again: how things stand now, for who may see it."""
    if verb.reach != "incident" or Permission.INCIDENT_READ not in place.may:
        return Reply(text=DONE_BEFORE)
    shown = await reading.show(place.tx, place.cipher, place.actor, place.may, incident=intent.incident)
    return Reply(text=DONE_BEFORE, card=shown.card)
