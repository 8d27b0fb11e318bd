"""Verifying audit chains: every hash again, every head's signature, and the heads that were copied out (A3, A4).

It reads page by page, so a chain of any length needs little memory, and it reads only: a fault is told, never mended.
Each tenant's chain is read inside that tenant's own transaction.
"""

import asyncio
import time
from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from watchfloor.audit import queries
from watchfloor.audit.archive import HeadArchive
from watchfloor.audit.chain import Fault, Head, Tampered, Walk
from watchfloor.audit.heads import trusted_keys
from watchfloor.kernel.config import Settings
from watchfloor.kernel.db import Database, Role, TenantTx, directory_tx, tenant_tx
from watchfloor.kernel.errors import NotFound
from watchfloor.kernel.ids import TenantId

PAGE: Final = 2000


class ChainReport(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one chain. `signed_to` is the last entry that a head covers; later ones are only linked."""

    tenant_id: TenantId
    entries: int
    heads: int
    copied_heads: int
    signed_to: int
    faults: tuple[Fault, ...]
    fault_count: int
    seconds: float

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong."""
        return self.fault_count == 0


async def verify(tx: TenantTx, archive: HeadArchive, trusted: Mapping[str, bytes]) -> ChainReport:
    """Walks the chain of the transaction's tenant. `trusted` holds public keys by key id."""
    began = time.perf_counter()
    # The copies first: whatever is copied by now is in the snapshots that follow.
    copies = _Copies(archive, tx.tenant_id)
    tip = await queries.select_tip(tx)
    walk = Walk(tx.tenant_id)
    heads = 0
    until = max(tip.newest_entry or 0, tip.seq or 0)
    while walk.seq < until:
        entries = await queries.select_entries(tx, after=walk.seq, until=until, limit=PAGE)
        if not entries:
            break
        here = await queries.select_heads(tx, after=walk.seq, until=entries[-1].seq)
        heads += len(here)
        walk.expect(here, trusted)
        copies.hold_against(walk, here, trusted, until=entries[-1].seq)
        walk.take(entries)
    beyond = await queries.select_heads(tx, after=walk.seq, until=tip.newest_head or 0)
    walk.expect(beyond, trusted)
    copies.hold_against(walk, beyond, trusted, until=None)
    _compare_tip(walk, tip)
    signed_to = max(copies.last, tip.newest_head or 0)
    walk.finish()
    return ChainReport(
        tenant_id=tx.tenant_id,
        entries=walk.entries,
        heads=heads + len(beyond),
        copied_heads=copies.count,
        signed_to=signed_to,
        faults=tuple(walk.faults),
        fault_count=walk.fault_count,
        seconds=time.perf_counter() - began,
    )


async def verify_chains(settings: Settings, *, tenant: str | None = None) -> list[tuple[str, ChainReport]]:
    """Verifies the chain of the tenant with this slug, or all chains; each with its slug.

    Raises NotFound when there is no such tenant.
    """
    directory = await Database.open(settings, Role.AUTH, connections=1)
    database = await Database.open(settings, Role.APP, connections=1)
    try:
        async with directory_tx(directory) as tx:
            chains = await queries.select_named_chains(tx, slug=tenant)
        if tenant is not None and not chains:
            raise NotFound("There is no tenant with this slug.", where=tenant)
        trusted = await asyncio.to_thread(trusted_keys, settings)
        archive = HeadArchive(settings.audit_dir)
        reports: list[tuple[str, ChainReport]] = []
        for chain in chains:
            async with tenant_tx(database, TenantId(chain.id)) as inside:
                reports.append((chain.slug, await verify(inside, archive, trusted)))
        return reports
    finally:
        await database.close()
        await directory.close()


def describe(slug: str, report: ChainReport) -> list[str]:
    """A report as lines for a person."""
    rate = report.entries / report.seconds if report.seconds else 0
    state = "sound" if report.is_sound else f"TAMPERED WITH ({report.fault_count} faults)"
    lines = [
        f"{slug}: {state}: {report.entries} entries, signed to {report.signed_to}, {report.heads} heads,"
        f" {report.copied_heads} copied out, {rate:,.0f} entries/s"
    ]
    lines += [f"  entry {fault.seq}: {fault.kind}: {fault.message}" for fault in report.faults]
    unlisted = report.fault_count - len(report.faults)
    return [*lines, f"  and {unlisted} more"] if unlisted else lines


async def verify_command(settings: Settings, *, tenant: str | None = None) -> list[str]:
    """`watchfloor audit verify`: one line a chain. Raises Tampered, with all lines, when a chain is not sound."""
    reports = await verify_chains(settings, tenant=tenant)
    lines = [line for slug, report in reports for line in describe(slug, report)]
    broken = [slug for slug, report in reports if not report.is_sound]
    if broken:
        raise Tampered("The audit log was tampered with.\n" + "\n".join(lines) + "\n", where=", ".join(broken))
    return lines


class _Copies:
    """The copied heads of one tenant, handed out in step with the walk."""

    def __init__(self, archive: HeadArchive, tenant_id: TenantId) -> None:
        self._heads: Iterator[Head] = archive.read(tenant_id)
        self._next: Head | None = None
        self.count = 0
        self.last = 0

    def hold_against(self, walk: Walk, heads: list[Head], trusted: Mapping[str, bytes], *, until: int | None) -> None:
        """Gives the walk the copies up to entry `until` (None: all); each must stand in the database too."""
        present = {head.seq for head in heads}
        taken = list(self._take(walk, until))
        walk.expect(taken, trusted)
        for head in taken:
            if head.seq not in present:
                walk.fault("head_removed", head.seq, f"The head of entry {head.seq} was copied out and is gone.")

    def _take(self, walk: Walk, until: int | None) -> Iterator[Head]:
        while (head := self._peek(walk)) is not None and (until is None or head.seq <= until):
            self._next = None
            self.count += 1
            self.last = max(self.last, head.seq)
            yield head

    def _peek(self, walk: Walk) -> Head | None:
        if self._next is None:
            try:
                self._next = next(self._heads, None)
            except Tampered as damage:
                walk.fault("forged", walk.seq, str(damage))
                self._heads = iter(())
        return self._next


def _compare_tip(walk: Walk, tip: queries.Tip) -> None:
    if (tip.seq or 0) != walk.seq or (tip.seq and tip.hash != walk.link):
        walk.fault("tip", walk.seq, f"The chain ends at entry {walk.seq}, its tip says {tip.seq or 0}.")
