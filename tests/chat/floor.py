"""A watch floor: an MSSP with two customers, its people with their keys, and seats at the console for them."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

import asyncpg
import pytest
from redis.asyncio import Redis

from bot.console.identity import KeyLogin
from bot.console.session import Session, Turn
from tests.domain.workplace import MakeEvent, MakeRule, MakeTenant, Tenant
from watchfloor.access.api_keys.issue import create_key
from watchfloor.access.people import principal_of
from watchfloor.access.roles import Role
from watchfloor.alerts.alert import Severity
from watchfloor.audit.append import Actor
from watchfloor.desk.card import Card
from watchfloor.desk.eventdesk import EventDesk
from watchfloor.desk.front import Front
from watchfloor.kernel.config import Settings
from watchfloor.kernel.db import Database, directory_tx, tenant_tx
from watchfloor.kernel.ids import IncidentId, PersonId, TenantId, new_uuid
from watchfloor.kernel.secret import Secret
from watchfloor.kernel.valkey import Wake
from watchfloor.tenancy.keyring import Keyring

SETTING_UP = Actor(kind="system", id="test", role="system", request_id="test")


@dataclass
class Floor:
    """The MSSP's watch floor, with whatever is needed to put people and incidents on it."""

    settings: Settings
    operator: TenantId
    acme: Tenant
    nord: Tenant
    directory: Database
    records: Database
    valkey: Redis
    superuser: "asyncpg.Connection[asyncpg.Record]"
    make_event: MakeEvent
    make_rule: MakeRule
    event_desk: EventDesk
    keys: dict[str, Secret] = field(default_factory=dict)
    people: dict[str, PersonId] = field(default_factory=dict)
    _events: int = 0

    async def person(self, email: str, name: str, **roles: Role) -> PersonId:
        """A person with a role in each tenant that is named (`operator`, `acme`, `nord`), and a key of their own."""
        person_id = PersonId(new_uuid())
        await self.superuser.execute(
            "insert into auth.people (id, email, name) values ($1, $2, $3)", person_id, email, name
        )
        for tenant, role in roles.items():
            await self.superuser.execute(
                "insert into auth.memberships (id, tenant_id, person_id, role) values ($1, $2, $3, $4)",
                new_uuid(),
                self.tenant_id(tenant),
                person_id,
                role,
            )
        self.people[email] = person_id
        await self._make_key(email, self.tenant_id(next(iter(roles))))
        return person_id

    def tenant_id(self, name: str) -> TenantId:
        """The tenant of that name."""
        return {"operator": self.operator, "acme": self.acme.id, "nord": self.nord.id}[name]

    def session(self, email: str) -> Session:
        """A session at the console, signed in by the person's key."""
        return Session(self.front(), KeyLogin(self.keys[email], self.settings))

    def front(self) -> Front:
        """The front of the desk, as chat surfaces have it."""
        return Front(
            directory=self.directory,
            records=self.records,
            keyring=Keyring.open(self.settings),
            wake=Wake(self.valkey),
            operator=self.settings.operator_name,
            events=self.event_desk,
        )

    async def incident(
        self, tenant: Tenant, *, title: str = "LSASS read", level: Severity = "high", host: str = ""
    ) -> IncidentId:
        """An incident of its own: what came before is long ago, so that many are no storm."""
        self._events += 1
        await self.superuser.execute("update wf.incident_origins set opened_at = now() - interval '1 hour'")
        event = self.make_event(self._events, host=host or f"ws-{self._events}")
        [incident_id] = await tenant.work((self.make_rule(title, level=level), event))
        return incident_id

    async def _make_key(self, email: str, tenant_id: TenantId) -> None:
        async with directory_tx(self.directory) as directory:
            principal = await principal_of(directory, self.people[email])
        async with tenant_tx(self.directory, tenant_id) as tx:
            issued = await create_key(
                tx,
                SETTING_UP,
                principal=principal,
                environment="test",
                name="console",
                scopes=principal.permissions_in(tenant_id),
                days=30,
            )
        self.keys[email] = issued.text


@pytest.fixture
async def floor(
    *,
    settings: Settings,
    make_tenant: MakeTenant,
    db_auth: Database,
    db_bot: Database,
    valkey: Redis,
    superuser: "asyncpg.Connection[asyncpg.Record]",
    make_event: MakeEvent,
    make_rule: MakeRule,
) -> AsyncGenerator[Floor]:
    """A floor with Ana (analyst at ACME), Lea (lead at both), and ACME's own Vic (viewer) and Ada (administrator)."""
    operator = TenantId(new_uuid())
    await superuser.execute(
        "insert into auth.tenants (id, slug, code, name, kind, state)"
        " values ($1, 'mssp', 'MSSP', 'Example MSSP', 'operator', 'active')",
        operator,
    )
    opened = Floor(
        settings=settings,
        operator=operator,
        acme=await make_tenant("ACME"),
        nord=await make_tenant("NORD"),
        directory=db_auth,
        records=db_bot,
        valkey=valkey,
        superuser=superuser,
        make_event=make_event,
        make_rule=make_rule,
        event_desk=EventDesk(settings.lake_dir),
    )
    await opened.person("ana@mssp.example", "Ana Analyst", operator=Role.ANALYST, acme=Role.ANALYST)
    await opened.person("lea@mssp.example", "Lea Lead", operator=Role.LEAD, acme=Role.LEAD, nord=Role.LEAD)
    await opened.person("vic@acme.example", "Vic Viewer", acme=Role.VIEWER)
    await opened.person("ada@acme.example", "Ada Admin", acme=Role.ADMIN)
    yield opened
    await opened.event_desk.close()


async def say(session: Session, line: str) -> Turn:
    """What a line leads to, which must be something."""
    turn = await session.take(line)
    assert turn is not None
    return turn


async def card_after(session: Session, line: str) -> Card:
    """The card that a line leads to; the line must succeed."""
    turn = await say(session, line)
    assert turn.error is None
    assert turn.ok
    assert turn.answer is not None
    assert turn.answer.reply.card is not None
    return turn.answer.reply.card
