"""A prefiltered engine as bytes, so that rules are compiled once and not at each start.

Frames, each decoded by itself in a few milliseconds, so that nothing else in the process waits long while a rule set is
opened. Good only for the code and the kind of machine that wrote them. Owns the form, and for which event types
programs are made beforehand; where frames are kept is their keeper's.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import hyperscan
import msgspec

from watchfloor.detect.prefilter.engine import EventType, PrefilteredEngine
from watchfloor.detect.prefilter.lines import KEY_EVENT, KEY_EVENT_LOGSOURCES
from watchfloor.detect.prefilter.program import Program
from watchfloor.detect.rule import Rule
from watchfloor.kernel.errors import Invalid
from watchfloor.normalise.catalogue import LOGSOURCES
from watchfloor.normalise.windows.logsources import event_logsources

RULES_IN_A_FRAME: Final = 20


class _Head(msgspec.Struct, frozen=True):
    rules: int
    programs: int


class _Prepared(msgspec.Struct, frozen=True, array_like=True):
    event_types: list[EventType]
    program: Program


_ENCODE: Final = msgspec.msgpack.Encoder().encode
_HEAD: Final = msgspec.msgpack.Decoder(_Head).decode
_RULES: Final = msgspec.msgpack.Decoder(list[Rule]).decode
_PREPARED: Final = msgspec.msgpack.Decoder(_Prepared).decode


def compile_frames(rules: Sequence[Rule]) -> Iterator[bytes]:
    """Compiles the rules for all event types that our parsers make. Slow: seconds for thousands of rules."""
    engine = PrefilteredEngine(rules)
    prepared: dict[int, _Prepared] = {}
    for event_type in _event_types(engine):
        program = engine.program(event_type)
        prepared.setdefault(id(program), _Prepared([], program)).event_types.append(event_type)
    yield _ENCODE(_Head(len(engine.rules), len(prepared)))
    for first in range(0, len(engine.rules), RULES_IN_A_FRAME):
        yield _ENCODE(engine.rules[first : first + RULES_IN_A_FRAME])
    yield from map(_ENCODE, prepared.values())


def open_frames(frames: Iterable[bytes]) -> PrefilteredEngine:
    """The engine of `compile_frames`. Raises Invalid for anything else, and for what another machine compiled."""
    given = iter(frames)
    try:
        head = _HEAD(next(given))
        rules: list[Rule] = []
        while len(rules) < head.rules:
            rules += _RULES(next(given))
        prepared = [_PREPARED(next(given)) for _ in range(head.programs)]
        for one in prepared:
            if one.program.scanner:
                hyperscan.loadb(one.program.scanner, hyperscan.HS_MODE_BLOCK)
                break
        for _ in given:  # to the end, where their keeper may say that they are not what was kept
            raise Invalid("The compiled rules cannot be used: there are more than there should be.")
    except (msgspec.MsgspecError, StopIteration, hyperscan.error) as fault:
        raise Invalid(f"The compiled rules cannot be used: {str(fault) or 'they end too early'}.") from None
    return PrefilteredEngine(rules, {event_type: one.program for one in prepared for event_type in one.event_types})


def _event_types(engine: PrefilteredEngine) -> list[EventType]:
    windows = {**event_logsources(), KEY_EVENT_LOGSOURCES: frozenset((KEY_EVENT,))}
    judged = [one for logsources, numbers in windows.items() for one in engine.event_types(logsources, numbers)]
    # Events of Windows that are found not to be flat are judged by a program of their own.
    loose = [msgspec.structs.replace(one, flat=False) for one in judged]
    others = [
        engine.type_of((one,), None, flat=None) for one in sorted(LOGSOURCES, key=str) if one.product != "windows"
    ]
    return [one for one in (*judged, *loose, *others) if engine.covering(one.logsources)]
