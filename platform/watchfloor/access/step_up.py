"""Step-up: whether a person proved by hand, not long ago, who they are.

A stolen chat session or key must not cut a server off. What is destructive asks for a login at a browser within the
last eight hours by the person who approves, wherever they then press the button. Owns what such a login is and how
long it counts; by the database's clock (Q8). Signing out ends it.
"""

from datetime import datetime, timedelta
from typing import Final

from watchfloor.access.logins import queries
from watchfloor.access.principal import Principal
from watchfloor.kernel.db import Database, DirectoryTx, Tx, directory_tx
from watchfloor.kernel.ids import PersonId

RECENT: Final = timedelta(hours=8)

SIGN_IN_PATH: Final = "/console"
"""Where people sign in, below the installation's public address."""


async def note_login(tx: DirectoryTx, person_id: PersonId, *, authenticated_by: str) -> None:
    """Notes that the person has just proved who they are."""
    await queries.upsert_login(tx, person_id, authenticated_by=authenticated_by)


async def forget_login(tx: Tx, person_id: PersonId) -> None:
    """Notes that the person signed out: the next destructive approval asks for a new login."""
    await queries.delete_login(tx, person_id)


async def forget_login_of_session(tx: DirectoryTx, id_hash: bytes) -> None:
    """The same for the person whose session this is."""
    await queries.delete_login_of_session(tx, id_hash)


async def has_stepped_up(directory: Database, principal: Principal, *, session_began: datetime | None = None) -> bool:
    """Whether the principal is a person with a recent login by hand.

    A caller with a session of its own names its beginning: an old session does not profit from a newer login
    elsewhere. An API key never has stepped up.
    """
    if principal.kind != "person":
        return False
    async with directory_tx(directory) as tx:
        return await queries.select_is_recent_login(tx, principal.person_id, within=RECENT, session_began=session_began)
