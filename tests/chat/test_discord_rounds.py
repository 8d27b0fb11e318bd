"""The bot's rounds: what changes is shown, who is on call is woken, and the bot says how it is."""

import json
from datetime import UTC, date, datetime, time

import msgspec
import pytest

from bot.discord import rounds as going
from bot.discord.channels import STAFF_ROLE, Builder, missing, plan
from bot.discord.connection import guilds_of, use_addresses
from bot.projection import ConsoleProjection
from tests.chat.floor import Floor, say
from tests.chat.guild import GUILD, agree, serving, words
from tests.domain.workplace import Count
from watchfloor.audit.append import Actor
from watchfloor.desk.chat_state import read_state
from watchfloor.kernel.config import Settings
from watchfloor.kernel.db import Database, tenant_tx
from watchfloor.kernel.errors import Invalid
from watchfloor.kernel.ids import PersonId, new_uuid, show
from watchfloor.kernel.outbox import INCIDENT_CHANGED
from watchfloor.kernel.queries import Message
from watchfloor.paging.duty.keeping import set_rota
from watchfloor.paging.duty.roster import read_roster
from watchfloor.paging.rota import Layer, Rota
from watchfloor.paging.steps import plan as plan_steps

SETTING_UP = Actor(kind="system", id="test", role="system", request_id="-")


@pytest.fixture
async def watched(floor: Floor, db_app: Database) -> Floor:
    """A floor on which Ana is on call."""
    await floor.superuser.execute(
        "insert into wf.tenants (tenant_id, code, name, language, time_zone, bundle, bundle_hash)"
        " values ($1, 'MSSP', 'Example MSSP', 'en', 'UTC', '{}', sha256('x'))",
        floor.operator,
    )
    people: tuple[PersonId, ...] = (floor.people["ana@mssp.example"],)
    layer = Layer(name="primary", zone="UTC", period="daily", first=date(2026, 1, 1), at=time(9), people=people)
    async with tenant_tx(db_app, floor.operator) as tx:
        await set_rota(tx, SETTING_UP, Rota(layers=(layer,)))
    return floor


async def page(floor: Floor, db_app: Database) -> None:
    """Somebody is called about ACME-1, by the chat first."""
    turn = await say(floor.session("lea@mssp.example"), "page ACME-1 ana@mssp.example The secret of LSASS.")
    assert turn.ok, turn.error
    roster = await read_roster(db_app, floor.directory)
    async with tenant_tx(db_app, floor.acme.id) as tx:
        await plan_steps(tx, roster, lanes=("chat", "email"))


async def test_a_page_names_the_one_who_is_on_call_and_wakes_nobody_else(
    watched: Floor, db_app: Database, count: Count
) -> None:
    await agree(watched)
    await watched.incident(watched.acme, title="Memory of LSASS read", level="low")
    async with serving(watched) as server:
        await server.build("acme")
        ana = await server.member("ana", email="ana@mssp.example")
        await page(watched, db_app)
        await server.parts.pages.turn(watched.acme.id)
        message = server.guild.channels["paging"].last_message
        assert message is not None
        said = words([component.to_dict() for component in message.components])
        assert f"<@{ana.id}>" in said
        assert "ACME" in said
        assert "LSASS" not in said
        [sent] = [
            entry.json
            for entry in server.env.http_requests
            if entry.method == "POST" and str(server.guild.channels["paging"].id) in entry.path
        ]
        assert json.dumps(sent).count(str(ana.id)) == 2
        assert await count("wf.page_steps where lane = 'chat' and state = 'sent'") == 1
        await server.parts.pages.turn(watched.acme.id)
        assert len(server.guild.channels["paging"].history()) == 1


@pytest.mark.parametrize("hindrance", ["unlinked", "not agreed", "refused"])
async def test_what_the_chat_cannot_say_goes_by_the_next_lane_at_once(
    watched: Floor, db_app: Database, count: Count, hindrance: str
) -> None:
    await agree(watched, tenants=("nord",) if hindrance == "not agreed" else ("acme",))
    await watched.incident(watched.acme, level="low")
    async with serving(watched) as server:
        await server.build("acme")
        if hindrance != "unlinked":
            await server.member("ana", email="ana@mssp.example")
        if hindrance == "refused":
            server.env.inject_error("POST", "/channels/*/messages", status=403, code=50013, message="no", times=None)
        await page(watched, db_app)
        await server.parts.pages.turn(watched.acme.id)
        assert server.guild.channels["paging"].last_message is None
    assert await count("wf.page_steps where lane = 'chat' and state = 'sent'") == 0
    assert await count("wf.page_steps where lane = 'email' and rung = 0 and due_at <= now()") == 1


