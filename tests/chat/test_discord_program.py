"""The program ends with a sentence where it cannot work, and its doctor says what to do."""

import asyncio

import msgspec
import pytest

from bot.discord.command import examine_bot, manage_channels
from bot.discord.program import serve
from infra.ports import free_port
from tests.chat.floor import Floor
from watchfloor.kernel.config import Settings
from watchfloor.kernel.errors import Invalid, Unavailable
from watchfloor.kernel.secret import Secret


@pytest.fixture
def away(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings that name a Discord that does not answer."""
    monkeypatch.setattr("discord.http.Route.BASE", "http://127.0.0.1:1")
    return msgspec.structs.replace(
        floor.settings,
        discord_token=Secret("x.y.z"),
        discord_guild_ids="777000000000000001",
        discord_api_url=f"http://127.0.0.1:{free_port()}/api/v10",
    )


async def test_without_a_token_there_is_no_bot(settings: Settings) -> None:
    with pytest.raises(Invalid, match="not set up"):
        await serve(settings, ready=lambda: None, stop=asyncio.Event())


async def test_a_discord_that_is_away_ends_the_program_with_a_sentence(away: Settings) -> None:
    told: list[str] = []
    with pytest.raises(Unavailable, match="Discord cannot be reached"):
        await serve(away, ready=lambda: told.append("ready"), stop=asyncio.Event())
    assert told == ["ready"]


async def test_the_doctor_says_what_to_do(away: Settings) -> None:
    [finding] = await examine_bot(away)
    assert finding.what == "token"
    assert not finding.is_fine
    assert "Let this machine reach Discord" in finding.remedy


async def test_a_plan_of_channels_needs_no_discord(away: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    await manage_channels(away, build=False)
    said = capsys.readouterr().out
    assert "would make text queue" in said
    assert "7 of 7 missing" in said
