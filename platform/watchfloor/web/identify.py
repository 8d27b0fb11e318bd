"""From a request to the principal behind it: an API key in `Authorization`, or a session's cookie.

A request that carries an `Authorization` header stands or falls with it; the cookie is not looked at then, so a bad
key never falls back to a session. Checks of keys and logins are counted and stay shut while they cannot be counted;
a session goes on without Valkey under this process's own limits (I8).
"""

import base64
import ipaddress
import logging
from typing import Final

from watchfloor.access.api_keys.check import principal_for_key
from watchfloor.access.limits import Limit
from watchfloor.access.principal import Principal
from watchfloor.access.sessions import Session, resume_session
from watchfloor.kernel.db import directory_tx
from watchfloor.kernel.errors import Unauthenticated, Unavailable
from watchfloor.kernel.secret import Secret
from watchfloor.web.cookies import cookie_name
from watchfloor.web.csrf import SAFE_METHODS, TOKEN_FIELD, TOKEN_HEADER, allowed_origins, check_origin, check_token
from watchfloor.web.declaration import Access
from watchfloor.web.forms import read_form
from watchfloor.web.scope import Connection, method_of
from watchfloor.web.services import Services

LOOK_HEADER: Final = "x-look"
"""Says that a page asks by itself: that somebody left it open does not keep the session alive."""

_logger = logging.getLogger(__name__)


async def identify(services: Services, connection: Connection, access: Access) -> tuple[Principal, Session | None]:
    """Who asks, and by which session, if by one.

    Raises Unauthenticated when nobody we know asks, Refused when another site makes a browser ask, Unavailable when
    keys cannot be checked now.
    """
    authorization = connection.headers.get("authorization")
    if authorization is not None:
        return await _by_key(services, connection, authorization), None
    session_id = connection.cookies.get(cookie_name(services.settings))
    if not session_id:
        raise Unauthenticated("Nobody is signed in.", remedy="Sign in, or send an API key as a bearer token.")
    try:
        async with directory_tx(services.auth) as tx:
            keeps_alive = access.keeps_session and LOOK_HEADER not in connection.headers
            principal, session = await resume_session(tx, Secret(session_id), keeps_alive=keeps_alive)
    except Unauthenticated:
        await count(services, services.limits.public, address_of(connection), needs_valkey=False)
        raise
    if method_of(connection.scope) not in SAFE_METHODS:
        check_origin(connection.headers, allowed_origins(services.settings))
        check_token(await _token_in(connection, access), session)
    return principal, session


async def _token_in(connection: Connection, access: Access) -> str:
    """The token that a request brings: in the header, or, for a page's form, in its field."""
    in_header = connection.headers.get(TOKEN_HEADER)
    if in_header is not None or not access.is_page:
        return in_header or ""
    return (await read_form(connection)).get(TOKEN_FIELD, "")


async def count(services: Services, limit: Limit, key: str, *, needs_valkey: bool) -> None:
    """Counts a request. Raises LimitReached, and Unavailable when it must be counted by all processes and cannot."""
    try:
        await services.limiter.take(limit, key)
    except Unavailable:
        if needs_valkey:
            raise
        services.local_limiter.take(limit, key)


def address_of(connection: Connection) -> str:
    """The sender's address as limits count it: an IPv6 network of 64 bits is one sender."""
    host = connection.client.host if connection.client is not None else ""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False).network_address)
    return str(address)


async def _by_key(services: Services, connection: Connection, authorization: str) -> Principal:
    address = address_of(connection)
    await services.limiter.require_room(services.limits.key_failures, address)
    try:
        key = _key_in(authorization, is_reading=method_of(connection.scope) in SAFE_METHODS)
        async with directory_tx(services.auth) as tx:
            return await principal_for_key(tx, key, environment=services.settings.environment)
    except Unauthenticated:
        _logger.info("An API key was refused.")
        await services.limiter.take(services.limits.key_failures, address)
        raise


def _key_in(authorization: str, *, is_reading: bool) -> Secret:
    """The key of an `Authorization` header: a bearer token (RFC 6750 section 2.1), or, to read, a password (RFC 7617).

    Firewalls that pull a list know passwords only. They change nothing, so a browser that was made to keep a password
    cannot be made to change anything with it.
    """
    scheme, _, text = authorization.partition(" ")
    text = text.strip()
    if scheme.lower() == "basic" and is_reading:
        text = _password(text)
    elif scheme.lower() != "bearer":
        text = ""
    if not text:
        raise Unauthenticated("Only bearer tokens are taken.", remedy="Send `Authorization: Bearer wfk_...`.")
    return Secret(text)


def _password(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode().partition(":")[2]
    except ValueError:
        return ""
