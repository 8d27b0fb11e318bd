"""What the notice's template shows: the case's facts in the order in which a privacy officer asks for them.

Owns the choices; words are the languages' and layout the templates'.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec
from markupsafe import Markup

from reports.breach import view as shared
from reports.breach.reading import fact_at, facts_of
from reports.breach.scoring import Part, formula_of, score_of
from reports.breach.view import Change, Due, Happening, Row, Source, Sources
from reports.breach.writing import Writer
from reports.documents.breach_notice.facts import BreachNoticeReport
from reports.documents.breach_notice.language.phrases import NoticeWords
from reports.language.locale import Locale
from reports.printed import own, printed, sentence
from watchfloor.breach.known import Known
from watchfloor.breach.rules.clock import Deadline

DONE_SHOWN: Final = 5
DESCRIPTION: Final = 460
AUTHORITY_REGIMES: Final = ("gdpr-authority", "uk-gdpr-authority", "ch-fadp")

_QUESTIONS: Final = (
    "is_breach",
    "clock.controller_aware_at",
    "risk.risk",
    "risk.art33_decision",
    "risk.art34_decision",
)
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


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """A decision that is the controller's, and its answer where there is one."""

    text: str
    answer: Markup | None
    by: Markup
    sources: Sequence[int]


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """A number of the first page with its status."""

    value: Markup
    label: str
    note: Markup


class Open(msgspec.Struct, frozen=True, kw_only=True):
    """A fact under investigation and the day on which it will be known."""

    name: str
    expected: Markup
    note: Markup


