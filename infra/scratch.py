"""A Watchfloor of its own for a measurement: servers, schema and secrets in a directory that ends with it."""

import contextlib
import shutil
import tempfile
from collections.abc import AsyncGenerator
from pathlib import Path

from infra.ports import free_port
from watchfloor.kernel.config import Settings, load_settings
from watchfloor.ops.embedded.postgres import PostgresServer
from watchfloor.ops.embedded.valkey import ValkeyServer
from watchfloor.ops.migrate import bootstrap, migrate


@contextlib.asynccontextmanager
async def scratch_installation(**variables: str) -> AsyncGenerator[tuple[Settings, dict[str, str]]]:
    """Settings of a migrated installation, and the variables that name them, until the end of the block."""
    home = _make_home()
    environment = {
        "WATCHFLOOR_HOME": str(home),
        "WATCHFLOOR_ENVIRONMENT": "test",
        "WATCHFLOOR_LOG_LEVEL": "warning",
        "WATCHFLOOR_POSTGRES_PORT": str(free_port()),
        "WATCHFLOOR_VALKEY_PORT": str(free_port()),
        **variables,
    }
    settings = load_settings(environment)
    postgres, valkey = PostgresServer(home, settings.postgres_port), ValkeyServer(home, settings.valkey_port)
    try:
        await postgres.start()
        await valkey.start()
        await bootstrap(settings, postgres.admin_dsn, create_database=True)
        await migrate(settings)
        yield settings, environment
    finally:
        await valkey.stop()
        await postgres.stop()
        shutil.rmtree(home, ignore_errors=True)


def _make_home() -> Path:
    home = Path(tempfile.mkdtemp(prefix="watchfloor-bench-"))
    home.chmod(0o711)  # the servers' own account must pass
    return home
