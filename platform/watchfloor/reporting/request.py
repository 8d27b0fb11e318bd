"""Asking for a report: one row and one message, whoever asks, and by whatever way.

Who may ask is the caller's to settle before. The same report that still waits to be made is not asked for twice.
"""

from typing import Final

import msgspec

from watchfloor.audit.append import Actor, append
from watchfloor.kernel import ids
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import Invalid
from watchfloor.kernel.ids import ReportId, new_uuid
from watchfloor.kernel.outbox import REPORT_REQUESTED, publish
from watchfloor.reporting import queries
from watchfloor.reporting.subject import Subject

ASK: Final = "report.request"


class Requested(msgspec.Struct, frozen=True, kw_only=True):
    """A report that will be made. `is_new` is false when it was asked for before and still waits."""

    report_id: ReportId
    language: str
    is_new: bool


async def request(tx: TenantTx, actor: Actor, subject: Subject, *, language: str | None = None) -> Requested:
    """Asks for a report, in the tenant's language unless another is named.

    That goes into the audit log; of a report on an incident it is the desk that records it, with the incident. Whoever
    calls hints at REPORT_REQUESTED once the transaction is through. Raises Invalid for a subject that does not
    go with the kind, and for what is no language.
    """
    subject.check()
    language = language or await queries.select_language(tx)
    if not (len(language) == 2 and language.isascii() and language.islower()):
        raise Invalid("A language is two small letters: de, en, es, fr, it, nl or pl.", where="language")
    waiting = await queries.select_queued(tx, subject, language=language)
    if waiting is not None:
        return Requested(report_id=ReportId(waiting), language=language, is_new=False)
    report_id = ReportId(new_uuid())
    await queries.insert(tx, report_id, subject, language=language, requested_by=actor.id)
    await publish(tx, topic=REPORT_REQUESTED, key=ids.show("rpt", report_id))
    if subject.kind != "incident":
        shown = ids.show("rpt", report_id)
        await append(tx, actor, action=ASK, object_kind="report", object_id=shown, before=None, after=subject)
    return Requested(report_id=report_id, language=language, is_new=True)
