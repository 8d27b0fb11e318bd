import pickle
import random
import struct
import time
from typing import NamedTuple
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand
from hypothesis import given
from hypothesis import strategies as st

from watchfloor.kernel.crypto import (
    INDEX_BYTES,
    OVERHEAD_BYTES,
    TenantCipher,
    TenantKey,
    Unopenable,
    bind,
    equal,
    fingerprint,
    new_key,
    open_with,
    seal_with,
    sealed_version,
    sign,
    subkey,
    verify,
)
from watchfloor.kernel.errors import Invalid
from watchfloor.kernel.ids import TenantId, new_uuid

KEYS = {version: TenantKey.generate(version) for version in (1, 2, 3)}
TENANTS = [TenantId(new_uuid()) for _ in range(3)]


class Place(NamedTuple):
    tenant: TenantId
    table: str
    column: str
    row: str


def cipher(tenant: TenantId = TENANTS[0], *versions: int) -> TenantCipher:
    return TenantCipher(tenant, [KEYS[version] for version in versions or (1,)])


def seal_at(place: Place, plaintext: bytes, *versions: int) -> bytes:
    return cipher(place.tenant, *versions).seal(plaintext, table=place.table, column=place.column, row=place.row)


def open_at(place: Place, sealed: bytes, *versions: int) -> bytes:
    return cipher(place.tenant, *versions).open_(sealed, table=place.table, column=place.column, row=place.row)


def a_place() -> Place:
    return Place(TENANTS[0], "people", "email", str(new_uuid()))


def hkdf(key: bytes, purpose: str) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=f"watchfloor/{purpose}".encode()).derive(key)


def test_the_envelope_is_what_the_module_documents() -> None:
    """An opener of its own, written from the module's description with the library's HKDF."""
    tenant, row, key = TENANTS[0], new_uuid(), KEYS[2]
    sealed = TenantCipher(tenant, [key]).seal(b"attack at dawn", table="feeds", column="secret", row=row)
    head, salt, wrapped, body = sealed[:5], sealed[5:29], sealed[29:77], sealed[77:]
    assert struct.unpack(">BI", head) == (1, 2)

    parts = [b"\x01", tenant.bytes, b"feeds", b"secret", str(row).encode()]
    place = b"".join(struct.pack(">I", len(part)) + part for part in parts)
    once = HKDFExpand(SHA256(), 44, b"watchfloor/one-time/1" + salt).derive(
        # HKDF's extract step has been taken already: the subkey serves as the pseudo-random key.
        hkdf(key.reveal(), "tenant/wrap/1")
    )
    data_key = AESGCM(once[:32]).decrypt(once[32:], wrapped, head + place)
    assert AESGCM(data_key).decrypt(bytes(12), body, place) == b"attack at dawn"


def test_signing_is_hmac_sha256_as_rfc_4231_has_it() -> None:
    expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert sign(b"Jefe", b"what do ya want for nothing?").hex() == expected


def test_a_signature_verifies_for_its_key_and_message_only() -> None:
    key = new_key()
    signature = sign(key, b"message")
    assert verify(key, b"message", signature)
    assert not verify(key, b"massage", signature)
    assert not verify(new_key(), b"message", signature)
    assert not verify(key, b"message", signature[:-1])


def test_a_subkey_is_hkdf_sha256_of_rfc_5869_and_differs_by_purpose() -> None:
    key = new_key()
    assert subkey(key, "a") == hkdf(key, "a")
    assert subkey(key, "a") != subkey(key, "b")


def test_a_fingerprint_is_sha256() -> None:
    assert fingerprint("abc").hex().startswith("ba7816bf8f01cfea414140de5dae2223")
    assert equal(fingerprint("a"), fingerprint("a"))


