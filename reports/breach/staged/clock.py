"""The clock of a stage and who decides, in sentences: due or overdue, why then, whether it is sure, and why it is late.

Owns the choice of sentences; the words are the languages'.
"""

from datetime import timedelta
from typing import Final

from markupsafe import Markup

from reports.breach.staged.facts import StagedReport
from reports.breach.staged.language.phrases import StagedWords
from reports.breach.writing import Writer
from reports.printed import own, printed, sentence
from watchfloor.breach.rules.clock import Deadline
from watchfloor.breach.sector.own_duty import OWN_REGIME

_HOUR: Final = timedelta(hours=1)
_LONGEST: Final = 96
"""Deadlines that are longer are of months."""


def clock_lines(report: StagedReport, stage: str, writer: Writer, words: StagedWords) -> list[Markup]:
    """What there is to say of the stage's clock, the instant first. `stage` is the stage's name."""
    clock = report.deadline
    if report.notice.phase == "withdrawal":
        return [own(words.withdrawn)]
    if clock is None:
        return [sentence(words.no_clock, stage=own(stage))]
    if clock.state == "not_required":
        return [own(words.not_owed)]
    lines = [_end(report, clock, stage, writer, words)]
    lines += _runs(clock, writer, words)
    lines += _moved(clock, writer, words)
    if clock.is_provisional:
        lines.append(own(words.provisional))
    if clock.mark != "confirmed":
        lines.append(own(words.unconfirmed))
    return [*lines, *_late(report, clock, words)]


def approval(report: StagedReport, writer: Writer, words: StagedWords) -> Markup:
    """Who has approved the report, or who has to before it goes out."""
    notice = report.notice
    if notice.approved_by is not None and notice.approved_at is not None:
        name = printed(writer.person(notice.approved_by), 80)
        return sentence(words.approved, name=name, time=writer.locale.moment_utc(notice.approved_at))
    if is_own(report):
        return sentence(words.lead_approves, name=printed(report.provider.name, 80))
    return sentence(words.officer_approves, name=printed(report.customer.name, 80))


def is_own(report: StagedReport) -> bool:
    """Whether the duty is the MSSP's own."""
    return report.notice.regime == OWN_REGIME


def _end(report: StagedReport, clock: Deadline, stage: str, writer: Writer, words: StagedWords) -> Markup:
    locale, name = writer.locale, own(stage)
    if clock.received_at is not None:
        return sentence(words.received, stage=name, time=locale.moment_utc(clock.received_at))
    if clock.submitted_at is not None:
        return sentence(words.sent, stage=name, time=locale.moment_utc(clock.submitted_at))
    if clock.due_at is not None:
        phrase = words.overdue if clock.due_at <= report.generated_at else words.due
        return sentence(phrase, stage=name, due=locale.moment_utc(clock.due_at))
    if clock.waits_for is None:
        return sentence(words.undated, stage=name)
    waits = sentence(words.waits, stage=name, moment=printed(_moment(clock, writer), 120))
    if clock.expected_at is None:
        return waits
    return Markup("{} {}").format(waits, sentence(words.expected, time=locale.moment_utc(clock.expected_at)))


def _moment(clock: Deadline, writer: Writer) -> str:
    name = clock.waits_for or ""
    known = writer.words.fields.get(f"moments.{name}")
    return known or writer.words.codes.duty.get(f"{clock.regime}/{name}", name.replace("_", " "))


def _runs(clock: Deadline, writer: Writer, words: StagedWords) -> list[Markup]:
    """From when, and for how many hours: laws say "72 hours", and so do we."""
    if clock.started_at is None or clock.strict_due_at is None:
        return []
    locale, source = writer.locale, printed(clock.source, 120)
    start = locale.moment_utc(clock.started_at)
    hours, rest = divmod(clock.strict_due_at - clock.started_at, _HOUR)
    if rest or hours > _LONGEST:
        return [sentence(words.runs_since, start=start, source=source)]
    span = own(f"{hours}\N{NO-BREAK SPACE}{locale.phrases.writing.hour}")
    return [sentence(words.runs, start=start, span=span, source=source)]


def _moved(clock: Deadline, writer: Writer, words: StagedWords) -> list[Markup]:
    if clock.strict_due_at is None or clock.strict_due_at == clock.due_at:
        return []
    return [sentence(words.moved, strict=writer.locale.moment_utc(clock.strict_due_at))]


def _late(report: StagedReport, clock: Deadline, words: StagedWords) -> list[Markup]:
    if clock.late_by is None:
        return []
    stated = report.case.clock.delay_reasons
    text = report.notice.delay_reasons or (None if stated is None else stated.value)
    return [sentence(words.late_reasons, text=printed(text, 500)) if text else own(words.no_late_reasons)]
