"""The facts of a DORA report, from its frozen version and the rules that hold on the day of the case."""

from reports.breach.facts import Lacking
from reports.breach.gathering import gather, lacking_of
from reports.breach.staged.asking import stage_form
from reports.documents.dora.facts import DoraReport
from reports.documents.dora.lacking import with_schema
from reports.letterhead import HANDLING, Desk
from reports.queries import RequestRow
from watchfloor.breach.classification import classify_dora, dora_thresholds
from watchfloor.breach.missing import form_of
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx


async def collect(tx: TenantTx, cipher: TenantCipher, request: RequestRow, desk: Desk) -> DoraReport:
    """The report that was asked for, as it was frozen.

    Raises NotFound for a notice that is no stage of DORA, and as `gathering.gather` does.
    """
    found = await gather(tx, cipher, request, desk)
    head, case, notice = found.head, found.frozen, found.notice
    form = form_of(case, "dora", stage=notice.stage)
    missing: tuple[Lacking, ...] = lacking_of(found, form)
    return DoraReport(
        id=head.id,
        revision=head.revision,
        handling=HANDLING,
        generated_at=head.generated_at,
        provider=head.provider,
        customer=head.customer,
        audit_head=head.audit_head,
        audit_entries=head.audit_entries,
        case=found.case,
        people=found.people,
        deadlines=found.deadlines,
        authorities=found.authorities,
        notice=found.dispatch,
        earlier=found.earlier,
        missing=missing if notice.phase == "withdrawal" else with_schema(missing, found.case, notice.stage),
        changes=found.changes,
        form=stage_form(case, form, phase=notice.phase),
        finding=classify_dora(case),
        thresholds=dora_thresholds(case),
    )
