"""Requests to one API of Google's, in the name of a service account.

Owns where they go (the API's own origin or the operator's stand-in for it, and nowhere else), their token, and one
second try with a fresh one when it is not good any more.
"""

import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Final, final
from urllib.parse import urlencode, urlsplit

import msgspec

from watchfloor.feeds.connectors.connector import Malformed, Remote
from watchfloor.feeds.connectors.google.account import EXCHANGE, LIFETIME_SECONDS, ServiceAccount
from watchfloor.feeds.connectors.google.faults import error_of, read_fault, token_error_of
from watchfloor.kernel.clock import Clock
from watchfloor.kernel.egress import Method, Outbound, Reply
from watchfloor.kernel.egress_rules import Destination
from watchfloor.kernel.secret import Secret

KEY_SETTING: Final = "service_account_key"
"""The setting in which the key file stands."""

SignIn = Callable[[], Awaitable[Secret]]

_RENEW_SECONDS: Final = LIFETIME_SECONDS // 2
_GRANT: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_LONGEST_TOKEN: Final = 8_192


class Need(msgspec.Struct, frozen=True, kw_only=True):
    """What a request is about, should it be refused: the permission, the thing, and what the customer is to do."""

    permission: str
    place: str
    remedy: str


class _Token(msgspec.Struct):
    access_token: str


@final
class Session:
    """An open way to one API."""

    __slots__ = ("_clock", "_origin", "_outbound", "_sign_in", "_signed_at", "_token")

    def __init__(self, outbound: Outbound, origin: str, clock: Clock, sign_in: SignIn) -> None:
        self._outbound = outbound
        self._origin = origin
        self._clock = clock
        self._sign_in = sign_in
        self._token: Secret | None = None
        self._signed_at = 0.0

    async def ask(self, method: Method, target: str, *, need: Need, content: bytes = b"") -> bytes:
        """The body of a good answer. `target` is path and query; everything from outside in it is quoted.

        Raises Throttled, Denied, Expired, Malformed, Unavailable, EgressRefused.
        """
        reply = await self._ask(method, target, content)
        if reply.status == 401:
            self._token = None
            reply = await self._ask(method, target, content)
        if reply.status != 200:
            raise error_of(read_fault(reply), permission=need.permission, place=need.place, remedy=need.remedy)
        return reply.body

    async def _ask(self, method: Method, target: str, content: bytes) -> Reply:
        headers = {"authorization": f"Bearer {(await self._current()).reveal()}", "accept": "application/json"}
        if content:
            headers["content-type"] = "application/json"
        return await self._outbound.request(method, f"{self._origin}{target}", headers=headers, content=content)

    async def _current(self) -> Secret:
        now = self._clock.now().timestamp()
        if self._token is None or now - self._signed_at > _RENEW_SECONDS:
            self._token, self._signed_at = await self._sign_in(), now
        return self._token


@contextlib.asynccontextmanager
async def own_session(remote: Remote, origin: str, *, purpose: str, max_bytes: int) -> AsyncGenerator[Session]:
    """The service account in its own name. It signs for itself: nothing has to be exchanged for that.

    Raises Expired when the key cannot be used.
    """
    account, place = ServiceAccount(remote.secrets[KEY_SETTING]), remote.origin(origin)

    async def sign_in() -> Secret:
        return account.bearer(f"{origin}/", remote.clock.now())

    async with remote.egress.open(_destination(purpose, place, max_bytes=max_bytes)) as outbound:
        yield Session(outbound, place, remote.clock, sign_in)


@contextlib.asynccontextmanager
async def delegated_session(
    remote: Remote, origin: str, *, purpose: str, max_bytes: int, scope: str, subject: str
) -> AsyncGenerator[Session]:
    """The service account in the name of `subject`, by delegation for the whole domain.

    Raises Expired when the key cannot be used.
    """
    account, place = ServiceAccount(remote.secrets[KEY_SETTING]), remote.origin(origin)
    token_place = remote.origin(EXCHANGE)

    async with (
        remote.egress.open(_destination(purpose, place, max_bytes=max_bytes)) as outbound,
        remote.egress.open(_destination(f"{purpose}.token", token_place, max_bytes=100_000)) as tokens,
    ):

        async def sign_in() -> Secret:
            assertion = account.assertion(scope, remote.clock.now(), subject=subject)
            form = urlencode({"grant_type": _GRANT, "assertion": assertion.reveal()}).encode()
            headers = {"content-type": "application/x-www-form-urlencoded"}
            reply = await tokens.request("POST", f"{token_place}/token", headers=headers, content=form)
            if reply.status != 200:
                raise token_error_of(reply, scope=scope, subject=subject)
            return _read_token(reply.body)

        yield Session(outbound, place, remote.clock, sign_in)


def _read_token(body: bytes) -> Secret:
    try:
        token = msgspec.json.decode(body, type=_Token).access_token
    except (msgspec.DecodeError, UnicodeError):
        token = ""
    if not token or len(token) > _LONGEST_TOKEN or not token.isascii() or not token.isprintable():
        raise Malformed("The token service's answer holds no token.", where=EXCHANGE)
    return Secret(token)


def _destination(purpose: str, place: str, *, max_bytes: int) -> Destination:
    return Destination(purpose=purpose, hosts=(urlsplit(place).netloc,), deadline_seconds=60.0, max_bytes=max_bytes)
