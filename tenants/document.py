"""YAML as a tree in which everything knows its place.

Owns what of YAML 1.2 a bundle may use: mappings with text keys, sequences, text, numbers, true, false and null. Tags,
aliases and repeated keys are refused, so that a file means what it shows and cannot swell when it is read.
It knows nothing of what a bundle holds.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeAlias, cast

import msgspec
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from tenants.faults import Fault, Place

LARGEST_BYTES: Final = 1_000_000

_PREFIX: Final = "tag:yaml.org,2002:"


class Scalar(msgspec.Struct, frozen=True):
    """One value."""

    place: Place
    value: str | int | float | bool | None


class Items(msgspec.Struct, frozen=True):
    """A sequence."""

    place: Place
    items: tuple["Tree", ...]


class Entry(msgspec.Struct, frozen=True):
    """What stands under a key, and where the key stands."""

    place: Place
    tree: "Tree"


class Table(msgspec.Struct, frozen=True):
    """A mapping."""

    place: Place
    entries: dict[str, Entry]


Tree: TypeAlias = Scalar | Items | Table


def read(path: Path, *, faults: list[Fault]) -> Tree | None:
    """The document in a file, or None when it cannot be read as one; what is wrong is added to `faults`."""
    start = Place(str(path), 1, 1)
    try:
        content = path.read_bytes()
    except OSError as error:
        faults.append(Fault(start, f"The file cannot be read: {error.strerror}."))
        return None
    if len(content) > LARGEST_BYTES:
        faults.append(Fault(start, f"The file is larger than {LARGEST_BYTES:,} bytes."))
        return None
    try:
        return parse(content.decode("utf-8-sig"), file=str(path), faults=faults)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        faults.append(Fault(Place(str(path), line, 1), "The file is not UTF-8 text.", "Save it as UTF-8."))
        return None


def parse(text: str, *, file: str, faults: list[Fault]) -> Tree | None:
    """The document in `text`, or None when there is none; what is wrong is added to `faults`."""
    start = Place(file, 1, 1)
    try:
        root = cast("Node | None", YAML(typ="safe", pure=True).compose(text))  # pyright: ignore[reportUnknownMemberType] - no types
        if root is None:
            faults.append(Fault(start, "The file is empty."))
            return None
        return _Reader(file, faults).tree(root)
    except MarkedYAMLError as error:
        faults.append(_syntax(error, start))
    except ReaderError as error:
        position = cast("object", error.position)  # pyright: ignore[reportUnknownMemberType] - no types
        faults.append(_unreadable(text, position, file))
    except YAMLError:
        faults.append(Fault(start, "The file is not YAML."))
    except RecursionError:
        faults.append(Fault(start, "The file is nested too deeply."))
    return None


class _Reader:
    """Turns composed nodes into our tree."""

    def __init__(self, file: str, faults: list[Fault]) -> None:
        self._file = file
        self._faults = faults
        self._seen: set[int] = set()

    def tree(self, node: Node) -> Tree:
        """The tree under a node. A node that is met twice was reached through an alias."""
        place = self._place(node)
        if id(node) in self._seen:
            self._faults.append(Fault(place, "Aliases (*name) are not allowed.", "Write the value out."))
            return Scalar(place, None)
        self._seen.add(id(node))
        if isinstance(node, MappingNode):
            return self._table(node, place)
        if isinstance(node, SequenceNode):
            return Items(place, tuple(self.tree(item) for item in cast("list[Node]", node.value)))
        return self._scalar(cast("ScalarNode", node), place)

    def _table(self, node: MappingNode, place: Place) -> Table:
        entries: dict[str, Entry] = {}
        for key_node, value_node in cast("list[tuple[Node, Node]]", node.value):
            key = self.tree(key_node)
            value = self.tree(value_node)
            if isinstance(value, Scalar) and value.value is None:
                # What is left out stands nowhere; its key does.
                value = Scalar(key.place, None)
            if not isinstance(key, Scalar) or not isinstance(key.value, str):
                self._faults.append(Fault(key.place, "A key must be text."))
            elif key.value in entries:
                first = entries[key.value].place.line
                self._faults.append(Fault(key.place, f"The key {key.value} stands here already, in line {first}."))
            else:
                entries[key.value] = Entry(key.place, value)
        return Table(place, entries)

    def _scalar(self, node: ScalarNode, place: Place) -> Scalar:
        text = cast("str", node.value)
        tag = cast("str", node.tag)
        if not tag.startswith(_PREFIX):
            self._faults.append(Fault(place, f"Tags ({tag}) are not allowed.", "Write the value alone."))
        convert = _CONVERSIONS.get(tag.removeprefix(_PREFIX))
        try:
            return Scalar(place, text if convert is None else convert(text))
        except ValueError:
            return Scalar(place, text)

    def _place(self, node: Node) -> Place:
        line, column = _position(cast("object", node.start_mark))  # pyright: ignore[reportUnknownMemberType] - no types
        return Place(self._file, line, column)


def _null(_: str) -> None:
    return None


_CONVERSIONS: Final[dict[str, Callable[[str], str | int | float | bool | None]]] = {
    "null": _null,
    "bool": lambda text: text.lower() == "true",
    "int": lambda text: int(text.replace("_", ""), 0),
    "float": lambda text: float(text.replace("_", "")),
}


def _position(mark: object) -> tuple[int, int]:
    """Line and column of a parser's mark, which counts from 0."""
    return int(getattr(mark, "line", 0)) + 1, int(getattr(mark, "column", 0)) + 1


def _syntax(error: MarkedYAMLError, start: Place) -> Fault:
    line, column = _position(cast("object", error.problem_mark or error.context_mark))
    problem = " ".join(str(cast("object", error.problem or error.context or "this cannot be read")).split())
    return Fault(Place(start.file, line, column), f"This is not YAML: {problem}.")


def _unreadable(text: str, position: object, file: str) -> Fault:
    before = text[: position if isinstance(position, int) else 0]
    line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
    return Fault(Place(file, line, column), "There is a character here that a text file may not hold.", "Remove it.")
