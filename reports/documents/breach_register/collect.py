"""The facts of the register's extract: every case of the period as it stands (T9, O3)."""

from collections.abc import Sequence

import msgspec

from reports.breach.outward import outward, without_accounts
from reports.documents.breach_decisions.persons import people_of
from reports.documents.breach_register.facts import BreachRegisterReport, Entry
from reports.letterhead import HANDLING, Desk, letterhead_of
from reports.queries import RequestRow
from watchfloor.breach import register, store
from watchfloor.breach.case import BreachCase
from watchfloor.breach.clocks import deadlines_of
from watchfloor.breach.notices import keeping
from watchfloor.breach.notices.notice import Notice, filings
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import Invalid
from watchfloor.kernel.ids import CaseId


async def collect(tx: TenantTx, cipher: TenantCipher, request: RequestRow, desk: Desk) -> BreachRegisterReport:
    """The extract of the period that was asked for. Raises Unopenable when a case was damaged."""
    first, until = request.period_from, request.period_to
    if first is None or until is None:
        raise Invalid("The register's extract needs a period.", where="period_from")
    head = await letterhead_of(tx, request, desk)
    found = await register.rows(tx, cipher, first=first, until=until)
    notices = await keeping.notices_by_case(tx, cipher, [row.case_id for row in found])
    cases = [await store.read(tx, cipher, row.case_id) for row in found]
    named = [*(outward(case) for case in cases)]
    return BreachRegisterReport(
        id=head.id,
        revision=head.revision,
        handling=HANDLING,
        generated_at=head.generated_at,
        provider=head.provider,
        customer=head.customer,
        audit_head=head.audit_head,
        audit_entries=head.audit_entries,
        first=first,
        until=until,
        entries=tuple(
            Entry(
                row=_row(case, notices[CaseId(case.id)]),
                deadlines=tuple(deadlines_of(case, filings(notices[CaseId(case.id)]), head.generated_at)),
            )
            for case in cases
        ),
        people=await people_of(tx, desk, named),
    )


def _row(case: BreachCase, notices: Sequence[Notice]) -> register.RegisterRow:
    """The row of a case, without names of accounts, also not in what notices say."""
    row = register.row_of(case, notices)
    shown = without_accounts(row, case)
    return msgspec.structs.replace(shown, ref=row.ref, case_id=row.case_id)
