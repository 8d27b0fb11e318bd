"""Draws an explanation as a tree for people: what held, what did not, and the values that decided it.

Texts of rules and events are shown as they are, so that they can be compared letter by letter, but for what a terminal
would act on, which `visible` spells out; they stand in plain `Text`, never in markup.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec
from rich.console import Console
from rich.text import Text

from watchfloor.detect.explain import Explanation, Node, Seen
from watchfloor.kernel.characters import visible
from watchfloor.ops.paint import ACCENT, DIM, plain
from watchfloor.ops.rulesets.lint import words_of

YES: Final = "#8fd694"
NO: Final = "#ff8a65"

_NARROWEST: Final = 40
_MOST_TEXT: Final = 200
_MOST_ALTERNATIVES: Final = 6
_MOST_VALUES: Final = 4
_JOINS: Final = {"all": "all of these", "any": "any of these"}


class _Line(msgspec.Struct, frozen=True):
    """A node with what stands around it on the same line: `not` and the names of selections."""

    words: tuple[str, ...]
    holds: bool
    node: Node


def draw_explanation(explanation: Explanation, *, console: Console, full: bool = False) -> Iterator[Text]:
    """The verdict, the log source, and the tree, wrapped to the width of a terminal.

    Without `full`, long texts and long lists of alternatives are cut.
    """
    yield Text.assemble(
        (" matches ", f"bold #1b1b1b on {YES}") if explanation.matches else (" no match ", f"bold #1b1b1b on {NO}"),
        "  ",
        (plain(explanation.title), "bold"),
        (f"  {explanation.rule_id}", DIM),
    )
    yield from _draw_source(explanation)
    for first, rest, text in _draw(_joined(explanation.root), first="", rest="", full=full):
        room = max(console.width - len(first) - 4, _NARROWEST) if console.is_terminal else None
        lines = [text] if room is None else text.wrap(console, room)
        for number, line in enumerate(lines):
            yield Text.assemble((first if number == 0 else f"{rest}    ", DIM), line)


def _draw_source(explanation: Explanation) -> Iterator[Text]:
    wanted = words_of(explanation.logsource)
    found = ", ".join(words_of(one) for one in explanation.event_logsources) or "of no known source"
    line = Text.assemble(_mark(explanation.covers), " log source ", (wanted, ACCENT))
    line.append(f"  the event is {found}", style=DIM)
    yield line


def _joined(node: Node) -> _Line:
    """A node without what only stands around it: each `not` and selection, and joins of a single part."""
    words: list[str] = []
    holds = node.holds
    while len(node.items) == 1:
        if node.kind == "not":
            words.append("not")
        elif node.kind == "selection":
            words.append(node.name or "")
        node = node.items[0]
    return _Line(tuple(words), holds, node)


def _draw(line: _Line, *, first: str, rest: str, full: bool) -> Iterator[tuple[str, str, Text]]:
    """The lines of a part: what stands before each, before its continuations, and the line itself."""
    text = Text.assemble(_mark(line.holds), " ")
    words = " ".join(plain(word) for word in line.words)
    if words:
        text.append(words, style="bold")
        text.append("  ")
    node = line.node
    alternatives = _alternatives(node)
    items = () if alternatives is not None else node.items
    if alternatives is not None:
        text.append_text(_merged(node, alternatives, full=full))
    elif node.test is not None:
        text.append_text(_test(node, full=full))
    else:
        text.append(_JOINS.get(node.kind, ""), style=DIM)
    yield first, rest, text
    for number, item in enumerate(items, start=1):
        branch, below = ("└─ ", "   ") if number == len(items) else ("├─ ", "│  ")
        yield from _draw(_joined(item), first=rest + branch, rest=rest + below, full=full)


def _mark(holds: bool) -> tuple[str, str]:  # noqa: FBT001  # it is the mark's only meaning
    return ("✓", f"bold {YES}") if holds else ("✗", f"bold {NO}")


def _alternatives(node: Node) -> Sequence[Node] | None:
    """The items of a join of tests on one field, of which one suffices: they are one line."""
    names = {item.name if item.kind == "field" and not item.other else None for item in node.items}
    if node.kind != "any" or len(node.items) < 2 or len(names) != 1 or None in names:
        return None
    return node.items


def _merged(node: Node, alternatives: Sequence[Node], *, full: bool) -> Text:
    field = alternatives[0]
    tests = [item for item in alternatives if item.holds] if node.holds and not full else list(alternatives)
    kept = tests if full else tests[:_MOST_ALTERNATIVES]
    text = Text.assemble((plain(field.name or ""), ACCENT), " ")
    text.append(" or ".join(_cut(item.test or "", full=full) for item in kept))
    left = len(alternatives) - len(kept)
    if left:
        text.append(f"  and {left:,} others" if not node.holds else f"  (one of {len(alternatives):,})", style=DIM)
    seen = field.seen
    if seen is not None:
        held = {value.text for item in alternatives for value in item.seen or () if value.holds}
        seen = tuple(Seen(text=value.text, holds=value.text in held) for value in seen)
    text.append_text(_values(seen, full=full))
    return text


def _test(node: Node, *, full: bool) -> Text:
    name = plain(node.name) if node.name is not None else "some value"
    text = Text.assemble((name, ACCENT), " ", _cut(node.test or "", full=full))
    if node.other:
        text.append(f", which is {' or '.join(_quoted(other, full=full) for other in node.other)}")
    if node.kind == "keyword" and not node.holds:
        text.append("  no value does", style=DIM)
    else:
        text.append_text(_values(node.seen, full=full))
    return text


def _values(seen: Sequence[Seen] | None, *, full: bool) -> Text:
    """The values of a field, those that satisfy the test in its colour."""
    if seen is None:
        return Text("  there is no such field", style=DIM)
    if not seen:
        return Text("  it has no value", style=DIM)
    text = Text("  ← ", style=DIM)
    ordered = sorted(seen, key=lambda value: not value.holds)
    kept = ordered if full else ordered[:_MOST_VALUES]
    for number, value in enumerate(kept):
        text.append(", " if number else "", style=DIM)
        text.append(_quoted(value.text, full=full), style=YES if value.holds else NO)
    if len(kept) < len(seen):
        text.append(f" and {len(seen) - len(kept):,} more", style=DIM)
    return text


def _quoted(text: str | None, *, full: bool) -> str:
    return "null" if text is None else f"'{_cut(text, full=full)}'"


def _cut(text: str, *, full: bool) -> str:
    clean = visible(text, newline="⏎")
    return clean if full or len(clean) <= _MOST_TEXT else f"{clean[:_MOST_TEXT]}… ({len(text):,} characters)"
