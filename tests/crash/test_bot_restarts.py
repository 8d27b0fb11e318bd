"""Bot, worker's relay and Valkey's connections end at random moments while people work: the chat ends up true.

The bot is its real process under kill -9, on a Discord on this machine's own address. Valkey is emptied and all its
connections are cut, since it is shared with other tests. In between incidents are noted on, by the record and by
presses that may be delivered twice. At the end each card shows the newest revision, each incident has one post, and
what was noted once is noted once.
"""

import asyncio
import os
import random
import signal
import sys
from typing import Final

import pytest

from infra.discord.people import CannotBeDone, shown
from tests.chat.conftest import acme, count, floor, make_event, make_rule, make_tenant, make_worker
from tests.chat.floor import card_after
from tests.chat.loopback import Loopback, loopback
from tests.chat.test_console_program import environment
from watchfloor.kernel.secret import Secret
from watchfloor.ops.service import Program

__all__ = ["acme", "count", "floor", "loopback", "make_event", "make_rule", "make_tenant", "make_worker"]

RESTARTS: Final = int(os.environ.get("RESTARTS", "12"))
"""How many things end; RESTARTS=200 is the figure of the issue."""

INCIDENTS: Final = 3

pytestmark = [pytest.mark.crash, pytest.mark.slow]


def program(loopback: Loopback) -> Program:
    settings = loopback.settings
    token = settings.home / "discord.token"
    secret = settings.discord_token
    assert isinstance(secret, Secret)
    token.write_text(secret.reveal())
    token.chmod(0o600)
    own = {
        "WATCHFLOOR_DISCORD_TOKEN_FILE": str(token),
        "WATCHFLOOR_DISCORD_GUILD_IDS": settings.discord_guild_ids,
        "WATCHFLOOR_DISCORD_API_URL": str(settings.discord_api_url),
        "WATCHFLOOR_DISCORD_GATEWAY_URL": str(settings.discord_gateway_url),
        "WATCHFLOOR_PUBLIC_URL": settings.public_url,
    }
    argv = [sys.executable, "-P", "-m", "watchfloor.ops.cli", "serve", "bot"]
    return Program("bot", argv, log_dir=settings.home, environment={**environment(loopback.floor), **own})


async def work(loopback: Loopback, dice: random.Random, number: int) -> bool:
    """One change: over the record, or by a press that may come twice. False when nobody answered."""
    reference = f"ACME-{dice.randint(1, INCIDENTS)}"
    if dice.random() < 0.5:
        await card_after(loopback.floor.session("ana@mssp.example"), f"note {reference} record {number}")
        return True
    ana = loopback.people["ana"]
    try:
        post = ana.post(reference)
        done = await ana.type("inc note", {"text": f"chat {number}"}, channel=post)
    except CannotBeDone:
        return False
    if dice.random() < 0.5:
        ana.again(done)
    return bool(done.answers)


async def end_something(loopback: Loopback, bot: Program, dice: random.Random) -> None:
    what = dice.choice(("bot", "bot", "valkey", "gateway", "session"))
    if what == "bot" and bot.pid is not None:
        os.kill(bot.pid, signal.SIGKILL)
        await bot.wait()
        await bot.start()
    elif what == "valkey":
        valkey = loopback.floor.valkey
        await valkey.flushall()  # pyright: ignore[reportUnknownMemberType]  untyped keywords
        await valkey.client_kill_filter(_type="normal", skipme=True)  # pyright: ignore[reportUnknownMemberType]  same
    elif what == "gateway":
        await loopback.discord.gateway.drop()
    else:
        await loopback.discord.gateway.forget()


async def test_after_many_restarts_each_card_is_true_and_nothing_is_there_twice(loopback: Loopback) -> None:
    dice = random.Random(6)
    floor = loopback.floor
    for number in range(INCIDENTS):
        await floor.incident(floor.acme, host=f"ws-{number}")
    await loopback.person("ana", email="ana@mssp.example")
    bot = program(loopback)
    await bot.start()
    try:
        await loopback.post("ACME-1")
        for number in range(RESTARTS):
            working = asyncio.create_task(work(loopback, dice, number))
            await end_something(loopback, bot, dice)
            await working
        await loopback.eventually(loopback.current, within=90.0)
        assert bot.pid is not None
        names = [post.name.split(" ", 1)[0] for post in loopback.posts()]
        assert sorted(names) == sorted(set(names))
        assert len(names) == INCIDENTS
        answered = [one for one in loopback.discord.world.interactions.values() if one.kind == 2]
        assert all(one.answers <= 1 for one in answered)
        chat = [one for one in answered if one.answers]
        noted = await floor.superuser.fetchval("select count(*) from wf.incident_timeline where kind = 'note'")
        requests = await floor.superuser.fetchval("select count(*) from wf.desk_requests where request_id like 'dis_%'")
        assert requests <= len(answered)
        assert noted >= len([one for one in chat if one.settled.is_set()])
        assert all("ACME-" in shown(loopback.card(post)) for post in loopback.posts())
    finally:
        await bot.stop()
