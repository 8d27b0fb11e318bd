"""One of Microsoft's services, as the customer's application: a connection to one host, with a token for each request.

Owns that nothing is asked elsewhere: links that an answer holds are followed on the service's own host, below the
service's own path, and nowhere else, for the token goes with each request.
"""

import asyncio
import contextlib
from collections.abc import Mapping
from types import TracebackType
from typing import Final, Self, final
from urllib.parse import unquote, urlsplit

from watchfloor.feeds.connectors.connector import Expired, Malformed, Remote
from watchfloor.feeds.connectors.microsoft.refusals import ROTATE
from watchfloor.feeds.connectors.microsoft.sign_in import LOGIN, Token, Tokens, sign_in
from watchfloor.kernel.egress import Method, Outbound, Reply
from watchfloor.kernel.egress_rules import Destination

_SIGN_IN_BYTES: Final = 100_000
_SIGN_IN_SECONDS: Final = 20.0
_SECONDS: Final = 60.0
_BYTES: Final = 32_000_000


@final
class Service:
    """An open service, to be used as an asynchronous context manager."""

    def __init__(
        self, remote: Remote, tokens: Tokens, *, usual: str, purpose: str, resource: str | None = None
    ) -> None:
        """`usual` is the service's origin. The token is for `resource`, which is that origin where none is named."""
        self.remote = remote
        self.usual = usual
        self.origin = remote.origin(usual).rstrip("/")
        self._tokens = tokens
        self._resource = resource or usual
        self._purpose = purpose
        self._stack = contextlib.AsyncExitStack()
        self._signing_in = asyncio.Lock()

    async def __aenter__(self) -> Self:
        self._outbound = await self._open(self.origin, max_bytes=_BYTES, seconds=_SECONDS)
        login = self.remote.origin(LOGIN)
        self._login = await self._open(login, max_bytes=_SIGN_IN_BYTES, seconds=_SIGN_IN_SECONDS)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def ask(
        self, place: str, *, method: Method = "GET", headers: Mapping[str, str] | None = None, content: bytes = b""
    ) -> Reply:
        """A request for a path and query on the service's host. The answer may be a fault.

        A token that is not good any more is replaced once. Raises Expired when a new one is not good either, and what
        `sign_in` raises.
        """
        token: Token | None = None
        for _ in range(2):
            token = await self._token(instead_of=token)
            given = {**(headers or {}), "authorization": f"Bearer {token.text.reveal()}"}
            reply = await self._outbound.request(method, self.origin + place, headers=given, content=content)
            if reply.status != 401:
                return reply
        raise Expired("A new token is not taken either.", where=self._purpose, remedy=ROTATE)

    async def sign_in(self) -> None:
        """Signs in if need be. Raises Denied, Expired, Throttled, Unavailable."""
        await self._token(instead_of=None)

    def place_of(self, link: str, *, below: str) -> str:
        """Path and query of a link in an answer. Raises Malformed when it leads to another host or out of `below`."""
        try:
            parts = urlsplit(link)
            origin = f"{parts.scheme}://{parts.netloc}".lower().removesuffix(":443")
        except ValueError:
            raise Malformed("The answer holds a link that is none.", where=self._purpose) from None
        path = unquote(parts.path)
        is_below = path.lower().startswith(below.lower()) and ".." not in path.split("/") and "\\" not in path
        if origin not in (self.usual.lower(), self.origin.lower()) or not is_below:
            raise Malformed("The answer holds a link that leads elsewhere; it was not followed.", where=self._purpose)
        return f"{parts.path}?{parts.query}" if parts.query else parts.path

    async def _token(self, *, instead_of: Token | None) -> Token:
        async with self._signing_in:
            kept = self._tokens.find(self.remote, self._resource)
            if kept is not None and kept is not instead_of:
                return kept
            self._tokens.keep(self.remote, self._resource, None)
            token = await sign_in(self.remote, self._login, self._resource)
            self._tokens.keep(self.remote, self._resource, token)
            return token

    async def _open(self, origin: str, *, max_bytes: int, seconds: float) -> Outbound:
        destination = Destination(
            purpose=self._purpose,
            hosts=(urlsplit(origin).netloc,),
            deadline_seconds=seconds,
            max_bytes=max_bytes,
        )
        return await self._stack.enter_async_context(self.remote.egress.open(destination))