@given(st.lists(st.binary(max_size=6) | st.text(max_size=6)), st.lists(st.binary(max_size=6) | st.text(max_size=6)))
def test_different_parts_never_bind_to_the_same_bytes(left: list[bytes | str], right: list[bytes | str]) -> None:
    def raw(parts: list[bytes | str]) -> list[bytes]:
        return [part.encode() if isinstance(part, str) else part for part in parts]

    assert (bind(*left) == bind(*right)) == (raw(left) == raw(right))


@given(st.binary(max_size=4096), st.text(max_size=20), st.text(max_size=20), st.text(max_size=20) | st.uuids())
def test_what_is_sealed_opens_at_its_place(plaintext: bytes, table: str, column: str, row: str | UUID) -> None:
    sealed = cipher().seal(plaintext, table=table, column=column, row=row)
    assert len(sealed) == len(plaintext) + OVERHEAD_BYTES
    assert cipher().open_(sealed, table=table, column=column, row=row) == plaintext


def test_ten_thousand_swaps_open_nothing() -> None:
    """S1: ciphertext moved to another tenant, table, column, row or key version never decrypts."""
    dice = random.Random(20261122)
    # Names chosen so that their plain concatenations collide.
    places = [
        (Place(tenant, table, column, row), version)
        for tenant in TENANTS
        for table in ("feed", "feeds", "")
        for column in ("secret", "s", "ssecret")
        for row in ("1", "11", str(TENANTS[0]))
        for version in KEYS
    ]
    envelopes = [(place, version, seal_at(place, b"secret", version)) for place, version in places]
    opened = 0
    for _ in range(10_000):
        place, version, sealed = dice.choice(envelopes)
        target, claimed = dice.choice(places)
        if (target, claimed) == (place, version):
            target = target._replace(row=target.row + "x")
        try:
            open_at(target, sealed[:1] + struct.pack(">I", claimed) + sealed[5:], *KEYS)
        except Unopenable:
            continue
        opened += 1
    assert opened == 0


def test_parts_of_envelopes_cannot_be_recombined() -> None:
    place = a_place()
    first, second = seal_at(place, b"first"), seal_at(place, b"second")
    for cut in (17, 29, 77):
        with pytest.raises(Unopenable):
            open_at(place, first[:cut] + second[cut:])


