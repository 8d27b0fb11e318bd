"""`watchfloor replay FILE --tenant T`: recorded events through a real door."""

import asyncio
from pathlib import Path

import click

from watchfloor.kernel.config import Settings, load_settings
from watchfloor.ops.replay.feed import REPLAY_FEED, ticket
from watchfloor.ops.replay.recording import documents
from watchfloor.ops.replay.sender import Sender, open_door


@click.command(short_help="Send recorded events to a running Watchfloor.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--tenant", required=True, metavar="SLUG", help="The tenant whose events they are.")
@click.option("--feed", default=REPLAY_FEED, show_default=True, help="The tenant's feed to send to.")
def replay(*, file: Path, tenant: str, feed: str) -> None:
    """Send the events in FILE to this installation, which must be up.

    FILE is EVTX, JSON lines, a JSON array or a CloudTrail file, and may be gzipped. The events go through the door over
    HTTP, as a customer's shipper sends them.
    """
    sent = asyncio.run(_replay(load_settings(), file, tenant=tenant, feed=feed))
    click.echo(f"{sent:,} events acknowledged.")


async def _replay(settings: Settings, file: Path, *, tenant: str, feed: str) -> int:
    sent = 0
    async with ticket(settings, tenant=tenant, feed=feed) as given, open_door(settings) as (outbound, origin):
        sender = Sender(outbound, origin=origin, door=given.feed.door, feed=given.feed.name, token=given.token)
        async for acknowledged in sender.send(documents(file)):
            sent += acknowledged
            click.echo(f"\r{sent:>10,} events acknowledged", nl=False, err=True)
    click.echo("", err=True)
    return sent
