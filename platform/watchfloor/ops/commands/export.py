"""`watchfloor export`: events in the words of others."""

import asyncio
import getpass
import sys
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Final

import click

from watchfloor.audit.append import Actor, append
from watchfloor.kernel.clock import SystemClock
from watchfloor.kernel.config import Settings, load_settings
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import Invalid
from watchfloor.lake.opening import open_lake
from watchfloor.normalise.dispatch import SOURCE_HINTS
from watchfloor.normalise.ocsf.document import line_of
from watchfloor.ops.scan.events import read_events
from watchfloor.ops.scan.sources import find_sources
from watchfloor.ops.tenants_in_turn import in_each_tenant
from watchfloor.ops.terminal import tell
from watchfloor.ops.up import storage
from watchfloor.tenancy.keyring import Keyring

_EVENTS: Final = click.Path(exists=True, allow_dash=True, path_type=Path)
_NEW_FILE: Final = click.Path(dir_okay=False, path_type=Path)
_MOMENT: Final = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"])
_LAST: Final = timedelta(hours=24)


@click.group()
def export() -> None:
    """Write events in a form that others read."""


@export.command(short_help="Write events as OCSF 1.8.0 documents.")
@click.argument("events", nargs=-1, type=_EVENTS)
@click.option("--tenant", metavar="SLUG", help="The stored events of this tenant in place of files.")
@click.option(
    "--since", type=_MOMENT, metavar="TIME", help="With --tenant: from then on (UTC); else the last 24 hours."
)
@click.option("--until", type=_MOMENT, metavar="TIME", help="With --tenant: before then (UTC); else up to now.")
@click.option("--source", "hint", type=click.Choice(sorted(SOURCE_HINTS)), help="What all events in files are.")
@click.option("--raw", "with_raw", is_flag=True, help="Add each event as it came, in `raw_data`.")
@click.option("--output", type=_NEW_FILE, metavar="FILE", help="Write there and not to standard output.")
def ocsf(
    *,
    events: tuple[Path, ...],
    tenant: str | None,
    since: datetime | None,
    until: datetime | None,
    hint: str | None,
    with_raw: bool,
    output: Path | None,
) -> None:
    """Write events as OCSF 1.8.0 documents, one JSON object a line.

    Reads EVENTS (files, folders, or - for standard input), or with --tenant the events that are stored of a tenant;
    that one is written into the tenant's audit log. What a source says stands under its own names in `unmapped`.

    Ends with code 1 when something could not be read.
    """
    if bool(events) is (tenant is not None):
        raise click.UsageError("Name files with events, or a tenant with --tenant.")
    with _opened(output) as out:
        if tenant is None:
            faults = _write_files(events, out, hint=hint, with_raw=with_raw)
            click.get_current_context().exit(1 if faults else 0)
        now = SystemClock().now()
        begin, end = _moment(since) or now - _LAST, _moment(until) or now
        asyncio.run(_write_tenant(load_settings(), tenant, begin, end, out=out, with_raw=with_raw))


def _write_files(paths: tuple[Path, ...], out: IO[bytes], *, hint: str | None, with_raw: bool) -> int:
    """Writes the events of files; returns how much could not be read."""
    faults = 0
    for source in find_sources(paths):
        for event in read_events(source, hint=hint):
            if isinstance(event, str):
                faults += 1
                tell(event)
            else:
                out.write(line_of(event, with_raw=with_raw) + b"\n")
    return faults


async def _write_tenant(
    settings: Settings, tenant: str, since: datetime, until: datetime, *, out: IO[bytes], with_raw: bool
) -> None:
    if since >= until:
        raise Invalid("--since is not before --until.")
    keyring, store = Keyring.open(settings), open_lake(settings)
    actor = Actor(kind="system", id=f"operator:{getpass.getuser()}"[:64], role="operator", request_id="-")

    async def write(tx: TenantTx) -> int:
        cipher = await keyring.cipher(tx)
        written = 0
        async for event in store.scan(tx, cipher, since=since, until=until):
            out.write(line_of(event, with_raw=with_raw) + b"\n")
            written += 1
        period = f"{since:%Y-%m-%dT%H:%M:%SZ}/{until:%Y-%m-%dT%H:%M:%SZ}"
        after = {"events": written, "form": "ocsf", "raw": with_raw}
        await append(tx, actor, action="events.export", object_kind="events", object_id=period, after=after)
        return written

    async with storage(settings, tell=tell):
        written = await in_each_tenant(settings, tenant, write)
    tell(f"{sum(written.values()):,} events of {tenant} written")


def _moment(given: datetime | None) -> datetime | None:
    return None if given is None else given.replace(tzinfo=UTC)


@contextmanager
def _opened(path: Path | None) -> Generator[IO[bytes]]:
    if path is None:
        yield sys.stdout.buffer
        sys.stdout.flush()
    else:
        with path.open("wb") as file:
            yield file
