"""How a report's facts are handed over: as JSON, bounded, and checked as a whole.

Owns the encoding, which is also what the finished PDF carries inside. Which facts agree is each document's own matter.
"""

from typing import Final

import msgspec

from reports.documents.table import DOCUMENTS, document_of
from reports.facts import ReportFacts
from watchfloor.kernel.errors import Invalid, TooLarge

MAX_ENCODED_BYTES: Final = 16 * 1024 * 1024
"""The largest report that is taken, as encoded JSON. A normal one has 50 to 500 kB."""


class _Kind(msgspec.Struct):
    report: str


def encode(report: ReportFacts) -> bytes:
    """The report as JSON: the same facts always give the same bytes. This is what the PDF carries inside.

    Raises TooLarge over MAX_ENCODED_BYTES.
    """
    data = msgspec.json.encode(report)
    _bound(data)
    return data


def decode(data: bytes) -> ReportFacts:
    """The report in `data`, checked whole.

    Raises TooLarge over MAX_ENCODED_BYTES, and Invalid if the JSON is not a report or its parts disagree.
    """
    _bound(data)
    try:
        kind = msgspec.json.decode(data, type=_Kind).report
        if kind not in DOCUMENTS:
            raise Invalid(
                f"There is no report of the kind {kind[:40]!r}.",
                where="report",
                remedy=f"Use one of: {', '.join(sorted(DOCUMENTS))}.",
            )
        report = msgspec.json.decode(data, type=DOCUMENTS[kind].facts)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
        raise Invalid(f"This is no report: {fault}.", where="report") from None
    document_of(report).check(report)
    return report


def _bound(data: bytes) -> None:
    if len(data) > MAX_ENCODED_BYTES:
        raise TooLarge(
            f"The report's data has {len(data):,} bytes; at most {MAX_ENCODED_BYTES:,} are taken.",
            where="report",
            remedy="Hand in fewer events as evidence.",
        )
