"""Which errors have nothing to do with the batch under work: the database is away, the disk is full, a lock was lost.

Owns that judgement. What will pass is tried again for ever, because the batch was acknowledged; what will not is
counted against the batch, which ends in quarantine.
"""

from typing import Final

import asyncpg

from watchfloor.kernel.errors import Unavailable

_PASSING: Final = (
    Unavailable,
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    asyncpg.TransactionRollbackError,
    asyncpg.LockNotAvailableError,
    asyncpg.PostgresSystemError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)


def will_pass(error: Exception) -> bool:
    """Whether the same work may succeed later without being changed.

    A statement that ran into its time limit may do so every time, and a value that the driver cannot encode certainly
    will (that error is a ValueError and an InterfaceError, which the database module takes for a lost connection):
    those are the batch's.
    """
    if isinstance(error.__cause__ or error, asyncpg.QueryCanceledError | ValueError):
        return False
    return isinstance(error, _PASSING)
