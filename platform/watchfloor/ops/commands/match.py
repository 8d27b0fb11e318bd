"""`watchfloor match EVENTS... --rules DIR`: recorded events held against rules. Needs no server and no settings."""

import os
import sys
from collections.abc import Generator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from time import monotonic
from typing import IO, Final

import click
import msgspec
from rich.console import Console

from watchfloor.detect.load import load_shared_rules
from watchfloor.detect.rule import LEVELS, Level, LoadReport
from watchfloor.kernel.errors import Invalid
from watchfloor.normalise.dispatch import SOURCE_HINTS
from watchfloor.ops.rulesets.folders import load_folders, read_lists, refuse_open
from watchfloor.ops.scan.correlating import Correlations
from watchfloor.ops.scan.matching import Matcher, open_engine
from watchfloor.ops.scan.progress import bar
from watchfloor.ops.scan.report import Pace, draw, matches, summary
from watchfloor.ops.scan.scanner import processes, scan
from watchfloor.ops.scan.selection import Selection, select
from watchfloor.ops.scan.sources import Source, find_sources
from watchfloor.ops.scan.tally import Tally
from watchfloor.ops.scan.verdict import Match, json_line
from watchfloor.ops.terminal import tell

_EVENTS: Final = click.Path(exists=True, allow_dash=True, path_type=Path)
_FOLDER: Final = click.Path(exists=True, path_type=Path)
_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
_NEW_FILE: Final = click.Path(dir_okay=False, path_type=Path)


class _Ways(msgspec.Struct, frozen=True, kw_only=True):
    """How to scan, and where the result goes."""

    as_json: bool
    output: Path | None
    jobs: int
    hint: str | None
    examples: int


@click.command(short_help="Hold recorded events against rules.")
@click.argument("events", nargs=-1, required=True, type=_EVENTS)
@click.option("--rules", "folders", multiple=True, type=_FOLDER, metavar="DIR", help="Rules to hold them against.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a match, one a line.")
@click.option("--output", type=_NEW_FILE, metavar="FILE", help="Write there and not to standard output.")
@click.option("--level", "lowest", type=click.Choice(LEVELS), metavar="MIN", help="No rule below this level.")
@click.option("--lists", type=_FILE, metavar="FILE", help="YAML with the values of the %lists% in rules.")
@click.option("--source", "hint", type=click.Choice(sorted(SOURCE_HINTS)), help="What all the events are.")
@click.option("--examples", type=click.IntRange(0), default=3, show_default=True, help="Matches shown of each rule.")
@click.option("--jobs", type=click.IntRange(1, 256), default=os.cpu_count() or 1, help="Processes; as many as cores.")
@click.option("--strict", is_flag=True, help="End with code 1 if any rule, file or record was refused.")
def match(  # noqa: PLR0913  # one for each option
    *,
    events: tuple[Path, ...],
    folders: tuple[Path, ...],
    as_json: bool,
    output: Path | None,
    lowest: Level | None,
    lists: Path | None,
    hint: str | None,
    examples: int,
    jobs: int,
    strict: bool,
) -> None:
    """Hold the events in EVENTS (files, folders, or - for standard input) against rules.

    Reads EVTX, JSON lines, JSON arrays, CloudTrail files and lines of text; any of them may be compressed (gzip, xz,
    zstd, bzip2). Without --rules the rules are those that Watchfloor brings. --rules may be given several times.

    Ends with code 0 when all files were read, 1 when one was not or no rule could be run, 2 for wrong usage.
    """
    report = _load(folders, lists)
    chosen = select(report.rules, lowest=lowest)
    if not chosen.told:
        raise Invalid("There is no rule to hold the events against.", remedy="The reasons stand above, if there are.")
    sources = find_sources(events)
    ways = _Ways(as_json=as_json, output=output, jobs=jobs, hint=hint, examples=examples)
    correlations = Correlations(chosen.rules)
    tally = Tally(chosen.rules, told=chosen.told, correlations=correlations, keep=examples)
    pace = _scan(sources, chosen, correlations, tally=tally, ways=ways)
    draw(Console(stderr=True), summary(tally, pace, rules=len(chosen.told), refused=len(report.faults)))
    incomplete = tally.files_damaged or (strict and (tally.broken or report.faults))
    click.get_current_context().exit(1 if incomplete else 0)


def _load(folders: Sequence[Path], lists: Path | None) -> LoadReport:
    """The rules that can be run; why others cannot goes to standard error."""
    known = {} if lists is None else read_lists(lists)
    report = refuse_open(load_folders(folders, lists=known) if folders else load_shared_rules())
    for fault in report.faults:
        tell(str(fault))
    return report


def _scan(
    sources: Sequence[Source], chosen: Selection, correlations: Correlations, *, tally: Tally, ways: _Ways
) -> Pace:
    """Scans all files, writes what is found, counts it, and says how long it took."""
    matcher = Matcher(open_engine(chosen.rules), carried=correlations.carried, hint=ways.hint)
    begun = monotonic()
    with _opened(ways.output) as out, closing(scan(sources, matcher, jobs=ways.jobs)) as parts:
        with bar(sources) as show:
            for part in parts:
                found, complaints = tally.add(part)
                for complaint in complaints:
                    tell(str(complaint))
                _write(found if ways.as_json else [], out)
                show(part.taken, tally)
        found = tally.close()
        size = sum(source.size for source in sources)
        pace = Pace(seconds=monotonic() - begun, bytes=size, jobs=processes(sources, ways.jobs))
        _write(found if ways.as_json else [], out)
        if not ways.as_json:
            console = Console(file=out)
            draw(console, matches(tally, width=console.width if console.is_terminal else None))
    return pace


def _write(found: Sequence[Match], out: IO[str]) -> None:
    if found:
        out.write("".join(f"{json_line(one)}\n" for one in found))


@contextmanager
def _opened(path: Path | None) -> Generator[IO[str]]:
    if path is None:
        yield sys.stdout
        sys.stdout.flush()
    else:
        with path.open("w", encoding="utf-8", errors="backslashreplace") as file:
            yield file
