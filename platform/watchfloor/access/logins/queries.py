"""SQL of logins by hand, in the directory that only wf_auth reads."""

from datetime import datetime, timedelta
from typing import Final, LiteralString
from uuid import UUID

from watchfloor.kernel.db import DirectoryTx, Tx

UPSERT_LOGIN: Final[LiteralString] = """
insert into auth.logins (person_id, authenticated_by)
values ($1, $2)
on conflict (person_id) do update
   set at = now(),
       authenticated_by = excluded.authenticated_by
"""

DELETE_LOGIN: Final[LiteralString] = "delete from auth.logins where person_id = $1"

DELETE_LOGIN_OF_SESSION: Final[LiteralString] = """
delete from auth.logins
 where person_id = (
         select person_id
           from auth.sessions
          where id_hash = $1)
"""

SELECT_IS_RECENT_LOGIN: Final[LiteralString] = """
select exists (
  select
    from auth.logins
   where person_id = $1
     and at > now() - $2::interval
     and coalesce($3::timestamptz > now() - $2::interval, true))
"""


async def upsert_login(tx: DirectoryTx, person_id: UUID, *, authenticated_by: str) -> None:
    """Notes a login by hand, now."""
    await tx.execute(UPSERT_LOGIN, person_id, authenticated_by)


async def delete_login(tx: Tx, person_id: UUID) -> None:
    """Forgets a person's last login by hand."""
    await tx.execute(DELETE_LOGIN, person_id)


async def delete_login_of_session(tx: DirectoryTx, id_hash: bytes) -> None:
    """Forgets the last login by hand of the person whose session this is."""
    await tx.execute(DELETE_LOGIN_OF_SESSION, id_hash)


async def select_is_recent_login(
    tx: DirectoryTx, person_id: UUID, *, within: timedelta, session_began: datetime | None
) -> bool:
    """Whether the person's last login by hand, and the session if one is named, are younger than `within`."""
    return bool(await tx.value(bool, SELECT_IS_RECENT_LOGIN, person_id, within, session_began))
