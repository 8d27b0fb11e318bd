"""Tests as functions: from a `condition` test to a predicate over the values of a field.

Exact by construction and simple to read; no prefilter. Each predicate is pure and linear in the length of the value.
"""

import re
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_network
from operator import eq, ge, gt, le, lt, ne
from typing import Final, assert_never

from watchfloor.detect.condition import (
    Cidr,
    ClosedTest,
    Comparison,
    Exists,
    IsNull,
    Number,
    Reference,
    Regex,
    Text,
    TimePart,
    Wildcard,
)
from watchfloor.detect.folding import fold
from watchfloor.detect.regex import compile_regex
from watchfloor.detect.view import EventView
from watchfloor.normalise.entities import parse_ip
from watchfloor.normalise.event import FieldValue

Predicate = Callable[[EventView], bool]
TextTest = Callable[[str], bool]

_INTEGER: Final = re.compile(r"[+-]?\d{1,60}", re.ASCII)
_DECIMAL: Final = re.compile(r"[+-]?\d{1,60}\.\d{1,60}", re.ASCII)
_FRACTION: Final = re.compile(r"(\.\d{6})\d+")
_RELATIONS: Final[dict[str, Callable[[float, float], bool]]] = {
    "eq": eq,
    "neq": ne,
    "lt": lt,
    "lte": le,
    "gt": gt,
    "gte": ge,
}
_PARTS: Final[dict[str, Callable[[datetime], int]]] = {
    "minute": lambda time: time.minute,
    "hour": lambda time: time.hour,
    "day": lambda time: time.day,
    "week": lambda time: time.isocalendar().week,
    "month": lambda time: time.month,
    "year": lambda time: time.year,
}
TEXT_RELATIONS: Final[dict[str, Callable[[str, str], bool]]] = {
    "equals": eq,
    "startswith": lambda mine, other: mine.startswith(other),
    "endswith": lambda mine, other: mine.endswith(other),
    "contains": lambda mine, other: other in mine,
}


def field_predicate(field: str, test: ClosedTest) -> Predicate:  # noqa: PLR0911  # one line for each test there is
    """The predicate of a test on a field. Raises Invalid for a regular expression that cannot be compiled."""
    match test:
        case Text():
            return _text_predicate(field, test)
        case Regex():
            search = compile_regex(test.pattern, test.flags)
            return lambda view: any(search(text) for text in view.texts(field))
        case Number():
            return _value_predicate(field, lambda value: equals_number(value, test.value))
        case Comparison():
            return _comparison_predicate(field, test)
        case TimePart():
            return _time_predicate(field, test)
        case Cidr():
            return _cidr_predicate(field, test)
        case IsNull():
            return lambda view: all(value is None for value in view.values(field) or ())
        case Exists():
            present = test.present
            return lambda view: (view.values(field) is not None) is present
        case Reference():
            return _reference_predicate(field, test)
        case _:
            assert_never(test)


def keyword_predicate(test: Text | Number | Regex) -> Predicate:
    """The predicate of a test on every value of an event."""
    if isinstance(test, Regex):
        search = compile_regex(test.pattern, test.flags)
        return lambda view: any(search(text) for text in view.keywords()[0])
    pattern = Text((str(test.value),)) if isinstance(test, Number) else test
    if not any(isinstance(part, Wildcard) for part in pattern.parts):
        pattern = Text((Wildcard.ANY, *pattern.parts, Wildcard.ANY), pattern.cased)
    holds = text_test(pattern)
    column = 0 if pattern.cased else 1
    return lambda view: any(holds(text) for text in view.keywords()[column])


def text_test(test: Text) -> TextTest:
    """The test on one text. The text must be folded already, unless the test is cased."""
    parts = test.parts if test.cased else tuple(map(fold_part, test.parts))
    literals = [part for part in parts if isinstance(part, str)]
    shape = "".join(part.symbol if isinstance(part, Wildcard) else "x" for part in parts)
    literal = literals[0] if literals else ""
    match shape:
        case "" | "x":
            return lambda text: text == literal
        case "*x*":
            return lambda text: literal in text
        case "x*":
            return lambda text: text.startswith(literal)
        case "*x":
            return lambda text: text.endswith(literal)
        case "*" | "**":
            return lambda _: True
        case _:
            return compile_regex(pattern_source(parts), "s")


def equals_number(value: FieldValue, number: float) -> bool:
    """Whether an event's value is a number of a rule, as `condition.Number` states it."""
    if isinstance(value, str):
        return value == str(number)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return value == number


def as_number(value: FieldValue) -> int | float | None:
    """The number in a value: a number itself, or decimal text."""
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return value
    if isinstance(value, str):
        text = value.strip()
        if _INTEGER.fullmatch(text):
            return int(text)
        if _DECIMAL.fullmatch(text):
            return float(text)
    return None


def fold_part(part: str | Wildcard) -> str | Wildcard:
    """A part of a pattern without letter case."""
    return part if isinstance(part, Wildcard) else fold(part)


def pattern_source(parts: tuple[str | Wildcard, ...]) -> str:
    """A wildcard pattern as an anchored regular expression."""
    source = {Wildcard.ANY: ".*", Wildcard.ONE: "."}
    return "^" + "".join(source[p] if isinstance(p, Wildcard) else re.escape(p) for p in parts) + r"\z"


def _text_predicate(field: str, test: Text) -> Predicate:
    holds = text_test(test)
    if test.cased:
        return lambda view: any(holds(text) for text in view.texts(field))
    return lambda view: any(holds(text) for text in view.folded(field))


def _value_predicate(field: str, holds: Callable[[FieldValue], bool]) -> Predicate:
    return lambda view: any(holds(value) for value in view.values(field) or ())


def _comparison_predicate(field: str, test: Comparison) -> Predicate:
    relation, limit = _RELATIONS[test.operator], test.value

    def holds(value: FieldValue) -> bool:
        number = as_number(value)
        return number is not None and relation(number, limit)

    return _value_predicate(field, holds)


def _time_predicate(field: str, test: TimePart) -> Predicate:
    part, relation, wanted = _PARTS[test.part], _RELATIONS[test.operator], test.value

    def holds(value: FieldValue) -> bool:
        time = _written_time(value) if isinstance(value, str) else None
        return time is not None and relation(part(time), wanted)

    return _value_predicate(field, holds)


def _written_time(text: str) -> datetime | None:
    """The time as it is written, without conversion to another zone."""
    if len(text) > 64:
        return None
    try:
        return datetime.fromisoformat(_FRACTION.sub(r"\1", text.strip()))
    except ValueError:
        return None


def _cidr_predicate(field: str, test: Cidr) -> Predicate:
    network = ip_network(test.network)

    def holds(value: FieldValue) -> bool:
        address = _address(value) if isinstance(value, str) else None
        return address is not None and address.version == network.version and address in network

    return _value_predicate(field, holds)


@lru_cache(maxsize=16_384)
def _address(text: str) -> IPv4Address | IPv6Address | None:
    return parse_ip(text.strip())


def _reference_predicate(field: str, test: Reference) -> Predicate:
    relation, other = TEXT_RELATIONS[test.relation], test.field
    return lambda view: any(relation(mine, theirs) for mine in view.folded(field) for theirs in view.folded(other))
