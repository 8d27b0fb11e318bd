"""Where each tenant's own key stands: outside the database and its backups, so that destroying it shreds (S4).

The file-based vault keeps one file a tenant under the secrets directory, wrapped by the root key. A key service
takes its place by implementing `Vault`.
"""

import os
from pathlib import Path
from typing import Protocol

import msgspec

from watchfloor.kernel.config import Settings
from watchfloor.kernel.crypto import TenantKey
from watchfloor.kernel.errors import Invalid, NotFound
from watchfloor.kernel.ids import TenantId
from watchfloor.kernel.keyfile import create_private, read_private
from watchfloor.kernel.keys import FileRootKeys, RootKeys, WrappedKey, unwrap_tenant_key, wrap_tenant_key

ROOT_KEY_FILE = "root.key"


class Vault(Protocol):
    """Makes, gives and destroys the one key that opens everything of a tenant."""

    async def create(self, tenant_id: TenantId) -> TenantKey:
        """A fresh key for the tenant. Raises Conflict when it has one."""
        ...

    async def load(self, tenant_id: TenantId) -> TenantKey:
        """The tenant's key. Raises NotFound when it has none, or none any more."""
        ...

    async def destroy(self, tenant_id: TenantId) -> bool:
        """Destroys the tenant's key for good. False when there was none."""
        ...


class FileVault:
    """One file a tenant, wrapped by the root key."""

    def __init__(self, directory: Path, root: RootKeys) -> None:
        self._directory = directory
        self._root = root

    @classmethod
    def open(cls, settings: Settings) -> "FileVault":
        """The vault of this installation. Raises Invalid when the root key is missing, weak or exposed."""
        return cls(settings.secrets_dir / "tenants", FileRootKeys.load(settings.secrets_dir / ROOT_KEY_FILE))

    async def create(self, tenant_id: TenantId) -> TenantKey:
        """A fresh key in a file of its own. Raises Conflict when there is one."""
        key = TenantKey.generate(1)
        wrapped = await wrap_tenant_key(self._root, tenant_id, key)
        create_private(self._path(tenant_id), msgspec.json.encode(wrapped))
        return key

    async def load(self, tenant_id: TenantId) -> TenantKey:
        """The key in the tenant's file. Raises NotFound when there is none, Invalid when it is damaged."""
        path = self._path(tenant_id)
        if not path.exists():
            raise NotFound("This tenant has no key: it was never onboarded, or it was offboarded.")
        try:
            wrapped = msgspec.json.decode(read_private(path), type=WrappedKey)
        except msgspec.DecodeError:
            raise Invalid("The key file is damaged.", where=str(path), remedy="Restore it from its backup.") from None
        return await unwrap_tenant_key(self._root, tenant_id, wrapped)

    async def destroy(self, tenant_id: TenantId) -> bool:
        """Overwrites the file, then removes it. False when there was none."""
        path = self._path(tenant_id)
        try:
            with path.open("r+b", buffering=0) as file:
                file.write(os.urandom(path.stat().st_size))
                os.fsync(file.fileno())
        except FileNotFoundError:
            return False
        path.unlink()
        return True

    def _path(self, tenant_id: TenantId) -> Path:
        return self._directory / f"{tenant_id}.key"
