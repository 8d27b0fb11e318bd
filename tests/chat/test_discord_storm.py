"""Ten thousand alerts in a minute, as the chat tells of them: a few messages, and the new host on its own."""

import pytest

from tests.chat.floor import Floor
from tests.chat.guild import agree, serving
from tests.domain.storm import SEEDED, Storm, remember
from tests.domain.workplace import Count


@pytest.mark.slow
async def test_ten_thousand_alerts_in_a_minute_are_five_messages_at_most_and_the_new_host_has_its_own(
    floor: Floor, count: Count
) -> None:
    await agree(floor, detail="full")
    storm = Storm(alerts=10_000)
    await remember(floor.acme, storm.rule, storm.known, floor.superuser)
    async with serving(floor) as server:
        await server.build("acme")
        before = len(server.env.http_requests)
        for number, batch in enumerate(storm.batches()):
            await floor.acme.work(*batch)
            if number == 0:
                await floor.superuser.execute("analyze wf.alerts, wf.alert_events, wf.alert_entities")
            if number % 5 == 0:
                await server.show(floor.acme.id)
                await server.parts.queue.read(floor.acme.id)
                await server.parts.queue.show()
        await server.show(floor.acme.id)
        made = [
            request
            for request in server.env.http_requests[before:]
            if request.method == "POST" and request.path.endswith(("/threads", "/messages"))
        ]
        assert 0 < len(made) <= 5, [request.path for request in made]
        cards = ["\n".join(str(message.components) for message in post.history()) for post in server.posts("acme")]
        alone = [card for card in cards if SEEDED in card]
        assert len(alone) == 1
        assert not any(host in alone[0] for host in storm.known)
    assert await count("wf.alerts where incident_id is null") == 0
    assert await count("wf.alerts") == 10_001 + len(storm.known)
