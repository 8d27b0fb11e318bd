"""Browser sessions of our own (I5).

An id is 256 random bits made here at each login and never taken over from a request, so a planted id is worthless.
Only its SHA-256 is stored. A session ends 12 hours after login, after 30 idle minutes, with its logout, or with
"log out everywhere"; all by the database's clock (Q8). The CSRF token is a MAC under the id itself: it can be
shown again to the session's own pages, tells nothing about the id, and is worth nothing to another session (I6).
"""

import base64
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, Literal

import msgspec

from watchfloor.access import queries
from watchfloor.access.people import principal_of
from watchfloor.access.principal import Principal
from watchfloor.access.step_up import forget_login, forget_login_of_session, note_login
from watchfloor.kernel.crypto import equal, fingerprint, sign
from watchfloor.kernel.db import DirectoryTx, Tx
from watchfloor.kernel.errors import NotFound, Unauthenticated
from watchfloor.kernel.ids import PersonId
from watchfloor.kernel.secret import Secret

ABSOLUTE: Final = timedelta(hours=12)
IDLE: Final = timedelta(minutes=30)

AuthenticatedBy = Literal["oidc", "development"]

_ID_BYTES: Final = 32
_USER_AGENT_LENGTH: Final = 400
_CSRF_PURPOSE: Final = b"watchfloor/csrf/1"


class OpenedSession(msgspec.Struct, frozen=True, kw_only=True):
    """A new session. `id` goes into the cookie and nowhere else; `csrf` goes to the session's pages."""

    id: Secret
    csrf: Secret
    created_at: datetime
    expires_at: datetime


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A living session that a request came with."""

    id: Secret
    csrf_hash: bytes
    authenticated_by: AuthenticatedBy
    created_at: datetime
    expires_at: datetime


async def open_session(
    tx: DirectoryTx,
    person_id: PersonId,
    *,
    authenticated_by: AuthenticatedBy,
    user_agent: str,
    replacing: Secret | None = None,
) -> OpenedSession:
    """Begins a session for a person who has just proved identity, and ends the one that the browser came with."""
    if replacing is not None:
        await close_session(tx, replacing)
    session_id = Secret(secrets.token_urlsafe(_ID_BYTES))
    csrf = csrf_token(session_id)
    span = await queries.insert_session(
        tx,
        id_hash=fingerprint(session_id.reveal()),
        person_id=person_id,
        csrf_hash=fingerprint(csrf.reveal()),
        authenticated_by=authenticated_by,
        user_agent=_printable(user_agent)[:_USER_AGENT_LENGTH],
        lifetime=ABSOLUTE,
    )
    await note_login(tx, person_id, authenticated_by=authenticated_by)
    return OpenedSession(id=session_id, csrf=csrf, created_at=span.created_at, expires_at=span.expires_at)


async def resume_session(tx: DirectoryTx, session_id: Secret, *, keeps_alive: bool = True) -> tuple[Principal, Session]:
    """Whose session this is, with memberships read now. A request that no person made does not keep it alive.

    Raises Unauthenticated for an id that is not ours, has ended, or belongs to a person who was disabled.
    """
    id_hash = fingerprint(session_id.reveal())
    row = await queries.select_session(tx, id_hash, idle=IDLE)
    if row is None:
        raise Unauthenticated("The session has ended.", remedy="Sign in again.")
    try:
        principal = await principal_of(tx, PersonId(row.person_id))
    except NotFound:
        raise Unauthenticated("The session has ended.", remedy="Sign in again.") from None
    if row.is_stale and keeps_alive:
        await queries.touch_session(tx, id_hash)
    return principal, Session(
        id=session_id,
        csrf_hash=row.csrf_hash,
        authenticated_by=row.authenticated_by,
        created_at=row.created_at,
        expires_at=row.expires_at,
    )


async def living_sessions(tx: DirectoryTx, session_ids: Sequence[Secret]) -> list[bool]:
    """Whether each of the sessions is still one, without keeping any alive. For what stays open while time passes."""
    hashes = [fingerprint(session_id.reveal()) for session_id in session_ids]
    living = await queries.select_living_sessions(tx, hashes, idle=IDLE)
    return [id_hash in living for id_hash in hashes]


async def close_session(tx: DirectoryTx, session_id: Secret) -> None:
    """Ends a session at once, and the login by hand that it began with. Ending what is no session does nothing."""
    id_hash = fingerprint(session_id.reveal())
    await forget_login_of_session(tx, id_hash)
    await queries.delete_session(tx, id_hash)


async def close_all_sessions(tx: Tx, person_id: PersonId) -> int:
    """Logs a person out everywhere, at once, and says of how many sessions."""
    await forget_login(tx, person_id)
    return await queries.delete_sessions_of_person(tx, person_id)


async def remove_dead_sessions(tx: DirectoryTx) -> int:
    """Deletes the rows of sessions that have ended, for the daily clean-up."""
    return await queries.delete_dead_sessions(tx, idle=IDLE)


def csrf_token(session_id: Secret) -> Secret:
    """The token that a page of this session sends with each unsafe request."""
    mac = sign(session_id.reveal().encode(), _CSRF_PURPOSE)
    return Secret(base64.urlsafe_b64encode(mac).rstrip(b"=").decode())


def is_csrf_token(session: Session, presented: str) -> bool:
    """Whether the token belongs to this very session. Constant time."""
    return equal(session.csrf_hash, fingerprint(presented))


def _printable(text: str) -> str:
    """A header as PostgreSQL can keep it and a page can show it."""
    return "".join(character if character.isprintable() else " " for character in text)
