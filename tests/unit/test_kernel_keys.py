import os
import pickle
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from watchfloor.kernel.crypto import TenantKey, Unopenable, new_key
from watchfloor.kernel.errors import Conflict, Invalid, Unavailable
from watchfloor.kernel.ids import TenantId, new_uuid
from watchfloor.kernel.keyfile import create_private, read_private, replace_private
from watchfloor.kernel.keys import (
    FileRootKeys,
    FileSigner,
    refuse_weak_key,
    rewrap_tenant_key,
    signer_id,
    unwrap_tenant_key,
    verify_signature,
    wrap_tenant_key,
)

TENANT = TenantId(new_uuid())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "secrets" / "root.key"


@pytest.fixture
def loose_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def missing(_: Path) -> bool:
    return False


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.usefixtures("loose_umask")
@pytest.mark.parametrize("kind", [FileRootKeys, FileSigner])
def test_a_new_key_file_is_for_its_owner_only_whatever_the_umask(
    path: Path, kind: type[FileRootKeys] | type[FileSigner]
) -> None:
    kind.create(path)
    assert mode(path) == 0o600
    assert mode(path.parent) == 0o700
    assert list(path.parent.iterdir()) == [path]


def test_a_key_file_is_never_overwritten(path: Path) -> None:
    FileRootKeys.create(path)
    before = path.read_bytes()
    with pytest.raises(Conflict):
        FileRootKeys.create(path)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_of_many_that_start_at_once_one_makes_the_key_and_all_use_it(path: Path) -> None:
    with ThreadPoolExecutor(8) as starters:
        opened = list(starters.map(FileRootKeys.load_or_create, [path] * 32))
    assert len({keys.key_id for keys in opened}) == 1
    signer = path.with_name("signer.key")
    with ThreadPoolExecutor(8) as starters:
        signers = list(starters.map(FileSigner.load_or_create, [signer] * 32))
    assert len({one.public_key for one in signers}) == 1


