"""Channels, forums, posts and roles: made, changed, put away, deleted, each with Discord's rules for it."""

from typing import Final

from infra.discord import messages, payloads
from infra.discord.json_parts import Json, child, flag, items, number, objects, text
from infra.discord.messages import place
from infra.discord.permissions import MANAGE_CHANNELS, MANAGE_ROLES, MANAGE_THREADS, SEND, in_guild
from infra.discord.refusals import Refused, forbidden, invalid, unknown
from infra.discord.world import CATEGORY, FORUM, POST, TEXT, Channel, Guild, Overwrite, Role, World

MOST_CHANNELS: Final = 500
MOST_IN_CATEGORY: Final = 50
MOST_POSTS: Final = 1_000
MOST_ROLES: Final = 250
RENAMES: Final = 2
RENAME_SECONDS: Final = 600.0


def guild_of(world: World, guild_id: int) -> Guild:
    """A server of the bot's. Raises Refused."""
    guild = world.guilds.get(guild_id)
    if guild is None or world.bot.id not in guild.members:
        raise unknown("guild")
    return guild


def need(world: World, guild: Guild, permission: int) -> None:
    """Raises Refused unless the bot may do this in the server."""
    if not in_guild(guild, guild.members[world.bot.id]) & permission:
        raise forbidden()


def create(world: World, guild: Guild, body: Json) -> Channel:
    """A channel, a category or a forum. Raises Refused."""
    need(world, guild, MANAGE_CHANNELS)
    kind, parent_id = number(body, "type"), number(body, "parent_id")
    if kind not in (TEXT, CATEGORY, FORUM) or not 1 <= len(text(body, "name")) <= 100:
        raise invalid("name", "Must be between 1 and 100 in length.")
    standing = [one for one in guild.channels.values() if one.kind != POST]
    if len(standing) >= MOST_CHANNELS:
        raise Refused(400, 30013, "Maximum number of guild channels reached (500)")
    if parent_id and sum(one.parent_id == parent_id for one in standing) >= MOST_IN_CATEGORY:
        raise invalid("parent_id", "Maximum number of channels in category reached (50)")
    channel = Channel(id=world.snowflake(), kind=kind, name=text(body, "name"), guild_id=guild.id, parent_id=parent_id)
    if parent_id and "permission_overwrites" not in body and parent_id in guild.channels:
        channel.overwrites = dict(guild.channels[parent_id].overwrites)
    for one in objects(body, "permission_overwrites"):
        overwrite(channel, number(one, "id"), one)
    channel.tags = _tags(world, objects(body, "available_tags"))
    channel.topic = text(body, "topic")
    guild.channels[channel.id] = channel
    world.tell(guild.id, "CHANNEL_CREATE", payloads.channel(channel))
    return channel


def overwrite(channel: Channel, of: int, body: Json) -> None:
    """Gives and takes for a role or a member."""
    channel.overwrites[of] = Overwrite(of, number(body, "type"), number(body, "allow"), number(body, "deny"))


def change(world: World, channel_id: int, body: Json) -> Channel:
    """Changes a channel or a post. Raises Refused."""
    known = world.channel(channel_id)
    is_post = known is not None and known.kind == POST
    _, channel = place(world, channel_id, MANAGE_THREADS if is_post else MANAGE_CHANNELS)
    if "name" in body and text(body, "name") != channel.name:
        _rename(world, channel, text(body, "name"))
    if is_post:
        _change_post(world, channel, body)
        world.tell(channel.guild_id, "THREAD_UPDATE", payloads.channel(channel))
        return channel
    if "available_tags" in body:
        channel.tags = _tags(world, objects(body, "available_tags"))
    if "permission_overwrites" in body:
        channel.overwrites = {}
        for one in objects(body, "permission_overwrites"):
            overwrite(channel, number(one, "id"), one)
    world.tell(channel.guild_id, "CHANNEL_UPDATE", payloads.channel(channel))
    return channel


def delete(world: World, channel_id: int) -> Channel:
    """Deletes a channel, or a post with all in it. Raises Refused."""
    known = world.channel(channel_id)
    is_post = known is not None and known.kind == POST
    guild, channel = place(world, channel_id, MANAGE_THREADS if is_post else MANAGE_CHANNELS)
    del guild.channels[channel_id]
    gone: Json = {"id": str(channel_id), "guild_id": str(guild.id), "parent_id": str(channel.parent_id), "type": POST}
    told = gone if is_post else payloads.channel(channel)
    world.tell(guild.id, "THREAD_DELETE" if is_post else "CHANNEL_DELETE", told)
    return channel


