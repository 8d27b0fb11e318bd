"""The routes: which request is answered by what."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from infra.discord import answers, channels, commands, messages, payloads
from infra.discord.channels import guild_of
from infra.discord.json_parts import Json, as_object, objects
from infra.discord.messages import OldEdits, place
from infra.discord.permissions import KICK, MANAGE_ROLES
from infra.discord.refusals import forbidden, unknown
from infra.discord.world import POST, World, iso, made_at


@dataclass(frozen=True)
class Call:
    """A request as a route gets it."""

    world: World
    gateway_url: str
    old_edits: OldEdits
    ids: dict[str, str]
    query: Mapping[str, str]
    raw: object

    @property
    def body(self) -> Json:
        """The body, when it is an object."""
        return as_object(self.raw)

    def id(self, name: str) -> int:
        """An id in the path."""
        return int(self.ids[name])


Answer = tuple[int, object]
Handler = Callable[[Call], Answer]

ROUTES: Final[list[tuple[str, str, re.Pattern[str], Handler]]] = []


def _route(method: str, template: str) -> Callable[[Handler], Handler]:
    pattern = re.compile(re.sub(r"\{(\w+)\}", lambda found: f"(?P<{found[1]}>{_part(found[1])})", template))

    def keep(handler: Handler) -> Handler:
        ROUTES.append((method, template, pattern, handler))
        return handler

    return keep


def _part(name: str) -> str:
    return "[^/]+" if name.endswith("token") else "[0-9]+"


def find(method: str, path: str) -> tuple[str, dict[str, str], Handler] | None:
    """The route of a request."""
    for verb, template, pattern, handler in ROUTES:
        match = pattern.fullmatch(path)
        if verb == method and match is not None:
            return template, match.groupdict(), handler
    return None


@_route("GET", "/users/@me")
def _me(call: Call) -> Answer:
    return 200, payloads.user(call.world.bot) | {"mfa_enabled": True, "locale": "en-US", "verified": True}


@_route("GET", "/applications/@me")
@_route("GET", "/oauth2/applications/@me")
def _application(call: Call) -> Answer:
    return 200, {
        "id": str(call.world.application_id),
        "name": "Watchfloor",
        "icon": None,
        "description": "",
        "type": None,
        "verify_key": "0" * 64,
        "flags": 0,
        "flags_new": "0",
        "redirect_uris": [],
        "interactions_endpoint_url": None,
        "role_connections_verification_url": None,
        "owner": payloads.user(call.world.bot),
        "approximate_guild_count": len(call.world.guilds),
        "approximate_user_install_count": 0,
        "approximate_user_authorization_count": 0,
        "explicit_content_filter": 0,
        "team": None,
        "bot_public": False,
        "bot_require_code_grant": False,
        "eligible_oauth2_scopes": [],
    }


@_route("GET", "/gateway/bot")
def _gateway(call: Call) -> Answer:
    limit = {"total": 1_000, "remaining": 1_000, "reset_after": 0, "max_concurrency": 1}
    return 200, {"url": call.gateway_url, "shards": 1, "session_start_limit": limit}


@_route("GET", "/users/@me/guilds")
def _guilds(call: Call) -> Answer:
    shown: list[Json] = []
    for guild in call.world.guilds.values():
        shown.append({"id": str(guild.id), "name": guild.name, "icon": None, "banner": None, "owner": False})
        shown[-1] |= {"permissions": "0", "features": []}
    return 200, shown


@_route("GET", "/guilds/{guild_id}")
def _guild(call: Call) -> Answer:
    return 200, payloads.guild(guild_of(call.world, call.id("guild_id")))


@_route("GET", "/guilds/{guild_id}/channels")
def _channels(call: Call) -> Answer:
    guild = guild_of(call.world, call.id("guild_id"))
    return 200, [payloads.channel(one) for one in guild.channels.values() if one.kind != POST]


@_route("POST", "/guilds/{guild_id}/channels")
def _create_channel(call: Call) -> Answer:
    made = channels.create(call.world, guild_of(call.world, call.id("guild_id")), call.body)
    return 201, payloads.channel(made)


@_route("GET", "/guilds/{guild_id}/roles")
def _roles(call: Call) -> Answer:
    return 200, [payloads.role(one) for one in guild_of(call.world, call.id("guild_id")).roles.values()]


@_route("POST", "/guilds/{guild_id}/roles")
def _create_role(call: Call) -> Answer:
    made = channels.create_role(call.world, guild_of(call.world, call.id("guild_id")), call.body)
    return 200, payloads.role(made)


@_route("GET", "/guilds/{guild_id}/members/{user_id}")
def _member(call: Call) -> Answer:
    member = guild_of(call.world, call.id("guild_id")).members.get(call.id("user_id"))
    if member is None:
        raise unknown("member")
    return 200, payloads.member(member)


@_route("GET", "/guilds/{guild_id}/members")
def _members(call: Call) -> Answer:
    guild_of(call.world, call.id("guild_id"))
    raise forbidden("Missing Access", 50001)  # listing members takes a privileged intent


@_route("DELETE", "/guilds/{guild_id}/members/{user_id}")
def _kick(call: Call) -> Answer:
    guild = guild_of(call.world, call.id("guild_id"))
    channels.need(call.world, guild, KICK)
    if guild.members.pop(call.id("user_id"), None) is None:
        raise unknown("member")
    return 204, None


@_route("PUT", "/guilds/{guild_id}/members/{user_id}/roles/{role_id}")
def _give(call: Call) -> Answer:
    return _set_role(call, has=True)


@_route("DELETE", "/guilds/{guild_id}/members/{user_id}/roles/{role_id}")
def _take(call: Call) -> Answer:
    return _set_role(call, has=False)


def _set_role(call: Call, *, has: bool) -> Answer:
    guild = guild_of(call.world, call.id("guild_id"))
    channels.need(call.world, guild, MANAGE_ROLES)
    member = guild.members.get(call.id("user_id"))
    if member is None:
        raise unknown("member")
    if call.id("role_id") not in guild.roles:
        raise unknown("role")
    (member.roles.add if has else member.roles.discard)(call.id("role_id"))
    return 204, None


@_route("GET", "/guilds/{guild_id}/threads/active")
def _active(call: Call) -> Answer:
    posts = call.world.posts(guild_of(call.world, call.id("guild_id")))
    return 200, {
        "threads": [payloads.channel(one) for one in posts if not one.archived],
        "members": [],
        "has_more": False,
    }


@_route("GET", "/channels/{channel_id}/threads/archived/public")
def _archived(call: Call) -> Answer:
    guild, forum = place(call.world, call.id("channel_id"))
    posts = [one for one in call.world.posts(guild) if one.archived and one.parent_id == forum.id]
    return 200, {"threads": [payloads.channel(one) for one in posts[-100:]], "members": [], "has_more": False}


@_route("GET", "/channels/{channel_id}")
def _channel(call: Call) -> Answer:
    return 200, payloads.channel(place(call.world, call.id("channel_id"))[1])


@_route("PATCH", "/channels/{channel_id}")
def _change_channel(call: Call) -> Answer:
    return 200, payloads.channel(channels.change(call.world, call.id("channel_id"), call.body))


@_route("DELETE", "/channels/{channel_id}")
def _delete_channel(call: Call) -> Answer:
    return 200, payloads.channel(channels.delete(call.world, call.id("channel_id")))


@_route("PUT", "/channels/{channel_id}/permissions/{overwrite_id}")
def _overwrite(call: Call) -> Answer:
    _, channel = place(call.world, call.id("channel_id"), MANAGE_ROLES)
    channels.overwrite(channel, call.id("overwrite_id"), call.body)
    return 204, None


@_route("POST", "/channels/{channel_id}/threads")
def _open_post(call: Call) -> Answer:
    post = channels.open_post(call.world, call.id("channel_id"), call.body)
    first = payloads.message(call.world, post.messages[post.id])
    mine = {"id": str(post.id), "user_id": str(call.world.bot.id), "join_timestamp": iso(made_at(post.id)), "flags": 0}
    return 201, payloads.channel(post) | {"message": first, "member": mine}


@_route("GET", "/channels/{channel_id}/messages")
def _history(call: Call) -> Answer:
    _, channel = place(call.world, call.id("channel_id"))
    before = int(call.query["before"]) if "before" in call.query else None
    found = messages.history(channel, limit=int(call.query.get("limit", "50")), before=before)
    return 200, [payloads.message(call.world, one) for one in found]


@_route("POST", "/channels/{channel_id}/messages")
def _say(call: Call) -> Answer:
    return 200, payloads.message(call.world, messages.create(call.world, call.id("channel_id"), call.body))


@_route("GET", "/channels/{channel_id}/messages/{message_id}")
def _message(call: Call) -> Answer:
    _, channel = place(call.world, call.id("channel_id"))
    message = channel.messages.get(call.id("message_id"))
    if message is None:
        raise unknown("message")
    return 200, payloads.message(call.world, message)


@_route("PATCH", "/channels/{channel_id}/messages/{message_id}")
def _edit(call: Call) -> Answer:
    message_id, now = call.id("message_id"), call.world.now()
    call.old_edits.take(message_id, age=now - made_at(message_id), now=now)
    edited = messages.edit(call.world, call.id("channel_id"), message_id, call.body)
    return 200, payloads.message(call.world, edited)


@_route("DELETE", "/channels/{channel_id}/messages/{message_id}")
def _delete(call: Call) -> Answer:
    messages.delete(call.world, call.id("channel_id"), call.id("message_id"))
    return 204, None


@_route("GET", "/applications/{application_id}/guilds/{guild_id}/commands")
def _commands(call: Call) -> Answer:
    return 200, guild_of(call.world, call.id("guild_id")).commands


@_route("PUT", "/applications/{application_id}/guilds/{guild_id}/commands")
def _register(call: Call) -> Answer:
    wanted = objects({"commands": call.raw}, "commands")
    return 200, commands.register(call.world, guild_of(call.world, call.id("guild_id")), wanted)


@_route("POST", "/interactions/{interaction_id}/{interaction_token}/callback")
def _answer(call: Call) -> Answer:
    begun = answers.answer(call.world, call.id("interaction_id"), call.ids["interaction_token"], call.body)
    wants = call.query.get("with_response") in ("1", "true")
    return (200, answers.answered(call.world, begun)) if wants else (204, None)


@_route("POST", "/webhooks/{webhook_id}/{webhook_token}")
def _follow_up(call: Call) -> Answer:
    return 200, payloads.message(call.world, answers.follow_up(call.world, call.ids["webhook_token"], call.body))


@_route("GET", "/webhooks/{webhook_id}/{webhook_token}/messages/@original")
def _original(call: Call) -> Answer:
    return 200, payloads.message(call.world, answers.original(call.world, call.ids["webhook_token"])[1])


@_route("PATCH", "/webhooks/{webhook_id}/{webhook_token}/messages/@original")
def _edit_original(call: Call) -> Answer:
    return 200, payloads.message(call.world, answers.edit(call.world, call.ids["webhook_token"], None, call.body))


@_route("PATCH", "/webhooks/{webhook_id}/{webhook_token}/messages/{message_id}")
def _edit_later(call: Call) -> Answer:
    edited = answers.edit(call.world, call.ids["webhook_token"], call.id("message_id"), call.body)
    return 200, payloads.message(call.world, edited)
