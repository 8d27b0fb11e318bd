"""SQL of chat accounts and of the codes that bind them, in the directory."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, LiteralString
from uuid import UUID

import msgspec

from watchfloor.access.roles import Role, TenantKind
from watchfloor.kernel.db import DirectoryTx, TenantTx, Tx

UPSERT_CODE: Final[LiteralString] = """
insert into auth.chat_codes (code_hash, person_id, expires_at)
values ($1, $2, now() + $3)
on conflict (person_id) do update
   set code_hash = excluded.code_hash,
       expires_at = excluded.expires_at
returning expires_at
"""

SELECT_CODE: Final[LiteralString] = """
select person_id
  from auth.chat_codes
 where code_hash = $1
   and expires_at > now()
"""

DELETE_CODE: Final[LiteralString] = """
delete from auth.chat_codes
 where code_hash = $1
   and expires_at > now()
"""

SELECT_ACCOUNT: Final[LiteralString] = """
select account_id,
       person_id,
       linked_at
  from auth.chat_accounts
 where account_id = $1
"""

SELECT_ACCOUNT_OF: Final[LiteralString] = """
select account_id,
       person_id,
       linked_at
  from auth.chat_accounts
 where person_id = $1
"""

SELECT_ACCOUNTS_OF: Final[LiteralString] = """
select account_id,
       person_id,
       linked_at
  from auth.chat_accounts
 where person_id = any($1::uuid[])
 order by person_id
"""

SELECT_STANDINGS: Final[LiteralString] = """
select a.account_id,
       a.person_id,
       m.tenant_id,
       t.kind,
       m.role
  from auth.chat_accounts a
  join auth.people p
    on p.id = a.person_id
   and p.state = 'active'
  join auth.memberships m
    on m.person_id = a.person_id
   and (m.expires_at is null or m.expires_at > now())
  join auth.tenants t
    on t.id = m.tenant_id
   and t.state in ('onboarding', 'active')
 where $1::uuid[] is null
    or a.person_id = any($1::uuid[])
 order by a.account_id,
          m.tenant_id,
          m.role
"""

INSERT_ACCOUNT: Final[LiteralString] = """
insert into auth.chat_accounts (account_id, person_id)
values ($1, $2)
on conflict do nothing
"""

DELETE_ACCOUNT: Final[LiteralString] = "delete from auth.chat_accounts where person_id = $1"


class AccountRow(msgspec.Struct, frozen=True, kw_only=True):
    """An account of the chat, and whose it is since when."""

    account_id: str
    person_id: UUID
    linked_at: datetime


class StandingRow(msgspec.Struct, frozen=True, kw_only=True):
    """A role that the person of an account has somewhere."""

    account_id: str
    person_id: UUID
    tenant_id: UUID
    kind: TenantKind
    role: Role


async def select_standings(tx: DirectoryTx, person_ids: Sequence[UUID] | None) -> list[StandingRow]:
    """What the people of accounts are where; those who were disabled are nothing. None asks for everybody."""
    return await tx.rows(StandingRow, SELECT_STANDINGS, person_ids)


async def upsert_code(tx: DirectoryTx, code_hash: bytes, *, person_id: UUID, lifetime: timedelta) -> datetime | None:
    """Gives a person a code in place of any other; returns when it ends."""
    return await tx.value(datetime, UPSERT_CODE, code_hash, person_id, lifetime)


async def select_code(tx: DirectoryTx, code_hash: bytes) -> UUID | None:
    """Whose living code this is."""
    return await tx.value(UUID, SELECT_CODE, code_hash)


async def delete_code(tx: TenantTx, code_hash: bytes) -> bool:
    """Uses a living code up. False when somebody was faster."""
    return await tx.execute(DELETE_CODE, code_hash) == 1


async def select_account(tx: DirectoryTx, account_id: str) -> AccountRow | None:
    """Whose account this is."""
    return await tx.row(AccountRow, SELECT_ACCOUNT, account_id)


async def select_account_of(tx: Tx, person_id: UUID) -> AccountRow | None:
    """A person's account."""
    return await tx.row(AccountRow, SELECT_ACCOUNT_OF, person_id)


async def select_accounts_of(tx: DirectoryTx, person_ids: Sequence[UUID]) -> list[AccountRow]:
    """The accounts of these people, as far as they have one."""
    return await tx.rows(AccountRow, SELECT_ACCOUNTS_OF, person_ids)


async def insert_account(tx: TenantTx, account_id: str, *, person_id: UUID) -> bool:
    """Binds an account. False when the account or the person is bound already."""
    return await tx.execute(INSERT_ACCOUNT, account_id, person_id) == 1


async def delete_account(tx: TenantTx, person_id: UUID) -> bool:
    """Unbinds a person's account. False when there is none."""
    return await tx.execute(DELETE_ACCOUNT, person_id) == 1
