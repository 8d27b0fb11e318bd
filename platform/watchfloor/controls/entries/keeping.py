"""Entering, withdrawing and reading entries. Note and name of a document are sealed; every change is audited."""

from datetime import date, datetime
from pathlib import Path
from typing import Final
from uuid import UUID

import msgspec

from watchfloor.audit.append import Actor, append
from watchfloor.controls.entries import queries
from watchfloor.controls.entries.entry import Document, Entry, EntryId
from watchfloor.controls.kind import EntryForm
from watchfloor.controls.library import Library
from watchfloor.controls.period import next_month
from watchfloor.kernel import ids
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import Conflict, Invalid, NotFound
from watchfloor.kernel.ids import new_uuid
from watchfloor.tenancy.files import TenantFiles

FILES_KIND: Final = "evidence"
MOST_BYTES: Final = 20 * 1024 * 1024
LONGEST_NOTE: Final = 2000
LONGEST_NAME: Final = 200

_TABLE: Final = "wf.evidence_entries"


class Stated(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a person enters. `first` and `until` are the days that it holds for; `until` is the day after the last.

    A share needs `numerator` and `denominator`, another number `value`, an age `happened_on`, a deed for an incident
    its number.
    """

    kind: str
    metric: str
    first: date
    until: date
    note: str
    value: float | None = None
    numerator: int | None = None
    denominator: int | None = None
    happened_on: date | None = None
    incident: int | None = None


def evidence_dir(home: Path) -> Path:
    """Where the documents of entries stand, below the installation's home."""
    return home / "evidence"


def evidence_files(home: Path) -> TenantFiles:
    """The documents of entries."""
    return TenantFiles(evidence_dir(home), FILES_KIND)


async def enter(
    tx: TenantTx,
    cipher: TenantCipher,
    actor: Actor,
    *,
    library: Library,
    stated: Stated,
    today: date,
    document: Document | None = None,
) -> EntryId:
    """Writes an entry down. Raises Invalid for what does not fit the metric, NotFound for an unknown incident."""
    form = _form(library, stated)
    _check(library, stated, form, today)
    incident_id = None
    if form == "incident":
        incident_id = None if stated.incident is None else await queries.select_incident(tx, stated.incident)
        if incident_id is None:
            raise NotFound("There is no incident of this number.", where="incident")
    entry_id = EntryId(new_uuid())
    row = queries.NewRow(
        id=entry_id,
        kind=stated.kind,
        metric=stated.metric,
        value=stated.value,
        numerator=stated.numerator,
        denominator=stated.denominator,
        happened_on=stated.happened_on,
        incident_id=incident_id,
        valid_from=stated.first,
        valid_until=stated.until,
        note=_seal(cipher, "note", entry_id, stated.note.strip()),
        document_sha256=None if document is None else document.sha256,
        document_path=None if document is None else document.path,
        document_name=None if document is None else _seal(cipher, "document_name", entry_id, document.name),
        entered_by=actor.id,
    )
    await queries.insert_entry(tx, row)
    await append(
        tx,
        actor,
        action="evidence.entered",
        object_kind="evidence",
        object_id=ids.show("evd", entry_id),
        after=stated,
        detail={"kind": stated.kind, "metric": stated.metric},
        cipher=cipher,
    )
    return entry_id


async def attach(tx: TenantTx, cipher: TenantCipher, files: TenantFiles, *, name: str, content: bytes) -> Document:
    """Keeps a document for the entry that is made next in this transaction. Raises Invalid for none and too much."""
    if not 0 < len(content) <= MOST_BYTES:
        raise Invalid(f"A document has a byte at least and {MOST_BYTES} at most.", where="document")
    if not 0 < len(name) <= LONGEST_NAME:
        raise Invalid(f"A document's name has 1 to {LONGEST_NAME} characters.", where="document")
    stored = await files.write(tx, cipher, content)
    return Document(name=name, sha256=stored.sha256, path=stored.path)


async def withdraw(tx: TenantTx, actor: Actor, entry_id: EntryId) -> None:
    """Takes an entry back: it stays readable and counts no more. Raises NotFound, Conflict when it was taken back."""
    row = await queries.select_entry(tx, entry_id)
    if row is None:
        raise NotFound("There is no such entry.")
    if not await queries.withdraw_entry(tx, entry_id, by=actor.id):
        raise Conflict("This entry was withdrawn before.")
    await append(
        tx,
        actor,
        action="evidence.withdrawn",
        object_kind="evidence",
        object_id=ids.show("evd", entry_id),
        before={"kind": row.kind, "metric": row.metric},
    )


async def find_entry(tx: TenantTx, cipher: TenantCipher, entry_id: EntryId) -> Entry:
    """One entry, withdrawn ones too. Raises NotFound."""
    row = await queries.select_entry(tx, entry_id)
    if row is None:
        raise NotFound("There is no such entry.")
    return _entry(cipher, row)


async def list_entries(tx: TenantTx, cipher: TenantCipher, *, after: UUID, limit: int) -> list[Entry]:
    """Entries in the order in which they were made, withdrawn ones too."""
    return [_entry(cipher, row) for row in await queries.select_page(tx, after=after, limit=limit)]


async def valid_entries(tx: TenantTx, cipher: TenantCipher, *, at: datetime) -> tuple[Entry, ...]:
    """What counts, the oldest first."""
    return tuple(_entry(cipher, row) for row in await queries.select_valid(tx, at=at))


def _form(library: Library, stated: Stated) -> EntryForm:
    metric = library.kind(stated.kind).find(stated.metric)
    if metric is None or metric.entry is None:
        possible = ", ".join(row.id for row in library.kind(stated.kind).metrics if row.entry is not None)
        raise Invalid(
            f"{stated.kind} takes no entry for {stated.metric!r}.",
            where="metric",
            remedy=f"It takes: {possible}." if possible else "All of it is measured.",
        )
    return metric.entry


def _check(library: Library, stated: Stated, form: EntryForm, today: date) -> None:
    if not stated.first < stated.until:
        raise Invalid("The last day comes before the first one.", where="until")
    if not 0 < len(stated.note.strip()) <= LONGEST_NOTE:
        raise Invalid(f"Say where the number comes from, in 1 to {LONGEST_NOTE} characters.", where="note")
    metric = library.kind(stated.kind).find(stated.metric)
    is_share = form == "number" and metric is not None and metric.unit == "percent"
    wanted = {
        "numerator": is_share,
        "denominator": is_share,
        "value": form == "number" and not is_share,
        "happened_on": form == "age",
        "incident": form == "incident",
    }
    for field, is_wanted in wanted.items():
        if (getattr(stated, field) is not None) != is_wanted:
            words = "is needed" if is_wanted else "does not belong"
            raise Invalid(f"`{field}` {words} with {stated.kind} {stated.metric}.", where=field)
    if is_share and not 0 <= (stated.numerator or 0) <= (stated.denominator or 0) > 0:
        raise Invalid("The numerator lies between 0 and the denominator.", where="numerator")
    if stated.value is not None and not 0 <= stated.value < float("inf"):
        raise Invalid("A number is 0 or more.", where="value")
    if stated.happened_on is not None and stated.happened_on > today:
        raise Invalid("This day has not come yet.", where="happened_on")
    if form == "month" and (stated.first.day != 1 or stated.until != next_month(stated.first)):
        raise Invalid("This is signed off by the month: from its first day to the first of the next.", where="first")


def _entry(cipher: TenantCipher, row: queries.EntryRow) -> Entry:
    document = None
    if row.document_sha256 is not None and row.document_path is not None and row.document_name is not None:
        name = _open(cipher, "document_name", row.id, row.document_name)
        document = Document(name=name, sha256=row.document_sha256, path=row.document_path)
    return Entry(
        id=EntryId(row.id),
        kind=row.kind,
        metric=row.metric,
        value=row.value,
        numerator=row.numerator,
        denominator=row.denominator,
        happened_on=row.happened_on,
        incident_id=row.incident_id,
        first=row.valid_from,
        until=row.valid_until,
        note=_open(cipher, "note", row.id, row.note),
        document=document,
        by=row.entered_by,
        at=row.entered_at,
        withdrawn_by=row.withdrawn_by,
        withdrawn_at=row.withdrawn_at,
    )


def _seal(cipher: TenantCipher, column: str, entry_id: UUID, text: str) -> bytes:
    return cipher.seal(text.encode("utf-8", "surrogatepass"), table=_TABLE, column=column, row=entry_id)


def _open(cipher: TenantCipher, column: str, entry_id: UUID, sealed: bytes) -> str:
    return cipher.open_(sealed, table=_TABLE, column=column, row=entry_id).decode("utf-8", "surrogatepass")
