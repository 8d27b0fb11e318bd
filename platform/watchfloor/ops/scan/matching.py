"""Holds blocks of recorded events against rules: read, matched, and what is left to report.

`open_engine` and `open_lines` are the one place that chooses the engine. Events of Windows are normalised only where a
rule matched; what is not whole JSON always goes through the normaliser, which says why.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from typing import Final, Protocol
from uuid import UUID

import msgspec

from watchfloor.detect.engine import Engine, Matches
from watchfloor.detect.prefilter.engine import PrefilteredEngine
from watchfloor.detect.prefilter.lines import LineMatcher
from watchfloor.detect.rule import Rule
from watchfloor.kernel.ids import BatchId, FeedId
from watchfloor.normalise.body import MAX_KEYS
from watchfloor.normalise.dispatch import normalise
from watchfloor.normalise.event import UNPARSED, Event
from watchfloor.normalise.failure import ParseFailed
from watchfloor.normalise.raw import RawEvent
from watchfloor.normalise.timestamps import parse_time
from watchfloor.ops.scan.blocks import Block
from watchfloor.ops.scan.envelopes import MAX_LAYERS, open_envelope
from watchfloor.ops.scan.records import Record, records
from watchfloor.ops.scan.sources import Source

_FEED: Final = FeedId(UUID(int=0))
NO_BATCH: Final = BatchId(UUID(int=0))
"""The batch of all scanned events. Those that have no identity of their own are its number 0."""
_BEGINNING: Final = datetime(2026, 1, 1, tzinfo=UTC)
_SKIP: Final = msgspec.json.Decoder(msgspec.Raw).decode
# Where an event's own time stands when it is too old for a live feed, where the time of receipt counts instead.
_TIME_FIELDS: Final = (
    "SystemTime",
    "TimeCreated",
    "@timestamp",
    "eventTime",
    "UtcTime",
    "TimeGenerated",
    "EventTime",
    "CreationTime",
    "createdDateTime",
    "published",
    "timestamp",
    "time",
    "ts",
)


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """A match. `rule` counts in the engine's rules, `index` from the block's first record.

    `line` and `time` are None where there is none. `host` and `summary` are the event's words, untrusted. `event` is
    there, without its raw text, if correlations look at matches of this rule; its time is its own, however old.
    """

    rule: int
    index: int
    line: int | None
    time: datetime | None
    host: str | None
    summary: str
    event: Event | None = None


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """A record that is no event, and why. `index` counts from the block's first record."""

    index: int
    line: int | None
    reason: str


class BlockResult(msgspec.Struct, frozen=True, kw_only=True):
    """What a block gave. `records` counts broken ones too; `unknown` those of no source that a parser knows."""

    records: int
    unknown: int
    hits: tuple[Hit, ...]
    faults: tuple[Fault, ...]


class Lines(Protocol):
    """Matches the bodies of events with an engine's rules. Belongs to one thread."""

    def match(self, lines: Sequence[bytes], /) -> tuple[Matches, list[tuple[int, ParseFailed]]]:
        """The matches, and the bodies that cannot be read, with the reasons."""
        ...


def open_engine(rules: Sequence[Rule]) -> PrefilteredEngine:
    """The engine that files are held against."""
    return PrefilteredEngine(rules)


def open_lines(engine: Engine, normalise_body: Callable[[bytes], Event], *, as_text: bool) -> Lines:
    """What takes the bodies of events to the engine; `normalise_body` makes the event of one, or raises ParseFailed.

    `as_text`: bodies are lines of text, whatever they look like.
    """
    normalised = _Normalised(engine, normalise_body)
    if as_text or not isinstance(engine, PrefilteredEngine):
        return normalised
    return _Sorted(LineMatcher(engine, normalise_body), normalised)


