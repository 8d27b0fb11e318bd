"""A person of the demo in front of the API: signs in, looks, and asks for things, over HTTP like any browser."""

from http.cookies import SimpleCookie
from typing import Final, TypeVar

import msgspec

from watchfloor.kernel.egress import Method, Outbound, Reply
from watchfloor.kernel.errors import Refused

T = TypeVar("T")

_COOKIE: Final = "watchfloor-session"


class _Session(msgspec.Struct):
    csrf_token: str


class Visitor:
    """Somebody with a session."""

    def __init__(self, outbound: Outbound, origin: str, headers: dict[str, str]) -> None:
        self._outbound = outbound
        self._api = f"{origin}/api/v1"
        self._headers = headers

    @classmethod
    async def sign_in(cls, outbound: Outbound, origin: str, email: str) -> "Visitor":
        """Becomes the person with this address. Raises Refused when the demo's login says no."""
        nobody = cls(outbound, origin, {})
        reply = await nobody.ask("POST", "/session", {"email": email})
        if reply.status != 201:
            raise Refused(f"The demo's login answered {reply.status}.", where=email)
        cookie = SimpleCookie(reply.headers.get("set-cookie", ""))[_COOKIE].value
        token = msgspec.json.decode(reply.body, type=_Session).csrf_token
        return cls(outbound, origin, {"cookie": f"{_COOKIE}={cookie}", "x-csrf-token": token, "origin": origin})

    async def ask(self, method: Method, path: str, body: object = None) -> Reply:
        """One request and its answer, whatever the status."""
        content = b"" if body is None else msgspec.json.encode(body)
        headers = self._headers if body is None else {**self._headers, "content-type": "application/json"}
        return await self._outbound.request(method, f"{self._api}{path}", headers=headers, content=content)

    async def read(self, kind: type[T], path: str) -> T:
        """What is at `path`, as `kind`. Raises Refused when the answer is not 200."""
        reply = await self.ask("GET", path)
        if reply.status != 200:
            raise Refused(f"The API answered {reply.status}.", where=path)
        return msgspec.json.decode(reply.body, type=kind)

    async def order(self, kind: type[T], path: str, body: object = None) -> T:
        """What a command at `path` answers, as `kind`. Raises Refused when it was not taken."""
        reply = await self.ask("POST", path, body)
        if not 200 <= reply.status < 300:
            raise Refused(f"The API answered {reply.status}: {reply.body[:200]!r}.", where=path)
        return msgspec.json.decode(reply.body, type=kind)
