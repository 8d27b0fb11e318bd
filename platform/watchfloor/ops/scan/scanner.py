"""Scans files with several processes, and gives the results in the files' order, whatever process was faster.

Small files are read by the process that matches them; of large ones this process cuts blocks and hands them out.
What is held in memory does not grow with the files.
"""

import contextlib
import ctypes
import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, contextmanager
from typing import Final, TypeAlias

import msgspec

from watchfloor.kernel.errors import Unavailable
from watchfloor.ops.scan.blocks import Block, Damage, cut
from watchfloor.ops.scan.matching import BlockResult, Matcher
from watchfloor.ops.scan.sources import STANDARD_INPUT, Source
from watchfloor.ops.scan.stream import DAMAGE, Stream

SMALL_BYTES: Final = 1_000_000
"""A file up to this size is one piece of work."""

_WORTH_A_POOL: Final = 2_000_000
_PIECES_AHEAD: Final = 3
_FILES_TRIED: Final = 4
_PR_SET_PDEATHSIG: Final = 1


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A result: of a block of `source`, or damage to it. `base` is the index of the block's first record in its file.

    `taken` are the bytes of the file that it stands for, and `ends` says whether it is the file's last part.
    """

    source: Source
    base: int
    result: BlockResult | Damage | None
    taken: int
    ends: bool


_Outcome: TypeAlias = Sequence[BlockResult | Damage]
_Pending: TypeAlias = Future[_Outcome] | _Outcome


class _Work(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of work and its outcome, which may be under way."""

    source: Source
    outcome: _Pending
    taken: int
    ends: bool


def scan(sources: Sequence[Source], matcher: Matcher, *, jobs: int) -> Generator[Part]:
    """Scans all files with up to `jobs` processes. A file that cannot be read is damage; nothing is raised for it.

    Raises Unavailable if a process ends by itself.
    """
    with _pool(sources, matcher, jobs) as pool:
        pending: deque[_Work] = deque()
        base = 0
        for work in _works(sources, matcher, pool):
            pending.append(work)
            while pending and (len(pending) > jobs * _PIECES_AHEAD or _is_done(pending[0])):
                base = yield from _parts(pending.popleft(), base)
        while pending:
            base = yield from _parts(pending.popleft(), base)


def processes(sources: Sequence[Source], jobs: int) -> int:
    """With how many processes `scan` works on these files: with one where more would not pay."""
    large = sum(source.size for source in sources) >= _WORTH_A_POOL or any(s.path == STANDARD_INPUT for s in sources)
    return jobs if large and "fork" in multiprocessing.get_all_start_methods() else 1


def _works(sources: Iterable[Source], matcher: Matcher, pool: ProcessPoolExecutor | None) -> Iterator[_Work]:
    for source in sources:
        if source.path != STANDARD_INPUT and 0 < source.size <= SMALL_BYTES:
            done: _Pending = _scan_file(matcher, source) if pool is None else pool.submit(_scan_file_here, source)
            yield _Work(source=source, outcome=done, taken=source.size, ends=True)
        else:
            yield from _block_works(source, matcher, pool)


def _block_works(source: Source, matcher: Matcher, pool: ProcessPoolExecutor | None) -> Iterator[_Work]:
    position = 0
    try:
        with closing(Stream(source.path)) as stream:
            for piece in cut(stream):
                taken, position = stream.position - position, stream.position
                yield _Work(source=source, outcome=_begun(piece, source, matcher, pool), taken=taken, ends=False)
            last: _Outcome = []
            position = stream.position - position
    except DAMAGE as error:
        last, position = [_damage(error)], 0
    yield _Work(source=source, outcome=last, taken=max(position, 0), ends=True)


def _begun(piece: Block | Damage, source: Source, matcher: Matcher, pool: ProcessPoolExecutor | None) -> _Pending:
    if isinstance(piece, Damage):
        return [piece]
    return [matcher.scan(piece, source)] if pool is None else pool.submit(_scan_block_here, piece, source)


def _scan_file(matcher: Matcher, source: Source) -> _Outcome:
    outcome: list[BlockResult | Damage] = []
    try:
        with closing(Stream(source.path)) as stream:
            outcome.extend(p if isinstance(p, Damage) else matcher.scan(p, source) for p in cut(stream))
    except DAMAGE as error:
        outcome.append(_damage(error))
    return outcome


def _damage(error: Exception) -> Damage:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return Damage(place=None, reason=f"The file cannot be read to its end: {reason or type(error).__name__}.")


def _is_done(work: _Work) -> bool:
    return not isinstance(work.outcome, Future) or work.outcome.done()


def _parts(work: _Work, base: int) -> Generator[Part, None, int]:
    """The parts of one piece of work; returns the index of the next record of its file."""
    try:
        outcome = work.outcome.result() if isinstance(work.outcome, Future) else work.outcome
    except BrokenProcessPool:
        raise Unavailable(
            "A process ended by itself while it read this file or one of the next.",
            where=work.source.name,
            remedy="Is there enough memory? With --jobs 1 the file stands out.",
        ) from None
    for result in outcome:
        yield Part(source=work.source, base=base, result=result, taken=0, ends=False)
        base += result.records if isinstance(result, BlockResult) else 0
    yield Part(source=work.source, base=base, result=None, taken=work.taken, ends=work.ends)
    return 0 if work.ends else base


@contextmanager
def _pool(sources: Sequence[Source], matcher: Matcher, jobs: int) -> Generator[ProcessPoolExecutor | None]:
    """The processes, or None where one is enough. They are forks of this one, so the rules are there already."""
    if processes(sources, jobs) == 1:
        yield None
        return
    _try(sources, matcher)
    context = multiprocessing.get_context("fork")
    pool = ProcessPoolExecutor(jobs, mp_context=context, initializer=_begin, initargs=(matcher, os.getpid()))
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _try(sources: Sequence[Source], matcher: Matcher) -> None:
    """Matches the beginnings of the largest files: what rules need to be ready is made here, not in each process."""
    files = [source for source in sources if source.path != STANDARD_INPUT]
    for source in sorted(files, key=lambda source: source.size, reverse=True)[:_FILES_TRIED]:
        with contextlib.suppress(*DAMAGE), closing(Stream(source.path)) as stream:
            piece = next(cut(stream), None)
            if isinstance(piece, Block):
                matcher.scan(piece, source)


_matchers: list[Matcher] = []
"""In a process of the pool: what it matches with."""


def _begin(matcher: Matcher, parent: int) -> None:
    """A process of the pool begins: it leaves Ctrl-C to its parent, and ends when its parent does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(OSError, AttributeError):  # no Linux: it ends with its next piece of work
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
    _matchers.append(matcher)


def _scan_file_here(source: Source) -> _Outcome:
    return _scan_file(_matchers[-1], source)


def _scan_block_here(block: Block, source: Source) -> _Outcome:
    return [_matchers[-1].scan(block, source)]
