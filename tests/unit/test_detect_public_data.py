"""Agreement with other engines on public data: every rule of SigmaHQ loads, and fires where others say it fires.

Where we match more than the references, each match is argued from the specification by `sigma_data.difference`.
"""

from collections import Counter, defaultdict

import pytest

from tests.unit import sigma_data
from tests.unit.sigma_data import ENGINES, FOLDERS, SIGMAHQ, Judged, difference, matched, needs, sigmahq
from watchfloor.detect.engine import Engine
from watchfloor.detect.lists import names_of
from watchfloor.detect.load import load_rules

# Documents with `detection:` in each folder of the snapshot that `sigma_data` names.
IN_FOLDERS = {"rules": 3_141, "rules-emerging-threats": 473, "rules-threat-hunting": 140, "rules-compliance": 3}


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Engine:
    return sigma_data.engine_of(str(request.param))


def extras(engine: Engine, judged: list[Judged]) -> tuple[list[frozenset[str]], Counter[str]]:
    """The matches that nothing argues, event by event, and how often each argument was needed."""
    rules = {rule.id: rule for rule in engine.rules}
    left: list[frozenset[str]] = []
    reasons: Counter[str] = Counter()
    for ids, (event, expected) in zip(matched(engine, [event for event, _ in judged]), judged, strict=True):
        assert expected & rules.keys() <= ids
        argued = {name: difference(rules[name], event) for name in ids - expected}
        reasons.update(reason for reason in argued.values() if reason is not None)
        left.append(frozenset(name for name, reason in argued.items() if reason is None))
    return left, reasons


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_rule_of_sigmahq_loads(folder: str) -> None:
    report = load_rules([needs(SIGMAHQ / folder)])
    assert report.faults == ()
    assert len(report.rules) == IN_FOLDERS[folder]
    assert all(rule.author != "unknown" for rule in report.rules)


def test_the_only_list_that_sigmahqs_rules_ask_for_is_one_of_certificate_servers() -> None:
    """Rules with placeholders load open; without the tenant's list they match nothing that reaches it."""
    asking = {rule.id: names_of(rule.condition) for rule in sigmahq().rules if names_of(rule.condition)}
    assert set(asking.values()) == {frozenset({"known_cdcs"})}
    assert len(asking) == 2


def test_the_regression_samples_match_exactly_what_three_engines_agree_on(engine: Engine) -> None:
    judged = sigma_data.regression_samples()
    assert sum(len(ids) for _, ids in judged) == 352
    assert matched(engine, [event for event, _ in judged]) == [ids for _, ids in judged]


def test_the_regression_samples_match_the_same_from_raw_evtx(engine: Engine) -> None:
    judged = sigma_data.regression_recordings()
    assert len(judged) == 238
    assert matched(engine, [event for event, _ in judged]) == [ids for _, ids in judged]


def test_the_attack_samples_match_what_independent_engines_agree_on(engine: Engine) -> None:
    judged = sigma_data.attacks()
    assert sum(len(ids) for _, ids in judged) > 1_500
    left, reasons = extras(engine, judged)
    assert set(left) == {frozenset()}
    assert sorted(reasons.values()) == [33, 76]


@pytest.mark.slow
def test_a_mixed_stream_matches_what_a_literal_evaluator_matched() -> None:
    """With the engine of production alone: the plain one takes a minute, and agrees (`test_prefilter_lines`)."""
    engine = sigma_data.engine_of("prefiltered")
    known = {rule.id for rule in engine.rules}
    ours: defaultdict[str, set[int]] = defaultdict(set)
    theirs: defaultdict[str, set[int]] = defaultdict(set)
    place = 0
    for judged in sigma_data.mixed():
        left, _ = extras(engine, judged)
        for ids, (_, expected) in zip(left, judged, strict=True):
            for name in ids:
                ours[name].add(place)
            for name in expected - known:
                theirs[name].add(place)
            place += 1
    assert place == 175_464
    # The reference gives a rule that it ran over Security 4688 an id of its own: as many rules, on the same events.
    assert len(theirs) == 82
    assert Counter(map(frozenset, ours.values())) == Counter(map(frozenset, theirs.values()))
