"""The gateway: sessions of the bot, each with its own count of events, and what is played again when one resumes."""

import asyncio
import contextlib
import secrets
import zlib
from collections import deque
from dataclasses import dataclass, field
from typing import Final, Protocol

import aiohttp
import msgspec
from aiohttp import web

from infra.discord import payloads
from infra.discord.json_parts import Json, as_object, child, number, text
from infra.discord.world import World

DISPATCH: Final = 0
HEARTBEAT: Final = 1
IDENTIFY: Final = 2
RESUME: Final = 6
RECONNECT: Final = 7
INVALID: Final = 9
HELLO: Final = 10
HEARTBEAT_ACK: Final = 11
ACK_SECONDS: Final = 0.02

PRIVILEGED: Final = (1 << 1) | (1 << 8) | (1 << 15)
GUILDS: Final = 1
SENDS_A_MINUTE: Final = 120
HEARTBEAT_SECONDS: Final = 20.0
REPLAYED: Final = 1_000
IDENTIFIES_A_DAY: Final = 1_000


class Deflater(Protocol):
    """A stream of compression."""

    def compress(self, data: bytes, /) -> bytes:
        """Takes data, and gives what is ready."""
        ...

    def flush(self, mode: int = ..., /) -> bytes:
        """Gives the rest."""
        ...


@dataclass
class Line:
    """A connection, with its own stream of compression if the client asked for one."""

    socket: web.WebSocketResponse
    stream: Deflater | None

    async def send(self, payload: Json) -> None:
        """Sends one event."""
        data = msgspec.json.encode(payload)
        if self.stream is None:
            await self.socket.send_str(data.decode())
        else:
            await self.socket.send_bytes(self.stream.compress(data) + self.stream.flush(zlib.Z_SYNC_FLUSH))


@dataclass
class Session:
    """A session; it outlives its connection for as long as it can be resumed."""

    id: str
    intents: int
    sequence: int = 0
    events: deque[Json] = field(default_factory=lambda: deque(maxlen=REPLAYED))
    line: Line | None = None

    async def tell(self, event: str, data: Json) -> None:
        """Tells of an event now, or when the session is resumed."""
        self.sequence += 1
        payload: Json = {"op": DISPATCH, "s": self.sequence, "t": event, "d": data}
        self.events.append(payload)
        if self.line is not None:
            with contextlib.suppress(ConnectionError, RuntimeError):
                await self.line.send(payload)


