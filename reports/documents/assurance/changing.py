"""Roles and keys of the provider's people that came or went in the period, from the tenant's audit log.

Owns which changes are the provider's: by the role that the entry's sealed detail names, and by who made a key. A
change of which nobody can say it any more is shown, because it may be the provider's.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final, get_args

import msgspec

from reports.documents.assurance import queries
from reports.documents.assurance.facts import Change, ChangeKind, Position
from reports.documents.assurance.queries import ChangeRow
from reports.documents.assurance.staff import ROLES, Staff
from reports.people import People
from watchfloor.controls.result import Period
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import WatchfloorError

KINDS: Final[Mapping[str, ChangeKind]] = {
    "member.added": "role_given",
    "member.removed": "role_ended",
    "key.created": "key_made",
    "key.rotated": "key_renewed",
    "key.revoked": "key_revoked",
}
_POSITIONS: Final[Mapping[str, Position]] = {position: position for position in get_args(Position)}


class _Detail(msgspec.Struct, frozen=True):
    email: str = ""
    role: str = ""


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """The changes of the period as the log has them, each with its opened detail."""

    rows: Sequence[tuple[ChangeRow, _Detail]]

    @property
    def actors(self) -> set[tuple[str, str]]:
        """Who made them, as (kind, id)."""
        return {(row.actor_kind, row.actor_id) for row, _ in self.rows}

    def of_staff(self, staff: Staff, known: People, period: Period, *, at: datetime) -> tuple[Change, ...]:
        """Those of the provider's people, and their roles that ended by a date until `at`, in order."""
        found = [
            Change(
                at=row.at,
                entry=row.seq,
                kind=KINDS[row.action],
                subject=detail.email or row.object_id,
                role=_POSITIONS.get(detail.role),
                by=known.name(row.actor_id),
            )
            for row, detail in self.rows
            if _is_staffs(row, detail, staff)
        ]
        return tuple(sorted((*found, *_expired(staff, period, at)), key=lambda one: (one.at, one.entry or 0)))

    def others(self, staff: Staff) -> int:
        """How many are of the customer's own people."""
        return sum(not _is_staffs(row, detail, staff) for row, detail in self.rows)


async def changes_in(tx: TenantTx, cipher: TenantCipher, period: Period) -> Changes:
    """The changes of roles and keys in the period, of everybody."""
    rows = await queries.select_changes(tx, period.begin, period.end, actions=list(KINDS))
    return Changes(rows=[(row, _opened(row, cipher)) for row in rows])


def _is_staffs(row: ChangeRow, detail: _Detail, staff: Staff) -> bool:
    if row.object_kind == "api_key":
        return row.object_id in staff.keys
    if detail.role in ROLES or detail.email.lower() in staff.addresses:
        return True
    return detail.role not in _POSITIONS


def _expired(staff: Staff, period: Period, at: datetime) -> Iterable[Change]:
    for row in staff.memberships:
        if row.expires_at is not None and period.begin <= row.expires_at < min(period.end, at):
            yield Change(at=row.expires_at, entry=None, kind="role_expired", subject=row.email, role=row.role, by="")


def _opened(row: ChangeRow, cipher: TenantCipher) -> _Detail:
    """What the entry's detail says. A damaged one says nothing here: verifying the chain tells of it."""
    if row.sealed is None:
        return _Detail()
    try:
        opened = cipher.open_(row.sealed, table="audit_details", column="sealed", row=row.id)
        return msgspec.json.decode(opened, type=_Detail)
    except (WatchfloorError, msgspec.DecodeError):
        return _Detail()
