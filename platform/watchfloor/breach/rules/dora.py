"""Whether an ICT incident is major under DORA (Delegated Regulation (EU) 2024/1772, Art. 8 and 9).

Owns the classification and its reasons. Three-valued: what nobody knows yet is named and never counted as a no. It
classifies for a person, who then enters when the incident was classified.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal, TypeAlias, TypeVar

import msgspec

from watchfloor.breach.rules.calendar_days import add_months
from watchfloor.breach.rules.regime import Dated

Criterion: TypeAlias = Literal[
    "clients_counterparts_transactions",
    "reputation",
    "duration_downtime",
    "geographical_spread",
    "data_losses",
    "economic_impact",
]

Reputation: TypeAlias = Literal["media", "repeated_complaints", "rules_missed", "clients_lost"]

Kind = TypeVar("Kind", bound=str)


class DoraThresholds(Dated, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The numbers of Art. 9; each is met when it is exceeded."""

    clients_percent: int
    clients: int
    counterparts_percent: int
    transactions_percent: int
    duration_hours: int
    downtime_hours: int
    member_states: int
    """Met from this many on."""
    cost_eur: int
    criteria: int
    """How many criteria make an incident major."""
    recurring_times: int
    recurring_months: int


class DoraImpact(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an incident's effect. None is "not known", which is not the same as none."""

    critical_services: bool | None = None
    malicious_access: bool | None = None
    """Successful, malicious, unauthorised access that may lead to losses of data."""
    clients: int | None = None
    clients_all: int | None = None
    """All clients of the affected service."""
    counterparts: int | None = None
    counterparts_all: int | None = None
    transactions: int | None = None
    transactions_daily: int | None = None
    transactions_eur: int | None = None
    transactions_daily_eur: int | None = None
    relevant_client: bool | None = None
    reputation: frozenset[Reputation] | None = None
    duration: timedelta | None = None
    downtime_critical: timedelta | None = None
    """Of services that support critical or important functions."""
    member_states: frozenset[str] | None = None
    data_loss: bool | None = None
    """Loss of availability, authenticity, integrity or confidentiality of data with an adverse effect."""
    cost_eur: int | None = None
    """Costs and losses, direct and indirect, before anything is recovered."""


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """One criterion: met, not met, or None with what must be known to say."""

    criterion: Criterion
    met: bool | None
    reasons: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


class Classification(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome: `major` is None while what is missing could decide it."""

    major: bool | None
    rule: str
    criteria: tuple[Judged, ...]
    reasons: tuple[str, ...]
    missing: tuple[str, ...]


class PastIncident(msgspec.Struct, frozen=True, kw_only=True):
    """An incident that was not major by itself."""

    reference: str
    occurred_at: datetime
    root_cause: str
    impact: DoraImpact


def classify(impact: DoraImpact, rule: DoraThresholds) -> Classification:
    """Judge an incident: critical services affected, and either malicious access or enough criteria."""
    criteria = _criteria(impact, rule)
    met = sum(judged.met is True for judged in criteria)
    possible = met + sum(judged.met is None for judged in criteria)
    enough = True if met >= rule.criteria else (None if possible >= rule.criteria else False)
    major = _both(impact.critical_services, _either(impact.malicious_access, enough))
    return Classification(
        major=major,
        rule=rule.id,
        criteria=criteria,
        reasons=_reasons(impact, criteria, met),
        missing=() if major is not None else _missing(impact, criteria),
    )


def recurring(incidents: Sequence[PastIncident], rule: DoraThresholds) -> tuple[PastIncident, ...]:
    """The largest set of incidents with one root cause, within the months of the rule, that together are major.

    Empty where there is none. Counts and costs add up; member states and kinds of harm are put together.
    """
    found: tuple[PastIncident, ...] = ()
    for first in incidents:
        window = tuple(
            other
            for other in incidents
            if other.root_cause == first.root_cause
            and first.occurred_at <= other.occurred_at <= months_after(first.occurred_at, rule.recurring_months)
        )
        is_series = len(window) >= rule.recurring_times and len(window) > len(found)
        if is_series and classify(together([incident.impact for incident in window]), rule).major:
            found = window
    return tuple(sorted(found, key=lambda incident: incident.occurred_at))


def months_after(instant: datetime, months: int) -> datetime:
    """The same time of day, `months` later."""
    return datetime.combine(add_months(instant.date(), months), instant.timetz())


def together(impacts: Sequence[DoraImpact]) -> DoraImpact:
    """Several incidents as one.

    Numbers add up as far as they are known; of the sizes that shares are taken of, the largest one counts. A yes of one
    is a yes of all; without one, an unknown stays unknown.
    """
    return DoraImpact(
        critical_services=_any([impact.critical_services for impact in impacts]),
        malicious_access=_any([impact.malicious_access for impact in impacts]),
        clients=_sum([impact.clients for impact in impacts]),
        clients_all=_largest([impact.clients_all for impact in impacts]),
        counterparts=_sum([impact.counterparts for impact in impacts]),
        counterparts_all=_largest([impact.counterparts_all for impact in impacts]),
        transactions=_sum([impact.transactions for impact in impacts]),
        transactions_daily=_largest([impact.transactions_daily for impact in impacts]),
        transactions_eur=_sum([impact.transactions_eur for impact in impacts]),
        transactions_daily_eur=_largest([impact.transactions_daily_eur for impact in impacts]),
        relevant_client=_any([impact.relevant_client for impact in impacts]),
        reputation=_union([impact.reputation for impact in impacts]),
        duration=_time([impact.duration for impact in impacts]),
        downtime_critical=_time([impact.downtime_critical for impact in impacts]),
        member_states=_union([impact.member_states for impact in impacts]),
        data_loss=_any([impact.data_loss for impact in impacts]),
        cost_eur=_sum([impact.cost_eur for impact in impacts]),
    )


class _Test(msgspec.Struct, frozen=True):
    """One way to meet a criterion."""

    met: bool | None
    reason: str
    needs: str


def _criteria(impact: DoraImpact, rule: DoraThresholds) -> tuple[Judged, ...]:
    states = None if impact.member_states is None else len(impact.member_states) >= rule.member_states
    cost = _over(impact.cost_eur, rule.cost_eur)
    harm = None if impact.reputation is None else bool(impact.reputation)
    kinds = ", ".join(sorted(impact.reputation or ()))
    return (
        _judged("clients_counterparts_transactions", _client_tests(impact, rule)),
        _judged("reputation", [_Test(harm, f"reputation: {kinds}", "reputation")]),
        _judged("duration_downtime", _time_tests(impact, rule)),
        _judged("geographical_spread", [_Test(states, f"{rule.member_states} member states or more", "member_states")]),
        _judged("data_losses", [_Test(impact.data_loss, "losses of data with an adverse effect", "data_loss")]),
        _judged("economic_impact", [_Test(cost, f"costs over EUR {rule.cost_eur}", "cost_eur")]),
    )


def _client_tests(impact: DoraImpact, rule: DoraThresholds) -> list[_Test]:
    clients = _share(impact.clients, impact.clients_all, rule.clients_percent)
    counterparts = _share(impact.counterparts, impact.counterparts_all, rule.counterparts_percent)
    number = _share(impact.transactions, impact.transactions_daily, rule.transactions_percent)
    value = _share(impact.transactions_eur, impact.transactions_daily_eur, rule.transactions_percent)
    return [
        _Test(clients, f"over {rule.clients_percent} % of the service's clients", "clients and clients_all"),
        _Test(_over(impact.clients, rule.clients), f"over {rule.clients} clients", "clients"),
        _Test(counterparts, f"over {rule.counterparts_percent} % of counterparts", "counterparts and counterparts_all"),
        _Test(
            number, f"over {rule.transactions_percent} % of daily transactions", "transactions and transactions_daily"
        ),
        _Test(
            value,
            f"over {rule.transactions_percent} % of the daily value of transactions",
            "transactions_eur and transactions_daily_eur",
        ),
        _Test(impact.relevant_client, "a relevant client or counterpart", "relevant_client"),
    ]


def _time_tests(impact: DoraImpact, rule: DoraThresholds) -> list[_Test]:
    longest, down = timedelta(hours=rule.duration_hours), timedelta(hours=rule.downtime_hours)
    duration = None if impact.duration is None else impact.duration > longest
    downtime = None if impact.downtime_critical is None else impact.downtime_critical > down
    return [
        _Test(duration, f"longer than {rule.duration_hours} h", "duration"),
        _Test(downtime, f"critical services down for over {rule.downtime_hours} h", "downtime_critical"),
    ]


def _judged(criterion: Criterion, tests: Sequence[_Test]) -> Judged:
    met = _any([test.met for test in tests])
    return Judged(
        criterion=criterion,
        met=met,
        reasons=tuple(test.reason for test in tests if test.met),
        missing=() if met else tuple(test.needs for test in tests if test.met is None),
    )


def _reasons(impact: DoraImpact, criteria: Sequence[Judged], met: int) -> tuple[str, ...]:
    found = [reason for judged in criteria for reason in judged.reasons]
    if impact.critical_services:
        found.insert(0, "critical services affected")
    if impact.malicious_access:
        found.insert(1, "malicious access that may lead to losses of data")
    return (*found, f"{met} of {len(criteria)} criteria met")


def _missing(impact: DoraImpact, criteria: Sequence[Judged]) -> tuple[str, ...]:
    own = [name for name in ("critical_services", "malicious_access") if getattr(impact, name) is None]
    return (*own, *(name for judged in criteria for name in judged.missing))


def _share(part: int | None, whole: int | None, percent: int) -> bool | None:
    if part == 0:
        return False
    return None if part is None or whole is None else part * 100 > percent * whole


def _over(value: int | None, limit: int) -> bool | None:
    return None if value is None else value > limit


def _both(one: bool | None, other: bool | None) -> bool | None:  # noqa: FBT001  # three values, not a switch
    if one is False or other is False:
        return False
    return None if one is None or other is None else True


def _either(one: bool | None, other: bool | None) -> bool | None:  # noqa: FBT001  # three values, not a switch
    if one or other:
        return True
    return None if one is None or other is None else False


def _any(values: Sequence[bool | None]) -> bool | None:
    """True where one is; else unknown where one is unknown."""
    return True if any(values) else (None if None in values else False)


def _sum(values: Sequence[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _largest(values: Sequence[int | None]) -> int | None:
    return max((value for value in values if value is not None), default=None)


def _time(values: Sequence[timedelta | None]) -> timedelta | None:
    known = [value for value in values if value is not None]
    return sum(known, timedelta()) if known else None


def _union(values: Sequence[frozenset[Kind] | None]) -> frozenset[Kind] | None:
    known = [value for value in values if value is not None]
    return frozenset[Kind]().union(*known) if known else None
