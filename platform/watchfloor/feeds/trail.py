"""A CloudTrail file is one JSON object that holds its events in a list: here it becomes its events.

Shippers that read files from S3 send such an object whole, as one line or as one body. Owns nothing else; records are
handed on byte for byte.
"""

import re
from collections.abc import Iterator
from typing import Final

from watchfloor.feeds.documents import NotJson, elements, first_byte
from watchfloor.feeds.limits import EVENTS
from watchfloor.kernel.errors import TooLarge

_TRAIL: Final = re.compile(rb'\s*+\{\s*+"Records"\s*+:\s*+(?=\[)')
_REST: Final = re.compile(rb"\s*+\}\s*+\Z")


def split_trail(body: bytes) -> Iterator[bytes]:
    """The records of a CloudTrail file, or the body itself when it is none, or not a whole one.

    Raises TooLarge when there are more records than a request may hold events.
    """
    begins = _TRAIL.match(body)
    ends = _REST.search(body, max(len(body) - 1_000, 0)) if begins else None
    if begins is None or ends is None:
        yield body
        return
    try:
        yield from _records(body[: ends.start()], begins.end())
    except NotJson:
        yield body


def _records(body: bytes, position: int) -> list[bytes]:
    records: list[bytes] = []
    for record in elements(body, position):
        if len(records) >= EVENTS:
            raise TooLarge(f"The file has more than {EVENTS} records.", remedy="Send smaller files.")
        records.append(bytes(record).rstrip())
    return records


def is_trail(body: bytes | bytearray) -> bool:
    """Whether a body begins as a CloudTrail file does."""
    return _TRAIL.match(body, first_byte(body)) is not None
