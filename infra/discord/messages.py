"""Messages: what may be written where, by whom, how often, and who is woken by it."""

import re
from typing import Final

from infra.discord import components, payloads
from infra.discord.json_parts import Json, as_object, child, flag, items, number, objects, text
from infra.discord.permissions import (
    HISTORY,
    MANAGE_MESSAGES,
    MENTION_EVERYONE,
    SEND,
    SEND_IN_THREADS,
    VIEW,
    in_channel,
)
from infra.discord.refusals import Refused, forbidden, invalid, unknown
from infra.discord.world import COMPONENTS_V2, EPHEMERAL, POST, TEXT, Channel, Guild, Message, User, World

NONCE_SECONDS: Final = 300.0
OLD_EDIT_SECONDS: Final = 3_600.0
OLD_EDITS: Final = 5
"""How many edits of one old message Discord takes in `OLD_EDITS_SECONDS`; the real number is not published."""
OLD_EDITS_SECONDS: Final = 300.0

_USERS: Final = re.compile(r"<@!?(\d{1,20})>")
_EVERYONE: Final = re.compile(r"@(?:everyone|here)\b")


def place(world: World, channel_id: int, needed: int = 0) -> tuple[Guild, Channel]:
    """A channel that the bot can see. Raises Refused when it cannot, or may not do there what is `needed`."""
    channel = world.channel(channel_id)
    if channel is None:
        raise unknown("channel")
    guild = world.guilds[channel.guild_id]
    may = in_channel(guild, channel, world.bot.id)
    if not may & VIEW:
        raise forbidden("Missing Access", 50001)
    if needed & ~may:
        raise forbidden()
    return guild, channel


def create(world: World, channel_id: int, body: Json) -> Message:
    """A new message. Raises Refused."""
    known = world.channel(channel_id)
    guild, channel = place(world, channel_id, SEND_IN_THREADS if known is not None and known.kind == POST else SEND)
    if channel.kind not in (TEXT, POST):
        raise Refused(400, 50008, "Cannot send messages in a non-text channel")
    if channel.locked or (channel.archived and channel.locked):
        raise Refused(400, 50083, "Thread is archived")
    nonce = str(body.get("nonce") or "")
    if len(nonce) > 25:
        raise invalid("nonce", "Must be 25 or fewer in length.")
    earlier = world.nonces.get((channel_id, nonce)) if nonce and flag(body, "enforce_nonce") else None
    if earlier is not None and world.now() - earlier[0] < NONCE_SECONDS:
        return earlier[1]
    message = compose(world, guild, channel, body, author=world.bot)
    message.nonce = nonce
    if nonce:
        world.nonces[(channel_id, nonce)] = (world.now(), message)
    add(world, channel, message)
    return message


def add(world: World, channel: Channel, message: Message) -> None:
    """Puts a message into a channel; a post that was put away comes back."""
    channel.messages[message.id] = message
    channel.sent += 1
    if channel.kind == POST and channel.archived:
        channel.archived = False
        world.tell(channel.guild_id, "THREAD_UPDATE", payloads.channel(channel))


def compose(
    world: World, guild: Guild, channel: Channel, body: Json, *, author: User, message_id: int = 0, only_for: int = 0
) -> Message:
    """A message as it would stand there, checked. Raises Refused."""
    check(body, before=None)
    message = Message(id=message_id or world.snowflake(), channel_id=channel.id, author=author, only_for=only_for)
    _fill(message, body)
    message.flags |= EPHEMERAL if only_for else 0
    _mention(guild, channel, message, body, default_all=not only_for)
    return message


def edit(world: World, channel_id: int, message_id: int, body: Json) -> Message:
    """Edits a message of the bot's. Raises Refused."""
    guild, channel = place(world, channel_id, HISTORY)
    message = channel.messages.get(message_id)
    if message is None:
        raise unknown("message")
    if message.author.id != world.bot.id:
        raise Refused(403, 50005, "Cannot edit a message authored by another user")
    if channel.archived:
        raise Refused(400, 50083, "Thread is archived")
    revise(world, guild, channel, message, body)
    return message


def revise(world: World, guild: Guild, channel: Channel, message: Message, body: Json) -> None:
    """Puts a new revision into a message. Raises Refused."""
    check(body, before=message)
    _fill(message, body)
    woken = list(message.pinged)
    _mention(guild, channel, message, body, default_all=False)
    message.pinged = woken  # an edit wakes nobody
    message.edited_at = world.now()
    message.revisions += 1


