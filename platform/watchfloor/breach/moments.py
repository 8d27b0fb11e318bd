"""What starts and stops the clocks of a case: moments, statements, and which regimes apply. Decisions of persons, all.

Owns their shape. Names are those of `rules.regime`; awareness of controller and processor stands in the case's own
clock, and `personal_data_breach`, `risk` and `high_risk` follow from the decisions on breach and risk.
"""

from datetime import datetime
from typing import Literal, TypeAlias

import msgspec

from watchfloor.breach.known import Known

Applies: TypeAlias = Literal["yes", "no", "unknown"]


class Moments(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Instants that a person entered."""

    high_risk_found: Known[datetime] | None = None
    entity_aware: Known[datetime] | None = None
    provider_aware: Known[datetime] | None = None
    maker_aware: Known[datetime] | None = None
    classified_major: Known[datetime] | None = None
    materiality_determined: Known[datetime] | None = None
    amendment_known: Known[datetime] | None = None
    grounds_found: Known[datetime] | None = None
    notifiable_found: Known[datetime] | None = None
    discovered: Known[datetime] | None = None
    compromise_suspected: Known[datetime] | None = None
    remedy_available: Known[datetime] | None = None
    recovered: Known[datetime] | None = None
    handled: Known[datetime] | None = None
    requested: Known[datetime] | None = None


class Statements(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is so or not so, as a person decided."""

    significant: Known[bool] | None = None
    major: Known[bool] | None = None
    attack: Known[bool] | None = None
    material: Known[bool] | None = None
    unsecured_health_data: Known[bool] | None = None
    significant_harm: Known[bool] | None = None
    card_data: Known[bool] | None = None
    exploited_vulnerability: Known[bool] | None = None
    severe_product_incident: Known[bool] | None = None
    small_agent: Known[bool] | None = None
    trust_service: Known[bool] | None = None
    no_weekend_relief: Known[bool] | None = None
    persons_500_or_more: Known[bool] | None = None
    residents_over_500: Known[bool] | None = None
    state_threshold_met: Known[bool] | None = None
    still_ongoing: Known[bool] | None = None


class OtherRegime(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A regime in this case: whether it applies, with the reason as basis. Its stages are computed (`clocks`)."""

    applicable: Known[Applies] | None = None
    start: Known[datetime] | None = None
    """When the duty began, where the person who decided says so; otherwise the regime's own moment counts."""
    contract_hours: Known[int] | None = None