def test_losing_the_race_to_create_means_loading(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, signer = FileRootKeys.create(path), FileSigner.create(path.with_name("signer.key"))
    monkeypatch.setattr(Path, "exists", missing)
    assert FileRootKeys.load_or_create(path).key_id == first.key_id
    assert FileSigner.load_or_create(path.with_name("signer.key")).public_key == signer.public_key


@pytest.mark.parametrize("exposed", [0o640, 0o620, 0o604, 0o602, 0o660, 0o644, 0o610])
def test_a_key_file_that_others_may_touch_is_refused(path: Path, exposed: int) -> None:
    FileRootKeys.create(path)
    path.chmod(exposed)
    with pytest.raises(Invalid, match="chmod 600"):
        FileRootKeys.load(path)


def test_a_key_file_of_another_account_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    FileRootKeys.create(path)
    if os.geteuid() == 0:
        os.chown(path, 4242, -1)
    somebody = path.stat().st_uid + 1
    monkeypatch.setattr(os, "geteuid", lambda: somebody)
    with pytest.raises(Invalid, match="another account"):
        FileRootKeys.load(path)


def test_a_key_file_that_anybody_can_replace_is_refused(path: Path) -> None:
    FileRootKeys.create(path)
    path.parent.chmod(0o777)
    with pytest.raises(Invalid, match="replace"):
        FileRootKeys.load(path)
    path.parent.chmod(0o1777)
    FileRootKeys.load(path)


def test_a_missing_key_file_is_named(path: Path) -> None:
    with pytest.raises(Invalid, match=r"root\.key.*missing"):
        FileRootKeys.load(path)


def test_a_directory_a_huge_file_and_a_path_through_a_file_are_no_key_files(tmp_path: Path) -> None:
    huge = tmp_path / "huge"
    create_private(huge, bytes(1_000_001))
    for wrong in (tmp_path, huge, huge / "below"):
        with pytest.raises(Invalid):
            read_private(wrong)


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(Unavailable):
        create_private(tmp_path / "file" / "root.key", b"x")


def test_replacing_swaps_the_content_and_leaves_no_draft(path: Path) -> None:
    create_private(path, b"old")
    replace_private(path, b"new")
    assert read_private(path) == b"new"
    assert mode(path) == 0o600
    assert list(path.parent.iterdir()) == [path]


DAMAGED = {
    "empty": "",
    "blank": "\n \n",
    "label": "other-label {id} {key}",
    "too few words": "watchfloor-root-key {key}",
    "too many words": "watchfloor-root-key {id} {key} {key}",
    "not base64": "watchfloor-root-key {id} {key}!",
    "short key": "watchfloor-root-key {id} c2VjcmV0",
    "other id": "watchfloor-root-key 0123456789abcdef {key}",
    "zero key": "watchfloor-root-key {id} AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
}


@pytest.mark.parametrize("text", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_key_file_is_refused_by_place_and_never_quoted(path: Path, text: str) -> None:
    FileRootKeys.create(path)
    _, key_id, key = path.read_text().split()
    path.write_text(text.format(id=key_id, key=key))
    with pytest.raises(Invalid) as refusal:
        FileRootKeys.load(path)
    assert str(path) in str(refusal.value)
    assert key not in str(refusal.value)


WEAK = {
    "short": bytes(range(31)),
    "long": os.urandom(33),
    "all zero": bytes(32),
    "all one": b"\xff" * 32,
    "repeated half": bytes.fromhex("0f1e2d3c4b5a69788796a5b4c3d2e1f0") * 2,
    "few values": bytes([7, 200, 31, 99] * 8),
    "counting": bytes(range(32)),
    "counting in steps": bytes(n * 7 % 256 for n in range(32)),
    "alternating steps": bytes(n + (n % 2) * 64 for n in range(32)),
    "typed in": b"correct horse battery staple 123",
    "base64 text": b"bm90IHJhbmRvbSBieXRlcyBhdCBhbGwh",
}


@pytest.mark.parametrize("key", WEAK.values(), ids=WEAK)
def test_a_weak_key_is_refused(key: bytes) -> None:
    with pytest.raises(Invalid, match="weak"):
        refuse_weak_key(key, where="test")
    with pytest.raises(Invalid):
        FileRootKeys([key])
    with pytest.raises(Invalid):
        FileSigner(key)


def test_random_keys_are_strong() -> None:
    for _ in range(20_000):
        refuse_weak_key(new_key(), where="test")


def test_there_must_be_a_root_key() -> None:
    with pytest.raises(Invalid):
        FileRootKeys([])


async def test_a_tenant_key_comes_back_from_its_wrapping(path: Path) -> None:
    FileRootKeys.create(path)
    root = FileRootKeys.load(path)
    key = TenantKey.generate(3)
    wrapped = await wrap_tenant_key(root, TENANT, key)
    assert wrapped.root_key_id == root.key_id
    assert key.reveal() not in wrapped.wrapped
    opened = await unwrap_tenant_key(FileRootKeys.load(path), TENANT, wrapped)
    assert (opened.version, opened.reveal()) == (3, key.reveal())


async def test_a_wrapped_key_opens_for_its_tenant_version_and_root_key_only() -> None:
    root = FileRootKeys([new_key()])
    wrapped = await wrap_tenant_key(root, TENANT, TenantKey.generate(3))
    with pytest.raises(Unopenable):
        await unwrap_tenant_key(root, TenantId(new_uuid()), wrapped)
    raw = wrapped.wrapped
    with pytest.raises(Unopenable):
        await root.unwrap(raw[:-1] + bytes([raw[-1] ^ 1]), aad=b"", key_id=root.key_id)
    for version in (1, 2, 4):
        with pytest.raises(Unopenable):
            await unwrap_tenant_key(root, TENANT, type(wrapped)(version=version, wrapped=raw, root_key_id=root.key_id))
    with pytest.raises(Invalid, match="not in the key file"):
        await unwrap_tenant_key(FileRootKeys([new_key()]), TENANT, wrapped)


async def test_rotating_the_root_key_rewrites_no_data(path: Path) -> None:
    """S3: what an older root key wrapped stays readable; what is wrapped from now on needs the new one."""
    old = FileRootKeys.create(path)
    before = await wrap_tenant_key(old, TENANT, TenantKey.generate(1))
    new = FileRootKeys.rotate(path)
    assert new.key_ids == (*old.key_ids, new.key_id)
    assert FileRootKeys.load(path).key_ids == new.key_ids
    assert mode(path) == 0o600
    moved = await rewrap_tenant_key(new, TENANT, before)
    assert moved.root_key_id == new.key_id != before.root_key_id
    assert await rewrap_tenant_key(new, TENANT, moved) is moved
    first, second = await unwrap_tenant_key(new, TENANT, before), await unwrap_tenant_key(new, TENANT, moved)
    assert first.reveal() == second.reveal()
    with pytest.raises(Invalid):
        await unwrap_tenant_key(old, TENANT, moved)


def test_rotations_at_once_lose_no_key(path: Path) -> None:
    first = FileRootKeys.create(path)
    with ThreadPoolExecutor(8) as operators:
        rotated = list(operators.map(FileRootKeys.rotate, [path] * 16))
    assert set(FileRootKeys.load(path).key_ids) == {first.key_id, *(keys.key_id for keys in rotated)}
    assert len(FileRootKeys.load(path).key_ids) == 17


def test_a_missing_key_file_cannot_be_rotated(path: Path) -> None:
    with pytest.raises(Invalid, match="missing"):
        FileRootKeys.rotate(path)


def test_a_signature_holds_for_its_key_and_message_only(path: Path) -> None:
    signer = FileSigner.create(path)
    signature = signer.sign(b"head")
    assert len(signature) == 64
    assert FileSigner.load(path).sign(b"head") == signature
    assert signer.key_id == signer_id(signer.public_key)
    assert verify_signature(signer.public_key, b"head", signature)
    other = FileSigner(new_key()).public_key
    for public_key, message, forged in (
        (other, b"head", signature),
        (signer.public_key, b"heat", signature),
        (signer.public_key, b"head", signature[:-1]),
        (signer.public_key, b"head", bytes(64)),
        (b"", b"head", signature),
    ):
        assert not verify_signature(public_key, message, forged)


def test_ed25519_signs_as_rfc_8032_has_it() -> None:
    """Section 7.1, test 1."""
    signer = FileSigner(bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"))
    assert signer.public_key.hex() == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    assert signer.sign(b"").hex().startswith("e5564300c360ac729086e2cc806e828a")


def test_key_holders_are_neither_shown_nor_serialised(path: Path) -> None:
    holders: list[FileRootKeys | FileSigner] = [
        FileRootKeys.create(path),
        FileSigner.create(path.with_name("signer.key")),
    ]
    for holder, file in zip(holders, (path, path.with_name("signer.key")), strict=True):
        assert file.read_text().split()[2] not in repr(holder)
        assert holder.key_id in repr(holder)
        with pytest.raises(TypeError):
            pickle.dumps(holder)
