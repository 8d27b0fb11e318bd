"""Each tenant's cipher, for the process that works for it (S1, S3).

The vault's key of a tenant opens its data keys, which stand in `wf.tenant_keys` by version; the newest one seals.
Ciphers are kept for a minute, by tenant (Q5).
"""

import time
from typing import Final

from watchfloor.kernel.config import Settings
from watchfloor.kernel.crypto import TenantCipher, TenantKey, bind, open_with, seal_with, subkey
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import NotFound
from watchfloor.kernel.ids import TenantId
from watchfloor.tenancy import queries
from watchfloor.tenancy.vault import FileVault, Vault

_KEPT_SECONDS: Final = 60.0


class Keyring:
    """Gives the cipher of a tenant, inside that tenant's transaction only."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._ciphers: dict[TenantId, tuple[float, TenantCipher]] = {}

    @classmethod
    def open(cls, settings: Settings) -> "Keyring":
        """The keyring of this installation. Raises Invalid when the root key is missing, weak or exposed."""
        return cls(FileVault.open(settings))

    async def cipher(self, tx: TenantTx) -> TenantCipher:
        """The cipher of the transaction's tenant. Raises NotFound when the tenant has no key (any more)."""
        kept = self._ciphers.get(tx.tenant_id)
        if kept is not None and time.monotonic() - kept[0] < _KEPT_SECONDS:
            return kept[1]
        rows = await queries.select_keys(tx)
        if not rows:
            raise NotFound("This tenant has no key: it was never onboarded, or it was offboarded.")
        master = await self._vault.load(tx.tenant_id)
        keys = [TenantKey(row.version, _open(master, tx.tenant_id, row)) for row in rows]
        return self._keep(tx.tenant_id, TenantCipher(tx.tenant_id, keys))

    async def create(self, tx: TenantTx) -> TenantCipher:
        """Makes the tenant's key and its first data key. Safe to repeat: what exists is kept."""
        try:
            master = await self._vault.load(tx.tenant_id)
        except NotFound:
            master = await self._vault.create(tx.tenant_id)
        if not await queries.select_keys(tx):
            await self._add(tx, master, version=1)
        return await self.cipher(tx)

    async def rotate(self, tx: TenantTx) -> TenantCipher:
        """Adds a data key, which seals from now on; the older ones go on opening."""
        rows = await queries.select_keys(tx)
        await self._add(tx, await self._vault.load(tx.tenant_id), version=max(row.version for row in rows) + 1)
        self._ciphers.pop(tx.tenant_id, None)
        return await self.cipher(tx)

    async def destroy(self, tenant_id: TenantId) -> bool:
        """Destroys the tenant's key: whatever it sealed, anywhere, stays shut. False when there was none."""
        self._ciphers.pop(tenant_id, None)
        return await self._vault.destroy(tenant_id)

    async def _add(self, tx: TenantTx, master: TenantKey, *, version: int) -> None:
        fresh = TenantKey.generate(version)
        wrapped = seal_with(_wrapping(master), fresh.reveal(), context=_context(tx.tenant_id, version))
        await queries.insert_key(tx, version=version, wrapped=wrapped)

    def _keep(self, tenant_id: TenantId, cipher: TenantCipher) -> TenantCipher:
        self._ciphers[tenant_id] = (time.monotonic(), cipher)
        return cipher


def _open(master: TenantKey, tenant_id: TenantId, row: queries.KeyRow) -> bytes:
    return open_with(_wrapping(master), row.wrapped, context=_context(tenant_id, row.version))


def _wrapping(master: TenantKey) -> bytes:
    return subkey(master.reveal(), "tenant/data-keys/1")


def _context(tenant_id: TenantId, version: int) -> bytes:
    return bind(tenant_id.bytes, str(version))
