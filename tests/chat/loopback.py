"""Our bot as it runs, with the real client, on a Discord on this machine's own address; and people at that Discord."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import discord.gateway
import discord.http
import msgspec
import pytest

from bot.discord.command import manage_channels
from bot.discord.program import serve
from bot.projection import ConsoleProjection
from infra.discord.oracle import Oracle
from infra.discord.people import Person, join
from infra.discord.server import GUILD, Discord, running
from infra.discord.world import Channel, Guild, Message
from infra.ports import free_port
from tests.chat.floor import Floor
from tests.conftest import Eventually
from watchfloor.access.chat_accounts.linking import link, make_code
from watchfloor.access.people import principal_of
from watchfloor.kernel.config import Settings
from watchfloor.kernel.db import directory_tx
from watchfloor.kernel.secret import Secret
from watchfloor.ops.consumers import Resources
from watchfloor.ops.relay import Relay

DOCUMENT: Final = Path(__file__).parents[2].parent / "shared/data/discord/specs/openapi.json"


@dataclass
class Loopback:
    """The Discord, the bot's settings, and the floor."""

    floor: Floor
    discord: Discord
    guild: Guild
    settings: Settings
    eventually: Eventually
    people: dict[str, Person] = field(default_factory=dict)

    async def person(self, name: str, *, email: str | None = None, roles: tuple[str, ...] = ("watchfloor",)) -> Person:
        """A member, linked to the person with this address if there is one; sees every pod."""
        pods = tuple(role.name for role in self.guild.roles.values() if role.name.startswith("pod-"))
        person = join(self.discord, self.guild, name, roles=(*roles, *pods))
        self.people[name] = person
        if email is not None:
            async with directory_tx(self.floor.directory) as tx:
                code = (await make_code(tx, await principal_of(tx, self.floor.people[email]))).code.reveal()
            await link(self.floor.directory, code, account_id=str(person.user.id), request_id="test")
        return person

    def posts(self) -> list[Channel]:
        """The posts of all incidents, the oldest first."""
        return self.discord.world.posts(self.guild)

    def channel(self, name: str) -> Channel:
        """A channel by its name."""
        return next(one for one in self.guild.channels.values() if one.name == name)

    async def post(self, reference: str = "ACME-1") -> Channel:
        """The post of an incident, as soon as it stands."""
        await self.eventually(lambda: [one for one in self.posts() if one.name.startswith(f"{reference} ")])
        return next(one for one in self.posts() if one.name.startswith(f"{reference} "))

    def card(self, post: Channel) -> Message:
        """The card in a post."""
        return post.messages[post.id]

    async def current(self) -> bool:
        """Whether every card shows the revision of the record."""
        rows = await self.floor.superuser.fetch(
            "select i.revision as newest, c.revision as shown from wf.incidents i"
            " left join wf.cards c on c.incident_id = i.id and c.surface = 'discord'"
        )
        return bool(rows) and all(row["newest"] == row["shown"] for row in rows)

    @asynccontextmanager
    async def bot(self) -> AsyncGenerator["asyncio.Task[None]"]:
        """The bot's program runs inside this block, and is on duty."""
        stop = asyncio.Event()
        before = self.discord.gateway.connected
        task = asyncio.create_task(serve(self.settings, ready=lambda: None, stop=stop))
        try:
            await self.eventually(lambda: task.done() or self.discord.gateway.connected > before)
            if task.done():
                await task
            await self.eventually(lambda: self.guild.commands)
            yield task
        finally:
            stop.set()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    @asynccontextmanager
    async def waiting_bot(self) -> AsyncGenerator["asyncio.Task[None]"]:
        """A second program, which waits for the gateway."""
        stop, ready = asyncio.Event(), asyncio.Event()
        task = asyncio.create_task(serve(self.settings, ready=ready.set, stop=stop))
        try:
            await ready.wait()
            yield task
        finally:
            stop.set()
            await task


@pytest.fixture
async def loopback(floor: Floor, eventually: Eventually, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Loopback]:
    """A Discord with the bot's channels in it; both customers agreed; every exchange is held against the document."""
    monkeypatch.setattr(discord.http.Route, "BASE", discord.http.Route.BASE)
    gateway = discord.gateway.DiscordWebSocket
    monkeypatch.setattr(gateway, "DEFAULT_GATEWAY", gateway.DEFAULT_GATEWAY)
    for tenant in ("acme", "nord"):
        await floor.superuser.execute(
            "update wf.tenants set bundle = jsonb_build_object('chat',"
            " jsonb_build_object('discord', true, 'detail', 'ref')) where tenant_id = $1",
            floor.tenant_id(tenant),
        )
    async with running(free_port()) as served:
        guild = served.guild()
        settings = msgspec.structs.replace(
            floor.settings,
            public_url="https://portal.example",
            discord_token=Secret(served.world.token),
            discord_guild_ids=str(GUILD),
            discord_api_url=served.api_url,
            discord_gateway_url=served.gateway_url,
        )
        oracle = Oracle(DOCUMENT) if DOCUMENT.is_file() else None
        if oracle is not None:
            served.watches.append(oracle.watch)
        await manage_channels(settings, build=True)
        async with _relayed(settings, floor):
            yield Loopback(floor, served, guild, settings, eventually)
    if oracle is not None:
        assert not oracle.violations, "\n".join(sorted(set(oracle.violations)))
        assert oracle.checked > 10


@asynccontextmanager
async def _relayed(settings: Settings, floor: Floor) -> AsyncGenerator[None]:
    """The worker's part: what changes is noted as wanted."""
    stop = asyncio.Event()
    async with AsyncExitStack() as opened:
        relay = Relay(
            ConsoleProjection(floor.valkey, with_discord=True), Resources(settings, opened), sweep_seconds=0.2
        )
        task = asyncio.create_task(relay.run(stop))
        try:
            yield
        finally:
            stop.set()
            await task
