"""`watchfloor rules import DIR`: a collection of rules becomes part of this installation."""

from pathlib import Path
from typing import Final, get_args

import click
from rich.console import Console
from rich.text import Text

from watchfloor.detect.rule import LEVELS, Level, Status
from watchfloor.kernel.clock import SystemClock
from watchfloor.kernel.config import load_settings
from watchfloor.ops.paint import ACCENT, DIM, WARN, counted, plain
from watchfloor.ops.rulesets.importing import Import, Wish, import_rules
from watchfloor.ops.rulesets.lint import words_of
from watchfloor.ops.rulesets.manifest import Choice
from watchfloor.ops.rulesets.origin import find_origin
from watchfloor.ops.scan.report import draw
from watchfloor.ops.scan.verdict import json_line

_DIR: Final = click.Path(exists=True, file_okay=False, path_type=Path)
_STATUSES: Final = click.Choice(get_args(Status))
_SOURCES_SHOWN: Final = 12


@click.command("import", short_help="Take a collection of rules, such as SigmaHQ's, into this installation.")
@click.argument("folder", type=_DIR, metavar="DIR")
@click.option("--as", "name", metavar="NAME", help="What to call the set; by default after the folder.")
@click.option("--level", type=click.Choice(LEVELS), metavar="MIN", help="Take no rule below this level.")
@click.option("--status", "statuses", type=_STATUSES, multiple=True, help="Take rules of this status only.")
@click.option("--licence", metavar="ID", help="The rules' licence, where no LICENSE says it.")
@click.option("--dry-run", is_flag=True, help="Say what would be, and change nothing.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object with the manifest and all refusals.")
def rules_import(  # one for each option
    *,
    folder: Path,
    name: str | None,
    level: Level | None,
    statuses: tuple[Status, ...],
    licence: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Take the rules in DIR, a checkout with folders rules* and a LICENSE, into this installation.

    They are pinned to the checkout's commit and copied. A set that was imported under the same name before is replaced
    in one step. Rules that cannot be run are refused and named, each with file, line, column and reason.
    """
    wish = Wish(
        name=name or find_origin(folder).root.name.lower(),
        choice=Choice(level=level, statuses=statuses),
        licence=licence,
    )
    result = import_rules(folder, load_settings().home, wish, now=SystemClock().now(), dry_run=dry_run)
    if as_json:
        click.echo(json_line(result))
    else:
        draw(Console(), _lines(result, dry_run=dry_run))


def _lines(result: Import, *, dry_run: bool) -> list[Text]:
    manifest, counts = result.manifest, result.manifest.counts
    lines = [Text.assemble((f"{fault.file}:{fault.line}:{fault.column}: ", ACCENT), plain(fault.reason))
             for fault in result.faults]  # fmt: skip
    verb = "would be imported" if dry_run else "imported"
    lines.append(Text(f"{counted(counts.rules, 'rule')} {verb} as {manifest.name}", style="bold"))
    pinned = f"commit {manifest.commit}" if manifest.commit is not None else f"content {manifest.folder}"
    lines.append(_fact("from", f"{manifest.source}, {pinned}"))
    lines.append(_fact("licence", f"{manifest.licence}; each rule keeps its author"))
    lines.append(_fact("files", f"{counts.files:,}"))
    if counts.refused:
        lines.append(_fact("refused", f"{counts.refused:,}, named above", WARN))
    if counts.left_out:
        lines.append(_fact("left out", f"{counts.left_out:,} by --level or --status"))
    if result.previous is not None:
        lines.append(_fact("before", _previous(result)))
    if counts.without_parser:
        lines.append(_fact("waiting", f"{counts.without_parser:,} for log sources that no parser makes yet:", WARN))
        lines += [
            Text.assemble(f"{'':<12}", (f"{rules:>5,}  ", ACCENT), (words_of(logsource), DIM))
            for logsource, rules in result.missing[:_SOURCES_SHOWN]
        ]
        rest = result.missing[_SOURCES_SHOWN:]
        if rest:
            words = f"of {counted(len(rest), 'other log source')}"
            lines.append(Text.assemble(f"{'':<12}", (f"{sum(n for _, n in rest):>5,}  ", ACCENT), (words, DIM)))
    return lines


def _previous(result: Import) -> str:
    if result.previous is None:
        return "nothing"
    before, after = result.previous, result.manifest
    if before.folder == after.folder:
        return "the same files"
    added = len(after.files.keys() - before.files.keys())
    gone = len(before.files.keys() - after.files.keys())
    changed = sum(before.files.get(path, digest) != digest for path, digest in after.files.items())
    return f"{added:,} files more, {gone:,} gone, {changed:,} changed"


def _fact(name: str, words: str, style: str = "") -> Text:
    return Text.assemble((f"  {name:<10}", DIM), (plain(words), style))
