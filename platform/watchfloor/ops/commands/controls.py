"""`watchfloor controls list|show|entries|enter|withdraw|threshold`: evidence for controls, at the terminal.

The commands only read the command line and print; what they do is in `controls`. The audit entries of the tenant say
that the operator did it, and an entry made here is shown as entered by that operator's account of the machine.
"""

import asyncio
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import get_args

import click
import msgspec

from watchfloor.controls import tenant as tenants
from watchfloor.controls.detection.coverage import content_of
from watchfloor.controls.entries.entry import EntryId
from watchfloor.controls.entries.keeping import (
    MOST_BYTES,
    Stated,
    attach,
    enter,
    evidence_files,
    valid_entries,
    withdraw,
)
from watchfloor.controls.evidence import Evidence, FrameworkEvidence, measure
from watchfloor.controls.library import shipped
from watchfloor.controls.measurement import Beside
from watchfloor.controls.people.roster import operators_roster
from watchfloor.controls.period import local_day
from watchfloor.controls.sheet import as_csv, say_deviation, say_gap
from watchfloor.controls.thresholds.keeping import set_number
from watchfloor.controls.words import Language
from watchfloor.kernel import ids
from watchfloor.kernel.characters import visible
from watchfloor.kernel.clock import SystemClock
from watchfloor.kernel.config import Settings, load_settings
from watchfloor.kernel.db import Database, Role
from watchfloor.kernel.errors import Invalid
from watchfloor.ops.office import office_of
from watchfloor.ops.rulesets.installed import load_ruleset

_DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.group(short_help="Show evidence for controls; enter what is not measured.")
def controls() -> None:
    """Evidence for the controls of a framework: what is measured, what people entered, and what is missing."""


@controls.command("list", short_help="List the frameworks and evidence kinds.")
def list_frameworks() -> None:
    """List the frameworks that evidence can be shown for, and the evidence kinds with their metrics."""
    for framework in shipped().frameworks:
        click.echo(f"{framework.id:<20} {framework.title} {framework.version}, {len(framework.controls)} controls")
    for kind in shipped().kinds:
        click.echo(f"{kind.id}  {kind.title.en}: {', '.join(metric.id for metric in kind.metrics)}")


