"""The chat's lane of pages: names whoever is called, in the paging channel, with what may leave and nothing more.

These are the only messages of the bot that wake somebody, and each names the one account that it may wake. Steps are
taken and ended as every lane does it, so that a page is neither lost nor sent twice when a program dies: what the chat
cannot say falls to the next lane at once.
"""

import asyncio
import logging
import time
from typing import Final

import discord
from redis.exceptions import RedisError

from bot.discord.agreements import Agreements
from bot.discord.board import PAGING, Board
from bot.discord.client import Client
from bot.discord.faults import FAULTS
from bot.discord.markdown import moment, plain
from bot.discord.ownership import paused
from bot.discord.posts import Posts
from watchfloor.access.chat_accounts.linking import accounts_of
from watchfloor.kernel.db import Database, directory_tx, tenant_tx
from watchfloor.kernel.errors import WatchfloorError
from watchfloor.kernel.ids import TenantId
from watchfloor.kernel.neutralise import Untrusted, for_log
from watchfloor.kernel.telemetry import CHAT_UPDATES
from watchfloor.kernel.valkey import Wake
from watchfloor.paging import steps
from watchfloor.paging.duty.roster import Roster, read_roster
from watchfloor.paging.lane import LaneName, Notice
from watchfloor.paging.pages import CHAT_PAGES
from watchfloor.paging.steps import Taken
from watchfloor.tenancy.directory import active_tenants

SWEEP_SECONDS: Final = 5.0

_ROSTER_SECONDS: Final = 3.0
_SENDING_SECONDS: Final = 10.0

_log: Final = logging.getLogger(__name__)


class ChatPages:
    """Sends the chat's steps of pages."""

    def __init__(
        self,
        client: Client,
        *,
        directory: Database,
        records: Database,
        wake: Wake,
        agreements: Agreements,
        board: Board,
        posts: Posts,
        lanes: tuple[LaneName, ...],
    ) -> None:
        self._client = client
        self._directory = directory
        self._records = records
        self._wake = wake
        self._agreements = agreements
        self._board = board
        self._posts = posts
        self._lanes = lanes
        self._roster: tuple[float, Roster] | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Pages until `stop` is set; while the gateway is away the steps fall to other lanes."""
        swept = -SWEEP_SECONDS
        while not stop.is_set():
            try:
                due: set[TenantId] = set()
                if time.monotonic() - swept >= SWEEP_SECONDS:
                    swept = time.monotonic()
                    async with directory_tx(self._directory) as tx:
                        due = set(await active_tenants(tx))
                if self._client.is_serving.is_set():
                    due |= await self._wake.wait(CHAT_PAGES, seconds=0.5)
                    for tenant_id in due:
                        await self.turn(tenant_id)
                else:
                    await paused(stop, 0.5)
            except (WatchfloorError, RedisError, *FAULTS) as fault:
                _log.warning("the chat's pages wait: %s", for_log(Untrusted(str(fault))))
                await paused(stop, 1.0)

    async def turn(self, tenant_id: TenantId) -> None:
        """Sends what is due in a tenant. Raises Unavailable."""
        roster = await self._current_roster()
        async with tenant_tx(self._records, tenant_id) as tx:
            taken = await steps.take(tx, roster, lanes=("chat",))
        for step in taken:
            await self._send(tenant_id, step, roster)

    async def _send(self, tenant_id: TenantId, step: Taken, roster: Roster) -> None:
        account = await self._account(step)
        channel = await self._board.first(PAGING)
        if account is None or channel is None or await self._agreements.of(tenant_id) is None:
            await self._failed(tenant_id, step, "the chat cannot reach this person about this customer")
            return
        async with tenant_tx(self._records, tenant_id) as tx:
            await steps.hand_over(tx, step, roster)
        try:
            async with asyncio.timeout(_SENDING_SECONDS):
                message = await self._posts.call(
                    channel.channel_id, page_words(step.notice, account), account=account, nonce=step.place.id
                )
        except (discord.Forbidden, discord.NotFound, discord.RateLimited) as refused:
            await self._failed(tenant_id, step, f"the chat refused it: {type(refused).__name__}")
        except FAULTS as fault:
            outcome = f"nobody knows whether it arrived: {type(fault).__name__}"
            async with tenant_tx(self._records, tenant_id) as tx:
                await steps.note_uncertain(tx, step, roster, outcome=outcome, lanes=self._lanes)
            CHAT_UPDATES.labels(kind="page", outcome="uncertain").inc()
        else:
            async with tenant_tx(self._records, tenant_id) as tx:
                await steps.note_sent(tx, step, outcome=f"message {message}")
            CHAT_UPDATES.labels(kind="page", outcome="taken").inc()

    async def _failed(self, tenant_id: TenantId, step: Taken, outcome: str) -> None:
        async with tenant_tx(self._records, tenant_id) as tx:
            await steps.note_failed(tx, step, outcome=outcome, lanes=self._lanes)
        CHAT_UPDATES.labels(kind="page", outcome="refused").inc()

    async def _account(self, step: Taken) -> str | None:
        if step.person_id is None:
            return None
        async with directory_tx(self._directory) as tx:
            return (await accounts_of(tx, [step.person_id])).get(step.person_id)

    async def _current_roster(self) -> Roster:
        now = time.monotonic()
        if self._roster is None or now - self._roster[0] > _ROSTER_SECONDS:
            self._roster = (now, await read_roster(self._records, self._directory))
        return self._roster[1]


def page_words(notice: Notice, account: str) -> str:
    """What a page says: who is called, about which incident, why, and until when. No words of any event."""
    until = f" · answer {moment(notice.answer_by, 'R')}" if notice.answer_by is not None else ""
    return f"<@{account}> **{plain(notice.ref, limit=40)}** {plain(notice.reason, limit=200)}{until}"