def delete(world: World, channel_id: int, message_id: int) -> None:
    """Deletes a message. Raises Refused."""
    guild, channel = place(world, channel_id)
    message = channel.messages.get(message_id)
    if message is None:
        raise unknown("message")
    if message.author.id != world.bot.id and not in_channel(guild, channel, world.bot.id) & MANAGE_MESSAGES:
        raise forbidden()
    del channel.messages[message_id]


def check(body: Json, *, before: Message | None) -> None:
    """Raises Refused for a message that Discord would not take."""
    flags = number(body, "flags", before.flags if before is not None else 0)
    is_v2 = bool(flags & COMPONENTS_V2) or (before is not None and bool(before.flags & COMPONENTS_V2))
    content, parts = text(body, "content"), objects(body, "components")
    if len(content) > 2_000:
        raise invalid("content", "Must be 2000 or fewer in length.")
    if is_v2 and (content or objects(body, "embeds")):
        raise invalid("content", "A message of components cannot have content or embeds.")
    if len(objects(body, "embeds")) > 10:
        raise invalid("embeds", "Must be 10 or fewer in length.")
    components.check_message(parts, is_v2=is_v2)
    keeps = before is not None and "components" not in body and "content" not in body
    if not (content or parts or objects(body, "embeds") or keeps):
        raise Refused(400, 50006, "Cannot send an empty message")
    _check_allowed(child(body, "allowed_mentions"))


def words_of(message: Message) -> str:
    """All the words in a message."""
    shown = [text(one, "content") for one in components.walk(message.components) if "content" in one]
    return "\n".join([message.content, *shown]).strip("\n")


def _fill(message: Message, body: Json) -> None:
    if "content" in body:
        message.content = text(body, "content")
    if "components" in body:
        message.components = components.number_them(objects(body, "components"))
    if "embeds" in body:
        message.embeds = objects(body, "embeds")
    message.flags |= number(body, "flags")


def _check_allowed(allowed: Json) -> None:
    parse = items(allowed, "parse")
    for word in ("users", "roles"):
        listed = items(allowed, word)
        if len(listed) > 100:
            raise invalid(f"allowed_mentions.{word}", "Must be 100 or fewer in length.")
        if listed and word in parse:
            raise invalid("allowed_mentions", f"parse:['{word}'] and {word}: [ids...] are mutually exclusive.")


def _mention(guild: Guild, channel: Channel, message: Message, body: Json, *, default_all: bool) -> None:
    """Who is named and who is woken: without a word about it everybody, as Discord has it for plain messages."""
    words = words_of(message)
    message.mentioned = sorted({int(one) for one in _USERS.findall(words)} & set(guild.members))
    allowed = as_object(body["allowed_mentions"]) if body.get("allowed_mentions") is not None else None
    if allowed is None:
        message.pinged = list(message.mentioned) if default_all else []
        parse = ["everyone"] if default_all else []
    else:
        listed = {int(str(one)) for one in items(allowed, "users")}
        everyone = "users" in items(allowed, "parse")
        message.pinged = [one for one in message.mentioned if everyone or one in listed]
        parse = [str(one) for one in items(allowed, "parse")]
    may_all = in_channel(guild, channel, message.author.id) & MENTION_EVERYONE
    if _EVERYONE.search(words) and "everyone" in parse and may_all:
        message.pinged = sorted(guild.members)


def history(channel: Channel, *, limit: int, before: int | None) -> list[Message]:
    """The newest messages, the newest first."""
    seen = [one for one in channel.messages.values() if not one.only_for and (before is None or one.id < before)]
    return sorted(seen, key=lambda one: -one.id)[: min(max(limit, 1), 100)]


class OldEdits:
    """Counts edits of old messages, of which Discord takes only some."""

    def __init__(self, limit: int = OLD_EDITS) -> None:
        self.limit = limit
        self._at: dict[int, list[float]] = {}

    def take(self, message_id: int, *, age: float, now: float) -> None:
        """Raises Refused when there were too many."""
        if age < OLD_EDIT_SECONDS:
            return
        recent = [at for at in self._at.get(message_id, []) if now - at < OLD_EDITS_SECONDS]
        if len(recent) >= self.limit:
            raise Refused(429, 30046, "Maximum number of edits to messages older than 1 hour reached. Try again later")
        self._at[message_id] = [*recent, now]
