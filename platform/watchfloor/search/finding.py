"""Finds events in their order: what is certain to come next is said at once, while the rest is still looked through."""

import base64
import heapq
from collections.abc import Iterator
from datetime import datetime
from typing import Final, cast

import pyarrow as pa
import pyarrow.compute as pc

from watchfloor.lake.columns import (
    ENTITIES,
    HOST,
    INSTANT,
    JSON,
    KEY,
    MORE,
    NAMES,
    RAW,
    RAW_BASE64,
    SOURCE,
    SUMMARY,
    TEXT,
    TIME,
    entities_of,
    names_of,
    object_of,
    value_of,
)
from watchfloor.lake.files import Files
from watchfloor.search.budget import Budget
from watchfloor.search.matching import matching
from watchfloor.search.pieces import look_through, rank_of
from watchfloor.search.question import End, Find, Hit, Include, Place, Said, Stop, Task
from watchfloor.search.rows import Rows

_COLUMNS_OF: Final[dict[Include, tuple[str, ...]]] = {
    "line": (),
    "fields": (NAMES,),
    "record": (NAMES, RAW, RAW_BASE64),
}

_Ranked = tuple[int, bytes, Hit]


def find(files: Files, task: Task, aim: Find, budget: Budget) -> Iterator[Said]:
    """The events, in order, with progress between them; the last is an `End`."""
    waiting: list[_Ranked] = []
    stop: Stop = "complete"
    for looked in look_through(files, task, aim.order, budget, lambda rows: _hits(rows, task, aim)):
        for ranked in looked.found:
            heapq.heappush(waiting, ranked)
        yield from _certain(waiting, looked.next_rank, aim, budget)
        if budget.found >= aim.most:
            stop = "page"
        stop = budget.exceeded() or stop
        if stop != "complete":
            break
        yield budget.progress
    yield _end(budget, stop)


def in_time(rows: Rows, task: Task) -> pa.Array:
    """Which rows are of the time in question."""
    times = rows.column(TIME)
    return pc.and_(
        pc.greater_equal(times, pa.scalar(task.since, INSTANT)), pc.less(times, pa.scalar(task.until, INSTANT))
    )


def wanted(rows: Rows, task: Task) -> pa.Array:
    """Which rows are in the answer."""
    mask = in_time(rows, task)
    if not pc.any(mask).as_py():
        return mask
    return pc.and_(mask, matching(task.query.condition, rows, logsource=task.query.logsource))


def _certain(waiting: list[_Ranked], next_rank: int | None, aim: Find, budget: Budget) -> Iterator[Hit]:
    """Those that nothing still to come can precede."""
    while waiting and budget.found < aim.most and (next_rank is None or waiting[0][0] < next_rank):
        hit = heapq.heappop(waiting)[2]
        budget.found += 1
        yield hit


def _hits(rows: Rows, task: Task, aim: Find) -> list[_Ranked]:
    """The first `most` events of these rows that are in the answer and after the place where the page begins."""
    indices = cast("list[int]", pc.indices_nonzero(wanted(rows, task)).to_pylist())
    if not indices:
        return []
    chosen = pa.array(indices, pa.int64())
    times = cast("list[datetime]", pc.take(rows.column(TIME), chosen).to_pylist())
    keys = cast("list[bytes]", pc.take(rows.column(KEY), chosen).to_pylist())
    ranked = [(rank_of(time, aim.order), key, index) for time, key, index in zip(times, keys, indices, strict=True)]
    if aim.after is not None:
        begin = (rank_of(aim.after.time, aim.order), aim.after.key)
        ranked = [one for one in ranked if one[:2] > begin]
    first = heapq.nsmallest(aim.most, ranked)
    hits = _read(rows, [index for _, _, index in first], aim.include)
    return [(rank, key, hit) for (rank, key, _), hit in zip(first, hits, strict=True)]


def _read(rows: Rows, indices: list[int], include: Include) -> list[Hit]:
    """The events of these rows: only the columns that they have values in are read."""
    rows.fetch([TIME, KEY, SOURCE, HOST, SUMMARY, ENTITIES, *_COLUMNS_OF[include]])
    chosen = pa.array(indices, pa.int64())

    def texts(column: str) -> list[str | None]:
        return cast("list[str | None]", pc.take(rows.column(column), chosen).to_pylist())

    fields = _fields(rows, chosen) if include != "line" else [None] * len(indices)
    raws = _raws(texts(RAW), texts(RAW_BASE64)) if include == "record" else [None] * len(indices)
    times = cast("list[datetime]", pc.take(rows.column(TIME), chosen).to_pylist())
    keys = cast("list[bytes]", pc.take(rows.column(KEY), chosen).to_pylist())
    return [
        Hit(
            place=Place(time=time, key=key),
            source=source or "",
            host=host,
            summary=summary or "",
            entities=tuple((entity.kind, entity.value) for entity in entities_of(entities or "[]")),
            fields=values,
            raw=raw,
        )
        for time, key, source, host, summary, entities, values, raw in zip(
            times, keys, texts(SOURCE), texts(HOST), texts(SUMMARY), texts(ENTITIES), fields, raws, strict=True
        )
    ]


def _fields(rows: Rows, chosen: pa.Array) -> list[dict[str, object] | None]:
    orders = [names_of(text) for text in cast("list[str]", pc.take(rows.column(NAMES), chosen).to_pylist())]
    read = rows.layout.columns_of(dict.fromkeys(name for order in orders for name in order))
    rows.fetch(read)
    columns = {column: cast("list[str | None]", pc.take(rows.column(column), chosen).to_pylist()) for column in read}
    return [_fields_of(columns, order, row) for row, order in enumerate(orders)]


def _fields_of(columns: dict[str, list[str | None]], order: list[str], row: int) -> dict[str, object]:
    rest = columns[MORE][row]
    others = object_of(rest) if rest is not None else {}
    return {name: others[name] if name in others else _value(columns, name, row) for name in order}


def _value(columns: dict[str, list[str | None]], name: str, row: int) -> object:
    texts = columns.get(TEXT + name)
    if texts is not None and texts[row] is not None:
        return texts[row]
    return value_of(columns[JSON + name][row] or "null")


def _raws(texts: list[str | None], encoded: list[str | None]) -> list[bytes | None]:
    return [
        text.encode() if text is not None else base64.b64decode(code or "")
        for text, code in zip(texts, encoded, strict=True)
    ]


def _end(budget: Budget, stop: Stop) -> End:
    return End(stop=stop, rows=budget.rows, found=budget.found, files=budget.files, seconds=budget.seconds)
