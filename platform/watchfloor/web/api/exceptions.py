"""`/tenants/{tenant}/exceptions`: what is hidden from this tenant's alerts, why, until when, and how much it was."""

from datetime import datetime
from typing import Annotated, Final

import msgspec
from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody, PathParameter

from watchfloor.access.roles import Permission
from watchfloor.alerts.overlay import commands, listing
from watchfloor.alerts.overlay.commands import LONGEST_FILTER, LONGEST_OWNER, NewException
from watchfloor.alerts.overlay.listing import ExceptionState, KeptException
from watchfloor.alerts.overlay.preview import Preview, concerned, preview
from watchfloor.detect.filters import parse_filter
from watchfloor.kernel import ids
from watchfloor.web.api.evidence import LAST_ID
from watchfloor.web.api.given import IN_TENANT, Cursor, InTenant, Page, PageSize
from watchfloor.web.api.rules import RuleReply, Why
from watchfloor.web.cursors import ById
from watchfloor.web.declaration import in_tenant

_LIST: Final = "exceptions"
_Name = Annotated[str, PathParameter(description="An exception's id (`exc_...`).", max_length=64)]
_Filter = Annotated[
    str,
    msgspec.Meta(min_length=1, max_length=LONGEST_FILTER, description="A Sigma filter in YAML: what is to be hidden."),
]


class ExceptionRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be hidden, who answers for it, why, and until when: a year ahead at most."""

    filter: _Filter
    owner: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_OWNER)]
    reason: Annotated[str, msgspec.Meta(min_length=commands.SHORTEST_REASON, max_length=commands.LONGEST_REASON)]
    expires_at: Annotated[datetime, msgspec.Meta(tz=True)]


class PreviewRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What would be hidden."""

    filter: _Filter


class PreviewView(msgspec.Struct, frozen=True, kw_only=True):
    """What the filter would have hidden of the newest alerts of its rules, judged by the events that they keep.

    `all_alerts` is how many there are, looked at or not; `judged_true` are the numbers of incidents that were judged
    true positives of which an event would have been hidden.
    """

    days: int
    all_alerts: int
    alerts: int
    alerts_hidden: int
    events: int
    events_hidden: int
    hosts: int
    judged_true: list[int]


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


class ExceptionReply(msgspec.Struct, frozen=True, kw_only=True):
    """The new exception, and what it would have hidden."""

    text: str
    exception: ExceptionView
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
    """Hide what a filter describes, from the next batch of events on."""
    written, rules = parse_filter(data.filter), await call.services.catalogue.rules()
    wanted = NewException(written=written, owner=data.owner, reason=data.reason, expires_at=data.expires_at)
    at = call.services.clock.now()
    async with call.records() as tx:
        cipher = await call.cipher(tx)
        exception_id = await commands.add_exception(tx, cipher, call.actor, wanted=wanted, rules=rules, at=at)
        seen = await preview(tx, cipher, written=written, rule_ids=concerned(written, rules), at=at)
        kept = await listing.find_exception(tx, cipher, exception_id, at=at)
    return ExceptionReply(text=str(seen), exception=_view(kept), preview=_preview(seen))


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
        return _preview(await preview(tx, cipher, written=written, rule_ids=concerned(written, rules), at=at))


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


def _preview(seen: Preview) -> PreviewView:
    return PreviewView(
        days=seen.days,
        all_alerts=seen.all_alerts,
        alerts=seen.alerts,
        alerts_hidden=seen.alerts_hidden,
        events=seen.events,
        events_hidden=seen.events_hidden,
        hosts=seen.hosts,
        judged_true=list(seen.judged_true),
    )
