"""The API as a program of an installation: the web application, held to the schema that this program brings."""

import asyncio
from collections.abc import Callable

from watchfloor.kernel.config import Settings
from watchfloor.ops.migrate import check_schema
from watchfloor.ops.rulesets.installed import catalogue
from watchfloor.web import server


async def serve(settings: Settings, *, ready: Callable[[], None], stop: asyncio.Event) -> None:
    """Run until told to stop. Raises Conflict for another schema, Unavailable if it cannot work."""
    await server.serve(settings, check_schema=check_schema, catalogue=catalogue(settings), ready=ready, stop=stop)
