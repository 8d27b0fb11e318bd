"""Images as people and attackers make them: drawn here, so that no file of anybody's is needed."""

import struct
import zlib
from io import BytesIO
from typing import Final

from PIL import Image, ImageDraw

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
SECRET: Final = b"GPS 53.5511 N 9.9937 E"


def drawn(mode: str = "RGBA", size: tuple[int, int] = (120, 40)) -> Image.Image:
    """A red bar and a disc, on clear ground where the mode has it, else on white."""
    image = Image.new("RGBA", size, (255, 255, 255, 0 if "A" in mode else 255))
    pen = ImageDraw.Draw(image)
    pen.ellipse((2, 2, size[1] - 3, size[1] - 3), fill=(160, 20, 60, 255))
    pen.rectangle((size[0] // 2, size[1] // 3, size[0] - 4, size[1] // 2), fill=(160, 20, 60, 255))
    return image.convert("RGB").convert(mode) if mode in ("1", "P", "L", "CMYK") else image.convert(mode)


def png(image: Image.Image, **options: object) -> bytes:
    """The image as a PNG file."""
    return _saved(image, "PNG", options)


def jpeg(image: Image.Image, **options: object) -> bytes:
    """The image as a JPEG file."""
    return _saved(image, "JPEG", options)


def chunk(kind: bytes, body: bytes) -> bytes:
    """One chunk of a PNG file with its check sum."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def raw_png(size: tuple[int, int], *, depth: int, colour: int, rows: bytes, interlace: int = 0) -> bytes:
    """A PNG file that claims a size and holds these rows."""
    header = struct.pack(">IIBBBBB", *size, depth, colour, 0, 0, interlace)
    palette = chunk(b"PLTE", bytes(range(48))) if colour == 3 else b""
    return SIGNATURE + chunk(b"IHDR", header) + palette + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")


def talkative_png() -> bytes:
    """A PNG file with a place, a comment, a profile and a time in it."""
    plain = png(drawn())
    head = 8 + 25
    extra = chunk(b"eXIf", SECRET) + chunk(b"tEXt", b"Comment\0" + SECRET)
    extra += chunk(b"iCCP", b"x\0\0" + zlib.compress(SECRET)) + chunk(b"tIME", b"\x07\xea\x01\x01\0\0\0")
    return plain[:head] + extra + plain[head:]


def talkative_jpeg(**options: object) -> bytes:
    """A JPEG file with a place, a profile and a comment in it."""
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()
    return jpeg(drawn("RGB"), exif=exif, comment=SECRET, icc_profile=SECRET * 9, **options)


def _saved(image: Image.Image, kind: str, options: dict[str, object]) -> bytes:
    written = BytesIO()
    image.save(written, kind, **options)
    return written.getvalue()
