"""Exact decisions, quickly: the predicates of `compilation`, with a short way for fields that have one text.

Nearly every field of a real event has one value, and nearly every test is about its folded text. Such tests look it
up once and compare; all others, and all unusual values, go to the plain predicate of the same test. So nothing is
decided here that `compilation` and `predicates` do not decide the same way.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Final

from watchfloor.detect.compilation import compile_condition
from watchfloor.detect.condition import (
    AllOf,
    AnyOf,
    Cidr,
    Condition,
    IsNull,
    Keyword,
    Not,
    Number,
    OnField,
    Reference,
    Regex,
    Selection,
    Text,
    Wildcard,
)
from watchfloor.detect.folding import fold
from watchfloor.detect.predicates import TEXT_RELATIONS, Predicate, fold_part, pattern_source
from watchfloor.detect.regex import Searcher, compile_regex
from watchfloor.detect.view import EventView
from watchfloor.normalise.event import FieldValue

MANY: Final = object()
"""What `Fields` has for a field with several values."""


class Fields(dict[str, object]):
    """One event's fields as folded text, each looked up at its first use: None without a value, `MANY` with several."""

    __slots__ = ("_event", "_view")

    def __init__(self, event: dict[str, FieldValue]) -> None:
        super().__init__()
        self._event = event
        self._view: EventView | None = None

    @property
    def view(self) -> EventView:
        """The event as plain predicates see it."""
        if self._view is None:
            self._view = EventView(self._event)
        return self._view

    def view_of(self, name: str) -> EventView:  # noqa: ARG002 - for those that know less of some fields than of others
        """A view that is right about this field, if not about others."""
        return self.view

    def text(self, name: str) -> str | None:
        """The field's text as it is, if the event has it under this name as text."""
        value = self._event.get(name)
        return value if isinstance(value, str) else None

    def __missing__(self, name: str) -> object:
        text = self.text(name)
        value = fold(text) if text is not None else self._look_up(name)
        self[name] = value
        return value

    def _look_up(self, name: str) -> object:
        texts = self.view_of(name).folded(name)
        return None if not texts else texts[0] if len(texts) == 1 else MANY


ADDRESSES: Final = 4_096
"""How many addresses a test on networks remembers."""

_EXACT: Final = 10**15
"""Integers below it have one text, however they were written."""

Decision = Callable[[Fields], bool]


def compile_decision(condition: Condition) -> Decision:
    """The decision on a condition. Raises Invalid where a test cannot be compiled."""
    match condition:
        case AllOf():
            return _every([compile_decision(item) for item in sorted(_flat(AllOf, condition), key=_cost)])
        case AnyOf():
            return _some(_alternatives(_flat(AnyOf, condition)))
        case Not():
            inner = compile_decision(condition.item)
            return lambda fields: not inner(fields)
        case Selection():
            return compile_decision(condition.item)
        case OnField():
            return _test_decision(condition)
        case Keyword():
            return _plain(condition)


def _test_decision(condition: OnField) -> Decision:
    field = condition.field
    match condition.test:
        case Text() as test:
            return _text_decision(field, [test]) or _plain(condition)
        case IsNull():
            return lambda fields: fields[field] is None
        case Number(int() as number) if abs(number) < _EXACT:
            return _text_decision(field, [Text((str(number),))]) or _plain(condition)
        case Regex() as test:
            return _regex_decision(condition, compile_regex(test.pattern, test.flags))
        case _:
            return _other_decision(condition)


def _other_decision(condition: OnField) -> Decision:
    match condition.test:
        case Cidr():
            return _network_decision(condition.field, condition)
        case Reference() as test:
            return _reference_decision(condition, test)
        case _:
            field, predicate = condition.field, compile_condition(condition)
            return lambda fields: predicate(fields.view_of(field))


def _reference_decision(condition: OnField, test: Reference) -> Decision:
    field, other, relation = condition.field, test.field, TEXT_RELATIONS[test.relation]
    plain = compile_condition(condition)

    def decide(fields: Fields) -> bool:
        mine, theirs = fields[field], fields[other]
        if isinstance(mine, str) and isinstance(theirs, str):
            return relation(mine, theirs)
        return mine is not None and theirs is not None and plain(fields.view)

    return decide


def _regex_decision(condition: OnField, search: Searcher) -> Decision:
    field, plain = condition.field, compile_condition(condition)

    def decide(fields: Fields) -> bool:
        text = fields.text(field)
        return plain(fields.view_of(field)) if text is None else search(text)

    return decide


def _plain(condition: Condition) -> Decision:
    predicate = compile_condition(condition)
    return lambda fields: predicate(fields.view)


def _flat(join: type[AllOf] | type[AnyOf], condition: Condition) -> Iterator[Condition]:
    """The items of an AND (or an OR), with those of ANDs (ORs) in it in their places."""
    if isinstance(condition, Selection):
        yield from _flat(join, condition.item)
    elif isinstance(condition, join):
        for item in condition.items:
            yield from _flat(join, item)
    else:
        yield condition


def _cost(condition: Condition) -> int:
    """What a condition costs to decide, roughly."""
    match condition:
        case OnField(_, Text(parts)):
            return 1 if _shape(Text(parts)) in {"equals", "begins", "ends"} else 2
        case OnField(_, Regex()):
            return 8
        case OnField():
            return 3
        case Keyword():
            return 100
        case Not() | Selection():
            return _cost(condition.item)
        case AllOf() | AnyOf():
            return 1 + max(map(_cost, condition.items), default=0)


