"""Conditions with what is known of an event type put in: tests on its number vanish.

Windows names an event's type by `EventID`, so tests on it are decided once for all events of a type. The name is
compared exactly: another spelling might be another field.
"""

from typing import Final

from watchfloor.detect.compilation import compile_condition
from watchfloor.detect.condition import (
    AllOf,
    AnyOf,
    Comparison,
    Condition,
    Keyword,
    Not,
    Number,
    OnField,
    Selection,
    Text,
)
from watchfloor.detect.lists import ALWAYS, NEVER
from watchfloor.detect.view import EventView

EVENT_ID: Final = "EventID"
"""The field that is known."""

OTHER: Final = -1
"""Stands for all numbers that no rule in question names."""


def simplify(condition: Condition, *, event_id: int | None) -> Condition:
    """The condition for events whose `EventID` is this number. `ALWAYS` and `NEVER` are gone but at the top.

    `OTHER`: one that `numbers_in` does not name; then only what must be false is decided. None: it is no number, or the
    event has none; nothing is decided.
    """
    match condition:
        case AllOf():
            return _every([simplify(item, event_id=event_id) for item in condition.items])
        case AnyOf():
            return _some([simplify(item, event_id=event_id) for item in condition.items])
        case Not():
            return _negated(simplify(condition.item, event_id=event_id))
        case Selection():
            return simplify(condition.item, event_id=event_id)
        case OnField():
            return condition if condition.field != EVENT_ID or event_id is None else _decide(condition, event_id)
        case Keyword():
            return condition


def numbers_in(condition: Condition) -> frozenset[int]:
    """The event numbers that a condition names, wherever."""
    match condition:
        case AllOf() | AnyOf():
            return frozenset(number for item in condition.items for number in numbers_in(item))
        case Not() | Selection():
            return numbers_in(condition.item)
        case OnField():
            number = _named(condition)
            return frozenset() if number is None else frozenset((number,))
        case Keyword():
            return frozenset()


def _named(condition: OnField) -> int | None:
    if condition.field != EVENT_ID:
        return None
    match condition.test:
        case Number(value) | Comparison(_, value) if value == int(value):
            return int(value)
        case Text((str() as text,)) if text.isdecimal() and text.isascii() and len(text) <= 9:
            return int(text)
        case _:
            return None


def _decide(condition: OnField, event_id: int) -> Condition:
    if event_id != OTHER:
        return ALWAYS if compile_condition(condition)(EventView({EVENT_ID: event_id})) else NEVER
    match condition.test:
        case Number() | Text((str(),)):
            return NEVER if _named(condition) is not None else condition
        case _:
            return condition


def _every(items: list[Condition]) -> Condition:
    if NEVER in items:
        return NEVER
    left = tuple(item for item in items if item != ALWAYS)
    return left[0] if len(left) == 1 else AllOf(left)


def _some(items: list[Condition]) -> Condition:
    if ALWAYS in items:
        return ALWAYS
    left = tuple(item for item in items if item != NEVER)
    return left[0] if len(left) == 1 else AnyOf(left)


def _negated(item: Condition) -> Condition:
    if item == ALWAYS:
        return NEVER
    return ALWAYS if item == NEVER else Not(item)
