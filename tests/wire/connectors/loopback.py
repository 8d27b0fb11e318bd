"""A small HTTP server on a loopback port, for vendors that are played."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Self, cast
from urllib.parse import parse_qs

import msgspec

from watchfloor.kernel.serving import HttpServer, listen

Message = MutableMapping[str, object]


@dataclass(frozen=True)
class Asked:
    """A request. Header names are lower-case; of several values of a query's name the last counts."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    """An answer; a body that is no bytes is sent as JSON."""

    body: object = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict[str, str])


Handler = Callable[[Asked], Awaitable[Answer]]


class Loopback:
    """The server, open inside the block. `requests` are those that came."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler
        self._held = contextlib.AsyncExitStack()
        self.origin = ""
        self.requests: list[Asked] = []

    async def __aenter__(self) -> Self:
        listener = self._held.enter_context(contextlib.closing(listen("127.0.0.1", 0, setting="TEST")))
        ready = asyncio.Event()
        server = HttpServer(self, ready=ready.set, connections=200, keep_alive_seconds=30)
        serving = asyncio.create_task(server.serve([listener]))
        await ready.wait()
        self.origin = f"http://127.0.0.1:{listener.getsockname()[1]}"

        async def close() -> None:
            server.should_exit = True
            server.force_exit = True
            await serving

        self._held.push_async_callback(close)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._held.aclose()

    async def __call__(
        self,
        scope: Message,
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        """Answers a request."""
        if scope["type"] != "http":
            return
        asked = await _asked(scope, receive)
        self.requests.append(asked)
        answer = await self.handler(asked)
        body = answer.body if isinstance(answer.body, bytes) else msgspec.json.encode(answer.body)
        headers = {"content-type": "application/json", **answer.headers, "content-length": str(len(body))}
        pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": answer.status, "headers": pairs})
        await send({"type": "http.response.body", "body": b"" if asked.method == "HEAD" else body})


async def _asked(scope: Message, receive: Callable[[], Awaitable[Message]]) -> Asked:
    body, has_more = bytearray(), True
    while has_more:
        message = await receive()
        body += cast("bytes", message.get("body", b""))
        has_more = bool(message.get("more_body"))
    query = parse_qs(cast("bytes", scope["query_string"]).decode(), keep_blank_values=True)
    headers = cast("list[tuple[bytes, bytes]]", scope["headers"])
    return Asked(
        method=str(scope["method"]),
        path=str(scope["path"]),
        query={name: values[-1] for name, values in query.items()},
        headers={name.decode("latin-1").lower(): value.decode("latin-1") for name, value in headers},
        body=bytes(body),
    )
