"""What the three stages of a NIS2 notice ask for, beside what stands elsewhere in a case. Owns the fields alone."""

from datetime import timedelta
from typing import Literal, TypeAlias

import msgspec

from watchfloor.breach.known import Known

EntityKind: TypeAlias = Literal["essential", "important", "managed_provider"]


class Nis2Fields(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Art. 23(4) of the directive, and the effects that Regulation (EU) 2024/2690 weighs (`rules.nis2.Nis2Impact`)."""

    entity_kind: Known[EntityKind] | None = None
    sector: Known[str] | None = None
    services: Known[tuple[str, ...]] | None = None
    csirt: Known[str] | None = None
    malicious_suspected: Known[bool] | None = None
    cross_border_impact: Known[bool] | None = None
    member_states: Known[tuple[str, ...]] | None = None
    first_severity: Known[str] | None = None
    impact: Known[str] | None = None
    threat: Known[str] | None = None
    root_cause: Known[str] | None = None
    mitigation: Known[str] | None = None
    recipients_told: Known[bool] | None = None
    planned_maintenance: Known[bool] | None = None
    loss_eur: Known[int] | None = None
    turnover_eur: Known[int] | None = None
    trade_secrets_taken: Known[bool] | None = None
    death: Known[bool] | None = None
    health_harm: Known[bool] | None = None
    disruptive_access: Known[bool] | None = None
    service_down: Known[timedelta] | None = None
    service_limited: Known[timedelta] | None = None
    users_limited: Known[int] | None = None
    users_data: Known[int] | None = None
    users_all: Known[int] | None = None
    data_hit_by_malice: Known[bool] | None = None
