"""The PostgreSQL data directory: made whole or not at all, and checked before a server touches it."""

import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Final

from watchfloor.kernel.errors import Invalid, Unavailable, WatchfloorError
from watchfloor.kernel.secret import Secret
from watchfloor.ops.child import SERVER_ENVIRONMENT, spawn
from watchfloor.ops.embedded.account import Account
from watchfloor.ops.embedded.credentials import write_private
from watchfloor.ops.embedded.leftover import end_leftovers

ADMIN: Final = "postgres"
"""The superuser, which also names its database."""

_NOBODYS_PID: Final = 2**31 - 1
_NEEDED_BYTES: Final = 160 * 1024 * 1024


async def make_cluster(
    program: Path,
    data_dir: Path,
    *,
    account: Account | None,
    password: Secret,
    log: Path,
    complain: Callable[[list[str]], WatchfloorError],
) -> None:
    """Run initdb beside `data_dir` and move the result there, so that a kill leaves no half-made cluster.

    Raises what `complain` makes of initdb's words if it fails.
    """
    unfinished = data_dir.with_name(f"{data_dir.name}.unfinished")
    password_file = data_dir.with_name(f"{data_dir.name}.password")
    for left_running in ("initdb", "postgres"):
        await end_leftovers(unfinished, left_running, number=signal.SIGTERM, patience_seconds=5.0)
    shutil.rmtree(unfinished, ignore_errors=True)
    password_file.unlink(missing_ok=True)
    unfinished.mkdir(mode=0o700)
    write_private(password_file, password.reveal())
    if account:
        os.chown(unfinished, account.uid, account.gid)
        os.chown(password_file, account.uid, account.gid)
    child = spawn(
        [
            str(program.with_name("initdb")),
            *("-D", str(unfinished), "-U", ADMIN, "--pwfile", str(password_file)),
            *("--auth=scram-sha-256", "--data-checksums", "--encoding=UTF8"),
            *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C.UTF-8"),
        ],
        name="initdb",
        log=log,
        account=account,
        environment=SERVER_ENVIRONMENT,
    )
    try:
        code = await child.wait()
    finally:
        await child.stop()
        password_file.unlink()
    if code != 0:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise complain(child.said())
    unfinished.rename(data_dir)


def require_version(data_dir: Path, ours: str) -> None:
    """Raise Invalid if `data_dir` is not a cluster of PostgreSQL major version `ours`."""
    try:
        made_by = (data_dir / "PG_VERSION").read_text().strip()
    except FileNotFoundError:
        raise Invalid(
            "This directory exists and is not a PostgreSQL data directory.",
            where=str(data_dir),
            remedy="Move it away, or set WATCHFLOOR_HOME to another directory.",
        ) from None
    if made_by != ours:
        raise Invalid(
            f"The data was written by PostgreSQL {made_by}; this Watchfloor brings PostgreSQL {ours}.",
            where=str(data_dir),
            remedy="Start the Watchfloor release that wrote it, dump the database with pg_dump, and restore the dump"
            " into a new WATCHFLOOR_HOME; or set DATABASE_URL to a server of that version.",
        )


def disown(pid_file: Path) -> None:
    """Put nobody's process id into the pid file of a server that is gone.

    PostgreSQL refuses to start while any process of its account has the id in that file, and ids come again
    (soon, in a container). The file stays, because its shared memory key still keeps out a server that we
    could not see.
    """
    try:
        _, separator, rest = pid_file.read_bytes().partition(b"\n")
    except FileNotFoundError:
        return
    with pid_file.open("r+b") as file:  # in place: it stays the server account's own
        file.write(b"%d" % _NOBODYS_PID + separator + rest)
        file.truncate()


def require_room(home: Path) -> None:
    """Raise Unavailable if the disk is too small for a new cluster and a copy of the programs."""
    free_bytes = shutil.disk_usage(home).free
    if free_bytes < _NEEDED_BYTES:
        raise Unavailable(
            f"A new database needs {_NEEDED_BYTES // 2**20} MB of disk, and {free_bytes // 2**20} MB are free.",
            where=str(home),
            remedy="Free some space, or set WATCHFLOOR_HOME to a directory on a larger disk.",
        )
