"""Colours that text on white can have: as WCAG 2.2 measures contrast (success criterion 1.4.3, level AA).

Owns reading a colour, its contrast with white, and the nearest shade that is dark enough. Knows no reports.
"""

import colorsys
import re
from typing import Final

from watchfloor.kernel.errors import Invalid

LEAST_CONTRAST: Final = 4.5
"""Of normal text with its ground, level AA."""

_COLOUR: Final = re.compile(r"#[0-9a-fA-F]{6}")
_STEPS: Final = 1024


def check_colour(text: str, *, where: str) -> str:
    """The colour in small letters. Raises Invalid for what is none, or for a light one, naming a darker shade."""
    if _COLOUR.fullmatch(text) is None:
        raise Invalid("This is no colour.", where=where, remedy='Write it as six digits, such as "#0b4f6c".')
    colour = text.lower()
    found = contrast(colour)
    if found < LEAST_CONTRAST:
        raise Invalid(
            f"{colour} has a contrast of {int(found * 100) / 100:.2f} to 1 on white, and needs {LEAST_CONTRAST} to 1.",
            where=where,
            remedy=f"The nearest shade that can be read is {nearest_shade(colour)}.",
        )
    return colour


def contrast(colour: str) -> float:
    """The contrast of a colour (`#rrggbb`) with white, 1 to 21."""
    red, green, blue = (_linear(int(colour[place : place + 2], 16) / 255) for place in (1, 3, 5))
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)


def nearest_shade(colour: str) -> str:
    """The lightest shade of the same hue that has the least contrast; the colour itself if it has it."""
    if contrast(colour) >= LEAST_CONTRAST:
        return colour
    hue, lightness, saturation = colorsys.rgb_to_hls(*(int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)))
    for step in range(_STEPS - 1, 0, -1):
        channels = colorsys.hls_to_rgb(hue, lightness * step / _STEPS, saturation)
        shade = "#" + "".join(f"{round(channel * 255):02x}" for channel in channels)
        if contrast(shade) >= LEAST_CONTRAST:
            return shade
    return "#000000"


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
