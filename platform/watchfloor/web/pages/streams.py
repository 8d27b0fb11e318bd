"""Streams of server-sent events, one for each page that is open: word that an incident has changed, never what it says.

Owns who hears what: at each push the session and the person's memberships are read again, and word of a tenant that is
not among them goes nowhere (R7). Ended sessions are looked for twice a second, for all streams at once, and their
streams end. A slow reader gets one word for many changes.
"""

import asyncio
from collections.abc import AsyncGenerator
from typing import Final

import msgspec
from redis.asyncio import Redis

from watchfloor.access.limits import Limit, LimitReached
from watchfloor.access.principal import Principal
from watchfloor.access.sessions import Session, living_sessions, resume_session
from watchfloor.desk.changes import Changed, Word
from watchfloor.desk.front import customers
from watchfloor.kernel import ids
from watchfloor.kernel.db import Database, directory_tx
from watchfloor.kernel.errors import Unauthenticated, Unavailable, WatchfloorError
from watchfloor.kernel.ids import PersonId, TenantId

OF_A_PERSON: Final = Limit(name="streams", count=4, seconds=5)
"""How many streams one person may have open; over HTTP/1.1 a browser has six connections for all pages of a site."""

IN_ALL: Final = 400
HEARTBEAT_SECONDS: Final = 15.0

_WARDEN_SECONDS: Final = 0.4
_REST_SECONDS: Final = 0.25
_BEGIN: Final = b"retry: 2000\n\n"
_HEARTBEAT: Final = b": here\n\n"
_LOOK: Final = b"event: look\ndata: []\n\n"


class Stream:
    """What one open page has still to hear."""

    def __init__(self, session: Session, person_id: PersonId, only: TenantId | None) -> None:
        self.session = session
        self.person_id = person_id
        self._only = only
        self.has_ended = False
        self._incidents: dict[str, set[str]] = {}
        self._must_look = False
        self._woken = asyncio.Event()

    def may_hear(self, principal: Principal) -> bool:
        """Whether who reads is still let in: staff to all that is theirs, others to the one tenant in question."""
        if self._only is None:
            return principal.is_staff
        return any(membership.tenant_id == self._only for membership in customers(principal))

    def hear(self, changed: Changed | None) -> None:
        """Notes what changed, or that something may have."""
        if changed is None:
            self._must_look = True
        else:
            self._incidents.setdefault(changed.tenant, set()).update(changed.incidents)
        self._woken.set()

    def end(self) -> None:
        """Ends it."""
        self.has_ended = True
        self._woken.set()

    async def wait(self, *, seconds: float) -> bool:
        """Whether there is something to do, as soon as there is; False after so many seconds."""
        try:
            await asyncio.wait_for(self._woken.wait(), seconds)
        except TimeoutError:
            return False
        self._woken.clear()
        return True

    def take(self, principal: Principal) -> bytes:
        """What was noted, as an event for who may read it; empty when nothing of it concerns the reader."""
        own = {
            ids.show("ten", membership.tenant_id)
            for membership in customers(principal)
            if self._only in (None, membership.tenant_id)
        }
        changed = sorted({one for tenant, noted in self._incidents.items() if tenant in own for one in noted})
        must_look, self._must_look, self._incidents = self._must_look, False, {}
        if changed:
            return b"event: changed\ndata: " + msgspec.json.encode(changed) + b"\n\n"
        return _LOOK if must_look else b""


class Streams:
    """All streams of this process. What they share runs while there are any."""

    def __init__(self, *, directory: Database, valkey: Redis) -> None:
        self._directory = directory
        self._word = Word(valkey)
        self._open: set[Stream] = set()
        self._tasks: list[asyncio.Task[None]] = []

    def open(self, session: Session, person_id: PersonId, *, only: TenantId | None = None) -> Stream:
        """A stream for a page, of `only` one tenant's changes, or of all that staff may read.

        Raises LimitReached when the person has too many, Unavailable when everybody has.
        """
        if sum(stream.person_id == person_id for stream in self._open) >= OF_A_PERSON.count:
            raise LimitReached(OF_A_PERSON, retry_after_seconds=OF_A_PERSON.seconds)
        if len(self._open) >= IN_ALL:
            raise Unavailable("Too many pages are open.", remedy="The page looks for changes by itself.")
        stream = Stream(session, person_id, only)
        stream.hear(None)  # what changed since the page was drawn
        self._open.add(stream)
        if not self._tasks:
            self._tasks = [asyncio.create_task(self._word.follow(self._hear)), asyncio.create_task(self._watch())]
        return stream

    async def events(self, stream: Stream) -> AsyncGenerator[bytes]:
        """What the page gets, until its session or the process ends, or the page is gone."""
        try:
            yield _BEGIN
            while not stream.has_ended:
                if not await stream.wait(seconds=HEARTBEAT_SECONDS):
                    yield _HEARTBEAT
                    continue
                principal = await self._reader(stream)
                if principal is None:
                    return
                if event := stream.take(principal):
                    yield event
                    await asyncio.sleep(_REST_SECONDS)
        finally:
            self._leave(stream)

    def end_all(self) -> None:
        """Ends all streams; pages come back to the next process."""
        for stream in self._open:
            stream.end()

    async def _reader(self, stream: Stream) -> Principal | None:
        """Who reads, as the directory says now; None for who may read no more."""
        if stream.has_ended:
            return None
        try:
            async with directory_tx(self._directory) as tx:
                principal, _ = await resume_session(tx, stream.session.id, keeps_alive=False)
        except (Unauthenticated, Unavailable):
            return None
        return principal if stream.may_hear(principal) else None

    def _hear(self, changed: Changed | None) -> None:
        for stream in self._open:
            stream.hear(changed)

    async def _watch(self) -> None:
        """Ends the streams of ended sessions. When nobody can say which those are, it ends all."""
        while True:
            await asyncio.sleep(_WARDEN_SECONDS)
            watched = list(self._open)
            try:
                async with directory_tx(self._directory) as tx:
                    living = await living_sessions(tx, [stream.session.id for stream in watched])
            except WatchfloorError:
                living = [False] * len(watched)
            for stream, lives in zip(watched, living, strict=True):
                if not lives:
                    stream.end()

    def _leave(self, stream: Stream) -> None:
        self._open.discard(stream)
        if not self._open:
            for task in self._tasks:
                task.cancel()
            self._tasks = []
