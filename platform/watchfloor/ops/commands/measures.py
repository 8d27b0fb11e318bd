"""`watchfloor measures`: the figures of a customer's period, and the records behind each."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta

import click
import msgspec
from rich.text import Text

from watchfloor.desk.display.due import span
from watchfloor.detect.rule import LoadReport
from watchfloor.kernel.config import Settings, load_settings
from watchfloor.kernel.db import TenantTx
from watchfloor.measures.definitions import DEFINITIONS, Unit
from watchfloor.measures.figures import Measure, figures_of, records_of
from watchfloor.measures.period import Period, period_of
from watchfloor.measures.reading import Record
from watchfloor.ops import paint
from watchfloor.ops.rulesets.installed import load_ruleset
from watchfloor.ops.tenants_in_turn import in_each_tenant
from watchfloor.ops.terminal import tell
from watchfloor.ops.up import storage

_DAY = click.DateTime(formats=["%Y-%m-%d"])


class _Read(msgspec.Struct, frozen=True, kw_only=True):
    period: Period
    read_at: datetime
    has_data: bool
    measures: list[Measure]


@click.command(short_help="Show the figures of a customer's period, or the records behind one.")
@click.argument("tenant", metavar="TENANT")
@click.option("--from", "first", type=_DAY, metavar="YYYY-MM-DD", help="The first day; else of this month.")
@click.option("--to", "end", type=_DAY, metavar="YYYY-MM-DD", help="The day after the last one; else of that month.")
@click.option("--records", "measure", metavar="MEASURE", help="List the records that this figure counts.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON: one document, or one record a line.")
def measures(*, tenant: str, first: datetime | None, end: datetime | None, measure: str | None, as_json: bool) -> None:
    """Show the figures of a customer's period beside those of the period before."""
    settings = load_settings()
    days = (None if first is None else first.date(), None if end is None else end.date())
    if measure is not None:
        _list(asyncio.run(_records(settings, tenant, days, measure)), as_json=as_json)
        return
    read = asyncio.run(_figures(settings, tenant, days))
    if as_json:
        click.echo(msgspec.json.encode(read))
        return
    _draw(read)


async def _figures(settings: Settings, tenant: str, days: tuple[date | None, date | None]) -> _Read:
    loaded = load_ruleset(settings)

    async def count(tx: TenantTx) -> _Read:
        figures = await figures_of(tx, await period_of(tx, first=days[0], end=days[1]), loaded=loaded)
        return _Read(
            period=figures.tally.period,
            read_at=figures.tally.read_at,
            has_data=figures.tally.coverage.has_data,
            measures=list(figures.measures.values()),
        )

    async with storage(settings, tell=tell):
        return (await in_each_tenant(settings, tenant, count))[tenant]


async def _records(
    settings: Settings, tenant: str, days: tuple[date | None, date | None], measure: str
) -> Sequence[Record]:
    loaded: LoadReport = load_ruleset(settings)

    async def find(tx: TenantTx) -> Sequence[Record]:
        return await records_of(tx, await period_of(tx, first=days[0], end=days[1]), measure, loaded=loaded)

    async with storage(settings, tell=tell):
        return (await in_each_tenant(settings, tenant, find))[tenant]


def _draw(read: _Read) -> None:
    console = paint.paper()
    last = read.period.end - timedelta(days=1)
    console.print(paint.shown(f"{read.period.first} to {last}, {read.period.zone}", style="bold"))
    if not read.has_data:
        console.print(paint.shown("No data came in: what was not seen may have happened.", style=paint.WARN))
    table = paint.table()
    table.add_column("measure", no_wrap=True)
    for heading in ("value", "95 %", "n", "before"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("against before")
    for one in read.measures:
        write = _WRITE[DEFINITIONS[one.id].unit]
        cells = [write(number) for number in (one.value, one.p95)]
        cells += [f"{one.n:,}", write(one.before), one.trend.replace("_", " ")]
        style = paint.BAD if one.is_met is False else ""
        table.add_row(Text(one.id), *(Text(cell, style=style) for cell in cells))
    console.print(table)


def _list(records: Sequence[Record], *, as_json: bool) -> None:
    for one in records:
        if as_json:
            click.echo(msgspec.json.encode(one))
        else:
            click.echo(f"{one.at:%Y-%m-%d %H:%M:%S}  {one.id:<30}  {paint.plain(one.label)}  {one.quantity:g}")


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:,.0f}"


def _span(value: float | None) -> str:
    return "-" if value is None else span(timedelta(seconds=value))


def _share(value: float | None) -> str:
    return "-" if value is None else f"{int(value * 1000 + 1e-9) / 10:g} %"


_WRITE: dict[Unit, Callable[[float | None], str]] = {
    "count": _number,
    "days": _number,
    "seconds": _span,
    "share": _share,
}
