"""Which account of this machine the embedded servers run as.

PostgreSQL refuses to run as root, and Valkey has no need to. As an ordinary user everything runs as that
user. As root a server runs as an existing system account without rights of its own; we never create an
account and never open a directory that is not ours.
"""

import os
import pwd
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from watchfloor.kernel.errors import Invalid, Unavailable
from watchfloor.ops import launcher

CANDIDATES: Final = ("watchfloor", "postgres", "nobody")
"""System accounts to run as when we are root, the most fitting first."""


@dataclass(frozen=True)
class Account:
    """An account to lower a child to."""

    name: str
    uid: int
    gid: int

    @property
    def spec(self) -> str:
        """The account as the launcher takes it."""
        return f"{self.uid}:{self.gid}"


def service_account(data_dir: Path) -> Account | None:
    """The account for the server whose data is in `data_dir`, or None to stay who we are.

    A directory that exists decides: the account that owns it goes on running it, whatever system accounts
    have come to the machine since. Raises Invalid if the directory belongs to somebody else, and
    Unavailable if we are root and no account fits.
    """
    owner = data_dir.stat().st_uid if data_dir.exists() else None
    if os.geteuid() != 0:
        if owner is not None and owner != os.geteuid():
            raise Invalid(
                f"The data directory belongs to {_name_of(owner)}, and you are {_name_of(os.geteuid())}.",
                where=str(data_dir),
                remedy=f"Run as root or as {_name_of(owner)}, or set WATCHFLOOR_HOME to another directory.",
            )
        return None
    if owner == 0:
        raise Invalid(
            "The data directory belongs to root, which a database server must not run as.",
            where=str(data_dir),
            remedy=f"Give it to a system account, for instance: chown -R {_candidate().name} {data_dir}",
        )
    return _candidate() if owner is None else _account(owner)


def first_closed_step(account: Account | None, paths: Sequence[Path]) -> Path | None:
    """The first directory or file on the way to one of `paths` that `account` cannot pass; None if all are open.

    Asks the kernel as that account, so access lists and mount options count as well as mode bits.
    """
    answer = subprocess.run(  # noqa: S603 - our own script, no shell
        [
            sys.executable,
            "-ISB",
            launcher.__file__,
            "probe",
            account.spec if account else "-",
            *(str(path.absolute()) for path in paths),
        ],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    if answer.returncode != 0:
        raise Unavailable(
            f"Cannot act as the system account {account.name if account else 'we run as'}.",
            remedy="Run Watchfloor as an ordinary user; this environment does not let root change accounts.",
        )
    step = os.fsdecode(answer.stdout).removesuffix("\n")
    return Path(step) if step else None


def _candidate() -> Account:
    for name in CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name=entry.pw_name, uid=entry.pw_uid, gid=entry.pw_gid)
    raise Unavailable(
        f"Root may not run a database server, and none of the accounts {', '.join(CANDIDATES)} exists.",
        remedy="Run Watchfloor as an ordinary user, or create a system account named watchfloor.",
    )


def _account(uid: int) -> Account:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        raise Unavailable(
            f"The data directory belongs to user id {uid}, which this machine has no account for.",
            remedy="Create that account, or give the directory to a system account with chown -R.",
        ) from None
    return Account(name=entry.pw_name, uid=entry.pw_uid, gid=entry.pw_gid)


def _name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user id {uid}"
