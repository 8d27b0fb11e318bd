"""`watchfloor feed pause|resume|remove`: whether a feed takes anything. Doing it again changes nothing."""

import asyncio

import click

from watchfloor.feeds.enrolment.enrol import find_feed, revoke_credentials, set_state
from watchfloor.feeds.feed import Feed, FeedState
from watchfloor.kernel.db import tenant_tx
from watchfloor.ops.commands.feed.office import Office, open_office


@click.command("pause", short_help="Take nothing from a feed until it is resumed.")
@click.argument("tenant")
@click.argument("feed")
def feed_pause(*, tenant: str, feed: str) -> None:
    """Pause a feed, for maintenance: its senders are refused within a second, and its silence raises no alarm."""
    asyncio.run(_set(tenant, feed, "paused"))
    click.echo("The feed takes nothing until it is resumed.")


@click.command("resume", short_help="Take events from a feed again.")
@click.argument("tenant")
@click.argument("feed")
def feed_resume(*, tenant: str, feed: str) -> None:
    """Resume a feed. Its silence counts from now on."""
    asyncio.run(_set(tenant, feed, "active"))
    click.echo("The feed takes events.")


@click.command("remove", short_help="Pause a feed and revoke all its credentials.")
@click.argument("tenant")
@click.argument("feed")
def feed_remove(*, tenant: str, feed: str) -> None:
    """Pause a feed and revoke all its credentials. What it brought stays."""
    revoked = asyncio.run(_remove(tenant, feed))
    click.echo(f"The feed is paused; {revoked} of its credentials were revoked now.")


async def _set(tenant: str, name: str, state: FeedState) -> None:
    async with open_office(tenant) as office:
        await _change(office, name, state)


async def _remove(tenant: str, name: str) -> int:
    async with open_office(tenant) as office:
        feed = await _change(office, name, "paused")
        async with tenant_tx(office.shop.auth, office.tenant_id) as tx:
            return await revoke_credentials(tx, office.actor, feed)


async def _change(office: Office, name: str, state: FeedState) -> Feed:
    async with tenant_tx(office.shop.app, office.tenant_id) as tx:
        return await set_state(tx, office.actor, await find_feed(tx, name), state)