def _every(decisions: list[Decision]) -> Decision:
    match decisions:
        case [only]:
            return only
        case [first, second]:
            return lambda fields: first(fields) and second(fields)
        case _:
            fixed = tuple(decisions)

    def every(fields: Fields) -> bool:
        for decision in fixed:  # noqa: SIM110  # a generator costs more than the decisions
            if not decision(fields):
                return False
        return True

    return every


def _some(decisions: list[Decision]) -> Decision:
    match decisions:
        case [only]:
            return only
        case [first, second]:
            return lambda fields: first(fields) or second(fields)
        case _:
            fixed = tuple(decisions)

    def some(fields: Fields) -> bool:
        for decision in fixed:  # noqa: SIM110  # a generator costs more than the decisions
            if decision(fields):
                return True
        return False

    return some


def _alternatives(items: Iterable[Condition]) -> list[Decision]:
    """The decisions of an OR, with the texts and the expressions on each field taken together."""
    texts: dict[str, list[Text]] = {}
    wild: dict[str, list[Text]] = {}
    networks: dict[str, list[Condition]] = {}
    expressions: dict[tuple[str, str], list[str]] = {}
    others: list[Condition] = []
    for item in items:
        match item:
            case OnField(field, Text() as test) if _shape(test) is not None:
                texts.setdefault(field, []).append(test)
            case OnField(field, Text(cased=False) as test):
                wild.setdefault(field, []).append(test)
            case OnField(field, Cidr()):
                networks.setdefault(field, []).append(item)
            case OnField(field, Regex(pattern, flags)) if "\\z" not in pattern:
                expressions.setdefault((field, flags), []).append(f"(?:{pattern})")
            case _:
                others.append(item)
    for (field, flags), patterns in expressions.items():
        others.append(OnField(field, Regex("|".join(patterns), flags)))
    together = [decision for field, tests in texts.items() if (decision := _text_decision(field, tests)) is not None]
    together += [_wild_decision(field, tests) for field, tests in wild.items()]
    together += [_network_decision(field, AnyOf(tuple(tests))) for field, tests in networks.items()]
    return together + [compile_decision(item) for item in others]


def _network_decision(field: str, condition: Condition) -> Decision:
    """The decision on addresses of one field. Real traffic has the same ones again and again."""
    plain = compile_condition(condition)

    @lru_cache(maxsize=ADDRESSES)
    def holds(text: str) -> bool:
        return plain(EventView({field: text}))

    def decide(fields: Fields) -> bool:
        text = fields.text(field)
        return plain(fields.view_of(field)) if text is None else holds(text)

    return decide


def _wild_decision(field: str, tests: list[Text]) -> Decision:
    """One decision for several texts of one field with wildcards inside."""
    plain = compile_condition(AnyOf(tuple(OnField(field, test) for test in tests)))
    search = compile_regex("|".join(pattern_source(tuple(map(fold_part, test.parts))) for test in tests), "s")

    def decide(fields: Fields) -> bool:
        value = fields[field]
        if isinstance(value, str):
            return search(value)
        return value is MANY and plain(fields.view_of(field))

    return decide


def _shape(test: Text) -> str | None:
    """How a text without inner wildcards is compared; None for all others."""
    if test.cased:
        return None
    match test.parts:
        case () | (str(),):
            return "equals"
        case (Wildcard.ANY, str()):
            return "ends"
        case (str(), Wildcard.ANY):
            return "begins"
        case (Wildcard.ANY, str(), Wildcard.ANY):
            return "contains"
        case _:
            return None


def _text_decision(field: str, tests: list[Text]) -> Decision | None:
    """One decision for several texts of one field; None if one of them is not of a plain shape."""
    shaped: dict[str, list[str]] = {}
    for test in tests:
        shape = _shape(test)
        if shape is None:
            return None
        shaped.setdefault(shape, []).append(fold("".join(part for part in test.parts if isinstance(part, str))))
    plain = compile_condition(AnyOf(tuple(OnField(field, test) for test in tests)))
    decisions = [_compare(field, shape, tuple(texts), plain) for shape, texts in shaped.items()]
    return _some(decisions)


def _compare(field: str, shape: str, texts: tuple[str, ...], plain: Predicate) -> Decision:  # noqa: C901
    """One decision for one field and shape. `plain` decides on fields with several values."""

    def unusual(value: object, fields: Fields) -> bool:
        return value is MANY and plain(fields.view_of(field))

    equal, only = frozenset(texts), texts[0]

    def equals(fields: Fields) -> bool:
        value = fields[field]
        return value in equal if value.__class__ is str else unusual(value, fields)

    def ends(fields: Fields) -> bool:
        value = fields[field]
        return value.endswith(texts) if isinstance(value, str) else unusual(value, fields)

    def begins(fields: Fields) -> bool:
        value = fields[field]
        return value.startswith(texts) if isinstance(value, str) else unusual(value, fields)

    def contains(fields: Fields) -> bool:
        value = fields[field]
        return only in value if isinstance(value, str) else unusual(value, fields)

    def contains_one(fields: Fields) -> bool:
        value = fields[field]
        if not isinstance(value, str):
            return unusual(value, fields)
        for text in texts:  # noqa: SIM110  # a generator costs more than the comparisons
            if text in value:
                return True
        return False

    if shape == "contains":
        return contains if len(texts) == 1 else contains_one
    return {"equals": equals, "ends": ends, "begins": begins}[shape]
