"""The chain as bytes: what a walk over fetched rows finds, whoever changed them and however cleverly (A2, A3)."""

import hashlib
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec
import pytest

from watchfloor.audit.chain import MOST_FAULTS, Entry, Head, Walk, entry_hash, head_message, is_signed, start
from watchfloor.kernel.ids import TenantId
from watchfloor.kernel.keys import FileSigner

TENANT: Final = TenantId(UUID("01890000-0000-7000-8000-000000000001"))
OTHER: Final = TenantId(UUID("01890000-0000-7000-8000-000000000002"))
MORNING: Final = datetime(2026, 11, 2, 6, 0, tzinfo=UTC)
LENGTH: Final = 40
SIGNER: Final = FileSigner(hashlib.sha256(b"a seed for tests").digest())
TRUSTED: Final = {SIGNER.key_id: SIGNER.public_key}
TAMPERINGS: Final = 10_000

Tampering = Callable[[random.Random, list[Entry]], list[Entry]]


def chain(length: int = LENGTH, *, seed: int = 7, tenant: TenantId = TENANT) -> list[Entry]:
    """A sound chain."""
    dice = random.Random(seed)
    entries: list[Entry] = []
    for seq in range(1, length + 1):
        sealed = dice.randbytes(40) if seq % 3 == 0 else None
        draft = Entry(
            seq=seq,
            id=UUID(bytes=dice.randbytes(16), version=4),
            at=MORNING + timedelta(seconds=seq, microseconds=dice.randrange(1_000_000)),
            actor_kind=dice.choice(["person", "api_key", "feed", "system"]),
            actor_id=f"per_{dice.randrange(10**6)}",
            as_role=dice.choice(["analyst", "lead", "viewer"]),
            action=dice.choice(["incident.acknowledge", "incident.assign", "report.request"]),
            object_kind="incident",
            object_id=f"inc_{dice.randrange(10**6)}",
            before_hash=dice.randbytes(32) if seq % 2 else None,
            after_hash=dice.randbytes(32),
            detail_hash=None if sealed is None else hashlib.sha256(sealed).digest(),
            request_id=f"req_{dice.randrange(10**6)}",
            previous_hash=b"",
            hash=b"",
            sealed=sealed,
        )
        entries.append(draft)
    return linked(entries, tenant=tenant)


def linked(entries: list[Entry], *, tenant: TenantId = TENANT) -> list[Entry]:
    """The entries with numbers and hashes that fit: what somebody makes who can write to the table."""
    link = start(tenant)
    done: list[Entry] = []
    for seq, entry in enumerate(entries, 1):
        numbered = msgspec.structs.replace(entry, seq=seq)
        link_here = entry_hash(tenant, numbered, previous=link)
        done.append(msgspec.structs.replace(numbered, previous_hash=link, hash=link_here))
        link = link_here
    return done


def head_of(entry: Entry, *, signer: FileSigner = SIGNER, tenant: TenantId = TENANT) -> Head:
    """A signed head of an entry."""
    message = head_message(tenant, seq=entry.seq, entry=entry.hash, signed_at=MORNING)
    return Head(seq=entry.seq, hash=entry.hash, signed_at=MORNING, key_id=signer.key_id, signature=signer.sign(message))


def walked(entries: list[Entry], heads: list[Head]) -> Walk:
    """A walk over the whole of a chain."""
    walk = Walk(TENANT)
    walk.expect(heads, TRUSTED)
    walk.take(entries)
    walk.finish()
    return walk


SOUND: Final = chain()
HEADS: Final = [head_of(SOUND[9]), head_of(SOUND[24]), head_of(SOUND[-1])]


def _other_text(dice: random.Random, text: str) -> str:
    position = dice.randrange(len(text))
    return text[:position] + chr((ord(text[position]) + dice.randrange(1, 90)) % 0x250 or 1) + text[position + 1 :]


