"""A Discord server inside the process, with our bot in it and people of the floor as its members."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, cast

import msgspec
import simcord

from bot.discord.channels import plan
from bot.discord.connection import Parts, assemble
from bot.discord.counter import Counter
from tests.chat.floor import Floor
from watchfloor.access.chat_accounts.linking import link, make_code
from watchfloor.access.people import principal_of
from watchfloor.kernel.clock import Clock
from watchfloor.kernel.db import directory_tx
from watchfloor.kernel.ids import TenantId
from watchfloor.kernel.secret import Secret

PORTAL: Final = "https://portal.example"


@dataclass
class SimClock(Clock):
    """The simulator's clock."""

    env: simcord.Env | None = None
    ahead: timedelta = timedelta(0)

    def now(self) -> datetime:
        assert self.env is not None
        return self.env.now() + self.ahead


@dataclass
class Server:
    """The server, its channel and its members."""

    floor: Floor
    env: simcord.Env
    guild: simcord.GuildHandle
    channel: simcord.ChannelHandle
    parts: Parts
    clock: SimClock
    members: dict[str, simcord.MemberActor] = field(default_factory=dict)

    async def member(self, name: str, *, email: str | None = None) -> simcord.MemberActor:
        """A member, linked to the person with this address if there is one."""
        member = self.guild.add_member(self.env.create_user(name))
        self.members[name] = member
        if email is not None:
            await self.link(member, email)
        return member

    async def build(self, *pods: str) -> None:
        """The channels, as `bot channels apply` makes them; the simulator knows no tags, so they are made by hand."""
        made = [(one, self.guild.create_text_channel(one.name)) for one in plan(pods) if one.kind == "text"]
        made += [(one, self.guild.create_forum_channel(one.name)) for one in plan(pods) if one.kind == "forum"]
        for one, channel in made:
            await self.parts.board.note(str(GUILD), one.purpose, channel_id=str(channel.id))

    @property
    def counter(self) -> Counter:
        """The bot's way to the desk."""
        return self.parts.counter

    async def show(self, tenant: TenantId, *, tenants: int = 2) -> float | None:
        """Shows what is due, as the bot's rounds do."""
        await self.parts.projection.adopt(tenant)
        await self.floor.superuser.execute(
            "update wf.cards c set wanted_revision = i.revision from wf.incidents i"
            " where i.id = c.incident_id and c.surface = 'discord'"
        )
        return await self.parts.projection.turn(tenant, tenants=tenants)

    def posts(self, pod: str) -> list[simcord.ChannelHandle]:
        """The posts of a pod."""
        return self.guild.channels[f"inc-{pod}"].threads

    async def link(self, member: simcord.MemberActor, email: str) -> None:
        """Binds the member to a person."""
        await link(self.floor.directory, await self.code(email), account_id=str(member.id), request_id="test")

    async def code(self, email: str) -> str:
        """A code that the portal shows to the person with this address."""
        async with directory_tx(self.floor.directory) as tx:
            return (await make_code(tx, await principal_of(tx, self.floor.people[email]))).code.reveal()


async def agree(floor: Floor, *, detail: str = "ref", tenants: tuple[str, ...] = ("acme", "nord")) -> None:
    """The customers agree to the chat, at this level."""
    for tenant in tenants:
        await floor.superuser.execute(
            "update wf.tenants set bundle = jsonb_build_object('chat',"
            " jsonb_build_object('discord', true, 'detail', $2::text)) where tenant_id = $1",
            floor.tenant_id(tenant),
            detail,
        )


GUILD: Final = 777_000_000_000_000_001


@asynccontextmanager
async def serving(floor: Floor) -> AsyncGenerator[Server]:
    """The bot runs in the server inside this block."""
    clock = SimClock()
    settings = msgspec.structs.replace(
        floor.settings,
        public_url=PORTAL,
        page_in_chat=True,
        smtp_url=Secret("smtp://127.0.0.1:1"),
        smtp_from="watchfloor@mssp.example",
    )
    parts = assemble(
        settings,
        directory=floor.directory,
        records=floor.records,
        valkey=floor.valkey,
        events=floor.event_desk,
        clock=clock,
        guilds=frozenset({GUILD}),
    )
    async with simcord.run(parts.client) as env:
        clock.env = env
        guild = env.create_guild("SOC", id=GUILD)
        channel = guild.create_text_channel("talk")
        await parts.client.register()
        yield Server(floor, env, guild, channel, parts, clock)


def sent(server: Server) -> str:
    """Everything that the bot sent, as one text."""
    return "\n".join(json.dumps(entry.json, default=str, ensure_ascii=False) for entry in server.env.http_requests)


def words(components: object) -> str:
    """All texts and labels of a message."""
    found: list[str] = []

    def walk(part: object) -> None:
        if isinstance(part, dict):
            named = cast("dict[str, object]", part)
            found.extend(str(named[name]) for name in ("content", "label", "custom_id", "url") if name in named)
            for inner in named.values():
                walk(inner)
        elif isinstance(part, list | tuple):
            for inner in cast("list[object]", part):
                walk(inner)

    walk(components)
    return "\n".join(found)
