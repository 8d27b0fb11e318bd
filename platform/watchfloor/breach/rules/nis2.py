"""Whether an incident is significant under Implementing Regulation (EU) 2024/2690: Art. 3, 4 and 10.

Owns the judgement for the digital providers that the regulation names, the MSSP itself among them, and the recurring
ones. Three-valued: one criterion met is enough, and what nobody knows is named and never counted as a no. For other
NIS2 entities a person judges by Art. 23(3) of the directive.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from watchfloor.breach.rules.calendar_days import add_months
from watchfloor.breach.rules.regime import Dated


class Nis2Thresholds(Dated, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The numbers of Art. 3, 4 and 10; each is met when it is exceeded."""

    loss_eur: int
    loss_turnover_percent: int
    """Of last year's turnover; the lower of the two counts."""
    down_minutes: int
    limited_minutes: int
    users_percent: int
    users: int
    """Of users in the Union; the lower of the two counts."""
    recurring_times: int
    recurring_months: int


class Nis2Impact(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an incident's effect. None is "not known"."""

    planned_maintenance: bool = False
    loss_eur: int | None = None
    """Direct financial loss, had or possible."""
    turnover_eur: int | None = None
    trade_secrets_taken: bool | None = None
    death: bool | None = None
    health_harm: bool | None = None
    disruptive_access: bool | None = None
    """Successful, suspectedly malicious, unauthorised access that can cause severe disruption."""
    service_down: timedelta | None = None
    service_limited: timedelta | None = None
    users_limited: int | None = None
    users_data: int | None = None
    """Users in the Union whose data were hit in confidentiality, integrity or authenticity."""
    users_all: int | None = None
    data_hit_by_malice: bool | None = None


class Nis2Weighed(msgspec.Struct, frozen=True, kw_only=True):
    """One criterion under its article: met, not met, or None with what must be known to say."""

    article: str
    met: bool | None
    needs: str


class Nis2Finding(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome: `significant` is None while what is missing could decide it."""

    significant: bool | None
    rule: str
    reasons: tuple[str, ...]
    """Articles met, each with its reason."""
    missing: tuple[str, ...]
    criteria: tuple[Nis2Weighed, ...] = ()
    """All that were looked at, in their order."""


class PastLoss(msgspec.Struct, frozen=True, kw_only=True):
    """An incident that was not significant by itself."""

    reference: str
    occurred_at: datetime
    root_cause: str
    loss_eur: int


class _Test(msgspec.Struct, frozen=True):
    met: bool | None
    reason: str
    needs: str


def judge(impact: Nis2Impact, rule: Nis2Thresholds, *, is_managed_provider: bool) -> Nis2Finding:
    """Judge an incident by Art. 3(1), and a managed (security) service provider's by Art. 10 as well."""
    if impact.planned_maintenance:
        return Nis2Finding(significant=False, rule=rule.id, reasons=("Art. 3: planned maintenance",), missing=())
    tests = [*_general(impact, rule), *(_managed(impact, rule) if is_managed_provider else ())]
    reasons = tuple(test.reason for test in tests if test.met)
    missing = tuple(test.needs for test in tests if test.met is None)
    return Nis2Finding(
        significant=True if reasons else (None if missing else False),
        rule=rule.id,
        reasons=reasons,
        missing=() if reasons else missing,
        criteria=tuple(
            Nis2Weighed(article=test.reason.partition(":")[0], met=test.met, needs=test.needs) for test in tests
        ),
    )


def recurring(incidents: Sequence[PastLoss], rule: Nis2Thresholds, *, turnover_eur: int) -> tuple[PastLoss, ...]:
    """The largest series that is one significant incident by Art. 4: one apparent cause, losses over the limit.

    It lies within the rule's months. Empty where there is none. To be looked at every quarter.
    """
    found: tuple[PastLoss, ...] = ()
    for first in incidents:
        end = datetime.combine(add_months(first.occurred_at.date(), rule.recurring_months), first.occurred_at.timetz())
        window = tuple(
            other
            for other in incidents
            if other.root_cause == first.root_cause and first.occurred_at <= other.occurred_at <= end
        )
        loss = sum(incident.loss_eur for incident in window)
        is_series = len(window) >= rule.recurring_times and len(window) > len(found)
        if is_series and _loss(loss, turnover_eur, rule):
            found = window
    return tuple(sorted(found, key=lambda incident: incident.occurred_at))


def _general(impact: Nis2Impact, rule: Nis2Thresholds) -> tuple[_Test, ...]:
    limit = f"over EUR {rule.loss_eur} or {rule.loss_turnover_percent} % of turnover, the lower"
    return (
        _Test(
            _loss(impact.loss_eur, impact.turnover_eur, rule),
            f"Art. 3(1)(a): loss {limit}",
            "loss_eur and turnover_eur",
        ),
        _Test(impact.trade_secrets_taken, "Art. 3(1)(b): trade secrets taken", "trade_secrets_taken"),
        _Test(impact.death, "Art. 3(1)(c): a person's death", "death"),
        _Test(impact.health_harm, "Art. 3(1)(d): serious harm to a person's health", "health_harm"),
        _Test(
            impact.disruptive_access,
            "Art. 3(1)(e): malicious access that can disrupt severely",
            "disruptive_access",
        ),
    )


def _managed(impact: Nis2Impact, rule: Nis2Thresholds) -> tuple[_Test, ...]:
    down, limited = timedelta(minutes=rule.down_minutes), timedelta(minutes=rule.limited_minutes)
    is_down = None if impact.service_down is None else impact.service_down > down
    is_limited = None if impact.service_limited is None else impact.service_limited > limited
    many_limited = _many(impact.users_limited, impact.users_all, rule)
    limited_for_many = False if False in (is_limited, many_limited) else (is_limited and many_limited)
    many = f"over {rule.users_percent} % or {rule.users} users in the Union, the lower"
    return (
        _Test(is_down, f"Art. 10(a): service down for over {rule.down_minutes} min", "service_down"),
        _Test(
            limited_for_many,
            f"Art. 10(b): service limited for over {rule.limited_minutes} min for {many}",
            "service_limited, users_limited and users_all",
        ),
        _Test(impact.data_hit_by_malice, "Art. 10(c): data hit by suspected malice", "data_hit_by_malice"),
        _Test(
            _many(impact.users_data, impact.users_all, rule),
            f"Art. 10(d): data hit, of {many}",
            "users_data and users_all",
        ),
    )


def _loss(loss: int | None, turnover: int | None, rule: Nis2Thresholds) -> bool | None:
    return _over_lower(loss, rule.loss_eur, turnover, rule.loss_turnover_percent)


def _many(users: int | None, users_all: int | None, rule: Nis2Thresholds) -> bool | None:
    return _over_lower(users, rule.users, users_all, rule.users_percent)


def _over_lower(value: int | None, limit: int, whole: int | None, percent: int) -> bool | None:
    """Whether `value` is over the lower of a fixed limit and a share; the share is not needed where either decides."""
    if value is None or value == 0:
        return None if value is None else False
    if value > limit:
        return True
    return None if whole is None else value * 100 > percent * whole
