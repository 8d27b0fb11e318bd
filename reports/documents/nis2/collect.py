"""The facts of a NIS2 report, from its frozen version and the rules that hold on the day of the case."""

from reports.breach.gathering import gather, lacking_of
from reports.breach.staged.asking import stage_form
from reports.documents.nis2.facts import Nis2Report
from reports.letterhead import HANDLING, Desk
from reports.queries import RequestRow
from watchfloor.breach.classification import judge_nis2, nis2_thresholds, value_of
from watchfloor.breach.missing import form_of
from watchfloor.breach.sector.own_duty import OWN_REGIME, form_of_duty
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx


async def collect(tx: TenantTx, cipher: TenantCipher, request: RequestRow, desk: Desk) -> Nis2Report:
    """The report that was asked for, as it was frozen.

    Raises NotFound for a notice that is no stage of NIS2, and as `gathering.gather` does.
    """
    found = await gather(tx, cipher, request, desk)
    head, case, notice = found.head, found.frozen, found.notice
    form = form_of_duty(form_of(case, "nis2", stage=notice.stage), notice.regime)
    is_own = notice.regime == OWN_REGIME
    return Nis2Report(
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
        missing=lacking_of(found, form),
        changes=found.changes,
        form=stage_form(case, form, phase=notice.phase),
        finding=judge_nis2(case, is_own=is_own),
        thresholds=nis2_thresholds(case),
        is_provider=is_own or value_of(case.nis2.entity_kind) == "managed_provider",
    )
