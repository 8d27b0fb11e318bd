"""DORA's incident report as data: a case's facts under the names and codes of the supervisors' JSON schema 1.2.1.

Owns which fact stands where (Implementing Regulation (EU) 2025/302, fields 1.1 to 4.16), and what the schema demands
that nobody has entered. Invents nothing: what is absent is left out and named, and so is a value that the schema does
not take. Pure: the same case gives the same data.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Final

import msgspec

from watchfloor.breach.case import BreachCase
from watchfloor.breach.rules.codes import DoraStage
from watchfloor.breach.sector.demands import is_about, lacking_in
from watchfloor.breach.sector.esa_values import Pen, Tree, Unfit
from watchfloor.breach.sector.incident_parts import classification, impact, incident
from watchfloor.breach.sector.schema import faults_in

SCHEMA_VERSION: Final = "1.2.1"
_STAGES: Final[Mapping[str, DoraStage]] = {
    "initial_notification": "initial_notification",
    "intermediate_report": "intermediate_report",
    "intermediate_update": "intermediate_report",
    "final_report": "final_report",
    "major_incident_reclassified_as_non-major": "major_incident_reclassified_as_non-major",
}
"""The schema's word for each stage; an update is an intermediate report once more."""
_PARTS: Final[Mapping[DoraStage, int]] = {
    "initial_notification": 2,
    "intermediate_report": 3,
    "final_report": 4,
    "major_incident_reclassified_as_non-major": 2,
}
"""The last part of the glossary that a stage fills in."""


class IncidentReport(msgspec.Struct, frozen=True, kw_only=True):
    """The report and what it still lacks. `lacking` are paths of fields; nothing of `unfit` stands in the data."""

    data: Tree
    lacking: tuple[str, ...]
    unfit: tuple[Unfit, ...]

    @property
    def is_whole(self) -> bool:
        """Whether it is valid by the schema and has all that is demanded of its stage."""
        return not self.lacking and not self.unfit

    def encoded(self) -> bytes:
        """As UTF-8 JSON, indented, in the schema's order."""
        return msgspec.json.format(msgspec.json.encode(self.data), indent=2) + b"\n"


def incident_report(case: BreachCase, stage: str) -> IncidentReport:
    """The report of a case at a stage of DORA's duty. Raises KeyError for no such stage."""
    submission = _STAGES[stage]
    part = _PARTS[submission]
    pen = Pen(case)
    data: Tree = {"incidentSubmission": submission, **_general(pen)}
    data["incident"] = incident(pen, part) | {"classificationTypes": classification(pen, part)}
    if part > 2:
        data["impactAssessment"] = impact(pen)
        data |= _others(pen)
    whole = pruned(data)
    lacking = lacking_in(whole, submission)
    for path in lacking:
        if pen.value(path) is not None:
            pen.refuse(path, "incomplete")  # it was stated, and holds too little
    unfit = (*pen.unfit(), *_unnamed(whole, {*lacking, *(one.path for one in pen.unfit())}))
    faulty = {one.path for one in unfit}
    return IncidentReport(data=whole, lacking=tuple(path for path in lacking if path not in faulty), unfit=unfit)


def _unnamed(data: Tree, named: Collection[str]) -> Iterator[Unfit]:
    """What the schema faults beside the fields that are named already, by its place in the data."""
    for place in faults_in(data):
        if not is_about(place, named):
            yield Unfit(path=place, fault="schema")


def pruned(tree: Tree) -> Tree:
    """The data without what nobody has said: the schema takes no empty text, list or object."""
    found: Tree = {}
    for name, value in tree.items():
        kept = pruned(value) if isinstance(value, dict) else value
        if isinstance(kept, list):
            kept = [
                part for one in kept if (part := pruned(one) if isinstance(one, dict) else one) not in (None, "", {})
            ]
        if kept is not None and kept not in ("", [], {}):
            found[name] = kept
    return found


def _general(pen: Pen) -> Tree:
    """Fields 1.2 to 1.15."""
    return {
        "reportCurrency": pen.plain("dora.currency"),
        "submittingEntity": _submitter(pen),
        "affectedEntity": [_affected(pen)],
        "ultimateParentUndertaking": _parent(pen),
        "primaryContact": pen.contact("parties.controller.contact"),
        "secondaryContact": {
            "name": pen.text("dora.second_contact_name"),
            "email": pen.email("dora.second_contact_email"),
            "phone": pen.phone("dora.second_contact_phone"),
        },
    }


def _submitter(pen: Pen) -> Tree:
    """An LEI where the code is one, any other code else."""
    name, code = pen.text("dora.submitter_name"), pen.text("dora.submitter_code")
    if not name and not code:
        return {}
    is_lei = code is not None and pen.is_lei(code)
    return {"entityType": "SUBMITTING_ENTITY", "name": name, "LEI" if is_lei else "code": code}


def _affected(pen: Pen) -> Tree:
    kinds = pen.codes("dora.entity_types")
    name, lei = pen.text("parties.controller.name"), pen.lei("dora.lei")
    if not (name or lei or kinds):
        return {}
    return {"entityType": "AFFECTED_ENTITY", "name": name, "affectedEntityType": kinds, "LEI": lei}


def _parent(pen: Pen) -> Tree:
    name, lei = pen.text("dora.parent_name"), pen.lei("dora.parent_lei")
    return {"entityType": "ULTIMATE_PARENT_UNDERTAKING_ENTITY", "name": name, "LEI": lei} if name or lei else {}


def _others(pen: Pen) -> Tree:
    """Fields 3.17, 3.31 and 3.32."""
    return {
        "reportingToOtherAuthorities": pen.codes("dora.other_authorities"),
        "reportingToOtherAuthoritiesOther": pen.text("dora.other_authorities_note"),
        "informationDurationServiceDowntimeActualOrEstimate": pen.measured("dora.times_measured"),
    }
