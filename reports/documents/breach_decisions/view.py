"""What the record's template shows: decisions with their person, time and reason, and how the severity came about.

Owns the choices; words are the languages' and layout the templates'.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final, cast

import msgspec
from markupsafe import Markup

from reports.breach import view as shared
from reports.breach.reading import fact_at
from reports.breach.scoring import Part, formula_of, score_of
from reports.breach.view import Due, Source, Sources
from reports.breach.writing import Writer
from reports.documents.breach_decisions.facts import BreachDecisionsReport
from reports.documents.breach_decisions.language.phrases import DecisionWords
from reports.documents.breach_notice.language.table import words_of as notice_words
from reports.language.locale import Locale
from reports.printed import own, printed, sentence
from watchfloor.breach.clocks import ALWAYS
from watchfloor.breach.known import Known
from watchfloor.breach.records import Decision
from watchfloor.breach.values import Art33Decision, Art34Decision

REASON: Final = 500
LOG_SHOWN: Final = 30
_AUTHORITY: Final = frozenset({("gdpr-authority", "initial"), ("uk-gdpr-authority", "initial"), ("ch-fadp", "notice")})
_SUBJECTS: Final = "risk.art34_decision"
_ASKED: Final = ("is_breach", "clock.controller_aware_at", "risk.risk", "risk.art33_decision", _SUBJECTS)
_PROCESSOR: Final = "clock.processor_aware_at"
_ENDED: Final = frozenset({"met", "met_late", "not_required"})


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """A decision that counts."""

    question: Markup
    answer: Markup
    reason: Markup
    by: Markup
    sources: Sequence[int]


class Open(msgspec.Struct, frozen=True, kw_only=True):
    """A decision that nobody has taken, and who takes it by when."""

    question: Markup
    until: Markup


class Advised(msgspec.Struct, frozen=True, kw_only=True):
    """Advice beside the decision. `standing` says whether they agree."""

    question: str
    advice: Markup
    decision: Markup
    standing: str
    is_different: bool


class Logged(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of the list of all decisions."""

    at: datetime
    what: str
    outcome: Markup
    by: Markup
    reason: Markup


class View(msgspec.Struct, frozen=True, kw_only=True):
    """All that the template needs beside the record itself, the phrases and the locale."""

    open: Sequence[Open]
    standing: Sequence[Standing]
    dues: Sequence[Due]
    level: Markup
    overridden: Markup
    formula: Markup | None
    score: Sequence[Part]
    flags: Sequence[str]
    advised: Sequence[Advised]
    weigh: Markup
    exemption: Markup
    log: Sequence[Logged]
    log_hidden: int
    approvals: Sequence[tuple[str, Markup, Markup, Markup]]
    sources: Sequence[Source]


def build(report: BreachDecisionsReport, locale: Locale, words: DecisionWords) -> View:
    """The view of a record that `check` has passed."""
    writer = shared.writer_of(report, locale)
    sources = Sources(writer)
    case = report.case
    standing = list(_standing(report, writer, words, sources))
    if case.severity.level is not None:
        sources.numbers(case.severity.level.citations)
    return View(
        open=list(_open(report, writer, words)),
        standing=standing,
        dues=[due for due in shared.dues_of(report, writer) if due.deadline.state not in _ENDED],
        level=_level(report, writer),
        overridden=_overridden(report, writer),
        formula=formula_of(case, writer),
        score=score_of(case, writer),
        flags=[writer.words.codes.flag[flag] for flag in _flags(report)],
        advised=_advised(report, writer, words),
        weigh=_reasons(() if report.suggestion is None else report.suggestion.weigh, writer, is_weighed=True),
        exemption=_exemption(report, writer, words),
        log=[_logged(one, writer) for one in case.decisions[-LOG_SHOWN:]],
        log_hidden=max(0, len(case.decisions) - LOG_SHOWN),
        approvals=[
            (
                writer.words.codes.approval_role[one.role],
                Markup("{}, {}").format(
                    writer.words.codes.approval[one.decision],
                    sentence(words.of_version, n=locale.number(one.version)),
                ),
                _by(one.by, one.at, writer),
                printed(one.reason, REASON),
            )
            for one in case.approvals
        ],
        sources=sources.listed(),
    )


