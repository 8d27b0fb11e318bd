"""Roles of the chat, kept in step with the record, outward only: who works for whom there sees its pod here.

A role decides what is seen, never what is allowed. It is given by the linked account, taken back once the record no
longer gives it (also from an account that is linked to nobody any more), and each time that stands in the operator's
audit log. What somebody gave by hand is told once an hour and left alone.
"""

import logging
import time
from collections.abc import Mapping
from typing import Final

import discord
import msgspec

from bot.discord import queries
from bot.discord.agreements import Agreements
from bot.discord.board import Board
from bot.discord.channels import STAFF_ROLE
from bot.discord.client import Client
from bot.discord.queries import ChannelRow, GivenRole
from watchfloor.access.chat_accounts.standing import Standing, standings_of
from watchfloor.audit.append import Actor, append
from watchfloor.kernel import ids
from watchfloor.kernel.db import Database, TenantTx, directory_tx, tenant_tx
from watchfloor.kernel.neutralise import Untrusted, for_log

EVERY_SECONDS: Final = 10.0
AGAIN_SECONDS: Final = 600.0
"""When what Discord refused, or a member who is not there, is tried again."""

ROLE: Final = "role:"

_SYSTEM: Final = Actor(kind="system", id="discord", role="system", request_id="role-sync")

_log: Final = logging.getLogger(__name__)


class _Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A role that an account should have."""

    role: ChannelRow
    standing: Standing


class RoleSync:
    """Gives and takes roles. One for each owner of the gateway."""

    def __init__(
        self, client: Client, *, directory: Database, records: Database, board: Board, agreements: Agreements
    ) -> None:
        self._client = client
        self._directory = directory
        self._records = records
        self._board = board
        self._agreements = agreements
        self._at = -EVERY_SECONDS
        self._later: dict[tuple[str, str], float] = {}

    def is_due(self) -> bool:
        """Whether it is time again. Asked once, it counts as begun."""
        now = time.monotonic()
        if now - self._at < EVERY_SECONDS:
            return False
        self._at = now
        return True

    async def turn(self) -> int:
        """Brings the roles into step; returns how many were given or taken. Raises what the record or Discord raise."""
        wanted = await self._wanted()
        async with tenant_tx(self._records, await self._board.operator()) as tx:
            given = {_key(row): row for row in await queries.select_given_roles(tx)}
        done = 0
        for key, one in wanted.items():
            if key not in given:
                done += await self._give(one)
        for key, row in given.items():
            if key not in wanted:
                done += await self._take(row)
        return done

    async def drift(self) -> list[str]:
        """Roles of ours that linked accounts have and the record does not give, each in a few words."""
        wanted = await self._wanted()
        roles = [row for row in await self._board.all() if row.purpose.startswith(ROLE)]
        async with directory_tx(self._directory) as tx:
            accounts = [standing.account_id for standing in await standings_of(tx)]
        return [
            f"{account} has {role.purpose.removeprefix(ROLE)}, which the record does not give"
            for account in accounts
            for role in roles
            if (role.guild_id, account, role.purpose) not in wanted and await self._has(account, role)
        ]

    async def _wanted(self) -> Mapping[tuple[str, str, str], _Wanted]:
        async with directory_tx(self._directory) as tx:
            standings = await standings_of(tx)
        roles = [row for row in await self._board.all() if row.purpose.startswith(ROLE)]
        wanted: dict[tuple[str, str, str], _Wanted] = {}
        for standing in standings:
            purposes = await self._purposes(standing)
            for role in roles:
                if role.purpose in purposes:
                    wanted[role.guild_id, standing.account_id, role.purpose] = _Wanted(role=role, standing=standing)
        return wanted

    async def _purposes(self, standing: Standing) -> set[str]:
        agreed = [await self._agreements.of(tenant_id) for tenant_id in standing.tenants]
        pods = {f"{ROLE}pod-{agreement.pod}" for agreement in agreed if agreement is not None}
        return {f"{ROLE}{STAFF_ROLE}", *pods}

    async def _give(self, one: _Wanted) -> bool:
        role, account = one.role, one.standing.account_id
        row = GivenRole(
            guild_id=role.guild_id,
            account_id=account,
            purpose=role.purpose,
            role_id=role.channel_id,
            person_id=one.standing.person_id,
        )
        if not await self._asked(row, gives=True):
            return False
        async with tenant_tx(self._records, await self._board.operator()) as tx:
            await queries.insert_given_role(tx, row)
            await _note(tx, "chat.role_given", row)
        return True

    async def _take(self, row: GivenRole) -> bool:
        if not await self._asked(row, gives=False):
            return False
        async with tenant_tx(self._records, await self._board.operator()) as tx:
            await queries.delete_given_role(tx, row)
            await _note(tx, "chat.role_taken", row)
        return True

    async def _asked(self, row: GivenRole, *, gives: bool) -> bool:
        """Whether Discord did it. A member who is gone has no roles; what it refuses is tried again later."""
        if self._later.get((row.account_id, row.purpose), 0.0) > time.monotonic():
            return False
        http = self._client.http
        change = http.add_role if gives else http.remove_role
        try:
            await change(int(row.guild_id), int(row.account_id), int(row.role_id), reason="as the record says")
        except discord.NotFound:
            if not gives:
                return True
        except discord.Forbidden as refused:
            _log.warning("a role was not changed: %s", for_log(Untrusted(str(refused))))
        else:
            self._later.pop((row.account_id, row.purpose), None)
            return True
        self._later[row.account_id, row.purpose] = time.monotonic() + AGAIN_SECONDS
        return False

    async def _has(self, account: str, role: ChannelRow) -> bool:
        try:
            member = await self._client.http.get_member(int(role.guild_id), int(account))
        except discord.NotFound:
            return False
        return role.channel_id in member["roles"]


def _key(row: GivenRole) -> tuple[str, str, str]:
    return row.guild_id, row.account_id, row.purpose


async def _note(tx: TenantTx, action: str, row: GivenRole) -> None:
    """In the operator's audit log: who has, or has no more, which role under which account."""
    after = {"guild": row.guild_id, "account": row.account_id, "role": row.purpose}
    await append(
        tx, _SYSTEM, action=action, object_kind="person", object_id=ids.show("per", row.person_id), after=after
    )
