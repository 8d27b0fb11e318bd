"""Signed heads on a real chain: signed every round, copied out, and never put on top of a forgery (A2, A3)."""

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import asyncpg
import msgspec
import pytest

from watchfloor.audit import queries
from watchfloor.audit.append import Actor, append
from watchfloor.audit.archive import PUBLIC_KEYS_FILE, HeadArchive, read_public_keys
from watchfloor.audit.chain import Tampered
from watchfloor.audit.heads import open_signer, sign_all, sign_and_copy, trusted_keys
from watchfloor.audit.verify import ChainReport, describe, verify, verify_chains, verify_command
from watchfloor.kernel.config import Settings
from watchfloor.kernel.crypto import TenantCipher, TenantKey
from watchfloor.kernel.db import Database, Role, TenantTx, tenant_tx
from watchfloor.kernel.errors import Invalid, NotFound, Unavailable
from watchfloor.kernel.ids import TenantId, new_uuid
from watchfloor.kernel.keys import FileSigner

NOON: Final = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
ANALYST: Final = Actor(kind="person", id="per_01", role="analyst", request_id="req_01")


class Desk:
    """A tenant whose chain grows, is signed, copied and verified."""

    def __init__(self, database: Database, settings: Settings, tenant_id: TenantId) -> None:
        self.database = database
        self.settings = settings
        self.tenant_id = tenant_id
        self.archive = HeadArchive(settings.audit_dir)
        self.signer = open_signer(settings)
        self.cipher = TenantCipher(tenant_id, [TenantKey.generate(1)])

    async def write(self, count: int) -> None:
        """Appends entries, every third with a sealed detail."""
        async with tenant_tx(self.database, self.tenant_id) as tx:
            for number in range(count):
                await self._append(tx, number)

    async def _append(self, tx: TenantTx, number: int) -> None:
        await append(
            tx,
            ANALYST,
            action="incident.note",
            object_kind="incident",
            object_id=f"inc_{number}",
            after={"notes": number},
            detail={"note": "seen"} if number % 3 == 0 else None,
            cipher=self.cipher,
        )

    async def sign(self, *, minute: int = 0) -> tuple[bool, int]:
        """One round for this tenant."""
        at = NOON + timedelta(minutes=minute)
        return await sign_and_copy(self.database, self.archive, self.signer, tenant_id=self.tenant_id, at=at)

    async def verify(self) -> ChainReport:
        """What a verification says now."""
        async with tenant_tx(self.database, self.tenant_id) as tx:
            return await verify(tx, self.archive, trusted_keys(self.settings))

    async def kinds(self) -> set[str]:
        """The kinds of faults that a verification finds."""
        return {fault.kind for fault in (await self.verify()).faults}


@pytest.fixture
async def desk(db_app: Database, settings: Settings) -> Desk:
    """A tenant with a chain of twelve entries, signed at ten and copied out."""
    made = Desk(db_app, settings, TenantId(new_uuid()))
    await made.write(10)
    assert await made.sign() == (True, 1)
    await made.write(2)
    return made


async def register(superuser: "asyncpg.Connection[asyncpg.Record]", desk: Desk, slug: str = "nord") -> None:
    """Names the tenant in the directory."""
    await superuser.execute(
        "insert into auth.tenants (id, slug, code, name, kind, state) values ($1, $2, $3, $2, 'customer', 'active')",
        desk.tenant_id,
        slug,
        slug.upper(),
    )


async def test_a_chain_is_sound_and_says_how_far_it_is_signed(desk: Desk) -> None:
    report = await desk.verify()
    assert report.is_sound
    assert (report.entries, report.heads, report.copied_heads, report.signed_to) == (12, 1, 1, 10)


async def test_a_round_without_news_signs_nothing(desk: Desk) -> None:
    assert await desk.sign(minute=1) == (True, 1)
    assert await desk.sign(minute=2) == (False, 0)
    assert (await desk.verify()).signed_to == 12


async def test_a_tenant_without_entries_has_nothing_to_sign_and_nothing_wrong(
    db_app: Database, settings: Settings
) -> None:
    empty = Desk(db_app, settings, TenantId(new_uuid()))
    assert await empty.sign() == (False, 0)
    report = await empty.verify()
    assert report.is_sound
    assert (report.entries, report.signed_to) == (0, 0)


