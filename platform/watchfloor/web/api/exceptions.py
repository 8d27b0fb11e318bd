"""`/tenants/{tenant}/exceptions`: what is hidden from this tenant's alerts, why, until when, and how much it was."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Final

import msgspec
from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody, PathParameter

from watchfloor.access.roles import Permission
from watchfloor.alerts.overlay import commands, listing
from watchfloor.alerts.overlay.commands import LONGEST_FILTER, LONGEST_OWNER, NewException
from watchfloor.alerts.overlay.flow.by_hand import Weighed, weigh
from watchfloor.alerts.overlay.flow.policy import LONGEST_DAYS
from watchfloor.alerts.overlay.flow.requests import Request
from watchfloor.alerts.overlay.listing import ExceptionState, KeptException
from watchfloor.alerts.overlay.sealing import ExceptionBody
from watchfloor.desk.handwritten import Brought, Settled, bring
from watchfloor.desk.reply import Reply
from watchfloor.detect.filters import FilterDocument, parse_filter
from watchfloor.detect.rule import Rule
from watchfloor.kernel import ids
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import Conflict
from watchfloor.kernel.ids import ExceptionId
from watchfloor.kernel.outbox import INCIDENT_CHANGED
from watchfloor.web.api.evidence import LAST_ID
from watchfloor.web.api.given import IN_TENANT, Cursor, InTenant, Page, PageSize
from watchfloor.web.api.rules import RuleReply, Why
from watchfloor.web.calls import TenantCall
from watchfloor.web.cursors import ById
from watchfloor.web.declaration import in_tenant

_LIST: Final = "exceptions"
_Name = Annotated[str, PathParameter(description="An exception's id (`exc_...`).", max_length=64)]
_Filter = Annotated[
    str,
    msgspec.Meta(min_length=1, max_length=LONGEST_FILTER, description="A Sigma filter in YAML: what is to be hidden."),
]


class ExceptionRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be hidden, who answers for it, why, and until when: a year ahead at most.

    `incident` is the one that it comes from; where a second person must agree, it is asked for there.
    """

    filter: _Filter
    owner: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_OWNER)]
    reason: Annotated[str, msgspec.Meta(min_length=commands.SHORTEST_REASON, max_length=commands.LONGEST_REASON)]
    expires_at: Annotated[datetime, msgspec.Meta(tz=True)]
    incident: Annotated[str, msgspec.Meta(min_length=1, max_length=64)] | None = None


class PreviewRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What would be hidden."""

    filter: _Filter


class PreviewView(msgspec.Struct, frozen=True, kw_only=True):
    """What the filter would have hidden of the newest alerts of its rules, judged by the events that they keep.

    `all_alerts` is how many there are, looked at or not; `judged_true` are the numbers of incidents that were judged
    true positives of which an event would have been hidden. `second_person` says why one must agree, null if none must.
    """

    days: int
    all_alerts: int
    alerts: int
    alerts_hidden: int
    events: int
    events_hidden: int
    hosts: int
    judged_true: list[int]
    second_person: str | None


class ExceptionView(msgspec.Struct, frozen=True, kw_only=True):
    """An exception. `hidden` counts the matches of 30 days; `broken` ones hide nothing: a list of theirs is gone.

    `incident_id` is the incident that it was made from, if any.
    """

    id: str
    state: ExceptionState
    title: str
    rules: list[str]
    filter: dict[str, object]
    owner: str
    reason: str
    created_at: datetime
    created_by: str
    expires_at: datetime
    ended_at: datetime | None
    ended_by: str | None
    incident_id: str | None
    hidden: int
    last_hidden_at: datetime | None


class WaitingView(msgspec.Struct, frozen=True, kw_only=True):
    """A request that waits for a second person, and why it needs one. `number` is what `except-approve` calls it."""

    incident_id: str
    number: int
    because: str
    answer_by: datetime


class ExceptionReply(msgspec.Struct, frozen=True, kw_only=True):
    """The new exception, and what it would have hidden; or, with nothing hidden yet, the request for it."""

    text: str
    exception: ExceptionView | None
    waiting: WaitingView | None
    preview: PreviewView


@get("/exceptions", access=in_tenant(Permission.RULE_READ, "exception"), dependencies=IN_TENANT, tags=["rules"])
async def list_exceptions(call: InTenant, cursor: Cursor = None, limit: PageSize = 50) -> Page[ExceptionView]:
    """All exceptions that there ever were, the newest first."""
    before = LAST_ID
    if cursor is not None:
        before = call.services.cursors.read(call.tenant_id, _LIST, cursor, ById).id
    async with call.records() as tx:
        cipher, at = await call.cipher(tx), call.services.clock.now()
        found = await listing.list_exceptions(tx, cipher, before=before, limit=limit + 1, at=at)
    more = call.services.cursors.make(call.tenant_id, _LIST, ById(found[limit - 1].id)) if len(found) > limit else None
    return Page(items=[_view(kept) for kept in found[:limit]], next_cursor=more)


@post(
    "/exceptions",
    access=in_tenant(Permission.RULE_TUNE, "exception", limit="write"),
    dependencies=IN_TENANT,
    tags=["rules"],
    status_code=201,
)
async def add_exception(call: InTenant, data: JSONBody[ExceptionRequest]) -> ExceptionReply:
    """Hide what a filter describes, from the next batch of events on, or ask a second person where one is needed."""
    written, rules = parse_filter(data.filter), await call.services.catalogue.rules()
    at = call.services.clock.now()
    commands.check_exception(written, rules)
    commands.check_life(data.expires_at, at=at)
    async with call.records() as tx:
        cipher = await call.cipher(tx)
        weighed = await weigh(tx, cipher, written=written, rules=rules, at=at)
        asked = _Asked(data, written, weighed, at)
        if data.incident is None:
            exception_id = await _make(call, tx, cipher, asked, rules=rules)
            settled = Settled(reply=Reply(text=str(weighed.seen)), exception_id=exception_id)
        else:
            settled = await _bring(call, tx, cipher, asked, incident=data.incident)
        found = settled.exception_id
        kept = None if found is None else await listing.find_exception(tx, cipher, found, at=at)
    settled.reply.require()
    if settled.reply.changed:
        await call.hint(INCIDENT_CHANGED)
    return ExceptionReply(
        text=settled.reply.text,
        exception=None if kept is None else _view(kept),
        waiting=None if settled.request is None else _waiting(settled.request),
        preview=_preview(weighed),
    )


@post(
    "/exceptions/preview",
    access=in_tenant(Permission.RULE_TUNE, "exception", limit="write"),
    dependencies=IN_TENANT,
    tags=["rules"],
    status_code=200,
)
async def preview_exception(call: InTenant, data: JSONBody[PreviewRequest]) -> PreviewView:
    """What a filter would have hidden of the last days' alerts. Changes nothing."""
    written, rules = parse_filter(data.filter), await call.services.catalogue.rules()
    commands.check_exception(written, rules)
    async with call.records() as tx:
        cipher, at = await call.cipher(tx), call.services.clock.now()
        return _preview(await weigh(tx, cipher, written=written, rules=rules, at=at))


