"""Where breach cases stand: sealed in the tenant's own rows, each change a new version with its entries in the log.

Owns the seals, the one way in which a case is written, and its entry in the audit chain, which hashes the sealed bytes
and so holds nothing personal. Never checks who may: `entering`, `decisions` and `opening` do.
"""

import hashlib
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal, TypeAlias, cast
from uuid import UUID

import msgspec

from watchfloor.audit.append import Actor, ActorKind, append
from watchfloor.breach import queries
from watchfloor.breach.case import BreachCase
from watchfloor.kernel import ids
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import Conflict, NotFound, TooLarge, Unavailable
from watchfloor.kernel.ids import CaseId, IncidentId, new_uuid

EntryKind: TypeAlias = Literal[
    "opened", "pulled", "stated", "cleared", "decided", "assessed", "moved", "approved", "noted", "incident"
]
"""What happened: facts taken from records, stated, taken back, decided, scored, the status moved, approved, a record
of contact or evidence added, an incident put in."""

NO_SUCH_CASE: Final = "There is no such breach case, or you may not see it."

_CASES: Final = "wf.breach_cases"
_ENTRIES: Final = "wf.breach_entries"
_MOST_BYTES: Final = 3_500_000
_REFERENCE: Final = re.compile(r"BC-(2\d{3})-(\d{1,9})", re.IGNORECASE)
_NEWEST: Final = UUID(int=2**128 - 1)


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One change to be written: what stood at a path and what stands there now, as anything that JSON holds."""

    kind: EntryKind
    path: str
    before: object = None
    after: object = None


class LogEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One change as it stands in the log. `before` and `after` are plain JSON data; for a field they are its fact."""

    id: UUID
    version: int
    place: int
    kind: EntryKind
    path: str
    before: object
    after: object
    actor_kind: ActorKind
    actor_id: str
    at: datetime


async def now(tx: TenantTx) -> datetime:
    """The time of this transaction, by the database."""
    found = await queries.select_now(tx)
    if found is None:
        raise Unavailable("The database gave no time.")
    return found


async def read(tx: TenantTx, cipher: TenantCipher, case_id: CaseId) -> BreachCase:
    """The case as it stands. Raises NotFound, and Unopenable when it was damaged."""
    return _opened(cipher, await queries.select_case(tx, case_id))


async def lock(tx: TenantTx, cipher: TenantCipher, case_id: CaseId, *, seen: int | None = None) -> BreachCase:
    """The case, locked until the transaction ends.

    `seen` is the version that the person looked at. Raises NotFound, and Conflict when it has moved on.
    """
    case = _opened(cipher, await queries.lock_case(tx, case_id))
    if seen is not None and seen != case.version:
        raise Conflict(f"The case was changed meanwhile: it is at version {case.version}.", remedy="Look again.")
    return case


async def find(tx: TenantTx, name: str) -> CaseId:
    """The case that somebody names: `BC-2026-0001` or `brc_…`. Raises NotFound."""
    found = _REFERENCE.fullmatch(name.strip())
    if found is None:
        try:
            return CaseId(ids.parse("brc", name.strip()))
        except NotFound:
            raise NotFound(NO_SUCH_CASE) from None
    case_id = await queries.select_case_id(tx, year=int(found[1]), number=int(found[2]))
    if case_id is None:
        raise NotFound(NO_SUCH_CASE)
    return CaseId(case_id)


async def page(
    tx: TenantTx, cipher: TenantCipher, *, before: CaseId | None = None, limit: int = 50
) -> list[BreachCase]:
    """The tenant's cases, the newest first."""
    return [_opened(cipher, row) for row in await queries.select_page(tx, before=before or _NEWEST, limit=limit)]


async def open_cases(tx: TenantTx, cipher: TenantCipher, *, limit: int = 200) -> list[BreachCase]:
    """The cases on which somebody works, the one longest untouched first."""
    return [_opened(cipher, row) for row in await queries.select_open(tx, limit=limit)]


async def cases_of(tx: TenantTx, incident_ids: Sequence[IncidentId]) -> dict[IncidentId, tuple[CaseId, str]]:
    """The case of each of these incidents that is in one, with its reference."""
    rows = await queries.select_of_incidents(tx, incident_ids)
    return {IncidentId(row.incident_id): (CaseId(row.case_id), reference(row.year, row.number)) for row in rows}


def reference(year: int, number: int) -> str:
    """What people call a case."""
    return f"BC-{year}-{number:04d}"


async def create(
    tx: TenantTx, cipher: TenantCipher, actor: Actor, case: BreachCase, changes: Sequence[Change], *, reason: str
) -> BreachCase:
    """Writes a new case with its incidents and its log. The case is at version 1 and has its reference."""
    found = _REFERENCE.fullmatch(case.ref)
    year, number = (int(found[1]), int(found[2])) if found else (case.created_at.year, 1)
    document = _sealed(cipher, case)
    await queries.insert_case(
        tx,
        case.id,
        year=year,
        number=number,
        status=case.status,
        telling=case.telling,
        version=case.version,
        document=document,
        by=actor.id,
    )
    await queries.insert_incidents(tx, case.id, case.incident_ids, by=actor.id)
    await _log(tx, cipher, actor, case, changes)
    await _audit(tx, cipher, actor, case, document, action="open", before=None, paths=changes, reason=reason)
    return case


