"""The embedded servers' own passwords: made once, one file each under `home/secrets`.

Two starts at once agree on one password. S5: a file that others can read stops the start.
"""

import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Final

from watchfloor.kernel.errors import Conflict
from watchfloor.kernel.keyfile import create_private, read_private
from watchfloor.kernel.secret import Secret

POSTGRES_ADMIN: Final = "postgres.admin"
"""Password of the embedded PostgreSQL's superuser."""

_BYTES: Final = 32


def ensure_password(secrets_dir: Path, name: str) -> Secret:
    """The password in the file `name`; made from 256 random bits if there is none.

    Raises Invalid if the file is readable by others or empty.
    """
    path = secrets_dir / name
    if not path.exists():
        with suppress(Conflict):  # another start was first, and its password counts
            create_private(path, secrets.token_urlsafe(_BYTES).encode())
    return Secret(read_private(path).decode("ascii").strip())


def write_private(path: Path, text: str) -> None:
    """Write `text` to a new file that only its owner may read."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        os.fchmod(descriptor, 0o600)
        file.write(text)
        file.flush()
        os.fsync(descriptor)
