"""Compiles a condition into one function over an event's view.

Owns the joining of predicates; `predicates` owns their meaning. Alternatives on one field are tried together (equal
texts by a set, beginnings and ends by one call), which changes the speed and nothing else.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import assert_never

from watchfloor.detect.condition import (
    AllOf,
    AnyOf,
    ClosedTest,
    Condition,
    Keyword,
    Listed,
    ListName,
    Not,
    OnField,
    Selection,
    Test,
    Text,
    Wildcard,
)
from watchfloor.detect.folding import fold
from watchfloor.detect.predicates import Predicate, field_predicate, keyword_predicate
from watchfloor.detect.view import EventView
from watchfloor.kernel.errors import Invalid


def compile_condition(condition: Condition) -> Predicate:
    """The predicate of a condition. Raises Invalid where a test cannot be compiled; `lists` takes away what is open."""
    match condition:
        case AllOf():
            return _every([compile_condition(item) for item in condition.items])
        case AnyOf():
            return _some(_alternatives(condition.items))
        case Not():
            inner = compile_condition(condition.item)
            return lambda view: not inner(view)
        case Selection():
            return compile_condition(condition.item)
        case OnField():
            return field_predicate(condition.field, _closed(condition.test))
        case Keyword():
            if isinstance(condition.test, Listed):
                raise _open(condition.test)
            return keyword_predicate(condition.test)
        case _:
            assert_never(condition)


def _closed(test: Test) -> ClosedTest:
    if isinstance(test, Listed):
        raise _open(test)
    return test


def _open(test: Listed) -> Invalid:
    names = ", ".join(f"%{part.name}%" for part in test.parts if isinstance(part, ListName))
    return Invalid(f"The list {names} has no values here.")


def _every(predicates: Sequence[Predicate]) -> Predicate:
    if len(predicates) == 1:
        return predicates[0]
    fixed = tuple(predicates)

    return lambda view: all(predicate(view) for predicate in fixed)


def _some(predicates: Sequence[Predicate]) -> Predicate:
    if len(predicates) == 1:
        return predicates[0]
    fixed = tuple(predicates)

    return lambda view: any(predicate(view) for predicate in fixed)


def _alternatives(items: Iterable[Condition]) -> list[Predicate]:
    """The predicates of an OR, with the plain texts on each field joined."""
    plain: dict[str, _PlainTexts] = {}
    predicates: list[Predicate] = []
    for item in items:
        if isinstance(item, OnField) and isinstance(item.test, Text):
            texts = plain.get(item.field) or _PlainTexts()
            if texts.take(item.test):
                plain[item.field] = texts
                continue
        predicates.append(compile_condition(item))
    return [texts.predicate(field) for field, texts in plain.items()] + predicates


class _PlainTexts:
    """Alternatives of one field that are equality, beginning, end or content, without regard to letter case."""

    def __init__(self) -> None:
        self._equal: set[str] = set()
        self._starts: list[str] = []
        self._ends: list[str] = []
        self._contains: list[str] = []

    def take(self, test: Text) -> bool:
        """Takes the test if it is of a plain shape."""
        if test.cased:
            return False
        match test.parts:
            case ():
                self._equal.add("")
            case (str() as text,):
                self._equal.add(fold(text))
            case (Wildcard.ANY, str() as text):
                self._ends.append(fold(text))
            case (str() as text, Wildcard.ANY):
                self._starts.append(fold(text))
            case (Wildcard.ANY, str() as text, Wildcard.ANY):
                self._contains.append(fold(text))
            case _:
                return False
        return True

    def predicate(self, field: str) -> Predicate:
        """One predicate for all that was taken."""
        equal, contains = frozenset(self._equal), tuple(self._contains)
        starts, ends = tuple(self._starts), tuple(self._ends)
        tests: list[Callable[[str], bool]] = []
        if equal:
            tests.append(lambda text: text in equal)
        if ends:
            tests.append(lambda text: text.endswith(ends))
        if starts:
            tests.append(lambda text: text.startswith(starts))
        if contains:
            tests.append(lambda text: any(needle in text for needle in contains))

        def holds(view: EventView) -> bool:
            return any(test(text) for text in view.folded(field) for test in tests)

        return holds
