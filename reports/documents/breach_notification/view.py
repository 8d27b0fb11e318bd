"""What the draft's template shows: the decision and the clock, the form answered in its own order, and the copy sheet.

Owns the choices; words are the languages' and layout the templates'. What is pasted is made in `sheet`.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Final

import msgspec
from markupsafe import Markup

from reports.breach import view as shared
from reports.breach.reading import fact_at
from reports.breach.view import Change, Due, Source, Sources
from reports.breach.writing import Writer
from reports.documents.breach_notification.facts import BreachNotificationReport
from reports.documents.breach_notification.language.phrases import NotificationWords
from reports.documents.breach_notification.language.table import WORDS
from reports.documents.breach_notification.sheet import Line, State, lines_of
from reports.language.locale import LANGUAGES, Locale
from reports.printed import own, printed, sentence
from watchfloor.breach.rules.clock import Deadline
from watchfloor.breach.rules.forms import ANY_AUTHORITY

_DESCRIPTION: Final = "nature.description"
REGIMES: Final = ("gdpr-authority", "uk-gdpr-authority", "ch-fadp")


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the form with what it rests on. `opens` is the title of a section that begins with this row."""

    line: Line
    opens: str
    value: Markup
    sources: Sequence[int]


class View(msgspec.Struct, frozen=True, kw_only=True):
    """All that the template needs beside the draft itself, the phrases and the locale."""

    phase: Markup
    status: str
    decision: str
    decided: Markup | None
    is_waiting: bool
    clock: Sequence[Markup]
    clock_left: Markup
    clock_tone: str
    happened: str
    description: Markup
    where: Sequence[tuple[str, Markup]]
    notes: Sequence[Markup]
    counts: Sequence[tuple[State, Markup]]
    steps: Sequence[str]
    answers: Sequence[Answer]
    sheet_language: str
    lacking: Sequence[shared.Lack]
    dues: Sequence[Due]
    changes: Sequence[Change]
    changed_since: Markup
    control: Sequence[tuple[str, Markup]]
    frozen: Sequence[tuple[str, Markup]]
    sources: Sequence[Source]


def sheet_of(report: BreachNotificationReport, locale: Locale) -> tuple[list[Line], NotificationWords]:
    """The copy sheet and the words of its language: the form's, where we speak it, else the reader's."""
    language = report.form.language if report.form.language in LANGUAGES else locale.phrases.code
    words = WORDS[language]
    return lines_of(report, shared.form_writer(report, language), words.sheet), words


def build(report: BreachNotificationReport, locale: Locale, words: NotificationWords) -> View:
    """The view of a draft that `check` has passed."""
    writer = shared.writer_of(report, locale)
    sources = Sources(writer)
    lines, _ = sheet_of(report, locale)
    answers = _answers(report, lines, sources)
    clock = _clock_of(report)
    due = None if clock is None else shared.due_of(clock, report.generated_at, writer)
    decided = report.case.risk.art33_decision
    notice = report.notice
    return View(
        phase=shared.phase_of(notice.phase, notice.number, writer),
        status=writer.words.codes.notice[notice.status],
        decision=_decision(report, words),
        decided=None
        if decided is None or decided.value is None
        else sentence(
            writer.words.around.decided_by,
            name=printed(writer.person(decided.by), 80),
            time=locale.moment(decided.at),
        ),
        is_waiting=decided is None or (clock is not None and clock.state in ("running", "missed", "waiting")),
        clock=_clock(report, clock, writer, words),
        clock_left=Markup() if due is None else due.left,
        clock_tone="calm" if due is None else due.tone,
        happened=writer.name(_DESCRIPTION),
        description=printed(writer.text(_DESCRIPTION, fact_at(report.case, _DESCRIPTION)), 700),
        where=_where(report, writer, words),
        notes=_notes(report, words),
        counts=_counts(lines, locale, words),
        steps=(words.step_read, words.step_missing, words.step_paste, words.step_file, words.step_enter),
        answers=answers,
        sheet_language=report.form.language if report.form.language in LANGUAGES else locale.phrases.code,
        lacking=shared.lacking_of(report, writer),
        dues=shared.dues_of(report, writer, regimes=(*REGIMES, "gdpr-subjects", "uk-gdpr-subjects")),
        changes=shared.changes_of(report, writer)[: shared.CHANGES_SHOWN],
        changed_since=Markup()
        if report.earlier is None
        else shared.phase_of(report.earlier.phase, report.earlier.number, writer),
        control=shared.control_of(report, writer),
        frozen=shared.frozen_of(report, writer),
        sources=sources.listed(),
    )


