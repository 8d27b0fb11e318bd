"""Standing: whose incidents the people of linked accounts may read, as the directory says now."""

from collections.abc import Sequence

import msgspec

from watchfloor.access.chat_accounts import queries
from watchfloor.access.roles import PERMISSIONS_OF, Permission, counts_in
from watchfloor.kernel.db import DirectoryTx
from watchfloor.kernel.ids import PersonId, TenantId


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """An account, whose it is, and the customers whose incidents that person may read.

    Only who is still of the MSSP has any: a chat is the MSSP's.
    """

    account_id: str
    person_id: PersonId
    tenants: frozenset[TenantId]


async def standings_of(tx: DirectoryTx, people: Sequence[PersonId] | None = None) -> list[Standing]:
    """The standing of these people's accounts, or of all. Who is disabled or no longer of the MSSP has none."""
    by_account: dict[str, list[queries.StandingRow]] = {}
    for row in await queries.select_standings(tx, people):
        by_account.setdefault(row.account_id, []).append(row)
    return [_standing(rows) for rows in by_account.values() if any(_is_staff(row) for row in rows)]


def _standing(rows: Sequence[queries.StandingRow]) -> Standing:
    readable = (row for row in rows if row.kind == "customer" and counts_in(row.role, row.kind))
    return Standing(
        account_id=rows[0].account_id,
        person_id=PersonId(rows[0].person_id),
        tenants=frozenset(
            TenantId(row.tenant_id) for row in readable if Permission.INCIDENT_READ in PERMISSIONS_OF[row.role]
        ),
    )


def _is_staff(row: queries.StandingRow) -> bool:
    return row.kind == "operator" and counts_in(row.role, row.kind)
