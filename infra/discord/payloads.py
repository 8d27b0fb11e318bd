"""What there is, as Discord writes it in answers and events."""

from infra.discord.json_parts import Json
from infra.discord.permissions import in_channel, in_guild
from infra.discord.world import (
    CATEGORY,
    FORUM,
    POST,
    Channel,
    Guild,
    Interaction,
    Member,
    Message,
    Role,
    User,
    World,
    iso,
    made_at,
)


def user(of: User) -> Json:
    """An account."""
    return {
        "id": str(of.id),
        "username": of.name,
        "avatar": None,
        "discriminator": "0",
        "public_flags": 0,
        "flags": 0,
        "global_name": of.name,
        "primary_guild": None,
        "bot": of.is_bot,
    }


def member(of: Member) -> Json:
    """A member."""
    return {
        "user": user(of.user),
        "roles": [str(role) for role in sorted(of.roles)],
        "avatar": None,
        "banner": None,
        "communication_disabled_until": None,
        "flags": 0,
        "joined_at": iso(made_at(of.user.id)),
        "nick": None,
        "pending": False,
        "premium_since": None,
        "mute": False,
        "deaf": False,
    }


def role(of: Role) -> Json:
    """A role."""
    shown: Json = {
        "id": str(of.id),
        "name": of.name,
        "permissions": str(of.permissions),
        "position": of.position,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "managed": bool(of.managed_by),
        "mentionable": False,
        "icon": None,
        "unicode_emoji": None,
        "flags": 0,
    }
    if of.managed_by:
        shown["tags"] = {"bot_id": str(of.managed_by)}
    return shown


def channel(of: Channel) -> Json:
    """A channel, a forum or a post."""
    shown: Json = {
        "id": str(of.id),
        "type": of.kind,
        "flags": 0,
        "guild_id": str(of.guild_id),
        "name": of.name,
        "parent_id": str(of.parent_id) if of.parent_id else None,
    }
    if of.kind == POST:
        return shown | _post(of)
    shown |= {
        "position": 0,
        "permission_overwrites": [
            {"id": str(one.id), "type": one.kind, "allow": str(one.allow), "deny": str(one.deny)}
            for one in of.overwrites.values()
        ],
    }
    if of.kind != CATEGORY:
        shown |= {"nsfw": False, "rate_limit_per_user": 0, "topic": of.topic or None, "last_message_id": _last(of)}
    if of.kind == FORUM:
        shown |= {"available_tags": of.tags, "default_reaction_emoji": None, "default_sort_order": None}
        shown |= {"default_forum_layout": 0}
    return shown


def _post(of: Channel) -> Json:
    return {
        "owner_id": str(of.owner_id),
        "last_message_id": _last(of),
        "rate_limit_per_user": 0,
        "bitrate": 64_000,
        "user_limit": 0,
        "message_count": max(len(of.messages) - 1, 0),
        "member_count": 1,
        "total_message_sent": of.sent,
        "applied_tags": [str(tag) for tag in of.applied_tags],
        "thread_metadata": {
            "archived": of.archived,
            "archive_timestamp": iso(made_at(of.id)),
            "auto_archive_duration": of.archive_minutes,
            "locked": of.locked,
            "create_timestamp": iso(made_at(of.id)),
        },
    }


def _last(of: Channel) -> str | None:
    return str(max(of.messages)) if of.messages else None


def message(world: World, of: Message) -> Json:
    """A message."""
    shown: Json = {
        "id": str(of.id),
        "channel_id": str(of.channel_id),
        "type": 0,
        "author": user(of.author),
        "content": of.content,
        "components": of.components,
        "embeds": of.embeds,
        "attachments": [],
        "mentions": [user(world.users[one]) for one in of.mentioned if one in world.users],
        "mention_roles": [],
        "mention_everyone": False,
        "timestamp": iso(made_at(of.id)),
        "edited_timestamp": iso(of.edited_at) if of.edited_at else None,
        "flags": of.flags,
        "pinned": of.pinned,
        "tts": False,
    }
    if of.nonce:
        shown["nonce"] = of.nonce
    return shown


def guild(of: Guild) -> Json:
    """A server."""
    return {
        "id": str(of.id),
        "name": of.name,
        "icon": None,
        "description": None,
        "home_header": None,
        "splash": None,
        "discovery_splash": None,
        "features": [],
        "banner": None,
        "owner_id": str(of.owner_id),
        "application_id": None,
        "region": "deprecated",
        "afk_channel_id": None,
        "afk_timeout": 300,
        "system_channel_id": None,
        "system_channel_flags": 0,
        "widget_enabled": False,
        "widget_channel_id": None,
        "verification_level": 1,
        "roles": [role(one) for one in of.roles.values()],
        "default_message_notifications": 1,
        "mfa_level": 1,
        "explicit_content_filter": 2,
        "max_presences": None,
        "max_members": 500_000,
        "max_stage_video_channel_users": 50,
        "max_video_channel_users": 25,
        "vanity_url_code": None,
        "premium_tier": 0,
        "premium_subscription_count": 0,
        "preferred_locale": "en-US",
        "rules_channel_id": None,
        "safety_alerts_channel_id": None,
        "public_updates_channel_id": None,
        "premium_progress_bar_enabled": False,
        "nsfw": False,
        "nsfw_level": 0,
        "emojis": [],
        "stickers": [],
        "incidents_data": None,
    }


def guild_created(of: Guild, world: World) -> Json:
    """A server as the gateway tells of it: with the bot's own member and the channels that it can see."""
    seen = [one for one in of.channels.values() if in_channel(of, one, world.bot.id)]
    return guild(of) | {
        "joined_at": iso(made_at(of.id)),
        "large": False,
        "unavailable": False,
        "member_count": len(of.members),
        "members": [member(one) for one in of.members.values() if one.user.is_bot],
        "channels": [channel(one) for one in seen if one.kind != POST],
        "threads": [channel(one) for one in seen if one.kind == POST and not one.archived],
        "presences": [],
        "voice_states": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    }


def interaction(world: World, of: Interaction) -> Json:
    """An interaction as the gateway tells of it."""
    server = world.guilds[of.guild_id]
    place = server.channels[of.channel_id]
    who = server.members[of.user.id]
    may = in_channel(server, place, of.user.id)
    told: Json = {
        "id": str(of.id),
        "application_id": str(world.application_id),
        "type": of.kind,
        "token": of.token,
        "version": 1,
        "data": of.data,
        "guild_id": str(of.guild_id),
        "channel_id": str(of.channel_id),
        "channel": channel(place) | {"permissions": str(may)},
        "guild": {"id": str(of.guild_id), "locale": "en-US", "features": []},
        "member": member(who) | {"permissions": str(may or in_guild(server, who))},
        "locale": "en-US",
        "guild_locale": "en-US",
        "app_permissions": str(in_channel(server, place, world.bot.id)),
        "entitlements": [],
        "authorizing_integration_owners": {"0": str(of.guild_id)},
        "context": 0,
        "attachment_size_limit": 10 * 1024 * 1024,
    }
    if of.source is not None:
        told["message"] = message(world, of.source)
    return told
