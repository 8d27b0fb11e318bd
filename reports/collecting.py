"""Which collector reads the facts of which kind of report.

Apart from `reports.documents.table` because collectors know the database, and the press must not.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final, TypeAlias

from reports.documents.assurance.collect import collect as collect_assurance
from reports.documents.breach_decisions.collect import collect as collect_breach_decisions
from reports.documents.breach_notice.collect import collect as collect_breach_notice
from reports.documents.breach_notification.collect import collect as collect_breach_notification
from reports.documents.breach_register.collect import collect as collect_breach_register
from reports.documents.controls.collect import collect as collect_controls
from reports.documents.dora.collect import collect as collect_dora
from reports.documents.incident.collect import collect as collect_incident
from reports.documents.nis2.collect import collect as collect_nis2
from reports.documents.service.collect import collect as collect_service
from reports.documents.subject_letter.collect import collect as collect_subject_letter
from reports.facts import ReportFacts
from reports.letterhead import Desk
from reports.queries import RequestRow
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import Invalid
from watchfloor.reporting.subject import Kind

Collect: TypeAlias = Callable[[TenantTx, TenantCipher, RequestRow, Desk], Awaitable[ReportFacts]]

COLLECTORS: Final[Mapping[Kind, Collect]] = {
    "incident": collect_incident,
    "breach_register": collect_breach_register,
    "subject_letter": collect_subject_letter,
    "breach_decisions": collect_breach_decisions,
    "breach_notice": collect_breach_notice,
    "breach_notification": collect_breach_notification,
    "controls": collect_controls,
    "service": collect_service,
    "nis2": collect_nis2,
    "dora": collect_dora,
    "assurance": collect_assurance,
}


async def collect(tx: TenantTx, cipher: TenantCipher, request: RequestRow, *, desk: Desk) -> ReportFacts:
    """The facts of the report that was asked for, as they stand now.

    Raises NotFound when its subject is gone, Invalid for a language or time zone that reports do not know, Unopenable
    when a sealed value was damaged, and Conflict when the subject changes faster than it can be read.
    """
    collector = COLLECTORS.get(request.kind)
    if collector is None:
        raise Invalid(f"Reports of the kind {request.kind} cannot be made here.", where="kind")
    return await collector(tx, cipher, request, desk)
