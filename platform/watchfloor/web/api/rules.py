"""`/tenants/{tenant}/rules` and `/lists`: what the shared rules are to this tenant, and its lists.

Holds no rule: what may be changed, and how, is in `alerts.overlay.commands`.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody, PathParameter

from watchfloor.access.roles import Permission
from watchfloor.alerts.overlay import commands, listing
from watchfloor.alerts.overlay.commands import LONGEST_ENTRY, LONGEST_REASON, MOST_ENTRIES, SHORTEST_REASON
from watchfloor.alerts.overlay.listing import RuleState, TunedRule
from watchfloor.audit.append import Actor
from watchfloor.detect.rule import Level, Rule
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.web.api.given import IN_TENANT, Cursor, InTenant, Page, PageSize
from watchfloor.web.calls import TenantCall
from watchfloor.web.cursors import ById
from watchfloor.web.declaration import in_tenant

_LIST: Final = "rules"
_FIRST: Final = UUID(int=0)
_Name = Annotated[str, PathParameter(description="A rule's id, name or title.", max_length=300)]
_ListName = Annotated[str, PathParameter(description="A list's name.", max_length=64)]
_Work = Callable[[TenantTx, TenantCipher, Actor, Rule], Awaitable[bool]]

Reason = Annotated[str, msgspec.Meta(min_length=SHORTEST_REASON, max_length=LONGEST_REASON)]


class RuleLine(msgspec.Struct, frozen=True, kw_only=True):
    """A rule. `level` is this tenant's; `hidden` counts the matches of 30 days that nobody was shown."""

    id: str
    name: str | None
    title: str
    path: str
    techniques: list[str]
    level: Level
    shared_level: Level
    state: RuleState
    missing_lists: list[str]
    exceptions: int
    hidden: int
    last_hidden_at: datetime | None
    reason: str | None
    changed_at: datetime | None
    changed_by: str | None


class RuleReply(msgspec.Struct, frozen=True, kw_only=True):
    """What a command did: `changed` is false when it was so already."""

    text: str
    changed: bool


class ListView(msgspec.Struct, frozen=True, kw_only=True):
    """A list that rules and exceptions use by `%name%`."""

    name: str
    entries: list[str]
    reason: str
    changed_at: datetime
    changed_by: str


