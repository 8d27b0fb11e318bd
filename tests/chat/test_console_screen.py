"""The screen, driven by keys as a person would: what is typed is done, and what changes elsewhere shows."""

import asyncio
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime

import msgspec
import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.data_structures import Size
from prompt_toolkit.input import PipeInput, create_pipe_input
from prompt_toolkit.output import DummyOutput

from bot.console import screen as shown
from bot.console.screen import Screen
from bot.console.watch import Watch
from bot.projection import ConsoleProjection
from tests.chat.floor import Floor, card_after
from tests.conftest import Eventually
from watchfloor.desk.chat_state import BotState, tell_state
from watchfloor.kernel.clock import SystemClock
from watchfloor.kernel.config import Settings
from watchfloor.kernel.db import tenant_tx
from watchfloor.kernel.errors import Unauthenticated
from watchfloor.kernel.outbox import INCIDENT_CHANGED, acknowledge, take
from watchfloor.kernel.secret import Secret
from watchfloor.kernel.valkey import connect

ENTER, TAB, CTRL_C, CTRL_D = "\r", "\t", "\x03", "\x04"


class Wide(DummyOutput):
    """A terminal that shows nothing, as wide as an analyst's."""

    def get_size(self) -> Size:
        return Size(rows=40, columns=140)


@pytest.fixture
def keys() -> Generator[PipeInput]:
    """The keyboard."""
    with create_pipe_input() as pipe, _session(pipe):
        yield pipe


@contextmanager
def _session(pipe: PipeInput) -> Generator[None]:
    with create_app_session(input=pipe, output=Wide()):
        yield


@asynccontextmanager
async def running(
    floor: Floor, keys: PipeInput, email: str, *, settings: Settings | None = None
) -> AsyncGenerator[Screen]:
    """A screen in front of the person; at the end it must have been left."""
    settings = settings or floor.settings
    valkey = connect(settings)
    screen = Screen(
        floor.session(email),
        Watch(valkey),
        settings=settings,
        clock=SystemClock(),
        terminal_input=keys,
        terminal_output=Wide(),
    )
    task = asyncio.create_task(screen.run())
    try:
        yield screen
        keys.send_text(CTRL_C + CTRL_D)
        await asyncio.wait_for(task, 10)
    finally:
        task.cancel()
        await valkey.aclose()


async def deliver(floor: Floor) -> None:
    """What the worker does for the console: takes the changes and tells the open screens."""
    projection = ConsoleProjection(floor.valkey)
    for tenant in (floor.acme, floor.nord):
        async with tenant_tx(floor.records, tenant.id) as tx:
            messages = await take(tx, topic=INCIDENT_CHANGED)
            for message in messages:
                await acknowledge(tx, message, consumer=projection.name)
                await projection.handle(tx, message)
        await projection.committed(tenant.id, messages)


async def test_the_queue_is_there_at_once_and_a_card_on_demand(
    floor: Floor, keys: PipeInput, eventually: Eventually
) -> None:
    await floor.incident(floor.acme, title="LSASS read")
    async with running(floor, keys, "ana@mssp.example") as screen:
        await eventually(lambda: "ACME-1" in screen.text())
        keys.send_text(f"show ACME-1{ENTER}")
        await eventually(lambda: "Acknowledge by" in screen.text())
        assert "Timeline" in screen.text()


async def test_what_is_typed_is_done_and_shown(floor: Floor, keys: PipeInput, eventually: Eventually) -> None:
    await floor.incident(floor.acme)
    async with running(floor, keys, "ana@mssp.example") as screen:
        keys.send_text(f"show ACME-1{ENTER}")
        await eventually(lambda: "Acknowledge by" in screen.text())
        keys.send_text(f"ack{ENTER}")
        await eventually(lambda: "ACME-1 is acknowledged." in screen.text())
        keys.send_text(f"verdict tp He dumped LSASS on ws-1{ENTER}")
        await eventually(lambda: "true positive: He dumped LSASS on ws-1" in screen.text())


