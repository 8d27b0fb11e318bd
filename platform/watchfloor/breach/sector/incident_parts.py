"""The parts of DORA's report on the incident itself: description, criteria, impact and root causes.

Owns which of our codes is which of the schema's, and which fact stands in which property.
"""

from collections.abc import Mapping
from typing import Final, cast

from watchfloor.breach.sector.esa_values import Pen, Tree, Value
from watchfloor.breach.values import Indicator

CRITERIA: Final[Mapping[str, str]] = {
    "clients_counterparts_transactions": "clients_financial_counterparts_and_transactions_affected",
    "reputation": "reputational_impact",
    "duration_downtime": "duration_and_service_downtime",
    "geographical_spread": "geographical_spread",
    "data_losses": "data_losses",
    "economic_impact": "economic_impact",
}
_CRITICAL: Final = "critical_services_affected"
_REPUTATION: Final[Mapping[str, str]] = {
    "media": "the_major_ict-related_incident_has_been_reflected_in_the_media",
    "repeated_complaints": (
        "the_major_ict-related_incident_has_resulted_in_repetitive_complaints_from_different_clients_or_financial_"
        "counterparts_on_client-facing_services_or_critical_business_relationships"
    ),
    "rules_missed": (
        "the_financial_entity_will_not_be_able_to_or_is_likely_not_to_be_able_to_meet_regulatory_requirements_as_a_"
        "result_of_the_major_ict-related_incident"
    ),
    "clients_lost": (
        "the_financial_entity_will_or_is_likely_to_lose_clients_or_financial_counterparts_with_a_material_impact_on_its_"
        "business_as_a_result_of_the_major_ict-related_incident"
    ),
}
_STATES: Final[Mapping[str, str]] = {
    "clients": "clients",
    "financial_counterparts": "financial_counterparts",
    "branches": "branch_of_the_financial_entity",
    "group_entities": ("financial_entities_within_the_group_carrying_out_activities_in_the_respective_member_state"),
    "market_infrastructures": "financial_market_infrastructure",
    "shared_providers": "third-party_providers_that_may_be_common_to_other_financial_entities",
}
_COUNTED: Final = (
    ("dora.clients", "clients"),
    ("dora.counterparts", "financial_counterparts"),
    ("dora.transactions", "transactions"),
)


def incident(pen: Pen, part: int) -> Tree:
    """Fields 2.1 to 2.10 but for the criteria; from part 3 on also 3.x, from part 4 on 4.x."""
    found: Tree = {
        "financialEntityCode": pen.case.ref,
        "detectionDateTime": pen.instant("clock.detected_at"),
        "classificationDateTime": pen.instant("moments.classified_major"),
        "incidentDescription": pen.text("nature.description"),
        "otherInformation": pen.text("dora.other_information"),
        "isBusinessContinuityActivated": pen.yes_no("dora.continuity_plan_activated"),
        "originatesFromThirdPartyProvider": pen.text("dora.third_party_origin"),
        "incidentDiscovery": pen.plain("dora.discovery"),
    }
    if part > 2:
        found |= _occurrence(pen)
    if part > 3:
        found |= _causes(pen) | _resolution(pen)
    return found


def classification(pen: Pen, part: int) -> list[Value]:
    """The criteria that were met (2.5), each with what the schema keeps under it."""
    stated = pen.codes("dora.criteria")
    if not stated:
        return []
    found: list[Value] = [_criterion(pen, str(code), part) for code in stated]
    if pen.value("dora.critical_services") is True:
        found.append({"classificationCriterion": _CRITICAL})
    return found


def impact(pen: Pen) -> Tree:
    """Fields 3.3 to 3.12, 3.16, 3.22, 3.27 to 3.30, 3.33 and 3.34."""
    return {
        "hasImpactOnRelevantClients": pen.yes_no("dora.relevant_client"),
        "serviceImpact": {
            "serviceRestorationDateTime": pen.instant("moments.recovered"),
            "serviceDowntime": pen.span("dora.downtime_critical"),
            "isTemporaryActionsMeasuresForRecovery": pen.yes_no("dora.temporary_measures"),
            "descriptionOfTemporaryActionsMeasuresForRecovery": pen.text("dora.temporary_measures_note"),
        },
        "criticalServicesAffected": pen.text("dora.critical_services_note"),
        "affectedAssets": {
            "affectedClients": pen.share("dora.clients", "dora.clients_all"),
            "affectedFinancialCounterparts": pen.share("dora.counterparts", "dora.counterparts_all"),
            "affectedTransactions": pen.share("dora.transactions", "dora.transactions_daily"),
            "valueOfAffectedTransactions": pen.amount("dora.transactions_eur"),
            "numbersActualEstimate": [_counted(pen, path, name) for path, name in _COUNTED],
        },
        "affectedFunctionalAreas": pen.text("dora.business_areas"),
        "isAffectedInfrastructureComponents": pen.answer("dora.components_affected"),
        "affectedInfrastructureComponents": pen.text("dora.components_note"),
        "isImpactOnFinancialInterest": pen.answer("dora.client_interest_hit"),
    }