class View(msgspec.Struct, frozen=True, kw_only=True):
    """All that the template needs beside the notice itself, the phrases and the locale."""

    phase: Markup
    status: str
    description: Markup
    moments: Sequence[tuple[str, Markup]]
    done: Sequence[Markup]
    done_hidden: int
    clock: Sequence[Markup]
    clock_left: Markup
    clock_tone: str
    is_waiting: bool
    """Whether the controller has still something to do."""
    questions: Sequence[Question]
    waiting: int
    suggestion: Sequence[Markup]
    figures: Sequence[Figure]
    next_update: Markup
    contact: Markup
    control: Sequence[tuple[str, Markup]]
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

    clock = _authority_clock(report)
    questions = [_question(report, path, writer, words, sources) for path in _QUESTIONS]
    parties, nature, data, consequences = rows(_PARTIES), rows(_NATURE), rows(_DATA), rows(_CONSEQUENCES)
    measures, telling = rows(_MEASURES), rows(_TELLING)
    happenings, hidden = shared.happenings_of(case, writer, sources, locale.phrases.words.step)
    changes = shared.changes_of(report, writer)
    taken = writer.lines("measures.taken", fact_at(case, "measures.taken"))
    return View(
        phase=shared.phase_of(report.notice.phase, report.notice.number, writer),
        status=writer.words.codes.notice[report.notice.status],
        description=printed(writer.text("nature.description", fact_at(case, "nature.description")), DESCRIPTION),
        moments=_moments(report, writer),
        done=[printed(line, 160) for line in taken[:DONE_SHOWN]],
        done_hidden=max(0, len(taken) - DONE_SHOWN),
        clock=_clock(report, clock, writer, words),
        clock_left=Markup() if clock is None else shared.due_of(clock, report.generated_at, writer).left,
        clock_tone="calm" if clock is None else shared.due_of(clock, report.generated_at, writer).tone,
        is_waiting=any(question.answer is None for question in questions)
        or (clock is not None and clock.state in ("running", "missed")),
        questions=questions,
        waiting=sum(question.answer is None for question in questions),
        suggestion=_suggestion(report, writer, words),
        figures=_figures(report, writer, words),
        next_update=_next(report, writer, words),
        contact=own(
            writer.text("parties.processor.contact", fact_at(case, "parties.processor.contact"))
            or report.provider.contact
        ),
        control=shared.control_of(report, writer),
        frozen=shared.frozen_of(report, writer),
        parties=parties,
        nature=nature,
        data=data,
        consequences=consequences,
        measures=measures,
        telling=telling,
        telling_decided=_decided("risk.art34_decision", fact_at(case, "risk.art34_decision"), writer),
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


def _authority_clock(report: BreachNoticeReport) -> Deadline | None:
    found = [one for one in report.deadlines if one.regime in AUTHORITY_REGIMES and one.stage in ("initial", "notice")]
    return found[0] if found else None


def _clock(report: BreachNoticeReport, clock: Deadline | None, writer: Writer, words: NoticeWords) -> list[Markup]:
    if clock is not None and clock.state == "not_required":
        return [own(words.clock_off)]
    if clock is not None and clock.received_at is not None:
        return [sentence(words.clock_met, time=writer.locale.moment_utc(clock.received_at))]
    if clock is not None and clock.due_at is not None:
        phrase = words.clock_over if clock.due_at <= report.generated_at else words.clock_runs
        return [sentence(phrase, due=writer.locale.moment_utc(clock.due_at))]
    said = [own(words.clock_waits)]
    if report.proposal is not None:
        start, due = (writer.locale.moment_utc(at) for at in (report.proposal.start, report.proposal.due))
        said.append(sentence(words.proposal, start=start, due=due))
    return [*said, own(words.who_enters)]


def _question(report: BreachNoticeReport, path: str, writer: Writer, words: NoticeWords, sources: Sources) -> Question:
    fact = fact_at(report.case, path)
    answered = fact is not None and fact.value is not None
    by = Markup()
    if fact is not None and answered:
        by = sentence(
            writer.words.around.decided_by,
            name=printed(writer.person(fact.by), 80),
            time=writer.locale.date(fact.at),
        )
    return Question(
        text=words.question[path],
        answer=_decided(path, fact, writer) if answered else None,
        by=by,
        sources=() if fact is None else sources.numbers(fact.citations),
    )


def _decided(path: str, fact: Known[object] | None, writer: Writer) -> Markup | None:
    if fact is None or fact.value is None:
        return None
    said = writer.words.values
    value = msgspec.to_builtins(fact.value)
    if path == "risk.art33_decision":
        return own(said.notify if value["notify"] else said.not_notify)
    if path == "risk.art34_decision":
        told = said.told if value["notify"] else said.not_told
        exempt = value.get("exemption")
        return own(told if not exempt else f"{told} {said.exempt.format(text=writer.words.codes.exemption[exempt])}")
    return printed(writer.text(path, fact), 200)


def _suggestion(report: BreachNoticeReport, writer: Writer, words: NoticeWords) -> list[Markup]:
    found = report.suggestion
    if found is None:
        return []
    notice = words.suggest_notify if found.notify_authority else words.suggest_register
    telling = words.suggest_tell if found.tell_subjects else words.suggest_not_tell
    said = [
        Markup("{} {}").format(notice, _reasons(found.for_notice or found.against, words.because, writer)),
        Markup("{} {}").format(telling, _reasons(found.for_telling, words.because, writer)),
        _reasons(found.weigh, words.weigh, writer),
    ]
    return [line for line in said if line.strip()]


def _reasons(reasons: Sequence[str], phrase: str, writer: Writer) -> Markup:
    if not reasons:
        return Markup()
    advice = writer.words.codes.advice
    return sentence(phrase, reasons=own("; ".join(advice[reason] for reason in reasons), 400))


def _moments(report: BreachNoticeReport, writer: Writer) -> list[tuple[str, Markup]]:
    found: list[tuple[str, Markup]] = []
    for path in ("clock.occurred_from", "clock.occurred_to", "clock.ongoing", "clock.detected_at"):
        fact = fact_at(report.case, path)
        if fact is not None and fact.value is not None:
            status = "" if fact.status == "known" else f" ({writer.words.codes.status[fact.status].lower()})"
            value = fact.value
            text = writer.locale.moment(value) if isinstance(value, datetime) else printed(writer.text(path, fact))
            found.append((writer.name(path), Markup("{}{}").format(text, status)))
    return found


def _figures(report: BreachNoticeReport, writer: Writer, words: NoticeWords) -> list[Figure]:
    case = report.case
    numbers = (("persons", "subjects.count"), ("records", "data.records"))
    found = [_figure(words.figures[name], path, report, writer, words) for name, path in numbers]
    systems = case.nature.systems
    count = (
        Markup("\N{EN DASH}") if systems is None or systems.value is None else writer.locale.number(len(systems.value))
    )
    found.append(
        Figure(
            value=count, label=words.figures["systems"], note=_status(fact_at(case, "nature.systems"), writer, words)
        )
    )
    level = case.severity.level
    score = case.severity.se
    value = "\N{EN DASH}" if level is None or level.value is None else writer.words.codes.level[level.value]
    note = words.to_see if score is None or score.value is None else writer.decimal(score.value)
    found.append(Figure(value=own(value), label=words.figures["severity"], note=own(note)))
    return found


def _figure(label: str, path: str, report: BreachNoticeReport, writer: Writer, words: NoticeWords) -> Figure:
    fact = fact_at(report.case, path)
    text = writer.text(path, fact) or "\N{EN DASH}"
    return Figure(value=own(text), label=label, note=_status(fact, writer, words))


def _status(fact: Known[object] | None, writer: Writer, words: NoticeWords) -> Markup:
    if fact is None:
        return own(words.to_see)
    if fact.status == "under_investigation" and fact.expected_at is not None:
        return sentence(writer.words.around.known_by, time=writer.locale.moment(fact.expected_at))
    return own(writer.words.codes.status[fact.status])


def _next(report: BreachNoticeReport, writer: Writer, words: NoticeWords) -> Markup:
    at = report.case.others.more_to_come_at
    if at is not None and at.value is not None:
        return sentence(words.next_update, time=writer.locale.moment_utc(at.value))
    expected = [fact.expected_at for _, fact in facts_of(report.case) if fact.expected_at is not None]
    if expected:
        return sentence(words.next_update, time=writer.locale.moment_utc(min(expected)))
    return own(words.no_next_update)


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
