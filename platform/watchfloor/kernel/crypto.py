"""Cryptography on bytes: envelopes, blind indexes, MACs, fingerprints (S1, S3, S4).

Owns the format of every encrypted value and the only comparison of MACs in the project. It is pure:
no files (see `keys.py`), no SQL, no settings. It draws its own randomness from the operating system,
because a nonce or key handed in by a caller could be handed in twice.

An envelope is
    format (1 byte, 0x01) | tenant key version (4, big-endian) | salt (24) | wrapped data key (48) | body + tag (n + 16)
`salt` is random; HKDF-Expand (RFC 5869) makes from the tenant's wrapping key and the salt a one-time
key and nonce that wrap a fresh data key with AES-256-GCM; the data key encrypts one body and is never
used again, so no count of values wears a tenant key out. The place (tenant, table, column, row) is
associated data of both layers, the tenant key's version of the outer one: an envelope opens only
where it was sealed, and `reseal` moves it to a newer tenant key without touching the body.
"""

import hashlib
import hmac
import secrets
import struct
from collections.abc import Sequence
from typing import Final, Self, final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from watchfloor.kernel.errors import Invalid, WatchfloorError
from watchfloor.kernel.ids import TenantId

KEY_BYTES: Final = 32
SIGNATURE_BYTES: Final = 32
INDEX_BYTES: Final = 16
OVERHEAD_BYTES: Final = 93

_FORMAT: Final = 1
_HEADER: Final = struct.Struct(">BI")
_SALT_BYTES: Final = 24
_TAG_BYTES: Final = 16
_NONCE_BYTES: Final = 12
_WRAPPED_AT: Final = _HEADER.size + _SALT_BYTES
_BODY_AT: Final = _WRAPPED_AT + KEY_BYTES + _TAG_BYTES
# A data key encrypts exactly one body, so its nonce need not vary.
_BODY_NONCE: Final = bytes(_NONCE_BYTES)


class Unopenable(WatchfloorError):
    """An envelope is damaged, belongs elsewhere, or its key is gone. Which of these is not told."""

    code = "unopenable"

    def __init__(self, *, where: str | None = None) -> None:
        super().__init__(
            "A protected value cannot be opened.",
            where=where,
            remedy="Restore it from a backup, or restore the key that sealed it.",
        )


def equal(left: bytes, right: bytes) -> bool:
    """Whether two MACs, digests or secrets are the same, in time that does not tell where they differ."""
    return hmac.compare_digest(left, right)


def sign(key: bytes, message: bytes) -> bytes:
    """HMAC-SHA-256 (RFC 2104) of `message`: 32 bytes."""
    return hmac.digest(key, message, "sha256")


