"""Asking for the mails about a report: one to each recipient of its kind, once."""

from uuid import UUID

from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import new_uuid
from watchfloor.reporting.delivery import queries
from watchfloor.reporting.subject import Kind


async def announce(tx: TenantTx, report_id: UUID, *, kind: Kind, asked_by: str, is_again: bool = False) -> int:
    """Asks for a mail to everybody who hears of reports of this kind; how many were asked for.

    Whoever has heard of this report, or is about to, is not told again; with `is_again` those are
    to whom it failed or may not have arrived. The mails leave when the report is ready.
    """
    asked = 0
    for recipient in await queries.select_recipients(tx):
        if kind not in recipient.kinds.split():
            continue
        is_new = await queries.insert_delivery(tx, new_uuid(), report_id, recipient, asked_by=asked_by)
        if not is_new and is_again:
            is_new = await queries.repeat_delivery(tx, new_uuid(), report_id, recipient, asked_by=asked_by)
        asked += is_new
    return asked