@controls.command("show", short_help="Show the evidence of a period for a framework.")
@click.argument("framework")
@click.option("--tenant", required=True, metavar="SLUG", help="The customer.")
@click.option("--from", "first", type=_DAY, help="The first day; without it, last month's.")
@click.option("--to", "until", type=_DAY, help="The day after the last; without it, this month's first.")
@click.option("--language", type=click.Choice(get_args(Language)), default="en", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option("--csv", "csv_file", type=click.Path(dir_okay=False, path_type=Path), help="Write the rows to FILE.")
def show_evidence(
    *,
    framework: str,
    tenant: str,
    first: datetime | None,
    until: datetime | None,
    language: Language,
    as_json: bool,
    csv_file: Path | None,
) -> None:
    """Show what the records say to each control, what is entered, and what is missing."""
    wanted = shipped().framework(framework)
    settings = load_settings()
    now = SystemClock().now()
    end = now.date().replace(day=1) if until is None else until.date()
    begin = (end - timedelta(days=1)).replace(day=1) if first is None else first.date()
    found = asyncio.run(_measured(settings, tenant, begin, end, now)).of(wanted)
    if csv_file is not None:
        csv_file.write_text(as_csv(found, shipped(), language), "utf-8", newline="")
        click.echo(f"{sum(1 for _ in found.rows)} rows are in {csv_file}.")
    elif as_json:
        click.echo(msgspec.json.encode(found))
    else:
        _draw(found, language)


@controls.command("entries", short_help="List what people entered.")
@click.option("--tenant", required=True, metavar="SLUG", help="The customer.")
def list_entries(*, tenant: str) -> None:
    """List the entries that count, the oldest first."""
    asyncio.run(_list(tenant))


@controls.command("enter", short_help="Enter a number as evidence.")
@click.argument("kind")
@click.argument("metric")
@click.option("--tenant", required=True, metavar="SLUG", help="The customer.")
@click.option("--from", "first", type=_DAY, required=True, help="The first day that it holds for.")
@click.option("--to", "until", type=_DAY, required=True, help="The day after the last.")
@click.option("--note", required=True, metavar="TEXT", help="Where the number comes from.")
@click.option("--value", type=float, help="The number, where it is no share.")
@click.option("--numerator", type=click.IntRange(min=0), help="How many are good.")
@click.option("--denominator", type=click.IntRange(min=1), help="Of how many.")
@click.option("--on", "happened_on", type=_DAY, help="The day on which it happened, for an age.")
@click.option("--incident", type=click.IntRange(min=1), help="The number of the incident that it was done for.")
@click.option("--document", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A file kept with it.")
def enter_number(  # noqa: PLR0913  each is an option
    *,
    kind: str,
    metric: str,
    tenant: str,
    first: datetime,
    until: datetime,
    note: str,
    value: float | None,
    numerator: int | None,
    denominator: int | None,
    happened_on: datetime | None,
    incident: int | None,
    document: Path | None,
) -> None:
    """Enter a number for METRIC of the evidence kind KIND. It is shown as entered, never as measured."""
    stated = Stated(
        kind=kind,
        metric=metric,
        first=first.date(),
        until=until.date(),
        note=note,
        value=value,
        numerator=numerator,
        denominator=denominator,
        happened_on=None if happened_on is None else happened_on.date(),
        incident=incident,
    )
    if document is not None and document.stat().st_size > MOST_BYTES:
        raise Invalid(f"A document has {MOST_BYTES} bytes at most.", where=str(document))
    content = None if document is None else (document.name, document.read_bytes())
    asyncio.run(_enter(tenant, stated, content))


@controls.command("withdraw", short_help="Take an entry back.")
@click.argument("entry")
@click.option("--tenant", required=True, metavar="SLUG", help="The customer.")
def withdraw_entry(*, entry: str, tenant: str) -> None:
    """Take ENTRY back: it stays readable and counts no more."""
    asyncio.run(_withdraw(tenant, EntryId(ids.parse("evd", entry))))


@controls.command("threshold", short_help="Hold a customer to a stricter number.")
@click.argument("kind")
@click.argument("metric")
@click.argument("number", type=float)
@click.option("--tenant", required=True, metavar="SLUG", help="The customer.")
def set_threshold(*, kind: str, metric: str, number: float, tenant: str) -> None:
    """Hold the customer to NUMBER from now on. A looser number than the usual one is refused."""
    asyncio.run(_threshold(tenant, kind, metric, number))


async def _measured(settings: Settings, slug: str, first: date, until: date, now: datetime) -> Evidence:
    async with office_of(slug) as office:
        directory = await Database.open(settings, Role.AUTH, connections=1)
        records = await Database.open(settings, Role.APP, connections=1)
        try:
            roster = await operators_roster(records, directory, first=first, until=until)
        finally:
            await records.close()
            await directory.close()
        beside = Beside(content=content_of(load_ruleset(settings).rules), roster=roster)
        return await measure(office.tx, office.cipher, shipped(), first=first, until=until, now=now, beside=beside)


async def _list(slug: str) -> None:
    async with office_of(slug) as office:
        found = await valid_entries(office.tx, office.cipher, at=SystemClock().now())
    for entry in found:
        share = "" if entry.numerator is None else f" {entry.numerator} of {entry.denominator}"
        number = "" if entry.value is None else f" {entry.value:g}"
        day = "" if entry.happened_on is None else f" on {entry.happened_on}"
        _say(
            f"{ids.show('evd', entry.id)} {entry.kind} {entry.metric}{share}{number}{day},"
            f" {entry.first} until {entry.until}, entered by {entry.by} at {entry.at:%Y-%m-%d %H:%M}: {entry.note}"
        )
    if not found:
        _say("Nothing is entered.")


async def _enter(slug: str, stated: Stated, document: tuple[str, bytes] | None) -> None:
    async with office_of(slug) as office:
        kept = None
        if document is not None:
            name, content = document
            files = evidence_files(office.settings.home)
            kept = await attach(office.tx, office.cipher, files, name=name, content=content)
        made = await enter(
            office.tx,
            office.cipher,
            office.actor,
            library=shipped(),
            stated=stated,
            today=local_day(SystemClock().now(), await tenants.time_zone(office.tx)),
            document=kept,
        )
    _say(f"{ids.show('evd', made)} is entered.")


async def _withdraw(slug: str, entry_id: EntryId) -> None:
    async with office_of(slug) as office:
        await withdraw(office.tx, office.actor, entry_id)
    _say("The entry counts no more.")


async def _threshold(slug: str, kind: str, metric: str, number: float) -> None:
    async with office_of(slug) as office:
        await set_number(office.tx, office.actor, shipped(), kind=kind, metric=metric, number=number)
    _say(f"{kind} {metric} is held to {number:g} now.")


def _draw(found: FrameworkEvidence, language: Language) -> None:
    library = shipped()
    until = found.period.until - timedelta(days=1)
    _say(f"{found.title} {found.version}, {found.period.first} to {until} ({found.period.time_zone})")
    words = {outcome: library.phrases.outcomes[outcome].of(language) for outcome in found.counts}
    _say(", ".join(f"{words[outcome]}: {count}" for outcome, count in found.counts.items()))
    for control in found.controls:
        _say(f"{control.control:<18} {words[control.result]}")
        for row in control.rows:
            if not row.metric:
                continue
            value = "-" if row.value is None else f"{row.value:.5g}"
            of = "" if row.numerator is None else f" ({row.numerator} of {row.denominator})"
            limit = "" if row.threshold is None else f", {row.threshold.direction} {row.threshold.number:g}"
            by = ", entered" if row.is_entered and row.value is not None else ""
            _say(f"  {row.evidence_kind} {row.metric}: {value}{of} {row.unit}{limit}{by}: {words[row.result]}")
            for deviation in row.exceptions[:3]:
                _say(f"      {say_deviation(deviation, library, language)}")
            for gap in row.data_gaps:
                _say(f"      {say_gap(gap, library, language)}")
            if row.result == "no_data":
                _say(f"      {library.needs(row.evidence_kind, language)}")


def _say(text: str) -> None:
    click.echo(visible(text, newline=" "))
