"""`watchfloor rules lint DIR...`: which rules cannot be run, and what is odd about the others."""

from pathlib import Path
from typing import Final

import click
import msgspec
from rich.console import Console
from rich.text import Text

from watchfloor.ops.paint import ACCENT, DIM, WARN, counted, plain
from watchfloor.ops.rulesets.folders import load_folders
from watchfloor.ops.rulesets.lint import CODES, Finding, Linting, lint
from watchfloor.ops.scan.report import draw
from watchfloor.ops.scan.verdict import json_line

_DIR: Final = click.Path(exists=True, path_type=Path)
_FAULT: Final = "bold #ff8a65"


@click.command("lint", short_help="Say which rules cannot be run, and what is odd about others.")
@click.argument("folders", nargs=-1, required=True, type=_DIR, metavar="DIR...")
@click.option("--shared", is_flag=True, help="Ask for what shared content must have: samples, runbook and so on.")
@click.option("--faults-only", is_flag=True, help="No warnings.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object with all findings.")
def rules_lint(*, folders: tuple[Path, ...], shared: bool, faults_only: bool, as_json: bool) -> None:
    """Look over the rules in DIR, which may be a file.

    A fault is why a rule cannot be run, as file:line:column. A warning is what else a detection engineer wants to know.
    Ends with code 1 if there are faults.
    """
    linting = lint(load_folders(folders, require_samples=shared))
    if faults_only:
        kept = tuple(finding for finding in linting.findings if finding.is_fault)
        linting = msgspec.structs.replace(linting, findings=kept)
    if as_json:
        click.echo(json_line(linting))
    else:
        console = Console()
        draw(console, [*map(_line, linting.findings), *_summary(linting)])
    click.get_current_context().exit(1 if linting.faults else 0)


def _line(finding: Finding) -> Text:
    kind, style = ("fault", _FAULT) if finding.is_fault else ("warning", WARN)
    return Text.assemble(
        (plain(f"{finding.file}:{finding.line}:{finding.column}:"), ACCENT),
        " ",
        (f"{kind}: ", style),
        plain(finding.reason),
        ("" if finding.is_fault else f"  [{finding.code}]", DIM),
    )


def _summary(linting: Linting) -> list[Text]:
    faults = linting.faults
    head = Text.assemble(
        ("\n" if linting.findings else ""),
        (f"{counted(linting.rules, 'rule')} can be run, ", "bold"),
        (f"{faults:,} cannot", _FAULT if faults else "bold"),
        (f"; {counted(sum(not one.is_fault for one in linting.findings), 'warning')}", "bold"),
    )
    lines = [
        Text.assemble((f"{count:>7,}  ", ACCENT), (f"{code:<15}", ""), (CODES[code], DIM))
        for code, count in linting.count()
    ]
    return [head, *lines]
