"""A progress bar on standard error, for a person at a terminal; nothing for a pipe or a log."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Final, Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from watchfloor.ops.scan.sources import Source
from watchfloor.ops.scan.tally import Tally

_EVERY_BYTES: Final = 100_000


class Show(Protocol):
    """Is told of each step."""

    def __call__(self, taken: int, tally: Tally) -> None:
        """`taken` more bytes of the files are done."""
        ...


@contextmanager
def bar(sources: Sequence[Source]) -> Generator[Show]:
    """What shows the progress of scanning `sources` until the block ends."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _show_nothing
        return
    total = sum(source.size for source in sources)
    progress = Progress(
        BarColumn(bar_width=32),
        TextColumn("{task.percentage:>3.0f} %"),
        TextColumn("{task.fields[words]}"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        auto_refresh=False,  # a thread would be copied into the processes of the pool
    )
    with progress:
        task = progress.add_task("", total=total or None, words="")
        yield _Bar(progress, task, len(sources)).show


class _Bar:
    def __init__(self, progress: Progress, task: TaskID, files: int) -> None:
        self._progress = progress
        self._task = task
        self._files = files
        self._since = 0

    def show(self, taken: int, tally: Tally) -> None:
        words = f"{tally.files:,} of {self._files:,} files   {tally.events:,} events   {tally.matches:,} matches"
        self._progress.update(self._task, advance=taken, words=words)
        self._since += taken
        if self._since >= _EVERY_BYTES:
            self._since = 0
            self._progress.refresh()


def _show_nothing(taken: int, tally: Tally) -> None:
    del taken, tally
