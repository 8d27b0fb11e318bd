"""An event as rules see it: fields found by name, values as text, each found and rendered once.

Owns the field look-up and the rendering that `condition` states. Made for one event, thrown away after it.
"""

import msgspec

from watchfloor.detect.folding import fold
from watchfloor.normalise.event import FieldValue

_ENCODER = msgspec.json.Encoder()


class EventView:
    """One event's fields."""

    __slots__ = ("_by_fold", "_fields", "_folded", "_keywords", "_texts", "_values")

    def __init__(self, fields: dict[str, FieldValue]) -> None:
        self._fields = fields
        self._by_fold: dict[str, str] | None = None
        self._values: dict[str, tuple[FieldValue, ...] | None] = {}
        self._texts: dict[str, tuple[str, ...]] = {}
        self._folded: dict[str, tuple[str, ...]] = {}
        self._keywords: tuple[tuple[str, ...], tuple[str, ...]] | None = None

    def values(self, name: str) -> tuple[FieldValue, ...] | None:
        """The values of a field, lists taken apart; None if there is no such field."""
        if name not in self._values:
            self._values[name] = self._look_up(name)
        return self._values[name]

    def texts(self, name: str) -> tuple[str, ...]:
        """The field's values as text, null left out."""
        found = self._texts.get(name)
        if found is None:
            found = tuple(text for value in self.values(name) or () if (text := render(value)) is not None)
            self._texts[name] = found
        return found

    def folded(self, name: str) -> tuple[str, ...]:
        """The field's values as text without letter case, null left out."""
        found = self._folded.get(name)
        if found is None:
            found = tuple(fold(text) for text in self.texts(name))
            self._folded[name] = found
        return found

    def keywords(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Every value in the event as text, at any depth: as it is, and without letter case."""
        if self._keywords is None:
            texts = tuple(_leaves(self._fields))
            self._keywords = texts, tuple(fold(text) for text in texts)
        return self._keywords

    def _look_up(self, name: str) -> tuple[FieldValue, ...] | None:
        fields = self._fields
        if name in fields:
            return _elements(fields[name])
        if "." in name:
            found = _follow(fields, name, fold_names=False)
            if found:
                return tuple(found)
        if self._by_fold is None:
            self._by_fold = {fold(key): key for key in reversed(fields)}
        key = self._by_fold.get(fold(name))
        if key is not None:
            return _elements(fields[key])
        if "." in name:
            found = _follow(fields, fold(name), fold_names=True)
            if found:
                return tuple(found)
        return None


def render(value: FieldValue) -> str | None:
    """A value as text, as `condition.Text` states it; None for null."""
    if isinstance(value, str):
        return value
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
    return _ENCODER.encode(value).decode("utf-8")


def _elements(value: FieldValue) -> tuple[FieldValue, ...]:
    if not isinstance(value, list):
        return (value,)
    return tuple(inner for item in value for inner in _elements(item))


def _follow(node: FieldValue, path: str, *, fold_names: bool) -> list[FieldValue]:
    """All values at a dotted path; a key may have dots itself, and a list on the way stands for its elements."""
    if isinstance(node, list):
        return [value for item in node for value in _follow(item, path, fold_names=fold_names)]
    if not isinstance(node, dict):
        return []
    found: list[FieldValue] = []
    for key, value in node.items():
        name = fold(key) if fold_names else key
        if name == path:
            found.extend(_elements(value))
        elif path.startswith(name) and path[len(name) : len(name) + 1] == ".":
            found.extend(_follow(value, path[len(name) + 1 :], fold_names=fold_names))
    return found


def _leaves(value: FieldValue) -> list[str]:
    if isinstance(value, dict):
        return [text for item in value.values() for text in _leaves(item)]
    if isinstance(value, list):
        return [text for item in value for text in _leaves(item)]
    text = render(value)
    return [] if text is None else [text]
