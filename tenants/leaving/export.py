"""A tenant's data as files that anybody can read: what a customer takes along (S4, GDPR article 20).

    manifest.json           what there is: each file with its size, rows and SHA-256
    tables/<table>.ndjson   one row a line, seals opened, key material left out
    events/<month>.ndjson   the lake's events as they were read, with what their source sent
    reports/<id>.pdf        finished reports
    evidence/<id>.bin       documents of evidence; their names are in tables/evidence_entries.ndjson

The directory appears under its name only when it is complete. Everything in it is readable by its owner alone; it is
the tenant's data in the clear, and whoever asked for it answers for where it goes.
"""

import asyncio
import hashlib
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Final, Self, cast

import msgspec

from tenants.installation import Installation
from tenants.leaving import queries
from tenants.leaving.sealed import opened
from tenants.queries import TenantRow
from watchfloor.controls.entries.keeping import evidence_files
from watchfloor.kernel import ids
from watchfloor.kernel.config import Settings
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx, tenant_tx
from watchfloor.kernel.errors import Conflict, Unavailable
from watchfloor.kernel.ids import TenantId
from watchfloor.lake.line import write_lines
from watchfloor.lake.opening import open_lake
from watchfloor.tenancy.files import TenantFiles

MANIFEST: Final = "manifest.json"
FORMAT: Final = "watchfloor-export/1"
REPORTS_KIND: Final = "reports"

_EVER: Final = (datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC))


