"""The bot put together: the databases, the client, and the parts between them."""

import urllib.parse
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager

import discord
import discord.gateway
import discord.http
import msgspec
import yarl
from redis.asyncio import Redis

from bot.discord.agreements import Agreements
from bot.discord.board import Board
from bot.discord.circles import Circles
from bot.discord.client import Client
from bot.discord.counter import Counter
from bot.discord.interactions import Interactions
from bot.discord.live_queue import LiveQueue
from bot.discord.pages import ChatPages
from bot.discord.posts import Posts
from bot.discord.projection import Projection
from bot.discord.roles import RoleSync
from bot.discord.rounds import Rounds
from bot.discord.upkeep import Upkeep
from watchfloor.access.development import is_loopback
from watchfloor.access.limits import Limiter
from watchfloor.desk.eventdesk import EventDesk
from watchfloor.desk.front import Front
from watchfloor.kernel.clock import Clock, SystemClock
from watchfloor.kernel.config import Settings
from watchfloor.kernel.db import Database, Role
from watchfloor.kernel.errors import Invalid
from watchfloor.kernel.secret import Secret
from watchfloor.kernel.valkey import Wake, connect
from watchfloor.paging.opening import order_of
from watchfloor.tenancy.keyring import Keyring


class Base(msgspec.Struct, frozen=True, kw_only=True):
    """What answers, and what it stands on."""

    client: Client
    board: Board
    agreements: Agreements
    counter: Counter
    interactions: Interactions
    posts: Posts
    directory: Database
    records: Database
    valkey: Redis


class Parts(Base, frozen=True, kw_only=True):
    """All parts of one bot."""

    projection: Projection
    queue: LiveQueue
    rounds: Rounds
    pages: ChatPages
    roles: RoleSync


def token_of(settings: Settings) -> Secret:
    """The bot's token. Raises Invalid when there is none."""
    if settings.discord_token is None:
        raise Invalid(
            "Discord is not set up.",
            where="WATCHFLOOR_DISCORD_TOKEN_FILE",
            remedy="docs/discord.md says how; without it the console does all the work.",
        )
    return settings.discord_token


def guilds_of(settings: Settings) -> frozenset[int]:
    """The servers that the bot serves. Raises Invalid."""
    parts = [part.strip() for part in settings.discord_guild_ids.split(",") if part.strip()]
    if not parts or not all(part.isascii() and part.isdigit() and len(part) <= 20 for part in parts):
        raise Invalid(
            "The servers are not named by their ids.",
            where="WATCHFLOOR_DISCORD_GUILD_IDS",
            remedy="Copy the id of your server, or ids with commas between them.",
        )
    return frozenset(int(part) for part in parts)


def use_addresses(settings: Settings) -> None:
    """Points the library to a Discord on this machine, if the settings name one. Raises Invalid for any other place."""
    for name, url in (("API", settings.discord_api_url), ("GATEWAY", settings.discord_gateway_url)):
        if url is not None and not is_loopback(urllib.parse.urlsplit(url).hostname or ""):
            raise Invalid(
                "Another Discord than the real one can only be on this machine.", where=f"WATCHFLOOR_DISCORD_{name}_URL"
            )
    if settings.discord_api_url is not None:
        discord.http.Route.BASE = settings.discord_api_url.rstrip("/")
    if settings.discord_gateway_url is not None:
        discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(settings.discord_gateway_url)


@asynccontextmanager
async def opened(settings: Settings, clock: Clock | None = None) -> AsyncGenerator[Parts]:
    """The parts, on connections of their own, closed at the end. Raises Invalid or Unavailable."""
    clock = clock or SystemClock()
    guilds = guilds_of(settings)
    async with AsyncExitStack() as stack:
        directory = await Database.open(settings, Role.AUTH, connections=4)
        stack.push_async_callback(directory.close)
        records = await Database.open(settings, Role.BOT)
        stack.push_async_callback(records.close)
        valkey = connect(settings)
        stack.push_async_callback(valkey.aclose)
        events = EventDesk(settings.lake_dir)
        stack.push_async_callback(events.close)
        parts = assemble(
            settings, directory=directory, records=records, valkey=valkey, events=events, clock=clock, guilds=guilds
        )
        stack.push_async_callback(parts.client.close)
        yield parts


def assemble(
    settings: Settings,
    *,
    directory: Database,
    records: Database,
    valkey: Redis,
    events: EventDesk,
    clock: Clock,
    guilds: frozenset[int],
) -> Parts:
    """The parts, on these connections."""
    front = Front(
        directory=directory,
        records=records,
        keyring=Keyring.open(settings),
        wake=Wake(valkey),
        surface="dis",
        operator=settings.operator_name,
        events=events,
    )
    agreements = Agreements(records)
    counter = Counter(front, agreements)
    board = Board(directory=directory, records=records)
    interactions = Interactions(
        counter, board=board, limiter=Limiter(valkey), clock=clock, public_url=settings.public_url, guilds=guilds
    )
    client = Client(interactions=interactions, board=board, guilds=guilds)
    posts = Posts(client)
    desk = Base(
        client=client,
        board=board,
        agreements=agreements,
        counter=counter,
        interactions=interactions,
        posts=posts,
        directory=directory,
        records=records,
        valkey=valkey,
    )
    return _with_rounds(desk, settings, clock)


def _with_rounds(base: Base, settings: Settings, clock: Clock) -> Parts:
    """The base with what goes round by itself."""
    projection = Projection(
        base.counter,
        agreements=base.agreements,
        board=base.board,
        circles=Circles(base.client, directory=base.directory, board=base.board),
        posts=base.posts,
        clock=clock,
        public_url=settings.public_url,
    )
    roles = RoleSync(
        base.client, directory=base.directory, records=base.records, board=base.board, agreements=base.agreements
    )
    queue = LiveQueue(records=base.records, agreements=base.agreements, board=base.board, posts=base.posts)
    rounds = Rounds(
        base.client,
        counter=base.counter,
        valkey=base.valkey,
        agreements=base.agreements,
        projection=projection,
        queue=queue,
        upkeep=Upkeep(base.client, records=base.records, board=base.board, posts=base.posts, roles=roles),
        interactions=base.interactions,
        clock=clock,
    )
    pages = ChatPages(
        base.client,
        directory=base.directory,
        records=base.records,
        wake=Wake(base.valkey),
        agreements=base.agreements,
        board=base.board,
        posts=base.posts,
        lanes=order_of(settings),
    )
    return Parts(
        **msgspec.structs.asdict(base),
        projection=projection,
        queue=queue,
        rounds=rounds,
        pages=pages,
        roles=roles,
    )
