"""What the supervisors' schema demands of a report at each stage, and the field of the case that would give it.

Owns the demands of schema 1.2.1 and those that its own notes add (what is asked for where `other` or a cyber incident
is said). A place is a path of properties; in the list of criteria it names the criterion.
"""

from collections.abc import Collection, Iterator
from typing import Final, NamedTuple

from watchfloor.breach.rules.codes import DoraStage
from watchfloor.breach.sector.esa_values import Tree, Value

_INTERMEDIATE: Final = frozenset[DoraStage]({"intermediate_report", "final_report"})
_FINAL: Final = frozenset[DoraStage]({"final_report"})
_CRITERION: Final = "classificationCriterion"


class _Demand(NamedTuple):
    """Where something must stand, the field that gives it, and the stages that ask.

    `when`: a place and what it has; None for anything at all.
    """

    place: str
    path: str
    stages: frozenset[DoraStage] | None = None
    when: tuple[str, Value] | None = None


_TYPES: Final = "incident/incidentType"
_CRITERIA: Final = "incident/classificationTypes"
_SERVICE: Final = "impactAssessment/serviceImpact"
_DEMANDS: Final = (
    _Demand("submittingEntity/name", "dora.submitter_name"),
    _Demand("submittingEntity/LEI|code", "dora.submitter_code"),
    _Demand("affectedEntity/0/affectedEntityType", "dora.entity_types"),
    _Demand("primaryContact/email", "parties.controller.contact"),
    _Demand("secondaryContact/email", "dora.second_contact_email", when=("secondaryContact", None)),
    _Demand("incident/incidentDescription", "nature.description"),
    _Demand(_CRITERIA, "dora.criteria"),
    _Demand(
        f"{_CRITERIA}/geographical_spread/countryCodeMaterialityThresholds",
        "dora.member_states",
        _INTERMEDIATE,
        (f"{_CRITERIA}/geographical_spread/{_CRITERION}", "geographical_spread"),
    ),
    _Demand(
        f"{_CRITERIA}/data_losses/dataLosseMaterialityThresholds",
        "dora.data_losses",
        _INTERMEDIATE,
        (f"{_CRITERIA}/data_losses/{_CRITERION}", "data_losses"),
    ),
    _Demand(
        f"{_CRITERIA}/economic_impact/economicImpactMaterialityThreshold",
        "dora.cost_eur",
        _FINAL,
        (f"{_CRITERIA}/economic_impact/{_CRITERION}", "economic_impact"),
    ),
    _Demand(f"{_TYPES}/incidentClassification", "dora.types", _INTERMEDIATE),
    _Demand(
        f"{_TYPES}/otherIncidentClassification",
        "dora.types_note",
        _INTERMEDIATE,
        (f"{_TYPES}/incidentClassification", "other"),
    ),
    _Demand(
        f"{_TYPES}/threatTechniques",
        "dora.techniques",
        _INTERMEDIATE,
        (f"{_TYPES}/incidentClassification", "cybersecurity-related"),
    ),
    _Demand(
        f"{_TYPES}/otherThreatTechniques",
        "dora.techniques_note",
        _INTERMEDIATE,
        (f"{_TYPES}/threatTechniques", "other"),
    ),
    _Demand(
        f"{_TYPES}/indicatorsOfCompromise",
        "nature.indicators",
        _INTERMEDIATE,
        (f"{_TYPES}/incidentClassification", "cybersecurity-related"),
    ),
    _Demand("impactAssessment/criticalServicesAffected", "dora.critical_services_note", _INTERMEDIATE),
    _Demand("impactAssessment/affectedAssets", "dora.clients", _INTERMEDIATE),
    _Demand("impactAssessment/isAffectedInfrastructureComponents", "dora.components_affected", _INTERMEDIATE),
    _Demand(_SERVICE, "dora.downtime_critical", _INTERMEDIATE),
    _Demand(
        f"{_SERVICE}/descriptionOfTemporaryActionsMeasuresForRecovery",
        "dora.temporary_measures_note",
        _INTERMEDIATE,
        (f"{_SERVICE}/isTemporaryActionsMeasuresForRecovery", True),
    ),
    _Demand(
        "reportingToOtherAuthoritiesOther",
        "dora.other_authorities_note",
        _INTERMEDIATE,
        ("reportingToOtherAuthorities", "other"),
    ),
    _Demand("incident/rootCauseHLClassification", "dora.root_causes", _FINAL),
    *(
        _Demand(
            "incident/rootCausesOther",
            "dora.root_causes_other",
            _FINAL,
            ("incident/rootCausesDetailedClassification", f"{cause}_other"),
        )
        for cause in ("process_failure", "system_failure", "human_error", "external_event")
    ),
    _Demand("incident/incidentResolutionSummary", "dora.resolution", _FINAL),
    _Demand("incident/incidentResolutionDateTime", "dora.resolved_at", _FINAL),
    _Demand("incident/incidentResolutionVsPlannedImplementation", "dora.resolution_vs_plan", _FINAL),
    _Demand("incident/financialRecoveriesAmount", "dora.recoveries_eur", _FINAL),
)


def lacking_in(data: Tree, stage: DoraStage) -> tuple[str, ...]:
    """The fields of the case that a report at this stage lacks, in the schema's order, each once."""
    return tuple(dict.fromkeys(_lacking(data, stage)))


def is_about(place: str, paths: Collection[str]) -> bool:
    """Whether what is wrong at a place of a report is that one of these fields does not stand there."""
    return any(one.path in paths and f"{one.place}/".startswith(f"{place}/") for one in _DEMANDS)


def _lacking(data: Tree, stage: DoraStage) -> Iterator[str]:
    for demand in _DEMANDS:
        if demand.stages is not None and stage not in demand.stages:
            continue
        if demand.when is not None and not _has(data, *demand.when):
            continue
        if _at(data, demand.place) is None:
            yield demand.path


def _has(data: Tree, place: str, wanted: Value) -> bool:
    found = _at(data, place)
    if wanted is None:
        return found is not None
    return wanted in found if isinstance(found, list) else found == wanted


def _at(data: Tree, place: str) -> Value:
    """What stands at a place; `a|b` is either."""
    here: Value = data
    for name in place.split("/"):
        if isinstance(here, list):
            here = _item(here, name)
        elif isinstance(here, dict):
            here = next((here[one] for one in name.split("|") if one in here), None)
        else:
            return None
    return here


def _item(items: list[Value], name: str) -> Value:
    """The item of that number, or the criterion of that name."""
    if name.isdecimal():
        return items[int(name)] if int(name) < len(items) else None
    return next((one for one in items if isinstance(one, dict) and one.get(_CRITERION) == name), None)
