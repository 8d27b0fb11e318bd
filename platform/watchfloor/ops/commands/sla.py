"""`watchfloor sla`: the clocks of the service agreement, recomputed and in figures."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import click
import msgspec

from watchfloor.desk.display.due import span
from watchfloor.incidents.sla.figures import Figures, figures_of
from watchfloor.incidents.sla.verification import Verification, verify
from watchfloor.kernel.config import Settings, load_settings
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import Conflict, Invalid
from watchfloor.ops.tenants_in_turn import in_each_tenant
from watchfloor.ops.terminal import tell
from watchfloor.ops.up import storage
from watchfloor.tenancy.keyring import Keyring


@click.group(short_help="Recompute the clocks of the service agreement; show stage times.")
def sla() -> None:
    """The clocks of the service agreement."""


@sla.command("verify", short_help="Recompute all clocks from the timelines.")
@click.option("--tenant", metavar="SLUG", help="Only this tenant; without it, all.")
@click.option("--repair", is_flag=True, help="Keep what was recomputed.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def verify_clocks(*, tenant: str | None, repair: bool, as_json: bool) -> None:
    """Recompute every incident's stages and clocks from its timeline alone, and name what is kept otherwise.

    Exit code 1 when something differs and was not repaired.
    """
    found = asyncio.run(_verify(load_settings(), tenant, is_repairing=repair))
    for slug, verification in found.items():
        if as_json:
            click.echo(msgspec.json.encode({"tenant": slug, **msgspec.to_builtins(verification)}))
        else:
            _draw(slug, verification)
    differing = sum(len(verification.findings) for verification in found.values())
    if differing and not repair:
        raise Conflict(
            f"{differing} incidents are kept otherwise than their timelines say.",
            remedy="Find out what wrote past the desk; --repair keeps what was recomputed.",
        )


@sla.command("figures", short_help="Show a month's stage times and kept targets.")
@click.argument("month", metavar="YYYY-MM")
@click.option("--tenant", metavar="SLUG", help="Only this tenant; without it, all.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def show_figures(*, month: str, tenant: str | None, as_json: bool) -> None:
    """Show how long the stages of a month's incidents took, and how many targets were met."""
    found = asyncio.run(_figures(load_settings(), tenant, _first_day(month)))
    for slug, figures in found.items():
        if as_json:
            click.echo(msgspec.json.encode({"tenant": slug, **msgspec.to_builtins(figures)}))
        else:
            _table(slug, figures)


async def _verify(settings: Settings, tenant: str | None, *, is_repairing: bool) -> dict[str, Verification]:
    keyring = Keyring.open(settings)

    async def recompute(tx: TenantTx) -> Verification:
        return await verify(tx, await keyring.cipher(tx), is_repairing=is_repairing)

    async with storage(settings, tell=tell):
        return await in_each_tenant(settings, tenant, recompute)


async def _figures(settings: Settings, tenant: str | None, month: date) -> dict[str, Figures]:
    async def count(tx: TenantTx) -> Figures:
        return await figures_of(tx, month)

    async with storage(settings, tell=tell):
        return await in_each_tenant(settings, tenant, count)


def _first_day(month: str) -> date:
    try:
        return datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC).date()
    except ValueError:
        raise Invalid("This is no month.", where="month", remedy="Write it as 2027-03.") from None


def _draw(slug: str, verification: Verification) -> None:
    click.echo(f"{slug}: {verification.incidents} incidents recomputed, {len(verification.findings)} differ.")
    for finding in verification.findings:
        for difference in finding.differences:
            click.echo(
                f"  incident {finding.number}, {difference.name}: kept {difference.kept}, log {difference.computed}"
            )


def _table(slug: str, figures: Figures) -> None:
    click.echo(f"{slug}, {figures.month:%Y-%m}: {figures.incidents} incidents")
    for measure in figures.measures:
        median, p95 = (_span(seconds) for seconds in (measure.median_seconds, measure.p95_seconds))
        click.echo(f"  {measure.name:<12} {measure.number:>6}  median {median:>12}  95 % {p95:>12}")
    for kept in figures.targets:
        click.echo(f"  {kept.target:<12} met {kept.met}, missed {kept.missed}, running {kept.running}")


def _span(seconds: float | None) -> str:
    return "-" if seconds is None else span(timedelta(seconds=seconds))
