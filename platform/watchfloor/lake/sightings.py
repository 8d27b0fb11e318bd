"""Sightings: which observables a file's events have, so that a sweep of many indicators need not read the events.

Owns the marks and their file. A mark is 8 bytes of the tenant's blind index of one entity: it says nothing to who does
not hold the tenant's key, and equal entities of two tenants have different marks. Two entities of one mark are as good
as impossible, and no answer rests on it: the events that a mark leads to are read and compared.
"""

from collections.abc import Iterable
from typing import Final, cast

import pyarrow as pa

from watchfloor.kernel.crypto import TenantCipher
from watchfloor.lake.columns import ENTITIES, INSTANT, TIME, entities_of
from watchfloor.normalise.event import Entity, EntityKind

MARK: Final = "mark"
EVENTS: Final = "events"
FIRST: Final = "first_at"
LAST: Final = "last_at"

SWEPT: Final[frozenset[EntityKind]] = frozenset({"ip", "domain", "hash", "email", "file", "account", "user", "host"})
"""Kinds that sightings know. A process id names one process on one machine: nobody sweeps for it."""

_MARK_BYTES: Final = 8


def mark_of(cipher: TenantCipher, entity: Entity) -> int:
    """The entity's mark under the tenant's newest key."""
    return _number(cipher.index(f"sighting/{entity.kind}", entity.value))


def marks_of(cipher: TenantCipher, entity: Entity) -> tuple[int, ...]:
    """The marks that the entity may have in files of any age: one for each living key of the tenant."""
    return tuple(_number(index) for index in cipher.index_candidates(f"sighting/{entity.kind}", entity.value))


def sightings_of(cipher: TenantCipher, events: pa.Table) -> pa.Table:
    """Each mark of these events once: in how many events it is, and when first and last."""
    grouped = events.select([ENTITIES, TIME]).group_by([ENTITIES], use_threads=False)
    counted = grouped.aggregate([(TIME, "count"), (TIME, "min"), (TIME, "max")])
    marks: dict[Entity, int] = {}
    rows: list[tuple[int, object, object, object]] = []
    for text, count, first, last in zip(
        *(counted.column(name).to_pylist() for name in (ENTITIES, f"{TIME}_count", f"{TIME}_min", f"{TIME}_max")),
        strict=True,
    ):
        for entity in entities_of(cast("str", text)):
            if entity.kind in SWEPT:
                mark = marks.get(entity)
                if mark is None:
                    mark = marks[entity] = mark_of(cipher, entity)
                rows.append((mark, count, first, last))
    return _once_each(rows)


def _once_each(rows: Iterable[tuple[int, object, object, object]]) -> pa.Table:
    columns = list(zip(*rows, strict=True)) or [(), (), (), ()]
    table = pa.table(
        {
            MARK: pa.array(columns[0], pa.int64()),
            EVENTS: pa.array(columns[1], pa.int64()),
            FIRST: pa.array(columns[2], INSTANT),
            LAST: pa.array(columns[3], INSTANT),
        }
    )
    merged = table.group_by([MARK], use_threads=False).aggregate([(EVENTS, "sum"), (FIRST, "min"), (LAST, "max")])
    return pa.table(
        {
            MARK: merged.column(MARK),
            EVENTS: merged.column(f"{EVENTS}_sum"),
            FIRST: merged.column(f"{FIRST}_min"),
            LAST: merged.column(f"{LAST}_max"),
        }
    ).sort_by([(MARK, "ascending")])


def _number(index: bytes) -> int:
    return int.from_bytes(index[:_MARK_BYTES], signed=True)
