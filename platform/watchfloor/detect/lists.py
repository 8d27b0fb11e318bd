"""Lists that tenants fill in (modifier `expand`): what a condition says before they are known, and after.

The shared rule set is compiled once, without any tenant's lists: `widen` makes of each condition one that holds at
least wherever it could hold for some tenant. A tenant's overlay then decides with `fill`.
"""

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Final

from watchfloor.detect.condition import (
    AllOf,
    AnyOf,
    Condition,
    Keyword,
    Listed,
    ListName,
    Not,
    OnField,
    Selection,
    Text,
    Wildcard,
)
from watchfloor.kernel.errors import Invalid

Lists = Mapping[str, Sequence[tuple[str | Wildcard, ...]]]
"""A tenant's lists by name: each value a pattern, as `Text.parts`."""

MAX_EXPANSIONS: Final = 1_000
"""How many texts one value of a rule may stand for."""

_ESCAPED: Final = frozenset("*?\\")

ALWAYS: Final = AllOf(())
NEVER: Final = AnyOf(())


def names_of(condition: Condition) -> frozenset[str]:
    """The names of the lists that a condition needs."""
    match condition:
        case AllOf() | AnyOf():
            return frozenset(name for item in condition.items for name in names_of(item))
        case Not() | Selection():
            return names_of(condition.item)
        case OnField() | Keyword():
            return _names(condition)


def widen(condition: Condition, *, holds: bool = True) -> Condition:
    """A condition without lists that holds wherever `condition` may (or, with `holds` False, only where it must)."""
    match condition:
        case AllOf():
            return AllOf(tuple(widen(item, holds=holds) for item in condition.items))
        case AnyOf():
            return AnyOf(tuple(widen(item, holds=holds) for item in condition.items))
        case Not():
            return Not(widen(condition.item, holds=not holds))
        case Selection():
            return Selection(condition.name, widen(condition.item, holds=holds))
        case OnField() | Keyword():
            if not isinstance(condition.test, Listed):
                return condition
            return ALWAYS if holds else NEVER


def fill(condition: Condition, lists: Lists) -> Condition:
    """The condition with its lists filled in. Raises Invalid for a list that is missing or too long."""
    match condition:
        case AllOf():
            return AllOf(tuple(fill(item, lists) for item in condition.items))
        case AnyOf():
            return AnyOf(tuple(fill(item, lists) for item in condition.items))
        case Not():
            return Not(fill(condition.item, lists))
        case Selection():
            return Selection(condition.name, fill(condition.item, lists))
        case OnField() | Keyword():
            return _fill_test(condition, lists)


def pattern_of(text: str) -> tuple[str | Wildcard, ...]:
    """An entry of a list as a pattern: `*` and `?` are wildcards unless a backslash stands before them."""
    pieces: list[str | Wildcard] = []
    letters = iter(text)
    for letter in letters:
        if letter != "\\":
            pieces.append({"*": Wildcard.ANY, "?": Wildcard.ONE}.get(letter, letter))
            continue
        following = next(letters, "")
        pieces.append(following if following in _ESCAPED else f"\\{following}")
    return join([pieces])


def join(pieces: Sequence[Sequence[str | Wildcard]]) -> tuple[str | Wildcard, ...]:
    """One pattern of pieces: neighbouring texts as one, repeated `*` as one, no empty text."""
    joined: list[str | Wildcard] = []
    for part in (part for piece in pieces for part in piece):
        last = joined[-1] if joined else None
        if isinstance(part, str) and isinstance(last, str):
            joined[-1] = last + part
        elif part and not (part is Wildcard.ANY and last is Wildcard.ANY):
            joined.append(part)
    return tuple(joined)


def _fill_test(item: OnField | Keyword, lists: Lists) -> Condition:
    if not isinstance(item.test, Listed):
        return item
    texts = _texts(item.test, lists)
    if isinstance(item, Keyword):
        return AnyOf(tuple(Keyword(text) for text in texts))
    return AnyOf(tuple(OnField(item.field, text) for text in texts))


def _names(test: OnField | Keyword) -> frozenset[str]:
    if not isinstance(test.test, Listed):
        return frozenset()
    return frozenset(part.name for part in test.test.parts if isinstance(part, ListName))


def _texts(test: Listed, lists: Lists) -> list[Text]:
    choices: list[Sequence[tuple[str | Wildcard, ...]]] = []
    count = 1
    for part in test.parts:
        options = _values(part.name, lists) if isinstance(part, ListName) else [(part,)]
        choices.append(options)
        count *= len(options)
        if count > MAX_EXPANSIONS:
            raise Invalid(f"The lists of one value stand for more than {MAX_EXPANSIONS} texts.")
    return [Text(join(combination), test.cased) for combination in product(*choices)]


def _values(name: str, lists: Lists) -> Sequence[tuple[str | Wildcard, ...]]:
    values = lists.get(name)
    if not values:
        raise Invalid(f"The list %{name}% has no values here.")
    return values
