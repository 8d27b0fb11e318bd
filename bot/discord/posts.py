"""Posts: one in the forum of its pod for each incident, made once, edited in place, archived when it is closed.

Owns the calls to Discord for them and what is known of its ways: a post has no nonce, so it is looked for before it is
made, and once more when making took so long that the library may have asked twice; an archived post must be opened
before it is edited; a card that may not be edited any more gets a successor in the same post.
"""

import time
from collections.abc import Iterable
from typing import Final, Protocol
from uuid import UUID

import discord
import msgspec

from bot.discord.cards import Layout, post_title, text_layout
from watchfloor.desk.card import Card

BUDGET: Final = 800
"""How many posts may be active in a server; Discord's own limit is about 1,000."""

ARCHIVED: Final = 50083
TOO_OFTEN: Final = 30046
NO_MESSAGE: Final = 10008

_SLOW_SECONDS: Final = 0.9
_A_WEEK: Final = 10_080


class Server(Protocol):
    """What posts need of the client."""

    def get_channel(self, id: int, /) -> object:  # noqa: A002  the library's name
        """A channel or active post that is known."""
        ...

    async def fetch_channel(self, channel_id: int, /) -> object:
        """A channel or post, asked for."""
        ...

    def get_guild(self, id: int, /) -> discord.Guild | None:  # noqa: A002  the library's name
        """A server that is known."""
        ...


class Post(msgspec.Struct, frozen=True, kw_only=True):
    """Where a card stands: its post, and the message in it. The first message of a post has the post's own id."""

    thread: str
    message: str


class Posts:
    """The posts of one server."""

    def __init__(self, server: Server) -> None:
        self._server = server

    async def make(self, forum_id: int, card: Card, layout: Layout) -> Post:
        """Makes the post, or takes the one that a lost answer or an earlier life of the bot left."""
        forum = await self._forum(forum_id)
        standing = await _standing(forum, card.ref)
        if standing:
            return await self._adopt(await _only(standing), layout)
        await _make_room(forum)
        begun = time.monotonic()
        made = await forum.create_thread(
            name=post_title(card),
            view=layout,
            applied_tags=_tags(forum, card),
            auto_archive_duration=_A_WEEK,
            suppress_embeds=True,
            silent=card.severity not in ("critical", "high"),
            allowed_mentions=discord.AllowedMentions.none(),
        )
        if time.monotonic() - begun > _SLOW_SECONDS:
            oldest = await _only([made.thread, *await _standing(forum, card.ref)])
            if oldest.id != made.thread.id:
                return await self._adopt(oldest, layout)
        return Post(thread=str(made.thread.id), message=str(made.message.id))

    async def edit(self, post: Post, card: Card, layout: Layout) -> Post:
        """Shows the card's newest revision. Raises discord.NotFound when the post is gone."""
        thread = await self._thread(post.thread)
        tags = _tags(thread.parent, card) if isinstance(thread.parent, discord.ForumChannel) else []
        if thread.archived or {tag.id for tag in tags} != {tag.id for tag in thread.applied_tags}:
            thread = await thread.edit(archived=False, applied_tags=tags)
        shown = int(post.message or post.thread)
        try:
            await _edit(thread, shown, layout)
        except discord.HTTPException as refused:
            if refused.code == ARCHIVED:
                await thread.edit(archived=False)
                await _edit(thread, shown, layout)
            elif refused.code in (TOO_OFTEN, NO_MESSAGE):
                fresh = await thread.send(view=layout, silent=True, suppress_embeds=True)
                shown = fresh.id
            else:
                raise
        return Post(thread=post.thread, message=str(shown))

    async def tell(self, post: Post, text: str, *, nonce: UUID) -> None:
        """Adds a silent line. Asked again with the same nonce, Discord adds it once."""
        thread = await self._thread(post.thread)
        await thread.send(view=text_layout(text), silent=True, suppress_embeds=True, nonce=str(nonce.int % 10**24))

    async def archive(self, post: Post) -> None:
        """Puts the post away; it can still be read."""
        thread = await self._thread(post.thread)
        if not thread.archived:
            await thread.edit(archived=True)

    async def delete(self, thread_id: str) -> None:
        """Deletes a whole post. One that is gone already is no fault."""
        try:
            thread = await self._thread(thread_id)
            await thread.delete()
        except discord.NotFound:
            return

    async def say(self, channel_id: str, layout: Layout) -> str:
        """A message in one of the bot's channels; returns its id."""
        channel = await self._channel(channel_id)
        message = await channel.send(view=layout, silent=True, suppress_embeds=True)
        return str(message.id)

    async def call(self, channel_id: str, text: str, *, account: str, nonce: UUID) -> str:
        """A message that wakes one account, and no other; returns its id."""
        channel = await self._channel(channel_id)
        only = discord.AllowedMentions(everyone=False, roles=False, users=[discord.Object(int(account))])
        message = await channel.send(view=text_layout(text), nonce=str(nonce.int % 10**24), allowed_mentions=only)
        return str(message.id)

    async def knock(self, channel_id: str) -> None:
        """Writes a message and takes it back: a round trip."""
        channel = await self._channel(channel_id)
        message = await channel.send(view=text_layout("Round trip."), silent=True)
        await message.delete()

    async def change(self, channel_id: str, message_id: str, layout: Layout) -> None:
        """Edits such a message in place. Raises discord.NotFound when it is gone."""
        channel = await self._channel(channel_id)
        message = channel.get_partial_message(int(message_id))
        await message.edit(view=layout, allowed_mentions=discord.AllowedMentions.none())

    async def _adopt(self, thread: discord.Thread, layout: Layout) -> Post:
        """Takes over a post that stands: its first message, if it is the bot's own, becomes the card."""
        async for first in thread.history(limit=1, oldest_first=True):
            if first.author.id == thread.guild.me.id:
                await _edit(thread, first.id, layout)
                return Post(thread=str(thread.id), message=str(first.id))
        fresh = await thread.send(view=layout, silent=True, suppress_embeds=True)
        return Post(thread=str(thread.id), message=str(fresh.id))

    async def _channel(self, channel_id: str) -> discord.TextChannel:
        found = self._server.get_channel(int(channel_id)) or await self._server.fetch_channel(int(channel_id))
        if not isinstance(found, discord.TextChannel):
            raise TypeError("the channel is no text channel")
        return found

    async def _forum(self, forum_id: int) -> discord.ForumChannel:
        found = self._server.get_channel(forum_id) or await self._server.fetch_channel(forum_id)
        if not isinstance(found, discord.ForumChannel):
            raise TypeError("the pod's channel is no forum")
        return found

    async def _thread(self, thread_id: str) -> discord.Thread:
        found = self._server.get_channel(int(thread_id)) or await self._server.fetch_channel(int(thread_id))
        if not isinstance(found, discord.Thread):
            raise TypeError("the incident's channel is no post")
        return found


