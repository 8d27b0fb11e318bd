"""Answers, kept for the page that a form leads to: the browser is sent there, and a reload asks for nothing again.

An answer is sealed under a key that only the session's own cookie gives, so Valkey holds nothing readable and nobody
can put words on another's page. It lasts minutes; losing it loses a sentence, never what was done.
"""

import re
import secrets
from typing import Final, cast

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError

from watchfloor.access.sessions import Session
from watchfloor.kernel.crypto import Unopenable, bind, open_with, seal_with, sign

LOST: Final = "lost"
"""Stands for an answer that could not be kept."""

_SECONDS: Final = 900
_PURPOSE: Final = "console/answers/1"
_NAME: Final = re.compile(r"[0-9a-f]{32}")
_LONGEST: Final = 262_144


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """An answer: the sentence, and what there is to show, escaped and drawn already."""

    text: str
    ok: bool
    drawn: str = ""


async def keep(valkey: Redis, session: Session, answer: Kept) -> str:
    """Keeps the answer and says by which name; `LOST` when it cannot be kept."""
    name = secrets.token_hex(16)
    sealed = seal_with(_key(session), msgspec.msgpack.encode(answer), context=bind(_PURPOSE, name))
    if len(sealed) > _LONGEST:
        return LOST
    try:
        await valkey.set(_place(name), sealed, ex=_SECONDS)
    except RedisError:
        return LOST
    return name


async def recall(valkey: Redis, session: Session, name: str) -> Kept | None:
    """The answer that was kept for this very session; None when there is none."""
    if not _NAME.fullmatch(name):
        return None
    try:
        sealed = cast("bytes | None", await valkey.get(_place(name)))
        plain = None if sealed is None else open_with(_key(session), sealed, context=bind(_PURPOSE, name))
    except (RedisError, Unopenable):
        return None
    return None if plain is None else msgspec.msgpack.decode(plain, type=Kept)


def _key(session: Session) -> bytes:
    return sign(session.id.reveal().encode(), _PURPOSE.encode())


def _place(name: str) -> str:
    return f"wf:console:answer:{name}"
