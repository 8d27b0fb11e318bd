"""Who belongs to a tenant: giving and ending memberships.

`MAY_GRANT` says who may give which role. Staff roles go to the MSSP's own people only, and a role that means
nothing in a tenant of this kind is refused. A tenant never loses its last administrator. Members are shown by address
and role; ids and names of people stay inside, because a person may belong to several tenants. Each change is one
audit entry in the same transaction and takes effect with the member's next request (R7).
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from watchfloor.access import queries
from watchfloor.access.people import read_address
from watchfloor.access.principal import NOBODY_HERE, Principal
from watchfloor.access.queries import MemberRow, PersonRow
from watchfloor.access.roles import MAY_GRANT, STAFF_ROLES, Role, counts_in
from watchfloor.audit.append import Actor, append
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import Conflict, Invalid, NotFound, Refused
from watchfloor.kernel.ids import new_uuid

_NEVER_WITHOUT: Final = frozenset({Role.ADMIN, Role.PLATFORM_ADMIN})
_OBJECT: Final = "membership"


async def add_member(
    tx: TenantTx,
    actor: Actor,
    *,
    principal: Principal,
    cipher: TenantCipher,
    email: str,
    role: Role,
    expires_at: datetime | None,
) -> MemberRow:
    """Gives a person a role in the tenant; a person whom nobody knows yet is entered in the directory.

    Raises Refused for a role that the principal may not give, Invalid for one that has no meaning here or an
    address that is none, Conflict when the person has the role already.
    """
    kind = await queries.lock_tenant(tx)
    _require_grantable(principal, tx, role)
    if kind is None or not counts_in(role, kind):
        raise Invalid("This role does not exist in a tenant of this kind.", where="role")
    person = await _person(tx, email)
    if role in STAFF_ROLES and not await _is_staff(tx, person, principal):
        raise Refused("Roles of the MSSP go to its own people only.", where="role")
    membership_id = new_uuid()
    if not await queries.insert_membership(
        tx,
        membership_id=membership_id,
        person_id=person.id,
        role=role,
        granted_by=principal.person_id,
        expires_at=expires_at,
    ):
        raise Conflict("This person has the role already.", where="email")
    await append(
        tx,
        actor,
        action="member.added",
        object_kind=_OBJECT,
        object_id=str(membership_id),
        after={"person": str(person.id), "role": role},
        detail={"email": person.email, "role": role},
        cipher=cipher,
    )
    return await _member(tx, membership_id)


async def list_members(tx: TenantTx, *, after: UUID, limit: int) -> list[MemberRow]:
    """The tenant's members, oldest membership first, the MSSP's people among them: a tenant sees who can see it."""
    return await queries.select_members(tx, after=after, limit=limit)


async def remove_member(
    tx: TenantTx, actor: Actor, *, principal: Principal, cipher: TenantCipher, membership_id: UUID
) -> None:
    """Ends a membership.

    Raises NotFound for one of another tenant, Refused for a role that the principal may not take, Conflict for the
    last administrator.
    """
    await queries.lock_tenant(tx)
    member = await _member(tx, membership_id)
    _require_grantable(principal, tx, member.role)
    if member.role in _NEVER_WITHOUT and await queries.count_role(tx, member.role) <= 1:
        raise Conflict("This is the last administrator.", remedy="Make somebody else an administrator first.")
    await queries.delete_membership(tx, membership_id)
    await append(
        tx,
        actor,
        action="member.removed",
        object_kind=_OBJECT,
        object_id=str(membership_id),
        before={"person": str(member.person_id), "role": member.role},
        detail={"email": member.email, "role": member.role},
        cipher=cipher,
    )


def _require_grantable(principal: Principal, tx: TenantTx, role: Role) -> None:
    if not any(role in MAY_GRANT.get(held, frozenset()) for held in principal.roles_in(tx.tenant_id)):
        raise Refused("Your role may not give or take this one.", where="role")


async def _person(tx: TenantTx, email: str) -> PersonRow:
    address = read_address(email)
    if address is None:
        raise Invalid("This is not an e-mail address.", where="email")
    await queries.insert_person(tx, person_id=new_uuid(), email=address, name=address.partition("@")[0])
    person = await queries.select_person_by_email(tx, address)
    if person is None:
        raise Conflict("This address cannot be given a role.", where="email")
    return person


async def _is_staff(tx: TenantTx, person: PersonRow, principal: Principal) -> bool:
    """Whether the person is the MSSP's. In the operator's own tenant everybody becomes so by this very membership."""
    if any(m.tenant_kind == "operator" and m.tenant_id == tx.tenant_id for m in principal.memberships):
        return True
    return any(m.tenant_kind == "operator" for m in await queries.select_memberships(tx, person.id))


async def _member(tx: TenantTx, membership_id: UUID) -> MemberRow:
    member = await queries.select_member(tx, membership_id)
    if member is None:
        raise NotFound(NOBODY_HERE)
    return member
