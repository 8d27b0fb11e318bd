"""A station on the watch floor: the application as it runs, people signed in to it, and pages that are watched."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx
import msgspec
import pytest
from playwright.async_api import Browser, BrowserContext, Page

from bot.projection import ConsoleProjection
from tests.chat.floor import Floor
from tests.conftest import Eventually
from watchfloor.access.sessions import OpenedSession, open_session
from watchfloor.kernel.db import directory_tx, tenant_tx
from watchfloor.kernel.outbox import INCIDENT_CHANGED, acknowledge, take
from watchfloor.kernel.serving import listen
from watchfloor.ops.migrate import check_schema
from watchfloor.ops.rulesets.installed import catalogue
from watchfloor.web.app import Application, create_app
from watchfloor.web.cookies import cookie_name
from watchfloor.web.server import run
from watchfloor.web.services import Services, open_services

WATCHING = (
    "window.violations = []; window.ran = [];"
    "document.addEventListener('securitypolicyviolation', (seen) => violations.push(seen.violatedDirective));"
)


@dataclass
class Watched:
    """A page with all that it complained about and asked for."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    async def violations(self) -> list[str]:
        """What the page's policy stopped."""
        found: list[str] = await self.page.evaluate("window.violations")
        return found


@dataclass
class Station:
    """The running application."""

    address: str
    services: Services
    floor: Floor
    eventually: Eventually
    app: Application

    async def session(self, email: str) -> OpenedSession:
        """A new session for a person of the floor."""
        async with directory_tx(self.services.auth) as tx:
            return await open_session(tx, self.floor.people[email], authenticated_by="oidc", user_agent="test")

    def cookie(self, session: OpenedSession) -> str:
        """The header that brings the session."""
        return f"{cookie_name(self.services.settings)}={session.id.reveal()}"

    def client(self, session: OpenedSession) -> httpx.AsyncClient:
        """A client that brings the session, and follows nothing by itself."""
        headers = {"cookie": self.cookie(session), "accept": "text/html"}
        return httpx.AsyncClient(base_url=self.address, headers=headers, timeout=10, trust_env=False)

    async def deliver(self) -> None:
        """What the worker does: takes the changes and tells the surfaces that are open."""
        projection = ConsoleProjection(self.floor.valkey)
        for tenant in (self.floor.acme, self.floor.nord):
            async with tenant_tx(self.floor.records, tenant.id) as tx:
                messages = await take(tx, topic=INCIDENT_CHANGED)
                for message in messages:
                    await acknowledge(tx, message, consumer=projection.name)
                    await projection.handle(tx, message)
            if messages:
                await projection.committed(tenant.id, messages)

    async def context(self, browser: Browser, email: str, **options: object) -> BrowserContext:
        """A browser of a person's own, signed in."""
        context = await browser.new_context(base_url=self.address, **options)  # type: ignore[arg-type]  # as given
        opened = await self.session(email)
        name, _, value = self.cookie(opened).partition("=")
        await context.add_cookies([{"name": name, "value": value, "url": self.address, "httpOnly": True}])
        return context

    async def page(self, context: BrowserContext, path: str = "/console") -> Watched:
        """A page at the path, watched from its first byte."""
        watched = Watched(await context.new_page())
        watched.page.on("request", lambda request: watched.asked.append(request.url))
        watched.page.on("console", lambda message: watched.complaints.append(f"{message.type}: {message.text}"))
        watched.page.on("pageerror", lambda error: watched.complaints.append(str(error)))
        await watched.page.add_init_script(WATCHING)
        await watched.page.goto(path)
        return watched

    def is_own(self, url: str) -> bool:
        """Whether an address is this application's."""
        return urlsplit(url).netloc == urlsplit(self.address).netloc


@pytest.fixture
async def station(floor: Floor, eventually: Eventually) -> AsyncGenerator[Station]:
    """The application on the floor's database."""
    with contextlib.closing(listen("127.0.0.1", 0, setting="TEST")) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        settings = msgspec.structs.replace(floor.settings, public_url=address)
        async with open_services(settings, catalogue=catalogue(settings)) as services:
            ready, stop = asyncio.Event(), asyncio.Event()
            app = create_app(services, check_schema=check_schema)
            serving = asyncio.create_task(run(app, listener, ready=ready.set, stop=stop))
            await asyncio.wait_for(ready.wait(), 10)
            yield Station(address, services, floor, eventually, app)
            stop.set()
            await serving