def _is_decided(fact: Known[object] | None) -> bool:
    return fact is not None and fact.value is not None and fact.value != "unknown"


def _question(path: str, writer: Writer, words: DecisionWords) -> Markup:
    if path.startswith("other_regimes."):
        return sentence(words.regime, name=printed(path.split(".")[1].upper(), 40))
    return own(notice_words(writer.locale).question.get(path) or writer.name(path))


def _regimes(report: BreachDecisionsReport) -> list[str]:
    owed = {one.regime for one in report.deadlines if one.is_provisional and one.regime not in ALWAYS}
    return [f"other_regimes.{name}.applicable" for name in sorted(owed | set(report.case.other_regimes))]


def _fact(report: BreachDecisionsReport, path: str) -> Known[object] | None:
    if path.startswith("other_regimes.") and path.split(".")[1] not in report.case.other_regimes:
        return None
    return fact_at(report.case, path)


def _standing(
    report: BreachDecisionsReport, writer: Writer, words: DecisionWords, sources: Sources
) -> Iterator[Standing]:
    for path in (*_ASKED, _PROCESSOR, *_regimes(report)):
        fact = _fact(report, path)
        if fact is None or not _is_decided(fact):
            continue
        yield Standing(
            question=_question(path, writer, words),
            answer=_answer(path, fact, writer),
            reason=printed(_reason(fact), REASON),
            by=_by(fact.by, fact.at, writer),
            sources=sources.numbers(fact.citations),
        )


def _reason(fact: Known[object]) -> str:
    value = cast("object", msgspec.to_builtins(fact.value))
    return str(cast("dict[str, object]", value)["reason"]) if isinstance(value, dict) else fact.basis


def _answer(path: str, fact: Known[object], writer: Writer) -> Markup:
    said = writer.words
    value = cast("object", msgspec.to_builtins(fact.value))
    if not isinstance(value, dict):
        return printed(writer.text(path, fact), 200)
    decided = cast("dict[str, object]", value)
    if path != _SUBJECTS:
        return own(said.values.notify if decided["notify"] else said.values.not_notify)
    told = said.values.told if decided["notify"] else said.values.not_told
    exempt = decided.get("exemption")
    return own(told if exempt is None else f"{told} {said.codes.exemption[str(exempt)]}.", 300)


def _by(who: str, at: datetime, writer: Writer) -> Markup:
    return sentence(
        writer.words.around.decided_by, name=printed(writer.person(who), 80), time=writer.locale.moment_utc(at)
    )


def _open(report: BreachDecisionsReport, writer: Writer, words: DecisionWords) -> Iterator[Open]:
    is_none = report.case.is_breach is not None and report.case.is_breach.value is False
    for path in (*(() if is_none else _ASKED), *_regimes(report)):
        if not _is_decided(_fact(report, path)):
            yield Open(question=_question(path, writer, words), until=_until(report, path, writer, words))


def _until(report: BreachDecisionsReport, path: str, writer: Writer, words: DecisionWords) -> Markup:
    """By when: the end of the clock that hangs on the decision; without undue delay where none runs."""
    regime = path.split(".")[1] if path.startswith("other_regimes.") else None
    ends = [
        one.due_at
        for one in report.deadlines
        if one.due_at is not None
        and one.state not in _ENDED
        and (one.regime == regime if regime is not None else (one.regime, one.stage) in _AUTHORITY)
    ]
    who = own(writer.words.around.officer)
    if path == _SUBJECTS or not ends:
        return sentence(words.at_once, who=who)
    due = min(ends)
    phrase = words.overdue if due <= report.generated_at else words.until
    return sentence(phrase, who=who, due=writer.locale.moment_utc(due))


def _level(report: BreachDecisionsReport, writer: Writer) -> Markup:
    level = report.case.severity.level
    if level is None or level.value is None:
        return own(writer.words.score.not_scored)
    codes = writer.words.codes
    said = Markup("{}. {}").format(codes.level[level.value], codes.level_means[level.value])
    return Markup("{} {}").format(said, Markup("({})").format(_by(level.by, level.at, writer)))


