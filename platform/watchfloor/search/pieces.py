"""The groups of rows that a search looks at, in the order in which their events may come.

A file is opened when its turn comes and closed after its last group, so that a page of the newest events of a year
opens the newest files only. Several groups are looked at side by side, one a processor; their answers keep the order.
"""

import heapq
import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from typing import Final, Generic, TypeVar

import msgspec

from watchfloor.lake.files import Files
from watchfloor.lake.parquet import Group, Opened
from watchfloor.search.budget import Budget
from watchfloor.search.question import Order, Piece, Task
from watchfloor.search.rows import Layout, Rows

T = TypeVar("T")

_MICROSECOND: Final = 1_000_000
_SIDE_BY_SIDE: Final = max(2, os.cpu_count() or 2)


class Looked(msgspec.Struct, Generic[T], frozen=True):
    """What a group of rows gave, and the first rank that anything after it may have (None: nothing comes after it)."""

    found: T
    next_rank: int | None


def rank_of(time: datetime, order: Order) -> int:
    """A number that grows in the order asked for: microseconds since 1970, or their negative."""
    micros = round(time.timestamp() * _MICROSECOND)
    return micros if order == "oldest" else -micros


def look_through(
    files: Files, task: Task, order: Order, budget: Budget, look: Callable[[Rows], T]
) -> Iterator[Looked[T]]:
    """What `look` finds in each group of rows with a time in question, in order; counted in the budget.

    `look` runs in threads. Raises Unopenable for a file that is damaged or whose key is another's, Unavailable for one
    that is gone, and what `look` raises.
    """
    turns = _in_turn(files, task, order, budget)
    ahead: deque[tuple[_Turn, int | None, Future[T]]] = deque()
    with ThreadPoolExecutor(_SIDE_BY_SIDE) as threads:
        try:
            while True:
                while len(ahead) < _SIDE_BY_SIDE and (begun := next(turns, None)) is not None:
                    turn, next_rank = begun
                    ahead.append((turn, next_rank, threads.submit(look, turn.rows())))
                if not ahead:
                    return
                turn, next_rank, future = ahead.popleft()
                found = future.result()
                turn.file.done()
                budget.rows += turn.group.rows
                yield Looked(found, next_rank)
        finally:
            for _, _, future in ahead:
                future.cancel()


class _File:
    """An open file, until its last group was looked at."""

    def __init__(self, opened: Opened) -> None:
        self.opened = opened
        self.layout = Layout(opened.columns)
        self.left = 0

    def done(self) -> None:
        self.left -= 1
        if self.left <= 0:
            self.opened.close()


class _Turn:
    def __init__(self, file: _File, group: Group) -> None:
        self.file = file
        self.group = group

    def rows(self) -> Rows:
        return Rows(
            self.file.layout, self.group.rows, lambda names: self.file.opened.read(names, group=self.group.number)
        )


def _in_turn(files: Files, task: Task, order: Order, budget: Budget) -> Iterator[tuple[_Turn, int | None]]:
    """Each group of rows with a time in question, and the first rank that anything after it may have."""

    def first_rank(first_at: datetime, last_at: datetime) -> int:
        return rank_of(last_at if order == "newest" else first_at, order)

    def open_(piece: Piece) -> list[_Turn]:
        file = _File(Opened(files.open(piece.path), piece.key, where=piece.path))
        budget.files += 1
        turns = [
            _Turn(file, group)
            for group in file.opened.groups()
            if group.first_at < task.until and group.last_at >= task.since
        ]
        file.left = len(turns)
        return turns

    waiting: list[tuple[int, int, Piece | _Turn]] = [
        (first_rank(piece.first_at, piece.last_at), number, piece) for number, piece in enumerate(task.pieces)
    ]
    heapq.heapify(waiting)
    number = len(waiting)
    while waiting:
        _, _, item = heapq.heappop(waiting)
        if isinstance(item, _Turn):
            yield item, waiting[0][0] if waiting else None
            continue
        for turn in open_(item):
            number += 1
            heapq.heappush(waiting, (first_rank(turn.group.first_at, turn.group.last_at), number, turn))
