"""Reminders: a week and a day before an exception ends, the incident that it was made from tells of it, once each.

Writes down that it was told, in one transaction with the telling, which is the caller's. What stands in a queue and a
handover as long as an exception ends soon is read from the record, and needs no reminder.
"""

from typing import Final

from watchfloor.alerts.overlay.flow import queries
from watchfloor.alerts.overlay.flow.queries import EndingRow
from watchfloor.kernel.db import TenantTx

AT_ONCE: Final = 200


async def due(tx: TenantTx) -> list[EndingRow]:
    """The exceptions of whose end their incidents are to tell now."""
    return await queries.select_ending(tx, limit=AT_ONCE)


async def note(tx: TenantTx, row: EndingRow) -> bool:
    """Writes down that it is told. False when it was told already."""
    return await queries.insert_reminder(tx, row.id, days=row.days)
