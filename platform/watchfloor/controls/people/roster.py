"""E24 roster: the minutes in which the rota names somebody, over every version of it that held in the period.

The rota stands in the operator's own tenant: `read_roster` runs in a transaction there, and what it gives is handed to
the customer's computation. Nothing of the operator's but minutes without anybody reaches a customer.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

import msgspec

from watchfloor.controls.measurement import Measurement, Member, Roster, RosterVersion, Scene, nothing, part
from watchfloor.controls.people import queries
from watchfloor.kernel.db import Database, TenantTx, directory_tx, tenant_tx
from watchfloor.kernel.ids import TenantId
from watchfloor.paging.duty.queries import select_operator
from watchfloor.paging.rota import Override, Rota, who_is_on_call

_MINUTE: Final = timedelta(minutes=1)


async def read_roster(tx: TenantTx, *, first: date, until: date) -> Roster:
    """The rotas and overrides that concern these days in any time zone. In the operator's own tenant."""
    begin = datetime.combine(first, time(), UTC) - timedelta(days=1)
    end = datetime.combine(until, time(), UTC) + timedelta(days=1)
    rotas = await queries.select_rotas(tx, until=end)
    overrides = await queries.select_overrides(tx, begin=begin, until=end)
    return Roster(
        versions=tuple(
            RosterVersion(since=row.set_at, rota=msgspec.json.decode(row.document, type=Rota)) for row in rotas
        ),
        overrides=tuple(msgspec.convert(row, Override, from_attributes=True) for row in overrides),
    )


async def operators_roster(records: Database, directory: Database, *, first: date, until: date) -> Roster | None:
    """The same of this installation; None without an operator's tenant. `directory` is the database as wf_auth."""
    async with directory_tx(directory) as tx:
        operator = await select_operator(tx)
    if operator is None:
        return None
    async with tenant_tx(records, TenantId(operator)) as tx:
        return await read_roster(tx, first=first, until=until)


async def measure(_tx: TenantTx, scene: Scene) -> list[Measurement]:
    """The share of minutes with somebody on call in at least one layer."""
    if scene.beside.roster is None:
        return [nothing(scene, "E24", "staffed", "other_tenant")]
    if not scene.beside.roster.versions:
        return [nothing(scene, "E24", "staffed", "no_source")]
    holes = list(unstaffed(scene.beside.roster, scene.period.begin, scene.until))
    whole = (scene.until - scene.period.begin) // _MINUTE
    missing = -(-sum((end - begin for begin, end in holes), timedelta()) // _MINUTE)
    members = [
        Member(id=begin.isoformat(timespec="minutes"), codes=("unstaffed",), detail=str(-(-(end - begin) // _MINUTE)))
        for begin, end in holes
    ]
    return [part(scene, "E24", "staffed", of=(max(whole - missing, 0), whole), members=members)]


def unstaffed(roster: Roster, begin: datetime, until: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The times from `begin` until before `until` in which no layer names anybody, in order."""
    hole: datetime | None = None
    for at, end, rota in _spans(roster, begin, until):
        moment = at
        while moment < end:
            duties = who_is_on_call(rota, roster.overrides, moment).values()
            is_staffed = any(duty.person_id is not None for duty in duties)
            if is_staffed and hole is not None:
                yield hole, moment
                hole = None
            elif not is_staffed and hole is None:
                hole = moment
            moment = min([duty.until for duty in duties if duty.until is not None and duty.until > moment] + [end])
    if hole is not None:
        yield hole, until


def _spans(roster: Roster, begin: datetime, until: datetime) -> Iterator[tuple[datetime, datetime, Rota]]:
    """The period by the version that holds; before the first one there is an empty rota."""
    edges = [RosterVersion(since=begin, rota=Rota())]
    for version in roster.versions:
        if version.since <= begin:
            edges[0] = RosterVersion(since=begin, rota=version.rota)
        elif version.since < until:
            edges.append(version)
    for index, version in enumerate(edges):
        end = edges[index + 1].since if index + 1 < len(edges) else until
        if version.since < end:
            yield version.since, end, version.rota
