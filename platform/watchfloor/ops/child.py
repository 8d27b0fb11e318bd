"""A child program of ours: started through the launcher, waited for, stopped; never left behind.

Each child leads a session of its own, so a Ctrl-C at the terminal reaches only us and we stop the children
in order; when a child ends, what is left of its process group is killed. If we ourselves are killed, the
kernel passes `death_signal` on to the child (see `launcher`). That signal is tied to the thread that
started the child, so children are started from the main thread.
"""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, TypeAlias

from watchfloor.ops import launcher
from watchfloor.ops.embedded.account import Account
from watchfloor.ops.logfile import bound, lines_since, open_log

_POLL_SECONDS: Final = 0.05

Escalation: TypeAlias = Sequence[tuple[signal.Signals, float]]
"""Signals to end a program with, each with the seconds it is given before the next one."""

POLITELY: Final[Escalation] = ((signal.SIGTERM, 20.0), (signal.SIGKILL, 5.0))
"""How a program of our own is ended."""

SERVER_ENVIRONMENT: Final[Mapping[str, str]] = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
}
"""All that an embedded server gets of an environment: nothing of ours changes what it does."""


class Child:
    """One running child program."""

    def __init__(self, name: str, process: subprocess.Popen[bytes], log: Path, log_offset: int) -> None:
        self.name = name
        self.log = log
        self._process = process
        self._log_offset = log_offset

    @property
    def pid(self) -> int:
        """Its process id, which is its process group's and its session's id too."""
        return self._process.pid

    def exit_code(self) -> int | None:
        """How it ended (a negative number is a signal), or None while it runs."""
        if self._process.returncode is not None:
            return self._process.returncode
        if os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            return None
        self._signal_group(signal.SIGKILL)  # before it is reaped, while the group's id is surely its own
        return self._process.wait()

    async def wait(self) -> int:
        """Wait until it has ended; returns how."""
        while (code := self.exit_code()) is None:
            await _exit_notice(self.pid)
        return code

    async def stop(self, escalation: Escalation = POLITELY) -> int:
        """End it, more and more firmly; returns how it ended."""
        for number, patience_seconds in escalation:
            if self.exit_code() is not None:
                break
            self._process.send_signal(number)
            try:
                async with asyncio.timeout(patience_seconds):
                    return await self.wait()
            except TimeoutError:
                continue
        return await self.wait()

    def said(self) -> list[str]:
        """What it has written to its log so far."""
        return lines_since(self.log, self._log_offset)

    def _signal_group(self, number: signal.Signals) -> None:
        try:
            os.killpg(self.pid, number)
        except (ProcessLookupError, PermissionError):
            return


def spawn(
    argv: Sequence[str],
    *,
    name: str,
    log: Path,
    account: Account | None = None,
    death_signal: signal.Signals = signal.SIGTERM,
    environment: Mapping[str, str] | None = None,
    stdin: bytes = b"",
    keep_open: Sequence[int] = (),
) -> Child:
    """Start `argv` as a child: lowered to `account`, output appended to `log`, `stdin` as its whole input.

    `environment` None hands ours down. `keep_open` are file descriptors that the child inherits.
    """
    bound(log)
    output = open_log(log)
    offset = os.fstat(output).st_size
    try:
        process = subprocess.Popen(  # noqa: S603 - no shell; argv is ours
            [
                sys.executable,
                "-ISB",
                launcher.__file__,
                "run",
                str(os.getpid()),
                str(int(death_signal)),
                account.spec if account else "-",
                *argv,
            ],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            cwd="/" if account else None,
            env=environment,
            start_new_session=True,
            pass_fds=keep_open,
        )
    finally:
        os.close(output)
    if process.stdin is not None:
        _hand_over(process, stdin)
    return Child(name, process, log, offset)


def _hand_over(process: subprocess.Popen[bytes], text: bytes) -> None:
    """Write a short text (a pipe holds 64 KiB) to the child's input and close it."""
    if process.stdin is None:
        return
    try:
        with process.stdin as pipe:
            pipe.write(text)
    except BrokenPipeError:
        return  # it ended before reading: its exit code and log tell why


async def _exit_notice(pid: int) -> None:
    """Wait until the child `pid` may have ended."""
    try:
        descriptor = os.pidfd_open(pid)
    except (AttributeError, OSError):  # neither Linux 5.3 nor later
        await asyncio.sleep(_POLL_SECONDS)
        return
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(descriptor, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)
