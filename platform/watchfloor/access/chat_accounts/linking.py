"""Linking: binds an account of the chat to a person, by a code that only that person's own session can show.

The code goes from the portal into the chat, never the other way: an address sent by somebody else could bind their
account to the person who opens it. A code works once, for five minutes, and only its SHA-256 is kept. Only the MSSP's
people can link; both link and unlink stand in the operator's audit log. Whose account it is, and whether that person
may still do anything, is read anew for each use (R7).
"""

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

import msgspec

from watchfloor.access.chat_accounts import queries
from watchfloor.access.people import principal_of
from watchfloor.access.principal import Principal
from watchfloor.audit.append import append
from watchfloor.kernel import ids
from watchfloor.kernel.crypto import fingerprint
from watchfloor.kernel.db import Database, DirectoryTx, directory_tx, tenant_tx
from watchfloor.kernel.errors import Conflict, NotFound, Refused, Unauthenticated
from watchfloor.kernel.ids import PersonId, TenantId
from watchfloor.kernel.secret import Secret

CODE_LIFETIME: Final = timedelta(minutes=5)
UNLINKED: Final = "Nobody here is linked to this account."
HOW_TO_LINK: Final = "Sign in to the portal, have it show a code, and type /link with it here."

_ALPHABET: Final = "ABCDEFGHJKMNPQRSTVWXYZ23456789"
_GROUPS: Final = 5
"""Five groups of five characters are 122 random bits: enough to keep only a plain hash."""


class LinkCode(msgspec.Struct, frozen=True, kw_only=True):
    """A code to type into the chat, and until when it works."""

    code: Secret
    expires_at: datetime


class ChatLogin:
    """An account of the chat, as the chat itself vouches for it. `tenants` bounds where the person can be seen.

    A customer that has not agreed to this chat does not exist in it.
    """

    def __init__(self, account_id: str, *, tenants: frozenset[TenantId] | None = None) -> None:
        self._account_id = account_id
        self._tenants = tenants

    async def principal(self, tx: DirectoryTx) -> Principal:
        """The linked person. Raises Unauthenticated for an account that is not linked, or whose person was disabled."""
        account = await queries.select_account(tx, self._account_id)
        if account is None:
            raise Unauthenticated(UNLINKED, remedy=HOW_TO_LINK)
        try:
            principal = await principal_of(tx, PersonId(account.person_id))
        except NotFound:
            raise Unauthenticated(UNLINKED, remedy=HOW_TO_LINK) from None
        if self._tenants is None:
            return principal
        seen = tuple(m for m in principal.memberships if m.tenant_kind == "operator" or m.tenant_id in self._tenants)
        return msgspec.structs.replace(principal, memberships=seen)


async def make_code(tx: DirectoryTx, principal: Principal) -> LinkCode:
    """A code for the person, in place of any earlier one. Raises Refused for who is not of the MSSP."""
    _operator_of(principal)
    code = Secret("-".join("".join(secrets.choice(_ALPHABET) for _ in range(5)) for _ in range(_GROUPS)))
    expires_at = await queries.upsert_code(
        tx, _hash(code.reveal()), person_id=principal.person_id, lifetime=CODE_LIFETIME
    )
    if expires_at is None:
        raise Conflict("The code was not kept.", remedy="Ask for another one.")
    return LinkCode(code=code, expires_at=expires_at)


async def link(directory: Database, code: str, *, account_id: str, request_id: str) -> Principal:
    """Binds the account to the person whose code this is, and uses the code up.

    Raises NotFound for a code that is wrong, used or too old, Conflict when the account or the person is bound already.
    """
    code_hash = _hash(code)
    async with directory_tx(directory) as lookup:
        person_id = await queries.select_code(lookup, code_hash)
        if person_id is None:
            raise _no_such_code()
        try:
            principal = await principal_of(lookup, PersonId(person_id))
        except NotFound:
            raise _no_such_code() from None
    operator = _operator_of(principal)
    async with tenant_tx(directory, operator) as tx:
        if not await queries.delete_code(tx, code_hash):
            raise _no_such_code()
        if not await queries.insert_account(tx, account_id, person_id=person_id):
            raise Conflict(
                "This account, or this person, is linked already.", remedy="Undo the old link in the portal first."
            )
        await append(
            tx,
            principal.actor(operator, request_id=request_id),
            action="chat.linked",
            object_kind="person",
            object_id=ids.show("per", principal.person_id),
            after={"account": account_id},
        )
    return principal


async def unlink(directory: Database, principal: Principal, *, request_id: str) -> bool:
    """Unbinds the person's account at once. False when there is none."""
    operator = _operator_of(principal)
    async with tenant_tx(directory, operator) as tx:
        account = await queries.select_account_of(tx, principal.person_id)
        if account is None or not await queries.delete_account(tx, principal.person_id):
            return False
        await append(
            tx,
            principal.actor(operator, request_id=request_id),
            action="chat.unlinked",
            object_kind="person",
            object_id=ids.show("per", principal.person_id),
            before={"account": account.account_id},
        )
    return True


async def account_of(tx: DirectoryTx, principal: Principal) -> queries.AccountRow | None:
    """The person's account, if one is linked."""
    return await queries.select_account_of(tx, principal.person_id)


async def accounts_of(tx: DirectoryTx, people: Iterable[PersonId]) -> dict[PersonId, str]:
    """The accounts of these people, as far as they have one."""
    rows = await queries.select_accounts_of(tx, sorted(set(people)))
    return {PersonId(row.person_id): row.account_id for row in rows}


def _operator_of(principal: Principal) -> TenantId:
    try:
        return principal.operator_tenant()
    except NotFound:
        raise Refused("Only people of the MSSP work in its chat.") from None


def _hash(code: str) -> bytes:
    return fingerprint("".join(character for character in code.upper() if character in _ALPHABET))


def _no_such_code() -> NotFound:
    return NotFound("This code is wrong, used or too old.", where="code", remedy="Have the portal show a new one.")
