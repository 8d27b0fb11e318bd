"""What the web application works with: the databases, the keyring, the limits. Opened once a process."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final

import msgspec
from redis.asyncio import Redis

from watchfloor.access.limits import Limit, Limiter, LocalLimiter
from watchfloor.alerts.overlay.catalogue import Catalogue
from watchfloor.desk.eventdesk import EventDesk
from watchfloor.desk.front import Front
from watchfloor.feeds.connectors import catalogue as connectors
from watchfloor.kernel.clock import Clock, SystemClock
from watchfloor.kernel.config import Settings
from watchfloor.kernel.db import Database, Role
from watchfloor.kernel.valkey import Wake, connect
from watchfloor.tenancy.keyring import Keyring
from watchfloor.web.cursors import Cursors


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How often what may be asked. The first three count before anybody is known; the others by principal."""

    login: Limit = Limit(name="login", count=10, seconds=300)
    all_logins: Limit = Limit(name="all-logins", count=1000, seconds=300)
    key_failures: Limit = Limit(name="key-failures", count=20, seconds=300)
    public: Limit = Limit(name="public", count=300, seconds=60)
    read: Limit = Limit(name="read", count=600, seconds=60)
    write: Limit = Limit(name="write", count=120, seconds=60)
    mint: Limit = Limit(name="mint", count=30, seconds=3600)
    report: Limit = Limit(name="report", count=60, seconds=3600)
    download: Limit = Limit(name="download", count=120, seconds=60)
    search: Limit = Limit(name="search", count=120, seconds=60)


STANDARD_LIMITS: Final = Limits()


class Services:
    """Everything that a request may need. `app` reads and writes tenants, `auth` the directory."""

    def __init__(
        self,
        settings: Settings,
        *,
        app: Database,
        auth: Database,
        valkey: Redis,
        catalogue: Catalogue,
        limits: Limits = STANDARD_LIMITS,
    ) -> None:
        self.settings = settings
        self.app = app
        self.auth = auth
        self.valkey = valkey
        self.wake = Wake(valkey)
        self.limits = limits
        self.keyring = Keyring.open(settings)
        self.events = EventDesk(settings.lake_dir)
        self.searchers = self.events.searchers
        self.front = Front(
            directory=auth,
            records=app,
            keyring=self.keyring,
            wake=self.wake,
            surface="api",
            operator=settings.operator_name,
            events=self.events,
        )
        self.cursors = Cursors.open(settings)
        self.limiter = Limiter(valkey)
        self.local_limiter = LocalLimiter()
        self.catalogue = catalogue
        self.connectors: connectors.Catalogue = connectors.known_connectors()
        self.clock: Clock = SystemClock()


@asynccontextmanager
async def open_services(
    settings: Settings, *, catalogue: Catalogue, limits: Limits = STANDARD_LIMITS
) -> AsyncGenerator[Services]:
    """Opens all of it and closes it at the end.

    Raises Unavailable when PostgreSQL is away, Invalid when a key is missing. Valkey may be away.
    """
    app = await Database.open(settings, Role.APP)
    try:
        auth = await Database.open(settings, Role.AUTH)
        try:
            valkey = connect(settings)
            try:
                made = Services(settings, app=app, auth=auth, valkey=valkey, catalogue=catalogue, limits=limits)
                try:
                    yield made
                finally:
                    await made.events.close()
            finally:
                await valkey.aclose()
        finally:
            await auth.close()
    finally:
        await app.close()
