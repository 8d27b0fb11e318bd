"""Checks the shape of a detection section before `translation` reads it, and says where it is wrong.

Owns the refusals that hang on the YAML alone: empty parts, null in a list, what is neither map nor list nor value.
"""

from watchfloor.detect.document import DocumentFault
from watchfloor.detect.yaml_document import YamlValue

_Path = tuple[str | int, ...]


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


def _check_definition(definition: YamlValue, path: _Path) -> None:
    if isinstance(definition, dict):
        if not definition:
            raise DocumentFault("The map is empty.", path=path)
        for key, value in definition.items():
            _check_values(value, (*path, key))
    elif isinstance(definition, list) and any(isinstance(item, dict) for item in definition):
        for index, item in enumerate(definition):
            if isinstance(item, list):
                raise DocumentFault("A list of maps and keywords holds no lists.", path=(*path, index))
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
