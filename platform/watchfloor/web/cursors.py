"""Cursors of long lists: where the next page begins, signed, for one list of one tenant (R6).

A cursor is opaque to who holds it. Its MAC covers the tenant and the list, so that one that was made elsewhere, or
changed, is not a cursor at all.
"""

import base64
import binascii
from datetime import datetime
from typing import Final, TypeVar
from uuid import UUID

import msgspec

from watchfloor.kernel.config import Settings
from watchfloor.kernel.crypto import SIGNATURE_BYTES, bind, sign, subkey, verify
from watchfloor.kernel.db import read_secret
from watchfloor.kernel.errors import Invalid
from watchfloor.kernel.ids import TenantId

LARGEST_PAGE: Final = 200
_LONGEST: Final = 512

P = TypeVar("P")


class ByTime(msgspec.Struct, frozen=True, array_like=True):
    """A place in a list that is ordered by time, then id."""

    at: datetime
    id: UUID


class ByTimeAndKey(msgspec.Struct, frozen=True, array_like=True):
    """A place among events: their time, then their key."""

    at: datetime
    key: bytes


class ById(msgspec.Struct, frozen=True, array_like=True):
    """A place in a list that is ordered by id."""

    id: UUID


class ByText(msgspec.Struct, frozen=True, array_like=True):
    """A place in a list that is ordered by a text."""

    text: str


class ByNumber(msgspec.Struct, frozen=True, array_like=True):
    """A place in a list that is ordered by a number."""

    number: int


class Cursors:
    """Makes and reads cursors."""

    def __init__(self, key: bytes) -> None:
        self._key = subkey(key, "web/cursors/1")

    @classmethod
    def open(cls, settings: Settings) -> "Cursors":
        """With a key of its own, derived from the installation's context key."""
        return cls(bytes.fromhex(read_secret(settings, "context.key").reveal()))

    def make(self, tenant_id: TenantId, name: str, place: msgspec.Struct) -> str:
        """A cursor for the page that begins behind `place` in the tenant's list `name`."""
        body = msgspec.msgpack.encode(place)
        mac = sign(self._key, bind(tenant_id.bytes, name, body))
        return base64.urlsafe_b64encode(mac + body).rstrip(b"=").decode()

    def read(self, tenant_id: TenantId, name: str, cursor: str, kind: type[P]) -> P:
        """The place that a cursor means. Raises Invalid for one that was not made for this list of this tenant."""
        try:
            raw = base64.b64decode(cursor[:_LONGEST].encode("ascii") + b"==", altchars=b"-_", validate=False)
        except (binascii.Error, UnicodeEncodeError):
            raw = b""
        mac, body = raw[:SIGNATURE_BYTES], raw[SIGNATURE_BYTES:]
        if not verify(self._key, bind(tenant_id.bytes, name, body), mac):
            raise Invalid("This is not a cursor of this list.", where="cursor", remedy="Begin with the first page.")
        return msgspec.msgpack.decode(body, type=kind)
