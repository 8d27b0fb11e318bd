"""A tenant's audit chain as bytes: what each hash covers, what a head signs, and the walk that checks both (A2-A4).

Pure: no I/O. The database computes the same hashes in `wf.audit_append`; this module computes them a second time
from the stored columns, so that a change made behind its back shows.

Integers are big-endian. `text` stands for its UTF-8 bytes. A field is its length (4 bytes, signed) and its bytes, or
the length -1 for null, so that no two entries share their bytes.

    start  = SHA-256(0x02 | tenant id (16))                                     the hash before the first entry
    entry  = SHA-256(0x00 | hash before (32) | tenant id (16) | number (8) | entry id (16) | microseconds since 1970 (8)
                     | field(actor kind) | field(actor id) | field(role) | field(action) | field(object kind)
                     | field(object id) | field(state hash before) | field(state hash after)
                     | field(SHA-256 of the sealed detail) | field(request id))
    head   = Ed25519("watchfloor/audit-head/1" | tenant id (16) | number (8) | entry hash (32) | signed at (8))

Anybody who may write to the table can recompute a chain from an entry on; they cannot sign. So a chain is proven
up to its newest head, and a cut is proven against the heads that were copied out.
"""

import hashlib
import struct
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final, Literal
from uuid import UUID

import msgspec

from watchfloor.kernel.errors import WatchfloorError
from watchfloor.kernel.ids import TenantId
from watchfloor.kernel.keys import verify_signature

MOST_FAULTS: Final = 100
"""How many faults are kept word for word; the rest are counted."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_ENTRY: Final = b"\x00"
_START: Final = b"\x02"
_HEAD: Final = b"watchfloor/audit-head/1"
_NUMBER: Final = struct.Struct(">q")
_LENGTH: Final = struct.Struct(">i")
_NULL: Final = _LENGTH.pack(-1)


class Entry(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One entry as it is stored, with its sealed detail beside it."""

    seq: int
    id: UUID
    at: datetime
    actor_kind: str
    actor_id: str
    as_role: str
    action: str
    object_kind: str
    object_id: str
    before_hash: bytes | None
    after_hash: bytes | None
    detail_hash: bytes | None
    request_id: str
    previous_hash: bytes
    hash: bytes
    sealed: bytes | None


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """A signed statement: "the entry with this number has this hash"."""

    seq: int
    hash: bytes
    signed_at: datetime
    key_id: str
    signature: bytes


FaultKind = Literal[
    "edited", "missing", "reordered", "detail", "truncated", "rewritten", "forged", "head_removed", "tip"
]


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong, at one entry."""

    kind: FaultKind
    seq: int
    message: str


class Tampered(WatchfloorError):
    """The audit log is not what it was. Nothing is signed on top of it."""

    code = "tampered"

    def __init__(self, message: str, *, where: str) -> None:
        super().__init__(
            message,
            where=where,
            remedy="Keep the database and the copied heads as they are, and run `watchfloor audit verify`.",
        )


def start(tenant_id: TenantId) -> bytes:
    """The hash that stands before a tenant's first entry."""
    return hashlib.sha256(_START + tenant_id.bytes).digest()


