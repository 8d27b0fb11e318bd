"""`watchfloor connector add|set|pause|resume|backfill`: what a connector fetches, and whether it does."""

import asyncio
from datetime import UTC, datetime

import click

from watchfloor.feeds.connectors.catalogue import find_connector, known_connectors
from watchfloor.feeds.connectors.connector import Finding
from watchfloor.feeds.connectors.instances.backfill import add_backfill
from watchfloor.feeds.connectors.instances.registry import (
    add_connector,
    change_settings,
    find_instance,
    set_state,
    switch_streams,
)
from watchfloor.feeds.feed import FeedState
from watchfloor.kernel.db import tenant_tx
from watchfloor.kernel.errors import Invalid
from watchfloor.ops.commands.connector.given import (
    files_option,
    read_secrets,
    read_settings,
    secrets_option,
    settings_option,
    together,
)
from watchfloor.ops.commands.connector.trying import draw, findings_of
from watchfloor.ops.commands.feed.office import open_office

_streams = click.option(
    "--stream", "streams", multiple=True, metavar="NAME", help="A stream to fetch; may be repeated."
)


@click.command("add", short_help="Add a connector, and try it.")
@click.argument("tenant")
@click.argument("connector")
@click.option("--name", metavar="NAME", help="What it is called; without it, as the connector is.")
@settings_option
@secrets_option
@files_option
@_streams
@click.option("--no-test", is_flag=True, help="Do not try it now.")
def connector_add(
    *,
    tenant: str,
    connector: str,
    name: str | None,
    settings: tuple[str, ...],
    secrets: tuple[str, ...],
    files: tuple[str, ...],
    streams: tuple[str, ...],
    no_test: bool,
) -> None:
    """Add a connector and try it. It begins to fetch within seconds. `connector kinds` lists what there is."""
    kind = find_connector(known_connectors(), connector)
    given = together(read_settings(settings), read_secrets(secrets, files))
    called = name or kind.manifest.name.replace("_", "-")

    async def add() -> list[Finding]:
        async with open_office(tenant) as office:
            async with tenant_tx(office.shop.app, office.tenant_id) as tx:
                cipher = await office.shop.keyring.cipher(tx)
                await add_connector(
                    tx, cipher, office.actor, kind, name=called, given=given, streams=list(streams) or None
                )
            return [] if no_test else await findings_of(office, called)

    found = asyncio.run(add())
    click.echo(f"connector {called} ({connector}) is added")
    if found:
        draw(found)


@click.command("set", short_help="Change settings or streams of a connector.")
@click.argument("tenant")
@click.argument("name")
@settings_option
@_streams
def connector_set(*, tenant: str, name: str, settings: tuple[str, ...], streams: tuple[str, ...]) -> None:
    """Change settings of a connector; an empty value takes one away. Streams that are named are fetched, no others."""
    if not settings and not streams:
        raise Invalid("There is nothing to change.", remedy="Give --set or --stream.")
    changes = read_settings(settings)

    async def change() -> None:
        async with open_office(tenant) as office, tenant_tx(office.shop.app, office.tenant_id) as tx:
            cipher = await office.shop.keyring.cipher(tx)
            instance = await find_instance(tx, cipher, name)
            kind = find_connector(known_connectors(), instance.row.kind)
            if changes:
                instance = await change_settings(tx, cipher, office.actor, kind, instance, changes=changes)
            if streams:
                await switch_streams(tx, office.actor, kind, instance, streams=streams)

    asyncio.run(change())
    click.echo("The connector is changed.")


@click.command("pause", short_help="Fetch nothing until it is resumed.")
@click.argument("tenant")
@click.argument("name")
def connector_pause(*, tenant: str, name: str) -> None:
    """Pause a connector. A page under way is finished; nothing is lost that the vendor keeps until then."""
    asyncio.run(_set(tenant, name, "paused"))
    click.echo("The connector fetches nothing until it is resumed.")


@click.command("resume", short_help="Fetch again, from where it was.")
@click.argument("tenant")
@click.argument("name")
def connector_resume(*, tenant: str, name: str) -> None:
    """Resume a connector from where it was. One that its vendor had stopped is looked at at once."""
    asyncio.run(_set(tenant, name, "active"))
    click.echo("The connector fetches.")


@click.command("backfill", short_help="Fetch what happened in a window of the past.")
@click.argument("tenant")
@click.argument("name")
@click.option("--from", "start", required=True, metavar="TIME", help="When it begins, such as 2026-11-01T00:00Z.")
@click.option("--to", "end", metavar="TIME", help="When it ends; without it, now.")
@_streams
def connector_backfill(*, tenant: str, name: str, start: str, end: str | None, streams: tuple[str, ...]) -> None:
    """Fetch what happened in a window of the past, beside what happens now. What is stored is not stored again."""

    async def add() -> list[str]:
        async with open_office(tenant) as office, tenant_tx(office.shop.app, office.tenant_id) as tx:
            instance = await find_instance(tx, await office.shop.keyring.cipher(tx), name)
            kind = find_connector(known_connectors(), instance.row.kind)
            now = office.shop.clock.now()
            first, last = _moment(start), now if end is None else _moment(end)
            return await add_backfill(tx, office.actor, kind, instance, start=first, end=last, now=now, streams=streams)

    for stream in asyncio.run(add()):
        click.echo(f"fetching {stream}; `watchfloor connector show` tells how far it is")


async def _set(tenant: str, name: str, state: FeedState) -> None:
    async with open_office(tenant) as office, tenant_tx(office.shop.app, office.tenant_id) as tx:
        instance = await find_instance(tx, await office.shop.keyring.cipher(tx), name)
        await set_state(tx, office.actor, instance, state)


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid("This is no time.", where=text, remedy="Write it as 2026-11-01T00:00Z.") from None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
