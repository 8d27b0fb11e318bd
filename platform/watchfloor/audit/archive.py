"""Signed heads outside the database: what proves a cut, because whoever cuts the table cannot reach the copy (A3).

One file of JSON lines a tenant, appended to and flushed to disk, in a directory that is meant to be copied to a place
of another trust: a second host, the tenant's own download. `signers.pub` beside them holds the public keys, so that a
copy can be checked without this installation. It never holds anything but numbers, hashes, times and signatures.
"""

import base64
import binascii
import fcntl
import os
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import IO, Final

import msgspec

from watchfloor.audit.chain import Head, Tampered
from watchfloor.kernel import ids
from watchfloor.kernel.errors import Invalid, Unavailable
from watchfloor.kernel.ids import TenantId
from watchfloor.kernel.keys import FileSigner, signer_id

SIGNER_FILE: Final = "audit.signer"
PUBLIC_KEYS_FILE: Final = "signers.pub"

_LABEL: Final = "watchfloor-audit-public-key"
_TAIL_BYTES: Final = 4096


class _Line(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A head as it stands in a file: hashes and signatures in hexadecimal."""

    tenant: str
    seq: int
    hash: str
    signed_at: datetime
    key_id: str
    signature: str


class HeadArchive:
    """The directory of copied heads."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def path(self, tenant_id: TenantId) -> Path:
        """The tenant's file."""
        return self._directory / f"{tenant_id}.jsonl"

    def append(self, tenant_id: TenantId, heads: Sequence[Head]) -> int:
        """Adds the heads that are newer than the last one copied; they are on disk before it returns.

        A line that a crash cut short is removed first. Returns how many were added. Raises Unavailable when the
        file cannot be written.
        """
        try:
            self._directory.mkdir(parents=True, exist_ok=True, mode=0o755)
            with self.path(tenant_id).open("a+b") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                last = _mend(file, str(self.path(tenant_id)))
                fresh = [head for head in heads if head.seq > last]
                file.write(b"".join(_line(tenant_id, head) for head in fresh))
                file.flush()
                os.fsync(file.fileno())
            _sync(self._directory)
        except OSError as error:
            raise Unavailable(
                f"A signed audit head cannot be copied out: {error.strerror}.",
                where=str(self.path(tenant_id)),
                remedy="Check the space and the permissions of the directory.",
            ) from error
        return len(fresh)

    def last(self, tenant_id: TenantId) -> int:
        """The number of the newest entry whose head was copied, or 0. Raises Tampered for a damaged file."""
        try:
            with self.path(tenant_id).open("rb") as file:
                return _last(file, str(self.path(tenant_id)))
        except FileNotFoundError:
            return 0

    def read(self, tenant_id: TenantId) -> Iterator[Head]:
        """The heads that the file holds at the moment of the call, oldest first.

        Raises Tampered, while it is read, for a line that is no head of this tenant.
        """
        path = self.path(tenant_id)
        return _heads(path, ids.show("ten", tenant_id), path.stat().st_size if path.exists() else 0)

    def publish_key(self, signer: FileSigner) -> None:
        """Puts the signer's public key beside the heads, unless it is there."""
        keys = read_public_keys(self._directory / PUBLIC_KEYS_FILE)
        if signer.key_id not in keys:
            add_public_key(self._directory / PUBLIC_KEYS_FILE, signer.public_key)


def read_public_keys(path: Path) -> dict[str, bytes]:
    """The public keys in a file, by key id; none if there is no file. Raises Invalid for a line that is none."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except FileNotFoundError:
        return {}
    return dict(_public_key(line, f"{path}:{number}") for number, line in enumerate(lines, 1) if line.strip())


def add_public_key(path: Path, public_key: bytes) -> None:
    """Adds one public key to a file, as `watchfloor-audit-public-key <id> <base64>`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        file.write(f"{_LABEL} {signer_id(public_key)} {base64.b64encode(public_key).decode()}\n".encode())
        file.flush()
        os.fsync(file.fileno())


def _public_key(line: str, where: str) -> tuple[str, bytes]:
    parts = line.split()
    try:
        key = base64.b64decode(parts[2], validate=True) if len(parts) == 3 and parts[0] == _LABEL else b""
    except binascii.Error:
        key = b""
    if len(key) != 32 or signer_id(key) != parts[1]:
        raise Invalid(f"This is not a line of the form `{_LABEL} <id> <base64>`.", where=where)
    return parts[1], key


def _line(tenant_id: TenantId, head: Head) -> bytes:
    line = _Line(
        tenant=ids.show("ten", tenant_id),
        seq=head.seq,
        hash=head.hash.hex(),
        signed_at=head.signed_at,
        key_id=head.key_id,
        signature=head.signature.hex(),
    )
    return msgspec.json.encode(line) + b"\n"


def _parsed(line: bytes, *, tenant: str | None, where: str) -> Head:
    try:
        found = msgspec.json.decode(line, type=_Line)
        head = Head(
            seq=found.seq,
            hash=bytes.fromhex(found.hash),
            signed_at=found.signed_at,
            key_id=found.key_id,
            signature=bytes.fromhex(found.signature),
        )
    except (msgspec.DecodeError, ValueError):
        raise Tampered("A copied audit head is damaged.", where=where) from None
    if tenant is not None and found.tenant != tenant:
        raise Tampered("A copied audit head belongs to another tenant.", where=where)
    return head


def _heads(path: Path, tenant: str, size: int) -> Iterator[Head]:
    if size == 0:
        return
    with path.open("rb") as file:
        read = 0
        for number, line in enumerate(file, 1):
            read += len(line)
            if read > size or not line.endswith(b"\n"):
                return
            yield _parsed(line, tenant=tenant, where=f"{path}:{number}")


def _mend(file: IO[bytes], where: str) -> int:
    """Removes a line without an end, which a crash left, and returns the last head's number."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _TAIL_BYTES))
    tail = file.read()
    whole = tail.rfind(b"\n") + 1
    if whole < len(tail):
        file.truncate(size - (len(tail) - whole))
    return _last(file, where)


def _last(file: IO[bytes], where: str) -> int:
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _TAIL_BYTES))
    lines = file.read().split(b"\n")[:-1]
    return _parsed(lines[-1], tenant=None, where=where).seq if lines else 0


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
