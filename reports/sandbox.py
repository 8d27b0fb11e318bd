"""Renders a report in a process of its own that can do nothing but compute, and is killed on time (O3).

Owns starting, feeding, bounding and ending that process; what walls it has is `reports.confinement`'s part.
The process starts with an empty environment in an own empty directory, is a session of its own, and is gone
when a call returns, however it returns. Callers decide how many run at once: each may take `Limits.memory_bytes`.
"""

import asyncio
import contextlib
import os
import signal
import sys
import tempfile
from importlib.resources import as_file, files
from typing import Final

import msgspec

from reports.confinement import Limits
from reports.facts import ReportFacts
from reports.handover import encode
from reports.sheet import Printed
from reports.worker import CRASHED, OUT_OF_MEMORY, Answer
from watchfloor.kernel.errors import Conflict, Invalid, NotFound, Refused, TooLarge, Unavailable, WatchfloorError

LIMITS: Final = Limits()
_HEADER_BYTES: Final = 16_384
_ERRORS: Final[dict[str, type[WatchfloorError]]] = {
    kind.code: kind for kind in (NotFound, Refused, Conflict, Invalid, TooLarge, Unavailable)
}


async def render_in_sandbox(report: ReportFacts, *, limits: Limits = LIMITS) -> Printed:
    """The report as a PDF. The same report gives the same bytes.

    Raises Invalid if the facts disagree or the tenant's language or time zone are unknown; TooLarge if the
    report or what it makes of time, memory or bytes is over `limits`; Unavailable if the sandbox cannot be
    had or broke.
    """
    data = encode(report)
    with tempfile.TemporaryDirectory(prefix="watchfloor-report-") as own, as_file(files("reports") / "fonts") as fonts:
        process = await _start(limits, own, str(fonts / "fonts.conf"))
        try:
            async with asyncio.timeout(limits.seconds):
                output = await _converse(process, data, limits)
        except TimeoutError:
            raise TooLarge(
                f"The report was not finished after {limits.seconds} s and was given up.",
                where="report",
                remedy="Hand in fewer events as evidence.",
            ) from None
        finally:
            await _end(process)
    return _understand(output, process.returncode, limits)


async def _start(limits: Limits, own: str, fonts: str) -> asyncio.subprocess.Process:
    environment = {"LC_ALL": "C.UTF-8", "TZ": "UTC", "HOME": own, "TMPDIR": own, "FONTCONFIG_FILE": fonts}
    try:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-B", "-m", "reports.worker", msgspec.json.encode(limits).decode()),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            cwd=own,
            env=environment,
            start_new_session=True,
        )
    except OSError as fault:
        raise Unavailable(f"The process for a report could not be started: {fault.strerror}.") from None


async def _converse(process: asyncio.subprocess.Process, data: bytes, limits: Limits) -> bytes:
    """All that the process answers; as soon as that is over the limit, no more is read."""
    if process.stdin is None or process.stdout is None:
        raise AssertionError("the process was started with pipes")
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it ended early; its exit status tells why
        process.stdin.write(data)
        await process.stdin.drain()
        process.stdin.close()
    output = bytearray()
    most = _HEADER_BYTES + limits.pdf_bytes
    while piece := await process.stdout.read(262_144):
        output += piece
        if len(output) > most:
            raise TooLarge(f"The report's PDF is over {limits.pdf_bytes:,} bytes.", where="report")
    await process.wait()
    return bytes(output)


async def _end(process: asyncio.subprocess.Process) -> None:
    """Kill what is left of the process and wait until it is gone, also when we ourselves are being cancelled."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


def _understand(output: bytes, status: int | None, limits: Limits) -> Printed:
    header, _, pdf = output.partition(b"\n")
    try:
        answer = msgspec.json.decode(header, type=Answer)
    except msgspec.DecodeError:
        raise _silent(status, limits) from None
    if answer.error == CRASHED:
        raise Unavailable(f"Rendering the report failed ({answer.message} at {answer.where}).", where="report")
    if answer.error is not None:
        kind = _ERRORS.get(answer.error, Invalid)
        raise kind(answer.message, where=answer.where, remedy=answer.remedy)
    if len(pdf) != answer.length or status != 0:
        raise _silent(status, limits)
    return Printed(pdf, answer.pages, answer.seal)


def _silent(status: int | None, limits: Limits) -> WatchfloorError:
    """The error for a process that ended without a whole answer: by its exit status."""
    if status in (-signal.SIGXCPU, -signal.SIGKILL):
        spent = f"The report used more than {limits.seconds} s of processor time and was given up."
        return TooLarge(spent, where="report")
    if status in (-signal.SIGABRT, -signal.SIGTRAP, -signal.SIGSEGV):
        return TooLarge(OUT_OF_MEMORY, where="report")
    return Unavailable(f"The process that renders reports ended without an answer (status {status}).", where="report")
