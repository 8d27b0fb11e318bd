"""The channel model: a category with the common channels, and a forum for each pod of customers.

One plan for five customers and for five hundred: only which customers share a pod differs. What stands already is kept,
what is missing is made; nothing is ever deleted. Discord's roles decide what is seen, never what is allowed.
"""

from collections.abc import Iterable, Sequence
from typing import Final, Literal

import discord
import msgspec

from bot.discord.board import CATEGORY, TEXT_PURPOSES, Board, forum_of
from watchfloor.incidents.incident import STATES
from watchfloor.kernel.errors import Invalid, NotFound

MOST_CHANNELS: Final = 500
IN_A_CATEGORY: Final = 50
STAFF_ROLE: Final = "watchfloor"
RESTRICTED: Final = "inc-restricted"

_SEVERITIES: Final = ("critical", "high", "medium", "low", "informational")
_NAMES: Final = {CATEGORY: "SOC"}

Kind = Literal["role", "category", "text", "forum"]


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A channel or role that there should be. `role` names who sees it."""

    purpose: str
    kind: Kind
    name: str
    role: str


def plan(pods: Iterable[str]) -> list[Wanted]:
    """What there should be for these pods, in the order of making. Raises Invalid for more than a server can hold."""
    pods = sorted(set(pods))
    if len(pods) + len(TEXT_PURPOSES) + 1 > IN_A_CATEGORY * 9:
        raise Invalid(
            f"{len(pods)} pods do not fit into one server.", remedy="Let customers share pods, or use another server."
        )
    common = [
        Wanted(purpose=f"role:{STAFF_ROLE}", kind="role", name=STAFF_ROLE, role=STAFF_ROLE),
        Wanted(purpose=CATEGORY, kind="category", name=_NAMES[CATEGORY], role=STAFF_ROLE),
        *(Wanted(purpose=purpose, kind="text", name=purpose, role=STAFF_ROLE) for purpose in TEXT_PURPOSES),
    ]
    for pod in pods:
        role = f"pod-{pod}"
        common.append(Wanted(purpose=f"role:{role}", kind="role", name=role, role=role))
        common.append(Wanted(purpose=forum_of(pod), kind="forum", name=f"inc-{pod}", role=role))
    return common


def missing(wanted: Sequence[Wanted], guild_id: str, board: Sequence[tuple[str, str]]) -> list[Wanted]:
    """What of the plan is not on the board yet; `board` has (server, purpose)."""
    return [one for one in wanted if (guild_id, one.purpose) not in board]


async def make_circle(guild: discord.Guild, accounts: Iterable[str], *, category: discord.Object) -> int:
    """Makes a forum that these accounts see by name, and the bot, and no role; returns its id."""
    named: dict[discord.Role | discord.Member | discord.Object, discord.PermissionOverwrite] = {
        guild.default_role: discord.PermissionOverwrite(view_channel=False),
        discord.Object(guild.me.id, type=discord.Member): _own(),
    }
    for account in accounts:
        named[discord.Object(int(account), type=discord.Member)] = _seen()
    forum = await guild.create_forum(
        RESTRICTED,
        overwrites=named,
        category=category,  # type: ignore[arg-type]  # only its id is sent
        available_tags=_tags(),
    )
    return forum.id


class Builder:
    """Makes what is missing in one server."""

    def __init__(self, guild: discord.Guild, board: Board, *, me: discord.abc.Snowflake | None) -> None:
        """`me` is the bot itself."""
        self._guild = guild
        self._me = me
        self._board = board
        self._ids: dict[str, int] = {}
        self._roles: dict[int, discord.Role] = {}

    async def build(self, wanted: Sequence[Wanted]) -> list[Wanted]:
        """Makes what is not there and notes it at once, so that a run that is cut short goes on; returns it."""
        await self._read()
        made: list[Wanted] = []
        for one in wanted:
            if one.purpose not in self._ids:
                self._ids[one.purpose] = await self._make(one)
                await self._board.note(str(self._guild.id), one.purpose, channel_id=str(self._ids[one.purpose]))
                made.append(one)
        return made

    async def drift(self, wanted: Sequence[Wanted]) -> list[str]:
        """Channels that somebody else may see than the plan says, or that are gone, each in a few words."""
        await self._read()
        standing = {channel.id: channel for channel in await self._guild.fetch_channels()}
        found: list[str] = []
        for one in wanted:
            if one.kind == "role" or one.purpose not in self._ids:
                continue
            channel = standing.get(self._ids[one.purpose])
            if channel is None:
                found.append(f"{one.name} is gone")
            elif {target.id for target in channel.overwrites} != {target.id for target in self._overwrites(one)}:
                found.append(f"{one.name} is open to others than planned")
        return found

    async def _read(self) -> None:
        rows = [row for row in await self._board.all() if row.guild_id == str(self._guild.id)]
        self._ids = {row.purpose: int(row.channel_id) for row in rows if row.channel_id}

    async def _make(self, one: Wanted) -> int:
        if one.kind == "role":
            role = await self._guild.create_role(name=one.name, permissions=discord.Permissions.none())
            self._roles[role.id] = role
            return role.id
        if one.kind == "category":
            category = await self._guild.create_category(one.name, overwrites=self._overwrites(one))
            return category.id
        parent = discord.Object(self._ids[CATEGORY])
        if one.kind == "text":
            payload = await self._guild.create_text_channel(
                one.name,
                overwrites=self._overwrites(one),
                category=parent,  # type: ignore[arg-type]  # only its id is sent
            )
            return payload.id
        forum = await self._guild.create_forum(
            one.name,
            overwrites=self._overwrites(one),
            category=parent,  # type: ignore[arg-type]  # only its id is sent
            available_tags=_tags(),
        )
        return forum.id

    def _role(self, role_id: int) -> discord.Role:
        """The role itself: of a mere id the library would make a member. Raises NotFound when somebody deleted it."""
        found = self._roles.get(role_id) or self._guild.get_role(role_id)
        if found is None:
            raise NotFound(
                "A role that channels are made for is gone.",
                where=str(role_id),
                remedy="Make it again by hand, and give it to your people.",
            )
        return found

    def _overwrites(
        self, one: Wanted
    ) -> dict[discord.Role | discord.Member | discord.Object, discord.PermissionOverwrite]:
        """Nobody but the role, and the bot itself. People write in posts; only the bot opens them."""
        found: dict[discord.Role | discord.Member | discord.Object, discord.PermissionOverwrite] = {
            self._guild.default_role: discord.PermissionOverwrite(view_channel=False),
            self._role(self._ids[f"role:{one.role}"]): _seen(),
        }
        if self._me is not None:
            found[discord.Object(self._me.id, type=discord.Member)] = _own()
        return found


def _seen() -> discord.PermissionOverwrite:
    return discord.PermissionOverwrite(
        view_channel=True, read_message_history=True, send_messages=False, send_messages_in_threads=True
    )


def _own() -> discord.PermissionOverwrite:
    return discord.PermissionOverwrite(
        view_channel=True, send_messages=True, send_messages_in_threads=True, manage_threads=True
    )


def _tags() -> list[discord.ForumTag]:
    return [discord.ForumTag(name=name, moderated=True) for name in (*_SEVERITIES, *STATES)]