class Gateway:
    """All sessions."""

    def __init__(self, world: World, url: str) -> None:
        self.world = world
        self.url = url
        self.sessions: dict[str, Session] = {}
        self.identified = 0
        self.resumed = 0
        self.is_open = True
        self._tasks: set[asyncio.Task[None]] = set()
        self._order = asyncio.Lock()
        world.tell = self.tell

    @property
    def connected(self) -> int:
        """How many sessions are connected."""
        return sum(session.line is not None for session in self.sessions.values())

    def tell(self, guild_id: int, event: str, data: Json) -> None:
        """Tells all sessions of an event, in order."""
        del guild_id
        task = asyncio.get_running_loop().create_task(self._tell(event, data))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def drop(self, code: int = 4000) -> None:
        """Cuts every connection; the sessions can be resumed."""
        for session in self.sessions.values():
            line, session.line = session.line, None
            if line is not None:
                await line.socket.close(code=code)

    async def ask_to_reconnect(self) -> None:
        """Asks every client to connect anew, as before Discord's own restarts."""
        for session in self.sessions.values():
            if session.line is not None:
                await session.line.send({"op": RECONNECT, "d": None})

    async def forget(self) -> None:
        """Ends every session; what happens until a new one begins is told to nobody."""
        sessions, self.sessions = self.sessions, {}
        for session in sessions.values():
            line, session.line = session.line, None
            if line is not None:
                await line.send({"op": INVALID, "d": False})
                await line.socket.close(code=4009)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One connection."""
        socket = web.WebSocketResponse(max_msg_size=0)
        await socket.prepare(request)
        if not self.is_open:
            await socket.close(code=4000)
            return socket
        stream = zlib.compressobj() if request.query.get("compress") == "zlib-stream" else None
        line = Line(socket, stream)
        if request.query.get("v") != "10" or request.query.get("encoding") != "json":
            await socket.close(code=4012)
            return socket
        await line.send({"op": HELLO, "d": {"heartbeat_interval": int(HEARTBEAT_SECONDS * 1_000)}})
        try:
            await self._listen(line)
        finally:
            for session in self.sessions.values():
                if session.line is line:
                    session.line = None
        return socket

    async def _tell(self, event: str, data: Json) -> None:
        async with self._order:
            for session in list(self.sessions.values()):
                await session.tell(event, data)

    async def _listen(self, line: Line) -> None:
        sent: deque[float] = deque(maxlen=SENDS_A_MINUTE)
        session: Session | None = None
        while not line.socket.closed:
            try:
                received = await line.socket.receive(timeout=HEARTBEAT_SECONDS * 2)
            except TimeoutError:
                await line.socket.close(code=4000)
                return
            if received.type is not aiohttp.WSMsgType.TEXT:
                return
            now = asyncio.get_running_loop().time()
            if len(sent) == SENDS_A_MINUTE and now - sent[0] < 60:
                await line.socket.close(code=4008)
                return
            sent.append(now)
            try:
                payload = as_object(msgspec.json.decode(str(received.data)))
            except msgspec.DecodeError:
                await line.socket.close(code=4002)
                return
            session = await self._take(line, session, payload)

    async def _take(self, line: Line, session: Session | None, payload: Json) -> Session | None:
        operation = number(payload, "op", -1)
        if operation == HEARTBEAT:
            # No network is this quick: the client's thread would note an answer before it noted the question.
            await asyncio.sleep(ACK_SECONDS)
            await line.send({"op": HEARTBEAT_ACK, "d": None})
        elif operation == IDENTIFY:
            return await self._identify(line, session, child(payload, "d"))
        elif operation == RESUME:
            return await self._resume(line, child(payload, "d"))
        elif session is None:
            await line.socket.close(code=4003)
        elif operation not in (3, 4, 8):
            await line.socket.close(code=4001)
        return session

    async def _identify(self, line: Line, session: Session | None, data: Json) -> Session | None:
        code = self._refusal(session, data)
        if code:
            await line.socket.close(code=code)
            return session
        self.identified += 1
        fresh = Session(secrets.token_hex(16), number(data, "intents"))
        async with self._order:
            fresh.line = line
            self.sessions[fresh.id] = fresh
            guilds = list(self.world.guilds.values())
            ready: Json = {
                "v": 10,
                "user": payloads.user(self.world.bot),
                "guilds": [{"id": str(guild.id), "unavailable": True} for guild in guilds],
                "session_id": fresh.id,
                "resume_gateway_url": self.url,
                "application": {"id": str(self.world.application_id), "flags": 0},
            }
            await fresh.tell("READY", ready)
            for guild in guilds:
                await fresh.tell("GUILD_CREATE", payloads.guild_created(guild, self.world))
        return fresh

    def _refusal(self, session: Session | None, data: Json) -> int:
        if session is not None:
            return 4005
        if text(data, "token") != self.world.token or self.identified >= IDENTIFIES_A_DAY:
            return 4004
        if number(data, "intents") & PRIVILEGED:
            return 4014
        return 0

    async def _resume(self, line: Line, data: Json) -> Session | None:
        session = self.sessions.get(text(data, "session_id"))
        seen = number(data, "seq", -1)
        if text(data, "token") != self.world.token:
            await line.socket.close(code=4004)
            return None
        if session is None or seen > session.sequence:
            await line.send({"op": INVALID, "d": False})
            return None
        self.resumed += 1
        async with self._order:
            for payload in [one for one in session.events if number(one, "s") > seen]:
                await line.send(payload)
            session.line = line
            await session.tell("RESUMED", {"_trace": []})
        return session
