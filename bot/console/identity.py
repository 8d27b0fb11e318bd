"""Who sits at the console. The operating system's user is no identity: the record names people.

A person proves to be one with a personal API key in a file that only they can read; in a demo, and nowhere else, an
address of the demo's people is enough (`access.development` decides). Who it is and what they may do is read anew
for each command (R7).
"""

from pathlib import Path

from watchfloor.access.api_keys.check import principal_for_key
from watchfloor.access.development import sign_in
from watchfloor.access.principal import Principal
from watchfloor.access.step_up import note_login
from watchfloor.kernel.config import Settings
from watchfloor.kernel.db import DirectoryTx
from watchfloor.kernel.errors import Invalid, NotFound
from watchfloor.kernel.secret import Secret


class KeyLogin:
    """A personal API key."""

    def __init__(self, key: Secret, settings: Settings) -> None:
        self._key = key
        self._settings = settings

    async def principal(self, tx: DirectoryTx) -> Principal:
        """Who made the key, within its scopes. Raises Unauthenticated."""
        return await principal_for_key(tx, self._key, environment=self._settings.environment)


class DemoLogin:
    """An address of the demo's people, without proof."""

    def __init__(self, email: str, settings: Settings) -> None:
        self._email = email
        self._settings = settings
        self._has_signed_in = False

    async def principal(self, tx: DirectoryTx) -> Principal:
        """The person with the address. Raises Unauthenticated for an unknown one, Invalid outside a demo."""
        try:
            found = await sign_in(tx, self._settings, email=self._email)
        except NotFound:
            raise Invalid(
                "An address is no proof of who you are; only the demo takes it.",
                where="--as",
                remedy="Use --key-file with a personal API key.",
            ) from None
        if not self._has_signed_in:
            await note_login(tx, found.person_id, authenticated_by="development")
            self._has_signed_in = True
        return found


def read_key(path: Path) -> Secret:
    """The API key in a file. Raises Invalid when it is missing, empty, or others can read it (S5)."""
    try:
        if path.stat().st_mode & 0o077:
            raise Invalid("The key file can be read by others.", where=str(path), remedy="Run chmod 600 on it.")
        return Secret(path.read_text("utf-8").strip())
    except (OSError, UnicodeDecodeError) as fault:
        raise Invalid(f"The key file cannot be read: {fault}.", where=str(path)) from None
