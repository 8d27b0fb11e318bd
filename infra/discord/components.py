"""Components as Discord takes them: kinds, nesting, counts, lengths and names."""

from collections.abc import Iterator
from typing import Final

from infra.discord.json_parts import Json, flag, items, number, objects, text
from infra.discord.refusals import invalid

ROW: Final = 1
BUTTON: Final = 2
SELECT: Final = 3
INPUT: Final = 4
SELECTS: Final = (3, 5, 6, 7, 8)
SECTION: Final = 9
TEXT: Final = 10
CONTAINER: Final = 17
LABEL: Final = 18

LINK_STYLE: Final = 5

MOST: Final = 40
MOST_CHARACTERS: Final = 4_000

_TOP: Final = (ROW, SECTION, TEXT, 12, 13, 14, CONTAINER)
_OLD_TOP: Final = (ROW,)


def walk(parts: list[Json]) -> Iterator[Json]:
    """All components, the nested ones too."""
    for part in parts:
        yield part
        yield from walk(objects(part, "components"))
        for key in ("component", "accessory"):
            inner = part.get(key)
            if isinstance(inner, dict):
                yield from walk([part[key]])  # type: ignore[list-item]  # looked at in the line before


def check_message(parts: list[Json], *, is_v2: bool) -> None:
    """Raises Refused for components that a message must not have."""
    if not is_v2 and len(parts) > 5:
        raise invalid("components", "Must be 5 or fewer in length.")
    for part in parts:
        if number(part, "type") not in (_TOP if is_v2 else _OLD_TOP):
            raise invalid("components", "This component cannot stand here.")
    everything = list(walk(parts))
    if len(everything) > MOST:
        raise invalid("components", f"A message must have at most {MOST} components.")
    if sum(len(text(part, "content")) for part in everything if number(part, "type") == TEXT) > MOST_CHARACTERS:
        raise invalid("components", f"The text must be {MOST_CHARACTERS} or fewer in length.")
    _check_names(everything)
    for part in everything:
        _check(part)


def check_form(form: Json) -> None:
    """Raises Refused for a form that Discord would not open."""
    _length(form, "title", 1, 45)
    _length(form, "custom_id", 1, 100)
    parts = objects(form, "components")
    if not 1 <= len(parts) <= 5:
        raise invalid("data.components", "Must be between 1 and 5 in length.")
    if any(number(part, "type") not in (ROW, LABEL, TEXT) for part in parts):
        raise invalid("data.components", "This component cannot stand in a form.")
    everything = list(walk(parts))
    _check_names(everything)
    for part in everything:
        _check(part)


def _check_names(parts: list[Json]) -> None:
    names = [text(part, "custom_id") for part in parts if text(part, "custom_id")]
    if len(names) != len(set(names)):
        raise invalid("components", "Component custom id cannot be duplicated.")
    if any(len(name) > 100 for name in names):
        raise invalid("components", "A custom id must be 100 or fewer in length.")


def _check(part: Json) -> None:
    kind = number(part, "type")
    if kind == ROW:
        _check_row(part)
    elif kind == BUTTON:
        _check_button(part)
    elif kind == SELECT:
        _check_select(part)
    elif kind == TEXT:
        _length(part, "content", 1, MOST_CHARACTERS)
    elif kind == LABEL:
        _length(part, "label", 1, 45)
    elif kind == INPUT:
        _check_input(part)
    elif kind == CONTAINER and not objects(part, "components"):
        raise invalid("components", "A container must hold something.")


def _check_row(row: Json) -> None:
    kinds = [number(part, "type") for part in objects(row, "components")]
    is_full = len(kinds) > 5 if all(kind == BUTTON for kind in kinds) else len(kinds) > 1
    if not kinds or is_full:
        raise invalid("components", "A row must hold up to 5 buttons, or one select.")


def _check_button(button: Json) -> None:
    if len(text(button, "label")) > 80 or not (text(button, "label") or button.get("emoji")):
        raise invalid("components.label", "A button needs a label of 80 or fewer in length.")
    if number(button, "style") == LINK_STYLE:
        if not text(button, "url").startswith(("http://", "https://", "discord://")) or len(text(button, "url")) > 512:
            raise invalid("components.url", "Not a well formed URL.")
        if text(button, "custom_id"):
            raise invalid("components.custom_id", "A link must not have a custom id.")
    elif not text(button, "custom_id"):
        raise invalid("components.custom_id", "A button needs a custom id.")


def _check_select(select: Json) -> None:
    options = objects(select, "options")
    if not 1 <= len(options) <= 25:
        raise invalid("components.options", "Must be between 1 and 25 in length.")
    for option in options:
        _length(option, "label", 1, 100)
        _length(option, "value", 1, 100)
        _length(option, "description", 0, 100)
    values = [text(option, "value") for option in options]
    if len(values) != len(set(values)):
        raise invalid("components.options", "The specified option value is already used.")
    _length(select, "placeholder", 0, 150)


def _check_input(field: Json) -> None:
    _length(field, "placeholder", 0, 100)
    if not 0 <= number(field, "min_length") <= number(field, "max_length", 4_000) <= 4_000:
        raise invalid("components.max_length", "Must be between the least length and 4000.")


def _length(of: Json, key: str, least: int, most: int) -> None:
    if not least <= len(text(of, key)) <= most:
        raise invalid(key, f"{key} must be between {least} and {most} in length.")


def number_them(parts: list[Json]) -> list[Json]:
    """The components as an answer shows them: each with an id, and with what was left out."""
    count = 0

    def fresh(part: Json) -> Json:
        nonlocal count
        count += 1
        mine = {key: value for key, value in part.items() if value is not None} | {"id": count}
        if number(part, "type") == CONTAINER:
            mine |= {"accent_color": part.get("accent_color"), "spoiler": flag(part, "spoiler")}
        if number(part, "type") == SELECT:
            mine |= {"min_values": number(part, "min_values", 1), "max_values": number(part, "max_values", 1)}
        if items(part, "components"):
            mine["components"] = [fresh(one) for one in objects(part, "components")]
        return mine

    return [fresh(part) for part in parts]
