"""Being told to stop: SIGINT, SIGTERM and SIGHUP, as an async program meets them. For the main thread only."""

import asyncio
import contextlib
import signal
from collections.abc import Callable, Coroutine, Generator
from contextlib import contextmanager
from typing import Final

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def told_to_stop() -> Generator[asyncio.Event]:
    """An event that is set when this process is told to stop, for a program that finishes its work first."""
    stop = asyncio.Event()
    with _on_signal(stop.set):
        yield stop


async def until_told_to_stop(work: Coroutine[object, object, None]) -> None:
    """Do `work` to its end, or until this process is told to stop: then it is cancelled, once, and cleans up."""
    task = asyncio.create_task(work)

    def cancel() -> None:
        if not task.cancelling():  # a second Ctrl-C must not cut the cleaning up short
            task.cancel()

    with _on_signal(cancel), contextlib.suppress(asyncio.CancelledError):
        await task


@contextmanager
def _on_signal(react: Callable[[], None]) -> Generator[None]:
    loop = asyncio.get_running_loop()
    for number in _SIGNALS:
        loop.add_signal_handler(number, react)
    try:
        yield
    finally:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)
