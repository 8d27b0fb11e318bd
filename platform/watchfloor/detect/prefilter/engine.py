"""`PrefilteredEngine`: matches as `PlainEngine` does, and looks only at the rules that an event's text brings up.

Per event: its type gives a program; the program's scanner goes over the event's canonical JSON once; what that brings
up is decided exactly. An event whose text brings up nothing costs no more than the scan. Programs and decisions are
opened at their first use, for all threads; only the room in which a thread scans is its own.
"""

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Final

import msgspec

from watchfloor.detect.engine import Matches, ruleset_version
from watchfloor.detect.lists import NEVER, widen
from watchfloor.detect.logsource import covers
from watchfloor.detect.prefilter.additions import computed_in
from watchfloor.detect.prefilter.census import is_counted, kind_of
from watchfloor.detect.prefilter.decision import Decision, Fields, compile_decision
from watchfloor.detect.prefilter.partial import EVENT_ID, OTHER, numbers_in, simplify
from watchfloor.detect.prefilter.program import Program, assemble
from watchfloor.detect.prefilter.scanner import OpenProgram, Scan
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


class Cost(msgspec.Struct, frozen=True):
    """How many events a rule was a candidate for, and how many nanoseconds deciding took."""

    candidates: int
    nanoseconds: int


TIMED_EACH: Final = 16
"""Of so many events with candidates one is timed."""

Programs = Mapping[EventType, Program]


