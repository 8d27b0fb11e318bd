"""Asking for the mails about a report: one to each recipient of its kind, once.

Nothing about breach cases goes by mail, whatever a recipient's row says: who hears of reports is named by people who
need not be allowed to read those.
"""

from typing import Final
from uuid import UUID

from watchfloor.audit.append import Actor, append
from watchfloor.kernel import ids
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import Invalid
from watchfloor.kernel.ids import ReportId, new_uuid
from watchfloor.reporting.delivery import queries
from watchfloor.reporting.subject import OF_BREACHES, Kind

TOLD: Final = "report.tell"


async def announce(tx: TenantTx, report_id: UUID, *, kind: Kind, asked_by: str, is_again: bool = False) -> int:
    """Asks for a mail to everybody who hears of reports of this kind; how many were asked for.

    Whoever has heard of this report, or is about to, is not told again; with `is_again` those are
    to whom it failed or may not have arrived. The mails leave when the report is ready.
    """
    if kind in OF_BREACHES:
        return 0
    asked = 0
    for recipient in await queries.select_recipients(tx):
        if kind not in recipient.kinds.split():
            continue
        is_new = await queries.insert_delivery(tx, new_uuid(), report_id, recipient, asked_by=asked_by)
        if not is_new and is_again:
            is_new = await queries.repeat_delivery(tx, new_uuid(), report_id, recipient, asked_by=asked_by)
        asked += is_new
    return asked


async def tell(tx: TenantTx, actor: Actor, report_id: UUID, *, kind: Kind) -> int:
    """A person has recipients told who were not, and again to whom it failed or may not have arrived; how many.

    Audited. Raises Invalid for documents of breach cases.
    """
    if kind in OF_BREACHES:
        raise Invalid(
            "Nothing about breach cases goes by mail.", where="report", remedy="Tell people who may read it yourself."
        )
    asked = await announce(tx, report_id, kind=kind, asked_by=actor.id, is_again=True)
    if asked:
        shown = ids.show("rpt", ReportId(report_id))
        await append(tx, actor, action=TOLD, object_kind="report", object_id=shown, after={"mails": asked})
    return asked
