"""Bodies and conversations that mean harm, for every HTTP door, and a door's process to try them on (N1).

A door says how one JSON value becomes an event in its protocol (`Wrap`), and gets the table in its own words. What is
expected of every door: an answer of 4xx within a second, in the protocol's own form, nothing stored, little memory,
and a worker that goes on answering.
"""

import asyncio
import functools
import gzip
import os
import re
import sys
import zlib
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

import httpx
import zstandard

from infra.ports import free_port
from watchfloor.kernel.config import Settings
from watchfloor.ops.service import Program

Wrap: TypeAlias = Callable[[bytes], bytes]
"""One JSON value as an event of a protocol; events may stand one after the other in a body."""

ROOM_BYTES: Final = 64_000_000
"""How much more memory than when idle a door's process may ever hold."""

SECONDS: Final = 1.0
"""Within which every hostile body is answered."""

BOMB_BYTES: Final = 200_000_000


@dataclass(frozen=True)
class HostileBody:
    """A body and its Content-Encoding. `is_partly_good`: a door that judges event by event may take some of it."""

    body: bytes
    encoding: str = ""
    is_partly_good: bool = False


@dataclass(frozen=True)
class DoorProcess:
    """Doors in a process of their own."""

    client: httpx.AsyncClient
    program: Program
    port: int

    def most_bytes(self) -> int:
        """The most memory that the process has ever held."""
        found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{self.program.pid}/status").read_text("utf-8"))
        assert found is not None
        return int(found[1]) * 1_024


def door_command(settings: Settings, port: int, **more: str) -> list[str]:
    """The command that runs the doors of this installation on a port. `more` are settings without their prefix."""
    assert settings.database_url is not None
    environment = {
        "WATCHFLOOR_HOME": str(settings.home),
        "WATCHFLOOR_ENVIRONMENT": "test",
        "WATCHFLOOR_VALKEY_PORT": str(settings.valkey_port),
        **({"VALKEY_URL": settings.valkey_url.reveal()} if settings.valkey_url is not None else {}),
        "WATCHFLOOR_DOOR_PORT": str(port),
        "DATABASE_URL": settings.database_url.reveal(),
        **{f"WATCHFLOOR_{name.upper()}": value for name, value in more.items()},
    }
    variables = [f"{variable}={value}" for variable, value in environment.items()]
    return ["/usr/bin/env", *variables, sys.executable, "-P", "-m", "watchfloor.ops.cli", "serve", "doors"]


@asynccontextmanager
async def door_process(
    settings: Settings, *, port: int | None = None, name: str = "doors", **more: str
) -> AsyncGenerator[DoorProcess]:
    """Doors in a process of their own, on a free port unless one is given, until the end of the block."""
    port = free_port() if port is None else port
    program = Program(name, door_command(settings, port, **more), log_dir=settings.home / "log")
    await program.start()
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20) as client:
            yield DoorProcess(client, program, port)
    finally:
        await program.stop()


def hostile_bodies(wrap: Wrap) -> dict[str, HostileBody]:
    """Bodies of which a door may take nothing (or little: `is_partly_good`), by what is wrong with them."""
    return {**_bombs(), **_encodings(wrap), **_sizes(wrap), **_texts(wrap)}


@functools.cache
def _bombs() -> dict[str, HostileBody]:
    zeros = bytes(BOMB_BYTES)
    bomb = gzip.compress(zeros, 6)
    return {
        "a gzip bomb": HostileBody(bomb, "gzip"),
        "a gzip bomb of many members": HostileBody(gzip.compress(bytes(40_000_000), 9) * 10, "gzip"),
        "a bomb in a bomb": HostileBody(gzip.compress(bomb), "gzip"),
        "a deflate bomb": HostileBody(zlib.compress(zeros), "deflate"),
        "a bare deflate bomb": HostileBody(zlib.compress(zeros, wbits=-15), "deflate"),
        "a zstd bomb": HostileBody(zstandard.compress(zeros), "zstd"),
        "a zstd bomb of many frames": HostileBody(zstandard.compress(bytes(30_000_000)) * 30, "zstd"),
        "a hundred thousand empty gzip members": HostileBody(gzip.compress(b"") * 100_000, "gzip"),
        "a bomb of white space": HostileBody(gzip.compress(b" " * 19_000_000 + b"x", 1), "gzip"),
    }


