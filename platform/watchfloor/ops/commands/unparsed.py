"""`watchfloor unparsed`: what the feeds bring that no parser knows and no rule sees."""

import asyncio
from datetime import datetime

import click
import msgspec

from watchfloor.feeds.unparsed.ledger import UnparsedSource, unparsed_sources
from watchfloor.kernel.config import Settings, load_settings
from watchfloor.kernel.db import TenantTx
from watchfloor.ops import paint
from watchfloor.ops.tenants_in_turn import in_each_tenant
from watchfloor.ops.terminal import tell
from watchfloor.ops.up import storage
from watchfloor.tenancy.keyring import Keyring


class UnparsedLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of `--json`. `sketch` is null for all shapes of a feed together beyond those that are kept."""

    tenant: str
    feed: str
    sketch: str | None
    events: int
    first_seen_at: datetime
    last_seen_at: datetime
    samples: list[str]


@click.command(short_help="Show what feeds bring that no parser knows.")
@click.option("--tenant", metavar="SLUG", help="Only this tenant; without it, all.")
@click.option("--samples", is_flag=True, help="Show a few of the events as they came.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def unparsed(*, tenant: str | None, samples: bool, as_json: bool) -> None:
    """Show events of no known source, by tenant, feed and shape, the most frequent first.

    They are kept and can be searched, but no rule applies to them. A shape is the names of an object's fields, or the
    kinds of a line's words.
    """
    found = asyncio.run(_look(load_settings(), tenant, with_samples=samples or as_json))
    lines = [_line(slug, one) for slug, sources in found.items() for one in sources]
    if as_json:
        for line in lines:
            click.echo(msgspec.json.encode(line))
        return
    _draw(lines, with_samples=samples)


async def _look(settings: Settings, tenant: str | None, *, with_samples: bool) -> dict[str, list[UnparsedSource]]:
    keyring = Keyring.open(settings)

    async def look(tx: TenantTx) -> list[UnparsedSource]:
        return await unparsed_sources(tx, await keyring.cipher(tx), with_samples=with_samples)

    async with storage(settings, tell=tell):
        return await in_each_tenant(settings, tenant, look)


def _line(slug: str, one: UnparsedSource) -> UnparsedLine:
    return UnparsedLine(
        tenant=slug,
        feed=one.feed,
        sketch=one.sketch,
        events=one.events,
        first_seen_at=one.first_seen_at,
        last_seen_at=one.last_seen_at,
        samples=[sample.decode("utf-8", errors="replace") for sample in one.samples],
    )


def _draw(lines: list[UnparsedLine], *, with_samples: bool) -> None:
    console = paint.paper()
    if not lines:
        console.print("Everything that came in has a parser.")
        return
    table = paint.table()
    for heading in ("tenant", "feed"):
        table.add_column(heading, no_wrap=True)
    table.add_column("events", justify="right", no_wrap=True)
    table.add_column("last", no_wrap=True)
    table.add_column("looks like", ratio=1)
    for line in lines:
        sketch = "more shapes than are kept" if line.sketch is None else line.sketch
        cells = (paint.shown(line.tenant), paint.shown(line.feed), f"{line.events:,}")
        table.add_row(*cells, f"{line.last_seen_at:%Y-%m-%d %H:%M}", paint.shown(sketch))
        for sample in line.samples if with_samples else ():
            table.add_row("", "", "", "", paint.shown(sample[:500], style=paint.DIM))
    console.print(table)
