"""Prefiltered and plain evaluation agree on every pair of real events and real rules, SigmaHQ's and ours together.

The data is not part of this repository; see the README of the folder that `sigma_data.DATA` names. Without it these
tests skip. The long stream of Windows events is in `test_prefilter_lines`.
"""

from collections.abc import Callable
from contextlib import closing
from functools import lru_cache
from pathlib import Path
from typing import Final

import pytest

from tests.unit import sigma_data
from tests.unit.prefilter_cases import pairs
from tests.unit.sigma_data import DATA, needs
from tests.unit.zeek_logs import zeek_lines
from watchfloor.detect.engine import PlainEngine
from watchfloor.detect.load import load_shared_rules
from watchfloor.detect.prefilter.artifact import compile_frames, open_frames
from watchfloor.detect.prefilter.engine import PrefilteredEngine
from watchfloor.normalise.event import Event
from watchfloor.ops.scan.blocks import Block, cut
from watchfloor.ops.scan.matching import read_event
from watchfloor.ops.scan.records import records
from watchfloor.ops.scan.sources import find_sources
from watchfloor.ops.scan.stream import Stream


def recorded(folder: Path) -> list[Event]:
    """The events in all files of a folder, as `match` reads them."""
    events: list[Event] = []
    for source in find_sources([needs(folder)]):
        with closing(Stream(source.path)) as stream:
            for piece in cut(stream):
                assert isinstance(piece, Block)
                events += [read_event(record.body, source=source, hint=None) for record in records(piece)]
    return events


def zeek() -> list[Event]:
    paths = sorted(needs(DATA / "events" / "zeek").glob("*/*.log"))
    return [sigma_data.event_of(line) for path in paths for line in zeek_lines(path)]


CORPORA: Final[dict[str, tuple[Callable[[], list[Event]], int]]] = {
    "linux and clouds": (lambda: recorded(DATA / "events" / "otrf-linux-cloud"), 20),
    "detonations in AWS": (lambda: recorded(DATA / "events" / "stratus-detonation-logs"), 60),
    "zeek": (zeek, 10),
    "regression samples": (lambda: [event for event, _ in sigma_data.regression_samples()], 352),
    "regression recordings": (lambda: recorded(sigma_data.SIGMAHQ / "regression_data"), 352),
}
"""How to get the events, and how many matches there are at least."""


@lru_cache(maxsize=1)
def plain() -> PlainEngine:
    return PlainEngine(sigma_data.prefiltered().rules)


@pytest.mark.parametrize("name", CORPORA)
def test_both_engines_agree_on_every_pair(name: str) -> None:
    make, least = CORPORA[name]
    events = make()
    found = pairs(plain().match(events))
    assert pairs(sigma_data.prefiltered().match(events)) == found
    assert len(found) >= least


@pytest.mark.slow
def test_both_engines_agree_on_every_pair_of_recorded_attacks() -> None:
    events = [event for event, _ in sigma_data.attacks()]
    found = pairs(plain().match(events))
    assert pairs(sigma_data.prefiltered().match(events)) == found
    assert len(found) > 1_900


@pytest.mark.slow
def test_kept_programs_match_recorded_attacks_as_fresh_ones_do() -> None:
    events = [event for event, _ in sigma_data.attacks()]
    fresh = PrefilteredEngine(load_shared_rules().rules)
    kept = open_frames(compile_frames(fresh.rules))
    assert kept.version == fresh.version
    assert kept.match(events) == fresh.match(events)