async def _edit(thread: discord.Thread, message_id: int, layout: Layout) -> None:
    await thread.get_partial_message(message_id).edit(view=layout, allowed_mentions=discord.AllowedMentions.none())


async def _standing(forum: discord.ForumChannel, reference: str) -> list[discord.Thread]:
    """The bot's own active posts of an incident in a forum, the oldest first."""
    me = forum.guild.me.id
    found = [
        thread
        for thread in await forum.guild.active_threads()
        if thread.parent_id == forum.id and thread.owner_id == me and thread.name.split(" ", 1)[0] == reference
    ]
    return sorted(found, key=lambda thread: thread.id)


async def _only(threads: Iterable[discord.Thread]) -> discord.Thread:
    """The oldest of an incident's posts; the others are deleted."""
    by_id = {thread.id: thread for thread in threads}
    oldest, *others = (by_id[key] for key in sorted(by_id))
    for other in others:
        await other.delete()
    return oldest


async def _make_room(forum: discord.ForumChannel) -> None:
    """Keeps the number of active posts in its budget: those that nobody wrote in for longest are put away."""
    mine = [thread for thread in forum.guild.threads if thread.owner_id == forum.guild.me.id and not thread.archived]
    over = len(mine) - BUDGET + 1
    for thread in sorted(mine, key=lambda thread: thread.last_message_id or thread.id)[: max(over, 0)]:
        await thread.edit(archived=True)


def _tags(forum: discord.ForumChannel, card: Card) -> list[discord.ForumTag]:
    wanted = (card.severity, card.state)
    return [tag for tag in forum.available_tags if tag.name in wanted]
