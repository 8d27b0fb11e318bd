"""Who the provider's people are in a customer's tenant, and their roles and keys there.

The provider's are members of its own tenant, whatever their role in the customer's, and who acts under a role of the
provider's. A key is the provider's when one of them made it, even if they have no role any more. Read from the
directory, as `wf_auth`; what the audit log says of keys that were made, as `wf_report`.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import msgspec

from reports.documents.assurance import queries
from reports.documents.assurance.directory import queries as directory_queries
from reports.documents.assurance.directory.queries import KeyRow, MembershipRow
from reports.documents.assurance.facts import Key, Membership
from watchfloor.access.roles import STAFF_ROLES
from watchfloor.kernel import ids
from watchfloor.kernel.db import Database, TenantTx, directory_tx
from watchfloor.kernel.ids import PersonId

ROLES: Final = sorted(str(role) for role in STAFF_ROLES)
"""The provider's roles."""


class Staff(msgspec.Struct, frozen=True, kw_only=True):
    """The provider's people here: ids of the outside form, roles they hold or held until a date, keys of theirs."""

    people: frozenset[str]
    addresses: frozenset[str]
    memberships: tuple[MembershipRow, ...]
    keys: Mapping[str, KeyRow]

    @property
    def actors(self) -> list[str]:
        """Under which ids they act."""
        return sorted({*self.people, *self.keys})

    def person_of(self, actor: str) -> str:
        """Who stands behind an actor."""
        key = self.keys.get(actor)
        return actor if key is None else ids.show("per", PersonId(key.created_by))

    def roles_at(self, at: datetime) -> tuple[Membership, ...]:
        """The roles that hold at that time."""
        return tuple(
            Membership(
                name=row.name,
                role=row.role,
                granted_at=row.granted_at,
                granted_by=row.granted_by,
                expires_at=row.expires_at,
            )
            for row in self.memberships
            if row.expires_at is None or row.expires_at > at
        )

    def keys_at(self, at: datetime) -> tuple[Key, ...]:
        """The keys that were not ended by then, those of people without a role first."""
        living = [row for row in self.keys.values() if row.revoked_at is None and row.expires_at > at]
        return tuple(
            Key(
                id=row.id,
                name=row.name,
                owner=row.owner,
                scopes=tuple(row.scopes),
                expires_at=row.expires_at,
                last_used_at=row.last_used_at,
                owner_has_role=row.owner_has_role,
            )
            for row in sorted(living, key=lambda row: row.owner_has_role)
        )


async def staff_of(tx: TenantTx, directory: Database, *, at: datetime) -> Staff:
    """The provider's people in the tenant of the transaction. `at` is when a key's owner has to hold a role."""
    made = set(await queries.select_keys_made(tx, roles=ROLES))
    async with directory_tx(directory) as asked:
        members = await directory_queries.select_staff(asked)
        people = [member.id for member in members]
        memberships = await directory_queries.select_memberships(asked, tx.tenant_id, roles=ROLES, people=people)
        keys = await directory_queries.select_keys(asked, tx.tenant_id, at=at)
    return Staff(
        people=frozenset(ids.show("per", PersonId(person)) for person in people),
        addresses=frozenset(
            email.lower() for email in (*(one.email for one in members), *(one.email for one in memberships))
        ),
        memberships=tuple(memberships),
        keys={row.id: row for row in keys if row.id in made or row.created_by in people},
    )
