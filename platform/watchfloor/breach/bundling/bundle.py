"""A case as an archive: its log, every notice as it was frozen, what came back, its documents, its audit entries.

Owns what lies in the archive and under which name. The same records give the same bytes. `manifest.json` has the
SHA-256 of each file, and `audit.json` the chain's entries about the case and its notices with their hashes.
"""

import hashlib
import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from watchfloor.breach import store
from watchfloor.breach.bundling import queries
from watchfloor.breach.notices import keeping
from watchfloor.breach.notices.notice import Notice
from watchfloor.breach.register import row_of
from watchfloor.kernel import ids
from watchfloor.kernel.crypto import TenantCipher, Unopenable
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import TooLarge
from watchfloor.kernel.ids import CaseId, ReportId
from watchfloor.tenancy.files import TenantFiles

MOST_BYTES: Final = 64 * 1024 * 1024
"""What a bundle's files may come to."""

_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
_READABLE: Final = 0o600 << 16
_PLAIN: Final = re.compile(r"[^A-Za-z0-9._-]+")
_LOG_ENTRIES: Final = 50_000


async def bundle(tx: TenantTx, cipher: TenantCipher, files: TenantFiles, case_id: CaseId) -> bytes:
    """The archive. Raises NotFound for no such case, TooLarge for more than a bundle holds."""
    case = await store.read(tx, cipher, case_id)
    notices = await keeping.notices_of(tx, cipher, case_id)
    found: dict[str, bytes] = {
        "case.json": _json(case),
        "register.json": _json(row_of(case, notices)),
        "log.json": _json(await store.log(tx, cipher, case_id, limit=_LOG_ENTRIES)),
        "audit.json": _json(await _audit(tx, cipher, case_id, notices)),
    }
    for number, notice in enumerate(notices, start=1):
        found |= await _of_notice(tx, cipher, notice, f"notices/{number:02d}-{notice.stage}-{notice.phase}")
    for row in await queries.select_documents(tx, case_id):
        _check(sum(map(len, found.values())) + row.bytes)
        name = f"documents/{row.kind}-{row.language}-{ids.show('rpt', ReportId(row.id))}.pdf"
        found[name] = await files.read(tx, cipher, sha256=row.sha256)
    _check(sum(map(len, found.values())))
    return _archive(found)


async def _of_notice(tx: TenantTx, cipher: TenantCipher, notice: Notice, folder: str) -> dict[str, bytes]:
    """A notice: what became of it, its version byte for byte, and the files that came back."""
    found = {
        f"{folder}/notice.json": _json(notice),
        f"{folder}/version.json": await keeping.snapshot_bytes(tx, cipher, notice.id),
    }
    for number, receipt in enumerate(notice.receipts, start=1):
        name = _PLAIN.sub("_", receipt.name).lstrip(".")[-80:] or "file"
        found[f"{folder}/receipts/{number:02d}-{name}"] = await keeping.receipt_content(tx, cipher, notice, receipt)
    return found


async def _audit(
    tx: TenantTx, cipher: TenantCipher, case_id: CaseId, notices: Sequence[Notice]
) -> list[dict[str, object]]:
    rows = await queries.select_entries(tx, "breach_case", [ids.show("brc", case_id)])
    rows += await queries.select_entries(tx, "breach_notice", [ids.show("ntc", notice.id) for notice in notices])
    return [_entry(cipher, row) for row in sorted(rows, key=lambda row: row.seq)]


def _entry(cipher: TenantCipher, row: queries.EntryRow) -> dict[str, object]:
    entry: dict[str, object] = {
        name: value.hex() if isinstance(value, bytes) else value
        for name, value in msgspec.structs.asdict(row).items()
        if name != "sealed"
    }
    if row.sealed is not None:
        try:
            opened = cipher.open_(row.sealed, table="audit_details", column="sealed", row=row.id)
            entry["detail"] = msgspec.json.decode(opened)
        except Unopenable:
            entry["detail"] = None
    return entry


def _check(size: int) -> None:
    if size > MOST_BYTES:
        raise TooLarge("The case's files are more than a bundle holds.", remedy="Fetch the documents one by one.")


def _archive(found: Mapping[str, bytes]) -> bytes:
    manifest = {name: hashlib.sha256(content).hexdigest() for name, content in found.items()}
    everything = {**found, "manifest.json": _json(manifest)}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, content in sorted(everything.items()):
            info = zipfile.ZipInfo(name, date_time=_EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = _READABLE
            archive.writestr(info, content)
    return out.getvalue()


def _json(value: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value, order="deterministic"), indent=2)
