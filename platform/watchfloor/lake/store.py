"""Where events are kept: the interface that every store has (storage design, section 7).

Owns the signatures. A store is handed one tenant's transaction and cipher, and has no other way to a tenant's events;
what it appends is part of the lake only if that transaction commits.
"""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Protocol

from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import TenantId
from watchfloor.lake.queries import Segment
from watchfloor.normalise.event import Event


class EventStore(Protocol):
    """Keeps events and gives them back."""

    async def append(self, tx: TenantTx, cipher: TenantCipher, events: Sequence[Event]) -> Segment:
        """Keeps one event or more. They are durable when this returns, and there once the transaction commits.

        Raises Unavailable when they cannot be written (a full disk).
        """
        ...

    def scan(self, tx: TenantTx, cipher: TenantCipher, *, since: datetime, until: datetime) -> AsyncIterator[Event]:
        """The events from `since` on and before `until`, by segment; within a segment as they were appended.

        Raises Unopenable for a segment that is damaged or not this tenant's, Unavailable for one that is gone.
        """
        ...

    async def collect_orphans(self, tx: TenantTx, *, older_than_seconds: float) -> int:
        """Removes files that no transaction made part of the lake; returns how many. For a regular job."""
        ...

    async def shred(self, tenant_id: TenantId) -> int:
        """Removes all files of a tenant; returns how many. Their keys and rows are destroyed by who offboards it."""
        ...
