"""One PostgreSQL server of our own: made once, started, watched and stopped.

Owns `home/postgres` (the cluster, made whole or not at all) and the superuser's password. Listens on loopback
only, every login by SCRAM-SHA-256, data checksums on, C.UTF-8 of PostgreSQL's own so that no system update
changes an index's order. The roles and the schema are the migrations' work.

It keeps the promise that a `kill -9` of anything loses nothing: what an earlier run left running is ended,
a half-made cluster is thrown away, and the server's own recovery does the rest.
"""

import asyncio
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from watchfloor.kernel.errors import Unavailable, WatchfloorError
from watchfloor.kernel.secret import Secret
from watchfloor.ops.child import SERVER_ENVIRONMENT, Child, Escalation, spawn
from watchfloor.ops.embedded.account import Account, first_closed_step, service_account
from watchfloor.ops.embedded.binaries import locate, postgres_wheel, unreachable
from watchfloor.ops.embedded.cluster import ADMIN, disown, make_cluster, require_room, require_version
from watchfloor.ops.embedded.complaint import explain
from watchfloor.ops.embedded.credentials import POSTGRES_ADMIN, ensure_password
from watchfloor.ops.embedded.leftover import end_leftovers
from watchfloor.ops.embedded.ports import LOOPBACK, require_free

PORT_SETTING: Final = "WATCHFLOOR_POSTGRES_PORT"

# Fast shutdown first: plain SIGTERM would wait for every client to leave. Then as if the machine had failed.
_ESCALATION: Final[Escalation] = ((signal.SIGINT, 30.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))
_READY_SECONDS: Final = 120.0
_POLL_SECONDS: Final = 0.02
_SETTLE_SECONDS: Final = 20.0
_UNSETTLED: Final = ("pre-existing shared memory block", 'lock file "postmaster.pid" already exists')
_OPTIONS: Final[Mapping[str, str]] = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",  # a socket's path is limited to 107 bytes, a home directory's is not
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    "log_parameter_max_length": "0",  # parameters are customers' data
}


@dataclass(eq=False)
class PostgresServer:
    """The embedded PostgreSQL of one home. `options` are server settings beside ours."""

    home: Path
    port: int
    options: Mapping[str, str] = field(default_factory=dict[str, str])
    name: str = field(default="postgres", init=False)
    _child: Child | None = field(default=None, init=False, repr=False)

    @property
    def data_dir(self) -> Path:
        """The cluster's directory."""
        return self.home.absolute() / "postgres"

    @property
    def admin_dsn(self) -> Secret:
        """Where and how the superuser logs in."""
        return Secret(f"postgresql://{ADMIN}:{self._password().reveal()}@{LOOPBACK}:{self.port}/{ADMIN}")

    @property
    def pid(self) -> int | None:
        """The server's process id while it runs."""
        return self._child.pid if self._child and self._child.exit_code() is None else None

    async def start(self) -> None:
        """Make the cluster if there is none, start the server and wait until it takes connections.

        Raises Conflict if the port is taken, Invalid if the directory is another account's or another
        version's, Unavailable (with the server's own reason) if it cannot start.
        """
        if not self.data_dir.exists():
            require_room(self.home)
        account = service_account(self.data_dir)
        program = locate(postgres_wheel(), account=account, home=self.home)
        _require_open(self.home, account)
        await end_leftovers(self.data_dir, "postgres", number=signal.SIGINT, patience_seconds=30.0)
        disown(self.data_dir / "postmaster.pid")
        require_free(self.port, server="PostgreSQL", setting=PORT_SETTING)
        if self.data_dir.exists():
            require_version(self.data_dir, _major_version(program))
        else:
            await make_cluster(
                program,
                self.data_dir,
                account=account,
                password=self._password(),
                log=self._log,
                complain=self._complain,
            )
        await self._run(program, account)

    async def wait(self) -> int:
        """Wait until the server has ended; returns its exit code (negative: the signal)."""
        return await self._child.wait() if self._child else 0

    async def stop(self) -> None:
        """Stop the server: clients are cut off, transactions rolled back, everything written."""
        if self._child:
            await self._child.stop(_ESCALATION)

    @property
    def _log(self) -> Path:
        return self.home / "log" / "postgres.log"

    def _password(self) -> Secret:
        return ensure_password(self.home / "secrets", POSTGRES_ADMIN)

    def _complain(self, said: list[str]) -> WatchfloorError:
        return explain("PostgreSQL", said, home=self.home, port=self.port, setting=PORT_SETTING)

    async def _run(self, program: Path, account: Account | None) -> None:
        """Start; try again while the kernel is still clearing away a server that was killed a moment ago."""
        settle_until = time.monotonic() + _SETTLE_SECONDS
        while not await self._start_once(program, account):
            said = self._child.said() if self._child else []
            unsettled = any(sign in line for line in said for sign in _UNSETTLED)
            if not unsettled or time.monotonic() > settle_until:
                raise self._complain(said)
            await asyncio.sleep(_POLL_SECONDS * 10)

    async def _start_once(self, program: Path, account: Account | None) -> bool:
        """Start and wait; False if the server ended by itself, with the reason in its log."""
        options = {**_OPTIONS, "port": str(self.port), **self.options}
        self._child = spawn(
            [
                str(program),
                "-D",
                str(self.data_dir),
                *(part for name, value in options.items() for part in ("-c", f"{name}={value}")),
            ],
            name=self.name,
            log=self._log,
            account=account,
            death_signal=signal.SIGINT,
            environment=SERVER_ENVIRONMENT,
        )
        try:
            async with asyncio.timeout(_READY_SECONDS):
                while not self._is_ready(self._child.pid):
                    if self._child.exit_code() is not None:
                        return False
                    await asyncio.sleep(_POLL_SECONDS)
        except TimeoutError:
            await self.stop()
            raise Unavailable(
                f"PostgreSQL was not ready within {_READY_SECONDS:.0f} s.", where=str(self._child.log)
            ) from None
        except asyncio.CancelledError:
            await self.stop()
            raise
        return True

    def _is_ready(self, pid: int) -> bool:
        """What the server itself says in line 8 of its pid file, if that file is this server's."""
        try:
            lines = (self.data_dir / "postmaster.pid").read_text("utf-8", "replace").splitlines()
        except FileNotFoundError:
            return False
        return len(lines) >= 8 and lines[0].strip() == str(pid) and lines[7].strip() == "ready"


def _require_open(home: Path, account: Account | None) -> None:
    """The account must be able to pass every directory down to the home."""
    closed = first_closed_step(account, [home]) if account else None
    if account and closed:
        raise unreachable(closed, account)


def _major_version(program: Path) -> str:
    """The major version that `program` says it is, such as 18."""
    shown = subprocess.run([str(program), "--version"], capture_output=True, check=False)  # noqa: S603 - ours, no shell
    return shown.stdout.decode().split()[-1].partition(".")[0] if shown.stdout else "unknown"
