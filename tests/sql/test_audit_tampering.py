"""Tampering with the stored chain as the superuser, whom nothing stops: each time the verification finds it (A3)."""

import random
from datetime import UTC, datetime
from typing import Final

import asyncpg
import pytest

from watchfloor.audit.append import Actor, append
from watchfloor.audit.archive import HeadArchive
from watchfloor.audit.heads import open_signer, sign_and_copy, trusted_keys
from watchfloor.audit.verify import ChainReport, verify
from watchfloor.kernel.config import Settings
from watchfloor.kernel.crypto import TenantCipher, TenantKey
from watchfloor.kernel.db import Database, Role, tenant_tx
from watchfloor.kernel.ids import TenantId, new_uuid

LENGTH: Final = 30
TAMPERINGS: Final = 120
TABLES: Final = ("audit_entries", "audit_details", "audit_tips", "audit_heads")
ACTOR: Final = Actor(kind="person", id="per_01", role="analyst", request_id="req_01")

EDITABLE: Final = {
    "id": "gen_random_uuid()",
    "at": "at + interval '1 microsecond'",
    "actor_kind": "case actor_kind when 'person' then 'system' else 'person' end",
    "actor_id": "actor_id || 'x'",
    "as_role": "'lead'",
    "action": "upper(action)",
    "object_kind": "'alert'",
    "object_id": "object_id || ' '",
    "before_hash": "sha256('x')",
    "after_hash": "null",
    "detail_hash": "case when detail_hash is null then sha256('x') end",
    "request_id": "''",
    "previous_hash": "sha256(previous_hash)",
    "hash": "sha256(hash)",
}
"""Each column of an entry, and how it is changed for certain."""


