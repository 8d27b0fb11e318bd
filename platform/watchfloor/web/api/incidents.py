"""`/tenants/{tenant}/incidents`: the desk's commands over HTTP.

Holds no rule: each route hands the caller, the permissions and the words to the desk, and shows what it answers.
JSON carries text exactly as it was; whoever shows it neutralises it for the place where it is shown.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated

import msgspec
from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody, PathParameter, QueryParameter

from watchfloor.access import people
from watchfloor.access.principal import Principal
from watchfloor.access.roles import Permission
from watchfloor.alerts.alert import Severity
from watchfloor.desk import hands, moves, reading, work
from watchfloor.desk.display.listing import QueueLine
from watchfloor.desk.reply import Colleague, Reply
from watchfloor.incidents.incident import OPEN_STATES, State, VerdictKind
from watchfloor.kernel import ids
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx, directory_tx
from watchfloor.kernel.errors import NotFound
from watchfloor.kernel.ids import IncidentId
from watchfloor.kernel.outbox import INCIDENT_CHANGED
from watchfloor.web.api.given import IN_TENANT, Cursor, InTenant, Page, PageSize
from watchfloor.web.api.views import IncidentView, incident_view
from watchfloor.web.calls import TenantCall
from watchfloor.web.cursors import ByTime
from watchfloor.web.declaration import in_tenant

_LIST = "incidents"
_Name = Annotated[str, PathParameter(description="A reference (`ACME-12`) or an id (`inc_...`).", max_length=64)]
_States = Annotated[list[State] | None, QueryParameter(name="state", description="Only these; else the open ones.")]
_Work = Callable[[TenantTx, TenantCipher], Awaitable[Reply]]


class IncidentLine(msgspec.Struct, frozen=True, kw_only=True):
    """An incident in the queue. `acknowledge_by` is null once somebody has acknowledged it.

    `score` is 0 to 100, the higher the more urgent among those of its severity.
    """

    id: str
    ref: str
    title: str
    severity: Severity
    score: int
    state: State
    assignee: str | None
    verdict: VerdictKind | None
    opened_at: datetime
    acknowledge_by: datetime | None
    last_event_at: datetime
    updated_at: datetime
    alerts: int
    revision: int


class IncidentReply(msgspec.Struct, frozen=True, kw_only=True):
    """What a command did: `changed` is false when there was nothing to do."""

    text: str
    changed: bool
    incident: IncidentView


class Assignment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who takes it: a colleague's e-mail address, or `me`."""

    assignee: Annotated[str, msgspec.Meta(min_length=2, max_length=320)]


