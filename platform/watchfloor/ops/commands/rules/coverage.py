"""`watchfloor rules coverage`: what the rules cover of ATT&CK, given the feeds that are really there."""

import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

import click
import msgspec

from watchfloor.alerts.health.figures import switched_off
from watchfloor.detect.attack import attack
from watchfloor.detect.coverage import Coverage, cover
from watchfloor.detect.navigator import layer
from watchfloor.feeds.sources.ledger import SeenSource, add_up, seen_sources
from watchfloor.kernel.clock import SystemClock
from watchfloor.kernel.config import Settings, load_settings
from watchfloor.kernel.db import TenantTx
from watchfloor.ops import paint
from watchfloor.ops.coverage_page import coverage_page, seen_logsources
from watchfloor.ops.rulesets.installed import load_ruleset
from watchfloor.ops.tenants_in_turn import in_each_tenant
from watchfloor.ops.terminal import tell
from watchfloor.ops.up import storage


class CoverageDocument(msgspec.Struct, frozen=True, kw_only=True):
    """What `--json` prints."""

    since: datetime
    tenants: list[str]
    sources: list[SeenSource]
    coverage: Coverage


class _Present(msgspec.Struct, frozen=True, kw_only=True):
    sources: list[SeenSource]
    off: list[str]


@click.command("coverage", short_help="Show what the rules cover of ATT&CK, given the feeds that are really there.")
@click.option("--tenant", metavar="SLUG", help="Only this customer; without it, the feeds of all of them together.")
@click.option("--days", type=click.IntRange(1, 400), default=7, show_default=True, help="How far back feeds count.")
@click.option("--full", is_flag=True, help="Show each technique.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option(
    "--navigator",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write a layer for the ATT&CK Navigator.",
)
def rules_coverage(*, tenant: str | None, days: int, full: bool, as_json: bool, navigator: Path | None) -> None:
    """Show per tactic how many rules can fire with the log sources that came in, and which log sources are missing."""
    if as_json and navigator is not None:
        raise click.UsageError("--json and --navigator exclude each other.")
    since = SystemClock().now() - timedelta(days=days)
    settings = load_settings()
    present = asyncio.run(_look(settings, tenant, since))
    sources = add_up(one.sources for one in present.values())
    rules = load_ruleset(settings).rules
    coverage = cover(rules, seen=seen_logsources(sources), attack=attack(), off=_off_everywhere(present.values()))
    whose = tenant if tenant is not None else f"{paint.counted(len(present), 'customer')} together"
    if as_json:
        document = CoverageDocument(since=since, tenants=list(present), sources=sources, coverage=coverage)
        click.echo(msgspec.json.encode(document))
    elif navigator is not None:
        _write(navigator, coverage, whose, days)
    else:
        console = paint.paper()
        console.print(coverage_page(coverage, sources, whose=whose, days=days, full=full, width=console.width))


async def _look(settings: Settings, tenant: str | None, since: datetime) -> dict[str, _Present]:
    async def look(tx: TenantTx) -> _Present:
        return _Present(sources=await seen_sources(tx, since=since), off=await switched_off(tx))

    async with storage(settings, tell=tell):
        return await in_each_tenant(settings, tenant, look)


def _off_everywhere(present: Iterable[_Present]) -> frozenset[str]:
    """The rules that nobody has switched on: with several customers, a rule counts while one of them has it on."""
    first, *others = (frozenset(one.off) for one in present)
    for other in others:
        first &= other
    return first


def _write(file: Path, coverage: Coverage, whose: str, days: int) -> None:
    description = (
        f"{coverage.reaches['ready']} of {coverage.rules} rules can fire with the feeds of the last {days} days."
    )
    made = layer(coverage, name=f"Watchfloor coverage: {whose}", description=description)
    file.write_bytes(msgspec.json.format(msgspec.json.encode(made)) + b"\n")
    click.echo(f"{len(made.techniques)} techniques are in {file}; open it in the ATT&CK Navigator.")