class ExportedFile(msgspec.Struct, frozen=True, kw_only=True):
    """One file of an export. `rows` counts lines; it is 1 for a file that is no list."""

    path: str
    size: int
    rows: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What an export holds. `unopened` counts values that no key opened any more."""

    format: str
    tenant: str
    slug: str
    name: str
    made_at: datetime
    unopened: int
    files: list[ExportedFile]


class ExportSummary(msgspec.Struct, frozen=True, kw_only=True):
    """Where an export lies, and the hash of the manifest, which holds the hashes of all else."""

    directory: str
    manifest_sha256: str
    files: int
    rows: int
    unopened: int


async def export_tenant(installation: Installation, tenant: TenantRow, *, into: Path) -> ExportSummary:
    """Writes the tenant's export as a directory `<slug>-<tenant id>` below `into`.

    An export that is there already, from a run that was cut short just after it, is left as it is. Raises Conflict
    when something else has its name, Unavailable when it cannot be written.
    """
    final = into / f"{tenant.slug}-{tenant.id}"
    known = await asyncio.to_thread(_known, final, tenant)
    if known is not None:
        return known
    with _Draft(final) as draft:
        try:
            unopened = await _write(installation, TenantId(tenant.id), draft)
        except OSError as error:
            raise Unavailable(f"The export cannot be written: {error.strerror}.", where=str(error.filename)) from error
        manifest = Manifest(
            format=FORMAT,
            tenant=ids.show("ten", tenant.id),
            slug=tenant.slug,
            name=tenant.name,
            made_at=installation.clock.now(),
            unopened=unopened,
            files=draft.complete(),
        )
        # Not in a thread, which would go on when the command is stopped, while the draft is being cleared away.
        return draft.finish(manifest)


async def _write(installation: Installation, tenant_id: TenantId, draft: "_Draft") -> int:
    """Writes everything, all of one moment, and says how many values could not be opened."""
    settings = installation.settings
    unopened = 0
    async with tenant_tx(installation.app, tenant_id) as tx:
        await queries.allow_long_statements(tx)
        cipher = await installation.keyring.cipher(tx)
        for table in await queries.select_tables(tx):
            unopened += await _export_table(tx, cipher, table, draft)
        await _export_events(tx, cipher, settings, draft)
        await _export_reports(tx, cipher, settings.reports_dir, draft)
        await _export_evidence(tx, cipher, settings.home, draft)
    return unopened


async def _export_table(tx: TenantTx, cipher: TenantCipher, table: str, draft: "_Draft") -> int:
    path = f"tables/{table}.ndjson"
    draft.begin(path)
    unopened = 0
    async for text in queries.export_rows(tx, table):
        row = msgspec.json.decode(text, type=dict[str, object])
        if table == "audit_details":
            row["entry_id"] = str(await queries.select_entry_id(tx, cast("int", row["seq"])))
        done, faults = opened(cipher, table, row)
        unopened += faults
        draft.line(path, msgspec.json.encode(done))
    return unopened


async def _export_events(tx: TenantTx, cipher: TenantCipher, settings: Settings, draft: "_Draft") -> None:
    since, until = _EVER
    async for event in open_lake(settings).scan(tx, cipher, since=since, until=until):
        path = f"events/{event.time.astimezone(UTC):%Y-%m}.ndjson"
        draft.line(path, write_lines([event]).rstrip(b"\n"))


async def _export_reports(tx: TenantTx, cipher: TenantCipher, directory: Path, draft: "_Draft") -> None:
    files = TenantFiles(directory, REPORTS_KIND)
    for report in await queries.select_finished_reports(tx):
        content = await files.read(tx, cipher, sha256=report.sha256)
        draft.line(f"reports/{ids.show('rpt', report.id)}.pdf", content, end=b"")


async def _export_evidence(tx: TenantTx, cipher: TenantCipher, home: Path, draft: "_Draft") -> None:
    files = evidence_files(home)
    for entry in await queries.select_evidence_documents(tx):
        content = await files.read(tx, cipher, sha256=entry.sha256)
        draft.line(f"evidence/{ids.show('evd', entry.id)}.bin", content, end=b"")


class _Draft:
    """An export that is being written. It gets its name when it is finished."""

    def __init__(self, final: Path) -> None:
        self._final = final
        self._directory = final.with_name(f"{final.name}.partial")
        self._open: dict[str, tuple[IO[bytes], _Digest]] = {}
        try:
            shutil.rmtree(self._directory, ignore_errors=True)
            final.parent.mkdir(parents=True, exist_ok=True)
            self._directory.mkdir(mode=0o700)
        except OSError as error:
            raise Unavailable(f"The export cannot be written: {error.strerror}.", where=str(final)) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        """What was not finished is removed: it is readable, and nobody knows of it."""
        for file, _ in self._open.values():
            file.close()
        shutil.rmtree(self._directory, ignore_errors=True)

    def begin(self, path: str) -> "tuple[IO[bytes], _Digest]":
        """Makes a file, unless there is one."""
        if path not in self._open:
            place = self._directory / path
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            self._open[path] = (os.fdopen(descriptor, "wb"), _Digest())
        return self._open[path]

    def line(self, path: str, content: bytes, *, end: bytes = b"\n") -> None:
        """Adds a line to a file."""
        file, digest = self.begin(path)
        file.write(content + end)
        digest.add(content + end)

    def complete(self) -> list[ExportedFile]:
        """Flushes every file to disk, closes it and says what there is."""
        done: list[ExportedFile] = []
        for path, (file, digest) in sorted(self._open.items()):
            file.flush()
            os.fsync(file.fileno())
            file.close()
            done.append(ExportedFile(path=path, size=digest.size, rows=digest.rows, sha256=digest.hash.hexdigest()))
        self._open.clear()
        return done

    def finish(self, manifest: Manifest) -> ExportSummary:
        """Adds the manifest and gives the export its name."""
        text = msgspec.json.format(msgspec.json.encode(manifest))
        self.line(MANIFEST, text)
        self.complete()
        self._directory.rename(self._final)
        _flush(self._final.parent)
        return _summary(self._final, manifest, text + b"\n")


class _Digest:
    """What of a file is known while it is written."""

    def __init__(self) -> None:
        self.hash = hashlib.sha256()
        self.size = 0
        self.rows = 0

    def add(self, content: bytes) -> None:
        """Counts what was written."""
        self.hash.update(content)
        self.size += len(content)
        self.rows += 1


def _known(final: Path, tenant: TenantRow) -> ExportSummary | None:
    """The export that lies under this name already."""
    if not final.exists():
        return None
    try:
        text = (final / MANIFEST).read_bytes()
        manifest = msgspec.json.decode(text, type=Manifest)
    except (OSError, msgspec.DecodeError):
        manifest, text = None, b""
    if manifest is None or manifest.tenant != ids.show("ten", tenant.id):
        raise Conflict("This name is taken by something else.", where=str(final), remedy="Name another directory.")
    return _summary(final, manifest, text)


def _summary(final: Path, manifest: Manifest, text: bytes) -> ExportSummary:
    return ExportSummary(
        directory=str(final),
        manifest_sha256=hashlib.sha256(text).hexdigest(),
        files=len(manifest.files),
        rows=sum(file.rows for file in manifest.files),
        unopened=manifest.unopened,
    )


def _flush(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
