"""Reminders: a week and a day before an exception ends, its incident and whoever listens are told, once each.

Writes down that it was told, in one transaction with the telling. What reaches people is the surfaces' work.
"""

from typing import Final

import msgspec

from watchfloor.alerts.overlay import commands
from watchfloor.alerts.overlay.flow import queries
from watchfloor.alerts.overlay.flow.queries import EndingRow
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.outbox import EXCEPTION_ENDING, publish

AT_ONCE: Final = 200


class Ending(msgspec.Struct, frozen=True, kw_only=True):
    """What is told of an exception that ends soon; `incident` is the id of the one that it was made from."""

    days: int
    expires_at: str
    incident: str


async def due(tx: TenantTx) -> list[EndingRow]:
    """The exceptions of whose end somebody is to be told now."""
    return await queries.select_ending(tx, limit=AT_ONCE)


async def tell(tx: TenantTx, row: EndingRow, *, incident: str) -> bool:
    """Tells of one. False when it was told already."""
    if not await queries.insert_reminder(tx, row.id, days=row.days):
        return False
    body = Ending(days=row.days, expires_at=row.expires_at.isoformat(), incident=incident)
    await publish(tx, topic=EXCEPTION_ENDING, key=commands.shown(row.id), payload=msgspec.json.encode(body))
    return True
