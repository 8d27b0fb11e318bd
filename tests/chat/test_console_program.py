"""`watchfloor console` as a program: arguments, a pipe, a terminal; who may use it; what it prints and how it ends."""

import asyncio
import contextlib
import fcntl
import json
import os
import pty
import struct
import sys
import termios
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

import pyte
import pytest

from tests.chat.floor import Floor
from tests.conftest import Eventually

ANA: Final = "ana@mssp.example"


def environment(floor: Floor) -> dict[str, str]:
    settings = floor.settings
    assert settings.database_url is not None
    return {
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
        "TERM": "xterm-256color",
        "COLUMNS": "120",
        "WATCHFLOOR_HOME": str(settings.home),
        "WATCHFLOOR_ENVIRONMENT": "test",
        "WATCHFLOOR_VALKEY_PORT": str(settings.valkey_port),
        "DATABASE_URL": settings.database_url.reveal(),
    }


def key_file(floor: Floor, email: str, *, mode: int = 0o600) -> Path:
    path = floor.settings.home / f"{email}.key"
    path.write_text(f"{floor.keys[email].reveal()}\n")
    path.chmod(mode)
    return path


async def console(floor: Floor, *arguments: str, typed: str = "") -> tuple[int, str, str]:
    """Runs the program without a terminal: its exit code, output and complaints."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",
        "-m",
        "watchfloor.ops.cli",
        "console",
        *arguments,
        env=environment(floor),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, complaints = await asyncio.wait_for(process.communicate(typed.encode()), 60)
    assert process.returncode is not None
    return process.returncode, output.decode(), complaints.decode()


async def test_one_command_is_done_and_the_program_ends(floor: Floor) -> None:
    await floor.incident(floor.acme)
    code, output, complaints = await console(floor, "--key-file", str(key_file(floor, ANA)), "-c", "ack ACME-1")
    assert (code, complaints) == (0, "")
    assert "ACME-1 is acknowledged." in output
    assert "\x1b" not in output


async def test_a_pipe_is_worked_line_by_line_and_json_is_one_object_a_line(floor: Floor) -> None:
    await floor.incident(floor.acme)
    lines = "queue\nshow ACME-1\nack\nverdict\nquit\nack NORD-1\n"
    code, output, _ = await console(floor, "--key-file", str(key_file(floor, ANA)), "--json", typed=lines)
    answers = [json.loads(line) for line in output.splitlines()]
    assert [answer["ok"] for answer in answers] == [True, True, True, False]
    assert answers[0]["queue"][0]["ref"] == "ACME-1"
    assert answers[2]["card"]["state"] == "acknowledged"
    assert answers[3]["error"] == "invalid"
    assert code == 1


async def test_what_is_refused_ends_with_one(floor: Floor) -> None:
    await floor.incident(floor.nord)
    code, output, complaints = await console(floor, "--key-file", str(key_file(floor, ANA)), "-c", "ack NORD-1")
    assert code == 1
    assert "There is no such incident" in output
    assert complaints == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "must know who you are"),
        (["--as", ANA], "only the demo takes it"),
        (["--as", ANA, "--key-file", "KEY"], "must know who you are"),
        (["--key-file", "MISSING"], "cannot be read"),
        (["--key-file", "EXPOSED"], "can be read by others"),
        (["--key-file", "WRONG"], "mistyped or cut off"),
    ],
)
async def test_nobody_works_without_proof_of_who_they_are(floor: Floor, arguments: list[str], said: str) -> None:
    wrong = floor.settings.home / "wrong.key"
    wrong.write_text(floor.keys[ANA].reveal()[:-8] + "AAAAAAAA")
    wrong.chmod(0o600)
    files = {
        "KEY": str(key_file(floor, ANA)),
        "MISSING": str(floor.settings.home / "none.key"),
        "WRONG": str(wrong),
    }
    if "EXPOSED" in arguments:
        files["EXPOSED"] = str(key_file(floor, "lea@mssp.example", mode=0o644))
    code, output, complaints = await console(floor, *(files.get(word, word) for word in arguments), "-c", "queue")
    assert code == 1
    assert said in output + complaints
    assert "Traceback" not in complaints


@dataclass
class Terminal:
    """A terminal of 130 by 40 on which the console runs, as a person sees it."""

    process: asyncio.subprocess.Process
    descriptor: int
    screen: pyte.Screen = field(default_factory=lambda: pyte.Screen(130, 40))
    raw: bytearray = field(default_factory=bytearray)

    def __post_init__(self) -> None:
        self._stream = pyte.ByteStream(self.screen)

    def shows(self, text: str) -> bool:
        """Whether the text stands on the screen, in one line."""
        with contextlib.suppress(OSError):  # nothing to read yet, or the other end is closed
            read = os.read(self.descriptor, 65_536)
            self.raw.extend(read)
            self._stream.feed(read)
        return any(text in line for line in self.screen.display)

    def type(self, line: str) -> None:
        """Types a line and Enter."""
        os.write(self.descriptor, f"{line}\r".encode())


@asynccontextmanager
async def terminal_of(floor: Floor, email: str) -> AsyncGenerator[Terminal]:
    outer, inner = pty.openpty()
    fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 130, 0, 0))
    os.set_blocking(outer, False)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",
        "-m",
        "watchfloor.ops.cli",
        "console",
        "--key-file",
        str(key_file(floor, email)),
        env=environment(floor),
        stdin=inner,
        stdout=inner,
        stderr=inner,
        start_new_session=True,
    )
    os.close(inner)
    try:
        yield Terminal(process, outer)
    finally:
        os.close(outer)
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_on_a_terminal_an_incident_is_worked_from_start_to_end(floor: Floor, eventually: Eventually) -> None:
    await floor.incident(floor.acme, title="LSASS memory opened for reading")
    async with terminal_of(floor, ANA) as terminal:
        await eventually(lambda: terminal.shows("LSASS memory opened for reading"), within=30)
        for line, answer in (
            ("show ACME-1", "ACME-1 is new."),
            ("ack", "ACME-1 is acknowledged."),
            ("note asked the owner of the machine", "ACME-1 has a new note."),
            ("verdict tp A stranger read the passwords of this machine.", "ACME-1 has its verdict."),
            ("contained", "ACME-1 is contained."),
            ("resolve", "ACME-1 is resolved."),
            ("close", "ACME-1 is closed."),
        ):
            terminal.type(line)
            await eventually(partial(terminal.shows, answer), within=20)
        terminal.type("\x04")
        assert await asyncio.wait_for(terminal.process.wait(), 15) == 0
        # The screen that was there before comes back.
        await eventually(lambda: terminal.shows("\0") or b"\x1b[?1049l" in terminal.raw, within=5)
    kinds = await floor.superuser.fetch("select kind from wf.incident_timeline order by at, id")
    assert [row["kind"] for row in kinds] == [
        "opened", "acknowledged", "note", "verdict", "contained", "resolved", "closed"
    ]  # fmt: skip
