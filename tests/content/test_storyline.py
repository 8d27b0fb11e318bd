"""The demo's storyline, evaluated without servers: ordinary traffic is silent, each crime is seen."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from watchfloor.detect.correlate.correlator import Correlator
from watchfloor.detect.correlate.memory import MemoryWindows
from watchfloor.detect.load import load_shared_rules
from watchfloor.detect.prefilter.engine import PrefilteredEngine
from watchfloor.kernel.ids import BatchId, FeedId, new_uuid
from watchfloor.normalise.dispatch import normalise
from watchfloor.normalise.event import Event
from watchfloor.normalise.raw import RawEvent
from watchfloor.ops.demo.cast import EXPECTED
from watchfloor.ops.demo.noise import cloud_noise, nxlog_noise, ssh_noise, windows_noise
from watchfloor.ops.demo.storyline import storyline
from watchfloor.ops.demo.wire import Machine

END = datetime(2026, 6, 1, 12, tzinfo=UTC)
MACHINES = (Machine(name="PC-1", domain="a.example", address="10.0.0.1"),)
USERS = ("A\\one", "A\\two")


@pytest.fixture(scope="module")
def engine() -> PrefilteredEngine:
    return PrefilteredEngine(load_shared_rules().rules)


def events_of(bodies: Iterable[bytes]) -> list[Event]:
    feed, batch = FeedId(new_uuid()), BatchId(new_uuid())
    return [
        normalise(
            RawEvent(body=body),
            feed_id=feed,
            batch_id=batch,
            index=index,
            source_hint=None,
            received_at=END,
        )
        for index, body in enumerate(bodies)
    ]


def fired(engine: PrefilteredEngine, bodies: Iterable[bytes]) -> set[str]:
    events = events_of(bodies)
    matches = engine.match(events)
    correlated = MemoryWindows(Correlator(engine.rules)).correlate(events, matches)
    rules = (engine.rules[rule] for rule in (*matches.rule, *correlated.rule))
    return {rule.title for rule in rules if rule.alerts}


@pytest.mark.parametrize("seed", range(3))
def test_ordinary_traffic_fires_nothing(engine: PrefilteredEngine, seed: int) -> None:
    start = END - timedelta(hours=1)
    for documents in (
        windows_noise(MACHINES, USERS, start=start, minutes=60, count=2000, seed=seed),
        nxlog_noise(MACHINES, USERS, start=start, minutes=60, count=1000, seed=seed),
        cloud_noise("123456789012", USERS, start=start, minutes=60, count=1000, seed=seed),
    ):
        assert fired(engine, map(msgspec.json.encode, documents)) == set()
    lines = ssh_noise(MACHINES[0], ("one", "two"), start=start, minutes=60, count=500, seed=seed)
    assert fired(engine, (line.encode() for line in lines)) == set()


@pytest.mark.parametrize("tenant", EXPECTED)
def test_each_crime_is_seen(engine: PrefilteredEngine, tenant: str) -> None:
    seen = {
        title for delivery in storyline(END) if delivery.tenant == tenant for title in fired(engine, delivery.bodies())
    }
    assert EXPECTED[tenant].alerts <= seen


def test_every_event_is_parsed_and_has_its_own_time_and_identity() -> None:
    for delivery in storyline(END):
        events = events_of(delivery.bodies())
        assert {event.time_quality for event in events} == {"parsed"}
        assert "unparsed" not in {event.source for event in events}
        assert len({event.key for event in events}) == len(events)
        assert all(END - timedelta(minutes=61) < event.time <= END for event in events)
