"""`PrefilteredEngine`: matches as `PlainEngine` does, and looks only at the rules that an event's text brings up.

Per event: its type gives a program; the program's scanner goes over the event's canonical JSON once; what that brings
up is decided exactly. An event whose text brings up nothing costs no more than the scan. Programs and decisions are
opened at their first use; scanners belong to threads; everything else never changes.
"""

import threading
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from watchfloor.detect.engine import Matches, ruleset_version
from watchfloor.detect.lists import NEVER, widen
from watchfloor.detect.logsource import covers
from watchfloor.detect.prefilter.additions import computed_in
from watchfloor.detect.prefilter.census import kind_of
from watchfloor.detect.prefilter.decision import Decision, Fields, compile_decision
from watchfloor.detect.prefilter.partial import EVENT_ID, OTHER, numbers_in, simplify
from watchfloor.detect.prefilter.program import Program, assemble
from watchfloor.detect.prefilter.scanner import Scan, open_scan
from watchfloor.detect.rule import Rule
from watchfloor.normalise.event import Event, FieldValue, LogSource

_ENCODER: Final = msgspec.json.Encoder()


class EventType(msgspec.Struct, frozen=True, array_like=True):
    """What a program is for. `event_id` is as in `partial.simplify`.

    `flat` programs judge events without objects and lists, sharper than others.
    """

    logsources: tuple[LogSource, ...]
    event_id: int | None
    flat: bool


Programs = Mapping[EventType, Program]


class PrefilteredEngine:
    """The engine of production."""

    def __init__(self, rules: Sequence[Rule], programs: Programs | None = None) -> None:
        """`programs` have been made from the same rules (see `cache`); those that are missing are made when needed."""
        self._rules = tuple(rules)
        self._version = ruleset_version(self._rules)
        self._programs = dict(programs or {})
        self._numbers: dict[tuple[LogSource, ...], frozenset[int]] = {}
        self._decisions: list[Decision | None] = [None] * len(self._rules)
        self._threads = _Threads()
        self._making = threading.Lock()

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules, in the order that `Matches.rule` counts."""
        return self._rules

    @property
    def version(self) -> str:
        """A hash of the rules' contents."""
        return self._version

    def match(self, batch: Sequence[Event]) -> Matches:
        """Evaluates the batch, event by event."""
        events: list[int] = []
        rules: list[int] = []
        encode = _ENCODER.encode
        for index, event in enumerate(batch):
            if not event.logsources:
                continue
            number = event.fields.get(EVENT_ID)
            text = encode(event.fields)
            candidates = self.scan(event.logsources, number)(text)
            if candidates is None:
                candidates = self.scan(event.logsources, number, flat=False)(text)
            if candidates:
                found = self.decide(candidates, Fields(event.fields))
                rules += found
                events += [index] * len(found)
        return Matches(events, rules)

    def decide(self, candidates: Iterable[int], fields: Fields) -> list[int]:
        """The numbers of the candidates that match."""
        found: list[int] = []
        decisions = self._decisions
        for number in candidates:
            decision = decisions[number] or self._compile(number)
            if decision(fields):
                found.append(number)
        return found

    def _compile(self, number: int) -> Decision:
        decision = self._decisions[number] = compile_decision(widen(self._rules[number].condition))
        return decision

    def scan(self, logsources: tuple[LogSource, ...], event_id: FieldValue, *, flat: bool | None = None) -> Scan:
        """The calling thread's scan for such events. `event_id` may be anything; only an integer is a number."""
        key = logsources, event_id if type(event_id) is int else None, flat
        found = self._threads.scans.get(key)
        if found is None:
            number = event_id if type(event_id) is int else None
            found = self._open(self.type_of(logsources, number, flat=flat))
            self._threads.remember(key, found)
        return found

    def type_of(self, logsources: tuple[LogSource, ...], event_id: int | None, *, flat: bool | None) -> EventType:
        """The event type. Events of Windows are flat unless they are found not to be."""
        if flat is None:
            flat = all(logsource.product == "windows" for logsource in logsources)
        if event_id is not None and event_id not in self._named_numbers(logsources):
            event_id = OTHER if event_id >= 0 else None
        return EventType(logsources, event_id, flat)

    def program(self, event_type: EventType) -> Program:
        """The program of an event type, made now if it is not there."""
        with self._making:
            program = self._programs.get(event_type)
            if program is None:
                program = self._programs[event_type] = self._make(event_type)
        return program

    def event_types(self, logsources: tuple[LogSource, ...], numbers: frozenset[int] | None) -> list[EventType]:
        """The types that the rules tell apart among Windows events of these log sources and numbers (None: any)."""
        found = {OTHER, *self._named_numbers(logsources)} if numbers is None else numbers
        judged = (self.type_of(logsources, number, flat=None) for number in found if number != OTHER)
        rest = [EventType(logsources, OTHER, flat=True)] if OTHER in found else []
        return rest + sorted(set(judged), key=str)

    def _open(self, event_type: EventType) -> Scan:
        opened = self._threads.opened
        if event_type not in opened:
            opened[event_type] = open_scan(self.program(event_type))
        return opened[event_type]

    def _make(self, event_type: EventType) -> Program:
        conditions = [
            (number, simplify(widen(rule.condition), event_id=event_type.event_id))
            for number, rule in self.covering(event_type.logsources)
        ]
        return assemble(
            [(number, condition) for number, condition in conditions if condition != NEVER],
            flat=event_type.flat,
            kind=kind_of(event_type.logsources, event_type.event_id),
            computed=computed_in(event_type.logsources),
        )

    def covering(self, logsources: tuple[LogSource, ...]) -> list[tuple[int, Rule]]:
        """The rules for events of these log sources, with their numbers."""
        return [
            (number, rule)
            for number, rule in enumerate(self._rules)
            if any(covers(rule.logsource, logsource) for logsource in logsources)
        ]

    def _named_numbers(self, logsources: tuple[LogSource, ...]) -> frozenset[int]:
        found = self._numbers.get(logsources)
        if found is None:
            covering = self.covering(logsources)
            found = frozenset(number for _, rule in covering for number in numbers_in(rule.condition))
            self._numbers[logsources] = found
        return found


class _Threads(threading.local):
    """What each thread has for itself."""

    MOST = 8_192
    """Scans remembered; attackers can number events as they like."""

    def __init__(self) -> None:
        self.scans: dict[tuple[tuple[LogSource, ...], int | None, bool | None], Scan] = {}
        self.opened: dict[EventType, Scan] = {}

    def remember(self, key: tuple[tuple[LogSource, ...], int | None, bool | None], scan: Scan) -> None:
        if len(self.scans) >= self.MOST:
            self.scans.clear()
        self.scans[key] = scan
