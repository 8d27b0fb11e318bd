"""What a case's facts say of NIS2's "significant" and DORA's "major": a finding with reasons, for who decides.

Owns the way from a case's facts to the thresholds' inputs. What nobody stated is unknown, and never counted as a no.
"""

from collections.abc import Sequence

from watchfloor.breach.case import BreachCase
from watchfloor.breach.known import Known, T
from watchfloor.breach.rules.calendar_days import local_day
from watchfloor.breach.rules.dora import Classification, DoraImpact, DoraThresholds, classify
from watchfloor.breach.rules.library import shipped
from watchfloor.breach.rules.nis2 import Nis2Finding, Nis2Impact, Nis2Thresholds, judge
from watchfloor.breach.rules.regime import Row, in_force
from watchfloor.kernel.errors import Conflict


def judge_nis2(case: BreachCase, *, is_own: bool = False) -> Nis2Finding:
    """Whether the incident is significant by Regulation (EU) 2024/2690, as far as the facts go.

    `is_own`: it is the managed provider's own incident, whatever kind of entity the case is of.
    """
    is_provider = is_own or value_of(case.nis2.entity_kind) == "managed_provider"
    return judge(nis2_impact(case), nis2_thresholds(case), is_managed_provider=is_provider)


def nis2_impact(case: BreachCase) -> Nis2Impact:
    """What NIS2 weighs, as the facts have it."""
    said = case.nis2
    return Nis2Impact(
        planned_maintenance=value_of(said.planned_maintenance) is True,
        loss_eur=value_of(said.loss_eur),
        turnover_eur=value_of(said.turnover_eur),
        trade_secrets_taken=value_of(said.trade_secrets_taken),
        death=value_of(said.death),
        health_harm=value_of(said.health_harm),
        disruptive_access=value_of(said.disruptive_access),
        service_down=value_of(said.service_down),
        service_limited=value_of(said.service_limited),
        users_limited=value_of(said.users_limited),
        users_data=value_of(said.users_data),
        users_all=value_of(said.users_all),
        data_hit_by_malice=value_of(said.data_hit_by_malice),
    )


def nis2_thresholds(case: BreachCase) -> Nis2Thresholds:
    """The numbers of NIS2 that hold for the case. Raises Conflict where none do."""
    return _of_the_day(shipped().nis2, case)


def classify_dora(case: BreachCase) -> Classification:
    """Whether the incident is major by Regulation (EU) 2024/1772, as far as the facts go."""
    return classify(dora_impact(case), dora_thresholds(case))


def dora_impact(case: BreachCase) -> DoraImpact:
    """What DORA weighs, as the facts have it."""
    said = case.dora
    reputation = value_of(said.reputation)
    states = value_of(said.member_states)
    return DoraImpact(
        critical_services=value_of(said.critical_services),
        malicious_access=value_of(said.malicious_access),
        clients=value_of(said.clients),
        clients_all=value_of(said.clients_all),
        counterparts=value_of(said.counterparts),
        counterparts_all=value_of(said.counterparts_all),
        transactions=value_of(said.transactions),
        transactions_daily=value_of(said.transactions_daily),
        transactions_eur=value_of(said.transactions_eur),
        transactions_daily_eur=value_of(said.transactions_daily_eur),
        relevant_client=value_of(said.relevant_client),
        reputation=None if reputation is None else frozenset(reputation),
        duration=value_of(said.duration),
        downtime_critical=value_of(said.downtime_critical),
        member_states=None if states is None else frozenset(states),
        data_loss=value_of(said.data_loss),
        cost_eur=value_of(said.cost_eur),
    )


def dora_thresholds(case: BreachCase) -> DoraThresholds:
    """The numbers of DORA that hold for the case. Raises Conflict where none do."""
    return _of_the_day(shipped().dora, case)


def value_of(fact: Known[T] | None) -> T | None:
    """What is known, or None."""
    return None if fact is None else fact.value


def _of_the_day(rows: Sequence[Row], case: BreachCase) -> Row:
    day = local_day(case.created_at, case.tz)
    held = in_force(rows, day)
    if not held:
        raise Conflict("No thresholds hold on the day of the case.", where=day.isoformat())
    return held[-1]
