"""Keeps services alive: starts them in order, restarts what ends, stops all in reverse order.

The first start of each must succeed, else all is stopped again and its error is raised: a broken
installation shows at once. From then on whatever ends is started again, at once the first time and ever more
slowly while it keeps failing, for as long as the supervisor runs.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from typing import Final

from watchfloor.kernel.errors import WatchfloorError
from watchfloor.ops.service import Service

FIRST_PAUSE_SECONDS: Final = 0.25
LONGEST_PAUSE_SECONDS: Final = 30.0
_STEADY_SECONDS: Final = 60.0


class Supervisor:
    """Runs `services`. `tell` is handed one line for a person whenever something ends or comes back."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._running: list[tuple[Service, asyncio.Task[None]]] = []

    async def start(self, services: Sequence[Service]) -> None:
        """Start `services` one after the other; from then on they are kept alive.

        Raises the error of the first that cannot start, after everything has been stopped.
        """
        for service in services:
            try:
                await service.start()
            except BaseException:
                await self.stop()
                raise
            self._running.append((service, asyncio.create_task(self._keep(service), name=f"keep {service.name}")))

    async def stop(self) -> None:
        """Stop all services, the last started first."""
        while self._running:
            service, keeper = self._running.pop()
            keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await keeper
            await service.stop()

    async def _keep(self, service: Service) -> None:
        pause_seconds = 0.0
        while True:
            since = time.monotonic()
            code = await service.wait()
            if time.monotonic() - since > _STEADY_SECONDS:
                pause_seconds = 0.0
            self._tell(f"{service.name} ended ({_ending(code)}); starting it again")
            pause_seconds = await self._restart(service, pause_seconds)

    async def _restart(self, service: Service, pause_seconds: float) -> float:
        """Start until it stays; returns the pause to take should it end again soon."""
        while True:
            await asyncio.sleep(pause_seconds)
            pause_seconds = min(max(pause_seconds * 2, FIRST_PAUSE_SECONDS), LONGEST_PAUSE_SECONDS)
            try:
                await service.start()
            except WatchfloorError as error:
                self._tell(f"{service.name} cannot be started, trying again in {pause_seconds:g} s: {error}")
            else:
                self._tell(f"{service.name} is back")
                return pause_seconds


def _ending(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"
