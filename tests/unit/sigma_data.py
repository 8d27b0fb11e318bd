"""Public rules and events with what other engines say of them, for any of our engines to be held against.

The data is not part of this repository: see the README of the folder that `DATA` names. Without it the tests skip.
Why a match that the references do not have is right, `difference` says from the specification, or it says nothing.
"""

import gzip
import lzma
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Final
from uuid import UUID

import msgspec
import pytest
from evtx import PyEvtxParser

from watchfloor.detect.condition import AllOf, AnyOf, Condition, Not, OnField, Reference, Selection
from watchfloor.detect.engine import Engine, PlainEngine
from watchfloor.detect.load import Origin, load_rules, load_shared_rules
from watchfloor.detect.prefilter.engine import PrefilteredEngine
from watchfloor.detect.rule import LoadReport, Rule
from watchfloor.kernel.ids import BatchId, FeedId
from watchfloor.normalise.dispatch import normalise
from watchfloor.normalise.event import Event, LogSource
from watchfloor.normalise.raw import RawEvent

DATA: Final = Path(__file__).parents[2].parent / "shared" / "data"
SIGMAHQ: Final = DATA / "sigmahq"
FOLDERS: Final = ("rules", "rules-emerging-threats", "rules-threat-hunting", "rules-compliance")
ENGINES: Final[dict[str, Callable[[Sequence[Rule]], Engine]]] = {
    "plain": PlainEngine,
    "prefiltered": PrefilteredEngine,
}
"""The engines that have to agree with the references."""

Judged = tuple[Event, frozenset[str]]
"""An event and the ids of the rules that the references matched on it."""

_PROCESS_AUDIT: Final = LogSource("windows", "process_creation", "security")
_REGISTRY_AUDIT: Final = LogSource("windows", "registry_event", "security")


class SampleEvent(msgspec.Struct, frozen=True):
    """A line of the samples."""

    sample: str
    event: msgspec.Raw


class _Expected(msgspec.Struct, frozen=True):
    all_matches: list[frozenset[str]]


class _ExpectedPerEvent(msgspec.Struct, frozen=True):
    per_event: list[frozenset[str]]


class _EvtxRecord(msgspec.Struct, frozen=True):
    data: str


def needs(path: Path) -> Path:
    """The path, if it is there."""
    if not path.exists():
        pytest.skip(f"public data is missing: {path.name}")
    return path


@lru_cache(maxsize=1)
def sigmahq() -> LoadReport:
    """SigmaHQ's rules."""
    return load_rules([needs(SIGMAHQ / folder) for folder in FOLDERS], origin=Origin(licence="DRL-1.1"))


@lru_cache(maxsize=4)
def engine_of(name: str) -> Engine:
    """One of our engines over all of SigmaHQ's rules."""
    return ENGINES[name](sigmahq().rules)


@lru_cache(maxsize=1)
def prefiltered() -> PrefilteredEngine:
    """The engine of production over SigmaHQ's rules and our own together."""
    return PrefilteredEngine((*sigmahq().rules, *load_shared_rules().rules))


def event_of(body: bytes, index: int = 0) -> Event:
    """A line of a file as an event."""
    return normalise(
        RawEvent(body=body),
        feed_id=FeedId(UUID(int=0)),
        batch_id=BatchId(UUID(int=0)),
        index=index,
        source_hint=None,
        received_at=datetime(2026, 3, 2, tzinfo=UTC),
    )


def matched(engine: Engine, events: Sequence[Event]) -> list[frozenset[str]]:
    """The ids of the rules that match, event by event."""
    found: list[set[str]] = [set() for _ in events]
    matches = engine.match(events)
    for event, rule in zip(matches.event, matches.rule, strict=True):
        found[event].add(engine.rules[rule].id)
    return [frozenset(ids) for ids in found]


def regression_samples() -> list[Judged]:
    """SigmaHQ's samples as JSON, with all matches that three engines agree on."""
    folder = DATA / "sigmahq-expected"
    lines = needs(folder / "events.jsonl").read_bytes().splitlines()
    expected = msgspec.json.decode(needs(folder / "expected.json").read_bytes(), type=_Expected).all_matches
    samples = [msgspec.json.decode(line, type=SampleEvent) for line in lines]
    return [(event_of(bytes(one.event)), ids) for one, ids in zip(samples, expected, strict=True)]


def regression_recordings() -> list[Judged]:
    """SigmaHQ's samples from their EVTX files, with the same matches."""
    lines = needs(DATA / "sigmahq-expected" / "events.jsonl").read_bytes().splitlines()
    paths = dict.fromkeys(msgspec.json.decode(line, type=SampleEvent).sample for line in lines)
    events = [event_of(body) for path in paths for body in evtx_records(SIGMAHQ / path)]
    return [(event, ids) for event, (_, ids) in zip(events, regression_samples(), strict=True)]


def evtx_records(path: Path) -> list[bytes]:
    """The records of an EVTX file as JSON."""
    found = list(PyEvtxParser(str(needs(path))).records_json())
    return [record.data.encode() for record in msgspec.convert(found, list[_EvtxRecord])]


def attacks() -> list[Judged]:
    """Recorded attacks, with the matches that independent engines agree on."""
    folder = needs(DATA / "events" / "windows-attacks")
    expected = msgspec.json.decode((folder / "expected.json").read_bytes(), type=_ExpectedPerEvent).per_event
    with gzip.open(folder / "events.jsonl.gz") as lines:
        bodies = [bytes(msgspec.json.decode(line, type=SampleEvent).event) for line in lines]
    return [(event_of(body), ids) for body, ids in zip(bodies, expected, strict=True)]


def mixed(size: int = 5_000) -> Iterator[list[Judged]]:
    """A long stream of real events in batches, with what a literal evaluator matched."""
    folder = needs(DATA / "events" / "windows-mixed")
    with gzip.open(folder / "reference-matches.jsonl.gz") as lines:
        expected = [frozenset(msgspec.json.decode(line, type=list[str])) for line in lines]
    place = 0
    with lzma.open(folder / "events.jsonl.xz") as lines:
        while bodies := list(islice(lines, size)):
            yield [(event_of(body), expected[place + index]) for index, body in enumerate(bodies)]
            place += len(bodies)
    assert place == len(expected)


def difference(rule: Rule, event: Event) -> str | None:
    """Why a match that the references do not have follows from the specification; None if nothing says so."""
    if rule.logsource == LogSource("windows"):
        return "A log source of a product alone covers all its logs (LogSource)."
    if event.logsources == (_PROCESS_AUDIT,):
        # The references renamed Image and ParentImage where they are tested, not where `fieldref` names them.
        named = _referred(rule.condition) | {"IntegrityLevel", "User"}
        kept = {name: value for name, value in event.fields.items() if name not in named}
        if not _fires(rule, msgspec.structs.replace(event, fields=kept)):
            return "The fields of process creations have Sysmon's names (appendix of taxonomy)."
    if event.logsources == (_REGISTRY_AUDIT,):
        plain = msgspec.structs.replace(event, logsources=(LogSource("windows", None, "security"),))
        if not _fires(rule, plain):
            return "Generic log sources may cover events of the Security log (appendix of taxonomy)."
    return None


def _referred(condition: Condition) -> set[str]:
    match condition:
        case AllOf() | AnyOf():
            return {name for item in condition.items for name in _referred(item)}
        case Not() | Selection():
            return _referred(condition.item)
        case OnField(_, Reference() as test):
            return {test.field}
        case _:
            return set()


def _fires(rule: Rule, event: Event) -> bool:
    return bool(PlainEngine([rule]).match([event]).rule)
