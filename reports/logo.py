"""A logo as a document shows it: small, eight bits a colour, on white, whatever kind of image it was.

Owns the only place where a logo becomes pixels. It stands on this side of the sandbox because a decoder is where
images attack; what `watchfloor.reporting.branding` has let through is bounded already, and is bounded here once more.
"""

from io import BytesIO
from typing import Final

from PIL import Image, ImageChops, UnidentifiedImageError

from watchfloor.reporting.branding.size import MOST_PIXELS

LOGO: Final = "logo"
"""The asset name of the logo in a page."""

_LARGEST: Final = (1_400, 260)
"""What the room of the logo takes at 400 dots an inch and more."""
_PLATE: Final = "#17212b"
_PALE: Final = 215
"""From this lightness (of 255) on a colour is hardly seen on white."""
_FAINT: Final = 48
"""Up to this opacity (of 255) a pixel counts as not there: soft edges and shadows."""
_MARGIN: Final = 0.12


def drawn(content: bytes, *, plate: str | None) -> bytes:
    """The logo as PNG. One that was made for dark ground stands on a plate of the colour `plate`.

    Empty when there is nothing to be seen or it cannot be decoded: then its name stands in its place.
    """
    try:
        with Image.open(BytesIO(content), formats=("PNG", "JPEG")) as image:
            if image.width * image.height > MOST_PIXELS:
                return b""
            image.load()
            whole = _eight_bits(image)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError):  # what Pillow's readers raise
        return b""
    # Premultiplied, so that the colour behind clear pixels does not bleed into the edges.
    small = whole.convert("RGBa")
    small.thumbnail(_LARGEST, Image.Resampling.LANCZOS, reducing_gap=None)
    return _on_ground(small.convert("RGBA"), plate or _PLATE)


def _eight_bits(image: Image.Image) -> Image.Image:
    if image.mode == "I;16":
        return Image.frombytes("L", image.size, image.tobytes()[1::2]).convert("RGBA")  # the higher byte of two
    return image.convert("RGBA")


def _on_ground(image: Image.Image, plate: str) -> bytes:
    shape = ImageChops.subtract(image.getchannel("A"), Image.new("L", image.size, _FAINT))
    if shape.getbbox() is None:
        return b""
    is_for_dark = shape.getextrema()[0] == 0 and _is_pale(image.convert("L"), shape)
    margin = round(image.height * _MARGIN) if is_for_dark else 0
    ground = Image.new("RGBA", (image.width + 2 * margin, image.height + 2 * margin), plate if is_for_dark else "#fff")
    ground.alpha_composite(image, (margin, margin))
    written = BytesIO()
    ground.convert("RGB").save(written, format="PNG", optimize=True)
    return written.getvalue()


def _is_pale(lightness: Image.Image, shape: Image.Image) -> bool:
    """Whether nineteen of twenty pixels that are there would be lost on white."""
    counts = lightness.histogram(shape)
    return sum(counts[_PALE:]) >= 0.95 * sum(counts)
