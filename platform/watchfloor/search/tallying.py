"""Counts events by the texts of their fields and by spans of time."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Final, cast

import pyarrow as pa
import pyarrow.compute as pc

from watchfloor.detect.view import EventView
from watchfloor.lake.columns import NAMES, TIME
from watchfloor.lake.files import Files
from watchfloor.search.budget import Budget
from watchfloor.search.finding import wanted
from watchfloor.search.matching import OWN, columns_of, fields_in
from watchfloor.search.pieces import look_through
from watchfloor.search.question import Count, End, Said, Stop, Tally, Task
from watchfloor.search.rows import Rows

MOST_DIFFERENT: Final = 200_000
"""So many different values are told apart; the rest is counted as no value. What is asked for is a few of them."""

_Key = tuple[int | None, tuple[str | None, ...]]
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def tally(files: Files, task: Task, aim: Tally, budget: Budget) -> Iterator[Said]:
    """The counts, by time and then the greatest first, then an `End`. Raises as `look_through` does."""
    counts: Counter[_Key] = Counter()
    stop: Stop = "complete"
    for looked in look_through(files, task, "newest", budget, lambda rows: _count(rows, task, aim)):
        for key, events in looked.found.items():
            is_known = key in counts or len(counts) < MOST_DIFFERENT
            counts[key if is_known else (key[0], tuple(None for _ in key[1]))] += events
            budget.found += events
        yield budget.progress
        stop = budget.exceeded() or stop
        if stop != "complete":
            break
    yield from _told(counts, aim)
    yield End(stop=stop, rows=budget.rows, found=budget.found, files=budget.files, seconds=budget.seconds)


def _count(rows: Rows, task: Task, aim: Tally) -> Counter[_Key]:
    counts: Counter[_Key] = Counter()
    chosen = pc.indices_nonzero(wanted(rows, task))
    if len(chosen) == 0:
        return counts
    coded = [_coded(field, rows, chosen) for field in aim.by]
    columns = {f"value{number}": codes for number, (codes, _) in enumerate(coded)}
    columns["span"] = _spans(rows, chosen, aim.every_seconds)
    grouped = pa.table(columns).group_by(list(columns), use_threads=False).aggregate([([], "count_all")])
    for row in grouped.to_pylist():
        texts = [texts[cast("int", row[f"value{number}"])] for number, (_, texts) in enumerate(coded)]
        for values in product(*texts):
            counts[(cast("int | None", row["span"]), values)] += cast("int", row["count_all"])
    return counts


def _spans(rows: Rows, chosen: pa.Array, every: int | None) -> pa.Array:
    """For each chosen row, when its span begins, in seconds since 1970."""
    if every is None:
        return pa.nulls(len(chosen), pa.int64())
    micros = pc.take(rows.column(TIME), chosen).cast(pa.int64())
    length = pa.scalar(every * 1_000_000, pa.int64())
    return pc.multiply(pc.divide(micros, length), pa.scalar(every, pa.int64()))


def _coded(field: str, rows: Rows, chosen: pa.Array) -> tuple[pa.Array, list[tuple[str | None, ...]]]:
    """For each chosen row, a number; and by number, the texts of the field's values: (None,) where it has none."""
    columns = [f"@{field[len(OWN) :]}"] if field.startswith(OWN) else columns_of([field], rows)
    if not columns:
        return pa.repeat(0, len(chosen)), [(None,)]
    if len(columns) == 1:
        encoded = pc.take(rows.column(columns[0]), chosen).dictionary_encode()
        values = cast("list[str]", encoded.dictionary.to_pylist())
        texts = [_texts(field, [(columns[0], value)]) for value in values]
        return pc.fill_null(encoded.indices, len(values)), [*texts, (None,)]
    read = [*columns, NAMES]
    parts = [cast("list[str | None]", pc.take(rows.column(column), chosen).to_pylist()) for column in read]
    known: dict[tuple[str | None, ...], int] = {}
    codes = [known.setdefault(values, len(known)) for values in zip(*parts, strict=True)]
    given = [[(name, value) for name, value in zip(read, one, strict=True) if value is not None] for one in known]
    return pa.array(codes, pa.int64()), [_texts(field, one) for one in given]


def _texts(field: str, given: list[tuple[str, str]]) -> tuple[str | None, ...]:
    if field.startswith(OWN):
        return (given[0][1],)
    return EventView(fields_in(given)).texts(field) or (None,)


def _told(counts: Counter[_Key], aim: Tally) -> Iterator[Count]:
    """By spans, the most frequent values of all time; in the order of time, then of frequency."""
    totals: Counter[tuple[str | None, ...]] = Counter()
    for (_, values), events in counts.items():
        totals[values] += events
    rank = {values: number for number, (values, _) in enumerate(totals.most_common(aim.most))}
    kept = [(span, values, events) for (span, values), events in counts.items() if values in rank]
    for span, values, events in sorted(kept, key=lambda one: (one[0] or 0, rank[one[1]])):
        yield Count(values=values, since=None if span is None else _EPOCH + timedelta(seconds=span), events=events)
