"""`watchfloor feed list|show|alarms|clients`: how each feed is, and what could be connected."""

import asyncio
from datetime import timedelta
from typing import Final
from uuid import UUID

import click
import msgspec

from watchfloor.feeds.alarms.alarm import Alarm, list_alarms
from watchfloor.feeds.enrolment.clients import known_clients
from watchfloor.feeds.enrolment.enrol import find_feed
from watchfloor.feeds.health import FeedHealth, Trust, health_of, health_of_feeds, trust_of
from watchfloor.feeds.registry import list_feeds
from watchfloor.kernel.clock import SystemClock
from watchfloor.kernel.db import tenant_tx
from watchfloor.kernel.ids import AlarmId, FeedId
from watchfloor.ops import paint
from watchfloor.ops.commands.feed.office import open_office
from watchfloor.ops.feed_page import alarms_page, list_page, show_page

LONGEST_DAYS: Final = 400

_NEWEST: Final = AlarmId(UUID(int=2**128 - 1))
_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")


class FeedDocument(msgspec.Struct, frozen=True, kw_only=True):
    """What `show --json` prints."""

    health: FeedHealth
    trust: Trust


@click.command("list", short_help="Show all feeds of a tenant and how each is.")
@click.argument("tenant")
@_json
def feed_list(*, tenant: str, as_json: bool) -> None:
    """Show a tenant's feeds: what came within a day beside what is usual, how late, how much of it unparsed."""
    found = asyncio.run(_list(tenant))
    if as_json:
        click.echo(msgspec.json.encode(found))
        return
    console = paint.paper()
    console.print(list_page(found, now=SystemClock().now(), width=console.width))


@click.command("show", short_help="Show one feed with its lag and its blind hours.")
@click.argument("tenant")
@click.argument("feed")
@click.option(
    "--days", type=click.IntRange(1, LONGEST_DAYS), default=7, show_default=True, help="How far to look back."
)
@_json
def feed_show(*, tenant: str, feed: str, days: int, as_json: bool) -> None:
    """Show one feed: its figures, its lag, and the hours in which it was blind."""
    health, trust = asyncio.run(_show(tenant, feed, days))
    if as_json:
        click.echo(msgspec.json.encode(FeedDocument(health=health, trust=trust)))
        return
    paint.paper().print(show_page(health, trust, days=days, now=SystemClock().now()))


@click.command("alarms", short_help="Show the alarms about a tenant's feeds.")
@click.argument("tenant")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="How many at most.")
@_json
def feed_alarms(*, tenant: str, limit: int, as_json: bool) -> None:
    """Show the alarms about a tenant's feeds, raised and cleared, the newest first."""
    alarms, names = asyncio.run(_alarms(tenant, limit))
    if as_json:
        click.echo(msgspec.json.encode(alarms))
        return
    paint.paper().print(alarms_page(alarms, names))


@click.command("clients", short_help="List the clients that a feed can be made for.")
def feed_clients() -> None:
    """List the clients that `watchfloor feed add` knows, with the door that each sends to."""
    for client in known_clients().values():
        click.echo(f"{client.name:<20} {client.door:<8} {client.title}")


async def _list(tenant: str) -> list[FeedHealth]:
    async with open_office(tenant) as office, tenant_tx(office.shop.app, office.tenant_id) as tx:
        return await health_of_feeds(tx, at=office.shop.clock.now())


async def _show(tenant: str, name: str, days: int) -> tuple[FeedHealth, Trust]:
    async with open_office(tenant) as office, tenant_tx(office.shop.app, office.tenant_id) as tx:
        now = office.shop.clock.now()
        feed = await find_feed(tx, name)
        health = await health_of(tx, feed.id, at=now)
        return health, await trust_of(tx, feed.id, since=now - timedelta(days=days), until=now)


async def _alarms(tenant: str, limit: int) -> tuple[list[Alarm], dict[FeedId, str]]:
    async with open_office(tenant) as office, tenant_tx(office.shop.app, office.tenant_id) as tx:
        alarms = await list_alarms(tx, before=_NEWEST, limit=limit)
        return alarms, {feed.id: feed.name for feed in await list_feeds(tx)}
