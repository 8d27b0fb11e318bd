"""The regular check of stored segments: each file's hash is compared with the manifest's once a day.

A run, once an hour, checks what is due and stops after its share, so that a large lake costs it no more than a
middling one. A file that is gone or was changed is a bad check and is said so
in the log; nothing is mended.
"""

import asyncio
import hashlib
import logging
from datetime import datetime, timedelta
from typing import Final

from watchfloor.controls.integrity import queries
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import Unavailable
from watchfloor.lake.files import Files

CHECKED_EVERY: Final = timedelta(hours=20)
"""Some hours less than the day that the metric allows."""

MOST_IN_A_RUN: Final = 5000

_FORGOTTEN_AFTER: Final = timedelta(days=10)
_log: Final = logging.getLogger(__name__)


async def check_segments(tx: TenantTx, lake: Files, *, at: datetime) -> int:
    """Checks segments of the tenant that are due; returns how many are bad."""
    due = await queries.select_due(tx, before=at - CHECKED_EVERY, limit=MOST_IN_A_RUN)
    if not due:
        return 0
    checks = await asyncio.to_thread(lambda: [(row.id, _is_good(lake, row)) for row in due])
    await queries.keep_checks(tx, checks, at=at)
    await queries.forget_checks(tx, before=at - _FORGOTTEN_AFTER)
    bad = [str(name) for name, is_good in checks if not is_good]
    if bad:
        _log.error("%d stored segments are gone or were changed; the first is %s", len(bad), bad[0])
    return len(bad)


def _is_good(lake: Files, row: queries.DueRow) -> bool:
    try:
        return hashlib.sha256(lake.read(row.path)).digest() == row.sha256
    except Unavailable:
        return False
