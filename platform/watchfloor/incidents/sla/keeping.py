"""Keeps the clocks of incidents beside the record: worked out anew from the log in the transaction of each change.

What is kept is never added to, always replaced by what the whole log gives; so a kept clock and a recomputed one are
the same, or something was changed past the desk. `compare` says which.
"""

from datetime import datetime, timedelta

import msgspec

from watchfloor.incidents.sla import agreement, queries
from watchfloor.incidents.sla.agreement import Agreement
from watchfloor.incidents.sla.clock import Clock, Course, Stages, elapsed_by, follow
from watchfloor.incidents.sla.log import read_log
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import NotFound
from watchfloor.kernel.ids import IncidentId


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept otherwise than the log says. `name` is the stage, or the target and what of it."""

    name: str
    kept: str
    computed: str


async def refresh(tx: TenantTx, cipher: TenantCipher, incident_id: IncidentId) -> Course | None:
    """Works the incident's stages and clocks out and keeps them. None when its log has no opening.

    The caller holds the incident's lock. Call it after the timeline's entry, in the same transaction.
    """
    agreed = await _agreement(tx, incident_id)
    course = follow(await read_log(tx, cipher, incident_id), agreed)
    if course is None:
        return None
    version = agreed.version()
    await queries.insert_agreement(tx, version=version, body=agreed.encoded().decode())
    await queries.upsert_stages(tx, incident_id, course.stages, agreement=version)
    await queries.upsert_clocks(tx, incident_id, course.clocks)
    return course


async def read_course(tx: TenantTx, incident_id: IncidentId) -> Course | None:
    """The stages and clocks as they are kept, or None."""
    stages = await queries.select_stages(tx, incident_id)
    return None if stages is None else Course(stages=stages, clocks=tuple(await queries.select_clocks(tx, incident_id)))


async def clocks_at(tx: TenantTx, incident_id: IncidentId, *, at: datetime) -> list[tuple[Clock, timedelta]]:
    """The clocks as they are kept, each with the counted time that is used by an instant; none when none are kept."""
    clocks = await queries.select_clocks(tx, incident_id)
    agreed = await _agreement(tx, incident_id)
    return [(clock, elapsed_by(clock, agreed, at)) for clock in clocks]


async def read_stages(tx: TenantTx, cipher: TenantCipher, incident_id: IncidentId) -> Stages:
    """How far the incident is; of one that was opened before there were clocks they are worked out now.

    The caller holds the incident's lock. Raises NotFound when its log has no opening.
    """
    kept = await queries.select_stages(tx, incident_id)
    if kept is not None:
        return kept
    course = await refresh(tx, cipher, incident_id)
    if course is None:
        raise NotFound("This incident's timeline has no opening.")
    return course.stages


async def compare(tx: TenantTx, cipher: TenantCipher, incident_id: IncidentId) -> list[Difference]:
    """Where what is kept and what the log gives are not the same; empty when all is well."""
    computed = follow(await read_log(tx, cipher, incident_id), await _agreement(tx, incident_id))
    kept = await read_course(tx, incident_id)
    if kept is None or computed is None:
        found = (("kept", kept), ("in the log", computed))
        return [Difference(name=name, kept="nothing", computed="nothing") for name, course in found if course is None]
    return [
        Difference(name=name, kept=str(was), computed=str(should_be))
        for name, was, should_be in _pairs(kept, computed)
        if was != should_be
    ]


def _pairs(kept: Course, computed: Course) -> list[tuple[str, object, object]]:
    pairs = _fields("", kept.stages, computed.stages)
    clocks = {clock.target: clock for clock in kept.clocks}
    for clock in computed.clocks:
        was = clocks.get(clock.target)
        pairs += [(clock.target, None, clock)] if was is None else _fields(f"{clock.target}.", was, clock)
    return pairs


def _fields(prefix: str, kept: Stages | Clock, computed: Stages | Clock) -> list[tuple[str, object, object]]:
    names = computed.__struct_fields__
    values = zip(names, msgspec.structs.astuple(kept), msgspec.structs.astuple(computed), strict=True)
    return [(f"{prefix}{name}", was, should_be) for name, was, should_be in values]


async def _agreement(tx: TenantTx, incident_id: IncidentId) -> Agreement:
    """The agreement by which the incident has been measured so far, or the one that is in force."""
    kept = await queries.select_agreement(tx, incident_id)
    if kept is not None:
        return agreement.decode(kept)
    agreed = await queries.select_agreed(tx)
    if agreed is None:
        raise NotFound("There is no such tenant.")
    return agreement.agree(agreed.sla, time_zone=agreed.time_zone, year=agreed.year)
