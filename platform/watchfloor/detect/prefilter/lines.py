"""Windows events straight from their JSON text: what brings up no rule is never decoded.

Takes flat objects with Windows' own names (`EventID`, `Channel`), one a line, as shippers write them and as the lake
keeps them; keys are unique (RFC 7493), also without the blanks in them. A header is read to know the event's type; the
rest is only scanned. Lines of any other form go through the normaliser first. Owns the list of event types that may not
be taken so, because the normaliser adds to them what does not stand in the text.
"""

import re
from collections.abc import Callable, Sequence
from typing import Final, cast

import msgspec

from watchfloor.detect.engine import Matches
from watchfloor.detect.folding import fold
from watchfloor.detect.prefilter.additions import ADDED, computed_in
from watchfloor.detect.prefilter.decision import Fields
from watchfloor.detect.prefilter.engine import PrefilteredEngine
from watchfloor.detect.prefilter.scanner import Scan
from watchfloor.detect.view import EventView
from watchfloor.normalise.body import MAX_BYTES
from watchfloor.normalise.event import Event, FieldValue
from watchfloor.normalise.failure import ParseFailed
from watchfloor.normalise.linux.sysmon import is_linux_sysmon
from watchfloor.normalise.windows.fixups import SYSMON_EVENT_TYPES, fix_up
from watchfloor.normalise.windows.logsources import logsources_of, service_of
from watchfloor.normalise.windows.shapes import MAX_EVENT_ID, flatten

MOST_TYPES: Final = 8_192
"""Event types remembered; attackers can name channels as they like."""

MOST_SHAPES: Final = 1_024
"""Sets of field names remembered for each event type."""

KEY_EVENT: Final = 12
"""Sysmon's event whose `EventType` says to which log sources it belongs."""

KEY_EVENT_LOGSOURCES: Final = tuple(
    sorted({found for action in SYSMON_EVENT_TYPES for found in logsources_of("sysmon", KEY_EVENT, action)}, key=str)
)
"""All that it may belong to."""


_UNREADABLE: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What decoding raises for lines that are the normaliser's to read or to refuse."""

_SECOND_TEXT: Final = b'","'
"""What stands between a line's first text and what follows it."""

_NAMES_THE_TYPE: Final = re.compile(rb'\{"EventID":\d{1,9},"Channel":"[^"\\]*')
"""A line's beginning, up to there, that says its type: such lines need no header to be read."""


class Header(msgspec.Struct, gc=False):
    """What names an event's type."""

    EventID: int | None = None
    Channel: str | None = None
    EventType: str | None = None


_HEADER: Final = msgspec.json.Decoder(Header).decode
_DECODE: Final = cast("Callable[[bytes], dict[str, FieldValue]]", msgspec.json.decode)


class _Kind(msgspec.Struct, frozen=True):
    """How lines of one type are taken. Candidates that are not `direct` are normalised before they are decided."""

    scan: Scan
    direct: bool
    computed: frozenset[str]
    shapes: dict[tuple[str, ...], frozenset[str] | None]


