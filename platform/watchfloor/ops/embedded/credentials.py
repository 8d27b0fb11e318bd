"""The embedded servers' own passwords: made once, one file each under `home/secrets`.

Each file is complete or absent: it is written under another name and linked into place, so two starts at
once agree on one password. S5: a file that others can read stops the start.
"""

import os
import secrets
from pathlib import Path
from typing import Final

from watchfloor.kernel.errors import Invalid
from watchfloor.kernel.secret import Secret

POSTGRES_ADMIN: Final = "postgres.admin"
"""Password of the embedded PostgreSQL's superuser."""

_BYTES: Final = 32


def ensure_password(secrets_dir: Path, name: str) -> Secret:
    """The password in the file `name`; made from 256 random bits if there is none.

    Raises Invalid if the file is readable by others or empty.
    """
    secrets_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = secrets_dir / name
    if not path.exists():
        _create(path, secrets.token_urlsafe(_BYTES))
    if path.stat().st_mode & 0o077:
        raise Invalid("The password file can be read by others.", where=str(path), remedy=f"Run: chmod 600 {path}")
    return Secret(path.read_text("ascii").strip())


def write_private(path: Path, text: str) -> None:
    """Write `text` to a new file that only its owner may read."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        os.fchmod(descriptor, 0o600)
        file.write(text)
        file.flush()
        os.fsync(descriptor)


def _create(path: Path, text: str) -> None:
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    write_private(unfinished, text)
    try:
        path.hardlink_to(unfinished)
    except FileExistsError:
        return  # another start was first, and its password counts
    finally:
        unfinished.unlink()
