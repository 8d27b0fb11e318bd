"""How much the shared rules say about recorded networks: little on a mixed stream, much on recordings of attacks.

The recordings are not part of this repository; see `sigma_data`. Without them these tests skip.
"""

import gzip
from collections import Counter, defaultdict
from typing import Final

import msgspec
import pytest

from tests.unit import sigma_data
from tests.unit.sigma_data import DATA, SampleEvent, event_of, matched, needs
from watchfloor.detect.load import load_shared_rules
from watchfloor.detect.prefilter.engine import PrefilteredEngine
from watchfloor.detect.rule import Rule

# Over 175,464 events of several weeks and labs, about one in a hundred of an attack, there are 217 matches of these
# levels, all but a dozen on events that public rules find too; the dozen are attack tools that those rules miss.
MOST_SERIOUS_PER_10_000: Final = 15.0
MOST_UNCONFIRMED_SERIOUS: Final = 20
MOST_OF_ONE_RULE: Final = 60

LEAST_ATTACK_EVENTS: Final = 1_300
LEAST_ATTACK_RECORDINGS: Final = 150


def alerting() -> dict[str, Rule]:
    return {rule.id: rule for rule in load_shared_rules().rules if rule.alerts and rule.correlation is None}


@pytest.mark.slow
def test_the_shared_rules_are_quiet_on_a_mixed_stream() -> None:
    rules = alerting()
    engine = PrefilteredEngine(tuple(rules.values()))
    serious, unconfirmed, events = 0, 0, 0
    counts: Counter[str] = Counter()
    for judged in sigma_data.mixed():
        events += len(judged)
        found = matched(engine, [event for event, _ in judged])
        for ids, (_, confirmed) in zip(found, judged, strict=True):
            loud = [rule_id for rule_id in ids if rules[rule_id].level in {"high", "critical"}]
            serious += len(loud)
            unconfirmed += len(loud) if not confirmed else 0
            counts.update(rules[rule_id].path for rule_id in ids)
    assert serious / events * 10_000 <= MOST_SERIOUS_PER_10_000
    assert unconfirmed <= MOST_UNCONFIRMED_SERIOUS
    assert {path: count for path, count in counts.items() if count > MOST_OF_ONE_RULE} == {}


@pytest.mark.slow
def test_the_shared_rules_see_most_recorded_attacks() -> None:
    rules = alerting()
    path = needs(DATA / "events" / "windows-attacks" / "events.jsonl.gz")
    with gzip.open(path) as lines:
        samples = [msgspec.json.decode(line, type=SampleEvent) for line in lines]
    found = matched(PrefilteredEngine(tuple(rules.values())), [event_of(bytes(sample.event)) for sample in samples])
    seen: defaultdict[str, int] = defaultdict(int)
    for sample, ids in zip(samples, found, strict=True):
        seen[sample.sample] += bool(ids)
    assert sum(seen.values()) >= LEAST_ATTACK_EVENTS
    assert sum(1 for events in seen.values() if events) >= LEAST_ATTACK_RECORDINGS
