"""`watchfloor tenant`: tenants as code, and the ends of their lives.

The commands only read the command line and print; what they do stands in the modules beside this one.
"""

from pathlib import Path

import click

from tenants import queries
from tenants.apply import IssuedToken, apply, plan, replace_token
from tenants.branding import branding
from tenants.bundle import json_schema
from tenants.installation import find_tenant
from tenants.leaving.export import export_tenant
from tenants.leaving.offboard import offboard
from tenants.reports_plan import reports_plan
from tenants.rules import PlacedBundle, read_bundles
from tenants.terminal import opened_installation, progress, run, say
from watchfloor.kernel.db import directory_tx
from watchfloor.kernel.errors import Refused


@click.group()
def tenant() -> None:
    """Onboard, change, export and offboard tenants."""


@tenant.command("plan")
@click.argument("path", type=click.Path(path_type=Path))
def show_plan(*, path: Path) -> None:
    """Show what applying the bundles in PATH (a file or a directory) would change."""
    run(_plan(read_bundles(path)))


@tenant.command("apply")
@click.argument("path", type=click.Path(path_type=Path))
def make_so(*, path: Path) -> None:
    """Make tenants what the bundles in PATH say; new ones are onboarded.

    Feed tokens are printed once and are nowhere else.
    """
    run(_apply(read_bundles(path)))


@tenant.command("list")
def show_tenants() -> None:
    """List all tenants and their states."""
    run(_list())


@tenant.command("token")
@click.argument("slug")
@click.argument("feed")
@click.option("--keep-old", is_flag=True, help="Leave the feed's other tokens working, for a change-over.")
@click.option("--guid", is_flag=True, help="Make a GUID too that stands for the token, for senders that need one.")
def new_token(*, slug: str, feed: str, keep_old: bool, guid: bool) -> None:
    """Make a new token for the FEED of the tenant SLUG; the others are revoked."""
    run(_token(slug, feed, keep_old=keep_old, guid=guid))


@tenant.command("export")
@click.argument("slug")
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False))
def take_out(*, slug: str, directory: Path) -> None:
    """Write all data of the tenant SLUG, readable, below DIRECTORY."""
    run(_export(slug, directory))


@tenant.command("offboard")
@click.argument("slug")
@click.option(
    "--export-to",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="The directory that the tenant's data is exported to first.",
)
@click.option("--confirm", required=True, metavar="SLUG", help="The slug once more: this cannot be undone.")
def end(*, slug: str, export_to: Path, confirm: str) -> None:
    """Export, then erase the tenant SLUG: rows, files, key. Run it again if it was cut short."""
    if confirm != slug:
        raise Refused("The confirmation does not name the tenant.", where="--confirm", remedy=f"Give --confirm {slug}.")
    run(_offboard(slug, export_to))


@tenant.command("schema")
def show_schema() -> None:
    """Print the JSON Schema of bundles, for editors."""
    click.echo(json_schema().decode())


async def _plan(bundles: list[PlacedBundle]) -> None:
    async with opened_installation() as installation:
        for placed in bundles:
            for line in (await plan(installation, placed)).lines():
                say(line)


async def _apply(bundles: list[PlacedBundle]) -> None:
    async with opened_installation() as installation:
        # All bundles are compared before the first is applied: what cannot be shows while nothing has changed.
        for placed in bundles:
            await plan(installation, placed)
        for placed in bundles:
            done = await apply(installation, placed, issue=_show_token, tell=progress)
            for line in done.lines():
                say(line)


async def _list() -> None:
    async with opened_installation() as installation, directory_tx(installation.auth) as tx:
        for row in await queries.select_tenants(tx):
            say(f"{row.slug:<32} {row.code:<8} {row.kind:<8} {row.state:<11} {row.name}")


async def _token(slug: str, feed: str, *, keep_old: bool, guid: bool) -> None:
    async with opened_installation() as installation:
        found = await find_tenant(installation, slug)
        _show_token(await replace_token(installation, found, feed, keep_old=keep_old, with_alias=guid))


async def _export(slug: str, directory: Path) -> None:
    async with opened_installation() as installation:
        summary = await export_tenant(installation, await find_tenant(installation, slug), into=directory)
    say(f"{summary.directory}: {summary.files} files, {summary.rows} rows, manifest {summary.manifest_sha256}")
    if summary.unopened:
        progress(f"{summary.unopened} values could not be opened and stand in it sealed")


async def _offboard(slug: str, export_to: Path) -> None:
    async with opened_installation() as installation:
        found = await find_tenant(installation, slug)
        proof = await offboard(installation, found, export_to=export_to, tell=lambda step: progress(f"{slug}: {step}"))
    say(f"{slug} is offboarded; the proof is {proof}")


def _show_token(token: IssuedToken) -> None:
    say(f"token {token.slug} {token.feed} ({token.door}): {token.text.reveal()}")
    if token.alias is not None:
        say(f"guid {token.slug} {token.feed} ({token.door}): {token.alias.reveal()}")


tenant.add_command(branding)
tenant.add_command(reports_plan)
