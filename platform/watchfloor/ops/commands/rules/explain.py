"""`watchfloor rules explain RULE EVENT`: why a rule matches an event, or why it does not."""

from pathlib import Path
from typing import Final

import click
from rich.console import Console

from watchfloor.detect.explain import explain
from watchfloor.detect.finding import find_rule
from watchfloor.detect.rule import Rule
from watchfloor.kernel.config import load_settings
from watchfloor.kernel.errors import Invalid
from watchfloor.normalise.dispatch import SOURCE_HINTS
from watchfloor.ops.rulesets.drawing import draw_explanation
from watchfloor.ops.rulesets.folders import load_folders, read_lists
from watchfloor.ops.rulesets.installed import load_ruleset
from watchfloor.ops.scan.picking import pick_event
from watchfloor.ops.scan.report import draw
from watchfloor.ops.scan.verdict import json_line

_EVENT: Final = click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path)
_DIR: Final = click.Path(exists=True, path_type=Path)
_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("explain", short_help="Show why a rule matches an event, or why not.")
@click.argument("rule")
@click.argument("event", type=_EVENT)
@click.option("--index", type=click.IntRange(0), default=0, show_default=True, help="Which event of the file.")
@click.option("--rules", "folders", multiple=True, type=_DIR, metavar="DIR", help="Where to look for the rule.")
@click.option("--lists", type=_FILE, metavar="FILE", help="YAML with the values of the %lists% in rules.")
@click.option("--source", "hint", type=click.Choice(sorted(SOURCE_HINTS)), help="What the event is.")
@click.option("--full", is_flag=True, help="Cut nothing short.")
@click.option("--json", "as_json", is_flag=True, help="The tree as one JSON object.")
def rules_explain(
    *,
    rule: str,
    event: Path,
    index: int,
    folders: tuple[Path, ...],
    lists: Path | None,
    hint: str | None,
    full: bool,
    as_json: bool,
) -> None:
    """Show the tree of RULE on EVENT, with what held and what did not.

    RULE is an id, a title or a part of it, or a rule's file. EVENT is a file as `watchfloor match` reads them, or - for
    standard input. Rules are looked for in this installation, or in the folders of --rules.
    """
    found = _rule(rule, folders, {} if lists is None else read_lists(lists))
    explanation = explain(found, pick_event(event, index, hint=hint))
    if as_json:
        click.echo(json_line(explanation))
    else:
        console = Console()
        draw(console, draw_explanation(explanation, console=console, full=full))


def _rule(words: str, folders: tuple[Path, ...], lists: dict[str, tuple[str, ...]]) -> Rule:
    """The rule that is meant. What cannot be run of the file it stands in is said instead of that it is not there."""
    path = Path(words)
    if path.is_file():
        report = load_folders([path], lists=lists)
        if not report.rules:
            raise Invalid(report.faults[0].reason if report.faults else "There is no rule in it.", where=words)
        return report.rules[0] if len(report.rules) == 1 else find_rule(report.rules, words)
    if folders:
        return find_rule(load_folders(folders, lists=lists).rules, words)
    return find_rule(load_ruleset(load_settings()).rules, words)
