"""`watchfloor rules test [DIR...]`: rules held against their own samples, and against regression data."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click
import msgspec
from rich.console import Console
from rich.text import Text

from watchfloor.detect.explain import Explanation, explain
from watchfloor.detect.load import load_shared_rules
from watchfloor.detect.rule import LoadReport
from watchfloor.detect.samples import SampleFault, check_samples, normalise_sample
from watchfloor.normalise.failure import ParseFailed
from watchfloor.ops.paint import ACCENT, DIM, WARN, counted, plain
from watchfloor.ops.rulesets.drawing import NO, YES, draw_explanation
from watchfloor.ops.rulesets.folders import load_folders
from watchfloor.ops.rulesets.regression import Case, Outcome, cases_in, run_case
from watchfloor.ops.scan.report import draw
from watchfloor.ops.scan.verdict import json_line

_DIR: Final = click.Path(exists=True, path_type=Path)
_FOLDER: Final = click.Path(exists=True, file_okay=False, path_type=Path)


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """Something that did not go as it must: where, why, and the rule's tree where that helps."""

    where: str
    reason: str
    explanations: tuple[Explanation, ...] = ()


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What testing gave."""

    rules: int
    without_samples: int
    samples: int
    regressions: int
    failures: tuple[Failure, ...]


@click.command("test", short_help="Hold rules against their own samples.")
@click.argument("folders", nargs=-1, type=_DIR, metavar="[DIR]...")
@click.option("--regression", type=_FOLDER, metavar="DIR", help="Folders with info.yml and samples, as SigmaHQ's.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object with all failures.")
def rules_test(*, folders: tuple[Path, ...], regression: Path | None, as_json: bool) -> None:
    """Hold the rules in DIR, or the shared content, against their samples: what must fire, and what must not.

    Each failure is shown with the rule's tree. Ends with code 1 if there is one, or a rule that cannot be run.
    """
    report = load_folders(folders) if folders else load_shared_rules()
    outcomes = [] if regression is None else list(_run(report, regression))
    result = _result(report, outcomes)
    if as_json:
        click.echo(json_line(result))
    else:
        console = Console()
        draw(console, _lines(result, console))
    click.get_current_context().exit(1 if result.failures else 0)


def _run(report: LoadReport, regression: Path) -> Iterator[Outcome]:
    rules = {rule.id: rule for rule in report.rules}
    for case in cases_in(regression):
        yield run_case(case, rules) if isinstance(case, Case) else case


def _result(report: LoadReport, outcomes: list[Outcome]) -> Result:
    faults = check_samples(report.rules, report.samples)
    counts = {rule_id: len(own.fires) + len(own.silent) for rule_id, own in report.samples.items()}
    return Result(
        rules=len(report.rules),
        without_samples=sum(rule.alerts and not counts.get(rule.id) for rule in report.rules),
        samples=sum(counts.values()),
        regressions=len(outcomes),
        failures=(
            *(
                Failure(where=f"{fault.file}:{fault.line}:{fault.column}", reason=fault.reason)
                for fault in report.faults
            ),
            *(_of_sample(fault, report) for fault in faults),
            *(
                Failure(where=str(outcome.case.file), reason=outcome.reason, explanations=outcome.explanations)
                for outcome in outcomes
                if outcome.reason is not None
            ),
        ),
    )


def _of_sample(fault: SampleFault, report: LoadReport) -> Failure:
    rule = next(rule for rule in report.rules if rule.id == fault.rule_id)
    samples = report.samples[fault.rule_id]
    body = (samples.fires if fault.kind == "fires" else samples.silent)[fault.index]
    explanations: tuple[Explanation, ...] = ()
    if rule.correlation is None:
        try:
            explanations = (explain(rule, normalise_sample(body)),)
        except ParseFailed:
            explanations = ()
    where = f"{fault.path}: samples.{fault.kind}[{fault.index}]"
    return Failure(where=where, reason=fault.reason, explanations=explanations)


def _lines(result: Result, console: Console) -> Iterator[Text]:
    for failure in result.failures:
        yield Text.assemble(("✗ ", f"bold {NO}"), (plain(failure.where), ACCENT), ": ", plain(failure.reason))
        for explanation in failure.explanations:
            yield from draw_explanation(explanation, console=console)
        yield Text()
    held = f"{counted(result.rules, 'rule')} held against {counted(result.samples, 'sample')} of their own"
    if result.regressions:
        held += f" and {counted(result.regressions, 'regression sample')}"
    yield Text(held, style="bold")
    if result.without_samples:
        yield Text(f"{counted(result.without_samples, 'rule')} without samples", style=WARN if result.samples else DIM)
    if result.failures:
        yield Text(counted(len(result.failures), "failure"), style=f"bold {NO}")
    else:
        yield Text("All went as it must.", style=f"bold {YES}")
