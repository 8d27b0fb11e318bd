"""Who may do what where, by Discord's order: the server's roles, then a channel's overwrites."""

from typing import Final

from infra.discord.world import POST, Channel, Guild, Member

KICK: Final = 1 << 1
ADMINISTRATOR: Final = 1 << 3
MANAGE_CHANNELS: Final = 1 << 4
VIEW: Final = 1 << 10
SEND: Final = 1 << 11
MANAGE_MESSAGES: Final = 1 << 13
HISTORY: Final = 1 << 16
MENTION_EVERYONE: Final = 1 << 17
MANAGE_ROLES: Final = 1 << 28
COMMANDS: Final = 1 << 31
MANAGE_THREADS: Final = 1 << 34
SEND_IN_THREADS: Final = 1 << 38

EVERYTHING: Final = (1 << 50) - 1

EVERYONE: Final = VIEW | SEND | HISTORY | COMMANDS | SEND_IN_THREADS
BOT: Final = MANAGE_CHANNELS | MANAGE_ROLES | MANAGE_THREADS | MANAGE_MESSAGES | EVERYONE


def in_guild(guild: Guild, member: Member) -> int:
    """What a member may do in the server, before any channel is looked at."""
    if member.user.id == guild.owner_id:
        return EVERYTHING
    held = guild.roles[guild.id].permissions
    for role_id in member.roles:
        held |= guild.roles[role_id].permissions if role_id in guild.roles else 0
    return EVERYTHING if held & ADMINISTRATOR else held


def in_channel(guild: Guild, channel: Channel, user_id: int) -> int:
    """What somebody may do in a channel; a post has its forum's rules. 0 for who is no member."""
    member = guild.members.get(user_id)
    if member is None:
        return 0
    held = in_guild(guild, member)
    if held == EVERYTHING:
        return held
    place = guild.channels.get(channel.parent_id, channel) if channel.kind == POST else channel
    everyone = place.overwrites.get(guild.id)
    if everyone is not None:
        held = held & ~everyone.deny | everyone.allow
    of_roles = [place.overwrites[role] for role in member.roles if role in place.overwrites]
    for one in of_roles:
        held &= ~one.deny
    for one in of_roles:
        held |= one.allow
    own = place.overwrites.get(user_id)
    if own is not None:
        held = held & ~own.deny | own.allow
    return held if held & VIEW else 0
