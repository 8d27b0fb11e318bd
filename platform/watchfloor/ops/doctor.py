"""Looks an installation over and says, one line a point, what is wrong and what to do.

Changes nothing, starts nothing that lasts, and works whether Watchfloor runs or not.
"""

import ctypes.util
import shutil
import sys
from collections.abc import Awaitable, Iterator
from pathlib import Path
from typing import Final, cast

import msgspec
from redis.exceptions import RedisError

from watchfloor.kernel.config import Settings
from watchfloor.kernel.db import Database, Role
from watchfloor.kernel.errors import WatchfloorError
from watchfloor.kernel.valkey import connect
from watchfloor.ops.embedded.account import first_closed_step, service_account
from watchfloor.ops.embedded.binaries import Wheel, locate, postgres_wheel, unreachable, valkey_wheel
from watchfloor.ops.embedded.ports import require_free
from watchfloor.ops.embedded.postgres import PORT_SETTING as POSTGRES_PORT
from watchfloor.ops.embedded.valkey import PORT_SETTING as VALKEY_PORT
from watchfloor.ops.instance import is_running
from watchfloor.ops.migrate import check_schema

LOW_DISK_BYTES: Final = 1024**3
"""Less free space than this is a fault."""

_PDF_LIBRARIES: Final = {"pango-1.0": "libpango-1.0-0", "pangoft2-1.0": "libpangoft2-1.0-0"}


class Finding(msgspec.Struct, frozen=True):
    """One point looked at: its name, what was found, and what to do if it is a fault."""

    point: str
    text: str
    fault: bool = False


async def examine(settings: Settings) -> list[Finding]:
    """All findings, in the order in which an installation comes up."""
    up = is_running(settings.home)
    findings = [
        Finding("python", f"{sys.version.split()[0]} at {sys.executable}"),
        *_home(settings.home),
        Finding("running", "yes" if up else "no"),
        *_pdf(),
        *_embedded(settings, up=up),
    ]
    if up or settings.database_url is not None:
        findings.append(await _database(settings))
    if up or settings.valkey_url is not None:
        findings.append(await _valkey(settings))
    return findings


def _home(home: Path) -> Iterator[Finding]:
    free_bytes = shutil.disk_usage(_existing(home)).free
    yield Finding("home", f"{home}{'' if home.exists() else ' (not made yet)'}")
    yield Finding(
        "disk",
        f"{free_bytes / 1024**3:.1f} GB free where {home} is"
        + (". Free some space." if free_bytes < LOW_DISK_BYTES else ""),
        fault=free_bytes < LOW_DISK_BYTES,
    )


def _existing(path: Path) -> Path:
    """The path, or the nearest directory above it that there is."""
    return next(step for step in (path, *path.parents) if step.exists())


def _pdf() -> Iterator[Finding]:
    missing = [package for name, package in _PDF_LIBRARIES.items() if ctypes.util.find_library(name) is None]
    if missing:
        yield Finding("pdf", f"PDF reports need system libraries: apt-get install {' '.join(missing)}", fault=True)
    else:
        yield Finding("pdf", "the system libraries for PDF reports are there")


def _embedded(settings: Settings, *, up: bool) -> Iterator[Finding]:
    servers: list[tuple[str, Wheel, str, int, str]] = []
    if settings.database_url is None:
        servers.append(("postgres", postgres_wheel(), "PostgreSQL", settings.postgres_port, POSTGRES_PORT))
    if settings.valkey_url is None:
        servers.append(("valkey", valkey_wheel(), "Valkey", settings.valkey_port, VALKEY_PORT))
    for name, wheel, server, port, setting in servers:
        try:
            account = service_account(settings.home / name)
            closed = first_closed_step(account, [_existing(settings.home)]) if account else None
            if account and closed:
                raise unreachable(closed, account)
            if not up:
                require_free(port, server=server, setting=setting)
            program = locate(wheel, account=None, home=settings.home)
        except WatchfloorError as error:
            yield Finding(name, str(error), fault=True)
        else:
            who = f" as {account.name}" if account else ""
            yield Finding(name, f"embedded{who}, port {port}, {program}")


async def _database(settings: Settings) -> Finding:
    try:
        database = await Database.open(settings, Role.APP, connections=1)
        try:
            await check_schema(database)
        finally:
            await database.close()
    except WatchfloorError as error:
        return Finding("database", str(error), fault=True)
    return Finding("database", "answers, and its schema is this program's")


async def _valkey(settings: Settings) -> Finding:
    client = connect(settings)
    try:
        await cast("Awaitable[object]", client.exists("wf:ready"))
    except (RedisError, OSError) as error:
        return Finding("jobs", f"Valkey does not answer: {error}. Check VALKEY_URL, or that it runs.", fault=True)
    finally:
        await client.aclose()
    return Finding("jobs", "Valkey answers")
