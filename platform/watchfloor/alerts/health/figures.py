"""The health of rules: what each did in a period, how often it was right, what was held or hidden, what it cost.

Reads the figures of one tenant (`figures_of`) and adds those of several up (`add_up`), which is pure. It decides
nothing: a rule with bad figures goes on until somebody narrows it or switches it off, with a reason.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from watchfloor.alerts.health import queries
from watchfloor.detect.rule import Level
from watchfloor.kernel.db import TenantTx


class Verdicts(msgspec.Struct, frozen=True, kw_only=True):
    """What people said of the incidents in which a rule has an alert."""

    true_positive: int = 0
    benign: int = 0
    false_positive: int = 0
    inconclusive: int = 0

    @property
    def decided(self) -> int:
        """How many of them say what it was."""
        return self.true_positive + self.benign + self.false_positive

    @property
    def precision(self) -> float | None:
        """The share of true positives among the decided, 0 to 1; None where nobody has decided anything."""
        return self.true_positive / self.decided if self.decided else None

    def plus(self, other: "Verdicts") -> "Verdicts":
        """Both together."""
        return Verdicts(
            true_positive=self.true_positive + other.true_positive,
            benign=self.benign + other.benign,
            false_positive=self.false_positive + other.false_positive,
            inconclusive=self.inconclusive + other.inconclusive,
        )


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
    verdicts = _verdicts(await queries.select_verdicts(tx, since=since))
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


def _verdicts(rows: Iterable[queries.VerdictRow]) -> Mapping[str, Verdicts]:
    counts: dict[str, dict[str, int]] = {}
    for row in rows:
        counts.setdefault(row.rule_id, {})[row.verdict] = row.incidents
    return {rule_id: Verdicts(**by_verdict) for rule_id, by_verdict in counts.items()}
