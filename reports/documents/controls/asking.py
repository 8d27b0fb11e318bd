"""What a control evidence report asks for: a line for each number that is missing or fell short, and from whom. Pure.

Owns who is asked: for what people enter, and for what the customer signs off, the customer; for what the platform
counts, the SOC. A number that is missing because nothing happened asks for nothing.
"""

from collections.abc import Sequence
from typing import Final, Literal

import msgspec
from markupsafe import Markup

from reports.documents.controls.facts import ControlReport, Kind, Metric
from reports.documents.controls.written import Writer
from reports.printed import printed, sentence
from watchfloor.controls.result import GapCode, Result

Owner = Literal["customer", "provider"]
Want = Literal["decide", "enter", "repair", "bring"]

_ORDER: Final[tuple[Want, ...]] = ("decide", "enter", "repair", "bring")
_QUIET: Final[frozenset[GapCode]] = frozenset({"nothing_happened", "hours_not_recorded"})
"""Reasons for which a missing number needs nobody."""


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is needed, and the controls that wait for it."""

    want: Want
    owner: Owner
    kind: Kind
    text: Markup
    controls: Sequence[str]


def asks_of(report: ControlReport, writer: Writer) -> Sequence[Ask]:
    """All that is needed: decisions first, then entries, then what the SOC has to do; what concerns most, first."""
    found: list[Ask] = []
    for kind in report.kinds:
        for want in _ORDER:
            missing: list[tuple[Metric, list[Result]]] = []
            for metric in kind.metrics:
                rows = [row for row in report.results if _is_wanting(row, kind, metric, want)]
                if rows and want in ("decide", "repair"):
                    found.append(_short(kind, metric, rows, want, writer))
                elif rows:
                    missing.append((metric, rows))
            if missing:
                found.append(_absent(kind, missing, want, writer))
    return sorted(found, key=lambda ask: (_ORDER.index(ask.want), -len(ask.controls), ask.kind.id))


def _is_wanting(row: Result, kind: Kind, metric: Metric, want: Want) -> bool:
    if (row.evidence_kind, row.metric) != (kind.id, metric.id):
        return False
    is_theirs = metric.basis == "entered" or metric.entry == "month"
    if row.result == "not_supported":
        return want == ("decide" if is_theirs else "repair")
    if row.result != "no_data" or (row.data_gaps and all(gap.code in _QUIET for gap in row.data_gaps)):
        return False
    return want == ("enter" if is_theirs else "bring")


def _short(kind: Kind, metric: Metric, rows: Sequence[Result], want: Want, writer: Writer) -> Ask:
    # A standard may ask more of one control than another asks: the hardest that was missed stands here.
    row = max(rows, key=_hardness)
    text = sentence(
        writer.words.asking.to_decide if want == "decide" else writer.words.asking.to_repair,
        metric=printed(metric.title),
        value=writer.reached(row),
        threshold=writer.asked(row.threshold, row.unit),
    )
    return _ask(kind, want, text, rows)


def _absent(kind: Kind, missing: Sequence[tuple[Metric, list[Result]]], want: Want, writer: Writer) -> Ask:
    metrics = Markup(", ").join(printed(metric.title) for metric, _ in missing)
    text = sentence(writer.words.asking.to_enter if want == "enter" else writer.words.asking.to_bring, metrics=metrics)
    return _ask(kind, want, text, [row for _, rows in missing for row in rows])


def _ask(kind: Kind, want: Want, text: Markup, rows: Sequence[Result]) -> Ask:
    return Ask(
        want=want,
        owner="customer" if want in ("decide", "enter") else "provider",
        kind=kind,
        text=text,
        controls=list(dict.fromkeys(row.control for row in rows)),
    )


def _hardness(row: Result) -> float:
    if row.threshold is None:
        return 0.0
    return row.threshold.number if row.threshold.direction == "at_least" else -row.threshold.number
