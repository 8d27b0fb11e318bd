"""`watchfloor connector list|show`: how each connector is, how late, and what to do where it does not work."""

import asyncio

import click
import msgspec

from watchfloor.feeds.connectors.catalogue import known_connectors
from watchfloor.feeds.connectors.instances.overview import ConnectorView, inspect, overview
from watchfloor.feeds.connectors.instances.registry import find_instance, list_instances
from watchfloor.kernel.clock import SystemClock
from watchfloor.kernel.db import tenant_tx
from watchfloor.ops import paint
from watchfloor.ops.commands.connector.given import json_option
from watchfloor.ops.commands.feed.office import open_office
from watchfloor.ops.connector_page import list_page, show_page


@click.command("list", short_help="Show all connectors of a tenant and how each is.")
@click.argument("tenant")
@json_option
def connector_list(*, tenant: str, as_json: bool) -> None:
    """Show a tenant's connectors: how each is, how late, and what was stored."""
    found = asyncio.run(_list(tenant))
    if as_json:
        click.echo(msgspec.json.encode(found))
        return
    paint.paper().print(list_page(found))


@click.command("show", short_help="Show one connector with its streams, faults and strangers.")
@click.argument("tenant")
@click.argument("name")
@json_option
def connector_show(*, tenant: str, name: str, as_json: bool) -> None:
    """Show one connector: its settings, how each stream stands, what went wrong and what to do, and strangers."""
    found = asyncio.run(_show(tenant, name))
    if as_json:
        click.echo(msgspec.json.encode(found))
        return
    paint.paper().print(show_page(found, now=SystemClock().now()))


async def _list(tenant: str) -> list[ConnectorView]:
    async with open_office(tenant) as office, tenant_tx(office.shop.app, office.tenant_id) as tx:
        instances = await list_instances(tx, await office.shop.keyring.cipher(tx))
        return await overview(tx, instances, known_connectors(), at=office.shop.clock.now())


async def _show(tenant: str, name: str) -> ConnectorView:
    async with open_office(tenant) as office, tenant_tx(office.shop.app, office.tenant_id) as tx:
        instance = await find_instance(tx, await office.shop.keyring.cipher(tx), name)
        return await inspect(tx, instance, known_connectors(), at=office.shop.clock.now())
