"""Makes of several files one for each day: what compaction writes.

Owns the order of rows in a file (by hour, within it by host, then time: both a time and a host are found in few groups
of rows) and how much one merge holds in memory.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import accumulate
from typing import Final, cast

import pyarrow as pa
import pyarrow.compute as pc

from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.ids import TenantId
from watchfloor.lake.columns import HOST, INSTANT, RAW, RAW_BASE64, TIME, bounded
from watchfloor.lake.queries import Segment
from watchfloor.lake.segments import SegmentStore

MERGED_BYTES: Final = 128_000_000
"""Raw bytes of one file at most. A merge takes about four times as much memory."""

FRESH_BYTES: Final = MERGED_BYTES // 2
"""Raw bytes of fresh files that are put together at once: each is open while that lasts."""

_TOP_LEVEL: Final = 9
_HOUR: Final = "@hour"


def merge(store: SegmentStore, tenant_id: TenantId, cipher: TenantCipher, old: Sequence[Segment]) -> list[Segment]:
    """New files, one for each day, of all events of the old ones; no row of the manifest names them yet.

    It blocks. Raises Unopenable and Unavailable for a file that cannot be read or written.
    """
    together = pa.concat_tables((store.load(cipher, segment) for segment in old), promote_options="default")
    level = min(max(segment.level for segment in old) + 1, _TOP_LEVEL)
    return [store.store(tenant_id, cipher, part, level=level, raw_bytes=raw_bytes_of(part)) for part in _days(together)]


def within(segments: Sequence[Segment], most_bytes: int) -> list[Segment]:
    """The first segments that have so many raw bytes at most; always one."""
    sums = accumulate(segment.raw_bytes for segment in segments)
    fitting = sum(1 for total in sums if total <= most_bytes)
    return list(segments[: max(fitting, 1)])


def raw_bytes_of(events: pa.Table) -> int:
    """How many bytes their sources sent."""
    plain = cast("int | None", pc.sum(pc.binary_length(events.column(RAW))).as_py()) or 0
    encoded = cast("int | None", pc.sum(pc.binary_length(events.column(RAW_BASE64))).as_py()) or 0
    return plain + encoded * 3 // 4


def _days(events: pa.Table) -> Iterable[pa.Table]:
    """The events of each day of UTC, sorted, without columns that are empty."""
    hours = pc.floor_temporal(events.column(TIME), unit="hour")
    days = pc.floor_temporal(events.column(TIME), unit="day")
    for day in cast("list[datetime]", pc.unique(days).to_pylist()):
        yield _sorted(events.append_column(_HOUR, hours).filter(pc.equal(days, pa.scalar(day, INSTANT))))


def _sorted(part: pa.Table) -> pa.Table:
    ordered = part.sort_by([(_HOUR, "ascending"), (HOST, "ascending"), (TIME, "ascending")]).drop_columns([_HOUR])
    empty = [
        name for name in ordered.column_names if name[0] != "@" and ordered.column(name).null_count == part.num_rows
    ]
    return bounded(ordered.drop_columns(empty))
