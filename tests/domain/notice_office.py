"""Notices of a breach case, as their people handle them, and a way to let time pass for a case."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias, cast

import asyncpg
import msgspec

from tests.domain.breach_cases import WHY, Desk
from tests.domain.workplace import Worker
from watchfloor.breach import store
from watchfloor.breach.case import BreachCase
from watchfloor.breach.clocks import deadlines_of
from watchfloor.breach.missing import Phase
from watchfloor.breach.notices import drafting, keeping, sending
from watchfloor.breach.notices.drafting import Drafted, Wanted
from watchfloor.breach.notices.notice import Notice, filings
from watchfloor.breach.notices.sending import Acknowledged, Sent
from watchfloor.breach.rules.clock import Deadline
from watchfloor.breach.watching.warning import Point, warn
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import Database, tenant_tx
from watchfloor.kernel.ids import CaseId, NoticeId, TenantId

Superuser: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

HOUR: Final = timedelta(hours=1)
_POINT: Final = "%Y%m%dT%H%M%S"
_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


@dataclass
class NoticeOffice:
    """One case and its notices. Each call is a transaction of its own."""

    desk: Desk
    case: BreachCase
    superuser: Superuser

    @property
    def case_id(self) -> CaseId:
        return CaseId(self.case.id)

    async def draft(
        self,
        regime: str = "gdpr-authority",
        *,
        by: Worker | None = None,
        stage: str | None = None,
        phase: Phase | None = None,
        recipient: str | None = None,
        language: str | None = None,
    ) -> Drafted:
        who, tenant = by or self.desk.ana, self.desk.tenant
        wanted = Wanted(regime=regime, stage=stage, phase=phase, recipient=recipient, language=language)
        async with tenant_tx(tenant.database, tenant.id) as tx:
            return await drafting.draft(
                tx, tenant.cipher, who.actor, who.permissions, case_id=self.case_id, wanted=wanted
            )

    async def approve(
        self, notice: Notice, *, by: Worker | None = None, sha256: str | None = None, knows_gaps: bool = True
    ) -> Notice:
        who, tenant = by or self.desk.officer, self.desk.tenant
        async with tenant_tx(tenant.database, tenant.id) as tx:
            return await sending.approve(
                tx,
                tenant.cipher,
                who.actor,
                who.permissions,
                case_id=self.case_id,
                notice_id=notice.id,
                sha256=sha256 or notice.sha256,
                reason=WHY,
                knows_gaps=knows_gaps,
            )

    async def send(
        self, notice: Notice, *, by: Worker | None = None, at: datetime | None = None, reasons: str = ""
    ) -> Notice:
        who, tenant = by or self.desk.officer, self.desk.tenant
        sent = Sent(submitted_at=at or await self.now(), channel="the authority's form", delay_reasons=reasons)
        async with tenant_tx(tenant.database, tenant.id) as tx:
            return await sending.send(
                tx,
                tenant.cipher,
                who.actor,
                who.permissions,
                case_id=self.case_id,
                notice_id=notice.id,
                sent=sent,
            )

    async def acknowledge(self, notice: Notice, *, reference: str = "LDA-1") -> Notice:
        who, tenant = self.desk.officer, self.desk.tenant
        received = Acknowledged(received_at=await self.now(), reference=reference)
        async with tenant_tx(tenant.database, tenant.id) as tx:
            return await sending.acknowledge(
                tx,
                tenant.cipher,
                who.actor,
                who.permissions,
                case_id=self.case_id,
                notice_id=notice.id,
                acknowledged=received,
            )

    async def withdraw(self, notice: Notice, *, by: Worker | None = None) -> Notice:
        who, tenant = by or self.desk.officer, self.desk.tenant
        async with tenant_tx(tenant.database, tenant.id) as tx:
            return await sending.withdraw(
                tx, tenant.cipher, who.actor, who.permissions, case_id=self.case_id, notice_id=notice.id, reason=WHY
            )

    async def out(self, regime: str = "gdpr-authority", *, phase: Phase | None = None) -> Notice:
        """A notice that was drafted, approved and sent."""
        by = self.desk.officer if regime == "gdpr-authority" else self.desk.lead
        drafted = await self.draft(regime, phase=phase)
        return await self.send(await self.approve(drafted.notice, by=by), by=by)

    async def read(self, notice: Notice | NoticeId) -> Notice:
        tenant = self.desk.tenant
        async with tenant_tx(tenant.database, tenant.id) as tx:
            return await keeping.read(tx, tenant.cipher, notice.id if isinstance(notice, Notice) else notice)

    async def snapshot(self, notice: Notice) -> bytes:
        tenant = self.desk.tenant
        async with tenant_tx(tenant.database, tenant.id) as tx:
            return await keeping.snapshot_bytes(tx, tenant.cipher, notice.id)

    async def deadline(self, regime: str, stage: str) -> Deadline:
        tenant = self.desk.tenant
        async with tenant_tx(tenant.database, tenant.id) as tx:
            case = await store.read(tx, tenant.cipher, self.case_id)
            notices = await keeping.notices_of(tx, tenant.cipher, self.case_id)
            found = deadlines_of(case, filings(notices), await store.now(tx))
        return next(one for one in found if (one.regime, one.stage) == (regime, stage))

    async def watch(self) -> list[Point]:
        tenant = self.desk.tenant
        async with tenant_tx(tenant.database, tenant.id) as tx:
            return await warn(tx, tenant.cipher)

    async def now(self) -> datetime:
        tenant = self.desk.tenant
        async with tenant_tx(tenant.database, tenant.id) as tx:
            return await store.now(tx)

    async def breach_with_risk(self, *, aware: timedelta = HOUR) -> None:
        """A case that has become a breach to be told to the authority; the controller is aware for so long."""
        desk, now = self.desk, await self.now()
        await desk.decide(self.case, "is_breach", "yes")
        await desk.decide(self.case, "clock.controller_aware_at", (now - aware).isoformat())
        await desk.decide(self.case, "risk.risk", "risk")
        await desk.decide(self.case, "risk.art33_decision", "yes")
        await desk.state(self.case, "clock.controller_notified_at", (now - aware).isoformat())

    async def let_pass(self, length: timedelta) -> None:
        """Lets all that the record says of the case be longer ago, by the database's clock."""
        tenant = self.desk.tenant
        records = Records(self.superuser, tenant.database, tenant.id, tenant.cipher)
        await let_pass(records, self.case_id, length)


