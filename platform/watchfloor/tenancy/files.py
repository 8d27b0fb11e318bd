"""A tenant's finished files, such as reports: sealed with its key, one directory a tenant, named by their content.

The name is the SHA-256 of the content, which a reader checks again, so a file is either what was written or nothing.
Writing is atomic and repeating it changes nothing. Destroying the tenant's key shuts every copy (S4). It knows no
database: who writes a file keeps its name, and a file that nobody kept the name of is an orphan.
"""

import asyncio
import hashlib
import math
import os
import tempfile
from collections.abc import Collection
from pathlib import Path
from typing import Final

import msgspec

from watchfloor.kernel.clock import SystemClock
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import Unavailable
from watchfloor.kernel.ids import TenantId

_SUFFIX: Final = ".sealed"


class StoredFile(msgspec.Struct, frozen=True, kw_only=True):
    """Where a file is kept (relative to the store), and what it holds before sealing."""

    path: str
    sha256: bytes
    size: int


class TenantFiles:
    """The files of one kind, for all tenants, below one directory."""

    def __init__(self, root: Path, kind: str) -> None:
        """`kind` names the store in the seal, such as `reports`: a file of another kind does not open here."""
        self._root = root
        self._kind = kind

    async def write(self, tx: TenantTx, cipher: TenantCipher, content: bytes) -> StoredFile:
        """Keeps the content for the transaction's tenant. It is on disk when this returns."""
        digest = hashlib.sha256(content)
        stored = StoredFile(path=_path(tx.tenant_id, digest.digest()), sha256=digest.digest(), size=len(content))
        sealed = cipher.seal(content, table="files", column=self._kind, row=digest.hexdigest())
        await asyncio.to_thread(_write, self._root / stored.path, sealed)
        return stored

    async def read(self, tx: TenantTx, cipher: TenantCipher, *, sha256: bytes) -> bytes:
        """The content with this hash, of the transaction's tenant.

        The path is made from the hash, so no stored text can lead elsewhere. Raises Unavailable when the file is
        gone, Unopenable when it was changed or is another tenant's.
        """
        path = self._root / _path(tx.tenant_id, sha256)
        try:
            sealed = await asyncio.to_thread(path.read_bytes)
        except OSError as error:
            raise Unavailable("A file that should be here is missing.", where=str(error.filename)) from None
        content = cipher.open_(sealed, table="files", column=self._kind, row=sha256.hex())
        if hashlib.sha256(content).digest() != sha256:
            raise Unavailable("A file is not what was written.", where=path.name)
        return content

    async def collect_orphans(self, tx: TenantTx, *, named: Collection[str], older_than_seconds: float) -> int:
        """Removes the tenant's files that are not in `named` (as `StoredFile.path`), unfinished ones too.

        Returns how many. What is younger stays: the transaction that names it may still be open.
        """
        return await asyncio.to_thread(self._collect, tx.tenant_id, frozenset(named), older_than_seconds)

    def _collect(self, tenant_id: TenantId, named: frozenset[str], seconds: float) -> int:
        before = SystemClock().now().timestamp() - seconds
        files = [file for file in (self._root / str(tenant_id)).glob("*") if _written_at(file) < before]
        orphans = [file for file in files if str(file.relative_to(self._root)) not in named]
        for orphan in orphans:
            orphan.unlink(missing_ok=True)
        return len(orphans)


def _written_at(file: Path) -> float:
    """When a file was written; for one that has just got its final name, never yet."""
    try:
        return file.stat().st_mtime
    except FileNotFoundError:
        return math.inf


def _path(tenant_id: TenantId, sha256: bytes) -> str:
    return f"{tenant_id}/{sha256.hex()}{_SUFFIX}"


def _write(path: Path, sealed: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".new")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(sealed)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