async def test_what_is_missing_is_asked_for_and_what_was_typed_stays(
    floor: Floor, keys: PipeInput, eventually: Eventually
) -> None:
    await floor.incident(floor.acme)
    async with running(floor, keys, "ana@mssp.example") as screen:
        keys.send_text(f"ack ACME-1{ENTER}")
        await eventually(lambda: "is acknowledged." in screen.text())
        keys.send_text(f"verdict{ENTER}")
        await eventually(lambda: "Verdict?" in screen.text())
        keys.send_text(f"benign our own red team did it{ENTER}")
        await eventually(lambda: "has its verdict" in screen.text())


async def test_tab_completes_verbs_and_references(floor: Floor, keys: PipeInput, eventually: Eventually) -> None:
    await floor.incident(floor.acme)
    async with running(floor, keys, "ana@mssp.example") as screen:
        await eventually(lambda: "ACME-1" in screen.text())
        keys.send_text(f"sho{TAB}")
        await eventually(lambda: screen.typed == "show")
        keys.send_text(f" A{TAB}")
        await eventually(lambda: screen.typed == "show ACME-1")
        keys.send_text(ENTER)
        await eventually(lambda: "Acknowledge by" in screen.text())


async def test_what_a_colleague_does_shows_without_a_key_pressed(
    floor: Floor, keys: PipeInput, eventually: Eventually
) -> None:
    await floor.incident(floor.acme)
    async with running(floor, keys, "ana@mssp.example") as screen:
        keys.send_text(f"show ACME-1{ENTER}")
        await eventually(lambda: "nobody" in screen.text())
        await card_after(floor.session("lea@mssp.example"), "ack ACME-1")
        await deliver(floor)
        await eventually(lambda: "Lea Lead" in screen.text(), within=3)
        await floor.incident(floor.acme, title="Shadow copies deleted")
        await deliver(floor)
        await eventually(lambda: "Shadow copies deleted" in screen.text(), within=3)


async def test_a_right_that_is_taken_away_empties_the_screen_of_its_owner(
    floor: Floor, keys: PipeInput, eventually: Eventually
) -> None:
    await floor.incident(floor.acme)
    async with running(floor, keys, "ana@mssp.example") as screen:
        await eventually(lambda: "ACME-1" in screen.text())
        await floor.superuser.execute("delete from auth.memberships where tenant_id = $1", floor.acme.id)
        await deliver(floor)
        await eventually(lambda: "ACME-1" not in screen.text(), within=8)


async def test_the_bar_says_since_when_the_chat_is_down(
    floor: Floor, keys: PipeInput, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shown, "CHAT_SECONDS", 0.05)
    with_chat = msgspec.structs.replace(floor.settings, discord_token=Secret("x"))
    seen = BotState(
        gateway=True, at=datetime.now(UTC), latency_seconds=0.1, oldest_card_seconds=0, seconds_since_interaction=None
    )
    async with running(floor, keys, "ana@mssp.example", settings=with_chat) as screen:
        await eventually(lambda: "chat is down " in screen.text())
        await tell_state(floor.valkey, seen)
        await eventually(lambda: "chat is down" not in screen.text())
        await tell_state(floor.valkey, msgspec.structs.replace(seen, gateway=False))
        await eventually(lambda: f"chat is down since {seen.at:%H:%M:%S} UTC" in screen.text())


async def test_without_a_chat_the_bar_says_nothing_of_it(floor: Floor, keys: PipeInput) -> None:
    async with running(floor, keys, "ana@mssp.example") as screen:
        assert "chat is down" not in screen.text()


async def test_who_may_not_sign_in_gets_no_screen(floor: Floor, keys: PipeInput) -> None:
    await floor.superuser.execute("update auth.api_keys set revoked_at = now()")
    valkey = connect(floor.settings)
    screen = Screen(
        floor.session("ana@mssp.example"),
        Watch(valkey),
        settings=floor.settings,
        clock=SystemClock(),
        terminal_input=keys,
        terminal_output=Wide(),
    )
    with pytest.raises(Unauthenticated):
        await screen.run()
    await valkey.aclose()


async def test_quit_leaves(floor: Floor, keys: PipeInput) -> None:
    async with running(floor, keys, "ana@mssp.example"):
        keys.send_text(f"quit{ENTER}")
