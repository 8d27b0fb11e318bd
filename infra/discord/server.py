"""The server: one loopback port for REST and gateway, with limits, faults and a record of all exchanges."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Final

import msgspec
from aiohttp import web

from infra.discord import rest
from infra.discord.chaos import Bucket, Chaos, Limits, Trouble
from infra.discord.gateway import Gateway
from infra.discord.json_parts import Json
from infra.discord.messages import OldEdits
from infra.discord.permissions import BOT, EVERYONE
from infra.discord.refusals import Refused
from infra.discord.world import CATEGORY, Channel, Exchange, Guild, Member, Role, World

PREFIX: Final = "/api/v10"
TOKEN: Final = "MTAw.loopback.not-a-secret"  # noqa: S105  of a server that only this machine reaches
APPLICATION: Final = 100_000_000_000_000_001
GUILD: Final = 200_000_000_000_000_001

Watch = Callable[[Exchange], None]
Page = Callable[[], str]


class Discord:
    """A running Discord."""

    def __init__(self, port: int, *, token: str = TOKEN) -> None:
        self.world = World(token=token, application_id=APPLICATION)
        self.api_url = f"http://127.0.0.1:{port}{PREFIX}"
        self.gateway_url = f"ws://127.0.0.1:{port}/gateway"
        self.gateway = Gateway(self.world, self.gateway_url)
        self.chaos = Chaos()
        self.limits = Limits()
        self.old_edits = OldEdits()
        self.watches: list[Watch] = []
        self.page: Page | None = None

    def guild(self, name: str = "SOC", *, guild_id: int = GUILD, bot_permissions: int = BOT) -> Guild:
        """A server with the bot in it."""
        world = self.world
        owner = world.user("owner")
        guild = Guild(guild_id, name, owner.id)
        guild.roles[guild_id] = Role(guild_id, "@everyone", EVERYONE, position=0)
        own = Role(world.snowflake(), "Watchfloor", bot_permissions, position=9, managed_by=world.bot.id)
        guild.roles[own.id] = own
        guild.members = {owner.id: Member(owner), world.bot.id: Member(world.bot, {own.id})}
        general = Channel(id=world.snowflake(), kind=CATEGORY, name="General", guild_id=guild_id)
        guild.channels[general.id] = general
        world.guilds[guild_id] = guild
        return guild

    async def show(self, _: web.Request) -> web.Response:
        """The page to look at, if there is one."""
        return web.Response(text=self.page() if self.page is not None else "", content_type="text/html")

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answers one request."""
        path = request.path.removeprefix(PREFIX)
        raw = await request.read()
        try:
            body: object = msgspec.json.decode(raw) if raw else None
        except msgspec.DecodeError:
            return _reply(400, {"message": "The body is no JSON.", "code": 50109})
        if self.chaos.delay_seconds:
            await asyncio.sleep(self.chaos.delay_seconds)
        trouble = self.chaos.next(f"{request.method} {path}")
        if trouble is not None and trouble.fault not in ("lost", "cut"):
            return _trouble(trouble)
        status, answer, headers, template = self._answer(request, path, body)
        made = Exchange(request.method, template, path, body, status, answer, self.world.now())
        self.world.exchanges.append(made)
        for watch in self.watches:
            watch(made)
        if trouble is not None and trouble.fault == "cut" and request.transport is not None:
            request.transport.abort()
        if trouble is not None:
            return _reply(502, {"message": "502: Bad Gateway", "code": 0})
        return _reply(status, answer, headers)

    def _answer(self, request: web.Request, path: str, body: object) -> tuple[int, object, dict[str, str], str]:
        found = rest.find(request.method, path)
        if found is None:
            return 404, {"message": "404: Not Found", "code": 0}, {}, ""
        template, ids, handler = found
        is_own = template.startswith(("/interactions/", "/webhooks/"))
        if not is_own and request.headers.get("Authorization") != f"Bot {self.world.token}":
            return 401, {"message": "401: Unauthorized", "code": 0}, {}, template
        now = self.world.now()
        major = ids.get("channel_id") or ids.get("guild_id") or ids.get("webhook_token") or ""
        bucket, wait, is_global = self.limits.take(f"{request.method} {template}", major, now)
        headers = _headers(bucket, f"{request.method} {template}", now)
        if wait:
            return 429, _limited(wait, is_global=is_global), headers | _waiting(wait), template
        call = rest.Call(self.world, self.gateway_url, self.old_edits, ids, request.query, body)
        try:
            status, answer = handler(call)
        except Refused as refused:
            if refused.where == "retry":
                wait = float(str(refused))
                return 429, _limited(wait, is_global=False), headers | _waiting(wait), template
            extra = _waiting(1.0) if refused.status == 429 else {}
            body_: Json = refused.body() | ({"retry_after": 1.0, "global": False} if extra else {})
            return refused.status, body_, headers | extra, template
        return status, answer, headers, template


def _headers(bucket: Bucket, route: str, now: float) -> dict[str, str]:
    after = bucket.resets_after(now)
    return {
        "X-RateLimit-Limit": str(bucket.limit),
        "X-RateLimit-Remaining": str(bucket.remaining()),
        "X-RateLimit-Reset": f"{now + after:.3f}",
        "X-RateLimit-Reset-After": f"{after:.3f}",
        "X-RateLimit-Bucket": f"{abs(hash(route)):032x}"[-32:],
    }


def _limited(wait: float, *, is_global: bool) -> Json:
    return {"message": "You are being rate limited.", "code": 0, "retry_after": round(wait, 3), "global": is_global}


def _waiting(wait: float) -> dict[str, str]:
    return {"Retry-After": f"{wait:.3f}"}


def _trouble(trouble: Trouble) -> web.Response:
    if trouble.fault in ("limited", "limited everywhere"):
        limited = _limited(trouble.seconds, is_global=trouble.fault == "limited everywhere")
        return _reply(429, limited, _waiting(trouble.seconds))
    status = 503 if trouble.fault == "unavailable" else 502
    return _reply(status, {"message": f"{status}", "code": 0})


def _reply(status: int, body: object, headers: dict[str, str] | None = None) -> web.Response:
    """An answer as it comes from Discord; without `Via`, clients take a 429 for a ban."""
    shown = {"Via": "1.1 loopback", **(headers or {})}
    if status == 204:
        return web.Response(status=204, headers=shown)
    shown["Content-Type"] = "application/json"
    return web.Response(status=status, body=msgspec.json.encode(body), headers=shown)


@asynccontextmanager
async def running(port: int, *, token: str = TOKEN) -> AsyncGenerator[Discord]:
    """Runs a Discord on a port of this machine's own address."""
    discord = Discord(port, token=token)
    application = web.Application(client_max_size=16 * 1024 * 1024)
    application.router.add_get("/", discord.show)
    application.router.add_get("/gateway", discord.gateway.serve)
    application.router.add_get("/gateway/", discord.gateway.serve)
    application.router.add_route("*", PREFIX + "/{tail:.*}", discord.handle)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield discord
    finally:
        discord.gateway.is_open = False
        await discord.gateway.drop(1001)
        await runner.cleanup()
