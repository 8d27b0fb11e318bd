"""The health of rules: what each did in a period, how often it was right, what was held or hidden, what it cost.

Reads the figures of one tenant (`figures_of`) and adds those of several up (`add_up`), which is pure. It decides
nothing: a rule with bad figures goes on until somebody narrows it or switches it off, with a reason.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from watchfloor.alerts.health import queries
from watchfloor.alerts.precision.estimate import Verdicts
from watchfloor.alerts.precision.figures import by_rule
from watchfloor.alerts.precision.queries import select_tallies_since
from watchfloor.detect.rule import Level
from watchfloor.kernel.db import TenantTx


class RuleFigures(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one rule, in one tenant or in several.

    `title` and `level` are empty for a rule that only cost and never matched. `matches` are the counted ones, of which
    `held_matches` are in standing alerts, where `held_keys` alerts were held together; `opened` counts alerts of their
    own. `tenants` counts those in which it matched in the period, `throttled_tenants` those in which it is throttled
    now, since `throttled_since` the first. `hidden` were matches that exceptions hid, `off_in` counts tenants that
    switched the rule off. `nanoseconds` is 0 where nothing was measured.
    """

    rule_id: str
    title: str = ""
    level: Level | None = None
    matches: int = 0
    opened: int = 0
    held_matches: int = 0
    held_keys: int = 0
    tenants: int = 0
    last_event_at: datetime | None = None
    throttled_since: datetime | None = None
    throttled_last: datetime | None = None
    throttled_tenants: int = 0
    hidden: int = 0
    off_in: int = 0
    verdicts: Verdicts = Verdicts()
    candidates: int = 0
    nanoseconds: int = 0


async def figures_of(tx: TenantTx, *, since: datetime) -> list[RuleFigures]:
    """The figures of the tenant's rules since a moment, in the order of their ids: whatever did or cost anything."""
    verdicts = by_rule(await select_tallies_since(tx, since))
    hidden = {row.rule_id: row.hidden for row in await queries.select_hidden(tx, since=since.date())}
    costs = {row.rule_id: row for row in await queries.select_costs(tx, since=since.date())}
    disabled = frozenset(await queries.select_disabled(tx))
    activity = {row.rule_id: row for row in await queries.select_activity(tx, since=since)}
    nothing = queries.CostRow(rule_id="", candidates=0, nanoseconds=0)
    return [
        _with_activity(
            RuleFigures(
                rule_id=rule_id,
                hidden=hidden.get(rule_id, 0),
                off_in=int(rule_id in disabled),
                verdicts=verdicts.get(rule_id, Verdicts()),
                candidates=costs.get(rule_id, nothing).candidates,
                nanoseconds=costs.get(rule_id, nothing).nanoseconds,
            ),
            activity.get(rule_id),
        )
        for rule_id in sorted({*activity, *hidden, *costs, *disabled})
    ]


async def switched_off(tx: TenantTx) -> list[str]:
    """The ids of the rules that the tenant has switched off."""
    return await queries.select_disabled(tx)


def add_up(tenants: Iterable[Sequence[RuleFigures]]) -> list[RuleFigures]:
    """The figures of several tenants together, the rules with the most matches first."""
    sums: dict[str, RuleFigures] = {}
    for figures in tenants:
        for one in figures:
            earlier = sums.get(one.rule_id)
            sums[one.rule_id] = one if earlier is None else _sum(earlier, one)
    return sorted(sums.values(), key=lambda one: (-one.matches, one.title, one.rule_id))


def _with_activity(figures: RuleFigures, row: queries.Activity | None) -> RuleFigures:
    if row is None:
        return figures
    return msgspec.structs.replace(
        figures,
        title=row.title,
        level=row.level,
        matches=row.matches,
        opened=row.opened,
        held_matches=row.held_matches,
        held_keys=row.held_keys,
        tenants=int(row.matches > 0),
        last_event_at=row.last_event_at,
        throttled_since=row.throttled_since,
        throttled_last=row.throttled_last,
        throttled_tenants=int(row.throttled_since is not None),
    )


def _sum(one: RuleFigures, other: RuleFigures) -> RuleFigures:
    return RuleFigures(
        rule_id=one.rule_id,
        title=one.title or other.title,
        level=one.level or other.level,
        matches=one.matches + other.matches,
        opened=one.opened + other.opened,
        held_matches=one.held_matches + other.held_matches,
        held_keys=one.held_keys + other.held_keys,
        tenants=one.tenants + other.tenants,
        last_event_at=_of((one.last_event_at, other.last_event_at), newest=True),
        throttled_since=_of((one.throttled_since, other.throttled_since), newest=False),
        throttled_last=_of((one.throttled_last, other.throttled_last), newest=True),
        throttled_tenants=one.throttled_tenants + other.throttled_tenants,
        hidden=one.hidden + other.hidden,
        off_in=one.off_in + other.off_in,
        verdicts=one.verdicts.plus(other.verdicts),
        candidates=one.candidates + other.candidates,
        nanoseconds=one.nanoseconds + other.nanoseconds,
    )


def _of(moments: Iterable[datetime | None], *, newest: bool) -> datetime | None:
    known = [moment for moment in moments if moment is not None]
    if not known:
        return None
    return max(known) if newest else min(known)
