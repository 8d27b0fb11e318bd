"""The facts of the notification draft, from its frozen version and the form that the authority's own rules give."""

from reports.breach.gathering import gather, lacking_of
from reports.documents.breach_notification.asking import authority_of, form_of
from reports.documents.breach_notification.facts import BreachNotificationReport
from reports.letterhead import HANDLING, Desk
from reports.queries import RequestRow
from watchfloor.breach import missing
from watchfloor.breach.case import BreachCase
from watchfloor.breach.notices.notice import Notice
from watchfloor.breach.rules.calendar_days import local_day
from watchfloor.breach.rules.library import shipped
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx


async def collect(tx: TenantTx, cipher: TenantCipher, request: RequestRow, desk: Desk) -> BreachNotificationReport:
    """The draft that was asked for, as it was frozen. Raises as `gathering.gather` does."""
    found = await gather(tx, cipher, request, desk)
    head, case = found.head, found.frozen
    form = missing.form_of(case, "breach_notification", authority=_told(found.notice))
    return BreachNotificationReport(
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
        form=form_of(case, form, language=found.notice.language, phase=found.notice.phase, late=found.late),
        authority=authority_of(shipped().authorities, _code(found.notice, case), local_day(case.created_at, case.tz)),
    )


def _told(notice: Notice) -> str | None:
    """The authority that the notice is to, where it names one by its code."""
    return notice.recipient if notice.recipient[:2].isupper() else None


def _code(notice: Notice, case: BreachCase) -> str:
    border = case.cross_border
    chosen = (fact.value for fact in (border.lead_authority, border.authority) if fact is not None and fact.value)
    place = f"{case.country}-{case.subdivision}" if case.subdivision else case.country
    return _told(notice) or next(chosen, place)
