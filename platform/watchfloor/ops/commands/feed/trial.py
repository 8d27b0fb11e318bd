"""`watchfloor feed test`: whether a feed works, and if not, what is wrong."""

import asyncio
from typing import Final

import click
import msgspec
from rich.text import Text

from watchfloor.feeds.enrolment.checkup import Checkup
from watchfloor.feeds.enrolment.enrol import find_feed
from watchfloor.feeds.enrolment.trial import LONGEST_WAIT, try_feed
from watchfloor.kernel.db import tenant_tx
from watchfloor.ops import paint
from watchfloor.ops.commands.feed.office import open_office
from watchfloor.ops.terminal import tell

_MARKS: Final = {"good": ("✔", paint.GOOD), "warning": ("!", paint.WARN), "bad": ("✘", paint.BAD)}


@click.command("test", short_help="Try a feed: green, or what is wrong.")
@click.argument("tenant")
@click.argument("feed")
@click.option("--no-send", is_flag=True, help="Send no test event; wait for one of the sender's own.")
@click.option(
    "--wait", type=click.IntRange(0, LONGEST_WAIT), default=10, show_default=True, help="How many seconds to wait."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_context
def feed_test(ctx: click.Context, *, tenant: str, feed: str, no_send: bool, wait: int, as_json: bool) -> None:
    """Send a test event through the feed's door, follow it into the pipeline, and say what is found.

    Through doors that do not speak HTTP (syslog, RELP, osquery) it waits for an event of the sender's own. Exit code 1
    when something is wrong.
    """
    found = asyncio.run(_try(tenant, feed, send=not no_send, wait=wait))
    if as_json:
        click.echo(msgspec.json.encode(found))
    else:
        _draw(found)
    if not found.is_green:
        ctx.exit(1)


async def _try(tenant: str, name: str, *, send: bool, wait: int) -> Checkup:
    async with open_office(tenant) as office:
        async with tenant_tx(office.shop.app, office.tenant_id) as tx:
            feed = await find_feed(tx, name)
        return await try_feed(office.shop, office.actor, feed, send=send, wait_seconds=wait, tell=tell)


def _draw(found: Checkup) -> None:
    console = paint.paper()
    for one in found.findings:
        mark, style = _MARKS[one.verdict]
        console.print(Text(f"{mark} ", style=style) + Text(paint.plain(one.text)))
        if one.detail:
            console.print(Text("    ") + paint.shown(one.detail, style=paint.DIM))
        if one.remedy:
            console.print(Text(f"  → {one.remedy}", style=paint.DIM))
    word = Text("The feed works.", style=paint.GOOD) if found.is_green else Text("Something is wrong.", style=paint.BAD)
    console.print(word)