@post(
    "/exceptions/{exception:str}/end",
    access=in_tenant(Permission.RULE_TUNE, "exception", limit="write"),
    dependencies=IN_TENANT,
    tags=["rules"],
    status_code=200,
)
async def end_exception(call: InTenant, exception: _Name, data: JSONBody[Why]) -> RuleReply:
    """End an exception, from the next batch of events on."""
    exception_id = ids.parse("exc", exception)
    async with call.records() as tx:
        changed = await commands.end_exception(
            tx,
            await call.cipher(tx),
            call.actor,
            exception_id=exception_id,
            reason=data.reason,
            at=call.services.clock.now(),
        )
    text = "It hides nothing from the next batch of events on." if changed else "It had ended already."
    return RuleReply(text=text, changed=changed)


ROUTES: list[HTTPRouteHandler] = [list_exceptions, add_exception, preview_exception, end_exception]


class _Asked(msgspec.Struct, frozen=True):
    """A request that was read and weighed."""

    data: ExceptionRequest
    written: FilterDocument
    weighed: Weighed
    at: datetime


async def _make(
    call: TenantCall, tx: TenantTx, cipher: TenantCipher, asked: _Asked, *, rules: Sequence[Rule]
) -> ExceptionId:
    """Makes what one person may make alone. Raises Conflict for anything else: there is nobody here to ask."""
    if asked.weighed.because:
        raise Conflict(
            f"A second person must agree: {asked.weighed.because}.",
            where="incident",
            remedy="Name the incident that it comes from; there it is asked for.",
        )
    data = asked.data
    wanted = NewException(written=asked.written, owner=data.owner, reason=data.reason, expires_at=data.expires_at)
    return await commands.add_exception(tx, cipher, call.actor, wanted=wanted, rules=rules, at=asked.at)


async def _bring(call: TenantCall, tx: TenantTx, cipher: TenantCipher, asked: _Asked, *, incident: str) -> Settled:
    """Brings it to the incident. It lives in whole days from when it begins, which may be when somebody agrees."""
    data = asked.data
    brought = Brought(
        rule_id=asked.weighed.rule_id,
        body=ExceptionBody(written=asked.written, owner=data.owner.strip(), reason=data.reason.strip()),
        days=min(-((asked.at - data.expires_at) // timedelta(days=1)), LONGEST_DAYS),
        because=asked.weighed.because,
    )
    person_id = call.principal.person_id
    return await bring(
        tx, cipher, call.actor, call.permissions, incident=incident, brought=brought, person_id=person_id
    )


def _waiting(request: Request) -> WaitingView:
    row = request.row
    return WaitingView(
        incident_id=ids.show("inc", row.incident_id), number=row.number, because=row.because, answer_by=row.answer_by
    )


def _view(kept: KeptException) -> ExceptionView:
    written = kept.body.written
    return ExceptionView(
        id=commands.shown(kept.id),
        state=kept.state,
        title=written.title,
        rules=list(written.rules),
        filter=written.filter,
        owner=kept.body.owner,
        reason=kept.body.reason,
        created_at=kept.created_at,
        created_by=kept.created_by,
        expires_at=kept.expires_at,
        ended_at=kept.ended_at,
        ended_by=kept.ended_by,
        incident_id=None if kept.incident_id is None else ids.show("inc", kept.incident_id),
        hidden=kept.hidden,
        last_hidden_at=kept.last_hidden_at,
    )


def _preview(weighed: Weighed) -> PreviewView:
    seen = weighed.seen
    return PreviewView(
        days=seen.days,
        all_alerts=seen.all_alerts,
        alerts=seen.alerts,
        alerts_hidden=seen.alerts_hidden,
        events=seen.events,
        events_hidden=seen.events_hidden,
        hosts=seen.hosts,
        judged_true=list(seen.judged_true),
        second_person=weighed.because or None,
    )
