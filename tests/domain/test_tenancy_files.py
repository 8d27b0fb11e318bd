"""A tenant's files: what was written or nothing, for that tenant or nobody."""

import os
from pathlib import Path

import pytest

from watchfloor.kernel.crypto import TenantCipher, TenantKey, Unopenable
from watchfloor.kernel.db import Database, tenant_tx
from watchfloor.kernel.errors import Unavailable
from watchfloor.kernel.ids import TenantId, new_uuid
from watchfloor.tenancy.files import TenantFiles

ALPHA, BETA = TenantId(new_uuid()), TenantId(new_uuid())
CIPHERS = {tenant: TenantCipher(tenant, [TenantKey.generate(1)]) for tenant in (ALPHA, BETA)}


async def write(database: Database, files: TenantFiles, content: bytes, tenant: TenantId = ALPHA) -> bytes:
    async with tenant_tx(database, tenant) as tx:
        return (await files.write(tx, CIPHERS[tenant], content)).sha256


async def read(database: Database, files: TenantFiles, sha256: bytes, tenant: TenantId = ALPHA) -> bytes:
    async with tenant_tx(database, tenant) as tx:
        return await files.read(tx, CIPHERS[tenant], sha256=sha256)


async def test_what_was_written_is_read(db_app: Database, tmp_path: Path) -> None:
    files = TenantFiles(tmp_path / "new" / "store", "reports")
    for content in (b"", b"%PDF-1.7 a report", os.urandom(100_000)):
        assert await read(db_app, files, await write(db_app, files, content)) == content


async def test_writing_again_changes_nothing(db_app: Database, tmp_path: Path) -> None:
    files = TenantFiles(tmp_path, "reports")
    assert await write(db_app, files, b"same") == await write(db_app, files, b"same")
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1


async def test_a_file_is_sealed_and_its_directory_closed_to_others(db_app: Database, tmp_path: Path) -> None:
    files = TenantFiles(tmp_path, "reports")
    await write(db_app, files, b"canary-content")
    (path,) = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert b"canary-content" not in path.read_bytes()
    assert path.stat().st_mode & 0o077 == 0
    assert path.parent.stat().st_mode & 0o077 == 0


async def test_another_tenant_finds_nothing_even_with_the_file_in_its_own_place(
    db_app: Database, tmp_path: Path
) -> None:
    files = TenantFiles(tmp_path, "reports")
    sha256 = await write(db_app, files, b"alpha's")
    with pytest.raises(Unavailable):
        await read(db_app, files, sha256, BETA)
    (tmp_path / str(ALPHA)).rename(tmp_path / str(BETA))
    with pytest.raises(Unopenable):
        await read(db_app, files, sha256, BETA)


async def test_a_file_of_another_kind_or_with_a_changed_byte_does_not_open(db_app: Database, tmp_path: Path) -> None:
    files = TenantFiles(tmp_path, "reports")
    sha256 = await write(db_app, files, b"content")
    with pytest.raises(Unopenable):
        await read(db_app, TenantFiles(tmp_path, "evidence"), sha256)
    (path,) = [path for path in tmp_path.rglob("*") if path.is_file()]
    sealed = bytearray(path.read_bytes())
    sealed[-1] ^= 1
    path.write_bytes(sealed)
    with pytest.raises(Unopenable):
        await read(db_app, files, sha256)


async def test_a_file_under_a_name_that_is_not_its_content_s_is_refused(db_app: Database, tmp_path: Path) -> None:
    files = TenantFiles(tmp_path, "reports")
    async with tenant_tx(db_app, ALPHA) as tx:
        stored = await files.write(tx, CIPHERS[ALPHA], b"content")
    wrong = bytes(32)
    sealed = CIPHERS[ALPHA].seal(b"other", table="files", column="reports", row=wrong.hex())
    (tmp_path / stored.path).with_name(f"{wrong.hex()}.sealed").write_bytes(sealed)
    with pytest.raises(Unavailable, match="not what was written"):
        await read(db_app, files, wrong)


async def test_a_write_that_fails_leaves_nothing(
    db_app: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        await write(db_app, TenantFiles(tmp_path, "reports"), b"content")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
