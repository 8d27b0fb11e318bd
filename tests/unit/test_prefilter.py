"""The prefiltered engine matches what the plain engine matches, on rules and events that are made up for each other.

With the log source of the made-up rules, and with those rules over Windows, where the engine knows more of an event:
its number, that it is flat, what the normaliser adds to it.
"""

from collections.abc import Sequence
from pathlib import Path
from random import Random

import hypothesis.strategies as st
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings

from tests.unit.prefilter_cases import KINDS, WAYS, WINDOWS, agreed, of_kind, pairs, windows_rule
from tests.unit.sigma_cases import Rule, batches, event, load, make_batch
from tests.unit.sigma_oracle import Fields
from watchfloor.detect.engine import PlainEngine
from watchfloor.detect.prefilter.artifact import compile_frames, open_frames
from watchfloor.detect.prefilter.engine import PrefilteredEngine

Batch = tuple[list[Rule], list[Fields]]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("rules") / "rules.yml"


def agree_on_events(made: Sequence[Rule], fields: Sequence[Fields], file: Path) -> int:
    """Both engines match the same; the number of matches."""
    rules = list(load(made, file).values())
    events = [event(one) for one in fields]
    found = pairs(PlainEngine(rules).match(events))
    assert pairs(PrefilteredEngine(rules).match(events)) == found
    return len(found)


def agree_on_windows(made: Sequence[Rule], fields: Sequence[Fields], file: Path, random: Random) -> int:
    """Both engines match the same on events of Windows, as events and as lines; the number of matches."""
    rules = [msgspec.structs.replace(rule, logsource=WINDOWS) for rule in load(made, file).values()]
    kind = random.choice(KINDS)
    lines: list[bytes] = []
    for one in fields:
        rest = {name: value for name, value in one.items() if name not in {"EventID", "Channel"}}
        lines.append(random.choice(WAYS)(of_kind(kind, rest)))
    return len(agreed(rules, lines))


@given(batch=batches())
def test_made_up_rules_match_as_plain_evaluation_does(batch: Batch, file: Path) -> None:
    agree_on_events(*batch, file)


@given(batch=batches(), random=st.integers(0, 2**32).map(Random))
def test_made_up_rules_over_windows_match_as_plain_evaluation_does(batch: Batch, random: Random, file: Path) -> None:
    agree_on_windows(*batch, file, random)


@pytest.mark.slow
@settings(max_examples=800, suppress_health_check=[HealthCheck.too_slow])
@given(batch=batches())
def test_a_hundred_thousand_pairs_agree(batch: Batch, file: Path) -> None:
    agree_on_events(*batch, file)


@pytest.mark.slow
@settings(max_examples=800, suppress_health_check=[HealthCheck.too_slow])
@given(batch=batches(), random=st.integers(0, 2**32).map(Random))
def test_a_hundred_thousand_pairs_over_windows_agree(batch: Batch, random: Random, file: Path) -> None:
    agree_on_windows(*batch, file, random)


def test_the_pairs_are_worth_their_while(file: Path) -> None:
    """Where nothing matched, agreement would prove nothing."""
    made, fields = make_batch(Random(7), rules=40, events=80)
    assert agree_on_events(made, fields, file) > 40 * 80 // 8
    assert agree_on_windows(made, fields, file, Random(7)) > 40 * 80 // 10


def test_made_up_rules_match_the_same_after_they_were_kept(file: Path) -> None:
    made, fields = make_batch(Random(11), rules=60, events=60)
    rules = [msgspec.structs.replace(rule, logsource=WINDOWS) for rule in load(made, file).values()]
    opened = open_frames(compile_frames(rules))
    assert opened.rules == tuple(rules)
    assert opened.version == PlainEngine(rules).version
    for kind in KINDS:
        events = [of_kind(kind, {k: v for k, v in one.items() if k not in {"EventID", "Channel"}}) for one in fields]
        assert agreed(rules, [WAYS[0](one) for one in events], opened)


def test_what_the_filter_does_not_bring_up_is_not_decided() -> None:
    """It filters: of many rules, those that an event's text names come up, and no others."""
    rules = [windows_rule({"CommandLine|contains": f"word{number:04d}"}) for number in range(500)]
    engine = PrefilteredEngine(rules)
    scan = engine.scan((WINDOWS,), 1)
    assert scan(b'{"EventID":1,"CommandLine":"cmd /c nothing"}') == ()
    assert scan(b'{"EventID":1,"CommandLine":"cmd /c WORD0123 and word0456"}') == (123, 456)
