"""`watchfloor feed` as a person at a terminal meets it."""

import asyncio
import json
import re
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Protocol

import asyncpg
import pytest
from click.testing import CliRunner, Result

from tests.domain.workplace import Tenant
from watchfloor.audit.append import Actor
from watchfloor.feeds.alarms.watch import watch
from watchfloor.feeds.enrolment.clients import Client, read_client
from watchfloor.feeds.feed import FeedOptions
from watchfloor.feeds.hours import FeedHour, count
from watchfloor.feeds.registry import create_feed
from watchfloor.feeds.trust.histogram import tally
from watchfloor.feeds.trust.recent import RecentKeys
from watchfloor.kernel.config import Settings
from watchfloor.kernel.credentials import FEED_TOKEN_PATTERN
from watchfloor.kernel.db import tenant_tx
from watchfloor.ops.cli import command_line
from watchfloor.ops.commands.feed import credentials


class Run(Protocol):
    """Runs `watchfloor feed` with these arguments."""

    def __call__(self, *arguments: str) -> Result: ...


ACTOR: Final = Actor(kind="system", id="test", role="system", request_id="-")
PAGE: Final = """\
---
title: Test
door: {door}
---
```ini configuration
target={{{{url}}}} token={{{{token}}}} certificate={{{{cert_file}}}}
```
"""


