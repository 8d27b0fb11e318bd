"""How soon people are answered in the chat while incidents flow nine times as fast as 400 an hour."""

import asyncio
import contextlib
import time

import pytest

from infra.load import percentile, tell
from tests.chat.conftest import acme, count, floor, make_event, make_rule, make_tenant, make_worker
from tests.chat.loopback import Loopback, loopback

__all__ = ["acme", "count", "floor", "loopback", "make_event", "make_rule", "make_tenant", "make_worker"]

pytestmark = pytest.mark.load

INCIDENTS = 40
BETWEEN_SECONDS = 1.0


async def test_interactions_are_answered_within_a_second_at_the_99th_percentile(loopback: Loopback) -> None:
    floor = loopback.floor
    await floor.incident(floor.acme)
    ana = await loopback.person("ana", email="ana@mssp.example")
    async with loopback.bot():
        queue = loopback.channel("queue")
        await loopback.post("ACME-1")
        first: list[float] = []
        whole: list[float] = []
        for number in range(INCIDENTS):
            begun = time.monotonic()
            await floor.incident(floor.acme, host=f"ws-{number}")
            for verb in ("show", "ack", "note"):
                values = {"ref": f"ACME-{number + 1}"} | ({"text": "Seen."} if verb == "note" else {})
                done = await ana.type(f"inc {verb}", values, channel=queue)
                assert done.answers == 1
                first.append(done.answered_at - done.at)
                whole.append(done.settled_at - done.at)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(begun + BETWEEN_SECONDS - time.monotonic(), 0.01)):
                    await asyncio.Event().wait()
        made = [one for one in loopback.discord.world.exchanges if one.method == "POST" and one.status < 300]
        messages = [one for one in made if one.template.endswith(("/messages", "/threads"))]
        tell(f"{len(first)} interactions: first p50 {percentile(first, 0.5):.3f} s p99 {percentile(first, 0.99):.3f} s")
        tell(f"whole p50 {percentile(whole, 0.5):.3f} s p99 {percentile(whole, 0.99):.3f} s; {len(messages)} messages")
        assert percentile(first, 0.99) < 1.0
        assert percentile(whole, 0.99) < 1.0
