"""Who sends: the feed behind the token of a request.

Owns the forms in which clients show a token, and a short memory of what tokens stand for: a second at most, so that a
revoked token, a paused feed or a suspended tenant is refused within a second (R7). The memory is kept by the feed id
and the digest that the token itself carries (Q5). Look-ups of tokens that were never good are made one at a time, so
that guessing never keeps senders with good tokens from theirs.
"""

import asyncio
import base64
import binascii
import time
from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

import msgspec

from watchfloor.feeds.feed import Feed
from watchfloor.feeds.registry import TokenRefused, note_refused_token, recognise, recognise_named
from watchfloor.kernel.credentials import PresentedAlias, PresentedToken, parse_sender_token
from watchfloor.kernel.db import Database
from watchfloor.kernel.errors import Unauthenticated, Unavailable, WatchfloorError
from watchfloor.kernel.ids import FeedId
from watchfloor.tenancy.keyring import Keyring

FRESH_SECONDS: Final = 0.9
_KEPT: Final = 10_000
_GUESSES_IN_LINE: Final = 50
_NOTE_SECONDS: Final = 60.0
_NOTES_KEPT: Final = 1_000
_NO_TOKEN: Final = b""
"""The digest of a feed that is asked for by its name alone; no token has it."""

_Presented: TypeAlias = PresentedToken | PresentedAlias
_Key: TypeAlias = tuple[FeedId | None, bytes]
_Answer: TypeAlias = "Feed | TokenRefused"


class NoToken(Unauthenticated):
    """The request shows no token, or not in a form that we read."""

    code = "no_token"

    def __init__(self, because: Literal["missing", "malformed", "in_query"]) -> None:
        super().__init__(
            "There is no token in the Authorization header.",
            where="Authorization",
            remedy="Send `Authorization: Bearer <token>`.",
        )
        self.because = because


class ShownToken(msgspec.Struct, frozen=True):
    """A token as a request shows it. `in_url`: in the path or the query, where proxies and logs may keep it."""

    text: str
    in_url: bool


def token_of(headers: Mapping[str, str], query: Mapping[str, str], path_token: str | None = None) -> ShownToken:
    """The token in the Authorization header: as `Splunk` or `Bearer`, or as the password of `Basic`.

    Without that header it is the one in the path or the query (`token`). Raises NoToken.
    """
    value = headers.get("authorization")
    if value is None:
        in_url = path_token or query.get("token")
        if not in_url:
            raise NoToken("missing")
        return ShownToken(in_url, in_url=True)
    scheme, _, rest = value.strip().partition(" ")
    token = rest.strip()
    if scheme.lower() == "basic":
        token = _password(token)
    elif scheme.lower() not in ("splunk", "bearer"):
        raise NoToken("malformed")
    if not token:
        raise NoToken("malformed")
    return ShownToken(token, in_url=False)


class Gate:
    """Tells the feed of a token."""

    def __init__(self, directory: Database, keyring: Keyring) -> None:
        """`directory` is a database of wf_auth."""
        self._directory = directory
        self._keyring = keyring
        self._known: dict[_Key, tuple[float, _Answer]] = {}
        self._asking: dict[_Key, asyncio.Task[_Answer]] = {}
        self._guess = asyncio.Semaphore(1)
        self._guesses = 0
        self._noted: dict[FeedId, float] = {}
        self._notes: set[asyncio.Task[None]] = set()

    async def admit(self, token: str, *, remote: str) -> Feed:
        """The feed that the token stands for. Raises TokenRefused, and Unavailable when that cannot be told now."""
        try:
            presented = parse_sender_token(token)
        except Unauthenticated:
            raise TokenRefused("unknown") from None
        answer = await self._answer(presented)
        if isinstance(answer, Feed):
            return answer
        if answer.because == "unknown" and isinstance(presented, PresentedToken):
            self._note(presented, remote)
        raise TokenRefused(answer.because)

    async def admit_named(self, feed_id: FeedId) -> Feed:
        """The feed of this id, whoever asks: the caller checks who it is. Raises like `admit`."""
        answer = await self._answer(PresentedToken(feed_id=feed_id, digest=_NO_TOKEN))
        if isinstance(answer, Feed):
            return answer
        raise TokenRefused(answer.because)

    async def _answer(self, presented: _Presented) -> _Answer:
        key = _key(presented)
        known = self._known.get(key)
        if known is not None and time.monotonic() < known[0]:
            return known[1]
        asking = self._asking.get(key)
        if asking is None:
            was_good = known is not None and isinstance(known[1], Feed)
            asking = asyncio.create_task(self._ask(presented) if was_good else self._ask_in_line(presented))
            self._asking[key] = asking
            asking.add_done_callback(lambda asked: self._forget(key, asked))
        return await asyncio.shield(asking)

    def _forget(self, key: _Key, asked: "asyncio.Task[_Answer]") -> None:
        self._asking.pop(key, None)
        if not asked.cancelled():
            asked.exception()  # whoever waited has it; if all hung up, nobody misses it

    async def _ask_in_line(self, presented: _Presented) -> _Answer:
        if self._guesses >= _GUESSES_IN_LINE:
            raise Unavailable("Too many new tokens are being looked up.", retry_after_seconds=1)
        self._guesses += 1
        try:
            async with self._guess:
                return await self._ask(presented)
        finally:
            self._guesses -= 1

    async def _ask(self, presented: _Presented) -> _Answer:
        until = time.monotonic() + FRESH_SECONDS
        answer: _Answer
        try:
            if isinstance(presented, PresentedToken) and presented.digest == _NO_TOKEN:
                answer = await recognise_named(self._directory, presented.feed_id)
            else:
                answer = await recognise(self._directory, presented)
        except TokenRefused as refused:
            answer = refused
        if len(self._known) >= _KEPT:
            self._known.clear()
        self._known[_key(presented)] = (until, answer)
        return answer

    def _note(self, presented: PresentedToken, remote: str) -> None:
        """Tells the feed's owner of a wrong secret: once a minute for each feed, one note at a time."""
        now = time.monotonic()
        if self._notes or now - self._noted.get(presented.feed_id, -_NOTE_SECONDS) < _NOTE_SECONDS:
            return
        if len(self._noted) >= _NOTES_KEPT:
            self._noted.clear()
        self._noted[presented.feed_id] = now
        task = asyncio.create_task(self._write_note(presented, remote))
        self._notes.add(task)
        task.add_done_callback(self._notes.discard)

    async def _write_note(self, presented: PresentedToken, remote: str) -> None:
        try:
            await note_refused_token(self._directory, self._keyring, presented, remote=remote)
        except WatchfloorError:
            return  # a note that cannot be written changes nothing for the sender; the refusal stands


def _key(presented: _Presented) -> _Key:
    """An alias does not say whose it is; its digest alone is as good as unique."""
    return (presented.feed_id if isinstance(presented, PresentedToken) else None, presented.digest)


def _password(encoded: str) -> str:
    try:
        decoded = base64.b64decode(encoded, validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        raise NoToken("malformed") from None
    return decoded.partition(":")[2]