async def test_a_round_shows_what_changed_and_says_how_the_bot_is(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(going, "SWEEP_SECONDS", 0.0)
    monkeypatch.setattr(going, "_STATE_SECONDS", 0.0)
    monkeypatch.setattr("bot.discord.live_queue.EVERY_SECONDS", 0.0)
    await agree(floor)
    incident_id = await floor.incident(floor.acme)
    async with serving(floor) as server:
        await server.build("acme", "nord")
        server.parts.client.is_serving.set()
        await server.parts.rounds.once()
        assert len(server.posts("acme")) == 1
        consumer = ConsoleProjection(floor.valkey, with_discord=True)
        told = Message(
            id=new_uuid(),
            topic=INCIDENT_CHANGED,
            key=show("inc", incident_id),
            payload=b"",
            created_at=datetime.now(UTC),
            attempts=0,
        )
        ana = await server.member("ana", email="ana@mssp.example")
        await ana.slash(server.channel, "inc ack", ref="ACME-1")
        async with tenant_tx(floor.records, floor.acme.id) as tx:
            await consumer.handle(tx, told)
        server.parts.projection.forget_pauses()
        await server.parts.rounds.once()
        [post] = server.posts("acme")
        assert "acknowledged" in words([c.to_dict() for c in post.history()[0].components])
        await server.parts.rounds.once()
        state = await read_state(floor.valkey)
        assert state is not None
        assert state.gateway
        assert state.oldest_card_seconds == 0
        assert state.seconds_since_interaction is not None


def test_the_plan_is_the_same_code_for_five_customers_and_for_five_hundred() -> None:
    for pods, channels in ((5, 11), (50, 56), (40, 46)):
        wanted = plan(f"pod-{number}" for number in range(pods))
        assert sum(one.kind != "role" for one in wanted) == channels
        assert sum(one.kind == "role" for one in wanted) <= 250
        assert len({one.purpose for one in wanted}) == len(wanted)
    with pytest.raises(Invalid, match="do not fit"):
        plan(f"pod-{number}" for number in range(500))
    assert missing(plan(["a"]), "1", [("1", one.purpose) for one in plan(["a"])]) == []


async def test_channels_are_made_once_and_open_to_their_role_and_the_bot_alone(floor: Floor) -> None:
    async with serving(floor) as server:
        guild = server.parts.client.get_guild(GUILD)
        assert guild is not None
        wanted = [one for one in plan([]) if one.kind != "forum"]
        builder = Builder(guild, server.parts.board, me=server.parts.client.user)
        assert await builder.build(wanted) == wanted
        assert await Builder(guild, server.parts.board, me=server.parts.client.user).build(wanted) == []
        queue = next(channel for channel in guild.text_channels if channel.name == "queue")
        by_name = {getattr(target, "name", ""): seen for target, seen in queue.overwrites.items()}
        assert by_name["@everyone"].view_channel is False
        assert by_name[STAFF_ROLE].view_channel is True
        assert by_name[STAFF_ROLE].send_messages is False
        assert len(by_name) == 3
        assert await builder.drift(wanted) == []
        await queue.set_permissions(guild.default_role, overwrite=None)
        assert await builder.drift(wanted) == ["queue is open to others than planned"]


@pytest.mark.parametrize("ids", ["", "abc", "1,x", "1" * 30])
def test_servers_are_named_by_their_ids(settings: Settings, ids: str) -> None:
    with pytest.raises(Invalid, match="ids"):
        guilds_of(msgspec.structs.replace(settings, discord_guild_ids=ids))


@pytest.mark.parametrize("url", ["https://evil.example/api", "http://192.0.2.1/api"])
def test_another_discord_can_only_be_on_this_machine(settings: Settings, url: str) -> None:
    with pytest.raises(Invalid, match="on this machine"):
        use_addresses(msgspec.structs.replace(settings, discord_api_url=url))
