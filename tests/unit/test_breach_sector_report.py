"""DORA's report as data: valid by the schema, or not called whole, with what stands in the way named.

The schema is our own (`content/dora_incident_report.json`); its codes are those that cases are kept in.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from importlib import resources
from typing import Final, Protocol, cast, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tests.pdf import sector_case as made
from tests.pdf.breach_case import filled, stated
from watchfloor.breach.case import BreachCase
from watchfloor.breach.fields import all_fields, get, put
from watchfloor.breach.known import Known
from watchfloor.breach.rules import codes
from watchfloor.breach.rules.forms import Form
from watchfloor.breach.sector.esa_values import LONGEST_TEXT, Fault, Tree
from watchfloor.breach.sector.incident_report import IncidentReport, incident_report
from watchfloor.breach.sector.own_duty import OWN_REGIME, form_of_duty
from watchfloor.breach.sector.schema import FILE, faults_in
from watchfloor.breach.values import Contact

SCHEMA: Final = cast("Tree", json.loads(resources.files("watchfloor.content").joinpath(FILE).read_bytes()))
FULL: Final = made.dora_case("final_report")
STATED: Final = tuple(
    path
    for path in all_fields()
    if path.split(".")[0] in {"dora", "nature", "clock", "moments", "parties"} and get(FULL, path) is not None
)


class Validator(Protocol):
    """The library, as far as it is used here."""

    def is_valid(self, instance: object) -> bool: ...


VALIDATOR: Final = cast("Validator", Draft202012Validator(SCHEMA))


def report_of(stage: str, **facts: Known[object]) -> IncidentReport:
    """The report of the made-up case with these facts instead, `__` for a dot."""
    named = {path.replace("__", "."): fact for path, fact in facts.items()}
    return incident_report(filled(made.dora_case(stage), named), stage)


def without(case: BreachCase, paths: Sequence[str]) -> BreachCase:
    for path in paths:
        case = put(case, path, None)
    return case


def at(tree: object, place: str) -> object:
    """What stands at a place, steps with a slash between."""
    for step in place.split("/"):
        if isinstance(tree, list):
            tree = cast("list[object]", tree)[int(step)]
        else:
            tree = cast("dict[str, object]", tree)[step]
    return tree


def leaves(value: object) -> Iterator[object]:
    if isinstance(value, Mapping):
        for part in cast("Mapping[str, object]", value).values():
            yield from leaves(part)
    elif isinstance(value, list):
        for part in cast("list[object]", value):
            yield from leaves(part)
    else:
        yield value


def test_our_schema_is_a_sound_one_and_says_that_it_is_ours() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    said = str(SCHEMA["$comment"])
    assert "not a text of a public authority" in said
    assert "2025/302" in said


def test_the_schema_knows_the_codes_that_cases_are_kept_in() -> None:
    places = {
        "properties/incidentSubmission": codes.DoraStage,
        "properties/reportCurrency": codes.DoraCurrency,
        "properties/reportingToOtherAuthorities/items": codes.DoraOtherAuthority,
        "$defs/entityKind": codes.DoraEntity,
        "$defs/incident/properties/incidentDiscovery": codes.DoraDiscovery,
        "$defs/incident/properties/rootCauseHLClassification/items": codes.DoraRootCause,
        "$defs/incident/properties/rootCausesDetailedClassification/items": codes.DoraRootCauseDetail,
        "$defs/incident/properties/rootCausesAdditionalClassification/items": codes.DoraRootCauseFurther,
        "$defs/kinds/properties/incidentClassification/items": codes.DoraType,
        "$defs/kinds/properties/threatTechniques/items": codes.DoraTechnique,
    }
    found = {place: at(SCHEMA, f"{place}/enum") for place in places}
    assert found == {place: list(get_args(known)) for place, known in places.items()}


@pytest.mark.parametrize("stage", made.DORA_STAGES)
def test_a_case_with_all_that_a_stage_asks_for_gives_a_valid_report(stage: str) -> None:
    report = incident_report(made.dora_case(stage), stage)
    assert (report.lacking, report.unfit) == ((), ())
    assert report.is_whole
    assert VALIDATOR.is_valid(report.data)
    assert json.loads(report.encoded()) == report.data
    wanted = "intermediate_report" if stage == "intermediate_update" else stage
    assert report.data["incidentSubmission"] == wanted


@pytest.mark.parametrize("stage", made.DORA_STAGES)
def test_an_empty_case_gives_what_is_known_and_names_the_rest(stage: str) -> None:
    case = without(FULL, STATED)
    report = incident_report(case, stage)
    assert not report.is_whole
    assert report.data == {"incidentSubmission": report.data["incidentSubmission"], "incident": report.data["incident"]}
    assert report.data["incident"] == {"financialEntityCode": case.ref}
    assert {"dora.submitter_name", "dora.entity_types", "nature.description", "dora.criteria"} <= set(report.lacking)
    assert [one.path for one in report.unfit] == []


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(gone=st.lists(st.sampled_from(STATED), max_size=25, unique=True), stage=st.sampled_from(made.DORA_STAGES))
def test_whatever_is_taken_away_a_report_that_is_called_whole_is_valid_and_else_the_field_is_named(
    gone: list[str], stage: str
) -> None:
    report = incident_report(without(FULL, gone), stage)
    assert report.is_whole == VALIDATOR.is_valid(report.data)
    assert set(report.lacking) | {one.path for one in report.unfit} <= set(all_fields())
    assert not report.is_whole or not set(gone) & set(report.lacking)


@pytest.mark.parametrize(
    ("path", "value", "fault"),
    [
        ("dora.lei", "000000HANSEKONTOR070", "lei"),
        ("dora.lei", "no code", "lei"),
        ("dora.second_contact_email", "not an address", "email"),
        ("dora.second_contact_phone", "call me", "phone"),
        ("dora.member_states", ("DE", "GB"), "country"),
        ("dora.currency", "PLN", "currency"),
        ("dora.clients_all", 12, "share"),
        ("dora.business_areas", "x" * (LONGEST_TEXT + 1), "too_long"),
        ("dora.duration", timedelta(days=1_000), "too_many_days"),
    ],
)
def test_a_value_that_the_schema_does_not_take_is_left_out_and_named_with_the_reason(
    path: str, value: object, fault: Fault
) -> None:
    report = report_of("final_report", **{path.replace(".", "__"): stated(value)})
    assert not report.is_whole
    reasons = {one.path: one.fault for one in report.unfit}
    at = "dora.cost_eur" if fault == "currency" else path
    assert reasons[at] == fault
    assert [fault for fault in faults_in(report.data) if not fault.startswith(("secondaryContact", "incident"))] == []
    if isinstance(value, str):
        assert value not in {leaf for leaf in leaves(report.data) if leaf != "PLN"}


def test_a_contact_without_a_mail_address_is_named_as_incomplete() -> None:
    contact = Contact(name="Ole Brandt", role="CISO", phone="+49 40 5550 300")
    report = report_of("initial_notification", parties__controller__contact=stated(contact))
    assert [(one.path, one.fault) for one in report.unfit] == [("parties.controller.contact", "incomplete")]
    assert "primaryContact/email" in faults_in(report.data)


@pytest.mark.parametrize(
    ("facts", "lacking"),
    [
        ({"dora__types": stated(("other",))}, "dora.types_note"),
        ({"dora__techniques": stated(("other",))}, "dora.techniques_note"),
        ({"dora__other_authorities": stated(("other",))}, "dora.other_authorities_note"),
        ({"dora__root_causes_detail": stated(("human_error_other",))}, "dora.root_causes_other"),
    ],
)
def test_what_is_said_to_be_other_has_to_be_told(facts: dict[str, Known[object]], lacking: str) -> None:
    assert report_of("final_report", **facts).lacking == (lacking,)


def test_numbers_and_times_of_the_data_are_those_of_the_case() -> None:
    data = incident_report(FULL, "final_report").data
    assets = at(data, "impactAssessment/affectedAssets")
    assert at(assets, "affectedClients") == {"number": 14_200, "percentage": 14.79}
    assert at(assets, "affectedFinancialCounterparts") == {"number": 0, "percentage": 0.0}
    assert at(assets, "affectedTransactions") == {"number": 51_000, "percentage": 21.25}
    assert at(assets, "numbersActualEstimate") == [
        "estimates_for_clients_affected",
        "no_impact_on_financial_counterparts",
        "actual_figures_for_transactions_affected",
    ]
    assert at(data, "incident/incidentDuration") == "1:06:15"
    assert at(data, "impactAssessment/serviceImpact/serviceDowntime") == "0:05:40"
    assert at(data, "incident/classificationDateTime") == "2026-11-13T18:05:00Z"
    assert at(data, "incident/grossAmountIndirectDirectCosts") == 182_000


def test_a_fault_of_the_data_is_told_by_its_place() -> None:
    data = cast("Tree", json.loads(incident_report(FULL, "final_report").encoded()))
    cast("Tree", at(data, "incident/classificationTypes/0"))["surprise"] = "x"
    cast("Tree", at(data, "incident"))["incidentDuration"] = "30 hours"
    del cast("Tree", at(data, "impactAssessment"))["affectedAssets"]
    assert faults_in(data) == (
        "impactAssessment/affectedAssets",
        "incident/classificationTypes/clients_financial_counterparts_and_transactions_affected",
        "incident/incidentDuration",
    )


def test_the_providers_own_duty_asks_for_the_provider_and_never_for_its_customer() -> None:
    def asked(form: Form) -> set[str]:
        return {path for section in form.sections for row in section.rows for path in row.paths}

    own = asked(made.form_for("nis2", "early_warning", OWN_REGIME))
    entity = asked(made.form_for("nis2", "early_warning", "nis2"))
    assert {"parties.processor.name", "moments.provider_aware"} <= own
    assert not {path for path in own if path.startswith("parties.controller")}
    assert "moments.entity_aware" in entity
    form = made.form_for("nis2", "final", "nis2")
    assert form_of_duty(form, "nis2") is form
