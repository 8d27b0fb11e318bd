"""Circles: the forums of restricted incidents, one for the same accounts, each open to these accounts by name.

A forum's posts are seen by whoever sees the forum, so incidents with other people stand in another one of the same
name. They are made when they are needed, which takes the permissions of setting up.
"""

import hashlib
from collections.abc import Iterable
from typing import Final

import discord
import msgspec

from bot.discord.board import CATEGORY, Board
from bot.discord.channels import make_circle
from bot.discord.posts import Server
from watchfloor.access.chat_accounts.standing import standings_of
from watchfloor.kernel.db import Database, directory_tx
from watchfloor.kernel.errors import WatchfloorError
from watchfloor.kernel.ids import PersonId, TenantId

PREFIX: Final = "restricted:"

_DIGEST: Final = 16


class Circle(msgspec.Struct, frozen=True, kw_only=True):
    """Who sees a restricted incident. `name` is the same for the same accounts; nobody's is empty of accounts."""

    name: str
    accounts: tuple[str, ...]


class Circles:
    """The circles of one server."""

    def __init__(self, server: Server, *, directory: Database, board: Board) -> None:
        self._server = server
        self._directory = directory
        self._board = board

    async def of(self, tenant_id: TenantId, people: Iterable[PersonId]) -> Circle | None:
        """The accounts of those of these people who may still read the tenant's incidents.

        None when nobody is named, so that all may see it.
        """
        named = sorted(set(people))
        if not named:
            return None
        async with directory_tx(self._directory) as tx:
            standings = await standings_of(tx, named)
        accounts = tuple(sorted(one.account_id for one in standings if tenant_id in one.tenants))
        return Circle(name=hashlib.sha256(" ".join(accounts).encode()).hexdigest()[:_DIGEST], accounts=accounts)

    async def forum(self, circle: Circle) -> int:
        """The circle's forum, made when there is none. Raises discord's errors, WatchfloorError without a server."""
        purpose = f"{PREFIX}{circle.name}"
        standing = await self._board.first(purpose)
        if standing is not None:
            return int(standing.channel_id)
        category = await self._board.first(CATEGORY)
        guild = None if category is None else self._server.get_guild(int(category.guild_id))
        if category is None or guild is None:
            raise WatchfloorError("There is no category yet.", remedy="Run `watchfloor bot channels apply`.")
        made = await make_circle(guild, circle.accounts, category=discord.Object(int(category.channel_id)))
        await self._board.note(category.guild_id, purpose, channel_id=str(made))
        return made
