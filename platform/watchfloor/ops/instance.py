"""One running Watchfloor a home directory.

The lock is the kernel's (flock), so it ends with the process that holds it, however that ends.
"""

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from watchfloor.kernel.errors import Conflict, Unavailable


@contextmanager
def only_instance(home: Path) -> Generator[None]:
    """Hold `home` for this process.

    Raises Conflict if another process holds it, Unavailable if the directory cannot be made or written.
    """
    descriptor = _open(home)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
            raise Conflict(
                f"Watchfloor already runs on this directory{f' (process {holder})' if holder else ''}.",
                where=str(home),
                remedy="Stop it, or set WATCHFLOOR_HOME to another directory.",
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)


def _open(home: Path) -> int:
    try:
        if not home.exists():
            # Root's servers run as an account that must pass the home to its own directory in it.
            home.mkdir(parents=True)
            home.chmod(0o711 if os.geteuid() == 0 else 0o700)
        return os.open(home / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as fault:
        raise Unavailable(
            f"The home directory cannot be used: {fault.strerror}.",
            where=str(home),
            remedy="Set WATCHFLOOR_HOME to a directory that you may write to.",
        ) from None