async def write(
    tx: TenantTx,
    cipher: TenantCipher,
    actor: Actor,
    *,
    before: BreachCase,
    after: BreachCase,
    changes: Sequence[Change],
    action: str,
    reason: str = "",
) -> BreachCase:
    """Writes the next version of a locked case, its log and its audit entry. `action` names it in the audit chain.

    Raises Conflict when the case was changed meanwhile, TooLarge when it holds more than a case can.
    """
    case = msgspec.structs.replace(after, version=before.version + 1, updated_at=await now(tx), updated_by=actor.id)
    document = _sealed(cipher, case)
    written = await queries.update_case(
        tx,
        case.id,
        status=case.status,
        telling=case.telling,
        version=case.version,
        document=document,
        by=actor.id,
    )
    if not written:
        raise Conflict("The case was changed meanwhile.", remedy="Look again.")
    added = [each for each in case.incident_ids if each not in before.incident_ids]
    if added:
        await queries.insert_incidents(tx, case.id, added, by=actor.id)
    await _log(tx, cipher, actor, case, changes)
    await _audit(tx, cipher, actor, case, document, action=action, before=before, paths=changes, reason=reason)
    return case


async def log(
    tx: TenantTx, cipher: TenantCipher, case_id: CaseId, *, after_version: int = 0, limit: int = 5_000
) -> list[LogEntry]:
    """Every change of a case, in order."""
    rows = await queries.select_entries(tx, case_id, after_version=after_version, limit=limit)
    return [
        LogEntry(
            id=row.id,
            version=row.version,
            place=row.place,
            kind=cast("EntryKind", row.kind),
            path=row.path,
            before=_open_part(cipher, row.id, "before", row.before),
            after=_open_part(cipher, row.id, "after", row.after),
            actor_kind=cast("ActorKind", row.actor_kind),
            actor_id=row.actor_id,
            at=row.at,
        )
        for row in rows
    ]


def _opened(cipher: TenantCipher, row: queries.CaseRow | None) -> BreachCase:
    if row is None:
        raise NotFound(NO_SUCH_CASE)
    opened = cipher.open_(row.document, table=_CASES, column="document", row=row.id)
    return msgspec.json.decode(opened, type=BreachCase)


def _sealed(cipher: TenantCipher, case: BreachCase) -> bytes:
    encoded = msgspec.json.encode(case, order="deterministic")
    if len(encoded) > _MOST_BYTES:
        raise TooLarge("The case holds more than a breach case can.", remedy="Keep lists short; attach documents.")
    return cipher.seal(encoded, table=_CASES, column="document", row=case.id)


async def _log(tx: TenantTx, cipher: TenantCipher, actor: Actor, case: BreachCase, changes: Sequence[Change]) -> None:
    entries: list[queries.NewEntry] = []
    for place, change in enumerate(changes):
        entry_id = new_uuid()
        entries.append(
            queries.NewEntry(
                id=entry_id,
                case_id=case.id,
                version=case.version,
                place=place,
                kind=change.kind,
                path=change.path,
                before=_seal_part(cipher, entry_id, "before", change.before),
                after=_seal_part(cipher, entry_id, "after", change.after),
                actor_kind=actor.kind,
                actor_id=actor.id,
            )
        )
    await queries.insert_entries(tx, entries)


async def _audit(
    tx: TenantTx,
    cipher: TenantCipher,
    actor: Actor,
    case: BreachCase,
    document: bytes,
    *,
    action: str,
    before: BreachCase | None,
    paths: Sequence[Change],
    reason: str,
) -> None:
    await append(
        tx,
        actor,
        action=f"breach.{action}",
        object_kind="breach_case",
        object_id=ids.show("brc", case.id),
        before=None if before is None else {"version": before.version, "status": before.status},
        after={
            "version": case.version,
            "status": case.status,
            "telling": case.telling,
            "document": hashlib.sha256(document).hexdigest(),
        },
        detail={
            "case": case.ref,
            "fields": ", ".join(change.path for change in paths)[:2_000],
            "reason": reason,
        },
        cipher=cipher,
    )


def _seal_part(cipher: TenantCipher, entry_id: UUID, column: str, value: object) -> bytes | None:
    if value is None:
        return None
    return cipher.seal(msgspec.json.encode(value, order="deterministic"), table=_ENTRIES, column=column, row=entry_id)


def _open_part(cipher: TenantCipher, entry_id: UUID, column: str, sealed: bytes | None) -> object:
    if sealed is None:
        return None
    return cast("object", msgspec.json.decode(cipher.open_(sealed, table=_ENTRIES, column=column, row=entry_id)))
