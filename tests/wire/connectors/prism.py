"""GitHub's own description of its API, held before a server: a request that it does not allow is turned away.

The program is not ours. It passes on what fits and answers 422 to what does not; an answer of the server behind it that
is not as described comes with a note.
"""

import asyncio
import contextlib
import os
import re
import shutil
import socket
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Final

import pytest

_CACHE: Final = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "watchfloor" / "npm"
_READY: Final = re.compile(rb"Prism is listening")
_SECONDS: Final = 60


@contextlib.asynccontextmanager
async def before(origin: str) -> AsyncGenerator[str]:
    """The address of the guard before a server. Passes over the test when the program is not there."""
    program = shutil.which("prism", path=str(_CACHE / "node_modules" / ".bin"))
    described = sorted(_CACHE.glob("github-*.json"))
    if program is None or not described:
        pytest.skip("Prism or GitHub's description is not installed: infra/bootstrap test")
    port = _free_port()
    given = ["proxy", str(described[-1]), origin, "--errors", "--host", "127.0.0.1", "--port", str(port)]
    process = await asyncio.create_subprocess_exec(program, *given, stdin=DEVNULL, stdout=PIPE, stderr=DEVNULL)
    assert process.stdout is not None
    try:
        async with asyncio.timeout(_SECONDS):
            await _until_ready(process.stdout)
        reading = asyncio.create_task(process.stdout.read())
        yield f"http://127.0.0.1:{port}"
        reading.cancel()
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _until_ready(said: asyncio.StreamReader) -> None:
    while line := await said.readline():
        if _READY.search(line):
            return
    raise AssertionError("the guard did not start")


def _free_port() -> int:
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
