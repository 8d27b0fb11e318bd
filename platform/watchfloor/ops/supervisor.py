"""Keeps services alive: starts them step by step, restarts what ends, stops all in reverse.

The first start of each must succeed, else all is stopped again and its error is raised: a broken
installation shows at once. From then on whatever ends is started again, at once the first time and ever more
slowly while it keeps failing, for as long as the supervisor runs.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Final

from watchfloor.kernel.errors import WatchfloorError
from watchfloor.ops.service import Service

FIRST_PAUSE_SECONDS: Final = 0.25
LONGEST_PAUSE_SECONDS: Final = 30.0
_STEADY_SECONDS: Final = 60.0


class Supervisor:
    """Runs services. `tell` is handed one line for a person whenever one ends or comes back."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._steps: list[dict[Service, asyncio.Task[None]]] = []

    async def start(self, services: Sequence[Service]) -> None:
        """Start `services` side by side, as one step; from then on they are kept alive.

        Raises the error of the first that cannot start, after everything, earlier steps too, has been stopped.
        """
        starts = [asyncio.create_task(service.start(), name=f"start {service.name}") for service in services]
        try:
            await asyncio.gather(*starts)
        except BaseException:
            for start in starts:
                start.cancel()
            await asyncio.wait(starts)
            await _stop(services)
            await self.stop()
            raise
        self._steps.append({service: asyncio.create_task(self._keep(service)) for service in services})

    async def stop(self) -> None:
        """Stop all services, the last step first."""
        while self._steps:
            step = self._steps.pop()
            for keeper in step.values():
                keeper.cancel()
            if step:
                await asyncio.wait(step.values())
            await _stop(list(step))

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
            except (WatchfloorError, OSError) as error:
                self._tell(f"{service.name} cannot be started, trying again in {pause_seconds:g} s: {error}")
            else:
                self._tell(f"{service.name} is back")
                return pause_seconds


def _ending(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"


async def _stop(services: Sequence[Service]) -> None:
    async with asyncio.TaskGroup() as stopping:
        for service in services:
            stopping.create_task(service.stop())
