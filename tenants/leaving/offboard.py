"""Offboarding: a tenant leaves, with its data in its hands and nothing readable left here (S4).

    suspend    nobody signs in, nothing is taken in any more
    settle     work that was under way has ended
    export     the tenant's data as files
    head       the audit chain's last entry, signed and copied out
    count      how many rows and files there are
    leave      the directory says that the tenant leaves; only now does the database let its rows be erased
    erase      the rows
    files      the lake's files, the reports and the documents of evidence
    hints      what Valkey holds, and what waits in NATS
    people     memberships, tokens, keys, and people whom nobody else knows
    key        the tenant's key: from now on every copy and every backup of its data is unreadable
    verify     nothing is left
    tombstone  the proof is written and audited in the operator's chain; slug and code stay taken

Each step is noted when it is done and may be repeated, so the command is run again until it is through, whatever cut
it short. The order keeps the key for as long as it is needed and not longer.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from tenants import queries as directory
from tenants.apply import ensure_operator
from tenants.installation import Installation
from tenants.leaving import queries
from tenants.leaving.export import ExportSummary, export_tenant
from tenants.leaving.proof import proof_path, write_proof
from tenants.leaving.remains import (
    Files,
    count_files,
    count_rows,
    erase_rows,
    remove_files,
    remove_hints,
    remove_waiting,
)
from tenants.queries import TenantRow
from tenants.steps import Journey, Nothing
from watchfloor.audit.append import append
from watchfloor.audit.archive import HeadArchive
from watchfloor.audit.heads import newest_head, open_signer, sign_and_copy
from watchfloor.feeds.registry import list_feeds
from watchfloor.kernel import ids
from watchfloor.kernel.db import TenantTx, directory_tx, tenant_tx
from watchfloor.kernel.errors import Conflict, Refused, Unavailable
from watchfloor.kernel.ids import TenantId

T = TypeVar("T", bound=msgspec.Struct)

SETTLES_WITHIN: Final = timedelta(minutes=3)
"""Longer than any transaction of ours may last."""

_ROUNDS: Final = 3
_TOMBSTONE_NAME: Final = "offboarded"


class Suspended(msgspec.Struct, frozen=True, kw_only=True):
    """What was closed. `identifiers` are ids that lead to the tenant from elsewhere; `transaction` is the last one."""

    tokens_revoked: int
    keys_revoked: int
    identifiers: list[str]
    transaction: int


class FinalHead(msgspec.Struct, frozen=True, kw_only=True):
    """The end of the tenant's audit chain: what its signed head says."""

    seq: int
    hash: str
    signed_at: datetime
    key_id: str
    signature: str


class Remains(msgspec.Struct, frozen=True, kw_only=True):
    """What there is of the tenant."""

    rows: dict[str, int]
    files: Files


class Erased(msgspec.Struct, frozen=True, kw_only=True):
    """How much was removed."""

    removed: int


class People(msgspec.Struct, frozen=True, kw_only=True):
    """What went from the directory."""

    memberships: int
    tokens: int
    api_keys: int
    people: int


class KeyDestroyed(msgspec.Struct, frozen=True, kw_only=True):
    """Whether there was a key still."""

    destroyed: bool


async def offboard(
    installation: Installation, tenant: TenantRow, *, export_to: Path, tell: Callable[[str], None]
) -> Path:
    """Takes the tenant through all steps that are not done yet and returns where the proof lies.

    Raises Refused for the operator's own tenant, Conflict when something of the tenant stays behind, Unavailable
    when a store is away; then it is run again.
    """
    if tenant.kind == "operator":
        raise Refused("The operator's own tenant cannot be offboarded.", where=tenant.slug)
    if tenant.state != "offboarded":
        operator = await ensure_operator(installation)
        await _Leaving(installation, tenant, operator, tell).run(export_to)
    return proof_path(installation.settings, tenant)


