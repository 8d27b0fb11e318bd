"""One Valkey server of our own, for jobs, limits and presence; the truth is in PostgreSQL, never here.

Owns `home/valkey` (an append-only file, flushed every second) and its password, which reaches the server
through its input and so stands neither in a process list nor in a configuration file.
"""

import asyncio
import contextlib
import os
import signal
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from watchfloor.kernel.errors import Unavailable
from watchfloor.kernel.secret import Secret
from watchfloor.kernel.valkey import PASSWORD_FILE
from watchfloor.ops.child import SERVER_ENVIRONMENT, Child, Escalation, spawn
from watchfloor.ops.embedded.account import first_closed_step, service_account
from watchfloor.ops.embedded.binaries import locate, unreachable, valkey_wheel
from watchfloor.ops.embedded.complaint import explain
from watchfloor.ops.embedded.credentials import ensure_password
from watchfloor.ops.embedded.leftover import end_leftovers
from watchfloor.ops.embedded.ports import LOOPBACK, require_free

PORT_SETTING: Final = "WATCHFLOOR_VALKEY_PORT"

_ESCALATION: Final[Escalation] = ((signal.SIGTERM, 15.0), (signal.SIGKILL, 5.0))
_READY_SECONDS: Final = 60.0
_POLL_SECONDS: Final = 0.02
_ANSWER_SECONDS: Final = 2.0


@dataclass(eq=False)
class ValkeyServer:
    """The embedded Valkey of one home."""

    home: Path
    port: int
    name: str = field(default="valkey", init=False)
    _child: Child | None = field(default=None, init=False, repr=False)

    @property
    def data_dir(self) -> Path:
        """Where its append-only file is."""
        return self.home.absolute() / "valkey"

    @property
    def url(self) -> Secret:
        """Where and how clients log in."""
        return Secret(f"redis://:{self._password().reveal()}@{LOOPBACK}:{self.port}/0")

    @property
    def pid(self) -> int | None:
        """The server's process id while it runs."""
        return self._child.pid if self._child and self._child.exit_code() is None else None

    async def start(self) -> None:
        """Start the server and wait until it answers.

        Raises Conflict if the port is taken, Invalid if the directory is another account's, Unavailable
        (with the server's own reason) if it cannot start.
        """
        account = service_account(self.data_dir)
        program = locate(valkey_wheel(), account=account, home=self.home)
        closed = first_closed_step(account, [self.home]) if account else None
        if account and closed:
            raise unreachable(closed, account)
        await end_leftovers(self.data_dir, program.name, number=signal.SIGTERM, patience_seconds=15.0)
        require_free(self.port, server="Valkey", setting=PORT_SETTING)
        if not self.data_dir.exists():
            self.data_dir.mkdir(mode=0o700)
            if account:
                os.chown(self.data_dir, account.uid, account.gid)
        self._child = spawn(
            [str(program), "-", "--dir", str(self.data_dir)],
            name=self.name,
            log=self.home / "log" / "valkey.log",
            account=account,
            environment=SERVER_ENVIRONMENT,
            stdin=self._configuration().encode(),
        )
        await self._ready(self._child)

    async def wait(self) -> int:
        """Wait until the server has ended; returns its exit code (negative: the signal)."""
        return await self._child.wait() if self._child else 0

    async def stop(self) -> None:
        """Stop the server, its file written."""
        if self._child:
            await self._child.stop(_ESCALATION)

    def _password(self) -> Secret:
        return ensure_password(self.home / "secrets", PASSWORD_FILE)

    def _configuration(self) -> str:
        settings = {
            "bind": LOOPBACK,
            "port": str(self.port),
            "requirepass": self._password().reveal(),
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": '""',
            "maxmemory-policy": "noeviction",  # a job forgotten without a word would be worse than a refused one
            "set-proc-title": "no",  # the arguments tell a leftover of ours from another's server
        }
        return "".join(f"{name} {value}\n" for name, value in settings.items())

    async def _ready(self, child: Child) -> None:
        try:
            async with asyncio.timeout(_READY_SECONDS):
                while not await self._answers():
                    if child.exit_code() is not None:
                        raise explain("Valkey", child.said(), home=self.home, port=self.port, setting=PORT_SETTING)
                    await asyncio.sleep(_POLL_SECONDS)
        except TimeoutError:
            await self.stop()
            raise Unavailable(f"Valkey was not ready within {_READY_SECONDS:.0f} s.", where=str(child.log)) from None
        except asyncio.CancelledError:
            await self.stop()
            raise

    async def _answers(self) -> bool:
        """Whether it takes our password and a command; not yet while it reads its file."""
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                reader, writer = await asyncio.open_connection(LOOPBACK, self.port)
                try:
                    writer.write(f"AUTH {self._password().reveal()}\r\nPING\r\n".encode())
                    return [await reader.readline() for _ in range(2)] == [b"+OK\r\n", b"+PONG\r\n"]
                finally:
                    writer.close()
                    with contextlib.suppress(OSError):
                        await writer.wait_closed()
        except (OSError, TimeoutError):
            return False
