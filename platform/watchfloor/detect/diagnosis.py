"""Finds the place of a fault in a detection section, after `translation` has refused it.

Slow on purpose: it tries the section's items one by one and names the first that fails alone. Owns also the check of
the section's shape, which pySigma leaves to chance.
"""

from collections.abc import Iterator
from typing import cast

from sigma.exceptions import SigmaError
from sigma.rule.detection import SigmaDetectionItem

from watchfloor.detect.document import DocumentFault
from watchfloor.detect.translation import Placeholders, reason_of, translate_value
from watchfloor.detect.yaml_document import YamlValue
from watchfloor.kernel.errors import Invalid

_Path = tuple[str | int, ...]
_Values = str | float | bool | None


def check_shape(detection: dict[str, YamlValue]) -> None:
    """Raises DocumentFault for a section that is not of the specification's shape."""
    condition = detection.get("condition")
    conditions: list[YamlValue] = condition if isinstance(condition, list) else [condition]
    if not conditions or not all(isinstance(text, str) and text.strip() for text in conditions):
        raise DocumentFault("A detection has a condition, or a list of them.", path=("detection", "condition"))
    if "timeframe" in detection:
        raise DocumentFault(
            "`timeframe` is Sigma version 1; write a correlation rule.", path=("detection", "timeframe")
        )
    names = [name for name in detection if name != "condition"]
    if not names:
        raise DocumentFault("A detection has at least one search identifier.", path=("detection",))
    for name in names:
        _check_definition(detection[name], ("detection", name))


def locate(detection: dict[str, YamlValue], placeholders: Placeholders) -> _Path:
    """The path of the first item that cannot be read by itself; the condition's if each can."""
    for path, key, value in _items(detection):
        if fault_of(key, value, placeholders) is not None:
            return path
    return ("detection", "condition")


def fault_of(key: str | None, value: YamlValue, placeholders: Placeholders) -> str | None:
    """Why one detection item cannot be read; None if it can."""
    try:
        item = SigmaDetectionItem.from_mapping(key, cast("_Values", value))
        for part in item.value:
            translate_value(item.field, part, placeholders)
    except SigmaError as error:
        return reason_of(error)
    except Invalid as error:
        return error.message
    return None


def _check_definition(definition: YamlValue, path: _Path) -> None:
    if isinstance(definition, dict):
        if not definition:
            raise DocumentFault("The map is empty.", path=path)
        for key, value in definition.items():
            _check_values(value, (*path, key))
    elif isinstance(definition, list) and any(isinstance(item, dict) for item in definition):
        for index, item in enumerate(definition):
            if not isinstance(item, dict):
                raise DocumentFault("A list has maps or keywords, not both.", path=(*path, index))
            _check_definition(item, (*path, index))
    else:
        _check_values(definition, path)


def _check_values(value: YamlValue, path: _Path) -> None:
    values: list[YamlValue] = value if isinstance(value, list) else [value]
    if not values:
        raise DocumentFault("The list is empty.", path=path)
    for index, item in enumerate(values):
        if not isinstance(item, (str, int, float, bool, type(None))):
            raise DocumentFault("A value is text, a number, a boolean or null.", path=(*path, index))
        if item is None and isinstance(value, list):
            raise DocumentFault(
                "A list may not hold null; write a search identifier of its own for it.", path=(*path, index)
            )


def _items(detection: dict[str, YamlValue]) -> Iterator[tuple[_Path, str | None, YamlValue]]:
    """Every detection item with its path. The shape has been checked before."""
    for name, definition in detection.items():
        if name != "condition":
            yield from _items_of(definition, ("detection", name))


def _items_of(definition: YamlValue, path: _Path) -> Iterator[tuple[_Path, str | None, YamlValue]]:
    if isinstance(definition, dict):
        for key, value in definition.items():
            yield (*path, key), key, value
    elif isinstance(definition, list) and any(isinstance(item, dict) for item in definition):
        for index, item in enumerate(definition):
            yield from _items_of(item, (*path, index))
    else:
        yield path, None, definition
