"""What a pipeline process has under work, kept where the next one finds it: no batch kills one process after another.

An error in a batch can be caught; a process that runs out of memory cannot. Each process keeps a small file, held under
a lock for as long as it lives, that names its batches under work. Whoever starts reads the files that nobody holds any
more. Nothing depends on a file: losing one loses a mark against a batch, never a batch.
"""

import contextlib
import fcntl
import os
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from watchfloor.kernel.ids import BatchId, TenantId, new_uuid

_PREFIX: Final = "pipeline-"


class UnderWork(msgspec.Struct, frozen=True, kw_only=True):
    """Batches of a tenant that a process worked on."""

    tenant_id: TenantId
    batches: tuple[BatchId, ...]


_DECODER: Final = msgspec.json.Decoder(list[UnderWork])


class Journal:
    """The file of this process."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._under_work: dict[TenantId, UnderWork] = {}

    @contextmanager
    def working_on(self, tenant_id: TenantId, batches: Sequence[BatchId]) -> Generator[None]:
        """The batches are under work inside this block."""
        self._under_work[tenant_id] = UnderWork(tenant_id=tenant_id, batches=tuple(batches))
        self._write()
        try:
            yield
        finally:
            del self._under_work[tenant_id]
            self._write()

    def _write(self) -> None:
        content = msgspec.json.encode(list(self._under_work.values()))
        os.pwrite(self._descriptor, content, 0)
        os.ftruncate(self._descriptor, len(content))


@contextmanager
def open_journal(directory: Path) -> Generator[Journal]:
    """A journal in `directory`, which ends with the block."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = directory / f"{_PREFIX}{new_uuid()}"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield Journal(descriptor)
    finally:
        path.unlink(missing_ok=True)
        os.close(descriptor)


def left_behind(directory: Path) -> Iterator[UnderWork]:
    """What processes that are gone had under work. Each is told once."""
    for path in sorted(directory.glob(f"{_PREFIX}*")):
        try:
            descriptor = os.open(path, os.O_RDONLY)
        except FileNotFoundError:
            continue  # another process was quicker
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with contextlib.suppress(msgspec.DecodeError):  # killed while it wrote
                yield from _DECODER.decode(os.read(descriptor, 1_000_000))
            path.unlink(missing_ok=True)
        except BlockingIOError:
            continue  # its process lives
        finally:
            os.close(descriptor)
