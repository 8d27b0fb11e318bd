"""The facts of the notice to the controller, from its frozen version (T9, O3)."""

from datetime import datetime
from typing import Final

from reports.breach.gathering import Gathered, gather, lacking_of
from reports.documents.breach_notice.facts import BreachNoticeReport, Proposal
from reports.letterhead import HANDLING, Desk
from reports.queries import RequestRow
from watchfloor.breach.case import BreachCase
from watchfloor.breach.clocks import deadlines_of
from watchfloor.breach.fields import put
from watchfloor.breach.known import SYSTEM, Citation, Known
from watchfloor.breach.missing import form_of
from watchfloor.breach.rules.advice import Suggestion
from watchfloor.breach.severity import scores_of, suggest
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx

_AWARE: Final = "clock.controller_aware_at"
_CLOCKS: Final = frozenset({("gdpr-authority", "initial"), ("uk-gdpr-authority", "initial")})


async def collect(tx: TenantTx, cipher: TenantCipher, request: RequestRow, desk: Desk) -> BreachNoticeReport:
    """The notice that was asked for, as it was frozen. Raises as `gathering.gather` does."""
    found = await gather(tx, cipher, request, desk)
    head = found.head
    form = form_of(found.frozen, "breach_notice")
    return BreachNoticeReport(
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
        proposal=_proposal(found),
        suggestion=_suggestion(found.frozen),
    )


def _proposal(found: Gathered) -> Proposal | None:
    """The controller's clock as it would run if this notice began it; none where a person has entered a start."""
    case = found.frozen
    is_none = case.is_breach is not None and case.is_breach.value is False
    if case.clock.controller_aware_at is not None or is_none:
        return None
    start = found.notice.submitted_at or found.head.generated_at
    due = _due(case, start, found)
    return None if due is None else Proposal(start=start, due=due)


def _due(case: BreachCase, start: datetime, found: Gathered) -> datetime | None:
    fact: Known[object] = Known(
        value=start,
        citations=(Citation(kind="document", id=found.dispatch.id, what="proposed start"),),
        by=SYSTEM,
        at=start,
    )
    deadlines = deadlines_of(put(case, _AWARE, fact), found.sent, start)
    return next((one.due_at for one in deadlines if (one.regime, one.stage) in _CLOCKS), None)


def _suggestion(case: BreachCase) -> Suggestion | None:
    return None if scores_of(case) is None else suggest(case)
