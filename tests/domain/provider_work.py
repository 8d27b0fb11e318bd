"""What people of the provider do at a customer in a day, by the real services: for tests of what the log tells of it.

Mara works on an incident, Ben leads, Tom had a role and made a key, Vera is of the provider but a viewer here; Clara is
the customer's administrator. Another customer has its own records beside them.
"""

from dataclasses import dataclass
from typing import Final

import asyncpg

from tests.domain.breach_cases import Desk
from tests.domain.notice_office import NoticeOffice
from tests.domain.workplace import MakeEvent, MakeRule, MakeTenant, MakeWorker, Tenant, Worker
from watchfloor.access.api_keys import issue
from watchfloor.access.members import add_member, remove_member
from watchfloor.access.people import principal_of
from watchfloor.access.principal import Principal
from watchfloor.access.roles import Permission, Role
from watchfloor.access.visits import record_refusal, record_view
from watchfloor.audit.append import Actor, append
from watchfloor.desk import deciding, moves, responding
from watchfloor.kernel.db import Database, directory_tx, tenant_tx
from watchfloor.kernel.ids import IncidentId, TenantId, new_uuid
from watchfloor.respond.approvals import Voter

OPERATOR: Final = (
    "insert into auth.tenants (id, slug, code, name, kind, state)"
    " values ($1, 'nordwacht', 'MSSP', 'Nordwacht GmbH', 'operator', 'active')"
)
CLI: Final = Actor(kind="system", id="operator:soc", role="operator", request_id="-")


@dataclass(frozen=True)
class Makers:
    """What makes customers, rules, events and people."""

    tenant: MakeTenant
    rule: MakeRule
    event: MakeEvent
    worker: MakeWorker


@dataclass
class Provider:
    """The provider's people at one customer, and the customer's own."""

    tenant: Tenant
    other: Tenant
    auth: Database
    incident: IncidentId
    mara: Worker
    ben: Worker
    tom: Worker
    vera: Worker
    clara: Worker
    superuser: "asyncpg.Connection[asyncpg.Record]"

    async def principal(self, worker: Worker) -> Principal:
        async with directory_tx(self.auth) as tx:
            return await principal_of(tx, worker.person_id)

    async def look(self, worker: Worker, kind: str, name: str) -> None:
        """Somebody looks at something."""
        async with tenant_tx(self.tenant.database, self.tenant.id) as tx:
            await record_view(tx, worker.actor, object_kind=kind, object_id=name)

    async def refuse(self, worker: Worker) -> None:
        """Somebody tries what they may not."""
        async with tenant_tx(self.tenant.database, self.tenant.id) as tx:
            await record_refusal(tx, worker.actor, route="/members")

    async def take_out(self) -> None:
        """An operator copies events at the command line; the entry is the one of `watchfloor export`."""
        async with tenant_tx(self.tenant.database, self.tenant.id) as tx:
            await append(tx, CLI, action="events.export", object_kind="events", object_id="p", after={"events": 3})

    async def make_key(self, worker: Worker, name: str) -> str:
        principal = await self.principal(worker)
        async with tenant_tx(self.auth, self.tenant.id) as tx:
            made = await issue.create_key(
                tx,
                worker.actor,
                principal=principal,
                environment="test",
                name=name,
                scopes=frozenset({Permission.INCIDENT_READ}),
                days=30,
            )
        return made.id

    async def let_in(self, by: Worker, email: str, role: Role) -> None:
        principal = await self.principal(by)
        async with tenant_tx(self.auth, self.tenant.id) as tx:
            await add_member(
                tx,
                by.actor,
                principal=principal,
                cipher=self.tenant.cipher,
                email=email,
                role=role,
                expires_at=None,
            )

    async def let_out(self, by: Worker, worker: Worker) -> None:
        principal = await self.principal(by)
        found = await self.superuser.fetchval(
            "select id from auth.memberships where tenant_id = $1 and person_id = $2", self.tenant.id, worker.person_id
        )
        async with tenant_tx(self.auth, self.tenant.id) as tx:
            await remove_member(tx, by.actor, principal=principal, cipher=self.tenant.cipher, membership_id=found)

    async def isolate(self, *, agrees: bool) -> None:
        """Mara proposes to isolate the host; the customer's approver decides, and Mara says that it is done."""
        tenant, ref = self.tenant, f"{self.tenant.code}-1"
        approver, mara = self.clara, self.mara
        own = Voter(person_id=mara.person_id, side="analyst", is_key=False, has_stepped_up=True)
        theirs = Voter(person_id=approver.person_id, side="customer", is_key=False, has_stepped_up=True)
        async with tenant_tx(tenant.database, tenant.id) as tx:
            await responding.contain(
                tx, tenant.cipher, mara.actor, mara.permissions,
                incident=ref, kind="isolate_host", target="ws-1", reason="It beacons.", voter=own,
            )  # fmt: skip
        number = str(
            await self.superuser.fetchval("select max(number) from wf.actions where tenant_id = $1", tenant.id)
        )
        async with tenant_tx(tenant.database, tenant.id) as tx:
            if not agrees:
                await deciding.decline(
                    tx, tenant.cipher, approver.actor, approver.permissions,
                    incident=ref, action=number, reason="Not now.", voter=theirs,
                )  # fmt: skip
                return
            await deciding.approve(
                tx, tenant.cipher, approver.actor, approver.permissions, incident=ref, action=number, voter=theirs
            )
        async with tenant_tx(tenant.database, tenant.id) as tx:
            await responding.tell_result(
                tx, tenant.cipher, mara.actor, mara.permissions,
                incident=ref, action=number, result="done", text="Isolated.",
            )  # fmt: skip

    async def notify(self) -> NoticeOffice:
        """A breach case from the incident, and a notice to the customer that is sent."""
        desk = Desk(
            tenant=self.tenant,
            incident=self.incident,
            ana=self.mara,
            lead=self.ben,
            officer=self.clara,
            admin=self.clara,
        )
        office = NoticeOffice(desk, await desk.open(), self.superuser)
        await office.out("gdpr-controller")
        return office


