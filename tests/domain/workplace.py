"""What tests of alerts, incidents and surfaces share: tenants with a key, factories of events and rules."""

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol
from uuid import UUID

import asyncpg
import pytest

from watchfloor.access.roles import PERMISSIONS_OF, Permission, Role
from watchfloor.alerts.alert import AlertChange
from watchfloor.alerts.record import lock, record
from watchfloor.audit.append import Actor
from watchfloor.detect.condition import Keyword, Text
from watchfloor.detect.engine import Matches
from watchfloor.detect.rule import Level, Rule
from watchfloor.incidents.group import group
from watchfloor.kernel import ids
from watchfloor.kernel.config import Settings
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import Database, TenantTx, tenant_tx
from watchfloor.kernel.ids import IncidentId, PersonId, TenantId, new_uuid
from watchfloor.normalise.event import Entity, EntityKind, Event, LogSource
from watchfloor.tenancy.keyring import Keyring

NOON: Final = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
"""When the events of these tests happen; moments are given in seconds from it."""


class MakeEvent(Protocol):
    """Makes an event. `at` is in seconds from noon, `number` its identity."""

    def __call__(self, number: int, *, at: float = 0, summary: str = "", **entities: str) -> Event: ...


class MakeRule(Protocol):
    """Makes a rule of its own identity for each title."""

    def __call__(
        self, title: str = "Odd login", *, level: Level = "medium", dedup: Sequence[str] = ("host",), window: int = 3600
    ) -> Rule: ...


@dataclass(frozen=True)
class Tenant:
    """A customer with a key, and the pipeline's step from matches to incidents for it."""

    id: TenantId
    code: str
    cipher: TenantCipher
    database: Database

    async def record(self, *batch: tuple[Rule, Event]) -> list[AlertChange]:
        """Counts the matches into alerts, as one batch."""
        async with tenant_tx(self.database, self.id) as tx:
            await lock(tx)
            return await self.record_in(tx, *batch)

    async def record_in(self, tx: TenantTx, *batch: tuple[Rule, Event]) -> list[AlertChange]:
        """The same inside the caller's transaction."""
        rules = list({rule.id: rule for rule, _ in batch}.values())
        places = {rule.id: place for place, rule in enumerate(rules)}
        matches = Matches(list(range(len(batch))), [places[rule.id] for rule, _ in batch])
        return await record(tx, self.cipher, events=[event for _, event in batch], matches=matches, rules=rules)

    async def work(self, *batch: tuple[Rule, Event]) -> list[IncidentId]:
        """Counts the matches into alerts and groups those, as the pipeline does: one transaction."""
        async with tenant_tx(self.database, self.id) as tx:
            await lock(tx)
            return await group(tx, self.cipher, await self.record_in(tx, *batch))


class MakeTenant(Protocol):
    """Onboards a customer as far as these tests need it."""

    async def __call__(self, code: str = "ACME", *, bundle: str = "{}") -> Tenant: ...


@dataclass(frozen=True)
class Worker:
    """Somebody who works at the desk."""

    person_id: PersonId
    actor: Actor
    permissions: frozenset[Permission]


class MakeWorker(Protocol):
    """Makes a person with a role; `request_id` names what the person asks."""

    def __call__(self, role: Role = Role.ANALYST, *, request_id: str = "r1", person: UUID | None = None) -> Worker: ...


@pytest.fixture
def make_event() -> MakeEvent:
    def make(number: int, *, at: float = 0, summary: str = "", **entities: str) -> Event:
        kinds: dict[str, EntityKind] = {kind: kind for kind in ("host", "user", "ip", "hash", "account", "file")}
        moment = NOON + timedelta(seconds=at)
        return Event(
            key=hashlib.sha256(str(number).encode()).digest()[:16],
            source="windows.security",
            logsources=(LogSource(product="windows", service="security"),),
            time=moment,
            time_quality="parsed",
            received_at=moment,
            fields={"EventID": 4625, "Number": number},
            entities=tuple(Entity(kinds[kind], value) for kind, value in entities.items()),
            summary=summary or f"event {number}",
            raw=b'{"EventID":4625}',
            parser="windows/1",
        )

    return make


@pytest.fixture
def make_rule() -> MakeRule:
    def make(
        title: str = "Odd login", *, level: Level = "medium", dedup: Sequence[str] = ("host",), window: int = 3600
    ) -> Rule:
        digest = hashlib.sha256(title.encode()).hexdigest()
        return Rule(
            id=str(UUID(digest[:32])),
            title=title,
            level=level,
            status="stable",
            author="Watchfloor",
            references=(),
            tags=("attack.credential-access", "attack.t1110.001"),
            why="Somebody guesses passwords.",
            false_positives=("A forgotten service account.",),
            runbook=("Look at the source.",),
            dedup=tuple(dedup),
            window_seconds=window,
            licence="Apache-2.0",
            link=None,
            logsource=LogSource(product="windows", service="security"),
            path="windows/odd_login.yml",
            content_hash=digest,
            condition=Keyword(test=Text(("x",))),
        )

    return make


@pytest.fixture
async def make_tenant(
    settings: Settings, db_app: Database, superuser: "asyncpg.Connection[asyncpg.Record]"
) -> MakeTenant:
    keyring = Keyring.open(settings)

    async def make(code: str = "ACME", *, bundle: str = "{}") -> Tenant:
        tenant_id = TenantId(new_uuid())
        await superuser.execute(
            "insert into auth.tenants (id, slug, code, name, kind, state)"
            " values ($1, $2, $3, $4, 'customer', 'active')",
            tenant_id,
            code.lower(),
            code,
            f"{code} Ltd",
        )
        await superuser.execute(
            "insert into wf.tenants (tenant_id, code, name, language, time_zone, bundle, bundle_hash)"
            " values ($1, $2, $3, 'en', 'Europe/Berlin', $4::jsonb, sha256('x'))",
            tenant_id,
            code,
            f"{code} Ltd",
            bundle,
        )
        async with tenant_tx(db_app, tenant_id) as tx:
            cipher = await keyring.create(tx)
        return Tenant(tenant_id, code, cipher, db_app)

    return make


@pytest.fixture
async def acme(make_tenant: MakeTenant) -> Tenant:
    """A customer."""
    return await make_tenant("ACME")


@pytest.fixture
def make_worker() -> MakeWorker:
    def make(role: Role = Role.ANALYST, *, request_id: str = "r1", person: UUID | None = None) -> Worker:
        person_id = PersonId(person or new_uuid())
        actor = Actor(kind="person", id=ids.show("per", person_id), role=role, request_id=request_id)
        return Worker(person_id, actor, PERMISSIONS_OF[role])

    return make


Count = Callable[[str], Awaitable[int]]


@pytest.fixture
async def count(superuser: "asyncpg.Connection[asyncpg.Record]") -> Count:
    """Counts the rows of a table, or of a table with a condition."""

    async def rows(table: str) -> int:
        found: int = await superuser.fetchval(f"select count(*) from {table}")
        return found

    return rows
