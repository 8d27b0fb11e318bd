"""What there is: servers, channels, members, messages and interactions, kept in memory.

Owns ids and time. It checks nothing and sends nothing but events to whoever listens.
"""

import asyncio
import secrets
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from infra.discord.json_parts import Json

EPOCH_MS: Final = 1_420_070_400_000

TEXT: Final = 0
CATEGORY: Final = 4
POST: Final = 11
FORUM: Final = 15

EPHEMERAL: Final = 1 << 6
LOADING: Final = 1 << 7
SILENT: Final = 1 << 12
COMPONENTS_V2: Final = 1 << 15

EXCHANGES_KEPT: Final = 50_000


@dataclass
class User:
    """An account, of a person or of a bot."""

    id: int
    name: str
    is_bot: bool = False


@dataclass
class Member:
    """An account in a server."""

    user: User
    roles: set[int] = field(default_factory=set)


@dataclass
class Role:
    """A role; the one with the server's own id is everyone's."""

    id: int
    name: str
    permissions: int
    position: int = 1
    managed_by: int = 0


@dataclass
class Overwrite:
    """What a channel gives or takes; `kind` 0 for a role and 1 for a member."""

    id: int
    kind: int
    allow: int
    deny: int


@dataclass
class Channel:
    """A channel, a forum, or a post in one."""

    id: int
    kind: int
    name: str
    guild_id: int
    parent_id: int = 0
    overwrites: dict[int, Overwrite] = field(default_factory=dict)
    tags: list[Json] = field(default_factory=list)
    topic: str = ""
    owner_id: int = 0
    archived: bool = False
    locked: bool = False
    archive_minutes: int = 4_320
    applied_tags: list[int] = field(default_factory=list)
    messages: dict[int, "Message"] = field(default_factory=dict)
    sent: int = 0
    renamed_at: list[float] = field(default_factory=list)


@dataclass
class Message:
    """A message; `only_for` is the account that alone sees it. `revisions` counts how often it was edited."""

    id: int
    channel_id: int
    author: User
    content: str = ""
    components: list[Json] = field(default_factory=list)
    embeds: list[Json] = field(default_factory=list)
    flags: int = 0
    nonce: str = ""
    edited_at: float = 0.0
    revisions: int = 0
    pinged: list[int] = field(default_factory=list)
    mentioned: list[int] = field(default_factory=list)
    only_for: int = 0
    pinned: bool = False


@dataclass
class Interaction:
    """What a person did, and what the bot made of it."""

    id: int
    token: str
    kind: int
    user: User
    guild_id: int
    channel_id: int
    data: Json
    at: float
    source: Message | None = None
    answered_at: float = 0.0
    answer: int = 0
    message: Message | None = None
    form: Json = field(default_factory=dict)
    choices: list[str] = field(default_factory=list)
    follow_ups: list[Message] = field(default_factory=list)
    answers: int = 0
    refused: list[int] = field(default_factory=list)
    first: asyncio.Event = field(default_factory=asyncio.Event)
    settled: asyncio.Event = field(default_factory=asyncio.Event)
    settled_at: float = 0.0

    def settle(self, now: float) -> None:
        """The person has the answer."""
        if not self.settled.is_set():
            self.settled_at = now
            self.settled.set()


@dataclass
class Guild:
    """A server."""

    id: int
    name: str
    owner_id: int
    roles: dict[int, Role] = field(default_factory=dict)
    members: dict[int, Member] = field(default_factory=dict)
    channels: dict[int, Channel] = field(default_factory=dict)
    commands: list[Json] = field(default_factory=list)
    registrations: int = 0


@dataclass(frozen=True)
class Exchange:
    """A request and what was answered."""

    method: str
    template: str
    path: str
    body: object
    status: int
    answer: object
    at: float


class World:
    """One Discord."""

    def __init__(self, *, token: str, application_id: int) -> None:
        self.token = token
        self.application_id = application_id
        self.bot = User(application_id, "Watchfloor", is_bot=True)
        self.users: dict[int, User] = {application_id: self.bot}
        self.guilds: dict[int, Guild] = {}
        self.interactions: dict[str, Interaction] = {}
        self.exchanges: deque[Exchange] = deque(maxlen=EXCHANGES_KEPT)
        self.nonces: dict[tuple[int, str], tuple[float, Message]] = {}
        self.tell: Callable[[int, str, Json], None] = lambda _guild, _event, _data: None
        self.ahead = 0.0
        self._last_ms = 0
        self._in_ms = 0

    def now(self) -> float:
        """Seconds since 1970, moved ahead by `ahead`."""
        return time.time() + self.ahead

    def snowflake(self, *, age: float = 0.0) -> int:
        """A new id, made `age` seconds ago."""
        milliseconds = int((self.now() - age) * 1_000)
        if age == 0.0:
            milliseconds = max(milliseconds, self._last_ms)
            self._last_ms = milliseconds
        self._in_ms = (self._in_ms + 1) % (1 << 22)
        return ((milliseconds - EPOCH_MS) << 22) | self._in_ms

    def user(self, name: str) -> User:
        """A new account of a person."""
        user = User(self.snowflake(), name)
        self.users[user.id] = user
        return user

    def channel(self, channel_id: int) -> Channel | None:
        """A channel, or a post, of any server."""
        for guild in self.guilds.values():
            if channel_id in guild.channels:
                return guild.channels[channel_id]
        return None

    def posts(self, guild: Guild) -> list[Channel]:
        """The server's posts, the oldest first."""
        return sorted((one for one in guild.channels.values() if one.kind == POST), key=lambda one: one.id)

    def interaction(
        self, user: User, kind: int, *, guild_id: int, channel_id: int, data: Json, age: float
    ) -> Interaction:
        """Notes an interaction that a person begins."""
        begun = Interaction(
            id=self.snowflake(age=age),
            token=secrets.token_urlsafe(48),
            kind=kind,
            user=user,
            guild_id=guild_id,
            channel_id=channel_id,
            data=data,
            at=self.now() - age,
        )
        self.interactions[begun.token] = begun
        return begun


def iso(seconds: float) -> str:
    """An instant as Discord writes it."""
    return datetime.fromtimestamp(seconds, tz=UTC).isoformat()


def made_at(snowflake: int) -> float:
    """When an id was made, in seconds since 1970."""
    return ((snowflake >> 22) + EPOCH_MS) / 1_000
