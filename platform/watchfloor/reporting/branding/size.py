"""How large a logo may be in pixels: asked before anything is unpacked, because few bytes can claim very many."""

from typing import Final

from watchfloor.kernel.errors import Invalid, TooLarge

WHERE: Final = "logo"
LONGEST_SIDE: Final = 4_000
MOST_PIXELS: Final = 4_000_000
WIDEST: Final = 12
TALLEST: Final = 3
"""How many times as wide as high, and as high as wide, a logo may be and still be read in a strip of eleven mm."""


def check_size(width: int, height: int) -> None:
    """Raises TooLarge or Invalid."""
    if width < 1 or height < 1:
        raise Invalid("The logo has no size.", where=WHERE, remedy="Save it anew.")
    if max(width, height) > LONGEST_SIDE or width * height > MOST_PIXELS:
        raise TooLarge(
            f"The logo has {width:,} by {height:,} pixels; at most {LONGEST_SIDE:,} a side"
            f" and {MOST_PIXELS:,} in all are taken.",
            where=WHERE,
            remedy="Save it smaller: 800 pixels across are plenty.",
        )
    if width > WIDEST * height or height > TALLEST * width:
        raise Invalid(
            f"The logo has {width:,} by {height:,} pixels, and cannot be read in a strip of 11 mm.",
            where=WHERE,
            remedy=f"At most {WIDEST} times as wide as high or {TALLEST} times as high as wide; cut off empty edges.",
        )


def damaged(what: str) -> Invalid:
    """The error for a file that is not whole, or more than an image."""
    return Invalid(f"The logo is damaged or is more than an image: {what}.", where=WHERE, remedy="Save it anew.")
