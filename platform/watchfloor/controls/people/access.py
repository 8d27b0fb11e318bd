"""E13 privileged use and E26 access by the provider, from the tenant's own audit log.

A day of access has a reason when the person acted that day on something that asks for work (an incident, an alert, an
action), and an approver when the log holds who gave that person that role: another person, by name. A membership that
came with a bundle names nobody, and is said to.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from watchfloor.access.roles import STAFF_ROLES, Role
from watchfloor.audit.append import state_hash
from watchfloor.controls.measurement import Measurement, Member, Scene, share
from watchfloor.controls.people import queries
from watchfloor.controls.people.queries import AccessRow, GrantRow
from watchfloor.controls.result import DeviationCode
from watchfloor.kernel import ids
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import NotFound

PRIVILEGED: Final = (Role.ADMIN, Role.PRIVACY_OFFICER, Role.LEAD, Role.CONTENT_ENGINEER, Role.PLATFORM_ADMIN)
REASONS: Final = ("incident", "alert", "action", "breach_case", "exception", "page")


async def measure(tx: TenantTx, scene: Scene) -> list[Measurement]:
    """The share of privileged acts with a named person, and of days of access with a reason and an approver."""
    begin, until, zone = scene.period.begin, scene.until, scene.period.time_zone
    grants = _Grants(await queries.select_grants(tx))
    acts = await queries.select_acts(tx, begin=begin, until=until, roles=[str(role) for role in PRIVILEGED])
    days = await queries.select_access(
        tx, begin=begin, until=until, zone=zone, roles=sorted(str(role) for role in STAFF_ROLES), reasons=REASONS
    )
    owned = [
        Member(id=f"{act.seq:012d}", codes=() if grants.owner(act.actor_kind, act.actor_id) else ("no_owner",))
        for act in acts
    ]
    access = [Member(id=f"{row.day}/{row.actor_id}", codes=tuple(_lacking(row, grants))) for row in days]
    return [share(scene, "E13", "platform_acts", owned), share(scene, "E26", "explained", access)]


def _lacking(row: AccessRow, grants: "_Grants") -> Iterable[DeviationCode]:
    if not row.has_reason:
        yield "no_reason"
    if not grants.approver(row):
        yield "no_approver"


class _Grants:
    """Who gave which membership, and whose a key is, as far as the log says it."""

    def __init__(self, rows: Sequence[GrantRow]) -> None:
        self._keys: Mapping[str, str] = {
            row.object_id: row.actor_id for row in rows if row.action == "key.created" and row.actor_kind == "person"
        }
        self._given: dict[bytes, list[GrantRow]] = {}
        for row in rows:
            if row.action == "member.added" and row.actor_kind == "person" and row.after_hash is not None:
                self._given.setdefault(row.after_hash, []).append(row)

    def owner(self, kind: str, actor: str) -> str | None:
        """The person behind an actor."""
        return actor if kind == "person" else self._keys.get(actor)

    def approver(self, row: AccessRow) -> str | None:
        """Another person who gave the one behind a day of access the role, before that."""
        owner = self.owner(row.actor_kind, row.actor_id)
        if owner is None:
            return None
        for role in row.roles:
            for grant in self._given.get(_state(owner, role), ()):
                if grant.at <= row.last_at and grant.actor_id != owner:
                    return grant.actor_id
        return None


def _state(person: str, role: str) -> bytes:
    """The hash that the log keeps of a membership; see `access.members`."""
    try:
        person_id = ids.parse("per", person)
    except NotFound:
        return b""
    return state_hash({"person": str(person_id), "role": role}) or b""
