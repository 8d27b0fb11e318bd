"""A customer's plan of reports, and a mailbox for what leaves: the ground of the tests of both."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import asyncpg
import msgspec

from tests.domain.receivers import Mailbox, open_mailbox
from tests.domain.workplace import Tenant
from watchfloor.audit.append import Actor
from watchfloor.kernel.clock import FixedClock
from watchfloor.kernel.config import Settings
from watchfloor.kernel.db import Database, tenant_tx
from watchfloor.kernel.secret import Secret
from watchfloor.ops.consumers import Resources
from watchfloor.ops.courier import Courier
from watchfloor.reporting.delivery.recipients import Recipient
from watchfloor.reporting.plan import Plan, change_plan
from watchfloor.reporting.timetable.asking import ask_for_due
from watchfloor.reporting.timetable.schedule import Schedule

ACTOR: Final = Actor(kind="system", id="test", role="system", request_id="-")
BEGAN: Final = datetime(2026, 8, 15, tzinfo=UTC)
SEPTEMBER: Final = datetime(2026, 9, 3, tzinfo=UTC)
NOVEMBER: Final = datetime(2026, 11, 23, 9, tzinfo=UTC)
KIM: Final = Recipient(address="kim@acme.example", kinds=("service", "controls"))
LEE: Final = Recipient(address="lee@acme.example", kinds=("service",))
MONTHLY: Final = Schedule(name="service", kind="service", every="month")


@dataclass
class Post:
    """A customer, its plan, and a mailbox for what leaves."""

    acme: Tenant
    app: Database
    mailbox: Mailbox
    resources: Resources
    superuser: "asyncpg.Connection[asyncpg.Record]"

    async def plan(
        self, *recipients: Recipient, schedules: tuple[Schedule, ...] = (MONTHLY,), at: datetime = BEGAN
    ) -> bool:
        async with tenant_tx(self.app, self.acme.id) as tx:
            wanted = Plan(schedules=schedules, recipients=recipients)
            return await change_plan(tx, self.acme.cipher, ACTOR, wanted, at=at)

    async def ask(self, at: datetime = NOVEMBER) -> int:
        async with tenant_tx(self.app, self.acme.id) as tx:
            return await ask_for_due(tx, at=at)

    async def ready(self) -> None:
        """All reports that wait are made."""
        await self.superuser.execute(
            "update wf.reports set state = 'ready', sha256 = sha256('x'), path = 'x', ready_at = now()"
        )

    async def report(self, *recipients: Recipient) -> UUID:
        """A service report that is ready, and of which these are to hear."""
        await self.plan(*recipients)
        await self.ask(SEPTEMBER)
        await self.ready()
        found = await self.superuser.fetchval("select id from wf.reports")
        assert isinstance(found, UUID)
        return found

    def courier(self) -> Courier:
        return Courier(self.resources, FixedClock(NOVEMBER))

    async def send(self, courier: Courier | None = None) -> None:
        """One round of a courier."""
        courier = courier or self.courier()
        async with tenant_tx(self.app, self.acme.id) as tx:
            work = await courier.take(tx)
        if work is not None:
            await courier.send([work])

    async def states(self) -> list[str]:
        return [row["state"] for row in await self.superuser.fetch("select state from wf.report_deliveries order by 1")]

    async def after(self, seconds: float) -> None:
        for column in ("due_at", "held_until"):
            await self.superuser.execute(
                f"update wf.report_deliveries set {column} = {column} - make_interval(secs => $1)", seconds
            )


@asynccontextmanager
async def open_post(
    settings: Settings, acme: Tenant, app: Database, superuser: "asyncpg.Connection[asyncpg.Record]"
) -> AsyncGenerator[Post]:
    """A post office for as long as it is needed."""
    async with AsyncExitStack() as opened:
        mailbox = await opened.enter_async_context(open_mailbox())
        changed = msgspec.structs.replace(
            settings,
            smtp_url=Secret(f"smtp://127.0.0.1:{mailbox.port}"),
            smtp_from="watchfloor@mssp.example",
            public_url="https://soc.example",
        )
        yield Post(acme, app, mailbox, Resources(changed, opened), superuser)