def _counted(pen: Pen, path: str, name: str) -> str | None:
    """Field 3.12 of one number: no impact, or actual or estimated, as a person said or as the fact itself has it."""
    fact = pen.fact(path)
    if fact is None or fact.value is None:
        return None
    if fact.value == 0:
        return f"no_impact_on_{name}"
    said = pen.value("dora.numbers_measured")
    is_estimate = said == "estimated" or (said != "actual" and fact.status != "known")
    return f"{'estimates' if is_estimate else 'actual_figures'}_for_{name}_affected"


def _occurrence(pen: Pen) -> Tree:
    types = pen.codes("dora.types")
    found = pen.value("nature.indicators")
    indicators = cast("tuple[object, ...]", found) if isinstance(found, tuple) else ()
    named = [one for one in indicators if isinstance(one, Indicator)]
    return {
        "incidentOccurrenceDateTime": pen.instant("clock.occurred_from"),
        "incidentDuration": pen.span("dora.duration"),
        "competentAuthorityCode": pen.text("dora.authority_reference"),
        "incidentType": {
            "incidentClassification": types,
            "otherIncidentClassification": pen.text("dora.types_note"),
            "threatTechniques": pen.codes("dora.techniques"),
            "otherThreatTechniques": pen.text("dora.techniques_note"),
            "indicatorsOfCompromise": pen.lines("nature.indicators", [f"{one.kind}: {one.value}" for one in named]),
        },
    }


def _causes(pen: Pen) -> Tree:
    return {
        "rootCauseHLClassification": pen.codes("dora.root_causes"),
        "rootCausesDetailedClassification": pen.codes("dora.root_causes_detail"),
        "rootCausesAdditionalClassification": pen.codes("dora.root_causes_further"),
        "rootCausesOther": pen.text("dora.root_causes_other"),
        "rootCausesInformation": pen.text("dora.root_cause_note"),
        "rootCauseAddressingDateTime": pen.instant("dora.root_cause_addressed_at"),
    }


def _resolution(pen: Pen) -> Tree:
    return {
        "incidentResolutionSummary": pen.text("dora.resolution"),
        "incidentResolutionDateTime": pen.instant("dora.resolved_at"),
        "incidentResolutionVsPlannedImplementation": pen.text("dora.resolution_vs_plan"),
        "assessmentOfRiskToCriticalFunctions": pen.text("dora.resolution_risk"),
        "informationRelevantToResolutionAuthorities": pen.text("dora.resolution_authorities"),
        "financialRecoveriesAmount": pen.amount("dora.recoveries_eur"),
        "grossAmountIndirectDirectCosts": pen.amount("dora.cost_eur"),
        "recurringNonMajorIncidentsDescription": pen.text("dora.recurring_note"),
        "recurringIncidentDate": pen.instant("dora.recurring_at"),
    }


def _criterion(pen: Pen, code: str, part: int) -> Tree:
    found: Tree = {"classificationCriterion": CRITERIA[code]}
    if code == "geographical_spread":
        found["countryCodeMaterialityThresholds"] = pen.countries("dora.member_states")
    if part < 3:
        return found
    match code:
        case "geographical_spread":
            found["memberStatesImpactType"] = pen.coded("dora.state_impacts", _STATES)
            found["memberStatesImpactTypeDescription"] = pen.text("dora.state_impact_note")
        case "data_losses":
            found["dataLosseMaterialityThresholds"] = pen.codes("dora.data_losses")
            found["dataLossesDescription"] = pen.text("dora.data_loss_note")
        case "reputation":
            found["reputationalImpactType"] = pen.coded("dora.reputation", _REPUTATION)
            found["reputationalImpactDescription"] = pen.text("dora.reputation_note")
        case "economic_impact" if part > 3:
            cost = pen.amount("dora.cost_eur")
            found["economicImpactMaterialityThreshold"] = None if cost is None else f"EUR {cost}"
        case _:
            pass
    return found