class _Leaving:
    """One tenant on its way out."""

    def __init__(
        self, installation: Installation, tenant: TenantRow, operator: TenantId, tell: Callable[[str], None]
    ) -> None:
        self._at = installation
        self._tenant = tenant
        self._id = TenantId(tenant.id)
        self._operator = operator
        self._journey = Journey(installation, self._id, "offboard", tell=tell)

    async def run(self, export_to: Path) -> None:
        """All steps in order."""
        suspended = await self._step("suspend", Suspended, self._suspend)
        await self._step("settle", Nothing, lambda: self._settle(suspended))
        await self._step("export", ExportSummary, lambda: self._export(export_to))
        await self._step("head", FinalHead, self._head)
        await self._step("count", Remains, self._count)
        await self._step("leave", Nothing, self._leave)
        await self._step("erase", Erased, self._erase)
        await self._step("files", Files, lambda: remove_files(self._at.settings, self._id))
        await self._step("hints", Erased, lambda: self._forget_hints(suspended))
        await self._step("people", People, self._forget_people)
        await self._step("key", KeyDestroyed, self._destroy_key)
        await self._step("verify", Remains, self._verify)
        await self._bury()

    async def _step(self, name: str, kind: type[T], action: Callable[[], Awaitable[T]]) -> T:
        return await self._journey.step(name, kind, action)

    async def _suspend(self) -> Suspended:
        async with tenant_tx(self._at.auth, self._id) as tx:
            if await directory.lock_tenant(tx) != "suspended":
                await directory.update_state(tx, self._id, "suspended")
                await self._note(tx, "tenant.suspend", after={"state": "suspended"})
            feeds = await list_feeds(tx)
            tokens, keys = await queries.revoke_all(tx)
            transaction = await queries.current_transaction(tx)
        shown = [ids.show("feed", feed.id) for feed in feeds]
        return Suspended(
            tokens_revoked=tokens,
            keys_revoked=keys,
            identifiers=[*(str(feed.id) for feed in feeds), *(text.removeprefix("feed_") for text in shown)],
            transaction=transaction,
        )

    async def _settle(self, suspended: Suspended) -> Nothing:
        """Waits until every transaction has ended that may not have seen the suspension."""
        try:
            async with asyncio.timeout(SETTLES_WITHIN.total_seconds()):
                while not await self._is_settled(suspended.transaction):
                    pass
        except TimeoutError:
            raise Unavailable(
                "Work that began before the tenant was suspended is still under way.",
                where=self._tenant.slug,
                remedy="Run the command again when it has ended.",
            ) from None
        return Nothing()

    async def _is_settled(self, transaction: int) -> bool:
        async with directory_tx(self._at.auth) as tx:
            if await queries.oldest_transaction(tx) > transaction:
                return True
            await queries.pause(tx)
            return False

    async def _export(self, export_to: Path) -> ExportSummary:
        summary = await export_tenant(self._at, self._tenant, into=export_to)
        async with tenant_tx(self._at.app, self._id) as tx:
            await self._note(tx, "tenant.export", after={"manifest": summary.manifest_sha256})
        return summary

    async def _head(self) -> FinalHead:
        settings = self._at.settings
        archive, signer = HeadArchive(settings.audit_dir), open_signer(settings)
        await sign_and_copy(self._at.app, archive, signer, tenant_id=self._id, at=self._at.clock.now())
        async with tenant_tx(self._at.app, self._id) as tx:
            head = await newest_head(tx)
        if head is None:
            raise Conflict("The tenant has no audit chain.", where=self._tenant.slug)
        return FinalHead(
            seq=head.seq,
            hash=head.hash.hex(),
            signed_at=head.signed_at,
            key_id=head.key_id,
            signature=head.signature.hex(),
        )

    async def _count(self) -> Remains:
        return Remains(rows=await count_rows(self._at, self._id), files=await count_files(self._at.settings, self._id))

    async def _leave(self) -> Nothing:
        async with tenant_tx(self._at.auth, self._operator) as tx:
            await directory.update_state(tx, self._id, "offboarding")
            await self._note(tx, "tenant.leave", after={"state": "offboarding"})
        return Nothing()

    async def _erase(self) -> Erased:
        return Erased(removed=await erase_rows(self._at, self._id))

    async def _forget_hints(self, suspended: Suspended) -> Erased:
        removed = await remove_hints(self._at.settings, self._id, suspended.identifiers)
        return Erased(removed=removed + await remove_waiting(self._at.settings, self._id))

    async def _forget_people(self) -> People:
        async with tenant_tx(self._at.auth, self._operator) as tx:
            people = await queries.select_people_of_only(tx, self._id)
            tokens, keys = await queries.delete_credentials(tx, self._id)
            memberships = await queries.delete_memberships(tx, self._id)
            forgotten = await queries.delete_people(tx, people)
            gone = People(memberships=memberships, tokens=tokens, api_keys=keys, people=forgotten)
            await self._note(tx, "tenant.forget_people", after=gone)
            await self._journey.note(tx, "people", gone)
        return gone

    async def _destroy_key(self) -> KeyDestroyed:
        return KeyDestroyed(destroyed=await self._at.keyring.destroy(self._id))

    async def _verify(self) -> Remains:
        """Looks again; what a straggler wrote in the meantime goes too."""
        for _ in range(_ROUNDS):
            left = await self._count()
            key_was_left = await self._at.keyring.destroy(self._id)
            if not key_was_left and not left.rows and left.files == Files(lake=0, reports=0, evidence=0):
                return left
            await erase_rows(self._at, self._id)
            await remove_files(self._at.settings, self._id)
        raise Conflict(
            "Something goes on writing for this tenant, so it is not erased.",
            where=self._tenant.slug,
            remedy="Stop all programs but the database and run the command again.",
        )

    async def _bury(self) -> None:
        digest = await write_proof(self._at.settings, self._tenant, await self._journey.done())
        async with tenant_tx(self._at.auth, self._operator) as tx:
            await queries.leave_tombstone(tx, self._id, name=_TOMBSTONE_NAME)
            await self._note(tx, "tenant.offboard", after={"proof_sha256": digest.hex()})

    async def _note(self, tx: TenantTx, action: str, *, after: object) -> None:
        await append(
            tx,
            self._at.actor,
            action=action,
            object_kind="tenant",
            object_id=ids.show("ten", self._id),
            after=after,
        )
