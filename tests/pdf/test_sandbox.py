"""The process that renders a report: what it cannot do, and that it is gone when its time is over (O3)."""

import asyncio
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec
import psutil
import pytest

from reports.confinement import Limits
from reports.documents.incident.facts import (
    IncidentReport,
)
from reports.sandbox import render_in_sandbox
from watchfloor.kernel.errors import Invalid, TooLarge, Unavailable

replace = msgspec.structs.replace

PROBE = """
import ctypes, json, os, pathlib, resource, signal, socket, subprocess, sys, tempfile, threading, zoneinfo
from reports.confinement import Limits, confine, limit_resources

def signal_thread(pid):
    number = {"x86_64": 234, "aarch64": 131}[os.uname().machine]
    if ctypes.CDLL(None).syscall(number, pid, pid, 0):
        raise PermissionError

attempts = json.load(sys.stdin)
limit_resources(Limits())
own = pathlib.Path(tempfile.gettempdir())
confine(own)
outcomes = []
for attempt in attempts:
    try:
        eval(attempt)
    except (OSError, ValueError, MemoryError, RuntimeError):
        outcomes.append("refused")
    else:
        outcomes.append("done")
json.dump(outcomes, sys.stdout)
"""

FORBIDDEN = {
    "open an internet socket": "socket.socket()",
    "open an IPv6 socket": "socket.socket(socket.AF_INET6)",
    "open a local socket": "socket.socket(socket.AF_UNIX)",
    "open a pair of sockets": "socket.socketpair()",
    "read the password file": "open('/etc/passwd').read()",
    "read another process": "open('/proc/1/cmdline').read()",
    "list the root directory": "os.listdir('/')",
    "write in its own directory": "open(own / 'new', 'w')",
    "append to a file of its own": "open(own / 'seed', 'a')",
    "truncate a file of its own": "os.truncate(own / 'seed', 0)",
    "remove a file of its own": "os.unlink(own / 'seed')",
    "rename a file of its own": "os.rename(own / 'seed', own / 'other')",
    "make a directory": "os.mkdir(own / 'new')",
    "make a link": "os.symlink('/etc/passwd', own / 'new')",
    "change rights": "os.chmod(own / 'seed', 0o777)",
    "run a program": "subprocess.run(['/bin/true'])",
    "become a program": "os.execv('/bin/true', ['true'])",
    "fork": "os.fork()",
    "signal its parent": "os.kill(os.getppid(), 0)",
    "make a file in memory": "os.memfd_create('x')",
    "raise its limits": "resource.prlimit(0, resource.RLIMIT_FSIZE, (1, 1))",
    "take a gigabyte": "len(bytearray(1 << 30))",
    "signal a thread of its parent": "signal_thread(os.getppid())",
}
ALLOWED = {
    "start a thread": "(lambda thread: (thread.start(), thread.join()))(threading.Thread(target=int))",
    "load a module late": "__import__('wave').__name__",
    "read a time zone": "zoneinfo.ZoneInfo('Asia/Tokyo').key",
    "read its fonts": "len(__import__('reports.assets').assets.read_font('inter-regular.ttf'))",
}


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What came of each attempt in one confined process, and what stands in its directory afterwards."""
    own = tmp_path_factory.mktemp("own")
    (own / "seed").write_text("seed")
    attempts = FORBIDDEN | ALLOWED
    finished = subprocess.run(
        [sys.executable, "-I", "-c", PROBE],
        input=msgspec.json.encode(list(attempts.values())),
        check=True,
        capture_output=True,
        cwd=own,
        env={"TMPDIR": str(own), "HOME": str(own)},
        timeout=60,
    )
    found = dict(zip(attempts, msgspec.json.decode(finished.stdout, type=list[str]), strict=True))
    return found | {path.name: path.read_text() for path in own.iterdir()}


@pytest.mark.parametrize("attempt", FORBIDDEN)
def test_a_confined_process_cannot(attempt: str, outcomes: dict[str, str]) -> None:
    assert outcomes[attempt] == "refused"


@pytest.mark.parametrize("attempt", ALLOWED)
def test_a_confined_process_can(attempt: str, outcomes: dict[str, str]) -> None:
    assert outcomes[attempt] == "done"


def test_a_confined_process_leaves_its_directory_as_it_was(outcomes: dict[str, str]) -> None:
    assert {name: text for name, text in outcomes.items() if name not in FORBIDDEN | ALLOWED} == {"seed": "seed"}


async def test_a_report_that_takes_too_long_is_killed_on_time(report: IncidentReport) -> None:
    slow = crowded(report)
    started = asyncio.get_running_loop().time()
    with pytest.raises(TooLarge, match="not finished after 1 s"):
        await render_in_sandbox(slow, limits=Limits(seconds=1))
    assert asyncio.get_running_loop().time() - started < 2
    assert children() == []


async def test_a_report_that_needs_too_much_memory_is_given_up(report: IncidentReport) -> None:
    with pytest.raises(TooLarge, match="more memory"):
        await render_in_sandbox(crowded(report), limits=Limits(memory_bytes=150_000_000))


async def test_a_process_that_cannot_even_load_is_no_stack_trace(report: IncidentReport) -> None:
    with pytest.raises((TooLarge, Unavailable), match=r"more memory|Rendering the report failed") as caught:
        await render_in_sandbox(report, limits=Limits(memory_bytes=60_000_000))
    assert "Traceback" not in str(caught.value)


async def test_a_pdf_over_its_limit_is_not_taken(report: IncidentReport) -> None:
    with pytest.raises(TooLarge, match="over 20,000 bytes"):
        await render_in_sandbox(report, limits=Limits(pdf_bytes=20_000))


async def test_a_cancelled_rendering_leaves_no_process_and_no_directory(report: IncidentReport) -> None:
    before = set(Path(tempfile.gettempdir()).glob("watchfloor-report-*"))
    task = asyncio.create_task(render_in_sandbox(crowded(report)))
    while not children():
        await asyncio.wait({task}, timeout=0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert children() == []
    assert set(Path(tempfile.gettempdir()).glob("watchfloor-report-*")) <= before


async def test_a_process_that_is_killed_from_outside_is_told_as_an_error(report: IncidentReport) -> None:
    task = asyncio.create_task(render_in_sandbox(crowded(report)))
    while not children():
        await asyncio.wait({task}, timeout=0.01)
    children()[0].terminate()
    with pytest.raises(Unavailable, match="ended without an answer"):
        await task


async def test_two_reports_at_once_do_not_meet(report: IncidentReport) -> None:
    other = replace(report, customer=replace(report.customer, name="Other GmbH"))
    first, second = await asyncio.gather(render_in_sandbox(report), render_in_sandbox(other))
    assert first.pdf != second.pdf
    assert (await render_in_sandbox(other)).pdf == second.pdf


async def test_the_environment_of_the_service_does_not_reach_the_process(
    report: IncidentReport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHFLOOR_CANARY", "c4n4ry")
    task = asyncio.create_task(render_in_sandbox(crowded(report)))
    while not children():
        await asyncio.wait({task}, timeout=0.01)
    environment = Path(f"/proc/{children()[0].pid}/environ").read_bytes()
    await asyncio.wait({task}, timeout=0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert b"c4n4ry" not in environment


@pytest.mark.parametrize(
    ("language", "time_zone", "where"),
    [
        ("xx", "Europe/Berlin", "customer.language"),
        ("en", "Europe/Atlantis", "customer.time_zone"),
        ("en", "../etc/passwd", "customer.time_zone"),
    ],
)
async def test_an_unknown_language_or_zone_is_named(
    language: str, time_zone: str, where: str, report: IncidentReport
) -> None:
    customer = replace(report.customer, language=language, time_zone=time_zone)
    with pytest.raises(Invalid) as fault:
        await render_in_sandbox(replace(report, customer=customer))
    assert fault.value.where == where
    assert fault.value.remedy is not None


async def test_facts_that_disagree_are_refused_with_every_fault(report: IncidentReport) -> None:
    counted = replace(report.figures, alerts=replace(report.figures.alerts, value=1, source="Q9"))
    with pytest.raises(Invalid, match=r"source 'Q9'.*; figures\.alerts is 1, but 5 are listed"):
        await render_in_sandbox(replace(report, figures=counted))


@pytest.mark.slow
async def test_the_largest_report_stays_within_its_limits(report: IncidentReport) -> None:
    printed = await render_in_sandbox(crowded(report))
    assert printed.pages <= 60


def children() -> list[psutil.Process]:
    """Renderings that this process has started and that have not ended."""
    found = psutil.Process(os.getpid()).children()
    return [child for child in found if child.status() != psutil.STATUS_ZOMBIE and "reports.worker" in child.cmdline()]


def crowded(report: IncidentReport) -> IncidentReport:
    """The report with as much of everything as is printed, and more."""
    event = report.evidence[0]
    field = replace(event.fields[0], value="C:\\Windows\\System32\\cmd.exe /c echo abc & " * 12)
    events = tuple(replace(event, key=f"{number:032x}", fields=(field,) * 20) for number in range(60))
    alerts = tuple(replace(report.alerts[number % 5], id=f"alr_{number}") for number in range(100))
    counted = replace(
        report.figures,
        events=replace(report.figures.events, value=5_000),
        alerts=replace(report.figures.alerts, value=len(alerts)),
    )
    return replace(report, evidence=events, alerts=alerts, timeline=report.timeline * 10, figures=counted)
