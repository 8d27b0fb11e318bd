"""`watchfloor connector test|rotate`: which permission is missing, and new secrets in the place of old ones."""

import asyncio
from collections.abc import Sequence

import click
import msgspec
from rich.text import Text

from watchfloor.feeds.connectors.catalogue import find_connector, known_connectors
from watchfloor.feeds.connectors.connector import Finding
from watchfloor.feeds.connectors.instances.registry import find_instance
from watchfloor.feeds.connectors.instances.trial import Rotated, rotate, try_connector
from watchfloor.feeds.connectors.reach import Reach
from watchfloor.feeds.connectors.running.turn import PAGE_SECONDS, TURN_SECONDS
from watchfloor.kernel.db import tenant_tx
from watchfloor.ops import paint
from watchfloor.ops.commands.connector.given import files_option, json_option, read_secrets, secrets_option
from watchfloor.ops.commands.feed.office import Office, open_office


@click.command("test", short_help="Try a connector: green, or which permission is missing.")
@click.argument("tenant")
@click.argument("name")
@json_option
@click.pass_context
def connector_test(ctx: click.Context, *, tenant: str, name: str, as_json: bool) -> None:
    """Try each permission of a connector at its vendor. Exit code 1 when something is wrong. Nothing is stored."""
    found = asyncio.run(_try(tenant, name))
    if as_json:
        click.echo(msgspec.json.encode(found))
    else:
        draw(found)
    if not all(one.is_good for one in found):
        ctx.exit(1)


@click.command("rotate", short_help="Put new secrets in the place of the old ones, after trying them.")
@click.argument("tenant")
@click.argument("name")
@secrets_option
@files_option
def connector_rotate(*, tenant: str, name: str, secrets: tuple[str, ...], files: tuple[str, ...]) -> None:
    """Give a connector new secrets. They are tried first; if they do not work, the old ones stay."""
    done = asyncio.run(_rotate(tenant, name, read_secrets(secrets, files)))
    draw(done.findings)
    click.echo(f"The new secrets are used from now on. End the old ones in {done.seconds / 60:.0f} minutes or later.")


def draw(found: Sequence[Finding]) -> None:
    """What was found, on standard output."""
    console = paint.paper()
    for one in found:
        mark, style = ("✔", paint.GOOD) if one.is_good else ("✘", paint.BAD)
        console.print(Text(f"{mark} ", style=style) + paint.shown(one.what))
        if one.remedy and not one.is_good:
            console.print(Text("  → ", style=paint.DIM) + paint.shown(one.remedy, style=paint.DIM))
    is_green = all(one.is_good for one in found)
    word = Text("The connector works.", style=paint.GOOD) if is_green else Text("Something is wrong.", style=paint.BAD)
    console.print(word)


async def findings_of(office: Office, name: str) -> list[Finding]:
    """What a trial of a connector finds."""
    async with tenant_tx(office.shop.app, office.tenant_id) as tx:
        instance = await find_instance(tx, await office.shop.keyring.cipher(tx), name)
    connector = find_connector(known_connectors(), instance.row.kind)
    return await try_connector(reach_of(office), connector, instance.feed, instance.told)


def reach_of(office: Office) -> Reach:
    """How connectors reach their vendors from here."""
    shop = office.shop
    return Reach.open(shop.settings, database=shop.app, clock=shop.clock)


async def _try(tenant: str, name: str) -> list[Finding]:
    async with open_office(tenant) as office:
        return await findings_of(office, name)


async def _rotate(tenant: str, name: str, secrets: dict[str, str]) -> Rotated:
    async with open_office(tenant) as office:
        async with tenant_tx(office.shop.app, office.tenant_id) as tx:
            cipher = await office.shop.keyring.cipher(tx)
            instance = await find_instance(tx, cipher, name)
        connector = find_connector(known_connectors(), instance.row.kind)
        return await rotate(
            reach_of(office),
            cipher,
            office.actor,
            connector,
            instance,
            secrets=secrets,
            seconds=TURN_SECONDS + PAGE_SECONDS,
        )
