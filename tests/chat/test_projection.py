"""The console's projection of incidents: newest revision only, and word to whoever watches."""

from typing import cast

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.asyncio.client import PubSub

from bot.projection import ConsoleProjection
from tests.chat.floor import Floor, card_after
from tests.conftest import Eventually
from tests.domain.workplace import Count
from watchfloor.desk.changes import CHANNEL, Changed
from watchfloor.kernel.clock import SystemClock
from watchfloor.kernel.config import Settings
from watchfloor.kernel.db import Role, tenant_tx
from watchfloor.kernel.errors import NotFound
from watchfloor.kernel.ids import IncidentId, new_uuid, show
from watchfloor.kernel.outbox import INCIDENT_CHANGED
from watchfloor.kernel.queries import Message
from watchfloor.kernel.valkey import connect
from watchfloor.ops.consumers import Consumer


def message(incident_id: IncidentId) -> Message:
    return Message(
        id=new_uuid(),
        topic=INCIDENT_CHANGED,
        key=show("inc", incident_id),
        payload=b"",
        created_at=SystemClock().now(),
        attempts=0,
    )


async def test_the_projection_is_the_consumer_of_changes(floor: Floor) -> None:
    consumer: Consumer = ConsoleProjection(floor.valkey)
    assert (consumer.topic, consumer.role) == (INCIDENT_CHANGED, Role.BOT)


async def test_the_newest_revision_is_noted_as_shown(floor: Floor, count: Count) -> None:
    incident_id = await floor.incident(floor.acme)
    projection = ConsoleProjection(floor.valkey)
    for line in ("show ACME-1", "ack ACME-1", "note ACME-1 x"):
        card = await card_after(floor.session("ana@mssp.example"), line)
        async with tenant_tx(floor.records, floor.acme.id) as tx:
            await projection.handle(tx, message(incident_id))
        assert await count(f"wf.cards where surface = 'console' and revision = {card.revision}") == 1
    assert await count("wf.cards") == 1


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(times=st.lists(st.integers(1, 3), min_size=1, max_size=4))
async def test_any_number_of_deliveries_leaves_the_same_card(floor: Floor, count: Count, times: list[int]) -> None:
    incident_id = await floor.incident(floor.acme)
    for repeats in times:
        async with tenant_tx(floor.records, floor.acme.id) as tx:
            for _ in range(repeats):
                await ConsoleProjection(floor.valkey).handle(tx, message(incident_id))
    assert await count(f"wf.cards where incident_id = '{incident_id}' and revision = 1") == 1


async def test_an_incident_that_is_gone_or_foreign_needs_no_card(floor: Floor, count: Count) -> None:
    foreign = await floor.incident(floor.nord)
    projection = ConsoleProjection(floor.valkey)
    async with tenant_tx(floor.records, floor.acme.id) as tx:
        await projection.handle(tx, message(foreign))
        with pytest.raises(NotFound):
            await projection.handle(tx, msgspec.structs.replace(message(foreign), key="alr_x"))
    assert await count("wf.cards") == 0


async def test_who_watches_is_told_ids_and_nothing_else(floor: Floor, eventually: Eventually) -> None:
    incident_id = await floor.incident(floor.acme, title="canary title", host="canary-host")
    channel: PubSub = floor.valkey.pubsub()  # pyright: ignore[reportUnknownMemberType]  untyped keywords
    async with channel:
        await channel.subscribe(CHANNEL)  # pyright: ignore[reportUnknownMemberType]  untyped keywords
        await ConsoleProjection(floor.valkey).committed(floor.acme.id, [message(incident_id), message(incident_id)])

        async def told() -> object:
            got = cast(
                "dict[str, object] | None", await channel.get_message(ignore_subscribe_messages=True, timeout=0.05)
            )
            return got and got["data"]

        data = await eventually(told)
    assert isinstance(data, bytes)
    expected = Changed(tenant=show("ten", floor.acme.id), incidents=(show("inc", incident_id),))
    assert msgspec.json.decode(data, type=Changed) == expected
    assert b"canary" not in data


async def test_without_valkey_nothing_is_lost_but_the_word(settings: Settings, floor: Floor) -> None:
    away = connect(msgspec.structs.replace(settings, valkey_port=1))
    await ConsoleProjection(away).committed(floor.acme.id, [])
    await away.aclose()
