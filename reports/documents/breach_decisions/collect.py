"""The facts of the severity and decision record, from the case as it stands (T9, O3)."""

from reports.breach.outward import outward
from reports.documents.breach_decisions.facts import BreachDecisionsReport
from reports.documents.breach_decisions.persons import authorities_of, people_of
from reports.letterhead import HANDLING, Desk, letterhead_of
from reports.queries import RequestRow
from watchfloor.breach import store
from watchfloor.breach.clocks import deadlines_of
from watchfloor.breach.notices import keeping
from watchfloor.breach.notices.notice import filings
from watchfloor.breach.severity import scores_of, suggest
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import NotFound
from watchfloor.kernel.ids import CaseId


async def collect(tx: TenantTx, cipher: TenantCipher, request: RequestRow, desk: Desk) -> BreachDecisionsReport:
    """The record of the case that was asked for. Raises NotFound without it, Unopenable when it was damaged."""
    if request.case_id is None:
        raise NotFound("There is no such breach case.")
    head = await letterhead_of(tx, request, desk)
    whole = await store.read(tx, cipher, CaseId(request.case_id))
    sent = filings(await keeping.notices_of(tx, cipher, CaseId(whole.id)))
    case = outward(whole)
    return BreachDecisionsReport(
        id=head.id,
        revision=head.revision,
        handling=HANDLING,
        generated_at=head.generated_at,
        provider=head.provider,
        customer=head.customer,
        audit_head=head.audit_head,
        audit_entries=head.audit_entries,
        case=case,
        people=await people_of(tx, desk, (case,)),
        deadlines=tuple(deadlines_of(whole, sent, head.generated_at)),
        authorities=authorities_of(case),
        suggestion=None if scores_of(whole) is None else suggest(whole),
    )
