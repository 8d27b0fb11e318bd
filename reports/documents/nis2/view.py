"""What a NIS2 report shows: which stage, what it says by now, and why the incident is significant or not.

Owns the choices; words are the languages' and layout the templates'.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from reports.breach.staged.clock import is_own
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
    judged_of,
    parts_of,
    view_of,
)
from reports.documents.nis2.facts import Nis2Report
from reports.documents.nis2.language.phrases import Nis2Words
from reports.language.locale import Locale
from reports.printed import sentence
from watchfloor.breach.rules.nis2 import Nis2Weighed

_ENTITY: Final = ("parties.controller.name", "nis2.sector", "nis2.csirt", "moments.entity_aware")
_OWN: Final = ("parties.processor.name", "nis2.sector", "nis2.csirt", "moments.provider_aware")
_EARLY: Final = ("nis2.malicious_suspected", "nis2.cross_border_impact")
_FIRST: Final = (*_EARLY, "nis2.first_severity", "nis2.impact")
_REPORTED: Final[Mapping[str, Sequence[str]]] = {
    "early_warning": (*_EARLY, "clock.occurred_from"),
    "notification": _FIRST,
    "intermediate": ("nis2.first_severity", "nis2.impact", "clock.ongoing", "measures.taken"),
    "progress": ("nis2.first_severity", "nis2.impact", "clock.ongoing", "measures.taken"),
    "final": ("nis2.impact", "nis2.root_cause", "nis2.mitigation", "nis2.cross_border_impact"),
}
_FIELD: Final = re.compile(r"[a-z]+(?:_[a-z]+)*")


def build(report: Nis2Report, locale: Locale, said: StagedWords, words: Nis2Words) -> StagedView:
    """The view of a report that `check` has passed."""
    at = context_of(report, locale, said)
    stage, decided = report.notice.stage, report.case.statements.significant
    entity = _OWN if is_own(report) else _ENTITY
    decision = decision_of(decided, words.decision, at.writer)
    cover = cover_of(at, words.stage[stage], decision, (*entity, *_REPORTED[stage]))
    return view_of(at, cover, _reasoning(report, words, at), parts_of(at), words.stage)


def _reasoning(report: Nis2Report, words: Nis2Words, at: Context) -> Reasoning:
    """What the rules say. Where the regulation may not name the entity, a person judges and criteria stand beside."""
    finding = report.finding
    judged = _judged(report, words, at)
    says = answered(finding.significant, words.rules)
    if finding.significant is False and not finding.criteria:
        says = words.rules["maintenance"]
    notes: tuple[str, ...] = ()
    if not report.is_provider:
        says, notes = (says, (words.by_person, words.for_providers)) if judged else (words.by_person, ())
    agreement = agreement_of(finding.significant, report.case.statements.significant, at.words) if judged else ""
    return Reasoning(says=says, notes=notes, judged=judged, agreement=agreement)


def _judged(report: Nis2Report, words: Nis2Words, at: Context) -> list[Judged]:
    """The criteria. For an entity that the regulation may not name, only where something of them was stated."""
    found = [_one(weighed, report, words, at) for weighed in report.finding.criteria]
    return found if report.is_provider or any(one.stated for one in found) else []


def _one(weighed: Nis2Weighed, report: Nis2Report, words: Nis2Words, at: Context) -> Judged:
    locale, rule = at.writer.locale, report.thresholds
    means = sentence(
        words.criteria[weighed.article],
        loss=locale.number(rule.loss_eur),
        turnover=locale.number(rule.loss_turnover_percent),
        down=locale.duration(60 * rule.down_minutes),
        limited=locale.duration(60 * rule.limited_minutes),
        percent=locale.number(rule.users_percent),
        users=locale.number(rule.users),
    )
    paths = [f"nis2.{name}" for name in _FIELD.findall(weighed.needs) if name != "and"]
    return judged_of(at, weighed.article, means, paths, met=weighed.met)
