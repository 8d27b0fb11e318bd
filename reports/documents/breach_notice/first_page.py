"""The first page of the notice: what happened, what was done, what must be decided, and by when.

Owns what it shows of each; words are the languages' and layout the templates'.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec
from markupsafe import Markup

from reports.breach import view as shared
from reports.breach.reading import fact_at, facts_of
from reports.breach.view import Sources
from reports.breach.writing import Writer
from reports.documents.breach_notice.facts import BreachNoticeReport
from reports.documents.breach_notice.language.phrases import NoticeWords
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


class Cover(msgspec.Struct, frozen=True, kw_only=True):
    """The first page."""

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


def cover_of(report: BreachNoticeReport, writer: Writer, words: NoticeWords, sources: Sources) -> Cover:
    """The first page of a notice, which answers what happened, what the controller must decide, and by when."""
    case = report.case
    clock = _authority_clock(report)
    due = None if clock is None else shared.due_of(clock, report.generated_at, writer)
    questions = [_question(report, path, writer, words, sources) for path in _QUESTIONS]
    taken = writer.lines("measures.taken", fact_at(case, "measures.taken"))
    contact = writer.text("parties.processor.contact", fact_at(case, "parties.processor.contact"))
    return Cover(
        phase=shared.phase_of(report.notice.phase, report.notice.number, writer),
        status=writer.words.codes.notice[report.notice.status],
        description=printed(writer.text("nature.description", fact_at(case, "nature.description")), DESCRIPTION),
        moments=_moments(report, writer),
        done=[printed(line, 160) for line in taken[:DONE_SHOWN]],
        done_hidden=max(0, len(taken) - DONE_SHOWN),
        clock=_clock(report, clock, writer, words),
        clock_left=Markup() if due is None else due.left,
        clock_tone="calm" if due is None else due.tone,
        is_waiting=any(question.answer is None for question in questions)
        or (clock is not None and clock.state in ("running", "missed")),
        questions=questions,
        waiting=sum(question.answer is None for question in questions),
        suggestion=_suggestion(report, writer, words),
        figures=_figures(report, writer, words),
        next_update=_next(report, writer, words),
        contact=own(contact or report.provider.contact),
        control=shared.control_of(report, writer),
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
        answer=decided(path, fact, writer) if answered else None,
        by=by,
        sources=() if fact is None else sources.numbers(fact.citations),
    )


def decided(path: str, fact: Known[object] | None, writer: Writer) -> Markup | None:
    """A decision in words; None while nobody has taken it."""
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
