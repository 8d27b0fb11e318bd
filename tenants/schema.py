"""From a placed tree to typed values: the types say what is allowed, the tree says where it stands.

Every fault of a document is found in one pass: unknown keys (with the known key that is nearest), missing keys,
values of the wrong kind. It knows the types' shapes only; what values must agree on is in `rules.py`.
"""

import types
from collections.abc import Mapping
from typing import Annotated, Final, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import msgspec

from tenants.document import Entry, Items, Scalar, Table, Tree
from tenants.faults import Fault, Place, nearest

T = TypeVar("T", bound=msgspec.Struct)
V = TypeVar("V")
Path = tuple[str | int, ...]

_LONGEST_SHOWN: Final = 60


class _Broken:
    """Stands for a value whose fault is noted already."""


_BROKEN: Final = _Broken()


class Parts:
    """Where each part of a document stands, and what it holds if it is sound, whatever is wrong elsewhere."""

    def __init__(self, root: Place) -> None:
        self._places: dict[Path, Place] = {(): root}
        self._values: dict[Path, object] = {}

    def note(self, path: Path, place: Place) -> None:
        """Remembers where a part stands."""
        self._places[path] = place

    def keep(self, path: Path, value: object) -> None:
        """Remembers a sound part."""
        self._values[path] = value

    def of(self, *path: str | int) -> Place:
        """The place of a part, or of the nearest whole that holds it when it was left out."""
        while path not in self._places:
            path = path[:-1]
        return self._places[path]

    def has(self, *path: str | int) -> bool:
        """Whether the part was written at all."""
        return path in self._places

    def sound(self, kind: type[V], *path: str | int) -> V | None:
        """The part, if it is written and sound."""
        value = self._values.get(path)
        return value if isinstance(value, kind) else None

    def each(self, kind: type[V], section: str) -> list[tuple[int, V]]:
        """The sound members of a list with their numbers, counted from 0."""
        return [
            (path[1], value)
            for path, value in self._values.items()
            if len(path) == 2 and path[0] == section and isinstance(path[1], int) and isinstance(value, kind)
        ]


def convert(tree: Tree, kind: type[T], *, faults: list[Fault]) -> tuple[T | None, Parts]:
    """The tree as `kind`, or None when it is not; what is wrong is added to `faults`."""
    walk = _Walk(Parts(tree.place), faults)
    value = walk.value(tree, kind, ())
    return (value if isinstance(value, kind) else None), walk.parts