def test_every_flipped_bit_and_every_cut_is_noticed() -> None:
    place = a_place()
    sealed = seal_at(place, b"seventeen bytes!!")
    for position in range(len(sealed) * 8):
        flipped = bytearray(sealed)
        flipped[position // 8] ^= 1 << position % 8
        with pytest.raises(Unopenable):
            open_at(place, bytes(flipped), *KEYS)
    for length in range(len(sealed)):
        with pytest.raises(Unopenable):
            open_at(place, sealed[:length])
    with pytest.raises(Unopenable):
        open_at(place, sealed + b"\0")


def test_sealing_twice_gives_unrelated_envelopes() -> None:
    place = a_place()
    first, second = seal_at(place, bytes(64)), seal_at(place, bytes(64))
    assert first[:5] == second[:5]
    assert all(first[at : at + 8] != second[at : at + 8] for at in range(5, len(first) - 8))


def test_the_newest_key_seals_and_the_older_ones_still_open() -> None:
    place = a_place()
    old = seal_at(place, b"old", 1)
    assert open_at(place, old, 1, 3) == b"old"
    assert sealed_version(seal_at(place, b"new", 3, 1)) == 3
    assert cipher(TENANTS[0], 1, 3).version == 3


def test_a_value_whose_key_is_destroyed_stays_closed() -> None:
    place = a_place()
    sealed = seal_at(place, b"gone", 1)
    with pytest.raises(Unopenable):
        open_at(place, sealed, 2)


def test_resealing_moves_to_the_newest_key_and_leaves_the_body() -> None:
    place = a_place()
    sealed = seal_at(place, b"body" * 100, 1)
    moved = cipher(TENANTS[0], 1, 2).reseal(sealed, table=place.table, column=place.column, row=place.row)
    assert sealed_version(moved) == 2
    assert moved[77:] == sealed[77:]
    assert open_at(place, moved, 2) == b"body" * 100
    with pytest.raises(Unopenable):
        cipher(TENANTS[0], 1, 2).reseal(sealed, table=place.table, column=place.column, row="elsewhere")


def test_the_version_of_something_else_is_not_read() -> None:
    with pytest.raises(Unopenable):
        sealed_version(b"\x01\0\0\0\x01")
    with pytest.raises(Unopenable):
        sealed_version(b"\x02" + bytes(200))


def test_a_blind_index_finds_equal_values_of_one_kind_and_tenant() -> None:
    index = cipher().index("email", "ann@example.com")
    assert len(index) == INDEX_BYTES
    assert index == cipher().index("email", "ann@example.com")
    others = {
        cipher().index("email", "bob@example.com"),
        cipher().index("user", "ann@example.com"),
        cipher(TENANTS[0], 2).index("email", "ann@example.com"),
        cipher().index("emailann", "@example.com"),
    }
    assert index not in others
    assert len(others) == 4


def test_during_a_rotation_the_index_of_each_key_is_known() -> None:
    rotating = cipher(TENANTS[0], 1, 2)
    assert rotating.index_candidates("ip", "192.0.2.1") == (
        cipher(TENANTS[0], 2).index("ip", "192.0.2.1"),
        cipher(TENANTS[0], 1).index("ip", "192.0.2.1"),
    )
    assert rotating.index("ip", "192.0.2.1") == rotating.index_candidates("ip", "192.0.2.1")[0]


def test_a_small_seal_opens_under_its_key_and_context_only() -> None:
    key = new_key()
    sealed = seal_with(key, b"tenant key", context=b"here")
    assert open_with(key, sealed, context=b"here") == b"tenant key"
    for other_key, context, forged in (
        (new_key(), b"here", sealed),
        (key, b"there", sealed),
        (key, b"here", sealed[:-1]),
        (key, b"here", b""),
    ):
        with pytest.raises(Unopenable):
            open_with(other_key, forged, context=context)


@pytest.mark.parametrize("version", [0, -1, 2**32])
def test_a_key_version_fits_its_field(version: int) -> None:
    with pytest.raises(Invalid):
        TenantKey(version, new_key())


def test_a_key_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(Invalid):
        TenantKey(1, bytes(31))


def test_a_cipher_needs_keys_of_different_versions() -> None:
    with pytest.raises(Invalid):
        TenantCipher(TENANTS[0], [])
    with pytest.raises(Invalid):
        TenantCipher(TENANTS[0], [TenantKey.generate(1), TenantKey.generate(1)])


def test_keys_are_neither_shown_nor_serialised() -> None:
    key = TenantKey.generate(7)
    for holder in (key, TenantCipher(TENANTS[0], [key])):
        shown = repr(holder) + str(holder)
        assert repr(key.reveal()) not in shown
        assert key.reveal().hex() not in shown
        with pytest.raises(TypeError):
            pickle.dumps(holder)


def test_an_unopenable_value_does_not_say_why() -> None:
    place = a_place()
    sealed = seal_at(place, b"x")
    reasons: set[str] = set()
    for forged in (b"", sealed[:-1], b"\x09" + sealed[1:], sealed[:1] + b"\0\0\0\x09" + sealed[5:]):
        with pytest.raises(Unopenable) as refusal:
            open_at(place, forged)
        reasons.add(str(refusal.value))
    assert len(reasons) == 1


def test_a_megabyte_is_sealed_and_opened_in_milliseconds() -> None:
    body, place = random.Random(1).randbytes(1 << 20), a_place()

    def best(action: object) -> float:
        assert callable(action)
        times: list[float] = []
        for _ in range(5):
            start = time.perf_counter()
            action()
            times.append(time.perf_counter() - start)
        return min(times)

    sealed = seal_at(place, body)
    assert best(lambda: seal_at(place, body)) < 0.010
    assert best(lambda: open_at(place, sealed)) < 0.010