class Matcher:
    """An engine with what files need around it. May be copied into any process; belongs to one thread there."""

    def __init__(self, engine: Engine, *, carried: Collection[int] = (), hint: str | None = None) -> None:
        """`carried` are the rules whose matches bring their events along; `hint` is a feed's source hint for all."""
        self._carried = frozenset(carried)
        self._hint = hint
        self._lines = open_lines(engine, self._event, as_text=hint == "text")
        self._source: Source | None = None
        self._block_hint: str | None = None
        self._unknown = 0

    def scan(self, block: Block, source: Source) -> BlockResult:
        """Holds a block against all rules."""
        self._source, self._unknown = source, 0
        self._block_hint = self._hint or ("json" if block.form in {"json_lines", "documents"} else None)
        found = list(records(block))
        whole = [index for index, record in enumerate(found) if record.fault is None]
        matches, failures = self._lines.match([found[index].body for index in whole])
        refused = {whole[number]: failure.message for number, failure in failures}
        unknown = self._unknown
        return BlockResult(
            records=len(found),
            unknown=unknown,
            hits=self._hits(matches, [(index, found[index]) for index in whole]),
            faults=tuple(
                Fault(index=index, line=record.line, reason=reason)
                for index, record in enumerate(found)
                if (reason := record.fault or refused.get(index)) is not None
            ),
        )

    def _hits(self, matches: Matches, places: Sequence[tuple[int, Record]]) -> tuple[Hit, ...]:
        events = {number: self._event(places[number][1].body) for number in set(matches.event)}
        return tuple(
            self._hit(rule, events[number], places[number][0], places[number][1].line)
            for number, rule in zip(matches.event, matches.rule, strict=True)
        )

    def _hit(self, rule: int, event: Event, index: int, line: int | None) -> Hit:
        time = own_time(event)
        is_carried = rule in self._carried and time is not None
        return Hit(
            rule=rule,
            index=index,
            line=line,
            time=time,
            host=next((entity.value for entity in event.entities if entity.kind == "host"), None),
            summary=event.summary,
            event=msgspec.structs.replace(event, raw=b"", time=time) if is_carried else None,
        )

    def _event(self, body: bytes) -> Event:
        if self._source is None:
            raise AssertionError("bodies are read while a block is scanned")
        event = read_event(body, source=self._source, hint=self._block_hint)
        self._unknown += event.source == UNPARSED
        return event


class _Sorted:
    """Takes whole JSON straight to the rules, and all else through the normaliser first."""

    def __init__(self, straight: LineMatcher, normalised: "_Normalised") -> None:
        self._straight = straight
        self._normalised = normalised

    def match(self, lines: Sequence[bytes], /) -> tuple[Matches, list[tuple[int, ParseFailed]]]:
        odd = [place for place, line in enumerate(lines) if not _is_whole(line)]
        if not odd:
            return self._straight.match(lines)
        others = sorted(set(range(len(lines))).difference(odd))
        matches: list[tuple[int, int]] = []
        failures: list[tuple[int, ParseFailed]] = []
        for way, places in ((self._straight, others), (self._normalised, odd)):
            found, failed = way.match([lines[place] for place in places])
            matches += [(places[event], rule) for event, rule in zip(found.event, found.rule, strict=True)]
            failures += [(places[number], failure) for number, failure in failed]
        matches.sort()
        events = [event for event, _ in matches]
        return Matches(events, [rule for _, rule in matches]), sorted(failures, key=lambda failed: failed[0])


def _is_whole(body: bytes) -> bool:
    """Whether the body is JSON from its beginning to its end, in UTF-8, and without too many keys."""
    try:
        _SKIP(body)
        return body.count(b'":') <= MAX_KEYS and (body.isascii() or bool(body.decode("utf-8")))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False


class _Normalised:
    """Normalises each body, then matches all events at once."""

    def __init__(self, engine: Engine, normalise_body: Callable[[bytes], Event]) -> None:
        self._engine = engine
        self._normalise = normalise_body

    def match(self, lines: Sequence[bytes], /) -> tuple[Matches, list[tuple[int, ParseFailed]]]:
        events: list[Event] = []
        places: list[int] = []
        failures: list[tuple[int, ParseFailed]] = []
        for place, line in enumerate(lines):
            try:
                events.append(self._normalise(line))
            except ParseFailed as failure:
                failures.append((place, failure))
            else:
                places.append(place)
        matches = self._engine.match(events)
        return Matches([places[number] for number in matches.event], matches.rule), failures


def read_event(body: bytes, *, source: Source, hint: str | None) -> Event:
    """A recorded event, taken out of an export's envelope where it stands in one. Raises ParseFailed."""
    event = _normalise(body, source, hint)
    return event if event.source != UNPARSED else _opened(body, source) or event


def _opened(body: bytes, source: Source) -> Event | None:
    """The event in an envelope, or in an envelope in one; None if there is none that a parser knows."""
    for _ in range(MAX_LAYERS):
        inner = open_envelope(body)
        if inner is None:
            return None
        try:
            event = _normalise(inner, source, None)
        except ParseFailed:
            return None
        if event.source != UNPARSED:
            return event
        body = inner
    return None


def own_time(event: Event) -> datetime | None:
    """When the event says it happened; None if it does not say."""
    if event.time_quality == "parsed":
        return event.time
    if event.time_quality == "received":
        return None
    times = (parse_time(event.fields[name]) for name in _TIME_FIELDS if name in event.fields)
    return next((time for time in times if time is not None), None)


def _normalise(body: bytes, source: Source, hint: str | None) -> Event:
    return normalise(
        RawEvent(body=body, source=source.name),
        feed_id=_FEED,
        batch_id=NO_BATCH,
        index=0,
        source_hint=hint,
        # A file was written when its last event happened or later: a time without a year is read against that.
        received_at=source.changed or _BEGINNING,
    )
