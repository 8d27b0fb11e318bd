"""Makes a picture of an incident's post, as a Discord client shows it: `... | python -m infra.picture_card FILE.png`.

Reads the post as one JSON object on standard input: `name`, and `messages` as Discord answers when it is asked for
them. The simulated client of `simcord` draws them at the time at which they were sent. It needs simcord's extra
`screenshot`, which no test needs and which is therefore not locked, and playwright's own Chromium.
"""

import asyncio
import re
import sys
from datetime import datetime
from typing import Final, cast

import discord
import msgspec
import simcord
from discord.http import Route

SIZE: Final = (820, 576)
VIEWER: Final = "tomas"
SILENT_COMPONENTS: Final = 1 << 15 | 1 << 12
MENTION: Final = re.compile(r"<@\d+>")


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """What is read of a message."""

    timestamp: datetime
    components: list[dict[str, object]]


class Post(msgspec.Struct, frozen=True, kw_only=True):
    """A post of a forum; its first message is the card."""

    name: str
    messages: list[Message]


async def draw(post: Post, path: str) -> None:
    """Plays the post into a simulated server and takes the picture. Everybody it mentions is the viewer."""
    client = discord.Client(intents=discord.Intents.none())
    async with simcord.run(client) as env:
        env.backend.bot_user.name = env.backend.bot_user.global_name = "Watchfloor"
        guild = env.create_guild("Watch floor")
        forum = guild.create_forum_channel("incidents")
        viewer = guild.add_member(env.create_user(VIEWER))
        for number, message in enumerate(post.messages):
            await env.advance_time(max((message.timestamp - env.now()).total_seconds(), 0.0))
            components = shown_to(viewer.id, message.components)
            body: dict[str, object] = {"components": components, "flags": SILENT_COMPONENTS}
            if number == 0:
                route = Route("POST", "/channels/{channel_id}/threads", channel_id=forum.id)
                await client.http.request(route, json={"name": post.name, "message": body})
            else:
                route = Route("POST", "/channels/{channel_id}/messages", channel_id=forum.threads[0].id)
                await client.http.request(route, json=body)
        width, height = SIZE
        opened = env.preview(forum.threads[0], viewers=[viewer], layout="channel", width=width, height=height)
        async with opened as preview:
            await preview.screenshot(path, mode="viewport")


def shown_to(viewer: int, part: object) -> object:
    """Components as they can be sent again: without what is empty, and with mentions of somebody who is there."""
    if isinstance(part, dict):
        fields = cast("dict[str, object]", part)
        return {name: shown_to(viewer, value) for name, value in fields.items() if value is not None}
    if isinstance(part, list):
        return [shown_to(viewer, value) for value in cast("list[object]", part)]
    return MENTION.sub(f"<@{viewer}>", part) if isinstance(part, str) else part


if __name__ == "__main__":
    asyncio.run(draw(msgspec.json.decode(sys.stdin.buffer.read(), type=Post), sys.argv[1]))