def verify(key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether `signature` is `sign(key, message)`. Constant time."""
    return equal(sign(key, message), signature)


def fingerprint(secret: str) -> bytes:
    """SHA-256 of a token: what is stored in its place. Only for tokens of 122 random bits or more."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def new_key() -> bytes:
    """A fresh random key of 32 bytes."""
    return secrets.token_bytes(KEY_BYTES)


def subkey(key: bytes, purpose: str) -> bytes:
    """A key of 32 bytes for one purpose, made from `key` by HKDF-SHA-256 (RFC 5869).

    Different purposes give unrelated keys; nobody can go from a subkey back to `key`. `key` must be
    uniformly random already (the salt is left out, as RFC 5869 section 3.1 allows).
    """
    extracted = sign(bytes(KEY_BYTES), key)
    return _expand(extracted, f"watchfloor/{purpose}".encode(), KEY_BYTES)


def bind(*parts: str | bytes) -> bytes:
    """Parts joined so that no two different lists give the same bytes: each is preceded by its length."""
    encoded = [part.encode() if isinstance(part, str) else part for part in parts]
    return b"".join(struct.pack(">I", len(part)) + part for part in encoded)


def seal_with(key: bytes, plaintext: bytes, *, context: bytes) -> bytes:
    """Encrypt a few bytes under a long-lived 32-byte key, bound to `context`: salt (24) | ciphertext + tag.

    A one-time key comes from the salt, so the number of values a key may seal has no practical bound.
    """
    salt = secrets.token_bytes(_SALT_BYTES)
    once, nonce = _one_time(key, salt)
    return salt + AESGCM(once).encrypt(nonce, plaintext, context)


def open_with(key: bytes, sealed: bytes, *, context: bytes) -> bytes:
    """What `seal_with` sealed under the same key and context. Raises Unopenable for anything else."""
    if len(sealed) < _SALT_BYTES + _TAG_BYTES:
        raise Unopenable
    once, nonce = _one_time(key, sealed[:_SALT_BYTES])
    try:
        return AESGCM(once).decrypt(nonce, sealed[_SALT_BYTES:], context)
    except InvalidTag:
        raise Unopenable from None


@final
class TenantKey:
    """One version of a tenant's key, unwrapped, in memory only. Never shown, never serialised."""

    __slots__ = ("_secret", "version")

    def __init__(self, version: int, secret: bytes) -> None:
        """Raises Invalid unless `version` is 1 to 2**32 - 1 and `secret` is 32 bytes."""
        if not 1 <= version < 2**32:
            raise Invalid("A tenant key's version must be between 1 and 4294967295.")
        if len(secret) != KEY_BYTES:
            raise Invalid(f"A tenant key must have {KEY_BYTES} bytes.")
        self.version = version
        self._secret = secret

    @classmethod
    def generate(cls, version: int) -> Self:
        """A fresh random key."""
        return cls(version, new_key())

    def reveal(self) -> bytes:
        """The key's bytes, for wrapping by the root key and for deriving subkeys."""
        return self._secret

    def __repr__(self) -> str:
        return f"TenantKey(version={self.version}, ***)"

    def __reduce_ex__(self, protocol: object) -> str:
        raise TypeError("a tenant key cannot be serialised")


@final
class TenantCipher:
    """Seals and opens one tenant's values. Holds every living version of the key; the newest one seals."""

    __slots__ = ("_index_keys", "_newest", "_tenant", "_wrap_keys")

    def __init__(self, tenant_id: TenantId, keys: Sequence[TenantKey]) -> None:
        """Raises Invalid if there is no key, or two of one version."""
        versions = [key.version for key in keys]
        if not versions or len(set(versions)) != len(versions):
            raise Invalid("A tenant cipher needs at least one key, and each version once.")
        self._tenant = tenant_id.bytes
        self._newest = max(versions)
        self._wrap_keys = {key.version: subkey(key.reveal(), "tenant/wrap/1") for key in keys}
        self._index_keys = {key.version: subkey(key.reveal(), "tenant/index/1") for key in keys}

    @property
    def version(self) -> int:
        """The version of the key that seals."""
        return self._newest

    def seal(self, plaintext: bytes | bytearray | memoryview, *, table: str, column: str, row: UUID | str) -> bytes:
        """An envelope of `plaintext` that opens only at this tenant, table, column and row.

        It is 93 bytes longer than the plaintext. One fresh data key per call.
        """
        place = self._place(table, column, row)
        data_key = new_key()
        body = AESGCM(data_key).encrypt(_BODY_NONCE, plaintext, place)
        return self._header(data_key, place) + body

    def open_(self, sealed: bytes, *, table: str, column: str, row: UUID | str) -> bytes:
        """What `seal` sealed at the same place. Raises Unopenable for anything else."""
        place = self._place(table, column, row)
        data_key = self._data_key(sealed, place)
        try:
            return AESGCM(data_key).decrypt(_BODY_NONCE, memoryview(sealed)[_BODY_AT:], place)
        except InvalidTag:
            raise Unopenable from None

    def reseal(self, sealed: bytes, *, table: str, column: str, row: UUID | str) -> bytes:
        """The same envelope under the newest key; the body's bytes stay. Raises Unopenable like `open_`."""
        place = self._place(table, column, row)
        return self._header(self._data_key(sealed, place), place) + sealed[_BODY_AT:]

    def index(self, kind: str, value: str) -> bytes:
        """A blind index: 16 bytes by which equal values of one kind are found without being stored.

        Keyed by tenant, so the same value looks unrelated at another tenant. The caller normalises
        `value` first (case, spaces).
        """
        return self._index(self._newest, kind, value)

    def index_candidates(self, kind: str, value: str) -> tuple[bytes, ...]:
        """The blind index under each living key, newest first: what a look-up during a rotation compares with."""
        return tuple(self._index(version, kind, value) for version in sorted(self._index_keys, reverse=True))

    def __repr__(self) -> str:
        return f"TenantCipher(tenant={UUID(bytes=self._tenant)}, version={self._newest})"

    def __reduce_ex__(self, protocol: object) -> str:
        raise TypeError("a tenant cipher cannot be serialised")

    def _place(self, table: str, column: str, row: UUID | str) -> bytes:
        return bind(bytes([_FORMAT]), self._tenant, table, column, str(row))

    def _index(self, version: int, kind: str, value: str) -> bytes:
        message = bind(kind, value.encode("utf-8", "surrogatepass"))
        return sign(self._index_keys[version], message)[:INDEX_BYTES]

    def _header(self, data_key: bytes, place: bytes) -> bytes:
        head = _HEADER.pack(_FORMAT, self._newest)
        return head + seal_with(self._wrap_keys[self._newest], data_key, context=head + place)

    def _data_key(self, sealed: bytes, place: bytes) -> bytes:
        if len(sealed) < OVERHEAD_BYTES:
            raise Unopenable
        layout, version = _HEADER.unpack_from(sealed)
        wrap_key = self._wrap_keys.get(version)
        if layout != _FORMAT or wrap_key is None:
            raise Unopenable
        head = sealed[: _HEADER.size]
        return open_with(wrap_key, sealed[_HEADER.size : _BODY_AT], context=head + place)


def sealed_version(sealed: bytes) -> int:
    """The version of the tenant key that sealed an envelope, for re-encryption jobs. Raises Unopenable."""
    if len(sealed) < OVERHEAD_BYTES or sealed[0] != _FORMAT:
        raise Unopenable
    version: int = _HEADER.unpack_from(sealed)[1]
    return version


def _expand(extracted: bytes, info: bytes, length: int) -> bytes:
    """HKDF-Expand with SHA-256 (RFC 5869 section 2.3), for at most 64 bytes."""
    first = sign(extracted, info + b"\x01")
    if length <= len(first):
        return first[:length]
    return (first + sign(extracted, first + info + b"\x02"))[:length]


def _one_time(key: bytes, salt: bytes) -> tuple[bytes, bytes]:
    material = _expand(key, b"watchfloor/one-time/1" + salt, KEY_BYTES + _NONCE_BYTES)
    return material[:KEY_BYTES], material[KEY_BYTES:]
