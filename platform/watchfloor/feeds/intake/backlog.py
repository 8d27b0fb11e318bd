"""How much of each tenant waits in the intake, and the limit on it (Q4).

Owns the refusal of a tenant whose queue is full; others never notice. The queue is measured at most once a second
for each tenant and process, and what this process has put since is added, so a limit is overrun by what other
processes take within that second and no more. What need not be worked at once may fill half of the room, so that a
tenant's backfill never keeps its own live events out.
"""

import time
from collections.abc import Awaitable, Callable
from typing import Final, Literal

import msgspec

from watchfloor.feeds.intake.queue import Lane
from watchfloor.kernel.errors import Unavailable
from watchfloor.kernel.ids import TenantId

_FRESH_SECONDS: Final = 1.0
_LATER_SHARE: Final = 0.5
RETRY_AFTER_SECONDS: Final = 10

Cause = Literal["backlog", "rate"]
"""Why something is turned away: too much of it waits, or it comes too fast."""


class IntakeFull(Unavailable):
    """The tenant has no room left. What was sent was not taken and should be sent again later."""

    code = "intake_full"

    def __init__(self, message: str, *, remedy: str, retry_after_seconds: int, cause: Cause = "backlog") -> None:
        super().__init__(message, remedy=remedy, retry_after_seconds=retry_after_seconds)
        self.cause: Cause = cause


class _Measure(msgspec.Struct):
    at: float
    waiting: int


class Backlog:
    """What waits, by tenant."""

    def __init__(self, limit: int) -> None:
        """`limit` is in bytes as stored."""
        self._limit = limit
        self._measures: dict[TenantId, _Measure] = {}

    async def admit(self, tenant_id: TenantId, size: int, *, lane: Lane, measure: Callable[[], Awaitable[int]]) -> None:
        """Raises IntakeFull when `size` more bytes are too many. `measure` tells how many of the tenant's wait."""
        measured = self._measures.get(tenant_id)
        if measured is None or time.monotonic() - measured.at >= _FRESH_SECONDS:
            measured = _Measure(at=time.monotonic(), waiting=await measure())
            self._measures[tenant_id] = measured
        self._check(measured, size, lane)

    def foresee(self, tenant_id: TenantId, size: int, *, lane: Lane) -> None:
        """Raises IntakeFull when, by what was measured lately, `size` more bytes are too many."""
        measured = self._measures.get(tenant_id)
        if measured is not None and time.monotonic() - measured.at < _FRESH_SECONDS:
            self._check(measured, size, lane)

    def add(self, tenant_id: TenantId, size: int) -> None:
        """Counts what was just put."""
        measured = self._measures.get(tenant_id)
        if measured is not None:
            measured.waiting += size

    def _check(self, measured: _Measure, size: int, lane: Lane) -> None:
        limit = self._limit if lane is Lane.LIVE else self._limit * _LATER_SHARE
        if measured.waiting and measured.waiting + size > limit:
            raise IntakeFull(
                "Too much of what you sent is still waiting to be worked.",
                remedy="Send it again later.",
                retry_after_seconds=RETRY_AFTER_SECONDS,
            )
