"""`watchfloor connector kinds|policy|tiers`: what is known of connectors before there is one."""

import asyncio

import click

from watchfloor.feeds.connectors.catalogue import find_connector, known_connectors
from watchfloor.feeds.connectors.connector import Manifest, Policy
from watchfloor.feeds.connectors.instances.registry import find_instance, with_ours
from watchfloor.feeds.connectors.tiers import tiers_table
from watchfloor.kernel.db import tenant_tx
from watchfloor.ops.commands.connector.given import read_settings, settings_option
from watchfloor.ops.commands.feed.office import open_office


@click.command("kinds", short_help="List the connectors that there are, or the settings of one.")
@click.argument("connector", required=False)
def connector_kinds(*, connector: str | None) -> None:
    """List the connectors that can be added; with the name of one, its settings and streams."""
    catalogue = known_connectors()
    if connector is not None:
        _describe(find_connector(catalogue, connector).manifest)
        return
    for name, one in catalogue.items():
        click.echo(f"{name:<14} {one.manifest.tier:<8} {one.manifest.title}")


@click.command("policy", short_help="Print what a customer is to put in place at the vendor.")
@click.argument("tenant")
@click.argument("name")
@settings_option
def connector_policy(*, tenant: str, name: str, settings: tuple[str, ...]) -> None:
    """Print the least that a connector needs, for the customer to paste.

    NAME is one of the tenant's connectors, or a kind that is not added yet: then settings may be given.
    """
    for policy in asyncio.run(_policies(tenant, name, read_settings(settings))):
        click.echo(f"--- {policy.title}\n--- {policy.place}")
        click.echo(policy.text.rstrip("\n") + "\n")


@click.command("tiers", short_help="Print the table of quality tiers.")
def connector_tiers() -> None:
    """Print which connector has which quality tier, and why."""
    click.echo(tiers_table(known_connectors()), nl=False)


async def _policies(tenant: str, name: str, given: dict[str, str]) -> list[Policy]:
    catalogue = known_connectors()
    async with open_office(tenant) as office, tenant_tx(office.shop.app, office.tenant_id) as tx:
        cipher = await office.shop.keyring.cipher(tx)
        connector = catalogue.get(name)
        if connector is not None:
            return connector.policies(with_ours(connector.manifest, cipher, given))
        instance = await find_instance(tx, cipher, name)
        connector = find_connector(catalogue, instance.row.kind)
        return connector.policies({**instance.told.settings, **given})


def _describe(manifest: Manifest) -> None:
    click.echo(f"{manifest.title} ({manifest.tier}: {manifest.why})\n\nsettings:")
    for setting in manifest.settings:
        notes = ["secret"] if setting.is_secret else []
        notes += ["several, divided by commas"] if setting.is_list else []
        notes += [] if setting.is_required else ["may be left out"]
        noted = f" ({', '.join(notes)})" if notes else ""
        click.echo(f"  {setting.name:<22} {setting.label}{noted}")
        if setting.help:
            click.echo(f"  {'':<22} {setting.help}")
    click.echo("\nstreams:")
    for stream in manifest.streams:
        click.echo(f"  {stream.name:<30} {stream.title}{'' if stream.is_on else ' (off unless asked for)'}")
