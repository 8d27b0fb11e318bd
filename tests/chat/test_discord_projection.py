"""What stands on Discord is the newest revision of the record, in few messages, whatever was lost in between."""

import asyncio

import discord
import pytest

from bot import queries
from bot.discord import projection
from bot.discord.ownership import ownership
from bot.discord.projection import opens_post
from tests.chat.floor import Floor, card_after
from tests.chat.guild import Server, agree, sent, serving, words
from tests.domain.workplace import Count
from watchfloor.kernel.db import tenant_tx


def requests(server: Server, method: str, part: str) -> int:
    return sum(entry.method == method and part in entry.path for entry in server.env.http_requests)


@pytest.fixture(name="no_pause")
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cards may be edited at once."""
    monkeypatch.setattr(projection, "EDIT_SECONDS", 0.0)


async def shown(floor: Floor) -> list[tuple[int, int, str]]:
    rows = await floor.superuser.fetch(
        "select revision, wanted_revision, thread from wf.cards where surface = 'discord' order by incident_id"
    )
    return [(row["revision"], row["wanted_revision"], row["thread"]) for row in rows]


@pytest.mark.usefixtures("no_pause")
async def test_an_incident_gets_one_post_whose_card_is_edited_in_place(floor: Floor) -> None:
    await agree(floor)
    await floor.incident(floor.acme, title="Memory of LSASS read")
    async with serving(floor) as server:
        await server.build("acme")
        await server.show(floor.acme.id)
        [post] = server.posts("acme")
        assert post.name == "ACME-1 Memory of LSASS read"
        ana = await server.member("ana", email="ana@mssp.example")
        await ana.slash(post, "inc ack")
        await server.show(floor.acme.id)
        [starter, *lines] = post.history()
        assert "acknowledged" in words([c.to_dict() for c in starter.components])
        assert len(lines) == 1
        assert f"acknowledged by <@{ana.id}>" in words([c.to_dict() for c in lines[0].components])
        assert lines[0].flags.silent
        [(revision, wanted, thread)] = await shown(floor)
        assert (revision, thread) == (wanted, str(post.id))


async def test_changes_that_come_quickly_become_one_edit(floor: Floor) -> None:
    await agree(floor)
    await floor.incident(floor.acme)
    async with serving(floor) as server:
        await server.build("acme")
        await server.show(floor.acme.id)
        session = floor.session("ana@mssp.example")
        before = requests(server, "PATCH", "/messages/")
        again: float | None = None
        for line in ("ack ACME-1", "note ACME-1 one", "note ACME-1 two", "note ACME-1 three"):
            await card_after(session, line)
            again = await server.show(floor.acme.id)
        assert again is None or 0 < again <= projection.EDIT_SECONDS
        assert requests(server, "PATCH", "/messages/") == before
        await floor.superuser.execute("update wf.cards set due_at = now()")
        server.parts.projection.forget_pauses()
        await server.show(floor.acme.id)
        assert requests(server, "PATCH", "/messages/") == before + 1
        [post] = server.posts("acme")
        assert len(post.history()) == 2


async def test_a_post_whose_answer_was_lost_is_found_and_not_made_twice(floor: Floor) -> None:
    await agree(floor)
    await floor.incident(floor.acme)
    async with serving(floor) as server:
        await server.build("acme")
        await server.show(floor.acme.id)
        await floor.superuser.execute("delete from wf.cards")
        await server.show(floor.acme.id)
        [post] = server.posts("acme")
        assert await shown(floor) == [(1, 1, str(post.id))]


@pytest.mark.usefixtures("no_pause")
async def test_a_post_that_somebody_deleted_is_made_again(floor: Floor) -> None:
    await agree(floor)
    await floor.incident(floor.acme)
    async with serving(floor) as server:
        await server.build("acme")
        await server.show(floor.acme.id)
        [post] = server.posts("acme")
        thread = server.parts.client.get_channel(post.id)
        assert isinstance(thread, discord.Thread)
        await thread.delete()
        await card_after(floor.session("ana@mssp.example"), "ack ACME-1")
        await server.show(floor.acme.id)
        await floor.superuser.execute("update wf.cards set due_at = now()")
        await server.show(floor.acme.id)
        [again] = server.posts("acme")
        assert again.id != post.id


@pytest.mark.parametrize("status", [429, 500, 503, 403])
async def test_what_discord_does_not_take_is_tried_again_and_nothing_is_lost(floor: Floor, status: int) -> None:
    await agree(floor)
    await floor.incident(floor.acme)
    async with serving(floor) as server:
        await server.build("acme")
        server.env.inject_error("POST", "/channels/*/threads", status=status, code=0, message="no", times=None)
        again = await server.show(floor.acme.id)
        assert again is not None
        assert server.posts("acme") == []
        server.env.backend.faults.clear()
        await floor.superuser.execute("update wf.cards set due_at = now()")
        server.parts.projection.forget_pauses()
        await server.show(floor.acme.id)
        assert len(server.posts("acme")) == 1


@pytest.mark.usefixtures("no_pause")
async def test_a_closed_incident_is_archived_and_opened_again_when_it_is_taken_up(floor: Floor) -> None:
    await agree(floor)
    await floor.incident(floor.acme)
    async with serving(floor) as server:
        await server.build("acme")
        await server.show(floor.acme.id)
        session = floor.session("lea@mssp.example")
        for line in ("ack ACME-1", "verdict ACME-1 benign It was our own scanner.", "resolve ACME-1", "close ACME-1"):
            await card_after(session, line)
        await server.show(floor.acme.id)
        thread = server.parts.client.get_channel(int((await shown(floor))[0][2]))
        assert thread is None or (isinstance(thread, discord.Thread) and thread.archived)
        await card_after(session, "reopen ACME-1")
        await server.show(floor.acme.id)
        [(revision, wanted, _)] = await shown(floor)
        assert revision == wanted


async def test_a_storm_of_incidents_is_a_few_posts_and_a_longer_queue(floor: Floor, count: Count) -> None:
    await agree(floor)
    for number in range(30):
        await floor.incident(floor.acme, title=f"Rule {number}", level="critical" if number == 29 else "high")
    async with serving(floor) as server:
        await server.build("acme")
        await server.parts.queue.read(floor.acme.id)
        await server.parts.queue.show()
        for _ in range(3):
            await server.show(floor.acme.id)
        made = requests(server, "POST", "/threads") + requests(server, "POST", "/messages")
        assert made <= 5
        assert any("Rule 29" in (post.name or "") for post in server.posts("acme"))
        queue = server.guild.channels["queue"].last_message
        assert queue is not None
        assert "30 open" in words([c.to_dict() for c in queue.components])
    assert await count("wf.cards where surface = 'discord'") == 30


async def test_the_queue_is_one_message_that_is_edited(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.discord.live_queue.EVERY_SECONDS", 0.0)
    await agree(floor)
    async with serving(floor) as server:
        await server.build("acme")
        for _ in range(3):
            await floor.incident(floor.acme)
            await server.parts.queue.read(floor.acme.id)
            await server.parts.queue.show()
        await server.env.restart_bot()
        await floor.incident(floor.acme)
        await server.parts.queue.read(floor.acme.id)
        await server.parts.queue.show()
        [message] = server.guild.channels["queue"].history()
        assert "4 open" in words([c.to_dict() for c in message.components])


async def test_who_has_not_agreed_does_not_appear(floor: Floor) -> None:
    await agree(floor, tenants=("acme",))
    await floor.incident(floor.nord, title="Secret of NORD")
    async with serving(floor) as server:
        await server.build("acme", "nord")
        await server.show(floor.nord.id)
        await server.parts.queue.read(floor.nord.id)
        await server.parts.queue.show()
        assert server.posts("nord") == []
        assert "NORD-1" not in sent(server)


@pytest.mark.parametrize(
    ("severity", "state", "tenants", "opens"),
    [
        ("informational", "new", 5, True),
        ("low", "new", 50, False),
        ("low", "acknowledged", 50, True),
        ("medium", "new", 50, True),
        ("medium", "new", 500, False),
        ("high", "new", 500, True),
        ("critical", "closed", 5, False),
    ],
)
def test_the_more_customers_the_fewer_incidents_have_a_post_of_their_own(
    severity: str, state: str, tenants: int, opens: bool
) -> None:
    assert opens_post(severity, state, tenants=tenants) is opens


async def test_only_one_process_owns_the_gateway(floor: Floor) -> None:
    stop = asyncio.Event()
    async with ownership(floor.records, stop) as first:
        assert first is not None
        waiting = asyncio.create_task(_second(floor, stop))
        await asyncio.wait({waiting}, timeout=0.2)
        assert not waiting.done()
        stop.set()
        assert await waiting is False


async def _second(floor: Floor, stop: asyncio.Event) -> bool:
    async with ownership(floor.records, stop) as owned:
        return owned is not None


async def test_the_worker_wants_the_newest_revision_only(floor: Floor, count: Count) -> None:
    incident_id = await floor.incident(floor.acme)
    async with tenant_tx(floor.records, floor.acme.id) as tx:
        for revision in (1, 3, 2):
            await queries.want_card(tx, incident_id, surface="discord", revision=revision)
    assert await count("wf.cards where surface = 'discord' and wanted_revision = 3 and revision = 0") == 1
