"""Making, rotating and revoking API keys (I1, I2).

A key is a person's: only a person signed in makes one, with scopes out of what that person may do in the tenant, for
a year at most, and sees its text once. Rotating makes a successor and lets the old key live on for a while, so that
nothing stops meanwhile. Whoever manages keys in the tenant sees and revokes all of them; others their own. Each
change is one audit entry in the same transaction, and a revocation is told to the tenant through the outbox.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

import msgspec

from watchfloor.access.api_keys import queries
from watchfloor.access.api_keys.queries import KeyRow
from watchfloor.access.principal import NOBODY_HERE, Principal
from watchfloor.access.roles import Permission, known_permissions
from watchfloor.audit.append import Actor, append
from watchfloor.kernel.credentials import KeyEnvironment, mint_api_key
from watchfloor.kernel.db import DirectoryTx, TenantTx
from watchfloor.kernel.errors import Conflict, Invalid, NotFound, Refused
from watchfloor.kernel.ids import TenantId
from watchfloor.kernel.outbox import publish
from watchfloor.kernel.secret import Secret

KEY_REVOKED: Final = "key.revoked"
LONGEST_DAYS: Final = 365
LONGEST_OVERLAP_HOURS: Final = 7 * 24

_OBJECT: Final = "api_key"


class IssuedKey(msgspec.Struct, frozen=True, kw_only=True):
    """A new key. `text` is the only copy that there will ever be."""

    id: str
    text: Secret
    scopes: tuple[Permission, ...]
    expires_at: datetime


class Revocation(msgspec.Struct, frozen=True, kw_only=True):
    """What the key's tenant is told."""

    key_id: str
    key_name: str
    made_by: str
    reason: str


async def create_key(
    tx: TenantTx,
    actor: Actor,
    *,
    principal: Principal,
    environment: KeyEnvironment,
    name: str,
    scopes: Iterable[Permission],
    days: int,
    replaces: str | None = None,
) -> IssuedKey:
    """Makes a key for the principal's person.

    Raises Refused when a key asks, or a scope is beyond the principal; Invalid for no scope or a life out of range.
    """
    wanted = tuple(sorted(set(scopes)))
    _check_request(principal, tx.tenant_id, wanted, days)
    minted = mint_api_key(environment)
    expires_at = await queries.insert_key(
        tx,
        key_id=minted.public_id,
        name=name,
        secret_hash=minted.digest,
        scopes=[str(scope) for scope in wanted],
        created_by=principal.person_id,
        lifetime=timedelta(days=days),
        replaces=replaces,
    )
    state = {"name": name, "scopes": [str(scope) for scope in wanted], "expires_at": expires_at.isoformat()}
    await append(tx, actor, action="key.created", object_kind=_OBJECT, object_id=minted.public_id, after=state)
    return IssuedKey(id=minted.public_id, text=minted.text, scopes=wanted, expires_at=expires_at)


async def list_keys(tx: TenantTx, *, principal: Principal, after: str, limit: int) -> list[KeyRow]:
    """The keys that the principal may know of: all of the tenant's for who manages keys, else the own ones."""
    is_manager = Permission.KEY_MANAGE in principal.permissions_in(tx.tenant_id)
    return await queries.select_keys(
        tx, created_by=None if is_manager else principal.person_id, after=after, limit=limit
    )


async def rotate_key(
    tx: TenantTx,
    actor: Actor,
    *,
    principal: Principal,
    environment: KeyEnvironment,
    key_id: str,
    overlap: timedelta,
) -> IssuedKey:
    """A successor with the same name, life and scopes, as far as the person still has them.

    Both keys work until `overlap` is over. Raises NotFound for a key of somebody else, Conflict for one that is
    dead or has a successor already.
    """
    row = await _own_key(tx, principal, key_id)
    if row.created_by != principal.person_id:
        raise Refused("Only the person who made a key can rotate it.", remedy="Revoke it instead.")
    if row.revoked_at is not None or await queries.select_is_replaced(tx, key_id):
        raise Conflict("This key was revoked or rotated already.", remedy="Rotate the newest one, or make a new key.")
    lifetime = row.expires_at - row.created_at
    issued = await create_key(
        tx,
        actor,
        principal=principal,
        environment=environment,
        name=row.name,
        scopes=known_permissions(row.scopes) & principal.permissions_in(tx.tenant_id),
        days=max(1, round(lifetime / timedelta(days=1))),
        replaces=key_id,
    )
    await queries.shorten_key(tx, key_id, overlap=overlap)
    await append(tx, actor, action="key.rotated", object_kind=_OBJECT, object_id=key_id, after={"by": issued.id})
    return issued


async def revoke_key(tx: TenantTx, actor: Actor, *, principal: Principal, key_id: str) -> None:
    """Ends a key at once. Ending it twice changes nothing. Raises NotFound for a key one may not know of."""
    row = await _own_key(tx, principal, key_id)
    await _revoke(tx, actor, row, reason="revoked by its owner or a manager of keys")


async def tenant_of_key(tx: DirectoryTx, key_id: str) -> TenantId:
    """Whose key this is, for the platform's staff alone. Raises NotFound."""
    found = await queries.select_key_tenant(tx, key_id)
    if found is None:
        raise NotFound(NOBODY_HERE)
    return TenantId(found)


async def revoke_leaked_key(tx: TenantTx, actor: Actor, *, key_id: str) -> None:
    """Ends a key that was found where it does not belong (I2), in the transaction of its own tenant.

    The caller is the platform's staff. The audit entry stands in the key's tenant, and so does the message to it.
    """
    row = await queries.select_key(tx, key_id)
    if row is None:
        raise NotFound(NOBODY_HERE)
    await _revoke(tx, actor, row, reason="found outside: treat what it could read as known to others")


def _check_request(principal: Principal, tenant_id: TenantId, scopes: tuple[Permission, ...], days: int) -> None:
    if principal.kind == "api_key":
        raise Refused("A key cannot make keys.", remedy="Sign in and make it yourself.")
    if not scopes:
        raise Invalid("A key needs at least one scope.", where="scopes")
    beyond = sorted(set(scopes) - principal.permissions_in(tenant_id))
    if beyond:
        raise Refused("A key cannot do more than the person who makes it.", where=", ".join(beyond))
    if not 1 <= days <= LONGEST_DAYS:
        raise Invalid(f"A key lives between 1 and {LONGEST_DAYS} days.", where="days")


async def _own_key(tx: TenantTx, principal: Principal, key_id: str) -> KeyRow:
    """The key, if the principal may know of it."""
    row = await queries.select_key(tx, key_id)
    is_manager = Permission.KEY_MANAGE in principal.permissions_in(tx.tenant_id)
    if row is None or not (is_manager or row.created_by == principal.person_id):
        raise NotFound(NOBODY_HERE)
    return row


async def _revoke(tx: TenantTx, actor: Actor, row: KeyRow, *, reason: str) -> None:
    if not await queries.revoke_key(tx, row.id):
        return
    await append(tx, actor, action="key.revoked", object_kind=_OBJECT, object_id=row.id, after={"reason": reason})
    told = Revocation(key_id=row.id, key_name=row.name, made_by=str(row.created_by), reason=reason)
    await publish(tx, topic=KEY_REVOKED, key=row.id, payload=msgspec.json.encode(told))
