"""The register as a table for machines: CSV (RFC 4180, UTF-8, times in UTC), one line a case, codes as in the API."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from watchfloor.breach.known import Range
from watchfloor.breach.register import RegisterRow, Ruled
from watchfloor.kernel.neutralise import Untrusted, csv_line, for_csv

COLUMNS: Final = (
    "ref",
    "title",
    "status",
    "opened_at",
    "occurred_from",
    "occurred_to",
    "detected_at",
    "aware_at",
    "time_zone",
    "is_breach",
    "is_breach_reason",
    "types",
    "facts",
    "data",
    "records",
    "persons",
    "number",
    "consequences",
    "effects",
    "severity",
    "measures_taken",
    "measures_proposed",
    "risk",
    "risk_reason",
    "authority_told",
    "authority_reason",
    "authority_decided_by",
    "subjects_told",
    "subjects_reason",
    "subjects_decided_by",
    "exemption",
    "subjects_told_at",
    "notices",
    "delay_reasons",
    "lessons",
    "approved_by",
)


def register_csv(rows: Sequence[RegisterRow], people: Mapping[str, str]) -> bytes:
    """The table. `people` are names by their shown ids. Lists are joined by semicolons; what is open is empty."""
    lines = [csv_line(for_csv(Untrusted(column)) for column in COLUMNS)]
    lines += [csv_line(for_csv(Untrusted(text)) for text in _texts(row, people)) for row in rows]
    return "".join(lines).encode()


def _texts(row: RegisterRow, people: Mapping[str, str]) -> tuple[str, ...]:
    def name(ruled: Ruled) -> str:
        return people.get(ruled.by or "", ruled.by or "")

    return (
        row.ref,
        row.title,
        row.status,
        _instant(row.opened_at),
        _instant(row.occurred_from),
        _instant(row.occurred_to),
        _instant(row.detected_at),
        _instant(row.aware_at),
        row.time_zone,
        row.is_breach.answer,
        row.is_breach.reason or "",
        "; ".join(row.types),
        row.facts or "",
        "; ".join(one.code for one in row.data),
        _range(row.records),
        "; ".join(one.code for one in row.persons),
        _range(row.number),
        "; ".join(row.consequences),
        row.effects or "",
        row.severity or "",
        "; ".join(one.text for one in row.taken),
        "; ".join(one.text for one in row.proposed),
        row.risk or "",
        row.risk_reason or "",
        row.authority.answer,
        row.authority.reason or "",
        name(row.authority),
        row.subjects.answer,
        row.subjects.reason or "",
        name(row.subjects),
        row.exemption or "",
        _instant(row.subjects_told_at),
        "; ".join(f"{one.regime}/{one.stage} {_instant(one.submitted_at)} {one.reference or ''}".strip()
                  for one in row.filings),
        row.delay_reasons or "",
        row.lessons or "",
        people.get(row.approved_by or "", row.approved_by or ""),
    )  # fmt: skip


def _range(number: Range | None) -> str:
    if number is None:
        return ""
    if number.max is None:
        return f"{number.min}+"
    return str(number.min) if number.max == number.min else f"{number.min}-{number.max}"


def _instant(at: datetime | None) -> str:
    return "" if at is None else f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