async def provider_at(makers: Makers, auth: Database, superuser: "asyncpg.Connection[asyncpg.Record]") -> Provider:
    """The people with their memberships, an incident that Mara has taken, and the other customer with one too."""
    tenant, other = await makers.tenant("ACME"), await makers.tenant("OTHER")
    operator = TenantId(new_uuid())
    await superuser.execute(OPERATOR, operator)
    roles = {
        "mara": Role.ANALYST, "ben": Role.LEAD, "tom": Role.CONTENT_ENGINEER, "vera": Role.VIEWER, "clara": Role.ADMIN,
    }  # fmt: skip
    workers = {name: makers.worker(role, request_id=name) for name, role in roles.items()}
    for name, worker in workers.items():
        house = "acme.example" if name == "clara" else "nordwacht.example"
        await superuser.execute(
            "insert into auth.people (id, email, name) values ($1, $2, $3)",
            worker.person_id,
            f"{name}@{house}",
            name.capitalize(),
        )
        members = [(tenant.id, roles[name])]
        members += [(operator, Role.ANALYST)] if name != "clara" else []
        for place, role in members:
            await superuser.execute(
                "insert into auth.memberships (id, tenant_id, person_id, role) values ($1, $2, $3, $4)",
                new_uuid(),
                place,
                worker.person_id,
                role,
            )
    incidents = [
        (await one.work((makers.rule("LSASS read", level="high"), makers.event(1, host="ws-1", user="kim"))))[0]
        for one in (tenant, other)
    ]
    mara = workers["mara"]
    for one in (tenant, other):
        async with tenant_tx(one.database, one.id) as tx:
            await moves.acknowledge(tx, one.cipher, mara.actor, mara.permissions, incident=f"{one.code}-1")
    return Provider(
        tenant=tenant,
        other=other,
        auth=auth,
        incident=incidents[0],
        superuser=superuser,
        **workers,
    )
