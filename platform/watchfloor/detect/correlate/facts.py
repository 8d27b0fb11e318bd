"""What correlations look at in a matched event: its group, and the values or numbers that are counted.

A field's value is its text without letter case; a field with several values counts as all of them together in a group
and as each of them where values are counted. An event without one of the `group-by` fields, or with nothing but empty
text in it, belongs to no group; one without the counted field is not counted. A number is a JSON number or text that is
one; of a list, the sum. What is kept of a value is its digest.
"""

import re
from collections.abc import Sequence
from hashlib import blake2b
from itertools import product
from math import isfinite
from typing import Final

import msgspec

from watchfloor.detect.correlate.plan import Step, Way
from watchfloor.detect.correlate.window import Onward, Value
from watchfloor.detect.view import EventView
from watchfloor.normalise.event import FieldValue

_NUMBER: Final = re.compile(r"\s*[+-]?(\d{1,300}(\.\d{0,300})?|\.\d{1,300})([eE][+-]?\d{1,3})?\s*")
_MOST_VALUES: Final = 64
_LARGEST: Final = 2**63


class Facts:
    """The facts of one event, each found once."""

    def __init__(self, steps: Sequence[Step], view: EventView) -> None:
        self._steps = steps
        self._view = view
        self._groups: dict[tuple[str, ...], bytes | None] = {}

    def entering(self, way: Way) -> list[tuple[bytes, Value, tuple[Onward, ...]]]:
        """What the event brings to a step: group, value, and what it brings to the steps after that."""
        group = self._group(way.group_by)
        if group is None:
            return []
        values = self._values(self._steps[way.step], way)
        if not values:
            return []
        onward = self._onward(way.step)
        return [(group, value, onward) for value in values]

    def _onward(self, step: int) -> tuple[Onward, ...]:
        return tuple(
            Onward(number, group, value, onward)
            for number, way in enumerate(self._steps[step].ways)
            for group, value, onward in self.entering(way)
        )

    def _group(self, names: tuple[str, ...]) -> bytes | None:
        if names not in self._groups:
            texts = [self._view.folded(name) for name in names]
            complete = all(any(text.strip() for text in values) for values in texts)
            self._groups[names] = _digest(texts) if complete else None
        return self._groups[names]

    def _values(self, step: Step, way: Way) -> list[Value]:
        if step.measures:
            number = self._number(way.fields[0])
            is_counted = number is not None and (number >= 0 or step.correlation.kind != "value_sum")
            return [number] if is_counted else []
        if not way.fields:
            return [None]
        texts = [tuple(text for text in self._view.folded(name) if text)[:_MOST_VALUES] for name in way.fields]
        together = [_digest(values) for _, values in zip(range(_MOST_VALUES), product(*texts), strict=False)]
        return list(dict.fromkeys(together))

    def _number(self, name: str) -> int | float | None:
        numbers = [number for value in self._view.values(name) or () if (number := _number(value)) is not None]
        if not numbers:
            return None
        total = sum(numbers)
        if isinstance(total, float) and total.is_integer():
            total = int(total)
        return total if abs(total) < _LARGEST else float(total)


def _number(value: FieldValue) -> int | float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        value = float(value)
    return value if isinstance(value, float) and isfinite(value) else None


def _digest(values: object) -> bytes:
    return blake2b(msgspec.msgpack.encode(values), digest_size=16).digest()
