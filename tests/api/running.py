"""The web application over real HTTP, for tests of every kind.

It runs in a thread of its own, with uvicorn on a loopback port; tests are plain clients.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, TypeVar

import httpx
import msgspec
from litestar import Router
from litestar.handlers import HTTPRouteHandler

from watchfloor.kernel.config import Settings
from watchfloor.kernel.serving import listen
from watchfloor.ops.migrate import check_schema
from watchfloor.ops.rulesets.installed import catalogue
from watchfloor.web.app import Application, create_app
from watchfloor.web.health import CheckSchema
from watchfloor.web.server import run
from watchfloor.web.services import STANDARD_LIMITS, Limits, Services, open_services

T = TypeVar("T")

UNLIMITED: Final = Limits(
    **{
        name: msgspec.structs.replace(getattr(STANDARD_LIMITS, name), count=1_000_000)
        for name in Limits.__struct_fields__
    }
)


@dataclass
class Api:
    """A running application. `run` runs a coroutine in its event loop."""

    base_url: str
    services: Services
    app: Application
    loop: asyncio.AbstractEventLoop
    http: httpx.Client

    def run(self, work: Coroutine[object, object, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(timeout=30)

    def speak(self, **headers: str) -> "Voice":
        return Voice(self, {name.replace("_", "-"): value for name, value in headers.items()})


@dataclass
class Voice:
    """Sends requests with these headers, and keeps no cookies of its own."""

    api: Api
    headers: dict[str, str]

    def request(
        self,
        method: str,
        path: str,
        *,
        json: object = None,
        form: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        """What is answered. Of a stream, which has no end, that it begins."""
        self.api.http.cookies.clear()
        headers = self.headers | (headers or {})
        with self.api.http.stream(method, path, json=json, data=form, headers=headers) as answer:
            if answer.headers.get("content-type", "").startswith("text/event-stream"):
                return httpx.Response(answer.status_code, headers=answer.headers, request=answer.request)
            answer.read()
            return answer

    def get(self, path: str) -> httpx.Response:
        return self.request("GET", path)

    def post(self, path: str, json: object = None, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.request("POST", path, json=json, headers=named)

    def delete(self, path: str) -> httpx.Response:
        return self.request("DELETE", path)

    def without(self, header: str) -> "Voice":
        return Voice(self.api, {name: value for name, value in self.headers.items() if name != header})


Extra = Callable[[Services], list[HTTPRouteHandler | Router]]


@contextmanager
def serving(
    settings: Settings,
    *,
    limits: Limits = UNLIMITED,
    extra: Extra | None = None,
    public_url: str | None = None,
    check: CheckSchema = check_schema,
) -> Generator[Api]:
    """The application on these settings, with these limits and extra routes, as long as the block lasts."""
    listener = listen("127.0.0.1", 0, setting="TEST")
    base_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    settings = msgspec.structs.replace(settings, public_url=public_url or base_url)
    http = httpx.Client(base_url=base_url, timeout=30, trust_env=False)
    started = threading.Event()
    held: list[Api | BaseException] = []
    stops: list[asyncio.Event] = []

    async def main() -> None:
        stop = asyncio.Event()
        stops.append(stop)
        async with open_services(settings, catalogue=catalogue(settings), limits=limits) as services:
            routes = extra(services) if extra is not None else []
            app = create_app(services, check_schema=check, extra=routes)
            held.append(Api(base_url, services, app, asyncio.get_running_loop(), http))
            await run(app, listener, ready=started.set, stop=stop)

    def target() -> None:
        try:
            asyncio.run(main())
        except BaseException as error:  # noqa: BLE001  handed to the test
            held.insert(0, error)
        finally:
            started.set()

    thread = threading.Thread(target=target, daemon=True)
    thread.start()
    if not started.wait(30) or not held or isinstance(held[0], BaseException):
        listener.close()
        raise held[0] if held and isinstance(held[0], BaseException) else AssertionError("the API does not start")
    try:
        yield held[0]
    finally:
        http.close()
        held[0].loop.call_soon_threadsafe(stops[0].set)
        thread.join(30)
        listener.close()
