"""A customer with an incident, people of its own and of the MSSP, and a breach case: what tests of cases share."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from tests.domain.workplace import MakeEvent, MakeRule, MakeTenant, MakeWorker, Tenant, Worker
from watchfloor.access.roles import Role
from watchfloor.breach import store
from watchfloor.breach.case import BreachCase
from watchfloor.breach.decisions import Ruling, decide
from watchfloor.breach.entering import Stated, state
from watchfloor.breach.known import FactStatus
from watchfloor.breach.opening import Opening, open_case
from watchfloor.breach.store import LogEntry
from watchfloor.kernel.db import tenant_tx
from watchfloor.kernel.ids import CaseId, IncidentId

WHY: Final = "Files with customers' data were copied by somebody outside."


@dataclass
class Desk:
    """One customer's incident and the people around it. Each call is a transaction of its own."""

    tenant: Tenant
    incident: IncidentId
    ana: Worker
    lead: Worker
    officer: Worker
    admin: Worker

    async def open(self, by: Worker | None = None, *, incidents: tuple[IncidentId, ...] = ()) -> BreachCase:
        who = by or self.ana
        async with tenant_tx(self.tenant.database, self.tenant.id) as tx:
            opening = Opening(incident_ids=incidents or (self.incident,), reason=WHY, processor="Nordwacht GmbH")
            return await open_case(tx, self.tenant.cipher, who.actor, who.permissions, opening)

    async def state(
        self,
        case: BreachCase,
        path: str,
        value: object = None,
        *,
        status: FactStatus = "known",
        basis: str = "",
        expected_at: datetime | None = None,
        by: Worker | None = None,
    ) -> BreachCase:
        who = by or self.ana
        said = Stated(path=path, value=value, status=status, basis=basis, expected_at=expected_at)
        async with tenant_tx(self.tenant.database, self.tenant.id) as tx:
            return await state(
                tx, self.tenant.cipher, who.actor, who.permissions, case_id=CaseId(case.id), facts=(said,)
            )

    async def decide(
        self, case: BreachCase, path: str, value: object, *, by: Worker | None = None, reason: str = WHY
    ) -> BreachCase:
        who = by or self.officer
        ruling = Ruling(path=path, value=value, reason=reason)
        async with tenant_tx(self.tenant.database, self.tenant.id) as tx:
            return await decide(
                tx, self.tenant.cipher, who.actor, who.permissions, case_id=CaseId(case.id), ruling=ruling
            )

    async def read(self, case: BreachCase) -> BreachCase:
        async with tenant_tx(self.tenant.database, self.tenant.id) as tx:
            return await store.read(tx, self.tenant.cipher, CaseId(case.id))

    async def log(self, case: BreachCase) -> list[LogEntry]:
        async with tenant_tx(self.tenant.database, self.tenant.id) as tx:
            return await store.log(tx, self.tenant.cipher, CaseId(case.id))


async def desk_of(
    make_tenant: MakeTenant, make_rule: MakeRule, make_event: MakeEvent, make_worker: MakeWorker, *, code: str = "ACME"
) -> Desk:
    """A customer with one incident about the host `srv-hr` and the user `acme\\mira`."""
    tenant = await make_tenant(code)
    (incident,) = await tenant.work((make_rule(), make_event(1, host="srv-hr", user="acme\\mira", ip="203.0.113.9")))
    return Desk(
        tenant=tenant,
        incident=incident,
        ana=make_worker(Role.ANALYST),
        lead=make_worker(Role.LEAD),
        officer=make_worker(Role.PRIVACY_OFFICER),
        admin=make_worker(Role.ADMIN),
    )
