"""A browser that cannot leave this machine, and the application for it to look at."""

import asyncio
import contextlib
import shutil
from collections.abc import AsyncGenerator
from typing import Final

import msgspec
import pytest
from playwright.async_api import Browser, async_playwright

from tests.browser.station import station
from tests.chat.floor import floor
from tests.domain.workplace import acme, count, make_event, make_rule, make_tenant, make_worker
from watchfloor.kernel.config import Settings
from watchfloor.kernel.serving import listen
from watchfloor.ops.migrate import check_schema
from watchfloor.ops.rulesets.installed import catalogue
from watchfloor.web.app import create_app
from watchfloor.web.server import run
from watchfloor.web.services import open_services

__all__ = ["acme", "count", "floor", "make_event", "make_rule", "make_tenant", "make_worker", "station"]

FLAGS: Final = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-extensions",
    "--disable-sync",
    "--no-default-browser-check",
    "--no-first-run",
    "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]


@pytest.fixture
async def site(settings: Settings) -> AsyncGenerator[str]:
    """The address of a running application."""
    with contextlib.closing(listen("127.0.0.1", 0, setting="TEST")) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        async with open_services(
            msgspec.structs.replace(settings, public_url=address), catalogue=catalogue(settings)
        ) as services:
            ready, stop = asyncio.Event(), asyncio.Event()
            app = create_app(services, check_schema=check_schema)
            serving = asyncio.create_task(run(app, listener, ready=ready.set, stop=stop))
            await asyncio.wait_for(ready.wait(), 10)
            yield address
            stop.set()
            await serving


@pytest.fixture
async def browser() -> AsyncGenerator[Browser]:
    """The system's Chromium, without a window."""
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        pytest.fail("Chromium is missing: run infra/bootstrap test, or install the package chromium.")
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield started
        await started.close()
