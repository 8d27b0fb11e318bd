"""An exception that ends soon is told of where people look: in every queue, at the handover, in its incident's post."""

import pytest

from tests.chat.floor import Floor
from tests.chat.guild import words
from tests.chat.surfaces import SURFACES, Web, everywhere
from tests.chat.verbs import LEA
from watchfloor.kernel.db import tenant_tx
from watchfloor.kernel.valkey import Wake
from watchfloor.ops.exceptions import watch_exceptions
from watchfloor.tenancy.keyring import Keyring

SOON = {
    "terminal": "ACME exceptions that end soon",
    "discord": "ACME exceptions that end soon",
    "api": "ACME exceptions that end soon",
    "page": "Exceptions end soon",
}


async def told(floor: Floor, left: str, life: str = "30 days") -> None:
    """The exception ends so soon, and the watch goes round twice."""
    await floor.superuser.execute(
        "update wf.rule_exceptions set expires_at = now() + $1::text::interval,"
        " created_at = now() + $1::text::interval - $2::text::interval",
        left,
        life,
    )
    for _ in range(2):
        async with tenant_tx(floor.acme.database, floor.acme.id) as tx:
            await watch_exceptions(tx, Keyring.open(floor.settings), Wake(floor.valkey))


async def test_what_ends_soon_stands_on_every_surface_as_long_as_it_does(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.discord.live_queue.EVERY_SECONDS", 0.0)
    async with everywhere(floor) as here:
        scene = await here.stage.scene("exceptions")
        await here.server.build("acme")
        await here.server.show(floor.acme.id)
        queue = here.server.guild.channels["queue"]

        async def shown() -> list[str]:
            """Where it is said."""
            await here.server.parts.queue.read(floor.acme.id)
            await here.server.parts.queue.show()
            last = queue.last_message
            assert last is not None
            found = ["the live queue"] * ("that end soon" in words([c.to_dict() for c in last.components]))
            for surface in SURFACES:
                seat = here.seats[LEA, surface]
                if isinstance(seat, Web) and seat.surface == "page":
                    text = seat.look()
                else:
                    text = (await seat.ask("queue", "", {})).text
                found += [surface] * (SOON[surface] in text)
            handover = await here.seats[LEA, "terminal"].ask("handover", "", {"shift": "8h"})
            return [*found, *["handover"] * ("that end soon" in handover.text)]

        everyone = ["the live queue", *SURFACES, "handover"]
        for left, life, where in (
            ("8 days", "30 days", []),
            ("6 days", "30 days", everyone),
            ("6 days", "7 days", []),
            ("20 hours", "7 days", everyone),
            ("-1 hour", "7 days", []),
        ):
            await told(floor, left, life)
            assert await shown() == where, (left, life)

        here.server.parts.projection.forget_pauses()
        await here.server.show(floor.acme.id)
        [post] = here.server.posts("acme")
        lines = [words([c.to_dict() for c in message.components]) for message in post.history()[1:]]
        assert "exception ending" in lines[-1]
        assert scene.ref in (post.name or "")
