"""What the notice's template shows: the case's facts in the order in which a privacy officer asks for them.

Owns the choices; words are the languages' and layout the templates'.
"""

from collections.abc import Sequence
from typing import Final

import msgspec
from markupsafe import Markup

from reports.breach import view as shared
from reports.breach.reading import fact_at, facts_of
from reports.breach.scoring import Part, formula_of, score_of
from reports.breach.view import Change, Due, Happening, Row, Source, Sources
from reports.breach.writing import Writer
from reports.documents.breach_notice.facts import BreachNoticeReport
from reports.documents.breach_notice.first_page import Cover, cover_of, decided
from reports.documents.breach_notice.language.phrases import NoticeWords
from reports.language.locale import Locale
from reports.printed import own, printed, sentence

_NATURE: Final = (
    "nature.description",
    "nature.types",
    "nature.cause",
    "nature.vector",
    "nature.attack_techniques",
    "clock.occurred_from",
    "clock.occurred_to",
    "clock.detected_at",
    "clock.detected_how",
    "clock.processor_aware_at",
    "nature.systems",
    "nature.accounts",
    "nature.still_exposed",
)
_DATA: Final = (
    "data.categories",
    "data.records",
    "subjects.categories",
    "subjects.count",
    "subjects.by_country",
    "data.unintelligible",
    "data.backups",
)
_CONSEQUENCES: Final = ("risk.consequences", "risk.consequences_text", "risk.effects_seen", "risk.likelihood")
_MEASURES: Final = ("measures.before", "measures.taken", "measures.proposed", "nature.recovery")
_PARTIES: Final = (
    "parties.controller.name",
    "parties.controller.dpo",
    "parties.processor.name",
    "parties.processor.contact",
    "parties.sub_processors",
)
_TELLING: Final = (
    "subject_comm.told",
    "subject_comm.not_told_reason",
    "subject_comm.planned_at",
    "subject_comm.sent_at",
)


_OPTIONAL: Final = frozenset(
    {
        "nature.vector",
        "nature.attack_techniques",
        "nature.accounts",
        "clock.occurred_to",
        "subjects.by_country",
        "data.unintelligible",
        "data.backups",
        "risk.consequences_text",
        "risk.effects_seen",
        "risk.likelihood",
        "nature.recovery",
        "parties.sub_processors",
        *_TELLING,
    }
)
"""What stands in the notice only where somebody has said it, and where a form asks for it."""


class Open(msgspec.Struct, frozen=True, kw_only=True):
    """A fact under investigation and the day on which it will be known."""

    name: str
    expected: Markup
    note: Markup


class View(msgspec.Struct, frozen=True, kw_only=True):
    """All that the template needs beside the notice itself, the phrases and the locale."""

    cover: Cover
    frozen: Sequence[tuple[str, Markup]]
    parties: Sequence[Row]
    nature: Sequence[Row]
    data: Sequence[Row]
    consequences: Sequence[Row]
    measures: Sequence[Row]
    telling: Sequence[Row]
    telling_decided: Markup | None
    score: Sequence[Part]
    formula: Markup | None
    level: Markup
    happenings: Sequence[Happening]
    happenings_hidden: int
    dues: Sequence[Due]
    applies: Sequence[tuple[str, Markup, Markup]]
    lacking: Sequence[shared.Lack]
    open: Sequence[Open]
    changes: Sequence[Change]
    changes_hidden: int
    changed_since: Markup
    sources: Sequence[Source]


def build(report: BreachNoticeReport, locale: Locale, words: NoticeWords) -> View:
    """The view of a notice that `check` has passed."""
    writer = shared.writer_of(report, locale)
    sources = Sources(writer)
    case = report.case
    optional = _OPTIONAL - {lack.path for lack in report.missing}

    def rows(paths: Sequence[str]) -> list[Row]:
        return shared.rows_of(case, paths, writer, sources, optional=optional)

    cover = cover_of(report, writer, words, sources)
    parties, nature, data, consequences = rows(_PARTIES), rows(_NATURE), rows(_DATA), rows(_CONSEQUENCES)
    measures, telling = rows(_MEASURES), rows(_TELLING)
    happenings, hidden = shared.happenings_of(case, writer, sources, locale.phrases.words.step)
    changes = shared.changes_of(report, writer)
    return View(
        cover=cover,
        frozen=shared.frozen_of(report, writer),
        parties=parties,
        nature=nature,
        data=data,
        consequences=consequences,
        measures=measures,
        telling=telling,
        telling_decided=decided("risk.art34_decision", fact_at(case, "risk.art34_decision"), writer),
        score=score_of(case, writer),
        formula=formula_of(case, writer),
        level=_level(report, writer),
        happenings=happenings,
        happenings_hidden=hidden,
        dues=shared.dues_of(report, writer),
        applies=_applies(report, writer, sources),
        lacking=shared.lacking_of(report, writer),
        open=_open(report, writer),
        changes=changes[: shared.CHANGES_SHOWN],
        changes_hidden=max(0, len(changes) - shared.CHANGES_SHOWN),
        changed_since=Markup()
        if report.earlier is None
        else shared.phase_of(report.earlier.phase, report.earlier.number, writer),
        sources=sources.listed(),
    )


def _level(report: BreachNoticeReport, writer: Writer) -> Markup:
    severity = report.case.severity
    level = None if severity.level is None else severity.level.value
    if level is None:
        return own(writer.words.score.not_scored)
    codes = writer.words.codes
    override = None if severity.override is None else severity.override.value
    said = Markup("{}. {}").format(codes.level[level], codes.level_means[level])
    if override is None or severity.computed is None or severity.computed.value is None:
        return said
    return Markup("{} {}").format(
        said,
        sentence(
            writer.words.score.overridden,
            name=printed(writer.person(override.by), 80),
            level=own(codes.level[override.level]),
            computed=own(codes.level[severity.computed.value]),
            reason=printed(override.reason, 400),
        ),
    )


def _applies(report: BreachNoticeReport, writer: Writer, sources: Sources) -> list[tuple[str, Markup, Markup]]:
    found: list[tuple[str, Markup, Markup]] = []
    for name in sorted(report.case.other_regimes):
        fact = report.case.other_regimes[name].applicable
        if fact is not None and fact.value is not None:
            sources.numbers(fact.citations)
            answer = own(writer.words.codes.applies[fact.value])
            found.append((name.upper(), answer, printed(fact.basis, 300)))
    return found


def _open(report: BreachNoticeReport, writer: Writer) -> list[Open]:
    return [
        Open(name=writer.name(path), expected=writer.locale.moment(fact.expected_at), note=printed(fact.basis, 300))
        for path, fact in facts_of(report.case)
        if fact.status == "under_investigation" and fact.expected_at is not None
    ]