class _Walk:
    def __init__(self, parts: Parts, faults: list[Fault]) -> None:
        self.parts = parts
        self._faults = faults

    def value(self, tree: Tree, kind: object, path: Path) -> object:
        """The tree as `kind`, a type as it is annotated."""
        self.parts.note(path, tree.place)
        value = self._value(tree, kind, path)
        if not isinstance(value, _Broken):
            self.parts.keep(path, value)
        return value

    def _value(self, tree: Tree, kind: object, path: Path) -> object:
        origin = get_origin(kind)
        if origin in (Union, types.UnionType):
            return self._optional(tree, kind, path)
        if origin is Annotated:
            return self._constrained(tree, kind, path)
        if origin is list:
            return self._list(tree, get_args(kind)[0], path)
        if origin is dict:
            return self._free(tree, path) if isinstance(tree, Table) else self._wrong(tree, path, "keys and values")
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            return self._struct(tree, kind, path)
        return self._leaf(tree, kind, path)  # pyright: ignore[reportUnknownArgumentType] - narrowed

    def _struct(self, tree: Tree, kind: type[msgspec.Struct], path: Path) -> object:
        if not isinstance(tree, Table):
            return self._wrong(tree, path, "keys and values")
        hints = cast("dict[str, object]", get_type_hints(kind, include_extras=True))
        before = len(self._faults)
        values = {
            name: self.value(entry.tree, hints[name], (*path, name))
            for name, entry in tree.entries.items()
            if self._is_known(name, entry, hints, path)
        }
        for field in msgspec.structs.fields(kind):
            if field.required and field.encode_name not in tree.entries:
                self._fault(tree.place, f"{_named(path)}has no {field.encode_name}.", "Add it.")
        return _BROKEN if len(self._faults) > before else kind(**values)

    def _is_known(self, name: str, entry: Entry, hints: Mapping[str, object], path: Path) -> bool:
        if name in hints:
            return True
        guess = nearest(name, hints)
        self._fault(
            entry.place, f"{_named(path)}has no key {_shown(name)}.", guess or f"The keys are {', '.join(hints)}."
        )
        return False

    def _list(self, tree: Tree, kind: object, path: Path) -> object:
        if not isinstance(tree, Items):
            return self._wrong(tree, path, "a list")
        values = [self.value(item, kind, (*path, number)) for number, item in enumerate(tree.items)]
        return _BROKEN if _BROKEN in values else values

    def _free(self, tree: Tree, path: Path) -> object:
        """What has no form of its own: taken as it is, and its places noted."""
        self.parts.note(path, tree.place)
        if isinstance(tree, Scalar):
            return tree.value
        if isinstance(tree, Items):
            return [self._free(item, (*path, number)) for number, item in enumerate(tree.items)]
        values: dict[str, object] = {}
        for name, entry in tree.entries.items():
            values[name] = self._free(entry.tree, (*path, name))
            self.parts.note((*path, name), entry.place)
        return values

    def _optional(self, tree: Tree, kind: object, path: Path) -> object:
        (inner,) = (choice for choice in get_args(kind) if choice is not types.NoneType)
        if isinstance(tree, Scalar) and tree.value is None:
            return None
        return self._value(tree, inner, path)

    def _constrained(self, tree: Tree, kind: object, path: Path) -> object:
        inner, *constraints = get_args(kind)
        value = self._value(tree, inner, path)
        if isinstance(value, _Broken):
            return value
        try:
            msgspec.convert(value, cast("type[object]", kind))
        except msgspec.ValidationError:
            return self._wrong(tree, path, _expectation(constraints))
        return value

    def _leaf(self, tree: Tree, kind: object, path: Path) -> object:
        if not isinstance(tree, Scalar):
            return self._wrong(tree, path, "a single value")
        try:
            return msgspec.convert(tree.value, cast("type[object]", kind))
        except msgspec.ValidationError:
            choices = _choices(kind)
            if not choices:
                return self._wrong(tree, path, _LEAVES.get(kind, "of the right kind"))
            guess = nearest(str(tree.value), choices)
            return self._wrong(tree, path, f"one of {', '.join(choices)}", guess)

    def _wrong(self, tree: Tree, path: Path, expected: str, remedy: str = "") -> _Broken:
        if isinstance(tree, Scalar) and tree.value is None:
            self._fault(tree.place, f"{_dotted(path)} is empty; it must be {expected}.", remedy)
            return _BROKEN
        found = _shown(tree.value) if isinstance(tree, Scalar) else "a list" if isinstance(tree, Items) else "a mapping"
        self._fault(tree.place, f"{_dotted(path)}: {found} is not {expected}.", remedy)
        return _BROKEN

    def _fault(self, place: Place, message: str, remedy: str = "") -> None:
        self._faults.append(Fault(place, message, remedy))


_LEAVES: Final[dict[object, str]] = {str: "text (put it in quotes)", int: "a whole number", bool: "true or false"}


def _choices(kind: object) -> list[str]:
    if get_origin(kind) is Literal:
        return [str(choice) for choice in get_args(kind)]
    members = getattr(kind, "__members__", None)
    return [str(member) for member in cast("Mapping[str, object]", members).values()] if members else []


def _expectation(constraints: list[object]) -> str:
    for constraint in constraints:
        if isinstance(constraint, msgspec.Meta):
            if constraint.extra and "say" in constraint.extra:
                return str(cast("object", constraint.extra["say"]))
            if constraint.min_length:
                return f"long enough: it needs {constraint.min_length} or more"
    return "allowed"


def _dotted(path: Path) -> str:
    text = ""
    for step in path:
        text += f"[{step + 1}]" if isinstance(step, int) else f".{step}" if text else step
    return text or "the bundle"


def _named(path: Path) -> str:
    return f"{_dotted(path)} "


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 1]}…"
