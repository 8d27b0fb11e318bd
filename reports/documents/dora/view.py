"""What a DORA report shows: its stage, what it says by now, why the incident is major or not, the state of its data.

Owns the choices; words are the languages' and layout the templates'.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
from markupsafe import Markup

from reports.breach.staged.language.phrases import StagedWords
from reports.breach.staged.view import (
    Context,
    Judged,
    Reasoning,
    StagedView,
    agreement_of,
    answered,
    context_of,
    cover_of,
    decision_of,
    fixed_field,
    judged_of,
    parts_of,
    view_of,
)
from reports.breach.writing import Writer, plain
from reports.documents.dora.facts import DoraReport
from reports.documents.dora.language.phrases import DoraWords
from reports.language.locale import Locale
from reports.printed import own, printed, sentence
from watchfloor.breach.known import Known
from watchfloor.breach.sector.incident_report import IncidentReport

_GENERAL: Final = ("parties.controller.name", "moments.classified_major", "clock.detected_at", "dora.criteria")
_IMPACT: Final = (*_GENERAL, "dora.types", "dora.clients", "dora.downtime_critical")
_REPORTED: Final[Mapping[str, Sequence[str]]] = {
    "initial_notification": (*_GENERAL, "dora.discovery", "dora.continuity_plan_activated"),
    "intermediate_report": _IMPACT,
    "intermediate_update": (*_IMPACT, "moments.recovered"),
    "final_report": (*_GENERAL, "dora.root_causes", "dora.resolution", "dora.resolved_at", "dora.cost_eur"),
    "major_incident_reclassified_as_non-major": ("parties.controller.name", "clock.detected_at"),
}
_CRITERIA: Final[Mapping[str, tuple[str, Sequence[str]]]] = {
    "critical_services": ("Art. 6", ("dora.critical_services",)),
    "malicious_access": ("Art. 9(5)(b)", ("dora.malicious_access",)),
    "clients_counterparts_transactions": (
        "Art. 9(1)",
        (
            "dora.clients",
            "dora.clients_all",
            "dora.counterparts",
            "dora.counterparts_all",
            "dora.transactions",
            "dora.transactions_daily",
            "dora.transactions_eur",
            "dora.transactions_daily_eur",
            "dora.relevant_client",
        ),
    ),
    "reputation": ("Art. 9(2)", ("dora.reputation",)),
    "duration_downtime": ("Art. 9(3)", ("dora.duration", "dora.downtime_critical")),
    "geographical_spread": ("Art. 9(4)", ("dora.member_states",)),
    "data_losses": ("Art. 9(5)(a)", ("dora.data_loss",)),
    "economic_impact": ("Art. 9(6)", ("dora.cost_eur",)),
}
"""The criteria under their articles in Regulation (EU) 2024/1772, with the facts that each rests on."""


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """A stated value that the supervisors' schema does not take."""

    name: str
    why: str


class DoraView(msgspec.Struct, frozen=True, kw_only=True):
    """The shared view, and the state of the data for the supervisor."""

    staged: StagedView
    refused: Sequence[Refused]
    data_state: Markup


def build(report: DoraReport, locale: Locale, said: StagedWords, words: DoraWords, data: IncidentReport) -> DoraView:
    """The view of a report that `check` has passed, with the data that are attached for the supervisor."""
    at = context_of(report, locale, said)
    stage, writer = words.stage[report.notice.stage], at.writer
    decided = _decided(report)
    cover = cover_of(at, stage, decision_of(decided, words.decision, writer), _REPORTED[report.notice.stage])
    fixed = {
        "1": [fixed_field("1.1", words.submission, own(stage), writer)],
        "2": [fixed_field("2.1", words.reference, printed(report.case.ref, 40), writer)],
    }
    parts = parts_of(at, fixed)
    reasoning = Reasoning(
        says=answered(report.finding.major, words.rules),
        notes=[
            plain(sentence(words.how, n=locale.number(report.thresholds.criteria))),
            *_other_criteria(report, writer, words),
        ],
        judged=_judged(report, words, at),
        agreement=agreement_of(report.finding.major, decided, said),
    )
    count = len(data.lacking) + len(data.unfit)
    return DoraView(
        staged=view_of(at, cover, reasoning, parts, words.stage),
        refused=[Refused(name=writer.name(one.path), why=words.faults[one.fault]) for one in data.unfit],
        data_state=own(words.data_whole) if data.is_whole else locale.counted(words.data_open, count),
    )


def _decided(report: DoraReport) -> Known[bool] | None:
    """What a person decided; entering when the incident was classified as major says that it is."""
    major, since = report.case.statements.major, report.case.moments.classified_major
    if major is not None or since is None or since.value is None:
        return major
    return Known(value=True, basis=since.basis, citations=since.citations, by=since.by, at=since.at)


def _other_criteria(report: DoraReport, writer: Writer, words: DoraWords) -> list[str]:
    """What to say where the criteria that a person stated are not those that the rules find met."""
    stated = report.case.dora.criteria
    if stated is None or stated.value is None or report.finding.major is None:
        return []
    found = tuple(judged.criterion for judged in report.finding.criteria if judged.met)
    if set(found) == set(stated.value):
        return []
    names = writer.words.choices["dora.criteria"]
    return [
        words.differs_from_stated.format(
            stated=", ".join(names[code] for code in stated.value) or "\N{EN DASH}",
            found=", ".join(names[code] for code in found) or "\N{EN DASH}",
        )
    ]


def _judged(report: DoraReport, words: DoraWords, at: Context) -> list[Judged]:
    said = report.case.dora
    met: dict[str, bool | None] = {
        "critical_services": None if said.critical_services is None else said.critical_services.value,
        "malicious_access": None if said.malicious_access is None else said.malicious_access.value,
        **{judged.criterion: judged.met for judged in report.finding.criteria},
    }
    return [
        judged_of(at, article, _means(words.criteria[name], report, at.writer.locale), paths, met=met[name])
        for name, (article, paths) in _CRITERIA.items()
    ]


def _means(phrase: str, report: DoraReport, locale: Locale) -> Markup:
    """A criterion in our words with the numbers of the rule in force."""
    rule = report.thresholds
    numbers = {
        "clients_percent": rule.clients_percent,
        "clients": rule.clients,
        "counterparts_percent": rule.counterparts_percent,
        "transactions_percent": rule.transactions_percent,
        "states": rule.member_states,
        "cost": rule.cost_eur,
    }
    return sentence(
        phrase,
        duration=locale.duration(3600 * rule.duration_hours),
        downtime=locale.duration(3600 * rule.downtime_hours),
        **{name: locale.number(value) for name, value in numbers.items()},
    )
