"""Which servers an installation uses: its own embedded ones, or those that DATABASE_URL and VALKEY_URL name."""

from watchfloor.kernel.config import Settings
from watchfloor.kernel.secret import Secret
from watchfloor.ops.embedded.postgres import PostgresServer
from watchfloor.ops.embedded.valkey import ValkeyServer
from watchfloor.ops.service import Service


def embedded_servers(settings: Settings) -> list[Service]:
    """The servers to run for this installation, in the order to start them; none if both are elsewhere."""
    servers: list[Service] = []
    if settings.database_url is None:
        servers.append(_postgres(settings))
    if settings.valkey_url is None:
        servers.append(_valkey(settings))
    return servers


def admin_address(settings: Settings) -> Secret:
    """Where and as whom roles and the database are made: DATABASE_URL's login, or our own server's superuser."""
    return _postgres(settings).admin_dsn if settings.database_url is None else settings.database_url


def _postgres(settings: Settings) -> PostgresServer:
    return PostgresServer(settings.home, settings.postgres_port)


def _valkey(settings: Settings) -> ValkeyServer:
    return ValkeyServer(settings.home, settings.valkey_port)
