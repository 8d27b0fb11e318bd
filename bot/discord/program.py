"""`watchfloor serve bot`: the gateway's owner, or who waits to be it.

A part that ends with a fault ends the program, and the supervisor starts it again: nothing is kept here that would be
lost. A refused token ends it with a sentence; asking Discord again and again would only get the address banned.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Final

import discord

from bot.discord.connection import Parts, opened, token_of, use_addresses
from bot.discord.faults import FAULTS
from bot.discord.ownership import keep, ownership
from watchfloor.kernel.config import Settings
from watchfloor.kernel.errors import Invalid, Unavailable
from watchfloor.kernel.telemetry import CHAT_GATEWAY
from watchfloor.ops.migrate import check_schema

_LAST_SECONDS: Final = 5.0
"""For how long what is being sent may take when the program ends."""


async def serve(settings: Settings, *, ready: Callable[[], None], stop: asyncio.Event) -> None:
    """Runs until `stop` is set. Raises Invalid for wrong settings, Unavailable when the servers are away."""
    token = token_of(settings)
    use_addresses(settings)
    async with opened(settings) as parts:
        await check_schema(parts.records)
        ready()  # who waits for the gateway is ready, too
        async with ownership(parts.records, stop) as owned:
            if owned is None:
                return
            try:
                await parts.client.login(token.reveal())
            except discord.LoginFailure:
                raise Invalid("Discord does not know this token.", where="WATCHFLOOR_DISCORD_TOKEN_FILE") from None
            except FAULTS as away:
                raise Unavailable(f"Discord cannot be reached: {away}.") from None
            await _run(parts, keep(owned, stop), stop)


async def _run(parts: Parts, owning: Coroutine[None, None, None], stop: asyncio.Event) -> None:
    """Everything at once, until `stop` is set or one of the parts ends."""
    try:
        async with asyncio.TaskGroup() as group:
            connecting = group.create_task(parts.client.connect(reconnect=True), name="gateway")
            group.create_task(owning, name="ownership")
            working = {
                group.create_task(parts.rounds.run(stop), name="rounds"),
                group.create_task(parts.pages.run(stop), name="pages"),
            }
            group.create_task(parts.rounds.listen(stop), name="changes")
            stopped = group.create_task(stop.wait(), name="stop")
            await asyncio.wait({connecting, stopped}, return_when=asyncio.FIRST_COMPLETED)
            stop.set()
            _, late = await asyncio.wait(working, timeout=_LAST_SECONDS)  # what is being sent is finished first
            for task in (*late, connecting):  # the library must not speak of a connection after it is closed
                task.cancel()
            await asyncio.wait({connecting})
            await parts.client.close()
    finally:
        CHAT_GATEWAY.set(0)
        await parts.client.close()
