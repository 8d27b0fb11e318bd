"""A process that is ready to run connectors, over and over: each life is a fork, so that it begins at once.

Reads lines from its standard input. `live`: a runner begins; its process id is printed, and `ended` when it is dead.
"""

import asyncio
import json
import os
import sys
from importlib import import_module
from typing import cast

from watchfloor.feeds.connectors.connector import Connector
from watchfloor.feeds.connectors.running.turn import Pace
from watchfloor.feeds.connectors.server import run
from watchfloor.kernel.config import Settings, load_settings


def imported(place: str) -> Connector:
    """The connector at `module:NAME`."""
    module, _, name = place.partition(":")
    return cast("Connector", getattr(import_module(module), name))


def main() -> None:
    """Runs until the standard input ends."""
    place, environment, lease = json.loads(sys.argv[1])
    connector, settings = imported(place), load_settings(environment)
    _say("ready")
    for line in sys.stdin:
        if line.strip() != "live":
            continue
        pid = os.fork()
        if not pid:
            try:
                asyncio.run(_live(connector, settings, lease))
            finally:
                os._exit(1)
        _say(str(pid))
        os.waitpid(pid, 0)
        _say("ended")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


async def _live(connector: Connector, settings: Settings, lease: float) -> None:
    catalogue = {connector.manifest.name: connector}
    await run(settings, catalogue, pace=Pace(lease_seconds=lease), ready=lambda: None, stop=asyncio.Event())


if __name__ == "__main__":
    main()