class LineMatcher:
    """Matches lines with an engine's rules. Belongs to one thread."""

    def __init__(self, engine: PrefilteredEngine, normalise: Callable[[bytes], Event]) -> None:
        """`normalise` makes the event of a line that cannot be taken as it is; it raises ParseFailed."""
        self._engine = engine
        self._normalise = normalise
        self._kinds: dict[tuple[int | None, str | None, str | None], _Kind | None] = {}
        self._beginnings: dict[bytes, _Kind] = {}

    def match(self, lines: Sequence[bytes]) -> tuple[Matches, list[tuple[int, ParseFailed]]]:
        """The matches, and the lines that cannot be read, with the reasons."""
        events: list[int] = []
        rules: list[int] = []
        failures: list[tuple[int, ParseFailed]] = []
        beginnings = self._beginnings
        for index, line in enumerate(lines):
            candidates = None
            beginning = line[: line.find(_SECOND_TEXT)]
            kind = beginnings[beginning] if beginning in beginnings else self._learn(line, beginning)
            if kind is not None and len(line) <= MAX_BYTES:
                candidates = kind.scan(line)
                if candidates == ():
                    continue
            try:
                found = self._decide(line, kind, candidates)
            except ParseFailed as failure:
                failures.append((index, failure))
                continue
            rules += found
            events += [index] * len(found)
        return Matches(events, rules), failures

    def _learn(self, line: bytes, beginning: bytes) -> _Kind | None:
        """The kind of a line whose beginning is not known; None if it must be normalised."""
        try:
            header = _HEADER(line)
        except _UNREADABLE:
            return None
        key = header.EventID, header.Channel, header.EventType
        if key not in self._kinds:
            if len(self._kinds) >= MOST_TYPES:
                self._kinds.clear()
            self._kinds[key] = self._kind(header)
        kind = self._kinds[key]
        if kind is not None and kind.direct and header.EventID != KEY_EVENT and _NAMES_THE_TYPE.fullmatch(beginning):
            if len(self._beginnings) >= MOST_TYPES:
                self._beginnings.clear()
            self._beginnings[beginning] = kind
        return kind

    def _kind(self, header: Header) -> _Kind | None:
        if header.EventID is None or not 0 <= header.EventID <= MAX_EVENT_ID or not header.Channel:
            return None
        if is_linux_sysmon(header.Channel):
            return None
        service, action = service_of(header.Channel), (header.EventType or "").lower()
        logsources, direct = logsources_of(service, header.EventID, action), True
        if service == "sysmon" and header.EventID == KEY_EVENT and action not in SYSMON_EVENT_TYPES:
            logsources, direct = KEY_EVENT_LOGSOURCES, False
        scan = self._engine.scan(logsources, header.EventID)
        return _Kind(scan, direct, computed_in(logsources).fields, {})

    def _decide(self, line: bytes, kind: _Kind | None, candidates: tuple[int, ...] | None) -> list[int]:
        if kind is None or candidates is None or not kind.direct:
            return self._engine.match([self._normalise(line)]).rule
        try:
            event = _DECODE(line)
        except _UNREADABLE:
            return self._engine.match([self._normalise(line)]).rule
        names = _names(kind, event)
        if names is None:
            return self._engine.match([self._normalise(line)]).rule
        return self._engine.decide(candidates, _LineFields(event, kind.computed, names))


class _LineFields(Fields):
    """The fields of a line. It is normalised only when a field is asked for that it may not have before."""

    __slots__ = ("_computed", "_names", "_raw_view")

    def __init__(self, event: dict[str, FieldValue], computed: frozenset[str], names: frozenset[str]) -> None:
        """`computed` fields are never taken from the line; `names` are those of its fields, folded."""
        super().__init__(event)
        self._computed = computed
        self._names = names
        self._raw_view: EventView | None = None

    @property
    def view(self) -> EventView:
        """The normalised event."""
        if self._view is None:
            self._view = EventView(_normalised(self._event))
        return self._view

    def view_of(self, name: str) -> EventView:
        """A view that is right about this field: the line's own, if the normaliser would leave it."""
        if name in self._computed or name not in self._event:
            return self.view
        if self._raw_view is None:
            self._raw_view = EventView(self._event)
        return self._raw_view

    def text(self, name: str) -> str | None:
        """The field's text as it is, if the line has it under this name as text and the normaliser leaves it."""
        return None if name in self._computed else super().text(name)

    def _look_up(self, name: str) -> object:
        if name not in self._event and name not in ADDED and fold(name) not in self._names:
            return None
        return super()._look_up(name)


def _names(kind: _Kind, event: dict[str, FieldValue]) -> frozenset[str] | None:
    """The folded names of a line's fields; None if one has a blank in it, which the normaliser takes away.

    Lines of one kind rarely differ in them.
    """
    shape = tuple(event)
    if shape not in kind.shapes:
        if len(kind.shapes) >= MOST_SHAPES:
            kind.shapes.clear()
        blank = any(" " in name for name in shape)
        kind.shapes[shape] = None if blank else frozenset(map(fold, shape))
    return kind.shapes[shape]


def _normalised(event: dict[str, FieldValue]) -> dict[str, FieldValue]:
    flat = flatten(event)
    if flat is None:
        return event
    fix_up(flat.fields, service=service_of(flat.channel), event_id=flat.event_id)
    return flat.fields
