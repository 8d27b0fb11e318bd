"""`watchfloor rules health`: what each rule did, how often it was right, and what it cost."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

import click
import msgspec

from watchfloor.alerts.health.figures import RuleFigures, add_up, figures_of
from watchfloor.detect.coverage import Reach, reach_of_all
from watchfloor.detect.rule import Level, Rule
from watchfloor.feeds.sources.ledger import SeenSource, seen_sources
from watchfloor.kernel.clock import SystemClock
from watchfloor.kernel.config import Settings, load_settings
from watchfloor.kernel.db import TenantTx
from watchfloor.normalise.event import LogSource
from watchfloor.ops import paint
from watchfloor.ops.health_page import health_page, silent_page
from watchfloor.ops.rulesets.installed import load_ruleset
from watchfloor.ops.tenants_in_turn import in_each_tenant
from watchfloor.ops.terminal import tell
from watchfloor.ops.up import storage

LONGEST_DAYS = 400


class SilentRule(msgspec.Struct, frozen=True, kw_only=True):
    """A loaded rule that did not fire, and whether it could have."""

    rule_id: str
    title: str
    level: Level
    logsource: LogSource
    reach: Reach


class RuleLine(msgspec.Struct, frozen=True, kw_only=True):
    """A rule's figures, with what follows from them. A share is 0 to 1, null where there is nothing to divide.

    The precision lies between `precision_low` and `precision_high` nineteen times out of twenty.
    """

    figures: RuleFigures
    precision: float | None
    precision_low: float
    precision_high: float
    share_of_time: float | None


class HealthDocument(msgspec.Struct, frozen=True, kw_only=True):
    """What `--json` prints. `silent` is null unless it was asked for."""

    since: datetime
    tenants: list[str]
    rules: list[RuleLine]
    silent: list[SilentRule] | None


class _Seen(msgspec.Struct, frozen=True, kw_only=True):
    figures: list[RuleFigures]
    sources: list[SeenSource]


@click.command("health", short_help="Show what each rule did, how often it was right, and what it cost.")
@click.option("--tenant", metavar="SLUG", help="Only this customer; without it, all of them together.")
@click.option(
    "--days", type=click.IntRange(1, LONGEST_DAYS), default=30, show_default=True, help="How far to look back."
)
@click.option("--silent", is_flag=True, help="Also list the rules that did not fire, and whether they could have.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def rules_health(*, tenant: str | None, days: int, silent: bool, as_json: bool) -> None:
    """Show what each rule did: matches, alerts, precision by people's verdicts, what was throttled or hidden, cost."""
    now = SystemClock().now()
    since = now - timedelta(days=days)
    settings = load_settings()
    seen = asyncio.run(_look(settings, tenant, since))
    figures = add_up(one.figures for one in seen.values())
    quiet: list[tuple[Rule, Reach]] = []
    if silent:
        rules = load_ruleset(settings).rules
        quiet = _silent(rules, figures, [source for one in seen.values() for source in one.sources])
    if as_json:
        click.echo(msgspec.json.encode(_document(figures, list(seen), since, quiet if silent else None)))
        return
    console = paint.paper()
    console.print(health_page(figures, tenants=list(seen), days=days, now=now, width=console.width))
    if silent:
        console.print(silent_page([rule for rule, _ in quiet], {rule.id: reach for rule, reach in quiet}))


async def _look(settings: Settings, tenant: str | None, since: datetime) -> dict[str, _Seen]:
    async def look(tx: TenantTx) -> _Seen:
        return _Seen(figures=await figures_of(tx, since=since), sources=await seen_sources(tx, since=since))

    async with storage(settings, tell=tell):
        return await in_each_tenant(settings, tenant, look)


def _silent(
    rules: Sequence[Rule], figures: Sequence[RuleFigures], sources: Sequence[SeenSource]
) -> list[tuple[Rule, Reach]]:
    fired = {one.rule_id for one in figures if one.matches}
    off = {one.rule_id for one in figures if one.off_in}
    brought = {LogSource(product=one.product, category=one.category, service=one.service) for one in sources}
    reaches = reach_of_all(rules, seen=brought, off=off)
    return [(rule, reaches[rule.id]) for rule in rules if rule.alerts and rule.id not in fired]


def _document(
    figures: Sequence[RuleFigures], tenants: list[str], since: datetime, quiet: Sequence[tuple[Rule, Reach]] | None
) -> HealthDocument:
    measured = sum(one.nanoseconds for one in figures)
    return HealthDocument(
        since=since,
        tenants=tenants,
        rules=[
            RuleLine(
                figures=one,
                precision=one.verdicts.precision,
                precision_low=one.verdicts.bounds[0],
                precision_high=one.verdicts.bounds[1],
                share_of_time=one.nanoseconds / measured if one.nanoseconds else None,
            )
            for one in figures
        ],
        silent=None
        if quiet is None
        else [
            SilentRule(rule_id=rule.id, title=rule.title, level=rule.level, logsource=rule.logsource, reach=reach)
            for rule, reach in quiet
        ],
    )
