"""Serving: what stops the start, what readiness says, how it ends."""

import asyncio
import contextlib
from collections.abc import MutableMapping
from datetime import UTC, datetime

import httpx
import msgspec
import pytest

from infra.ports import free_port
from tests.api.running import Api, serving
from tests.conftest import MakeSettings
from watchfloor.desk.chat_state import BotState, tell_state
from watchfloor.kernel.config import Settings, load_settings
from watchfloor.kernel.db import Database
from watchfloor.kernel.errors import Conflict, Invalid, Unavailable
from watchfloor.kernel.secret import Secret
from watchfloor.kernel.serving import listen
from watchfloor.ops.migrate import check_schema
from watchfloor.ops.rulesets.installed import catalogue
from watchfloor.web.app import check_address
from watchfloor.web.health import ChatHealth, chat_health
from watchfloor.web.server import serve


async def old_schema(_database: Database) -> None:
    raise Conflict("The database has schema 1, this program needs schema 2.", remedy="Run `watchfloor migrate`.")


async def test_it_serves_until_it_is_told_to_stop(settings: Settings) -> None:
    settings = msgspec.structs.replace(settings, api_port=free_port())
    ready, stop = asyncio.Event(), asyncio.Event()
    serving = serve(settings, check_schema=check_schema, catalogue=catalogue(settings), ready=ready.set, stop=stop)
    serving_task = asyncio.create_task(serving)
    await asyncio.wait_for(ready.wait(), 20)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{settings.api_port}", trust_env=False) as client:
        assert (await client.get("/health/live")).json() == {"status": "ok"}
        assert (await client.get("/health/ready")).status_code == 200
    stop.set()
    await asyncio.wait_for(serving_task, 20)
    with contextlib.closing(listen("127.0.0.1", settings.api_port, setting="TEST")):
        pass


async def test_another_schema_stops_the_start(settings: Settings) -> None:
    settings = msgspec.structs.replace(settings, api_port=free_port())
    with pytest.raises(Conflict, match="needs schema 2"):
        await serve(
            settings,
            check_schema=old_schema,
            catalogue=catalogue(settings),
            ready=lambda: None,
            stop=asyncio.Event(),
        )


def test_a_port_in_use_is_told_with_its_number_and_setting() -> None:
    with contextlib.closing(listen("127.0.0.1", 0, setting="TEST")) as taken:
        port = taken.getsockname()[1]
        taken.listen()
        with pytest.raises(Unavailable, match=f"WATCHFLOOR_API_PORT: Port {port} on 127.0.0.1 is in use"):
            listen("127.0.0.1", port, setting="WATCHFLOOR_API_PORT")


def test_an_address_that_is_not_this_machine_s_is_told() -> None:
    with pytest.raises(Unavailable, match="cannot be had"):
        listen("192.0.2.1", 0, setting="WATCHFLOOR_API_PORT")


def test_readiness_fails_when_the_schema_changes_under_a_running_process(make_settings: MakeSettings) -> None:
    with serving(make_settings("schema"), check=old_schema) as api:
        answer = api.speak().get("/health/ready")
        assert (answer.status_code, answer.json()) == (503, {"status": "failed", "database": "failed", "valkey": "ok"})
        assert api.speak().get("/health/live").status_code == 200


def test_the_chat_is_off_away_or_there_with_its_figures(make_settings: MakeSettings) -> None:
    with serving(make_settings("chat")) as api:
        valkey = api.services.valkey
        assert api.run(chat_health(api.services.settings, valkey)) == ChatHealth(status="off")
        settings = msgspec.structs.replace(api.services.settings, discord_token=Secret("x"))
        assert api.run(chat_health(settings, valkey)).status == "away"
        state = BotState(
            gateway=True,
            at=datetime.now(UTC),
            latency_seconds=0.1,
            oldest_card_seconds=2.5,
            seconds_since_interaction=None,
        )
        api.run(tell_state(valkey, state))
        there = ChatHealth(status="ok", latency_seconds=0.1, oldest_card_seconds=2.5)
        assert api.run(chat_health(settings, valkey)) == there
        api.run(tell_state(valkey, msgspec.structs.replace(state, gateway=False)))
        away = msgspec.structs.replace(there, status="away", away_since=state.at)
        assert api.run(chat_health(settings, valkey)) == away


@pytest.mark.parametrize(
    ("environ", "is_refused"),
    [
        ({"WATCHFLOOR_PUBLIC_URL": "http://soc.example"}, True),
        ({"WATCHFLOOR_PUBLIC_URL": "http://soc.example:8080"}, True),
        ({"WATCHFLOOR_PUBLIC_URL": "https://soc.example"}, False),
        ({"WATCHFLOOR_PUBLIC_URL": "http://127.0.0.1:8080"}, False),
        ({"WATCHFLOOR_PUBLIC_URL": "http://soc.example", "WATCHFLOOR_ENVIRONMENT": "test"}, False),
    ],
)
def test_a_production_system_hands_no_session_over_plain_http(environ: dict[str, str], is_refused: bool) -> None:
    settings = load_settings(environ)
    if is_refused:
        with pytest.raises(Invalid, match="WATCHFLOOR_PUBLIC_URL"):
            check_address(settings)
    else:
        check_address(settings)


def test_what_is_no_http_request_is_left_to_the_framework(api: Api) -> None:
    sent: list[MutableMapping[str, object]] = []

    async def ask() -> None:
        received = iter(["lifespan.startup", "lifespan.shutdown"])

        async def receive() -> MutableMapping[str, object]:
            return {"type": next(received)}

        async def send(message: MutableMapping[str, object]) -> None:
            sent.append(message)

        await api.app({"type": "lifespan", "asgi": {"version": "3.0"}}, receive, send)  # type: ignore[arg-type]

    api.run(ask())
    assert [message["type"] for message in sent] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
