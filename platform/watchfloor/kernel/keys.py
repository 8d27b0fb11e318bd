"""Keys at rest: the root key outside the database, the wrapping of tenant keys, the audit signer (S1, S3, S5).

Owns the protocol of a root key provider and its file-based form. A root key wraps tenant keys and nothing
else. Several root keys live side by side, named by id; the newest wraps, all unwrap, so rotating the root
key rewrites no data: wrapped tenant keys name the root key they need. It never touches the database.
"""

import base64
import binascii
import hashlib
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Final, Protocol, Self, final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from watchfloor.kernel.crypto import KEY_BYTES, TenantKey, bind, new_key, open_with, seal_with, subkey
from watchfloor.kernel.errors import Conflict, Invalid
from watchfloor.kernel.ids import TenantId
from watchfloor.kernel.keyfile import create_private, exclusive, read_private, replace_private

_ROOT_LABEL: Final = "watchfloor-root-key"
_SIGNER_LABEL: Final = "watchfloor-audit-signer"
_MIN_DISTINCT_BYTES: Final = 16


class RootKeys(Protocol):
    """Where the root key lives: a file, or a key service. Asynchronous, because a service is a network away."""

    @property
    def key_id(self) -> str:
        """The id of the root key that wraps now."""
        ...

    async def wrap(self, plaintext: bytes, *, aad: bytes) -> bytes:
        """`plaintext` sealed under the key `key_id`, bound to `aad`."""
        ...

    async def unwrap(self, wrapped: bytes, *, aad: bytes, key_id: str) -> bytes:
        """What `wrap` sealed under that key and `aad`. Raises Unopenable, or Invalid if the key is not here."""
        ...


class WrappedKey(msgspec.Struct, frozen=True, kw_only=True):
    """A tenant key as the database keeps it."""

    version: int
    wrapped: bytes
    root_key_id: str


async def wrap_tenant_key(root: RootKeys, tenant_id: TenantId, key: TenantKey) -> WrappedKey:
    """Seal a tenant key under the newest root key, bound to its tenant and version."""
    wrapped = await root.wrap(key.reveal(), aad=_place(tenant_id, key.version))
    return WrappedKey(version=key.version, wrapped=wrapped, root_key_id=root.key_id)


async def unwrap_tenant_key(root: RootKeys, tenant_id: TenantId, wrapped: WrappedKey) -> TenantKey:
    """The tenant key inside.

    Raises Unopenable if it is another tenant's or version's, Invalid if its root key is not here.
    """
    aad = _place(tenant_id, wrapped.version)
    return TenantKey(wrapped.version, await root.unwrap(wrapped.wrapped, aad=aad, key_id=wrapped.root_key_id))


async def rewrap_tenant_key(root: RootKeys, tenant_id: TenantId, wrapped: WrappedKey) -> WrappedKey:
    """The same tenant key under the newest root key, after a rotation; unchanged if it is there already."""
    if wrapped.root_key_id == root.key_id:
        return wrapped
    return await wrap_tenant_key(root, tenant_id, await unwrap_tenant_key(root, tenant_id, wrapped))


@final
class FileRootKeys:
    """Root keys in one file that only its owner may read, one key a line, the newest last.

    A line is `watchfloor-root-key <id> <base64>`. The id is made from the key, so a damaged line is noticed.
    """

    __slots__ = ("_keys", "_newest")

    def __init__(self, keys: Sequence[bytes]) -> None:
        """Root keys from memory, oldest first. Raises Invalid if there is none or one is weak."""
        if not keys:
            raise Invalid("There is no root key.")
        for key in keys:
            refuse_weak_key(key, where="root key")
        self._keys = {_key_id(key): subkey(key, "root/wrap/1") for key in keys}
        self._newest = _key_id(keys[-1])

    @classmethod
    def load(cls, path: Path) -> Self:
        """The keys in `path`. Raises Invalid if it is missing, readable by others, damaged or weak."""
        return cls(_read_keys(path, label=_ROOT_LABEL))

    @classmethod
    def create(cls, path: Path) -> Self:
        """A new file with one fresh key. Raises Conflict if `path` exists: a root key is never overwritten."""
        key = new_key()
        create_private(path, _line(_ROOT_LABEL, key))
        return cls([key])

    @classmethod
    def load_or_create(cls, path: Path) -> Self:
        """The keys in `path`, or a new file if there is none. For first starts only."""
        try:
            return cls.load(path) if path.exists() else cls.create(path)
        except Conflict:
            # Another process created it in between.
            return cls.load(path)

    @classmethod
    def rotate(cls, path: Path) -> Self:
        """Add a fresh key, which wraps from now on; the older ones go on unwrapping. Replaces the file in one step."""
        _read_keys(path, label=_ROOT_LABEL)
        with exclusive(path):
            keys = [*_read_keys(path, label=_ROOT_LABEL), new_key()]
            replace_private(path, b"".join(_line(_ROOT_LABEL, key) for key in keys))
        return cls(keys)

    @property
    def key_id(self) -> str:
        """The id of the newest key."""
        return self._newest

    @property
    def key_ids(self) -> tuple[str, ...]:
        """The ids of all keys, oldest first."""
        return tuple(self._keys)

    async def wrap(self, plaintext: bytes, *, aad: bytes) -> bytes:
        """See `RootKeys.wrap`."""
        return seal_with(self._keys[self._newest], plaintext, context=bind(self._newest, aad))

    async def unwrap(self, wrapped: bytes, *, aad: bytes, key_id: str) -> bytes:
        """See `RootKeys.unwrap`."""
        key = self._keys.get(key_id)
        if key is None:
            raise Invalid(
                "The root key that protects this tenant is not in the key file.",
                where=key_id,
                remedy="Restore the key file from its backup; keys may be added to it, never removed while in use.",
            )
        return open_with(key, wrapped, context=bind(key_id, aad))

    def __repr__(self) -> str:
        return f"FileRootKeys(newest={self._newest}, keys={len(self._keys)})"

    def __reduce_ex__(self, protocol: object) -> str:
        raise TypeError("root keys cannot be serialised")