def _other_bytes(dice: random.Random, value: bytes | None) -> bytes | None:
    if value is None:
        return dice.randbytes(32)
    position = dice.randrange(len(value))
    changed = value[:position] + bytes([value[position] ^ (1 << dice.randrange(8))]) + value[position + 1 :]
    return dice.choice([changed, None])


def edit(dice: random.Random, entries: list[Entry]) -> list[Entry]:
    """Changes one field of one entry."""
    at = dice.randrange(len(entries))
    entry = entries[at]
    name = dice.choice([name for name in Entry.__struct_fields__ if name != "seq"])
    value: object = getattr(entry, name)
    changed: object
    if isinstance(value, str):
        changed = _other_text(dice, value)
    elif isinstance(value, datetime):
        changed = value + timedelta(microseconds=dice.choice([-1, 1, 10**6, 10**9]))
    elif isinstance(value, UUID):
        changed = UUID(int=value.int ^ (1 << dice.randrange(128)))
    else:
        changed = _other_bytes(dice, value if isinstance(value, bytes) else None)
    if name in ("hash", "previous_hash") and changed is None:
        changed = bytes(32)
    entries[at] = msgspec.structs.replace(entry, **{name: changed})
    return entries


def delete(dice: random.Random, entries: list[Entry]) -> list[Entry]:
    """Takes one entry out of the middle or the beginning."""
    del entries[dice.randrange(len(entries) - 1)]
    return entries


def insert(dice: random.Random, entries: list[Entry]) -> list[Entry]:
    """Puts an entry of another place in, and moves the numbers of those after it."""
    at = dice.randrange(len(entries))
    entries.insert(at, msgspec.structs.replace(dice.choice(entries), id=UUID(bytes=dice.randbytes(16), version=4)))
    return [msgspec.structs.replace(entry, seq=seq) for seq, entry in enumerate(entries, 1)]


def reorder(dice: random.Random, entries: list[Entry]) -> list[Entry]:
    """Swaps the numbers of two entries."""
    first, second = dice.sample(range(len(entries)), 2)
    one, other = entries[first], entries[second]
    entries[first] = msgspec.structs.replace(other, seq=one.seq)
    entries[second] = msgspec.structs.replace(one, seq=other.seq)
    return entries


def truncate(dice: random.Random, entries: list[Entry]) -> list[Entry]:
    """Cuts the end off."""
    return entries[: dice.randrange(len(entries))]


def relinked(tampering: Tampering) -> Tampering:
    """The same by somebody who then recomputes every number and hash after it."""

    def forge(dice: random.Random, entries: list[Entry]) -> list[Entry]:
        changed = tampering(dice, entries)
        return linked([msgspec.structs.replace(entry, detail_hash=_hash_of(entry)) for entry in changed])

    return forge


def _hash_of(entry: Entry) -> bytes | None:
    return None if entry.sealed is None else hashlib.sha256(entry.sealed).digest()


CLUMSY: Final[list[Tampering]] = [edit, delete, insert, reorder, truncate]
CLEVER: Final[list[Tampering]] = [relinked(tampering) for tampering in (delete, insert, reorder, truncate)]


def test_a_sound_chain_has_no_fault() -> None:
    walk = walked(SOUND, HEADS)
    assert walk.faults == []
    assert (walk.entries, walk.seq, walk.link) == (LENGTH, LENGTH, SOUND[-1].hash)


def test_ten_thousand_random_tamperings_are_all_found() -> None:
    dice = random.Random(20261102)
    unnoticed: list[str] = []
    tampered = 0
    while tampered < TAMPERINGS:
        tampering = dice.choice(CLUMSY + CLEVER)
        changed = tampering(dice, list(SOUND))
        if changed == SOUND:
            continue
        tampered += 1
        if not walked(changed, HEADS).faults:
            unnoticed.append(f"{tampered}: {tampering}")
    assert unnoticed == []


