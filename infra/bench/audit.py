"""Measures the audit log: what an entry adds to a transaction, and how fast a chain is verified (A4).

    python infra/bench/audit.py [entries]

It runs on an installation of its own. Each figure
stands beside the same transaction without an entry, measured in turn with it, because absolute times are the disk's.
"""

import asyncio
import statistics
import sys
import time
from typing import Final

from infra.scratch import scratch_installation
from watchfloor.audit.append import Actor, append
from watchfloor.audit.archive import HeadArchive
from watchfloor.audit.heads import open_signer, sign_and_copy, trusted_keys
from watchfloor.audit.verify import verify
from watchfloor.kernel.clock import SystemClock
from watchfloor.kernel.config import Settings
from watchfloor.kernel.crypto import TenantCipher, TenantKey
from watchfloor.kernel.db import Database, Role, TenantTx, tenant_tx
from watchfloor.kernel.ids import TenantId, new_uuid
from watchfloor.kernel.outbox import publish

TRANSACTIONS: Final = 1_500
WARM_UP: Final = 100
ACTOR: Final = Actor(kind="person", id="per_01m81nn59jeyb860r2yhep9mtt", role="analyst", request_id="req_01m81nn59j")


async def change(tx: TenantTx) -> None:
    """The write of an ordinary command: one outbox row."""
    await publish(tx, topic="incident.changed", key="inc_01m81nn59jeyb860r2yhep9mtt", payload=b"{}")


async def entry(tx: TenantTx, cipher: TenantCipher) -> None:
    """The entry of an ordinary command, with a sealed detail."""
    await append(
        tx,
        ACTOR,
        action="incident.acknowledge",
        object_kind="incident",
        object_id="inc_01m81nn59jeyb860r2yhep9mtt",
        before={"state": "new"},
        after={"state": "acknowledged"},
        detail={"by": "someone@example.test"},
        cipher=cipher,
    )


async def overhead(database: Database, tenant_id: TenantId, cipher: TenantCipher) -> None:
    """Prints what an entry adds to a transaction, in milliseconds and as a ratio."""
    times: dict[bool, list[float]] = {False: [], True: []}
    for number in range(2 * (TRANSACTIONS + WARM_UP)):
        audited = number % 2 == 1
        began = time.perf_counter()
        async with tenant_tx(database, tenant_id) as tx:
            await change(tx)
            if audited:
                await entry(tx, cipher)
        if number >= 2 * WARM_UP:
            times[audited].append((time.perf_counter() - began) * 1000)
    for name, share in (("p50", 50), ("p95", 95)):
        plain, audited_ms = (statistics.quantiles(times[kind], n=100)[share - 1] for kind in (False, True))
        print(  # noqa: T201 - a program for a terminal
            f"append {name}: {plain:.2f} ms without, {audited_ms:.2f} ms with an entry:"
            f" +{audited_ms - plain:.2f} ms, x{audited_ms / plain:.2f}"
        )


async def rate(
    settings: Settings, database: Database, tenant_id: TenantId, cipher: TenantCipher, *, entries: int
) -> None:
    """Prints how many entries a verification reads and checks a second, and how many are appended one by one."""
    began = time.perf_counter()
    for start in range(0, entries, 1000):
        async with tenant_tx(database, tenant_id) as tx:
            for _ in range(min(1000, entries - start)):
                await entry(tx, cipher)
    appended = entries / (time.perf_counter() - began)
    archive, signer = HeadArchive(settings.audit_dir), open_signer(settings)
    await sign_and_copy(database, archive, signer, tenant_id=tenant_id, at=SystemClock().now())
    async with tenant_tx(database, tenant_id) as tx:
        report = await verify(tx, archive, trusted_keys(settings))
    state = "sound" if report.is_sound else "NOT SOUND"
    print(  # noqa: T201 - a program for a terminal
        f"verify: {report.entries:,} entries in {report.seconds:.2f} s: {report.entries / report.seconds:,.0f}/s,"
        f" {state}; one connection appended {appended:,.0f}/s"
    )


async def main(entries: int) -> None:
    """Runs both on a tenant of its own."""
    tenant_id = TenantId(new_uuid())
    cipher = TenantCipher(tenant_id, [TenantKey.generate(1)])
    async with scratch_installation() as (settings, _):
        database = await Database.open(settings, Role.APP, connections=2)
        await overhead(database, tenant_id, cipher)
        await rate(settings, database, tenant_id, cipher, entries=entries)
        await database.close()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000))
