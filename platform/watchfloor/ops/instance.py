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
    """Hold `home` for this process, and make it if there is none.

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


def is_running(home: Path) -> bool:
    """Whether another process holds `home`."""
    if not (home / "lock").exists():
        return False
    try:
        with only_instance(home):
            return False
    except Conflict:
        return True


def _open(home: Path) -> int:
    try:
        _make(home)
        return os.open(home / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as fault:
        raise Unavailable(
            f"The home directory cannot be used: {fault.strerror}.",
            where=str(home),
            remedy="Set WATCHFLOOR_HOME to a directory that you may write to.",
        ) from None


def _make(home: Path) -> None:
    """Make the home and what is missing above it, with these modes whatever the umask.

    Root's servers run as an account that must pass the home to reach its own directory in it.
    """
    for step in reversed([step for step in (home, *home.parents) if not step.exists()]):
        step.mkdir()
        step.chmod(0o711 if os.geteuid() == 0 else 0o700)
