"""Looks for many indicators at once: in sightings where a file has them, in the events' entities where it is fresh."""

from collections.abc import Iterator
from datetime import datetime
from typing import cast

import pyarrow as pa
import pyarrow.compute as pc

from watchfloor.lake.columns import ENTITIES, TIME, entities_of
from watchfloor.lake.files import Files
from watchfloor.lake.parquet import Opened
from watchfloor.lake.segments import sightings_path
from watchfloor.lake.sightings import EVENTS, FIRST, LAST, MARK
from watchfloor.normalise.event import Entity
from watchfloor.search.budget import Budget
from watchfloor.search.question import End, Indicator, Piece, Said, Seen, Stop, Sweep, Task

_Sighting = tuple[int, datetime, datetime]


def sweep(files: Files, task: Task, aim: Sweep, budget: Budget) -> Iterator[Said]:
    """Each indicator that was seen, then an `End`. Whole files count: `since` and `until` only choose the files.

    Raises Unopenable for a file that is damaged or whose key is another's, Unavailable for one that is gone.
    """
    by_mark = {mark: indicator for indicator in aim.indicators for mark in indicator.marks}
    by_entity = {Entity(kind=one.kind, value=one.value): one for one in aim.indicators}
    marks = pa.array(list(by_mark), pa.int64())
    seen: dict[Indicator, _Sighting] = {}
    stop: Stop = "complete"
    for piece in task.pieces:
        found = _marked(files, piece, marks, by_mark) if piece.has_sightings else _fresh(files, piece, by_entity)
        for indicator, sighting in found:
            seen[indicator] = _joined(seen.get(indicator), sighting)
        budget.files += 1
        budget.rows += piece.events
        budget.found = len(seen)
        yield budget.progress
        stop = budget.exceeded() or stop
        if stop != "complete":
            break
    for indicator, (events, first, last) in seen.items():
        yield Seen(kind=indicator.kind, value=indicator.value, events=events, first_at=first, last_at=last)
    yield End(stop=stop, rows=budget.rows, found=len(seen), files=budget.files, seconds=budget.seconds)


def _marked(
    files: Files, piece: Piece, marks: pa.Array, by_mark: dict[int, Indicator]
) -> Iterator[tuple[Indicator, _Sighting]]:
    path = sightings_path(piece.path)
    with Opened(files.open(path), piece.key, where=path) as file:
        mine = file.read([MARK]).column(MARK).combine_chunks()
        mask = pc.is_in(mine, marks)
        if not pc.any(mask).as_py():
            return
        for row in file.read().filter(mask).to_pylist():
            sighting = (cast("int", row[EVENTS]), cast("datetime", row[FIRST]), cast("datetime", row[LAST]))
            yield by_mark[cast("int", row[MARK])], sighting


def _fresh(files: Files, piece: Piece, wanted: dict[Entity, Indicator]) -> Iterator[tuple[Indicator, _Sighting]]:
    with Opened(files.open(piece.path), piece.key, where=piece.path) as file:
        grouped = file.read([ENTITIES, TIME]).group_by([ENTITIES], use_threads=False)
    for row in grouped.aggregate([(TIME, "count"), (TIME, "min"), (TIME, "max")]).to_pylist():
        for entity in dict.fromkeys(entities_of(cast("str", row[ENTITIES]))):
            indicator = wanted.get(entity)
            if indicator is not None:
                first, last = cast("datetime", row[f"{TIME}_min"]), cast("datetime", row[f"{TIME}_max"])
                yield indicator, (cast("int", row[f"{TIME}_count"]), first, last)


def _joined(one: _Sighting | None, other: _Sighting) -> _Sighting:
    return other if one is None else (one[0] + other[0], min(one[1], other[1]), max(one[2], other[2]))
