"""Collects a control evidence report, as `wf_report` and inside the tenant's transaction (T9, O3).

Owns that the results are those of `watchfloor.controls.evidence`, unchanged, for the period and for the one before; it
counts nothing itself. It writes nothing and invents nothing.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from reports import people
from reports.documents.controls import queries
from reports.documents.controls.beside import read_beside
from reports.documents.controls.facts import (
    Control,
    ControlReport,
    Entry,
    Fixed,
    Framework,
    Kind,
    Metric,
    Phrases,
    Shown,
)
from reports.facts import Provenance
from reports.letterhead import HANDLING, Desk, Letterhead, letterhead_of
from reports.queries import RequestRow
from watchfloor.controls.entries.entry import Entry as Entered
from watchfloor.controls.evidence import FrameworkEvidence, measure
from watchfloor.controls.framework import Control as Listed
from watchfloor.controls.framework import Framework as Described
from watchfloor.controls.library import Library, shipped
from watchfloor.controls.period import before, period_of
from watchfloor.controls.result import Period, Result
from watchfloor.controls.words import LANGUAGES, Language
from watchfloor.kernel import ids
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import Invalid, NotFound


class _Collector(msgspec.Struct, frozen=True, kw_only=True):
    """What both periods are computed with."""

    tx: TenantTx
    cipher: TenantCipher
    library: Library
    desk: Desk
    head: Letterhead

    async def evidence(self, framework: Described, period: Period) -> FrameworkEvidence:
        """The rows of a period, by the rules and entries that hold now."""
        beside = await read_beside(self.desk, first=period.first, until=period.until)
        found = await measure(
            self.tx,
            self.cipher,
            self.library,
            first=period.first,
            until=period.until,
            now=self.head.generated_at,
            beside=beside,
        )
        return found.of(framework)


async def collect(tx: TenantTx, cipher: TenantCipher, request: RequestRow, desk: Desk) -> ControlReport:
    """The report that was asked for, as the records stand now.

    Raises NotFound when there is no such framework, Invalid for a period that is none or has not begun and for a
    language or time zone that reports do not know, and Unopenable when a sealed value was damaged.
    """
    if request.framework is None or request.period_from is None or request.period_to is None:
        raise NotFound("This report names no framework or no period.")
    head = await letterhead_of(tx, request, desk)
    language = _language(request.language)
    library = shipped()
    framework = library.framework(request.framework)
    period = period_of(request.period_from, request.period_to, time_zone=head.customer.time_zone)
    collector = _Collector(tx=tx, cipher=cipher, library=library, desk=desk, head=head)
    now = await collector.evidence(framework, period)
    previous = before(period)
    rows = tuple(now.rows)
    return ControlReport(
        id=head.id,
        revision=head.revision,
        handling=HANDLING,
        generated_at=head.generated_at,
        provider=head.provider,
        customer=head.customer,
        framework=Framework(id=now.framework, title=now.title, version=now.version, source=now.source),
        period=period,
        previous=previous,
        controls=tuple(listed(control, language) for control in framework.controls),
        kinds=described(library, framework, language),
        phrases=worded(library, language),
        results=rows,
        before=await _earlier(collector, framework, previous),
        figures=_figures(now),
        entries=await _entries(tx, desk, now.entries),
        provenance=provenance_of(rows, now.computed_at),
        audit_head=head.audit_head,
        audit_entries=head.audit_entries,
    )


async def _earlier(collector: _Collector, framework: Described, previous: Period) -> tuple[Result, ...]:
    """The rows of the period before without their lists; none when the tenant's records begin later than it does."""
    beginning = await queries.select_beginning(collector.tx)
    if beginning is None or beginning > previous.begin:
        return ()
    found = await collector.evidence(framework, previous)
    return tuple(msgspec.structs.replace(row, exceptions=(), sample_ids=()) for row in found.rows)


def _language(code: str) -> Language:
    for language in LANGUAGES:
        if language == code:
            return language
    raise Invalid(f"Reports are not written in {code[:20]!r}.", where="customer.language")


def listed(control: Listed, language: Language) -> Control:
    """A control in a language."""
    return Control(
        id=control.id,
        words=control.words.of(language),
        kinds=control.evidence,
        beyond="" if control.not_in_scope is None else control.not_in_scope.of(language),
        fixed=tuple(
            Fixed(kind=row.evidence, metric=row.metric, source=row.source, is_unconfirmed=row.unconfirmed)
            for row in control.numbers
        ),
        is_unconfirmed=control.unconfirmed,
    )


def described(library: Library, framework: Described, language: Language) -> tuple[Kind, ...]:
    """The evidence kinds that a framework names, in a language."""
    named = {kind for control in framework.controls for kind in control.evidence}
    return tuple(
        Kind(
            id=kind.id,
            title=kind.title.of(language),
            definition=kind.definition.of(language),
            needs=kind.needs.of(language),
            metrics=tuple(
                Metric(
                    id=metric.id,
                    title=metric.title.of(language),
                    unit=metric.unit,
                    direction=metric.direction,
                    basis=metric.basis,
                    entry=metric.entry,
                )
                for metric in kind.metrics
            ),
        )
        for kind in library.kinds
        if kind.id in named
    )


def worded(library: Library, language: Language) -> Phrases:
    """What the codes in results say, in a language."""
    return Phrases(
        outcomes={code: words.of(language) for code, words in library.phrases.outcomes.items()},
        gaps={code: words.of(language) for code, words in library.phrases.gaps.items()},
        deviations={code: words.of(language) for code, words in library.phrases.deviations.items()},
    )


def _figures(evidence: FrameworkEvidence) -> tuple[Shown, ...]:
    return tuple(
        Shown(
            kind=figure.evidence_kind,
            metric=figure.metric,
            value=figure.value,
            unit=figure.unit,
            number=figure.number,
            query=figure.population_query_id,
        )
        for figure in evidence.figures
    )


async def _entries(tx: TenantTx, desk: Desk, entered: Sequence[Entered]) -> tuple[Entry, ...]:
    # Whose side somebody is on is nothing that this document tells, so no object is named to look it up for.
    actors = [("person" if entry.by.startswith("per_") else "api_key", entry.by) for entry in entered]
    known = await people.meet(tx, desk.directory, kind="evidence", object_id="", actors=actors)
    return tuple(
        Entry(
            id=ids.show("evd", entry.id),
            kind=entry.kind,
            metric=entry.metric,
            by=known.name(entry.by),
            at=entry.at,
            document="" if entry.document is None else entry.document.name,
            document_sha256=None if entry.document is None else entry.document.sha256.hex(),
        )
        for entry in entered
    )


def provenance_of(rows: Iterable[Result], taken_at: datetime) -> tuple[Provenance, ...]:
    """A population with the records that were counted, once each, in the order of the rows."""
    found: dict[str, Result] = {}
    for row in rows:
        if row.population_query_id:
            found.setdefault(row.population_query_id, row)
    return tuple(
        Provenance(
            id=f"N{number}",
            query=query,
            taken_at=taken_at,
            records=row.sample_ids,
            total_records=len(row.sample_ids) if row.denominator is None else row.denominator,
        )
        for number, (query, row) in enumerate(found.items(), start=1)
    )
