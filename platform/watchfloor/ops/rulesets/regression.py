"""Regression data as SigmaHQ keeps it: folders with an `info.yml` that says how often a rule matches a sample."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import msgspec

from watchfloor.detect.engine import PlainEngine
from watchfloor.detect.explain import Explanation, explain
from watchfloor.detect.rule import Rule
from watchfloor.detect.yaml_document import YamlFault, read_documents
from watchfloor.kernel.errors import Invalid
from watchfloor.ops.scan.picking import read_events

INFO: Final = "info.yml"


class _RuleName(msgspec.Struct):
    id: str
    title: str = ""


class _Test(msgspec.Struct):
    name: str
    path: str
    match_count: int = 1


class _Info(msgspec.Struct):
    rule_metadata: list[_RuleName]
    regression_tests_info: list[_Test] = []


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """A sample of which a rule must match at least `least` events. `file` says where it is asked for."""

    file: Path
    rule_id: str
    sample: Path
    least: int = 1


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """How a case went: `reason` is None if as it must. Else `explanations` show the rule on the sample's events."""

    case: Case
    reason: str | None
    explanations: tuple[Explanation, ...] = ()


_EXPLAINED: Final = 3


def cases_in(folder: Path) -> Iterator[Case | Outcome]:
    """The cases under a folder; for a description that cannot be read, an outcome that says so."""
    for file in sorted(folder.rglob(INFO)):
        try:
            documents = list(read_documents(file.read_bytes()))
            info = msgspec.convert(documents[0].value if documents else None, _Info)
        except (YamlFault, msgspec.ValidationError, OSError) as error:
            case = Case(file=file, rule_id="", sample=file)
            yield Outcome(case=case, reason=f"The description cannot be read: {error}.")
            continue
        for rule in info.rule_metadata:
            for test in info.regression_tests_info:
                sample = file.parent / Path(test.path).name
                yield Case(file=file, rule_id=rule.id.lower(), sample=sample, least=test.match_count)


def run_case(case: Case, rules: Mapping[str, Rule]) -> Outcome:
    """Holds the sample against the rule, from the raw file."""
    rule = rules.get(case.rule_id)
    if rule is None:
        return Outcome(case=case, reason=f"The rule {case.rule_id} is not among those that can be run.")
    try:
        events = read_events(case.sample)
    except (Invalid, OSError) as error:
        return Outcome(case=case, reason=f"The sample cannot be read: {error}")
    found = len(PlainEngine([rule]).match(events).rule)
    if found >= case.least:
        return Outcome(case=case, reason=None)
    return Outcome(
        case=case,
        reason=f"The rule matches {found} of {len(events)} events; at least {case.least} must be.",
        explanations=tuple(explain(rule, event) for event in events[:_EXPLAINED] if rule.correlation is None),
    )
