"""JPEG files (ITU-T T.81) looked at segment by segment, without making pixels of them.

A file passes that is baseline or progressive, whole from its first marker to its last, and behind whose end nothing
stands. Of the segments only those stay that are needed to draw it: no EXIF, no thumbnails, no comments, no profiles.
"""

import struct
from typing import Final

from watchfloor.kernel.errors import Invalid
from watchfloor.reporting.branding.size import WHERE, check_size, damaged

MOST_SCANS: Final = 64
"""A progressive image has about ten. Each is decoded over the whole image, so many of them are an attack."""

_FRAMES: Final = frozenset({0xC0, 0xC1, 0xC2})
_OTHER_FRAMES: Final = frozenset({0xC3, *range(0xC5, 0xC8), *range(0xC9, 0xCC), *range(0xCD, 0xD0)})
_TABLES: Final = frozenset({0xC4, 0xDB, 0xDD})
_SCAN, _END, _ADOBE = 0xDA, 0xD9, 0xEE
_LABELS: Final = frozenset({*range(0xE0, 0xF0), 0xFE})
_ADOBE_BYTES: Final = 12
_RESTARTS: Final = frozenset({0x00, *range(0xD0, 0xD8)})
_COMPONENTS: Final = (1, 3)


def bare_jpeg(content: bytes) -> bytes:
    """The file with nothing in it but the image. Raises Invalid when it is not whole, TooLarge for too many pixels."""
    kept, place, frames, scans = [content[:2]], 2, 0, 0
    while True:
        marker, place = _marker(content, place)
        if marker == _END:
            break
        body, place = _segment(content, place)
        if not _is_needed(marker, body):
            continue
        kept.append(bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body)
        frames += marker in _FRAMES
        if marker == _SCAN:
            scans += 1
            end = _end_of_scan(content, place)
            kept.append(content[place:end])
            place = end
    if place != len(content):
        raise damaged("something stands behind its end")
    if frames != 1 or not 1 <= scans <= MOST_SCANS:
        raise damaged("it has no pixels, more than one image, or is drawn over and over")
    return b"".join([*kept, b"\xff\xd9"])


def _is_needed(marker: int, body: bytes) -> bool:
    """Whether a segment is needed to draw the image. Raises Invalid for one that makes it no image that we take."""
    if marker in _FRAMES:
        _check_frame(body)
        return True
    if marker in _OTHER_FRAMES:
        raise Invalid("The logo is a JPEG of a kind that is rare.", where=WHERE, remedy="Save it as PNG.")
    if marker in _LABELS:
        return marker == _ADOBE and len(body) == _ADOBE_BYTES and body.startswith(b"Adobe")
    if marker not in _TABLES and marker != _SCAN:
        raise damaged("it has a part that no JPEG has")
    return True


def _marker(content: bytes, place: int) -> tuple[int, int]:
    """The marker at `place` and where what follows it begins; any number of fill bytes may stand before it."""
    if content[place : place + 1] != b"\xff":
        raise damaged("it is cut off, or a part is not as long as it says")
    while content[place : place + 1] == b"\xff":
        place += 1
    if place >= len(content):
        raise damaged("it is cut off")
    return content[place], place + 1


def _segment(content: bytes, place: int) -> tuple[bytes, int]:
    length = int.from_bytes(content[place : place + 2])
    if length < 2 or place + length > len(content):
        raise damaged("it is cut off")
    return content[place + 2 : place + length], place + length


def _check_frame(body: bytes) -> None:
    if len(body) < 6:
        raise damaged("its header is too short")
    depth, height, width, components = struct.unpack_from(">BHHB", body)
    check_size(width, height)
    if components == 4:
        raise Invalid("The logo is a JPEG for print (CMYK).", where=WHERE, remedy="Save it as PNG, or as RGB.")
    if depth != 8 or components not in _COMPONENTS or len(body) != 6 + 3 * components:
        raise damaged("its header says what no JPEG has")


def _end_of_scan(content: bytes, place: int) -> int:
    """Where the next marker after a scan's data stands."""
    while True:
        place = content.find(b"\xff", place)
        if place < 0 or place + 1 >= len(content):
            raise damaged("it is cut off")
        if content[place + 1] not in _RESTARTS and content[place + 1] != 0xFF:
            return place
        place += 2 if content[place + 1] != 0xFF else 1