@dataclass
class Records:
    """Where the records of a customer's cases are."""

    superuser: Superuser
    database: Database
    tenant_id: TenantId
    cipher: TenantCipher


async def let_pass(records: Records, case_id: CaseId, length: timedelta) -> None:
    """Moves every instant of a case and of its notices, but for those that are frozen, back by so much."""
    async with tenant_tx(records.database, records.tenant_id) as tx:
        case = await store.read(tx, records.cipher, case_id)
    plain = msgspec.json.encode(_earlier(msgspec.to_builtins(case), length), order="deterministic")
    sealed = records.cipher.seal(plain, table="wf.breach_cases", column="document", row=case_id)
    await records.superuser.execute("update wf.breach_cases set document = $2 where id = $1", case_id, sealed)
    for change in (
        "breach_cases set created_at = created_at - $2::interval, updated_at = updated_at - $2::interval where id = $1",
        "breach_notices set drafted_at = drafted_at - $2::interval, due_at = due_at - $2::interval where case_id = $1",
        "breach_notice_steps set at = at - $2::interval, happened_at = happened_at - $2::interval"
        " where notice_id in (select id from wf.breach_notices where case_id = $1)",
        "breach_warnings set point = point - $2::interval where case_id = $1",
    ):
        await records.superuser.execute(f"update wf.{change}", case_id, length)
    pages = "select id, key from wf.pages where subject_kind = 'breach' and subject_id = $1"
    for row in await records.superuser.fetch(pages, case_id):
        start, _, point = str(row["key"]).rpartition(":")
        at = datetime.strptime(point, _POINT).replace(tzinfo=UTC) - length
        key = f"{start}:{at.strftime(_POINT)}"
        await records.superuser.execute("update wf.pages set key = $2 where id = $1", row["id"], key)


def _earlier(value: object, length: timedelta) -> object:
    if isinstance(value, dict):
        return {name: _earlier(one, length) for name, one in cast("dict[str, object]", value).items()}
    if isinstance(value, list | tuple):
        return [_earlier(one, length) for one in cast("list[object]", value)]
    if isinstance(value, str) and _INSTANT.fullmatch(value):
        return (datetime.fromisoformat(value) - length).isoformat()
    return value