def _encodings(wrap: Wrap) -> dict[str, HostileBody]:
    good = wrap(b'{"a":1}')
    return {
        "gzip that is cut off": HostileBody(gzip.compress(good * 500)[:-9], "gzip"),
        "gzip with rubbish behind it": HostileBody(gzip.compress(good) + b"rubbish", "gzip"),
        "gzip that is none": HostileBody(b"\x1f\x8b" + os.urandom(500), "gzip"),
        "plain text called gzip": HostileBody(good, "gzip"),
        "zstd that is none": HostileBody(b"\x28\xb5\x2f\xfd" + os.urandom(500), "zstd"),
        "plain text called zstd": HostileBody(good, "zstd"),
        "gzip called identity": HostileBody(gzip.compress(good)),
        "an unknown encoding": HostileBody(good, "br"),
        "an encoding of a thousand letters": HostileBody(good, "x" * 1_000),
        "two encodings": HostileBody(gzip.compress(gzip.compress(good)), "gzip, gzip"),
    }


def _sizes(wrap: Wrap) -> dict[str, HostileBody]:
    many_keys = b"{" + b",".join(b'"k%d":%d' % (key, key) for key in range(300_000)) + b"}"
    deep = b'{"a":' * 100_000 + b"1" + b"}" * 100_000
    return {
        "more than five megabytes": HostileBody(wrap(b'"' + b"x" * 5_000_000 + b'"')),
        "twenty megabytes of events": HostileBody(gzip.compress(wrap(b"{}") * 1_700_000), "gzip"),
        "a million empty objects": HostileBody(b"{}" * 1_000_000),
        "a million empty objects in lines": HostileBody(b"{}\n" * 1_000_000),
        "a million numbers": HostileBody(b"1 " * 1_000_000),
        "more than ten thousand events": HostileBody(wrap(b'{"a":1}') * 10_001),
        "a hundred thousand levels": HostileBody(wrap(deep)),
        "a hundred thousand open brackets": HostileBody(b"[" * 100_000),
        "levels that never close": HostileBody(b'{"a":{"b":' * 50_000),
        "one event of four megabytes": HostileBody(wrap(b'{"a":"' + b"x" * 4_000_000 + b'"}')),
        "a key of four megabytes": HostileBody(wrap(b'{"' + b"k" * 4_000_000 + b'":1}')),
        "three hundred thousand keys": HostileBody(wrap(many_keys)),
        "forty levels": HostileBody(wrap(b'{"a":' * 40 + b"1" + b"}" * 40)),
        "an endless number": HostileBody(b"9" * 4_000_000),
        "a text that never ends": HostileBody(b'{"a":"' + b"a" * 4_000_000),
        "backslashes without end": HostileBody(b'{"a":"' + b"\\" * 4_000_001 + b'"}'),
        "surrogates without end": HostileBody(b'{"a":"' + b"\\ud800" * 600_000),
        "every line opens what no line closes": HostileBody((b"[" + b"1," * 5_000 + b"\n") * 400 + b"x"),
    }


