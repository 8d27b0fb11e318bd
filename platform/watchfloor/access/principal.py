"""`Principal`: who asks, and what that one may do where, as the database says at this moment (R7).

A principal is made anew for each request from fresh memberships and is never kept. It is a person, or an API key,
which acts for the person who made it: within the key's scopes, and never beyond what that person still may.
A tenant that the principal is no member of does not exist for it.
"""

from collections.abc import Iterator
from typing import Literal
from uuid import UUID

import msgspec

from watchfloor.access.roles import PERMISSIONS_OF, STAFF_ROLES, Permission, Role, TenantKind, counts_in
from watchfloor.audit.append import Actor
from watchfloor.kernel import ids
from watchfloor.kernel.errors import NotFound, Refused
from watchfloor.kernel.ids import PersonId, TenantId

NOBODY_HERE = "There is nothing here, or you may not see it."


class Membership(msgspec.Struct, frozen=True, kw_only=True):
    """One role of one person in one tenant that is open for business."""

    id: UUID
    tenant_id: TenantId
    tenant_slug: str
    tenant_code: str
    tenant_name: str
    tenant_kind: TenantKind
    role: Role


class Principal(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks. `scopes` is None for a person; for an API key it is the most that the key may do."""

    kind: Literal["person", "api_key"]
    person_id: PersonId
    name: str
    email: str
    memberships: tuple[Membership, ...]
    key_id: str | None = None
    scopes: frozenset[Permission] | None = None

    @property
    def id(self) -> str:
        """The id under which the audit log knows this principal."""
        return self.key_id if self.key_id is not None else ids.show("per", self.person_id)

    @property
    def is_staff(self) -> bool:
        """Whether the person works for the MSSP: a member of the operator's own tenant."""
        return any(m.tenant_kind == "operator" for m in self._effective())

    def tenants(self) -> list[Membership]:
        """One membership for each tenant that the principal reaches, by name."""
        first = {m.tenant_id: m for m in reversed(list(self._effective()))}
        return sorted(first.values(), key=lambda m: (m.tenant_name, m.tenant_id))

    def find_tenant(self, name: str) -> TenantId:
        """The tenant with this id or slug among the principal's own.

        Raises NotFound for all others, real or not: nothing is looked up, so not even the time it takes can tell.
        """
        for membership in self._effective():
            if name in (membership.tenant_slug, ids.show("ten", membership.tenant_id)):
                return membership.tenant_id
        raise NotFound(NOBODY_HERE)

    def operator_tenant(self) -> TenantId:
        """The MSSP's own tenant. Raises NotFound for who is not its member."""
        for membership in self._effective():
            if membership.tenant_kind == "operator":
                return membership.tenant_id
        raise NotFound(NOBODY_HERE)

    def roles_in(self, tenant_id: TenantId) -> tuple[Role, ...]:
        """The principal's roles in the tenant, in the order of `Role`; none when it is no member."""
        held = {m.role for m in self._effective() if m.tenant_id == tenant_id}
        return tuple(role for role in Role if role in held)

    def permissions_in(self, tenant_id: TenantId) -> frozenset[Permission]:
        """All that the principal may do in the tenant."""
        given = frozenset(p for role in self.roles_in(tenant_id) for p in PERMISSIONS_OF[role])
        return given if self.scopes is None else given & self.scopes

    def acts_as_staff_in(self, tenant_id: TenantId) -> bool:
        """Whether one of the MSSP's people reaches into a customer's tenant here, which the customer is shown."""
        here = [m for m in self._effective() if m.tenant_id == tenant_id and m.tenant_kind == "customer"]
        return bool(here) and (self.is_staff or any(m.role in STAFF_ROLES for m in here))

    def require(self, tenant_id: TenantId, permission: Permission) -> Role:
        """The role that gives the permission in the tenant.

        Raises NotFound when the principal is no member there, Refused when no role or scope gives it.
        """
        roles = self.roles_in(tenant_id)
        if not roles:
            raise NotFound(NOBODY_HERE)
        if permission in self.permissions_in(tenant_id):
            return next(role for role in roles if permission in PERMISSIONS_OF[role])
        raise Refused(
            "This needs a permission that you do not have here.",
            where=permission,
            remedy="Ask an administrator of this tenant for a role that includes it.",
        )

    def actor(self, tenant_id: TenantId, *, request_id: str, permission: Permission | None = None) -> Actor:
        """The principal as the audit log of the tenant names it, under the role that gives `permission`."""
        roles = self.roles_in(tenant_id)
        giving = [role for role in roles if permission in PERMISSIONS_OF[role]]
        role = str((giving or roles or ("none",))[0])
        return Actor(kind=self.kind, id=self.id, role=role, request_id=request_id)

    def _effective(self) -> Iterator[Membership]:
        return (m for m in self.memberships if counts_in(m.role, m.tenant_kind))
