"""What each customer has agreed to: whether anything about them goes to Discord at all, and how much (GDPR).

Read from the tenant's record and kept for a few seconds, because every press and every card asks. A tenant that cannot
be read has agreed to nothing.
"""

import time
from typing import Final

import msgspec

from bot.discord import queries
from bot.discord.levels import Level
from watchfloor.kernel.db import Database, tenant_tx
from watchfloor.kernel.ids import TenantId

KEPT_SECONDS: Final = 5.0


class _Chat(msgspec.Struct, frozen=True, kw_only=True):
    discord: bool = False
    detail: Level = "ref"
    pod: str | None = None


class Agreement(msgspec.Struct, frozen=True, kw_only=True):
    """A tenant's agreement. `pod` names the forum that its incidents stand in."""

    code: str
    level: Level
    pod: str


class Agreements:
    """The agreements of all tenants, as far as they were asked for."""

    def __init__(self, records: Database) -> None:
        self._records = records
        self._kept: dict[TenantId, tuple[float, Agreement | None]] = {}

    async def of(self, tenant_id: TenantId) -> Agreement | None:
        """The agreement; None for a tenant that is not to appear. Raises Unavailable."""
        kept = self._kept.get(tenant_id)
        if kept is not None and time.monotonic() - kept[0] < KEPT_SECONDS:
            return kept[1]
        async with tenant_tx(self._records, tenant_id) as tx:
            row = await queries.select_agreement(tx)
        agreement = None if row is None else _agreement(row)
        self._kept[tenant_id] = (time.monotonic(), agreement)
        return agreement


def _agreement(row: queries.AgreementRow) -> Agreement | None:
    try:
        chat = msgspec.json.decode(row.chat or "{}", type=_Chat)
    except msgspec.ValidationError:
        return None
    return Agreement(code=row.code, level=chat.detail, pod=chat.pod or row.code.lower()) if chat.discord else None
