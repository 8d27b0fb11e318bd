"""ENISA's severity as a page shows it: each number with its meaning and reason, and the sum in one line."""

from collections.abc import Mapping

import msgspec
from markupsafe import Markup

from reports.breach.writing import Writer
from reports.printed import own, printed, sentence
from watchfloor.breach.case import BreachCase
from watchfloor.breach.rules import enisa


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One number of the severity with what it means and why it was given. `group` is DPC, EI or CB."""

    group: str
    name: str
    score: str
    meaning: str
    reason: Markup


def score_of(case: BreachCase, writer: Writer) -> list[Part]:
    """Every number of the severity with its meaning and reason; nothing where nobody scored the case."""
    severity = case.severity
    dpc = () if severity.dpc is None else severity.dpc.value or ()
    ei = () if severity.ei is None else severity.ei.value or ()
    cb = None if severity.cb is None else severity.cb.value
    if not dpc or not ei or cb is None:
        return []
    codes = writer.words.codes
    parts = [
        _part(("DPC", codes.category[one.category]), codes.dpc, one.category, one.score, one.reason, writer)
        for one in dpc
    ]
    parts += [
        _part(("EI", codes.identifier[one.identifier]), codes.ei, one.identifier, one.score, one.reason, writer)
        for one in ei
    ]
    return [*parts, *_circumstances(cb, writer)]


def _circumstances(cb: enisa.Circumstances, writer: Writer) -> list[Part]:
    codes = writer.words.codes
    malice = enisa.MALICE if cb.malicious else 0.0
    given = (
        ("confidentiality", cb.confidentiality, cb.confidentiality_reason),
        ("integrity", cb.integrity, cb.integrity_reason),
        ("availability", cb.availability, cb.availability_reason),
        ("malice", malice, cb.malicious_reason),
    )
    return [_part(("CB", codes.cb_part[name]), codes.cb, name, score, reason, writer) for name, score, reason in given]


def _part(  # noqa: PLR0917  # the parts of one row, in its order
    names: tuple[str, str],
    meanings: Mapping[str, str],
    key: str,
    score: float,
    reason: str | None,
    writer: Writer,
) -> Part:
    group, name = names
    return Part(
        group=group,
        name=name,
        score=writer.decimal(score),
        meaning=meanings[f"{key}.{score:g}"],
        reason=printed(reason or "", 600),
    )


def formula_of(case: BreachCase, writer: Writer) -> Markup | None:
    """The sum of the severity in one line; None where nobody scored the case."""
    severity = case.severity
    dpc = None if severity.dpc is None else severity.dpc.value
    ei = None if severity.ei is None else severity.ei.value
    cb = None if severity.cb is None else severity.cb.value
    se = None if severity.se is None else severity.se.value
    if not dpc or not ei or cb is None or se is None:
        return None
    around = cb.confidentiality + cb.integrity + cb.availability + (enisa.MALICE if cb.malicious else 0.0)
    return sentence(
        writer.words.score.formula,
        dpc=own(writer.decimal(max(part.score for part in dpc))),
        ei=own(writer.decimal(max(part.score for part in ei))),
        cb=own(writer.decimal(around)),
        se=own(writer.decimal(se)),
    )
