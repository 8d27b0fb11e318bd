"""How much the doors take in at once: bytes in memory, by tenant and in all, and one body under work at a time.

Owns the bound on memory (N1) and the fairness inside a door's process (Q3): a tenant has a share of the room, is
refused beyond it while others are not, and has one body in line for work, so that nobody waits for more than one body
of each other tenant.
"""

import asyncio
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Final, TypeVar

from watchfloor.kernel.errors import Unavailable
from watchfloor.kernel.ids import TenantId

T = TypeVar("T")

TOTAL_BYTES: Final = 40_000_000
TENANT_BYTES: Final = 12_000_000
RETRY_AFTER_SECONDS: Final = 2
SMALL_BYTES: Final = 32_768
"""A plain body up to this size is worked at once: less than a millisecond, and less than a thread would cost."""


class Busy(Unavailable):
    """The sender has more requests under way than its share, or all senders together have."""

    code = "busy"


class Share:
    """What one request holds of the room."""

    def __init__(self, admission: "Admission", tenant_id: TenantId) -> None:
        self._admission = admission
        self._tenant_id = tenant_id
        self.held = 0

    def take(self, size: int) -> None:
        """Holds `size` more bytes. Raises Busy when that is more than there is room for."""
        self._admission.reserve(self._tenant_id, size)
        self.held += size


class Admission:
    """The room for bodies, and the bench at which they are worked."""

    def __init__(self, *, total_bytes: int = TOTAL_BYTES, tenant_bytes: int = TENANT_BYTES) -> None:
        self._total_bytes = total_bytes
        self._tenant_bytes = tenant_bytes
        self._held = 0
        self._held_by: dict[TenantId, int] = {}
        self._bench = asyncio.Semaphore(1)
        self._lines: dict[TenantId, asyncio.Lock] = {}

    @contextmanager
    def share(self, tenant_id: TenantId) -> Generator[Share]:
        """A share of the room, given back at the end of the block."""
        share = Share(self, tenant_id)
        try:
            yield share
        finally:
            self._held -= share.held
            left = self._held_by.pop(tenant_id, 0) - share.held
            if left:
                self._held_by[tenant_id] = left

    def reserve(self, tenant_id: TenantId, size: int) -> None:
        """For `Share.take`."""
        held = self._held_by.get(tenant_id, 0)
        if held + size > self._tenant_bytes or self._held + size > self._total_bytes:
            raise Busy(
                "Too many requests are under way.",
                remedy="Send it again later, over fewer connections.",
                retry_after_seconds=RETRY_AFTER_SECONDS,
            )
        self._held_by[tenant_id] = held + size
        self._held += size

    def fullness(self, tenant_id: TenantId) -> float:
        """How much of the room is taken, of the tenant's share or of all, whichever is more: 0 to 1."""
        return max(self._held_by.get(tenant_id, 0) / self._tenant_bytes, self._held / self._total_bytes)

    async def work(self, tenant_id: TenantId, work: Callable[[], T], *, is_small: bool) -> T:
        """What `work` returns. It may take long and must touch nothing that others touch: it runs in a thread."""
        if is_small:
            return work()
        line = self._lines.setdefault(tenant_id, asyncio.Lock())
        async with line, self._bench:
            return await asyncio.to_thread(work)
