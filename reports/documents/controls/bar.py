"""The bar of the first page: how many controls stand how, as plain SVG. Owns its geometry.

Each part is told by its place, its pattern of shade and its number, never by colour alone; the table beside the bar has
the same numbers and the same order.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
from markupsafe import Markup

from watchfloor.controls.result import Outcome

WIDTH: Final = 660
HEIGHT: Final = 34
_NARROW: Final = 14.0
"""Below this width a part carries no number; the table has it."""

_COLOURS: Final[Mapping[Outcome, tuple[str, str]]] = {
    "supported": ("#1f6b4a", "#ffffff"),
    "partly_supported": ("#8a5a00", "#ffffff"),
    "not_supported": ("#8f1329", "#ffffff"),
    "no_data": ("#c3ced6", "#17212b"),
    "not_in_scope": ("#eef2f5", "#17212b"),
}

_RECT: Final = Markup(
    '<rect x="{x:.2f}" y="1" width="{width:.2f}" height="32" fill="{fill}" stroke="#ffffff" stroke-width="1"/>'
)
_TEXT: Final = Markup(
    '<text x="{x:.2f}" y="21.5" font-family="Inter" font-size="12" font-weight="600" text-anchor="middle" '
    'fill="{fill}">{text}</text>'
)


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """How many controls have one outcome."""

    outcome: Outcome
    number: int
    label: Markup


def draw(parts: Sequence[Part], title: Markup) -> Markup:
    """The bar as an `svg` element; `title` is its text alternative."""
    whole = sum(part.number for part in parts) or 1
    drawn: list[Markup] = []
    at = 0.0
    for part in parts:
        width = WIDTH * part.number / whole
        if part.number:
            fill, ink = _COLOURS[part.outcome]
            drawn.append(_RECT.format(x=at, width=width, fill=fill))
            if width >= _NARROW:
                drawn.append(_TEXT.format(x=at + width / 2, fill=ink, text=part.label))
        at += width
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {} {}" width="{}" height="{}" role="img">'
        "<title>{}</title>{}</svg>"
    ).format(WIDTH, HEIGHT, WIDTH, HEIGHT, title, Markup("").join(drawn))
