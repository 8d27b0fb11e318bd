"""Recomputes all clocks of a tenant from the timelines and names what is kept otherwise.

On the way it can repair: what is kept is then replaced by what the log gives.
"""

from collections.abc import AsyncIterator
from typing import Final
from uuid import UUID

import msgspec

from watchfloor.incidents.queries import lock_incidents
from watchfloor.incidents.sla import queries
from watchfloor.incidents.sla.keeping import Difference, compare, refresh
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import IncidentId

_PAGE: Final = 500


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """An incident whose clocks are kept otherwise than its log says."""

    number: int
    differences: tuple[Difference, ...]


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    """How many incidents were recomputed, and which differ."""

    incidents: int
    findings: tuple[Finding, ...]


async def verify(tx: TenantTx, cipher: TenantCipher, *, is_repairing: bool) -> Verification:
    """Recomputes every incident of the tenant."""
    findings: list[Finding] = []
    incidents = 0
    async for row in _all(tx):
        incidents += 1
        incident_id = IncidentId(row.id)
        if is_repairing:
            await lock_incidents(tx, [incident_id])
        differences = await compare(tx, cipher, incident_id)
        if differences:
            findings.append(Finding(number=row.number, differences=tuple(differences)))
            if is_repairing:
                await refresh(tx, cipher, incident_id)
    return Verification(incidents=incidents, findings=tuple(findings))


async def _all(tx: TenantTx) -> AsyncIterator[queries.NumberRow]:
    after = UUID(int=0)
    while rows := await queries.select_incidents(tx, after=after, limit=_PAGE):
        for row in rows:
            yield row
        after = rows[-1].id