async def test_the_database_and_this_program_hash_the_same_bytes(desk: Desk) -> None:
    odd = Actor(kind="system", id="ü\U0001f980 \u202e", role="", request_id="")
    async with tenant_tx(desk.database, desk.tenant_id) as tx:
        await append(tx, odd, action="a", object_kind="o", object_id="\x01" * 128, before={"x": 1}, after=None)
    assert (await desk.verify()).is_sound


async def test_no_head_is_put_on_an_entry_that_was_changed_since_the_last_one(
    desk: Desk, superuser: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    await superuser.execute("update wf.audit_entries set action = 'incident.close' where seq = 11")
    with pytest.raises(Tampered, match="changed after entry 10"):
        await desk.sign(minute=1)
    assert (await desk.verify()).signed_to == 10


@pytest.mark.parametrize(
    "cut",
    [
        "with cut as (delete from wf.audit_heads where seq > 5) update wf.audit_tips set seq = 5,"
        " hash = (select hash from wf.audit_entries where seq = 5)",
        "update wf.audit_tips set seq = 9, hash = (select hash from wf.audit_entries where seq = 9)",
        "delete from wf.audit_tips",
    ],
)
async def test_no_head_is_put_on_a_chain_that_was_cut(
    desk: Desk, superuser: "asyncpg.Connection[asyncpg.Record]", cut: str
) -> None:
    await superuser.execute("delete from wf.audit_details where seq > 5")
    await superuser.execute("delete from wf.audit_entries where seq > 9")
    await superuser.execute(cut)
    with pytest.raises(Tampered, match="was cut"):
        await desk.sign(minute=1)


async def test_a_cut_that_takes_the_heads_along_is_proven_by_the_copies(
    desk: Desk, superuser: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    await superuser.execute("delete from wf.audit_details where seq > 5")
    await superuser.execute("delete from wf.audit_entries where seq > 5")
    await superuser.execute("delete from wf.audit_heads")
    await superuser.execute(
        "update wf.audit_tips set seq = 5, hash = (select hash from wf.audit_entries where seq = 5)"
    )
    assert await desk.kinds() == {"truncated", "head_removed"}
    desk.archive.path(desk.tenant_id).unlink()
    assert await desk.kinds() == set(), "only the copies can tell, which is why they go to another place"


async def test_a_whole_chain_that_is_gone_is_proven_by_the_copies(
    desk: Desk, superuser: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    await superuser.execute("truncate wf.audit_details, wf.audit_entries, wf.audit_tips, wf.audit_heads")
    assert await desk.kinds() == {"truncated", "head_removed"}


async def test_what_a_round_did_not_copy_the_next_one_copies(desk: Desk) -> None:
    desk.archive.path(desk.tenant_id).unlink()
    assert await desk.sign(minute=1) == (True, 2)
    assert [head.seq for head in desk.archive.read(desk.tenant_id)] == [10, 12]


async def test_a_copy_that_a_crash_cut_short_is_written_again(desk: Desk) -> None:
    path = desk.archive.path(desk.tenant_id)
    whole = path.read_bytes()
    for length in (1, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        assert list(desk.archive.read(desk.tenant_id)) == []
        assert await desk.sign(minute=1) in {(True, 2), (False, 2)}
        path.write_bytes(path.read_bytes()[: len(whole)])
        assert path.read_bytes() == whole


@pytest.mark.parametrize("damage", [b"{}\n", b"\xff\n", b'{"tenant":"ten_0","seq":1}\n'])
async def test_a_damaged_copy_is_a_fault_and_stops_the_signing(desk: Desk, damage: bytes) -> None:
    path = desk.archive.path(desk.tenant_id)
    path.write_bytes(path.read_bytes() + damage)
    assert await desk.kinds() == {"forged"}
    with pytest.raises(Tampered, match="damaged"):
        await desk.sign(minute=1)


async def test_a_copy_of_another_tenants_head_is_a_fault(desk: Desk, db_app: Database, settings: Settings) -> None:
    other = Desk(db_app, settings, TenantId(new_uuid()))
    await other.write(20)
    await other.sign()
    path = desk.archive.path(desk.tenant_id)
    path.write_bytes(path.read_bytes() + other.archive.path(other.tenant_id).read_bytes())
    assert await desk.kinds() == {"forged"}


async def test_a_copy_that_cannot_be_written_is_told_and_the_head_stays(desk: Desk, settings: Settings) -> None:
    desk.archive = HeadArchive(settings.home / "secrets" / "context.key")
    with pytest.raises(Unavailable, match="cannot be copied out"):
        desk.archive.append(desk.tenant_id, [])
    desk.archive = HeadArchive(settings.audit_dir)
    assert (await desk.verify()).is_sound


async def test_heads_signed_by_an_older_key_go_on_counting(desk: Desk, settings: Settings) -> None:
    (settings.secrets_dir / "audit.signer").unlink()
    desk.signer = open_signer(settings)
    assert await desk.sign(minute=1) == (True, 1)
    report = await desk.verify()
    assert report.is_sound
    assert len(trusted_keys(settings)) == 2


async def test_a_head_of_a_key_that_is_not_trusted_is_a_fault(desk: Desk) -> None:
    desk.signer = FileSigner(hashlib.sha256(b"a stranger's seed").digest())
    await desk.sign(minute=1)
    assert await desk.kinds() == {"forged"}


async def test_a_round_goes_over_all_chains_and_one_bad_chain_stops_no_other(
    desk: Desk, superuser: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    good = Desk(desk.database, desk.settings, TenantId(new_uuid()))
    await good.write(3)
    await register(superuser, desk)
    await register(superuser, good, "sued")
    await superuser.execute(
        "update wf.audit_entries set action = 'x' where seq = 11 and tenant_id = $1", desk.tenant_id
    )
    done = await sign_all(desk.database, desk.archive, desk.signer, at=NOON)
    assert (done.signed, done.copied, set(done.faults)) == (1, 1, {desk.tenant_id})
    assert (await good.verify()).signed_to == 3
    assert read_public_keys(desk.settings.audit_dir / PUBLIC_KEYS_FILE) == trusted_keys(desk.settings)


async def test_the_command_names_every_chain_and_what_is_wrong_with_it(
    desk: Desk, superuser: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    await register(superuser, desk)
    (line,) = await verify_command(desk.settings)
    assert line.startswith("nord: sound: 12 entries, signed to 10, 1 heads, 1 copied out,")
    await superuser.execute("update wf.audit_entries set actor_id = 'per_02' where seq in (3, 4)")
    with pytest.raises(Tampered, match=r"(?s)entry 3: edited: Entry 3 was changed.*entry 4: edited"):
        await verify_command(desk.settings, tenant="nord")


async def test_the_command_refuses_a_tenant_that_there_is_not(settings: Settings) -> None:
    with pytest.raises(NotFound, match="no tenant with this slug"):
        await verify_chains(settings, tenant="nobody")


async def test_the_report_counts_the_faults_that_it_does_not_list(desk: Desk) -> None:
    report = msgspec.structs.replace(await desk.verify(), fault_count=7)
    assert describe("nord", report)[-1] == "  and 7 more"


async def test_a_key_file_with_a_foreign_line_is_refused_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "signers.pub"
    path.write_text("watchfloor-audit-public-key 0000000000000000 AAAA\n")
    with pytest.raises(Invalid, match=r"signers\.pub:1"):
        read_public_keys(path)


@pytest.mark.parametrize("role", [Role.BOT, Role.REPORT, Role.AUTH])
async def test_every_login_role_that_writes_the_chain_writes_the_same_chain(
    desk: Desk, settings: Settings, role: Role
) -> None:
    database = await Database.open(settings, role, connections=1)
    async with tenant_tx(database, desk.tenant_id) as tx:
        assert await append(tx, ANALYST, action="a", object_kind="o", object_id="1") == 13
    await database.close()
    assert (await desk.verify()).is_sound


async def test_pages_of_a_long_chain_join_without_a_seam(desk: Desk) -> None:
    await desk.write(4_100)
    await desk.sign(minute=1)
    report = await desk.verify()
    assert report.is_sound
    assert (report.entries, report.heads) == (4_112, 2)
    async with tenant_tx(desk.database, desk.tenant_id) as tx:
        page = await queries.select_entries(tx, after=2_000, until=4_112, limit=2)
    assert [entry.seq for entry in page] == [2_001, 2_002]