def open_post(world: World, forum_id: int, body: Json) -> Channel:
    """A post in a forum, with its first message, whose id is the post's own. Raises Refused."""
    guild, forum = place(world, forum_id, SEND)
    if forum.kind != FORUM:
        raise invalid("type", "Posts are made in forums here.")
    if not 1 <= len(text(body, "name")) <= 100:
        raise invalid("name", "Must be between 1 and 100 in length.")
    if sum(one.kind == POST and not one.archived for one in guild.channels.values()) >= MOST_POSTS:
        raise Refused(400, 160006, "Maximum number of active threads reached")
    applied = _applied(forum, body)
    number_ = world.snowflake()
    post = Channel(id=number_, kind=POST, name=text(body, "name"), guild_id=guild.id, parent_id=forum.id)
    post.owner_id = world.bot.id
    post.applied_tags = applied
    post.archive_minutes = _minutes(body)
    message = messages.compose(world, guild, post, child(body, "message"), author=world.bot, message_id=number_)
    guild.channels[post.id] = post
    messages.add(world, post, message)
    world.tell(guild.id, "THREAD_CREATE", payloads.channel(post) | {"newly_created": True})
    return post


def create_role(world: World, guild: Guild, body: Json) -> Role:
    """A role. Raises Refused."""
    need(world, guild, MANAGE_ROLES)
    if len(guild.roles) >= MOST_ROLES:
        raise Refused(400, 30005, "Maximum number of guild roles reached (250)")
    role = Role(world.snowflake(), text(body, "name") or "new role", number(body, "permissions"))
    guild.roles[role.id] = role
    world.tell(guild.id, "GUILD_ROLE_CREATE", {"guild_id": str(guild.id), "role": payloads.role(role)})
    return role


def _rename(world: World, channel: Channel, name: str) -> None:
    """The limit of renames is in no header; whoever meets it waits for minutes."""
    now = world.now()
    channel.renamed_at = [at for at in channel.renamed_at if now - at < RENAME_SECONDS]
    if len(channel.renamed_at) >= RENAMES:
        raise Refused(429, 0, f"{RENAME_SECONDS - (now - channel.renamed_at[0]):.3f}", where="retry")
    channel.renamed_at.append(now)
    channel.name = name


def _change_post(world: World, post: Channel, body: Json) -> None:
    if post.archived and body.get("archived") is not False:
        raise Refused(400, 50083, "Thread is archived")
    if "applied_tags" in body:
        forum = world.channel(post.parent_id)
        post.applied_tags = _applied(forum, body) if forum is not None else []
    if "locked" in body:
        post.locked = flag(body, "locked")
    if "archived" in body:
        post.archived = flag(body, "archived")
    if "auto_archive_duration" in body:
        post.archive_minutes = _minutes(body)


def _minutes(body: Json) -> int:
    minutes = number(body, "auto_archive_duration", 4_320)
    if minutes not in (60, 1_440, 4_320, 10_080):
        raise invalid("auto_archive_duration", "Value must be one of {60, 1440, 4320, 10080}.")
    return minutes


def _applied(forum: Channel, body: Json) -> list[int]:
    applied = [int(str(one)) for one in items(body, "applied_tags")]
    if len(applied) > 5 or not set(applied) <= {number(tag, "id") for tag in forum.tags}:
        raise invalid("applied_tags", "Up to 5 of the forum's own tags.")
    return applied


def _tags(world: World, tags: list[Json]) -> list[Json]:
    if len(tags) > 20:
        raise invalid("available_tags", "Must be 20 or fewer in length.")
    made: list[Json] = []
    for tag in tags:
        if not 1 <= len(text(tag, "name")) <= 20:
            raise invalid("available_tags.name", "Must be between 1 and 20 in length.")
        made.append(
            {
                "id": str(number(tag, "id") or world.snowflake()),
                "name": text(tag, "name"),
                "moderated": flag(tag, "moderated"),
                "emoji_id": None,
                "emoji_name": None,
            }
        )
    return made
