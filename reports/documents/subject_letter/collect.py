"""The facts of the letter to the persons concerned, from its frozen version (T9, O3)."""

import msgspec

from reports.breach.gathering import gather, lacking_of
from reports.documents.subject_letter.facts import SubjectLetterReport
from reports.letterhead import HANDLING, Desk
from reports.queries import RequestRow
from watchfloor.breach.missing import form_of
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx


async def collect(tx: TenantTx, cipher: TenantCipher, request: RequestRow, desk: Desk) -> SubjectLetterReport:
    """The letter that was asked for, as it was frozen. Raises as `gathering.gather` does."""
    found = await gather(tx, cipher, request, desk)
    head = found.head
    return SubjectLetterReport(
        id=head.id,
        revision=head.revision,
        handling=HANDLING,
        generated_at=head.generated_at,
        provider=head.provider,
        customer=msgspec.structs.replace(head.customer, language=request.language),
        audit_head=head.audit_head,
        audit_entries=head.audit_entries,
        case=found.case,
        people=found.people,
        deadlines=found.deadlines,
        authorities=found.authorities,
        notice=found.dispatch,
        earlier=found.earlier,
        missing=lacking_of(found, form_of(found.frozen, "subject_letter")),
        changes=found.changes,
    )