class PrefilteredEngine:
    """The engine of production."""

    def __init__(self, rules: Sequence[Rule], programs: Programs | None = None) -> None:
        """`programs` were made from the same rules (see `artifact`); those that are missing are made when needed."""
        self._rules = tuple(rules)
        self._version = ruleset_version(self._rules)
        self._programs = dict(programs or {})
        self._numbers: dict[tuple[LogSource, ...], frozenset[int]] = {}
        self._decisions: list[Decision | None] = [None] * len(self._rules)
        self._threads = _Threads()
        self._covering: dict[tuple[LogSource, ...], list[tuple[int, Rule]]] = {}
        self._made: dict[bytes, Program] = {}
        self._opened: dict[int, OpenProgram] = {}
        self._making = threading.RLock()

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

    def decide(self, candidates: tuple[int, ...], fields: Fields) -> list[int]:
        """The numbers of the candidates that match."""
        decisions, mine = self._decisions, self._threads
        mine.calls += 1
        if not mine.calls % TIMED_EACH:
            return self._decide_timed(candidates, fields)
        found: list[int] = []
        for number in candidates:
            decision = decisions[number] or self._compile(number)
            if decision(fields):
                found.append(number)
        return found

    def take_costs(self) -> dict[int, Cost]:
        """What rules cost on the calling thread since it asked last, by number; estimated from every few events."""
        mine = self._threads
        costs, mine.costs = mine.costs, {}
        return {
            number: Cost(candidates * TIMED_EACH, took * TIMED_EACH) for number, (candidates, took) in costs.items()
        }

    def _decide_timed(self, candidates: tuple[int, ...], fields: Fields) -> list[int]:
        costs = self._threads.costs
        found: list[int] = []
        for number in candidates:
            decision = self._decisions[number] or self._compile(number)
            began = time.perf_counter_ns()
            if decision(fields):
                found.append(number)
            count, took = costs.get(number, (0, 0))
            costs[number] = count + 1, took + time.perf_counter_ns() - began
        return found

    def _compile(self, number: int) -> Decision:
        decision = self._decisions[number] = compile_decision(widen(self._rules[number].condition))
        return decision

    def scan(self, logsources: tuple[LogSource, ...], event_id: FieldValue, *, flat: bool | None = None) -> Scan:
        """The calling thread's scan for such events. `event_id` may be anything; only an integer is a number."""
        number = event_id if type(event_id) is int else None
        key = logsources, number, flat
        found = self._threads.scans.get(key)
        if found is None:
            found = self._thread_scan(self._open(self.type_of(logsources, number, flat=flat)))
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

    def open_all(self) -> None:
        """Opens every program that is there, and every rule: what is left to do is matching."""
        for _ in self.opening():
            pass

    def opening(self) -> Iterator[None]:
        """Does what `open_all` does, and yields after each step, of a millisecond or two: other work can go on."""
        for event_type in list(self._programs):
            self._open(event_type)
            yield
        for number, decision in enumerate(self._decisions):
            if decision is None:
                self._compile(number)
                yield

    def event_types(self, logsources: tuple[LogSource, ...], numbers: frozenset[int] | None) -> list[EventType]:
        """The types that the rules tell apart among Windows events of these log sources and numbers (None: any)."""
        found = {OTHER, *self._named_numbers(logsources)} if numbers is None else numbers
        judged = (self.type_of(logsources, number, flat=None) for number in found if number != OTHER)
        rest = [EventType(logsources, OTHER, flat=True)] if OTHER in found else []
        return rest + sorted(set(judged), key=str)

    def _open(self, event_type: EventType) -> OpenProgram:
        with self._making:
            program = self.program(event_type)
            found = self._opened.get(id(program))
            if found is None:
                found = self._opened[id(program)] = OpenProgram(program)
        return found

    def _thread_scan(self, program: OpenProgram) -> Scan:
        """The calling thread's scan of a program: one for all event types that share it."""
        scans = self._threads.of_programs
        found = scans.get(program)
        if found is None:
            found = scans[program] = program.scan()
        return found

    def _make(self, event_type: EventType) -> Program:
        """The program of a type. Types of the same conditions, of which nothing else is known, have the same one."""
        conditions = [
            (number, simplify(widen(rule.condition), event_id=_number_for(rule, event_type.event_id)))
            for number, rule in self.covering(event_type.logsources)
        ]
        left = [(number, condition) for number, condition in conditions if condition != NEVER]
        kind, computed = kind_of(event_type.logsources, event_type.event_id), computed_in(event_type.logsources)
        known = kind if is_counted(kind) else ""
        same = sha256(_ENCODER.encode((left, event_type.flat, known, sorted(computed.fields)))).digest()
        program = self._made.get(same)
        if program is None:
            program = self._made[same] = assemble(left, flat=event_type.flat, kind=known, computed=computed)
        return program

    def covering(self, logsources: tuple[LogSource, ...]) -> list[tuple[int, Rule]]:
        """The rules for events of these log sources, with their numbers."""
        found = self._covering.get(logsources)
        if found is None:
            found = self._covering[logsources] = [
                (number, rule)
                for number, rule in enumerate(self._rules)
                if any(covers(rule.logsource, logsource) for logsource in logsources)
            ]
        return found

    def _named_numbers(self, logsources: tuple[LogSource, ...]) -> frozenset[int]:
        found = self._numbers.get(logsources)
        if found is None:
            covering = (rule for _, rule in self.covering(logsources) if not _is_generic(rule))
            found = frozenset(number for rule in covering for number in numbers_in(rule.condition))
            self._numbers[logsources] = found
        return found


def _is_generic(rule: Rule) -> bool:
    """Whether a rule looks at all logs of a product. Such rules do not make event types of their own in each log."""
    return rule.logsource.category is None and rule.logsource.service is None


def _number_for(rule: Rule, event_id: int | None) -> int | None:
    """What is known of the number for a rule. `OTHER` says nothing of the numbers that generic rules name."""
    return None if event_id == OTHER and _is_generic(rule) else event_id


class _Threads(threading.local):
    """What each thread has for itself."""

    MOST = 8_192
    """Scans remembered; attackers can number events as they like."""

    def __init__(self) -> None:
        self.scans: dict[tuple[tuple[LogSource, ...], int | None, bool | None], Scan] = {}
        self.calls = 0
        self.costs: dict[int, tuple[int, int]] = {}
        self.of_programs: dict[OpenProgram, Scan] = {}

    def remember(self, key: tuple[tuple[LogSource, ...], int | None, bool | None], scan: Scan) -> None:
        if len(self.scans) >= self.MOST:
            self.scans.clear()
        self.scans[key] = scan
