"""E03 log integrity: the audit chain recomputed, and the checks of stored segments."""

from datetime import timedelta
from typing import Final

from watchfloor.audit import queries as audit_queries
from watchfloor.audit.chain import Walk
from watchfloor.controls.integrity import queries
from watchfloor.controls.measurement import Measurement, Member, Scene, nothing, part
from watchfloor.kernel import ids
from watchfloor.kernel.db import TenantTx

_PAGE: Final = 2000
_CHECKED_IN: Final = timedelta(hours=24)


async def measure(tx: TenantTx, scene: Scene) -> list[Measurement]:
    """The share of audit entries whose chain holds, and of segments that were checked and are as they were written."""
    return [await _chain(tx, scene), await _segments(tx, scene)]


async def _chain(tx: TenantTx, scene: Scene) -> Measurement:
    """Every hash from the first entry on, and the newest signed heads against the entries that they name."""
    tip = await audit_queries.select_tip(tx)
    walk = Walk(tx.tenant_id)
    heads_apart: list[int] = []
    until = max(tip.newest_entry or 0, tip.seq or 0)
    while walk.seq < until:
        entries = await audit_queries.select_entries(tx, after=walk.seq, until=until, limit=_PAGE)
        if not entries:
            break
        hashes = {entry.seq: entry.hash for entry in entries}
        heads = await audit_queries.select_heads(tx, after=walk.seq, until=entries[-1].seq)
        heads_apart += [head.seq for head in heads if hashes.get(head.seq) != head.hash]
        walk.take(entries)
    walk.finish()
    bad = sorted({fault.seq for fault in walk.faults} | set(heads_apart))
    missing = max(until - walk.entries, 0)
    whole = max(until, walk.entries)
    good = max(whole - max(walk.fault_count, len(bad)) - missing, 0)
    members = [Member(id=str(seq), codes=("chain_broken",)) for seq in bad]
    return part(scene, "E03", "audit_chain", of=(good, whole), members=members)


async def _segments(tx: TenantTx, scene: Scene) -> Measurement:
    day = scene.period.until + timedelta(days=1)
    since = scene.now - _CHECKED_IN
    counted = await queries.count_checks(tx, until_day=day, until=scene.until, since=since)
    if not counted.segments:
        return nothing(scene, "E03", "segments", "no_source")
    bad = await queries.select_bad(tx, until_day=day, until=scene.until, since=since)
    members = [
        Member(id=ids.show("seg", row.id), codes=("chain_broken" if row.is_changed else "not_checked",)) for row in bad
    ]
    return part(scene, "E03", "segments", of=(counted.good, counted.segments), members=members)
