"""SQL of legal holds, and of forgetting what nobody holds."""

from datetime import datetime, timedelta
from typing import Final, LiteralString
from uuid import UUID

import msgspec

from watchfloor.kernel.db import TenantTx

INSERT_HOLD: Final[LiteralString] = """
insert into wf.breach_holds (tenant_id, id, case_id, is_held, reason, by)
values ($1, $2, $3, $4, $5, $6)
"""

SELECT_HOLDS: Final[LiteralString] = """
select id,
       is_held,
       reason,
       at,
       by
  from wf.breach_holds
 where tenant_id = $1
   and case_id = $2
 order by at,
          id
"""

SELECT_KEPT: Final[LiteralString] = """
select bundle #>> '{retention,breaches}'
  from wf.tenants
 where tenant_id = $1
"""

FORGET: Final[LiteralString] = "select wf.forget_breach_cases($1, $2)"


class HoldRow(msgspec.Struct, frozen=True, kw_only=True):
    """A hold that was set or lifted; the reason is sealed."""

    id: UUID
    is_held: bool
    reason: bytes
    at: datetime
    by: str


async def insert_hold(tx: TenantTx, hold_id: UUID, case_id: UUID, *, is_held: bool, reason: bytes, by: str) -> None:
    """Sets a hold, or lifts it."""
    await tx.execute(INSERT_HOLD, tx.tenant_id, hold_id, case_id, is_held, reason, by)


async def select_holds(tx: TenantTx, case_id: UUID) -> list[HoldRow]:
    """Every hold of a case in order; the last one counts."""
    return await tx.rows(HoldRow, SELECT_HOLDS, tx.tenant_id, case_id)


async def select_kept(tx: TenantTx) -> str | None:
    """How long the customer keeps its cases, as its bundle says it."""
    return await tx.value(str, SELECT_KEPT, tx.tenant_id)


async def forget(tx: TenantTx, kept: timedelta, *, at_most: int) -> int:
    """Forgets closed cases that nobody touched for so long and nobody holds. Returns how many."""
    return await tx.value(int, FORGET, kept, at_most) or 0
