"""What goes into the press and what comes out of it: plain data, known on both sides of the sandbox."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec


class Attached(msgspec.Struct, frozen=True, kw_only=True):
    """A file inside the PDF. `relationship` is that of ISO 32000-2, 7.11.3: Data, Supplement, Source..."""

    name: str
    description: str
    content: bytes
    relationship: str


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """All that a press needs for one report: the page, what is attached, and what the metadata shall say.

    `images` are PNG files of our own drawing that the page may ask for, by their asset name.
    """

    html: str
    attached: Sequence[Attached]
    report_id: str
    data_sha256: str
    created: datetime
    images: Mapping[str, bytes] = {}


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A box on a page (from 0), in points from its lower left corner."""

    page: int
    left: float
    bottom: float
    right: float
    top: float


class Printed(msgspec.Struct, frozen=True):
    """A finished PDF. `seal` is the room that its page leaves for a visible signature."""

    pdf: bytes
    pages: int
    seal: Place | None = None

    @property
    def sha256(self) -> bytes:
        """The hash of the file, before any signature."""
        return hashlib.sha256(self.pdf).digest()
