"""`watchfloor regimes list|show|check`: the rules of the breach desk as they are shipped, and whether files are sound.

Reads files only; needs no server and no tenant.
"""

from datetime import date, datetime
from pathlib import Path
from typing import Final

import click

from watchfloor.breach.rules.library import Library, read_library, read_regimes, shipped
from watchfloor.breach.rules.regime import Clock, Regime, Stage, in_force
from watchfloor.kernel.characters import visible
from watchfloor.kernel.clock import SystemClock
from watchfloor.kernel.errors import Invalid

_UNITS: Final = (("hours", "h"), ("days", "days"), ("working_days", "working days"), ("months", "month(s)"))


@click.group()
def regimes() -> None:
    """See which clocks run when a breach is found, and by which source."""


@regimes.command("list")
@click.option("--all", "everything", is_flag=True, help="The states of the USA as well.")
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="The rules in force on this day; without it, today.")
def list_regimes(*, everything: bool, on: datetime | None) -> None:
    """List the regimes and their stages in force."""
    day = _day(on)
    for regime in shipped().regimes:
        if everything or not regime.id.startswith("us-"):
            for stage in in_force(regime.stages, day):
                _print(f"{regime.id:<20} {stage.stage:<22} {_due(stage):<44} {stage.mark}")


@regimes.command("show")
@click.argument("regime")
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="Only the rules in force on this day.")
def show_regime(*, regime: str, on: datetime | None) -> None:
    """Show one regime with every version of its rules."""
    found = shipped().find(regime)
    for line in _lines(found, None if on is None else on.date()):
        _print(line)


@regimes.command("check")
@click.argument("path", type=click.Path(path_type=Path, exists=True), required=False)
def check_rules(*, path: Path | None) -> None:
    """Check the shipped rules, a folder that is laid out like them, or one file of regimes."""
    if path is None:
        _count(shipped())
    elif path.is_dir():
        _count(_folder(path))
    else:
        found = read_regimes({path.name: path.read_bytes()})
        _print(f"{len(found)} regimes are sound")


def _folder(path: Path) -> Library:
    try:
        return read_library(path)
    except FileNotFoundError as fault:
        raise Invalid("The folder lacks a file that belongs to the rules.", where=str(fault.filename)) from None


def _count(library: Library) -> None:
    stages = [stage for regime in library.regimes for stage in regime.stages]
    open_rows = sum(stage.mark == "unconfirmed" for stage in stages)
    unseen = sum(row.verified_at is None for row in library.authorities)
    _print(f"{len(library.regimes)} regimes with {len(stages)} dated stages are sound; {open_rows} are unconfirmed")
    _print(f"{len(library.authorities)} authorities; nobody has verified {unseen} of them")


def _lines(regime: Regime, day: date | None) -> list[str]:
    lines = [f"{regime.id}: {regime.title}", f"  who: {regime.actor}, {regime.jurisdiction}"]
    for trigger in regime.triggers if day is None else in_force(regime.triggers, day):
        lines.append(f"  from {trigger.moment} on; {_span(trigger.valid_from, trigger.valid_to)}; {trigger.source}")
        lines.append(f"    {trigger.words}")
    for stage in regime.stages if day is None else in_force(regime.stages, day):
        lines.append(f"  {stage.stage}: {stage.title}, to {stage.recipient}")
        lines.append(f"    {_due(stage)}; {_span(stage.valid_from, stage.valid_to)}; {stage.source}; {stage.mark}")
        lines += [f"    {stage.note}"] if stage.note else []
    return [*lines, f"  {regime.note}"] if regime.note else lines


def _due(stage: Stage) -> str:
    words = _clock(stage.due[-1])
    return words if stage.at_latest is None else f"{words}, at latest {_clock(stage.at_latest)}"


def _clock(clock: Clock) -> str:
    start = clock.after or clock.after_stage
    if clock.year_end:
        start = f"the year of {start}"
    for name, unit in _UNITS:
        length = getattr(clock, name)
        if length is not None:
            return f"{length} {unit} after {start}"
    return f"{'by contract' if clock.by_contract else 'without undue delay'} after {start}"


def _span(first: date, last: date | None) -> str:
    return f"from {first}" if last is None else f"{first} to {last}"


def _day(on: datetime | None) -> date:
    return SystemClock().now().date() if on is None else on.date()


def _print(line: str) -> None:
    click.echo(visible(line, newline=" "))