def entry_hash(tenant_id: TenantId, entry: Entry, *, previous: bytes) -> bytes:
    """The hash of an entry that follows `previous`; see the module's text for the bytes."""
    return hashlib.sha256(
        b"".join(
            (
                _ENTRY,
                previous,
                tenant_id.bytes,
                _NUMBER.pack(entry.seq),
                entry.id.bytes,
                _NUMBER.pack((entry.at - _EPOCH) // _MICROSECOND),
                _word(entry.actor_kind),
                _field(entry.actor_id.encode()),
                _word(entry.as_role),
                _word(entry.action),
                _word(entry.object_kind),
                _field(entry.object_id.encode()),
                _field(entry.before_hash),
                _field(entry.after_hash),
                _field(entry.detail_hash),
                _field(entry.request_id.encode()),
            )
        )
    ).digest()


def head_message(tenant_id: TenantId, *, seq: int, entry: bytes, signed_at: datetime) -> bytes:
    """What a head signs; see the module's text for the bytes."""
    return b"".join(
        (_HEAD, tenant_id.bytes, _NUMBER.pack(seq), entry, _NUMBER.pack((signed_at - _EPOCH) // _MICROSECOND))
    )


def is_signed(tenant_id: TenantId, head: Head, trusted: Mapping[str, bytes]) -> bool:
    """Whether one of the trusted public keys (by key id) signed this head."""
    key = trusted.get(head.key_id)
    message = head_message(tenant_id, seq=head.seq, entry=head.hash, signed_at=head.signed_at)
    return key is not None and verify_signature(key, message, head.signature)


class Walk:
    """Follows a chain in the order of its numbers and keeps what is wrong with it.

    After a fault it goes on from what is stored, so that each change shows where it was made. An entry is held
    against the heads that `expect` named before it was taken.
    """

    def __init__(self, tenant_id: TenantId, *, seq: int = 0, link: bytes | None = None) -> None:
        self._tenant_id = tenant_id
        self._link = start(tenant_id) if link is None else link
        self._expected: dict[int, bytes] = {}
        self.seq: int = seq
        self.entries = 0
        self.faults: list[Fault] = []
        self.fault_count = 0

    @property
    def link(self) -> bytes:
        """The stored hash of the last entry taken."""
        return self._link

    def expect(self, heads: Iterable[Head], trusted: Mapping[str, bytes]) -> None:
        """Takes heads of entries to come, after checking who signed them."""
        for head in heads:
            if not is_signed(self._tenant_id, head, trusted):
                self.fault("forged", head.seq, f"The head of entry {head.seq} is not signed by a key of ours.")
            elif self._expected.setdefault(head.seq, head.hash) != head.hash:
                self.fault("rewritten", head.seq, f"Two heads disagree about entry {head.seq}.")

    def take(self, entries: Iterable[Entry]) -> None:
        """Takes the next entries, in ascending order of their numbers."""
        for entry in entries:
            if entry.seq != self.seq + 1:
                self._gap(entry.seq)
            elif entry.previous_hash != self._link:
                self.fault("reordered", entry.seq, f"Entry {entry.seq} does not follow the entry before it.")
            if entry_hash(self._tenant_id, entry, previous=entry.previous_hash) != entry.hash:
                self.fault("edited", entry.seq, f"Entry {entry.seq} was changed.")
            if _detail(entry.sealed) != entry.detail_hash:
                self.fault("detail", entry.seq, f"The detail of entry {entry.seq} was changed, added or removed.")
            if self._expected and self._expected.pop(entry.seq, entry.hash) != entry.hash:
                self.fault("rewritten", entry.seq, f"Entry {entry.seq} is not the one that its head signed.")
            self.seq = entry.seq
            self._link = entry.hash
            self.entries += 1

    def finish(self) -> None:
        """Ends the walk: heads whose entries did not come tell of a cut."""
        for seq in sorted(self._expected):
            kind: FaultKind = "truncated" if seq > self.seq else "missing"
            self.fault(kind, seq, f"Entry {seq} was signed and is gone; the chain ends at {self.seq}.")
        self._expected.clear()

    def fault(self, kind: FaultKind, seq: int, message: str) -> None:
        """Notes one fault."""
        self.fault_count += 1
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(Fault(kind=kind, seq=seq, message=message))

    def _gap(self, seq: int) -> None:
        if seq <= self.seq:
            self.fault("reordered", seq, f"Entry {seq} comes after entry {self.seq}.")
        else:
            last = "" if seq == self.seq + 2 else f" to {seq - 1}"
            self.fault("missing", self.seq + 1, f"Entry {self.seq + 1}{last} is missing.")


def _field(value: bytes | None) -> bytes:
    return _NULL if value is None else _LENGTH.pack(len(value)) + value


@lru_cache(maxsize=1024)
def _word(text: str) -> bytes:
    """The field of a text that many entries share."""
    return _field(text.encode())


def _detail(sealed: bytes | None) -> bytes | None:
    return None if sealed is None else hashlib.sha256(sealed).digest()
