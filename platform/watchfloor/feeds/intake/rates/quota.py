"""What a tenant may send: bytes of events a second in the long run, and how many at once.

Owns the shape as a bundle has it, and its reading from the tenant's record, kept for some seconds.
"""

import time
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from watchfloor.feeds.intake.rates import queries
from watchfloor.kernel.db import Database, tenant_tx
from watchfloor.kernel.ids import TenantId

SMALLEST: Final = 10_000
LARGEST: Final = 10_000_000_000

_FRESH_SECONDS: Final = 10.0

Bytes = Annotated[
    int,
    Meta(
        ge=SMALLEST,
        le=LARGEST,
        description="Bytes of events, after inflating.",
        extra={"say": f"a number of bytes, {SMALLEST} to {LARGEST}"},
    ),
]


class Quota(msgspec.Struct, frozen=True, kw_only=True):
    """A rate and a burst that are in force."""

    bytes_per_second: int
    burst_bytes: int


class TenantQuota(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a bundle says of it; what it leaves open is the installation's."""

    bytes_per_second: Bytes | None = None
    burst_bytes: Bytes | None = None

    def over(self, usual: Quota) -> Quota:
        """The quota in force. A rate without a burst gets one of ten seconds."""
        if self.bytes_per_second is None:
            return msgspec.structs.replace(usual, burst_bytes=self.burst_bytes or usual.burst_bytes)
        burst = self.burst_bytes or max(10 * self.bytes_per_second, SMALLEST)
        return Quota(bytes_per_second=self.bytes_per_second, burst_bytes=burst)


_DECODER: Final = msgspec.json.Decoder(TenantQuota, strict=True)


class Quotas:
    """The quotas of all tenants."""

    def __init__(self, database: Database, usual: Quota) -> None:
        """`database` is one of wf_app; `usual` holds where a tenant's record says nothing."""
        self._database = database
        self._usual = usual
        self._known: dict[TenantId, tuple[float, Quota]] = {}

    async def of(self, tenant_id: TenantId) -> Quota:
        """The tenant's quota, as it was some seconds ago at most. The caller is in no transaction of a tenant."""
        known = self._known.get(tenant_id)
        if known is not None and time.monotonic() - known[0] < _FRESH_SECONDS:
            return known[1]
        async with tenant_tx(self._database, tenant_id) as tx:
            said = await queries.select_quota(tx)
        quota = self._usual if said is None else _DECODER.decode(said).over(self._usual)
        self._known[tenant_id] = (time.monotonic(), quota)
        return quota
