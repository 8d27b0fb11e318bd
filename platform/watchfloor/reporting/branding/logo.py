"""What may be a logo: a PNG or a JPEG, whole, bounded, and with nothing in it but the image.

It is looked at byte by byte and never decoded into pixels: that is done where it can do no harm, in the sandbox of the
reports. What is kept is the image without names, places, thumbnails, comments, profiles and programs.
"""

from typing import Final

from watchfloor.kernel.errors import Invalid, TooLarge
from watchfloor.reporting.branding.jpeg import bare_jpeg
from watchfloor.reporting.branding.png import bare_png
from watchfloor.reporting.branding.size import WHERE

LARGEST_BYTES: Final = 512 * 1024

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_JPEG: Final = b"\xff\xd8\xff"
_HEAD: Final = 2_048


def bare_logo(content: bytes) -> bytes:
    """The image alone. Raises TooLarge over LARGEST_BYTES or the largest size, Invalid for anything that is none."""
    if len(content) > LARGEST_BYTES:
        raise TooLarge(
            f"The logo has {len(content):,} bytes; at most {LARGEST_BYTES:,} are taken.",
            where=WHERE,
            remedy="Save it smaller: 800 pixels across are plenty.",
        )
    if content.startswith(_PNG):
        return bare_png(content)
    if content.startswith(_JPEG):
        return bare_jpeg(content)
    if b"<svg" in content[:_HEAD].lower():
        raise Invalid(
            "An SVG is no image but a document that can hold programs and addresses, and is not taken.",
            where=WHERE,
            remedy="Save it as PNG.",
        )
    raise Invalid("The logo is neither PNG nor JPEG.", where=WHERE, remedy="Save it as PNG.")


def media_type(logo: bytes) -> str:
    """What kind of image `bare_logo` has left."""
    return "image/png" if logo.startswith(_PNG) else "image/jpeg"