class Judgement(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What it was, and why: the customer reads the reason."""

    verdict: VerdictKind
    reason: Annotated[str, msgspec.Meta(min_length=work.SHORTEST_REASON, max_length=hands.LONGEST_TEXT)]


class Note(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A line for the timeline."""

    text: Annotated[str, msgspec.Meta(min_length=1, max_length=hands.LONGEST_TEXT)]


@get(
    "/incidents",
    access=in_tenant(Permission.INCIDENT_READ, "incident"),
    dependencies=IN_TENANT,
    tags=["incidents"],
)
async def list_incidents(
    call: InTenant, states: _States = None, cursor: Cursor = None, limit: PageSize = 50
) -> Page[IncidentLine]:
    """The queue, the newest first."""
    before = None
    if cursor is not None:
        place = call.services.cursors.read(call.tenant_id, _LIST, cursor, ByTime)
        before = (place.at, IncidentId(place.id))
    async with call.records() as tx:
        cipher = await call.cipher(tx)
        wanted = tuple(states) if states else OPEN_STATES
        reply = await reading.queue(
            tx, cipher, call.actor, call.permissions, states=wanted, before=before, limit=limit + 1
        )
    lines = reply.require().queue
    more = None
    if len(lines) > limit:
        last = lines[limit - 1]
        more = call.services.cursors.make(call.tenant_id, _LIST, ByTime(last.opened_at, last.id))
    return Page(items=[_line(line) for line in lines[:limit]], next_cursor=more)


@get(
    "/incidents/{incident:str}",
    access=in_tenant(Permission.INCIDENT_READ, "incident"),
    dependencies=IN_TENANT,
    tags=["incidents"],
)
async def read_incident(call: InTenant, incident: _Name) -> IncidentView:
    """An incident with its timeline."""
    async with call.records() as tx:
        reply = await reading.show(tx, await call.cipher(tx), call.actor, call.permissions, incident=incident)
    return incident_view(reply.require())


@post(
    "/incidents/{incident:str}/acknowledge",
    access=in_tenant(Permission.INCIDENT_ACKNOWLEDGE, "incident", limit="write"),
    dependencies=IN_TENANT,
    tags=["incidents"],
    status_code=200,
)
async def acknowledge_incident(call: InTenant, incident: _Name) -> IncidentReply:
    """Say that somebody looks at it."""
    actor, allowed = call.actor, call.permissions
    return await _run(call, lambda tx, cipher: moves.acknowledge(tx, cipher, actor, allowed, incident=incident))


@post(
    "/incidents/{incident:str}/assign",
    access=in_tenant(Permission.INCIDENT_ASSIGN, "incident", limit="write"),
    dependencies=IN_TENANT,
    tags=["incidents"],
    status_code=200,
)
async def assign_incident(call: InTenant, incident: _Name, data: JSONBody[Assignment]) -> IncidentReply:
    """Put a colleague in charge."""
    actor, allowed = call.actor, call.permissions
    colleague = await _colleague(call, data.assignee)
    return await _run(
        call, lambda tx, cipher: work.assign(tx, cipher, actor, allowed, incident=incident, assignee=colleague)
    )


@post(
    "/incidents/{incident:str}/verdict",
    access=in_tenant(Permission.INCIDENT_VERDICT, "incident", limit="write"),
    dependencies=IN_TENANT,
    tags=["incidents"],
    status_code=200,
)
async def judge_incident(call: InTenant, incident: _Name, data: JSONBody[Judgement]) -> IncidentReply:
    """Say what it was."""
    actor, allowed, kind, reason = call.actor, call.permissions, data.verdict, data.reason
    return await _run(
        call,
        lambda tx, cipher: work.verdict(tx, cipher, actor, allowed, incident=incident, verdict=kind, reason=reason),
    )


@post(
    "/incidents/{incident:str}/note",
    access=in_tenant(Permission.INCIDENT_NOTE, "incident", limit="write"),
    dependencies=IN_TENANT,
    tags=["incidents"],
    status_code=200,
)
async def note_on_incident(call: InTenant, incident: _Name, data: JSONBody[Note]) -> IncidentReply:
    """Add a line to the timeline."""
    actor, allowed, text = call.actor, call.permissions, data.text
    return await _run(call, lambda tx, cipher: work.note(tx, cipher, actor, allowed, incident=incident, text=text))


@post(
    "/incidents/{incident:str}/contain",
    access=in_tenant(Permission.INCIDENT_CONTAIN, "incident", limit="write"),
    dependencies=IN_TENANT,
    tags=["incidents"],
    status_code=200,
)
async def contain_incident(call: InTenant, incident: _Name) -> IncidentReply:
    """Say that the harm no longer spreads."""
    actor, allowed = call.actor, call.permissions
    return await _run(call, lambda tx, cipher: moves.contain(tx, cipher, actor, allowed, incident=incident))


@post(
    "/incidents/{incident:str}/resolve",
    access=in_tenant(Permission.INCIDENT_RESOLVE, "incident", limit="write"),
    dependencies=IN_TENANT,
    tags=["incidents"],
    status_code=200,
)
async def resolve_incident(call: InTenant, incident: _Name) -> IncidentReply:
    """Say that the work is done. It needs a verdict."""
    actor, allowed = call.actor, call.permissions
    return await _run(call, lambda tx, cipher: moves.resolve(tx, cipher, actor, allowed, incident=incident))


@post(
    "/incidents/{incident:str}/close",
    access=in_tenant(Permission.INCIDENT_RESOLVE, "incident", limit="write"),
    dependencies=IN_TENANT,
    tags=["incidents"],
    status_code=200,
)
async def close_incident(call: InTenant, incident: _Name) -> IncidentReply:
    """Put a resolved incident away."""
    actor, allowed = call.actor, call.permissions
    return await _run(call, lambda tx, cipher: moves.close(tx, cipher, actor, allowed, incident=incident))


@post(
    "/incidents/{incident:str}/reopen",
    access=in_tenant(Permission.INCIDENT_RESOLVE, "incident", limit="write"),
    dependencies=IN_TENANT,
    tags=["incidents"],
    status_code=200,
)
async def reopen_incident(call: InTenant, incident: _Name) -> IncidentReply:
    """Take a resolved or closed incident up again."""
    actor, allowed = call.actor, call.permissions
    return await _run(call, lambda tx, cipher: moves.reopen(tx, cipher, actor, allowed, incident=incident))


ROUTES: list[HTTPRouteHandler] = [
    list_incidents,
    read_incident,
    acknowledge_incident,
    assign_incident,
    judge_incident,
    note_on_incident,
    contain_incident,
    resolve_incident,
    close_incident,
    reopen_incident,
]


async def _run(call: TenantCall, work: _Work) -> IncidentReply:
    """Runs a command in a transaction of its own; a refusal is raised once its audit entry is committed."""
    async with call.records() as tx:
        reply = await work(tx, await call.cipher(tx))
    reply.require()
    if reply.changed:
        await call.hint(INCIDENT_CHANGED)
    return IncidentReply(text=reply.text, changed=reply.changed, incident=incident_view(reply))


async def _colleague(call: TenantCall, name: str) -> Colleague:
    """The person with this address, with what that one may do here. Raises NotFound for all others alike."""
    async with directory_tx(call.services.auth) as tx:
        person: Principal = (
            await people.principal_of(tx, call.principal.person_id)
            if name == "me"
            else await people.principal_with_email(tx, name)
        )
    permissions = person.permissions_in(call.tenant_id)
    if not permissions:
        raise NotFound("There is no such colleague who works incidents of this tenant.")
    return Colleague(person_id=person.person_id, permissions=permissions)


def _line(line: QueueLine) -> IncidentLine:
    return IncidentLine(
        id=ids.show("inc", line.id),
        ref=line.ref,
        title=line.title.for_computing(),
        severity=line.severity,
        score=line.score,
        state=line.state,
        assignee=None if line.assignee_id is None else ids.show("per", line.assignee_id),
        verdict=line.verdict,
        opened_at=line.opened_at,
        acknowledge_by=line.acknowledge_by,
        last_event_at=line.last_event_at,
        updated_at=line.updated_at,
        alerts=line.alerts,
        revision=line.revision,
    )
