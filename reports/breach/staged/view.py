"""What reports in stages show: the first page, the classification with its reasons, the form field by field, changes.

Owns the choices that NIS2 and DORA share; words are the languages' and layout the templates'.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal

import msgspec
from markupsafe import Markup

from reports.breach import view as shared
from reports.breach.facts import Lacking
from reports.breach.language.table import breach_words
from reports.breach.reading import fact_at, field_of
from reports.breach.staged.clock import approval, clock_lines, is_own
from reports.breach.staged.facts import Asked, StagedReport
from reports.breach.staged.language.phrases import StagedWords
from reports.breach.view import Change, Due, Lack, Row, Source, Sources
from reports.breach.writing import Writer
from reports.language.locale import Locale
from reports.printed import own, printed, sentence
from watchfloor.breach.known import Known

replace = msgspec.structs.replace
_VALUE: Final = 220
_DESCRIPTION: Final = 560
_OURS: Final = ("nature.", "clock.", "measures.", "parties.processor")


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the form."""

    number: str
    row: Row
    is_lacking: bool


class FieldPart(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the form under its title."""

    title: str
    fields: Sequence[Field]


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """A criterion: what it asks for, under which article, what was stated, and what the rules say of it."""

    article: str
    means: Markup
    stated: Sequence[Markup]
    result: Literal["met", "not_met", "unknown"]
    word: str
    sources: Sequence[int]


class Reasoning(msgspec.Struct, frozen=True, kw_only=True):
    """What the rules say of the incident, and whether the person's decision is the same."""

    says: str
    notes: Sequence[str]
    judged: Sequence[Judged]
    agreement: str


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """What the parts of one report are made with."""

    report: StagedReport
    writer: Writer
    words: StagedWords
    sources: Sources


class Cover(msgspec.Struct, frozen=True, kw_only=True):
    """The first page."""

    stage: str
    status: str
    clock: Sequence[Markup]
    left: Markup
    tone: str
    is_waiting: bool
    decision: Markup
    approval: Markup
    description: Markup
    reported: Sequence[tuple[str, Markup]]
    control: Sequence[tuple[str, Markup]]


class StagedView(msgspec.Struct, frozen=True, kw_only=True):
    """All that the shared templates need beside the report itself, the phrases and the locale."""

    cover: Cover
    lacking: Sequence[Lack]
    dues: Sequence[Due]
    reasoning: Reasoning
    parts: Sequence[FieldPart]
    changes: Sequence[Change]
    changes_hidden: int
    changed_since: Markup
    frozen: Sequence[tuple[str, Markup]]
    sources: Sequence[Source]


def context_of(report: StagedReport, locale: Locale, words: StagedWords) -> Context:
    """What the parts of one report are made with."""
    writer = _writer_of(report, locale, words)
    return Context(report=report, writer=writer, words=words, sources=Sources(writer))


def _writer_of(report: StagedReport, locale: Locale, words: StagedWords) -> Writer:
    """A writer who calls who reports an entity, as NIS2 and DORA do."""
    shown = breach_words(locale)
    party = "processor" if is_own(report) else "controller"
    names = {
        f"parties.{party}.name": words.entity,
        f"parties.{party}.contact": words.entity_contact,
        f"parties.{party}.dpo": words.entity_officer,
    }
    known = {path: name for path, name in names.items() if path in shown.fields}
    people = {person.id: person.name for person in report.people}
    return Writer(locale, replace(shown, fields={**shown.fields, **known}), people, report.authorities)


def cover_of(at: Context, stage: str, decision: Markup, paths: Iterable[str]) -> Cover:
    """The first page. `paths` are the facts that it names of what is reported."""
    report, writer, words = at.report, at.writer, at.words
    clock = report.deadline
    due = None if clock is None else shared.due_of(clock, report.generated_at, writer)
    return Cover(
        stage=stage,
        status=writer.words.codes.notice[report.notice.status],
        clock=clock_lines(report, stage, writer, words),
        left=Markup() if due is None or report.notice.phase == "withdrawal" else due.left,
        tone="calm" if due is None else due.tone,
        is_waiting=report.notice.submitted_at is None and report.notice.status != "withdrawn",
        decision=decision,
        approval=approval(report, writer, words),
        description=printed(
            writer.text("nature.description", fact_at(report.case, "nature.description")), _DESCRIPTION
        ),
        reported=_reported(report, paths, writer),
        control=shared.control_of(report, writer),
    )


def decision_of(fact: Known[bool] | None, said: Mapping[str, str], writer: Writer) -> Markup:
    """A person's decision in a sentence: `said` has the sentences `yes`, `no` and `open`."""
    if fact is None or fact.value is None:
        return own(said["open"], 400)
    by = sentence(
        writer.words.around.decided_by,
        name=printed(writer.person(fact.by), 80),
        time=writer.locale.moment_utc(fact.at),
    )
    lines = [own(said["yes" if fact.value else "no"], 400), Markup("{}.").format(by)]
    return Markup(" ").join([*lines, printed(fact.basis, 300)] if fact.basis else lines)


def lacking_of(lacking: Sequence[Lacking], report: StagedReport, writer: Writer) -> list[Lack]:
    """What is missing, by name, with who makes the entry."""
    return [
        Lack(name=writer.name(one.path), asked_by=printed(one.asked_by, 160), who=_owner(one.path, report, writer))
        for one in lacking
    ]


def parts_of(at: Context, fixed: Mapping[str, Sequence[Field]] | None = None) -> list[FieldPart]:
    """The form, row by row. `fixed` are rows that no field of a case answers, by the number of the part they open."""
    found: list[FieldPart] = []
    for place, part in enumerate(at.report.form.parts, start=1):
        fields = [field for row in part.rows for field in _fields(row, at)]
        number, _, title = part.title.rpartition(". ")
        name = at.words.parts[title]
        found.append(
            FieldPart(
                title=f"{number or place}. {name}",
                fields=[*(fixed or {}).get(number or str(place), ()), *fields],
            )
        )
    return found


def fixed_field(number: str, name: str, value: Markup, writer: Writer) -> Field:
    """A row whose answer is the report's own, such as its stage."""
    status = writer.words.codes.status["known"]
    row = Row(
        path="", name=name, lines=[value], hidden=0, status="known", status_word=status, note=Markup(), sources=()
    )
    return Field(number=number, row=row, is_lacking=False)


def judged_of(at: Context, article: str, means: Markup, paths: Sequence[str], *, met: bool | None) -> Judged:
    """A criterion with the facts at these paths, which it rests on."""
    report, writer, words = at.report, at.writer, at.words
    result: Literal["met", "not_met", "unknown"] = "unknown" if met is None else ("met" if met else "not_met")
    facts = [(path, fact) for path in paths if (fact := fact_at(report.case, path)) is not None]
    return Judged(
        article=article,
        means=means,
        stated=[Markup("{}{} {}").format(writer.name(path), _colon(writer), _stated(path, fact, writer))
                for path, fact in facts],
        result=result,
        word={"met": words.met, "not_met": words.not_met, "unknown": words.unknown}[result],
        sources=at.sources.numbers(citation for _, fact in facts for citation in fact.citations),
    )  # fmt: skip


def agreement_of(finding: bool | None, decided: Known[bool] | None, words: StagedWords) -> str:  # noqa: FBT001  # three values
    """Whether the decision is what the rules say; nothing while either is open."""
    decision = None if decided is None else decided.value
    if decision is None or finding is None:
        return ""
    return words.agrees if decision == finding else words.differs


def answered(finding: bool | None, said: Mapping[str, str]) -> str:  # noqa: FBT001  # three values
    """What the rules say: `said` has the sentences `yes`, `no` and `open`."""
    return said["open" if finding is None else ("yes" if finding else "no")]


def view_of(
    at: Context, cover: Cover, reasoning: Reasoning, parts: Sequence[FieldPart], stages: Mapping[str, str]
) -> StagedView:
    """The whole. `stages` are the names of the stages."""
    report, writer = at.report, at.writer
    changes = shared.changes_of(report, writer)
    return StagedView(
        cover=cover,
        lacking=lacking_of(report.missing, report, writer),
        dues=[shared.due_of(one, report.generated_at, writer) for one in report.stages],
        reasoning=reasoning,
        parts=parts,
        changes=changes[: shared.CHANGES_SHOWN],
        changes_hidden=max(0, len(changes) - shared.CHANGES_SHOWN),
        changed_since=_earlier(report, stages, writer),
        frozen=shared.frozen_of(report, writer),
        sources=at.sources.listed(),
    )


def _earlier(report: StagedReport, stages: Mapping[str, str], writer: Writer) -> Markup:
    if report.earlier is None:
        return Markup()
    name = stages.get(report.earlier.stage or "")
    return shared.phase_of(report.earlier.phase, report.earlier.number, writer) if name is None else own(name)


def _reported(report: StagedReport, paths: Iterable[str], writer: Writer) -> list[tuple[str, Markup]]:
    found: list[tuple[str, Markup]] = []
    for path in paths:
        fact = fact_at(report.case, path)
        if fact is not None:
            found.append((writer.name(path), _stated(path, fact, writer)))
    return found


def _stated(path: str, fact: Known[object], writer: Writer) -> Markup:
    """A value with its status, where it is not simply known."""
    text = printed(writer.text(path, fact), _VALUE)
    if fact.status == "known":
        return text
    status = own(writer.words.codes.status[fact.status])
    if fact.expected_at is not None and fact.status == "under_investigation":
        expected = sentence(writer.words.around.known_by, time=writer.locale.moment(fact.expected_at))
        status = Markup("{}, {}").format(status, expected)
    return Markup("{} ({})").format(text, status) if text else status


def _fields(row: Asked, at: Context) -> list[Field]:
    report = at.report
    given = [path for path in row.paths if fact_at(report.case, path) is not None]
    paths = (given or row.paths[:1]) if row.any else row.paths
    missing = {lack.path for lack in report.missing}
    return [
        Field(
            number=row.number,
            row=shared.row_of(path, fact_at(report.case, path), at.writer, at.sources),
            is_lacking=path in missing,
        )
        for path in paths
    ]


def _owner(path: str, report: StagedReport, writer: Writer) -> str:
    field = field_of(path)
    if is_own(report):
        return report.provider.name
    if field is not None and field.set_by == "legal_decision":
        return writer.words.around.officer
    return report.provider.name if path.startswith(_OURS) else report.customer.name


def _colon(writer: Writer) -> str:
    return writer.locale.phrases.writing.colon