def _overridden(report: BreachDecisionsReport, writer: Writer) -> Markup:
    severity = report.case.severity
    override = None if severity.override is None else severity.override.value
    computed = None if severity.computed is None else severity.computed.value
    if override is None or computed is None:
        return Markup()
    levels = writer.words.codes.level
    return sentence(
        writer.words.score.overridden,
        name=printed(writer.person(override.by), 80),
        level=own(levels[override.level]),
        computed=own(levels[computed]),
        reason=printed(override.reason, REASON),
    )


def _flags(report: BreachDecisionsReport) -> Sequence[str]:
    flags = report.case.severity.flags
    return () if flags is None else flags.value or ()


def _reasons(codes: Sequence[str], writer: Writer, *, is_weighed: bool = False) -> Markup:
    if not codes:
        return Markup()
    said = notice_words(writer.locale)
    texts = "; ".join(writer.words.codes.advice[code] for code in codes)
    return sentence(said.weigh if is_weighed else said.because, reasons=own(texts, 400))


def _advised(report: BreachDecisionsReport, writer: Writer, words: DecisionWords) -> list[Advised]:
    found, said = report.suggestion, notice_words(writer.locale)
    if found is None:
        return []
    notify = said.suggest_notify if found.notify_authority else said.suggest_register
    tell = said.suggest_tell if found.tell_subjects else said.suggest_not_tell
    return [
        _beside(report, "risk.art33_decision", (notify, found.notify_authority, found.for_notice or found.against),
                writer, words),
        _beside(report, _SUBJECTS, (tell, found.tell_subjects, found.for_telling), writer, words),
    ]  # fmt: skip


def _beside(
    report: BreachDecisionsReport,
    path: str,
    advice: tuple[str, bool, Sequence[str]],
    writer: Writer,
    words: DecisionWords,
) -> Advised:
    text, is_for, reasons = advice
    fact = fact_at(report.case, path)
    value = None if fact is None else fact.value
    decided = value.notify if isinstance(value, (Art33Decision, Art34Decision)) else None
    standing = writer.words.around.no_decision
    if decided is not None:
        standing = words.same if decided == is_for else words.differs
    return Advised(
        question=writer.words.codes.decision["art34" if path == _SUBJECTS else "art33"],
        advice=Markup("{} {}").format(text, _reasons(reasons, writer)),
        decision=Markup() if fact is None or value is None else _answer(path, fact, writer),
        standing=standing,
        is_different=decided is not None and decided != is_for,
    )


def _exemption(report: BreachDecisionsReport, writer: Writer, words: DecisionWords) -> Markup:
    decided = report.case.risk.art34_decision
    value = None if decided is None else decided.value
    if value is None or value.exemption is None:
        return own(words.no_exemption)
    said = writer.words.codes.exemption[value.exemption]
    return Markup("{} · {} ({})").format(own(said), printed(value.reason, REASON), _by(value.by, value.at, writer))


def _logged(decision: Decision, writer: Writer) -> Logged:
    return Logged(
        at=decision.at,
        what=writer.words.codes.decision[decision.kind],
        outcome=_outcome(decision, writer),
        by=printed(writer.person(decision.by), 80),
        reason=printed(decision.reason, 300),
    )


def _outcome(decision: Decision, writer: Writer) -> Markup:
    """What was decided, in the reader's language; an outcome of another kind stands as the record has it."""
    said, outcome = writer.words, decision.outcome
    if decision.kind == "awareness":
        try:
            return writer.locale.moment_utc(datetime.fromisoformat(outcome))
        except ValueError:
            return printed(outcome, 120)
    if decision.kind == "severity":
        level, _, score = outcome.partition(" ")
        return printed(f"{said.codes.level.get(level, level)} {score.replace('.', said.values.decimal)}", 120)
    known = {
        "breach": {"yes": said.values.yes, "no": said.values.no},
        "statement": {"yes": said.values.yes, "no": said.values.no},
        "risk": said.codes.risk,
        "regime": said.codes.applies,
        "art33": {"notify": said.values.notify, "do not notify": said.values.not_notify},
        "art34": {"tell": said.values.told, "do not tell": said.values.not_told}
        | {f"do not tell ({key})": f"{said.values.not_told} {text}." for key, text in said.codes.exemption.items()},
    }
    return printed(known.get(decision.kind, {}).get(outcome, outcome), 200)