@pytest.mark.parametrize("name", [name for name in Entry.__struct_fields__ if name != "seq"])
def test_every_field_of_an_entry_is_covered(name: str) -> None:
    entry = SOUND[5]
    swapped: object = getattr(SOUND[6], name)
    if swapped == getattr(entry, name):
        swapped = "another" if isinstance(swapped, str) else b"\x01" * 32
    changed = [*SOUND[:5], msgspec.structs.replace(entry, **{name: swapped}), *SOUND[6:]]
    assert {fault.seq for fault in walked(changed, HEADS).faults} & {6, 7}


def test_an_edit_shows_at_the_entry_where_it_was_made_and_nowhere_else() -> None:
    changed = [*SOUND[:5], msgspec.structs.replace(SOUND[5], action="incident.close"), *SOUND[6:]]
    assert [(fault.kind, fault.seq) for fault in walked(changed, HEADS).faults] == [("edited", 6)]


def test_a_missing_stretch_is_named_once() -> None:
    faults = walked(SOUND[:12] + SOUND[15:], HEADS).faults
    assert [(fault.kind, fault.seq, fault.message) for fault in faults] == [
        ("missing", 13, "Entry 13 to 15 is missing.")
    ]


def test_a_recomputed_chain_is_found_by_its_first_head_and_not_without_one() -> None:
    forged = linked([msgspec.structs.replace(SOUND[0], actor_id="somebody else"), *SOUND[1:]])
    assert walked(forged, []).faults == []
    assert ("rewritten", 10) in [(fault.kind, fault.seq) for fault in walked(forged, HEADS).faults]


def test_a_cut_tail_is_found_by_a_head_beyond_it() -> None:
    faults = walked(SOUND[:30], HEADS).faults
    assert [(fault.kind, fault.seq) for fault in faults] == [("truncated", LENGTH)]


def test_a_chain_of_another_tenant_is_not_this_ones() -> None:
    faults = walked(chain(tenant=OTHER), []).faults
    assert ("reordered", 1) in [(fault.kind, fault.seq) for fault in faults]
    assert sum(fault.kind == "edited" for fault in faults) == LENGTH


def test_a_head_counts_only_with_the_signature_of_a_trusted_key() -> None:
    stranger = FileSigner(hashlib.sha256(b"a stranger's seed").digest())
    good = HEADS[0]
    forgeries = [
        head_of(SOUND[9], signer=stranger),
        head_of(SOUND[9], tenant=OTHER),
        msgspec.structs.replace(head_of(SOUND[9], signer=stranger), key_id=SIGNER.key_id),
        msgspec.structs.replace(good, seq=11),
        msgspec.structs.replace(good, hash=SOUND[10].hash),
        msgspec.structs.replace(good, signed_at=MORNING + timedelta(microseconds=1)),
        msgspec.structs.replace(good, signature=b""),
    ]
    assert is_signed(TENANT, good, TRUSTED)
    assert [is_signed(TENANT, forgery, TRUSTED) for forgery in forgeries] == [False] * len(forgeries)
    assert [fault.kind for fault in walked(SOUND, [*HEADS, forgeries[0]]).faults] == ["forged"]


def test_two_heads_that_disagree_are_a_fault_whichever_is_right() -> None:
    lie = head_of(msgspec.structs.replace(SOUND[9], hash=SOUND[11].hash))
    assert [fault.kind for fault in walked(SOUND, [HEADS[0], lie]).faults] == ["rewritten"]


def test_faults_are_all_counted_and_the_first_hundred_kept() -> None:
    long = chain(250)
    broken = [msgspec.structs.replace(entry, action="x") for entry in long]
    walk = walked(broken, [])
    assert (len(walk.faults), walk.fault_count) == (MOST_FAULTS, 250)


def test_no_two_entries_share_their_bytes_when_text_moves_between_fields() -> None:
    entry = SOUND[0]
    moved = msgspec.structs.replace(entry, actor_id=entry.actor_id + "x", as_role=entry.as_role[1:])
    shifted = msgspec.structs.replace(entry, before_hash=entry.after_hash, after_hash=entry.before_hash)
    hashes = {entry_hash(TENANT, each, previous=start(TENANT)) for each in (entry, moved, shifted)}
    assert len(hashes) == 3
