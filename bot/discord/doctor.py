"""`watchfloor bot doctor`: whether Discord lets the bot do its work, in a few lines, each with what to do about it."""

import time
from collections.abc import AsyncIterator
from typing import Final

import discord
import msgspec

from bot.discord.board import PAGING, QUEUE, TEXT_PURPOSES
from bot.discord.commands import fingerprint_of, registration
from bot.discord.connection import Parts
from bot.discord.faults import FAULTS
from bot.discord.posts import Posts
from watchfloor.desk.chat_state import read_state

NEEDED: Final = discord.Permissions(
    view_channel=True,
    send_messages=True,
    send_messages_in_threads=True,
    read_message_history=True,
    manage_threads=True,
)
"""What the bot needs in its channels."""

FORBIDDEN: Final = ("administrator", "mention_everyone")
"""What it must not have: a stolen token would be worth more than it needs to be."""

_LATE_SECONDS: Final = 120.0


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was looked at. `remedy` is empty when it is fine."""

    what: str
    found: str
    remedy: str = ""

    @property
    def is_fine(self) -> bool:
        """Whether nothing is to be done."""
        return not self.remedy


async def examine(parts: Parts, *, token: str, guilds: frozenset[int]) -> AsyncIterator[Finding]:
    """Looks at the token, the servers, the channels, the commands, a round trip, and the running bot."""
    try:
        await parts.client.login(token)
    except discord.LoginFailure:
        yield Finding(what="token", found="refused", remedy="Make a new one on the application's page and set it.")
        return
    except FAULTS as away:
        yield Finding(
            what="token", found=f"not checked: {type(away).__name__}", remedy="Let this machine reach Discord."
        )
        return
    user = parts.client.user
    yield Finding(what="token", found=f"accepted as {user.id if user is not None else 'nobody'}")
    yield Finding(what="intents", found="guilds only; none that Discord would have to grant")
    for guild_id in sorted(guilds):
        async for finding in _server(parts, guild_id):
            yield finding
    yield await _running(parts)


async def _server(parts: Parts, guild_id: int) -> AsyncIterator[Finding]:
    what = f"server {guild_id}"
    try:
        guild = await parts.client.fetch_guild(guild_id, with_counts=False)
        me = await guild.fetch_member(parts.client.user.id if parts.client.user is not None else 0)
        channels = {str(channel.id): channel for channel in await guild.fetch_channels()}
    except discord.HTTPException as refused:
        yield Finding(
            what=what, found=f"not open ({refused.status})", remedy="Invite the bot into it, as docs/discord.md says."
        )
        return
    strong = [name for name in FORBIDDEN if getattr(me.guild_permissions, name)]
    yield Finding(
        what=what,
        found=f"{len(channels)} channels; the bot's role has {', '.join(strong) or 'nothing that it should not'}",
        remedy="Take that away from the bot's role." if strong else "",
    )
    rows = [row for row in await parts.board.all() if row.guild_id == str(guild_id)]
    known = {row.purpose: row for row in rows}
    gone = [purpose for purpose in TEXT_PURPOSES if purpose not in known or known[purpose].channel_id not in channels]
    closed = [
        channel.name
        for row in rows
        if (channel := channels.get(row.channel_id)) is not None and not channel.permissions_for(me) >= NEEDED
    ]
    faults = [*(f"no #{purpose}" for purpose in gone), *(f"too little in {name}" for name in closed[:5])]
    yield Finding(
        what="channels",
        found="; ".join(faults) or f"{len(rows)} known, all open to the bot",
        remedy="Run `watchfloor bot channels apply`, or give the bot its permissions back." if faults else "",
    )
    registered = known.get("commands")
    fresh = registered is not None and registered.message_id == fingerprint_of(registration())
    yield Finding(
        what="commands",
        found="registered" if fresh else "not those of this version",
        remedy="" if fresh else "Start the bot; it registers them.",
    )
    yield await _round_trip(parts, known[QUEUE].channel_id if QUEUE in known else None)


async def _round_trip(parts: Parts, channel_id: str | None) -> Finding:
    if channel_id is None:
        return Finding(what="round trip", found="not tried", remedy=f"Make #{QUEUE} and #{PAGING} first.")
    begun = time.monotonic()
    try:
        await Posts(parts.client).knock(channel_id)
    except (discord.HTTPException, TypeError) as refused:
        return Finding(
            what="round trip", found=f"failed: {type(refused).__name__}", remedy=f"Let the bot write in #{QUEUE}."
        )
    return Finding(what="round trip", found=f"{(time.monotonic() - begun) * 1000:.0f} ms")


async def _running(parts: Parts) -> Finding:
    state = await read_state(parts.valkey)
    if state is None:
        return Finding(what="bot", found="does not run", remedy="Start it: `watchfloor serve bot`.")
    late = state.oldest_card_seconds > _LATE_SECONDS
    said = f"gateway {'up' if state.gateway else 'away'}, oldest card waits {state.oldest_card_seconds:.0f} s"
    return Finding(
        what="bot",
        found=said,
        remedy="Look into its log: something holds cards up." if late or not state.gateway else "",
    )
