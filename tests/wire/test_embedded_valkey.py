"""The embedded Valkey: behind a password, and with what it was told when it is killed."""

import os
import signal
import socket
from collections.abc import AsyncGenerator, Awaitable
from pathlib import Path
from typing import Protocol, cast

import pytest
from redis.asyncio import Redis
from redis.exceptions import AuthenticationError

from infra.ports import free_port
from watchfloor.kernel.errors import Conflict, Unavailable
from watchfloor.ops.embedded.valkey import ValkeyServer


@pytest.fixture
def home(open_dir: Path, request: pytest.FixtureRequest) -> Path:
    """A home whose name holds what names may hold."""
    path = open_dir / f"it's a home %s ü valkey {request.node.name}"
    path.mkdir(mode=0o711)
    return path


@pytest.fixture
async def server(home: Path) -> AsyncGenerator[ValkeyServer]:
    """A server that has not been started."""
    server = ValkeyServer(home, free_port())
    yield server
    await server.stop()


class Send(Protocol):
    """The client's untyped way to send any command, with a type."""

    def __call__(self, *words: str) -> Awaitable[object]: ...


async def command(url: str, *words: str) -> object:
    """Send one command and give its answer."""
    client: Redis = Redis.from_url(url)  # pyright: ignore[reportUnknownMemberType]  its keywords have no types
    try:
        send = cast("Send", client.execute_command)  # pyright: ignore[reportUnknownMemberType]
        return await send(*words)
    finally:
        await client.aclose()


async def test_a_second_start_finds_what_the_first_was_told(server: ValkeyServer) -> None:
    await server.start()
    await command(server.url.reveal(), "SET", "kept", "7")
    await server.stop()
    await server.start()
    assert await command(server.url.reveal(), "GET", "kept") == b"7"


async def test_nobody_gets_in_without_the_password(server: ValkeyServer) -> None:
    await server.start()
    with pytest.raises(AuthenticationError):
        await command(f"redis://127.0.0.1:{server.port}", "GET", "kept")
    with pytest.raises(AuthenticationError):
        await command(f"redis://:guess@127.0.0.1:{server.port}", "GET", "kept")


async def test_the_password_stands_in_no_process_list_and_in_no_file_of_the_server(
    server: ValkeyServer, home: Path
) -> None:
    await server.start()
    password = (home / "secrets" / "valkey.default").read_text()
    assert len(password) >= 43
    assert password.encode() not in Path(f"/proc/{server.pid}/cmdline").read_bytes()
    assert password.encode() not in Path(f"/proc/{server.pid}/environ").read_bytes()
    written = [path for folder in ("valkey", "log") for path in (home / folder).rglob("*") if path.is_file()]
    assert written
    assert not [path for path in written if password.encode() in path.read_bytes()]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has rights to give up")
async def test_as_root_the_server_runs_as_a_system_account(server: ValkeyServer) -> None:
    await server.start()
    assert Path(f"/proc/{server.pid}").stat().st_uid == server.data_dir.stat().st_uid != 0


async def test_a_port_in_use_is_told_with_the_setting_that_moves_it(server: ValkeyServer) -> None:
    with socket.create_server(("127.0.0.1", server.port)), pytest.raises(Conflict) as refusal:
        await server.start()
    assert str(server.port) in refusal.value.message
    assert refusal.value.where == "WATCHFLOOR_VALKEY_PORT"
    await server.start()


async def test_a_damaged_file_is_told_and_not_thrown_away(server: ValkeyServer) -> None:
    await server.start()
    for number in range(100):
        await command(server.url.reveal(), "SET", f"key{number}", "x" * 100)
    await server.stop()
    (log,) = (server.data_dir / "appendonlydir").glob("*.incr.aof")
    first, second, rest = log.read_bytes().partition(b"key50")
    content = first[:-8] + b"!damage!" + second + rest
    log.write_bytes(content)
    with pytest.raises(Unavailable, match=r"Valkey cannot start: .*Bad file format"):
        await server.start()
    assert log.read_bytes() == content


async def test_a_file_that_ends_in_the_middle_of_a_command_is_read_up_to_there(server: ValkeyServer) -> None:
    await server.start()
    await command(server.url.reveal(), "SET", "kept", "7")
    await command(server.url.reveal(), "SET", "cut", "x" * 100)
    await server.stop()
    (log,) = (server.data_dir / "appendonlydir").glob("*.incr.aof")
    os.truncate(log, log.stat().st_size - 50)
    await server.start()
    assert await command(server.url.reveal(), "GET", "kept") == b"7"
    assert await command(server.url.reveal(), "GET", "cut") is None


@pytest.mark.crash
async def test_twenty_kills_lose_nothing_that_was_answered(server: ValkeyServer) -> None:
    await server.start()
    for number in range(1, 21):
        assert await command(server.url.reveal(), "INCR", "kept") == number
        assert server.pid is not None
        os.kill(server.pid, signal.SIGKILL)
        assert await server.wait() == -signal.SIGKILL
        await server.start()


async def test_a_server_that_runs_on_is_ended_and_replaced(server: ValkeyServer, home: Path) -> None:
    await server.start()
    await command(server.url.reveal(), "SET", "kept", "7")
    second = ValkeyServer(home, server.port)
    await second.start()
    try:
        assert await server.wait() == 0
        assert await command(second.url.reveal(), "GET", "kept") == b"7"
    finally:
        await second.stop()