@final
class FileSigner:
    """An Ed25519 key (RFC 8032) in a private file; it signs audit heads."""

    __slots__ = ("_key", "public_key")

    def __init__(self, seed: bytes) -> None:
        """The signer with this private seed of 32 bytes. Raises Invalid if it is weak."""
        refuse_weak_key(seed, where="signing key")
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public_key = self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    @classmethod
    def load(cls, path: Path) -> Self:
        """The signer in `path` (the last one, if several). Raises Invalid like `FileRootKeys.load`."""
        return cls(_read_keys(path, label=_SIGNER_LABEL)[-1])

    @classmethod
    def create(cls, path: Path) -> Self:
        """A new file with a fresh key. Raises Conflict if `path` exists."""
        seed = new_key()
        create_private(path, _line(_SIGNER_LABEL, seed))
        return cls(seed)

    @classmethod
    def load_or_create(cls, path: Path) -> Self:
        """The signer in `path`, or a new file if there is none. For first starts only."""
        try:
            return cls.load(path) if path.exists() else cls.create(path)
        except Conflict:
            # Another process created it in between.
            return cls.load(path)

    @property
    def key_id(self) -> str:
        """A short name of the public key, to be stored beside signatures."""
        return signer_id(self.public_key)

    def sign(self, message: bytes) -> bytes:
        """The signature of `message`: 64 bytes, the same each time."""
        return self._key.sign(message)

    def __repr__(self) -> str:
        return f"FileSigner({self.key_id})"

    def __reduce_ex__(self, protocol: object) -> str:
        raise TypeError("a signing key cannot be serialised")


def signer_id(public_key: bytes) -> str:
    """The short name of a public key."""
    return hashlib.sha256(public_key).hexdigest()[:16]


def verify_signature(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the owner of `public_key` (32 bytes) signed `message`. Malformed input is just not signed."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def refuse_weak_key(key: bytes, *, where: str) -> None:
    """Raise Invalid unless `key` can be 32 random bytes: refuses short, patterned and typed-in keys (S5).

    A random key is refused by mistake less than once in 10**12.
    """
    steps = {(after - before) % 256 for before, after in pairwise(key)}
    faults = {
        f"it has {len(key)} bytes and must have {KEY_BYTES}": len(key) != KEY_BYTES,
        "it repeats itself": len(set(key)) < _MIN_DISTINCT_BYTES or key[:16] == key[16:],
        "it follows a pattern": len(steps) <= 2,
        "it is text, not random bytes": all(0x20 <= byte < 0x7F for byte in key),
    }
    found = next((reason for reason, applies in faults.items() if applies), None)
    if found is not None:
        raise Invalid(f"The key is weak: {found}.", where=where, remedy="Let Watchfloor make the key.")


def _place(tenant_id: TenantId, version: int) -> bytes:
    return bind("tenant-key", tenant_id.bytes, str(version))


def _key_id(key: bytes) -> str:
    return hashlib.sha256(b"watchfloor/key-id/1" + key).hexdigest()[:16]


def _line(label: str, key: bytes) -> bytes:
    return f"{label} {_key_id(key)} {base64.b64encode(key).decode()}\n".encode()


def _read_keys(path: Path, *, label: str) -> list[bytes]:
    lines = read_private(path).decode("utf-8", "replace").splitlines()
    keys = [_parsed(line, label, f"{path}:{number}") for number, line in enumerate(lines, 1) if line.strip()]
    if not keys:
        raise Invalid("The key file is empty.", where=str(path), remedy="Restore it from its backup.")
    return keys


def _parsed(line: str, label: str, where: str) -> bytes:
    """The key of one line. The message never quotes the line: it may hold a key."""
    parts = line.split()
    try:
        key = base64.b64decode(parts[2], validate=True) if len(parts) == 3 and parts[0] == label else None
    except binascii.Error:
        key = None
    if key is None:
        raise Invalid(f"This is not a line of the form `{label} <id> <base64>`.", where=where)
    refuse_weak_key(key, where=where)
    if _key_id(key) != parts[1]:
        raise Invalid("The key does not match its id.", where=where, remedy="Restore the file from its backup.")
    return key
