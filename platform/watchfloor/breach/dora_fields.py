"""What the three stages of a DORA report ask for, beside what stands elsewhere in a case.

Owns the fields alone. Each line names the number of the field in Regulation (EU) 2025/302, and what the classification
weighs has the names of `rules.dora.DoraImpact`.
"""

from datetime import datetime, timedelta
from typing import Literal, TypeAlias

import msgspec

from watchfloor.breach.known import Known
from watchfloor.breach.rules.codes import (
    DoraCurrency,
    DoraDiscovery,
    DoraEntity,
    DoraOtherAuthority,
    DoraRootCause,
    DoraRootCauseDetail,
    DoraRootCauseFurther,
    DoraTechnique,
    DoraType,
)
from watchfloor.breach.rules.dora import Criterion, Reputation

Measured: TypeAlias = Literal["actual", "estimated", "both", "no_information"]
DataLoss: TypeAlias = Literal["availability", "authenticity", "integrity", "confidentiality"]
StateImpact: TypeAlias = Literal[
    "clients",
    "financial_counterparts",
    "branches",
    "group_entities",
    "market_infrastructures",
    "shared_providers",
]


class DoraFields(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Names, numbers and texts of a major incident's reports."""

    submitter_name: Known[str] | None = None  # 1.2
    submitter_code: Known[str] | None = None  # 1.3
    entity_types: Known[tuple[DoraEntity, ...]] | None = None  # 1.4
    lei: Known[str] | None = None  # 1.6
    second_contact_name: Known[str] | None = None  # 1.10
    second_contact_email: Known[str] | None = None  # 1.11
    second_contact_phone: Known[str] | None = None  # 1.12
    parent_name: Known[str] | None = None  # 1.13
    parent_lei: Known[str] | None = None  # 1.14
    currency: Known[DoraCurrency] | None = None  # 1.15
    criteria: Known[tuple[Criterion, ...]] | None = None  # 2.5
    member_states: Known[tuple[str, ...]] | None = None  # 2.6
    discovery: Known[DoraDiscovery] | None = None  # 2.7
    third_party_origin: Known[str] | None = None  # 2.8
    continuity_plan_activated: Known[bool] | None = None  # 2.9
    other_information: Known[str] | None = None  # 2.10
    authority_reference: Known[str] | None = None  # 3.1
    clients: Known[int] | None = None  # 3.4
    clients_all: Known[int] | None = None  # 3.5 is their share
    counterparts: Known[int] | None = None  # 3.6
    counterparts_all: Known[int] | None = None  # 3.7 is their share
    relevant_client: Known[bool] | None = None  # 3.8
    transactions: Known[int] | None = None  # 3.9
    transactions_daily: Known[int] | None = None  # 3.10 is their share
    transactions_eur: Known[int] | None = None  # 3.11
    transactions_daily_eur: Known[int] | None = None
    numbers_measured: Known[Measured] | None = None  # 3.12
    reputation: Known[tuple[Reputation, ...]] | None = None  # 3.13
    reputation_note: Known[str] | None = None  # 3.14
    duration: Known[timedelta] | None = None  # 3.15
    downtime_critical: Known[timedelta] | None = None  # 3.16
    times_measured: Known[Measured] | None = None  # 3.17
    state_impacts: Known[tuple[StateImpact, ...]] | None = None  # 3.18
    state_impact_note: Known[str] | None = None  # 3.19
    data_losses: Known[tuple[DataLoss, ...]] | None = None  # 3.20
    data_loss: Known[bool] | None = None
    data_loss_note: Known[str] | None = None  # 3.21
    critical_services: Known[bool] | None = None
    critical_services_note: Known[str] | None = None  # 3.22
    malicious_access: Known[bool] | None = None
    types: Known[tuple[DoraType, ...]] | None = None  # 3.23
    types_note: Known[str] | None = None  # 3.24
    techniques: Known[tuple[DoraTechnique, ...]] | None = None  # 3.25
    techniques_note: Known[str] | None = None  # 3.26
    business_areas: Known[str] | None = None  # 3.27
    components_affected: Known[bool] | None = None  # 3.28
    components_note: Known[str] | None = None  # 3.29
    client_interest_hit: Known[bool] | None = None  # 3.30
    other_authorities: Known[tuple[DoraOtherAuthority, ...]] | None = None  # 3.31
    other_authorities_note: Known[str] | None = None  # 3.32
    temporary_measures: Known[bool] | None = None  # 3.33
    temporary_measures_note: Known[str] | None = None  # 3.34
    root_causes: Known[tuple[DoraRootCause, ...]] | None = None  # 4.1
    root_causes_detail: Known[tuple[DoraRootCauseDetail, ...]] | None = None  # 4.2
    root_causes_further: Known[tuple[DoraRootCauseFurther, ...]] | None = None  # 4.3
    root_causes_other: Known[str] | None = None  # 4.4
    root_cause_note: Known[str] | None = None  # 4.5
    resolution: Known[str] | None = None  # 4.6
    root_cause_addressed_at: Known[datetime] | None = None  # 4.7
    resolved_at: Known[datetime] | None = None  # 4.8
    resolution_vs_plan: Known[str] | None = None  # 4.9
    resolution_risk: Known[str] | None = None  # 4.10
    resolution_authorities: Known[str] | None = None  # 4.11
    cost_eur: Known[int] | None = None  # 4.12 and 4.13
    recoveries_eur: Known[int] | None = None  # 4.14
    is_recurring: Known[bool] | None = None  # 4.15
    recurring_note: Known[str] | None = None  # 4.15
    recurring_at: Known[datetime] | None = None  # 4.16
