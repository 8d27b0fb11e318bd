"""Fenced leases (Q2): one holder at a time, and a holder that slept through its time can do no harm.

Each taking gives a higher epoch; a write under a lease first locks the lease's row under its epoch (`require`), so a
paused zombie's transaction fails instead of overwriting its successor's work. Times are the database's (Q8).
"""

import msgspec

from watchfloor.kernel import queries
from watchfloor.kernel.db import DirectoryTx, TenantTx
from watchfloor.kernel.errors import Conflict


class Lease(msgspec.Struct, frozen=True, kw_only=True):
    """A lease that was held when it was taken."""

    name: str
    holder: str
    epoch: int


async def acquire(tx: DirectoryTx, *, name: str, holder: str, seconds: float) -> Lease | None:
    """Takes the lease for `seconds`, or returns None while somebody else holds it."""
    epoch = await queries.take_lease(tx, name=name, holder=holder, seconds=seconds)
    return None if epoch is None else Lease(name=name, holder=holder, epoch=epoch)


async def renew(tx: DirectoryTx, lease: Lease, *, seconds: float) -> None:
    """Extends the lease from now. Raises Conflict when it has run out or passed on."""
    if not await queries.renew_lease(tx, name=lease.name, epoch=lease.epoch, seconds=seconds):
        raise Conflict("The lease has run out.", where=lease.name)


async def require(tx: TenantTx | DirectoryTx, lease: Lease) -> None:
    """Fences the transaction: raises Conflict unless the lease is held under this epoch, and keeps it so."""
    if not await queries.lock_lease(tx, name=lease.name, epoch=lease.epoch):
        raise Conflict("The lease has passed on to another holder.", where=lease.name)