def _texts(wrap: Wrap) -> dict[str, HostileBody]:
    good = wrap(b'{"a":1}')
    return {
        "a raw NUL in a text": HostileBody(wrap(b'"a\0b"')),
        "nothing but NUL": HostileBody(b"\0" * 1_000_000),
        "a NUL between events": HostileBody(good + b"\0" + good, is_partly_good=True),
        "broken UTF-8 between events": HostileBody(good + b"\xff\xfe" + good, is_partly_good=True),
        "UTF-16": HostileBody('{"event":1}'.encode("utf-16")),
        "a form": HostileBody(b"event=1&token=2"),
        "XML": HostileBody(b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>"),
        "JSON with comments": HostileBody(b"/* " + good + b" */"),
        "not a number": HostileBody(wrap(b"NaN")),
        "hexadecimal": HostileBody(wrap(b"0xff")),
        "an event cut off in an escape": HostileBody(wrap(b'"\\u00')),
    }


def hostile_values() -> dict[str, bytes]:
    """JSON values that are allowed and ugly. A door may take or refuse each, quickly, and never fail on one."""
    return {
        "a number beyond every float": b'{"a":1e100000}',
        "a number of a hundred thousand digits": b'{"a":' + b"9" * 100_000 + b"}",
        "a fraction of a hundred thousand digits": b'{"a":0.' + b"1" * 100_000 + b"}",
        "a NUL": b'{"a\\u0000":"\\u0000"}',
        "half a surrogate pair": b'{"a":"\\ud800","\\udfff":1}',
        "two first halves": b'{"a":"\\ud800\\ud800"}',
        "broken UTF-8 in a text": b'{"a":"\xff\xfe\xc0\x80"}',
        "an overlong slash": b'{"a":"\xc0\xaf"}',
        "the same key twice": b'{"a":1,"a":2}',
        "the same key a thousand times": b"{" + b",".join([b'"a":1'] * 1_000) + b"}",
        "an empty key": b'{"":1}',
        "a key of two hundred thousand letters": b'{"' + b"k" * 200_000 + b'":1}',
        "keys that mean something elsewhere": b'{"__proto__":1,"constructor":2,"tenant_id":"x","_id":{"$ne":1}}',
        "terminal escapes": b'{"a":"\\u001b]0;x\\u0007\\u001b[2J"}',
        "text that runs backwards": '{"a":"\u202ecod.exe"}'.encode(),
        "negative nothing": b'{"a":-0.0,"b":-0}',
    }


def hostile_conversations(path: str, credential: str, body: bytes) -> dict[str, tuple[bytes, ...]]:
    """Whole requests, in pieces, that break HTTP itself; each ends in a 4xx or in a closed connection.

    `credential` is the value of the Authorization header; `body` would be good in itself.
    """
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: {credential}\r\n".encode()
    return {
        "a length that is no number": (head + b"Content-Length: many\r\n\r\n" + body,),
        "a negative length": (head + b"Content-Length: -5\r\n\r\n" + body,),
        "a length of twenty digits": (head + b"Content-Length: 99999999999999999999\r\n\r\n" + body,),
        "two lengths": (head + b"Content-Length: 3\r\nContent-Length: %d\r\n\r\n" % len(body) + body,),
        "a length beyond the limit": (head + b"Content-Length: 50000000\r\n\r\n" + body,),
        "a length and chunks": (
            head
            + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n" % len(body)
            + body
            + b"\r\n0\r\n\r\n",
        ),
        "chunks of a size that is none": (head + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n" + body + b"\r\n",),
        "a header of a megabyte": (head + b"X-Long: " + b"x" * 1_000_000 + b"\r\n\r\n",),
        "a header with a NUL": (head + b"X-Nul: a\0b\r\nContent-Length: %d\r\n\r\n" % len(body) + body,),
        "no HTTP at all": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(100) + b"\r\n\r\n",),
    }


async def talk(port: int, *pieces: bytes, within: float = 5.0) -> bytes:
    """Writes pieces to the port and gives what comes back until the end, or until the other side hangs up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    said = bytearray()
    try:
        async with asyncio.timeout(within):
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
            while some := await reader.read(65_536):
                said += some
    except ConnectionError:
        return bytes(said)
    finally:
        writer.close()
    return bytes(said)