@pytest.fixture
def run(settings: Settings, acme: Tenant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    assert acme.code == "ACME"
    assert settings.database_url is not None
    password = (settings.secrets_dir / "valkey.default").read_text().strip()
    environ = {
        "WATCHFLOOR_HOME": str(settings.home),
        "WATCHFLOOR_ENVIRONMENT": "test",
        "WATCHFLOOR_DOOR_URL": "https://events.example",
        "WATCHFLOOR_DOOR_PORT": "1",
        "DATABASE_URL": settings.database_url.reveal(),
        "VALKEY_URL": f"redis://:{password}@127.0.0.1:{settings.valkey_port}/0",
    }
    monkeypatch.chdir(tmp_path)
    runner = CliRunner(env=environ)

    def invoke(*arguments: str) -> Result:
        return runner.invoke(command_line, ["feed", *arguments])

    return invoke


@pytest.fixture
def clients(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two clients of ours in place of those of the pages."""
    pages: dict[str, Client] = {door: read_client(door, PAGE.format(door=door)) for door in ("hec", "relp")}
    monkeypatch.setattr(credentials, "find_client", pages.__getitem__)


async def bring(tenant: Tenant, name: str = "edr") -> None:
    """A feed with an hour of events and an alarm."""
    now = datetime.now(UTC)
    async with tenant_tx(tenant.database, tenant.id) as tx:
        feed = await create_feed(tx, ACTOR, name=name, door="hec", options=FeedOptions(expected_seconds=300))
        hour = FeedHour(
            feed_id=feed.id,
            received_at=now,
            events=40,
            raw_bytes=4000,
            unparsed=20,
            quarantined=0,
            matches=1,
            last_event_at=now,
            event_lag=tally([30.0] * 40),
        )
        await count(tx, [hour], worked_at=now, recent=RecentKeys())
        await watch(tx, at=now + timedelta(hours=1))


def test_a_feed_is_added_with_its_token_and_its_clients_lines(run: Run, clients: None) -> None:
    del clients
    added = run("add", "acme", "--client", "hec", "--name", "edr", "--option", "zone=Europe/Berlin")
    assert added.exit_code == 0, added.output
    assert "target=https://events.example token=wf_" in added.output
    assert '{name: edr, door: hec, options: {"zone":"Europe/Berlin"}}' in added.output
    again = run("add", "acme", "--client", "hec", "--name", "edr")
    assert again.exit_code == 1
    assert "of this name already" in again.output


def test_a_certificate_is_written_for_its_owner_alone(run: Run, clients: None, tmp_path: Path) -> None:
    del clients
    added = run("add", "acme", "--client", "relp", "--files", str(tmp_path))
    assert added.exit_code == 0, added.output
    assert "certificate=/etc/watchfloor/relp.pem" in added.output
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ca.pem", "relp.key", "relp.pem"]
    assert stat.S_IMODE((tmp_path / "relp.key").stat().st_mode) == 0o600


def test_a_feed_is_rotated_paused_resumed_and_removed(run: Run, clients: None) -> None:
    del clients
    first = run("add", "acme", "--client", "hec", "--name", "edr").output
    second = run("rotate", "acme", "edr")
    assert second.exit_code == 0, second.output
    assert _token(first) != _token(second.output)
    for command in ("pause", "pause", "resume", "resume", "remove", "remove"):
        assert run(command, "acme", "edr").exit_code == 0, command
    refused = run("rotate", "acme", "edr")
    assert (refused.exit_code, "Resume it first" in refused.output) == (1, True)


@pytest.mark.parametrize(
    "arguments",
    [
        ("show", "acme", "nobody"),
        ("pause", "acme", "nobody"),
        ("list", "nobody"),
        ("add", "acme", "--client", "fax"),
        ("add", "acme", "--client", "hec", "--option", "zone"),
    ],
)
def test_what_does_not_exist_is_said(run: Run, arguments: tuple[str, ...]) -> None:
    refused = run(*arguments)
    assert refused.exit_code == 1
    assert refused.output.startswith("watchfloor: ")


async def test_feeds_and_alarms_are_listed_for_people_and_for_programs(run: Run, acme: Tenant) -> None:
    assert "no feed yet" in (await asyncio.to_thread(run, "list", "acme")).output
    await bring(acme)
    listed = await asyncio.to_thread(run, "list", "acme")
    assert listed.exit_code == 0, listed.output
    assert "The feed edr is silent since" in listed.output
    (feed,) = json.loads((await asyncio.to_thread(run, "list", "acme", "--json")).output)
    assert (feed["standing"], feed["day"]["events"], feed["day"]["unparsed"]) == ("alarm", 40, 20)
    assert 15 < feed["day"]["event_lag"]["p50"] <= 32
    shown = await asyncio.to_thread(run, "show", "acme", "edr")
    assert "40 in 1 batches" in shown.output
    document = json.loads((await asyncio.to_thread(run, "show", "acme", "edr", "--json")).output)
    assert [hour["events"] for hour in document["trust"]["hours"]] == [40]
    assert "open" in (await asyncio.to_thread(run, "alarms", "acme")).output
    (alarm,) = json.loads((await asyncio.to_thread(run, "alarms", "acme", "--json")).output)
    assert (alarm["kind"], alarm["state"]) == ("silent", "raised")


async def test_a_trial_that_finds_something_wrong_ends_with_one(run: Run, acme: Tenant) -> None:
    await bring(acme)
    tried = await asyncio.to_thread(run, "test", "acme", "edr", "--wait", "0")
    assert tried.exit_code == 1
    assert "No door answers" in tried.output
    assert "The feed has no credential that works." in tried.output
    found = json.loads((await asyncio.to_thread(run, "test", "acme", "edr", "--wait", "0", "--json")).stdout)
    assert found["is_green"] is False


async def test_what_others_wrote_cannot_act_on_a_terminal(
    run: Run, acme: Tenant, superuser: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    await bring(acme)
    await superuser.execute(
        "insert into wf.quarantine (tenant_id, id, feed_id, batch_id, event_index, code, reason, received_at, body)"
        " select tenant_id, gen_random_uuid(), id, gen_random_uuid(), 0, 'not_json', $1, now(), '' from wf.feeds",
        "\x1b[31mred\u202e [link]",
    )
    tried = await asyncio.to_thread(run, "test", "acme", "edr", "--wait", "0")
    assert "\x1b" not in tried.output
    assert "\u202e" not in tried.output


def _token(text: str) -> str:
    found = re.search(FEED_TOKEN_PATTERN, text)
    assert found is not None
    return found[0]
