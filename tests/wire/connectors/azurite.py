"""A blob server that is not ours, on the loopback: one process for all tests of a run, started when first asked for."""

import atexit
import contextlib
import os
import shutil
import socket
import subprocess
import threading
from functools import cache
from pathlib import Path
from typing import IO, Final

import pytest

ACCOUNT: Final = "devstoreaccount1"
KEY: Final = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
"""The account that every Azurite has, and its key: both stand in its documentation."""

_CACHE: Final = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "watchfloor" / "npm"


def find_program() -> str | None:
    """Where the program is: where `infra/bootstrap test` put it, or on the path."""
    here = shutil.which("azurite-blob", path=str(_CACHE / "node_modules" / ".bin"))
    return here or shutil.which("azurite-blob")


@cache
def endpoint() -> str:
    """The server's address. Passes over the test when the program is not there."""
    program = find_program()
    if program is None:
        pytest.skip("Azurite is not installed: infra/bootstrap test")
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = ["--disableTelemetry", "--skipApiVersionCheck", "--inMemoryPersistence"]
    process = subprocess.Popen(
        [program, "--blobHost", "127.0.0.1", "--blobPort", str(port), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    atexit.register(_end, process)
    assert process.stdout is not None
    is_ready = any("successfully listens" in line for line in process.stdout)
    assert is_ready, "the blob server did not start"
    threading.Thread(target=_drain, args=(process.stdout,), daemon=True).start()
    return f"http://127.0.0.1:{port}/{ACCOUNT}"


def _drain(output: IO[str]) -> None:
    """Reads what the server says of each request, lest it wait for a reader."""
    with contextlib.suppress(ValueError):  # closed at the end
        for _ in output:
            pass


def _end(process: "subprocess.Popen[str]") -> None:
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(5)