class Crime:
    """What somebody with all rights does to a chain."""

    def __init__(
        self, superuser: "asyncpg.Connection[asyncpg.Record]", app: Database, tenant_id: TenantId, dice: random.Random
    ) -> None:
        self._sql = superuser
        self._dice = dice
        self.app = app
        self.tenant_id = tenant_id

    async def commit(self) -> str:
        """Tampers once, at random, and says how."""
        name = self._dice.choice(["edit", "edit", "remove", "remove_detail", "swap", "add", "cut", "forge", "forget"])
        done: str = await getattr(self, f"_{name}")()
        return done

    async def _edit(self) -> str:
        column, change = self._dice.choice(list(EDITABLE.items()))
        seq = self._dice.randint(1, LENGTH)
        await self._sql.execute(f"update wf.audit_entries set {column} = {change} where seq = $1", seq)
        return f"{column} of {seq}"

    async def _remove(self) -> str:
        seq = self._dice.randint(1, LENGTH)
        await self._sql.execute("delete from wf.audit_details where seq = $1", seq)
        await self._sql.execute("delete from wf.audit_entries where seq = $1", seq)
        return f"removed {seq}"

    async def _remove_detail(self) -> str:
        seq = 3 * self._dice.randint(1, LENGTH // 3)
        await self._sql.execute("delete from wf.audit_details where seq = $1", seq)
        return f"removed the detail of {seq}"

    async def _swap(self) -> str:
        one, other = self._dice.sample([seq for seq in range(1, LENGTH + 1) if seq % 3], 2)
        swap = "update wf.audit_entries set seq = $2 where seq = $1"
        for before, after in ((one, 10_000), (other, one), (10_000, other)):
            await self._sql.execute(swap, before, after)
        return f"swapped {one} and {other}"

    async def _add(self) -> str:
        await self._sql.execute(
            "insert into wf.audit_entries select tenant_id, seq + 1, gen_random_uuid(), at, actor_kind, actor_id,"
            " as_role, action, object_kind, object_id, before_hash, after_hash, null, request_id, hash, sha256(hash)"
            " from wf.audit_entries order by seq desc limit 1"
        )
        return "added one at the end"

    async def _cut(self) -> str:
        seq = self._dice.randint(0, LENGTH - 1)
        await self._cut_to(seq)
        await self._sql.execute(
            "update wf.audit_tips t set seq = e.seq, hash = e.hash from wf.audit_entries e where e.seq = $1", seq
        )
        return f"cut to {seq}, tip and heads with it"

    async def _forge(self) -> str:
        """Rewrites history from some entry on through the database's own function, which makes every hash fit."""
        seq = self._dice.randint(0, LENGTH - 1)
        await self._cut_to(seq)
        await self._sql.execute("delete from wf.audit_tips")
        await self._sql.execute(
            "insert into wf.audit_tips select tenant_id, seq, hash from wf.audit_entries where seq = $1", seq
        )
        async with tenant_tx(self.app, self.tenant_id) as tx:
            for number in range(LENGTH - seq):
                await append(tx, ACTOR, action="quite.harmless", object_kind="o", object_id=str(number))
        return f"rewrote all after {seq}"

    async def _forget(self) -> str:
        await self._sql.execute("delete from wf.audit_tips")
        return "removed the tip"

    async def _cut_to(self, seq: int) -> None:
        await self._sql.execute("delete from wf.audit_details where seq > $1", seq)
        await self._sql.execute("delete from wf.audit_entries where seq > $1", seq)
        await self._sql.execute("delete from wf.audit_heads where seq > $1", seq)


@pytest.fixture
async def crime(db_app: Database, settings: Settings, superuser: "asyncpg.Connection[asyncpg.Record]") -> Crime:
    """A signed and copied chain, and somebody who means it harm."""
    tenant_id = TenantId(new_uuid())
    cipher = TenantCipher(tenant_id, [TenantKey.generate(1)])
    async with tenant_tx(db_app, tenant_id) as tx:
        for seq in range(1, LENGTH + 1):
            detail = {"seq": str(seq)} if seq % 3 == 0 else None
            await append(
                tx, ACTOR, action="a", object_kind="o", object_id=str(seq), after=seq, detail=detail, cipher=cipher
            )
    at = datetime(2026, 11, 2, tzinfo=UTC)
    await sign_and_copy(db_app, HeadArchive(settings.audit_dir), open_signer(settings), tenant_id=tenant_id, at=at)
    for table in TABLES:
        await superuser.execute(f"create table public.{table} as table wf.{table}")
    return Crime(superuser, db_app, tenant_id, random.Random(1966))


async def restore(superuser: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Puts the chain back as it was."""
    await superuser.execute("truncate " + ", ".join(f"wf.{table}" for table in TABLES))
    for table in TABLES:
        await superuser.execute(f"insert into wf.{table} table public.{table}")


async def report(crime: Crime, settings: Settings) -> ChainReport:
    """What a verification says now."""
    async with tenant_tx(crime.app, crime.tenant_id) as tx:
        return await verify(tx, HeadArchive(settings.audit_dir), trusted_keys(settings))


async def test_each_random_tampering_with_the_stored_chain_is_found(
    crime: Crime, settings: Settings, superuser: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    unnoticed: list[str] = []
    for _ in range(TAMPERINGS):
        done = await crime.commit()
        if (await report(crime, settings)).is_sound:
            unnoticed.append(done)
        await restore(superuser)
    assert unnoticed == []
    assert (await report(crime, settings)).is_sound


async def test_no_login_role_may_change_remove_or_write_an_entry_itself(crime: Crime, settings: Settings) -> None:
    allowed: list[str] = []
    for role in (Role.APP, Role.BOT, Role.REPORT, Role.AUTH):
        database = await Database.open(settings, role, connections=1)
        for table in TABLES:
            for statement in (
                f"update wf.{table} set seq = seq",
                f"delete from wf.{table}",
                f"truncate wf.{table}",
                f"insert into wf.{table} (tenant_id, seq) values (wf.tenant(), 99)",
            ):
                try:
                    async with tenant_tx(database, crime.tenant_id) as tx:
                        await tx.execute(statement)  # pyright: ignore[reportArgumentType] - a test's SQL
                except asyncpg.InsufficientPrivilegeError:
                    continue
                except asyncpg.NotNullViolationError:
                    pass
                allowed.append(f"{role}: {statement}")
        await database.close()
    assert allowed == ["wf_app: insert into wf.audit_heads (tenant_id, seq) values (wf.tenant(), 99)"]