class Why(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why."""

    reason: Reason


class LevelChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The severity of the rule's new alerts; null takes the shared one again."""

    level: Level | None
    reason: Reason


class ListChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A list as it is to be. `*` and `?` are wildcards unless a backslash stands before them."""

    name: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
    entries: Annotated[
        list[Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_ENTRY)]],
        msgspec.Meta(min_length=1, max_length=MOST_ENTRIES),
    ]
    reason: Reason


@get("/rules", access=in_tenant(Permission.RULE_READ, "rule"), dependencies=IN_TENANT, tags=["rules"])
async def list_rules(call: InTenant, cursor: Cursor = None, limit: PageSize = 50) -> Page[RuleLine]:
    """The shared rules, with what this tenant changed about them."""
    after = _FIRST
    if cursor is not None:
        after = call.services.cursors.read(call.tenant_id, _LIST, cursor, ById).id
    known = sorted(await call.services.catalogue.rules(), key=lambda rule: rule.id)
    wanted = [rule for rule in known if rule.id > str(after)][: limit + 1]
    async with call.records() as tx:
        found = await listing.list_rules(tx, await call.cipher(tx), rules=wanted, at=call.services.clock.now())
    more = None
    if len(found) > limit:
        more = call.services.cursors.make(call.tenant_id, _LIST, ById(UUID(found[limit - 1].rule.id)))
    return Page(items=[_line(tuned) for tuned in found[:limit]], next_cursor=more)


@post(
    "/rules/{rule:str}/disable",
    access=in_tenant(Permission.RULE_TUNE, "rule", limit="write"),
    dependencies=IN_TENANT,
    tags=["rules"],
    status_code=200,
)
async def disable_rule(call: InTenant, rule: _Name, data: JSONBody[Why]) -> RuleReply:
    """Switch a rule off for this tenant. Its matches are counted."""
    reason = data.reason
    return await _change(
        call, rule, lambda tx, cipher, actor, found: commands.disable_rule(tx, cipher, actor, rule=found, reason=reason)
    )


@post(
    "/rules/{rule:str}/enable",
    access=in_tenant(Permission.RULE_TUNE, "rule", limit="write"),
    dependencies=IN_TENANT,
    tags=["rules"],
    status_code=200,
)
async def enable_rule(call: InTenant, rule: _Name, data: JSONBody[Why]) -> RuleReply:
    """Switch a rule on again."""
    reason = data.reason
    return await _change(
        call, rule, lambda tx, cipher, actor, found: commands.enable_rule(tx, cipher, actor, rule=found, reason=reason)
    )


@post(
    "/rules/{rule:str}/level",
    access=in_tenant(Permission.RULE_TUNE, "rule", limit="write"),
    dependencies=IN_TENANT,
    tags=["rules"],
    status_code=200,
)
async def set_rule_level(call: InTenant, rule: _Name, data: JSONBody[LevelChange]) -> RuleReply:
    """Give a rule's new alerts another severity."""
    level, reason = data.level, data.reason
    return await _change(
        call,
        rule,
        lambda tx, cipher, actor, found: commands.set_level(tx, cipher, actor, rule=found, level=level, reason=reason),
    )


@get("/lists", access=in_tenant(Permission.RULE_READ, "list"), dependencies=IN_TENANT, tags=["rules"])
async def list_lists(call: InTenant) -> list[ListView]:
    """The tenant's lists."""
    async with call.records() as tx:
        found = await listing.list_lists(tx, await call.cipher(tx))
    return [
        ListView(
            name=kept.name,
            entries=list(kept.entries),
            reason=kept.reason,
            changed_at=kept.changed_at,
            changed_by=kept.changed_by,
        )
        for kept in found
    ]


@post(
    "/lists",
    access=in_tenant(Permission.RULE_TUNE, "list", limit="write"),
    dependencies=IN_TENANT,
    tags=["rules"],
    status_code=200,
)
async def set_list(call: InTenant, data: JSONBody[ListChange]) -> RuleReply:
    """Make a list, or make it anew."""
    async with call.records() as tx:
        changed = await commands.set_list(
            tx, await call.cipher(tx), call.actor, name=data.name, entries=data.entries, reason=data.reason
        )
    return _reply(changed=changed)


@post(
    "/lists/{list_name:str}/remove",
    access=in_tenant(Permission.RULE_TUNE, "list", limit="write"),
    dependencies=IN_TENANT,
    tags=["rules"],
    status_code=200,
)
async def remove_list(call: InTenant, list_name: _ListName, data: JSONBody[Why]) -> RuleReply:
    """Remove a list. What needs it is inactive then."""
    async with call.records() as tx:
        await commands.remove_list(tx, await call.cipher(tx), call.actor, name=list_name, reason=data.reason)
    return _reply(changed=True)


ROUTES: list[HTTPRouteHandler] = [
    list_rules,
    disable_rule,
    enable_rule,
    set_rule_level,
    list_lists,
    set_list,
    remove_list,
]


async def _change(call: TenantCall, name: str, work: _Work) -> RuleReply:
    rule = await call.services.catalogue.rule(name)
    async with call.records() as tx:
        changed = await work(tx, await call.cipher(tx), call.actor, rule)
    return _reply(changed=changed)


def _reply(*, changed: bool) -> RuleReply:
    text = "Done. It holds from the next batch of events on." if changed else "It was so already."
    return RuleReply(text=text, changed=changed)


def _line(tuned: TunedRule) -> RuleLine:
    rule = tuned.rule
    return RuleLine(
        id=rule.id,
        name=rule.name,
        title=rule.title,
        path=rule.path,
        techniques=list(rule.techniques),
        level=tuned.level,
        shared_level=rule.level,
        state=tuned.state,
        missing_lists=list(tuned.missing_lists),
        exceptions=tuned.exceptions,
        hidden=tuned.hidden,
        last_hidden_at=tuned.last_hidden_at,
        reason=tuned.reason,
        changed_at=tuned.changed_at,
        changed_by=tuned.changed_by,
    )
