"""`/rules/health` and `/tenants/{tenant}/rules/health`: what each rule did, how often it was right, what it cost.

Across tenants it adds up those that the caller may see, each read in a transaction of its own and, for the MSSP's
people, written into that customer's access log. A caller with one tenant gets that one.
"""

from datetime import datetime, timedelta
from typing import Annotated, Final

import msgspec
from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter

from watchfloor.access.roles import Permission
from watchfloor.alerts.health.figures import RuleFigures, add_up, figures_of
from watchfloor.detect.rule import Level
from watchfloor.web.api.given import IDENTIFIED, IN_TENANT, Identified, InTenant
from watchfloor.web.calls import TenantCall, Visit
from watchfloor.web.declaration import identified, in_tenant

_ROUTE: Final = "GET /api/v1/rules/health"
_VISIT: Final = Visit(object_kind="rule", object_id="health")
_Days = Annotated[int, QueryParameter(description="How many days to look back.", ge=1, le=400)]
_Most = Annotated[int, QueryParameter(description="How many rules at most, the busiest first.", ge=1, le=5000)]


class VerdictCounts(msgspec.Struct, frozen=True, kw_only=True):
    """The verdicts on the incidents in which a rule has an alert."""

    true_positive: int
    benign: int
    false_positive: int
    inconclusive: int


class RuleHealth(msgspec.Struct, frozen=True, kw_only=True):
    """A rule in the period.

    `held_matches` are in alerts of a throttled rule, in place of `held_alerts` alerts of their own. `precision` is the
    share of true positives among the decided verdicts, null without any; nineteen times out of twenty it truly lies
    between `precision_low` and `precision_high`. `share_of_time` is the rule's part of all
    time that matching took, null where it was not measured. `tenants` counts those in which it matched,
    `throttled_in` and `off_in` those in which it is throttled or switched off now.
    """

    id: str
    title: str
    level: Level | None
    matches: int
    alerts: int
    held_matches: int
    held_alerts: int
    tenants: int
    last_event_at: datetime | None
    throttled_since: datetime | None
    throttled_in: int
    hidden: int
    off_in: int
    verdicts: VerdictCounts
    precision: float | None
    precision_low: float
    precision_high: float
    candidates: int
    share_of_time: float | None


class HealthView(msgspec.Struct, frozen=True, kw_only=True):
    """The health of rules since a moment. `tenants` are the short names of those that it is made of."""

    since: datetime
    tenants: list[str]
    total: int
    rules: list[RuleHealth]


@get("/rules/health", access=identified(), dependencies=IDENTIFIED, tags=["rules"])
async def read_health(call: Identified, days: _Days = 30, limit: _Most = 200) -> HealthView:
    """The health of rules in all tenants whose rules I may see."""
    since = call.services.clock.now() - timedelta(days=days)
    by_tenant: dict[str, list[RuleFigures]] = {}
    for membership in call.principal.tenants():
        tenant = TenantCall(
            call,
            membership.tenant_id,
            Permission.RULE_READ,
            route=_ROUTE,
            visit=_VISIT if call.principal.acts_as_staff_in(membership.tenant_id) else None,
        )
        if membership.tenant_kind == "customer" and tenant.permission in tenant.permissions:
            by_tenant[membership.tenant_slug] = await _figures(tenant, since)
    return _view(by_tenant, since, limit)


@get(
    "/rules/health",
    access=in_tenant(Permission.RULE_READ, "rule"),
    dependencies=IN_TENANT,
    tags=["rules"],
)
async def read_tenant_health(call: InTenant, days: _Days = 30, limit: _Most = 200) -> HealthView:
    """The health of rules in this tenant."""
    since = call.services.clock.now() - timedelta(days=days)
    figures = await _figures(call, since)
    slug = next(one.tenant_slug for one in call.principal.tenants() if one.tenant_id == call.tenant_id)
    return _view({slug: figures}, since, limit)


ROUTES: list[HTTPRouteHandler] = [read_tenant_health]
"""Inside a tenant."""

ACROSS: list[HTTPRouteHandler] = [read_health]
"""Across the caller's tenants."""


async def _figures(call: TenantCall, since: datetime) -> list[RuleFigures]:
    async with call.records() as tx:
        return await figures_of(tx, since=since)


def _view(by_tenant: dict[str, list[RuleFigures]], since: datetime, limit: int) -> HealthView:
    figures = add_up(by_tenant.values())
    measured = sum(one.nanoseconds for one in figures)
    return HealthView(
        since=since,
        tenants=sorted(by_tenant),
        total=len(figures),
        rules=[_line(one, measured) for one in figures[:limit]],
    )


def _line(one: RuleFigures, measured: int) -> RuleHealth:
    return RuleHealth(
        id=one.rule_id,
        title=one.title,
        level=one.level,
        matches=one.matches,
        alerts=one.opened,
        held_matches=one.held_matches,
        held_alerts=one.held_keys,
        tenants=one.tenants,
        last_event_at=one.last_event_at,
        throttled_since=one.throttled_since,
        throttled_in=one.throttled_tenants,
        hidden=one.hidden,
        off_in=one.off_in,
        verdicts=VerdictCounts(
            true_positive=one.verdicts.true_positive,
            benign=one.verdicts.benign,
            false_positive=one.verdicts.false_positive,
            inconclusive=one.verdicts.inconclusive,
        ),
        precision=one.verdicts.precision,
        precision_low=one.verdicts.bounds[0],
        precision_high=one.verdicts.bounds[1],
        candidates=one.candidates,
        share_of_time=one.nanoseconds / measured if one.nanoseconds else None,
    )