def _answers(report: BreachNotificationReport, lines: Sequence[Line], sources: Sources) -> list[Answer]:
    found: list[Answer] = []
    before = ""
    for line in lines:
        facts = [fact for path in line.paths if (fact := fact_at(report.case, path)) is not None]
        numbers = sources.numbers(citation for fact in facts for citation in fact.citations)
        opens = line.section if line.section != before else ""
        before = line.section
        found.append(Answer(line=line, opens=opens, value=printed(line.value, shared.VALUE_LIMIT), sources=numbers))
    return found


def _decision(report: BreachNotificationReport, words: NotificationWords) -> str:
    decided = report.case.risk.art33_decision
    if decided is None or decided.value is None:
        return words.undecided
    return words.notify if decided.value.notify else words.not_notify


def _clock_of(report: BreachNotificationReport) -> Deadline | None:
    found = [one for one in report.deadlines if one.regime in REGIMES and one.stage in ("initial", "notice")]
    return found[0] if found else None


def _clock(
    report: BreachNotificationReport, clock: Deadline | None, writer: Writer, words: NotificationWords
) -> list[Markup]:
    if clock is None or clock.due_at is None:
        return [own(words.clock_waits)]
    locale = writer.locale
    if clock.received_at is not None:
        return [sentence(words.clock_met, time=locale.moment_utc(clock.received_at))]
    is_late = clock.due_at <= report.generated_at
    said = [sentence(words.clock_over if is_late else words.clock, due=locale.moment_utc(clock.due_at))]
    aware = report.case.clock.controller_aware_at
    if aware is not None and aware.value is not None:
        name = printed(writer.person(aware.by), 80)
        said.append(sentence(words.aware, start=locale.moment_utc(aware.value), name=name))
    return [*said, *_late(report, words)] if is_late else said


def _late(report: BreachNotificationReport, words: NotificationWords) -> list[Markup]:
    stated = report.case.clock.delay_reasons
    text = report.notice.delay_reasons or (None if stated is None else stated.value)
    if not text:
        return [own(words.no_late_reasons)]
    return [sentence(words.late_reasons, text=printed(text, 500))]


def _where(report: BreachNotificationReport, writer: Writer, words: NotificationWords) -> list[tuple[str, Markup]]:
    rows: list[tuple[str, Markup]] = []
    authority = report.authority
    if authority is not None:
        rows += [
            (writer.words.around.authority, printed(authority.name, 200)),
            (words.channel, printed(report.form.channel or authority.channel, 200)),
            (words.site, own(authority.site)),
            (words.languages, own(", ".join(authority.languages))),
        ]
    return [*rows, (words.form, printed(report.form.title, 200))]


def _notes(report: BreachNotificationReport, words: NotificationWords) -> list[Markup]:
    notes: list[Markup] = []
    if report.authority is not None and report.authority.verified_at is None:
        notes.append(own(words.unverified, 400))
    if report.form.authority == ANY_AUTHORITY:
        notes.append(own(words.form_general, 400))
    if report.form.languages and report.form.language not in report.form.languages:
        notes.append(sentence(words.other_language, language=own(", ".join(report.form.languages))))
    return notes


def _counts(lines: Sequence[Line], locale: Locale, words: NotificationWords) -> list[tuple[State, Markup]]:
    counted = Counter(line.state for line in lines)
    return [
        ("paste", locale.counted(words.filled, counted["paste"])),
        ("open", locale.counted(words.to_investigate, counted["open"])),
        ("missing", locale.counted(words.lacking, counted["missing"])),
    ]
