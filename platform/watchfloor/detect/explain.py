"""Why a rule matches an event, or why not: the rule's condition as a tree, with what each part came to.

Every verdict in the tree is that of `compile_condition` on this very part, so there is no second meaning of a rule
here. Pure; what it gives holds text from the event, which every sink neutralises.
"""

from collections.abc import Iterator
from typing import Final, Literal, TypeAlias

import msgspec

from watchfloor.detect.compilation import compile_condition
from watchfloor.detect.condition import (
    AllOf,
    AnyOf,
    Condition,
    Exists,
    IsNull,
    Keyword,
    Listed,
    Not,
    OnField,
    Reference,
    Selection,
)
from watchfloor.detect.lists import Lists, fill, names_of, widen
from watchfloor.detect.logsource import covers
from watchfloor.detect.rule import Rule
from watchfloor.detect.view import EventView, render
from watchfloor.detect.wording import words_of, words_of_keyword
from watchfloor.kernel.errors import Invalid
from watchfloor.normalise.event import Event, FieldValue, LogSource

NodeKind: TypeAlias = Literal["all", "any", "not", "selection", "field", "keyword"]

MAX_KEYWORDS: Final = 20
"""How many of an event's values a keyword shows."""


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A value of the event, as text (`null` as None), and whether it alone satisfies the test."""

    text: str | None
    holds: bool


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """One part of a condition.

    `name` is a selection's or a field's name, `test` what is asked of the field, in words. `seen` are the values of
    the field; None if the event has no such field. `other` are the values of the field that a reference points to.
    """

    kind: NodeKind
    holds: bool
    name: str | None = None
    test: str | None = None
    seen: tuple[Seen, ...] | None = None
    other: tuple[str, ...] = ()
    items: tuple["Node", ...] = ()


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """A test that held, and for which values. `selection` is the search identifier around it, if any."""

    selection: str | None
    field: str | None
    test: str
    values: tuple[str | None, ...]


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """A rule held against an event. It `matches` if its log source `covers` the event and its condition holds."""

    rule_id: str
    title: str
    matches: bool
    covers: bool
    logsource: LogSource
    event_logsources: tuple[LogSource, ...]
    root: Node


def explain(rule: Rule, event: Event, *, lists: Lists | None = None) -> Explanation:
    """The tree of `rule` on `event`.

    A `%list%` has the values of `lists`; one that is not there counts as it does for the shared engine: wherever it
    could hold for some tenant, it does. Raises Invalid for a correlation, which looks at matches and not at events.
    """
    if rule.correlation is not None:
        raise Invalid(
            f"{rule.title} is a correlation: it counts matches of other rules and reads no event.",
            where=rule.path,
            remedy=f"Explain one of these: {', '.join(rule.correlation.rules)}.",
        )
    condition = rule.condition
    if lists and names_of(condition) <= lists.keys():
        condition = fill(condition, lists)
    root = _node(condition, widen(condition), EventView(event.fields))
    covered = any(covers(rule.logsource, logsource) for logsource in event.logsources)
    return Explanation(
        rule_id=rule.id,
        title=rule.title,
        matches=covered and root.holds,
        covers=covered,
        logsource=rule.logsource,
        event_logsources=event.logsources,
        root=root,
    )


def evidence(node: Node, *, selection: str | None = None) -> Iterator[Evidence]:
    """What made a part hold: the tests that held, but for those of exclusions. Nothing for a part that does not."""
    if not node.holds or node.kind == "not":
        return
    if node.test is not None:
        values = tuple(seen.text for seen in node.seen or () if seen.holds)
        yield Evidence(selection=selection, field=node.name, test=node.test, values=values)
    inside = node.name if node.kind == "selection" else selection
    for item in node.items:
        yield from evidence(item, selection=inside)


def _node(condition: Condition, widened: Condition, view: EventView) -> Node:
    """One part, and the same part as the engine has it (of the same shape, lists taken away)."""
    holds = compile_condition(widened)(view)
    match condition:
        case AllOf() | AnyOf():
            kind: NodeKind = "all" if isinstance(condition, AllOf) else "any"
            return Node(kind=kind, holds=holds, items=tuple(_items(condition, widened, view)))
        case Not():
            inner = widened.item if isinstance(widened, Not) else widened
            return Node(kind="not", holds=holds, items=(_node(condition.item, inner, view),))
        case Selection():
            inner = widened.item if isinstance(widened, Selection) else widened
            item = _node(condition.item, inner, view)
            return Node(kind="selection", holds=holds, name=condition.name, items=(item,))
        case OnField():
            return _field(condition, widened, view, holds=holds)
        case Keyword():
            return _keyword(condition, view, holds=holds)


def _items(condition: AllOf | AnyOf, widened: Condition, view: EventView) -> Iterator[Node]:
    parts = widened.items if isinstance(widened, (AllOf, AnyOf)) else condition.items
    for item, wide in zip(condition.items, parts, strict=True):
        yield _node(item, wide, view)


def _field(condition: OnField, widened: Condition, view: EventView, *, holds: bool) -> Node:
    values = view.values(condition.field)
    other = view.texts(condition.test.field) if isinstance(condition.test, Reference) else ()
    return Node(
        kind="field",
        holds=holds,
        name=condition.field,
        test=words_of(condition.test),
        seen=None if values is None else tuple(_seen(condition, widened, value, holds) for value in values),
        other=other,
    )


def _seen(condition: OnField, widened: Condition, value: FieldValue, field_holds: bool) -> Seen:  # noqa: FBT001
    """One value by itself: the test on an event that has this field, with this value, and nothing else."""
    if isinstance(condition.test, (IsNull, Exists, Reference, Listed)):
        return Seen(text=render(value), holds=field_holds)
    alone = EventView({condition.field: value})
    return Seen(text=render(value), holds=compile_condition(widened)(alone))


def _keyword(condition: Keyword, view: EventView, *, holds: bool) -> Node:
    """A keyword looks at every value; the tree shows those that satisfy it."""
    words = words_of_keyword(condition.test)
    if isinstance(condition.test, Listed) or not holds:
        return Node(kind="keyword", holds=holds, test=words, seen=())
    test = compile_condition(condition)
    found = (text for text in view.keywords()[0] if test(EventView({"": text})))
    seen = tuple(Seen(text=text, holds=True) for _, text in zip(range(MAX_KEYWORDS), found, strict=False))
    return Node(kind="keyword", holds=holds, test=words, seen=seen)
