"""What the provider's people did in the period, by day and by area, from the tenant's own audit log.

Owns that a day of access has a reason by the same rule as evidence kind E26, and which incidents that reason were.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final
from uuid import UUID

import msgspec

from reports.documents.assurance import queries
from reports.documents.assurance.areas import EXPORTS, READS, area_of
from reports.documents.assurance.facts import Access, Acts, Hand, Touch
from reports.documents.assurance.queries import ActsRow
from reports.documents.assurance.staff import ROLES, Staff
from reports.people import People
from watchfloor.controls.people.access import REASONS
from watchfloor.controls.result import Period
from watchfloor.kernel import ids
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import NotFound

_KEY: Final = "api_key"


class Acting(msgspec.Struct, frozen=True, kw_only=True):
    """The rows of the period: by day and kind of object, the references of incidents, and the command line's."""

    rows: Sequence[ActsRow]
    refs: Mapping[str, str]
    hands: tuple[Hand, ...]

    @property
    def actors(self) -> set[tuple[str, str]]:
        """Who acted, as (kind, id)."""
        return {(row.actor_kind, row.actor_id) for row in self.rows}

    def accesses(self, staff: Staff, known: People) -> tuple[Access, ...]:
        """The days of access, in order."""
        return tuple(
            Access(
                actor=rows[0].actor_id,
                person=staff.person_of(rows[0].actor_id),
                name=known.name(rows[0].actor_id),
                is_key=rows[0].actor_kind == _KEY,
                day=rows[0].day,
                roles=tuple(sorted({role for row in rows for role in row.roles})),
                has_reason=any(row.has_reason for row in rows),
                incidents=self._refs_of(rows),
                acts=_acts(rows),
            )
            for rows in _grouped(self.rows, lambda row: (row.day, row.actor_kind, row.actor_id))
        )

    def touches(self, known: People) -> tuple[Touch, ...]:
        """Everybody's acts by area, by name."""
        found = [
            Touch(
                actor=rows[0].actor_id,
                name=known.name(rows[0].actor_id),
                is_key=rows[0].actor_kind == _KEY,
                area=area_of(rows[0].object_kind),
                acts=_acts(rows),
            )
            for rows in _grouped(self.rows, lambda row: (row.actor_kind, row.actor_id, area_of(row.object_kind)))
        ]
        return tuple(sorted(found, key=lambda one: (one.name, one.actor, one.area)))

    def _refs_of(self, rows: Iterable[ActsRow]) -> tuple[str, ...]:
        named = {self.refs[name] for row in rows for name in row.incidents or () if name in self.refs}
        return tuple(sorted(named, key=lambda ref: (len(ref), ref)))


async def acting_in(tx: TenantTx, period: Period, staff: Staff, *, code: str) -> Acting:
    """What was done in the period. `code` is the tenant's short name, which references begin with."""
    rows = await queries.select_acts(
        tx,
        period.begin,
        period.end,
        zone=period.time_zone,
        roles=ROLES,
        actors=staff.actors,
        reasons=REASONS,
        reads=READS,
        exports=EXPORTS,
    )
    hands = await queries.select_hands(tx, period.begin, period.end, zone=period.time_zone)
    return Acting(
        rows=rows,
        refs=await _refs(tx, {name for row in rows for name in row.incidents or ()}, code),
        hands=tuple(
            Hand(
                day=row.day,
                account=row.account,
                action=row.action,
                area=area_of(row.object_kind),
                is_export=row.action in EXPORTS,
                number=row.number,
                first_entry=row.first_entry,
                last_entry=row.last_entry,
            )
            for row in hands
        ),
    )


async def _refs(tx: TenantTx, names: Iterable[str], code: str) -> dict[str, str]:
    """The references of incidents. The log names an incident by its id, or by the reference that a person asked for."""
    asked = re.compile(rf"{re.escape(code)}-[0-9]{{1,9}}", re.IGNORECASE)
    found: dict[str, str] = {}
    known: dict[UUID, str] = {}
    for name in names:
        if asked.fullmatch(name):
            found[name] = name.upper()
            continue
        try:
            known[ids.parse("inc", name)] = name
        except NotFound:
            continue
    for row in await queries.select_incidents(tx, sorted(known)):
        found[known[row.id]] = f"{code}-{row.number}"
    return found


def _grouped(rows: Iterable[ActsRow], by: Callable[[ActsRow], tuple[object, ...]]) -> list[list[ActsRow]]:
    groups: dict[tuple[object, ...], list[ActsRow]] = {}
    for row in rows:
        groups.setdefault(by(row), []).append(row)
    return list(groups.values())


def _acts(rows: Sequence[ActsRow]) -> Acts:
    return Acts(
        reads=sum(row.reads for row in rows),
        exports=sum(row.exports for row in rows),
        changes=sum(row.changes for row in rows),
        first_entry=min(row.first_entry for row in rows),
        last_entry=max(row.last_entry for row in rows),
    )
