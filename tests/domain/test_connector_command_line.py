"""`watchfloor connector` as a person at a terminal meets it."""

import asyncio
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, Protocol

import asyncpg
import pytest
from click.testing import CliRunner, Result

from tests.domain.workplace import Tenant
from tests.wire.connectors.made_up import MadeUp
from watchfloor.feeds.connectors.connector import Connector, Finding, Remote
from watchfloor.kernel.config import Settings
from watchfloor.ops.cli import command_line
from watchfloor.ops.commands.connector import changing, known, listing, trying

SECRET: Final = "nobody-may-see-this"


class Run(Protocol):
    """Runs `watchfloor connector` with these arguments, and this typed in."""

    def __call__(self, *arguments: str, typed: str | None = None) -> Result: ...


class Tried(MadeUp):
    """A connector whose vendor takes any key but `bad`, and says so with letters that move a cursor."""

    async def check(self, remote: Remote) -> list[Finding]:
        """Whether the key is not the bad one."""
        is_good = remote.secrets["key"].reveal() != "bad"
        return [Finding(what="log.read \x1b[2J", is_good=is_good, remedy="Give the key log.read.")]


@pytest.fixture
def run(settings: Settings, acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> Run:
    assert acme.code == "ACME"
    assert settings.database_url is not None
    password = (settings.secrets_dir / "valkey.default").read_text().strip()
    environ = {
        "WATCHFLOOR_HOME": str(settings.home),
        "WATCHFLOOR_ENVIRONMENT": "test",
        "DATABASE_URL": settings.database_url.reveal(),
        "VALKEY_URL": f"redis://:{password}@127.0.0.1:{settings.valkey_port}/0",
    }
    catalogue: Callable[[], Mapping[str, Connector]] = lambda: {"made_up": Tried()}  # noqa: E731  it stands for a function
    for module in (changing, known, listing, trying):
        monkeypatch.setattr(module, "known_connectors", catalogue)
    runner = CliRunner(env=environ)

    def invoke(*arguments: str, typed: str | None = None) -> Result:
        return runner.invoke(command_line, ["connector", *arguments], input=typed)

    return invoke


def add(run: Run, name: str = "pulled") -> Result:
    return run(
        "add", "acme", "made_up", "--name", name, "--set", "account=mine", "--secret", "key", typed=SECRET + "\n"
    )


async def test_a_connector_is_added_shown_changed_and_its_secret_is_never_printed(
    run: Run, superuser: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    added = await asyncio.to_thread(add, run)
    assert added.exit_code == 0, added.output
    assert "The connector works." in added.output
    assert "\x1b[2J" not in added.output
    listed = await asyncio.to_thread(run, "list", "acme")
    shown = await asyncio.to_thread(run, "show", "acme", "pulled")
    assert "nothing yet" in listed.output
    assert "mine" in shown.output
    document = json.loads((await asyncio.to_thread(run, "show", "acme", "pulled", "--json")).output)
    assert (document["connector"], document["secrets"]) == ("made_up", ["key"])
    await superuser.execute(
        "update wf.connector_streams set fault = 'denied', fault_at = now(), fault_message = $1, fault_remedy = 'Ask.'",
        "You \x1b[31mmay not.",
    )
    failing = (await asyncio.to_thread(run, "show", "acme", "pulled")).output
    assert "stopped" in failing
    assert "→ Ask." in failing
    assert "\x1b[31m" not in failing
    told = ("--set", "account=mine,theirs", "--stream", "side")
    changed = await asyncio.to_thread(run, "set", "acme", "pulled", *told)
    assert changed.exit_code == 0, changed.output
    after = json.loads((await asyncio.to_thread(run, "show", "acme", "pulled", "--json")).output)
    assert after["settings"]["account"] == "mine,theirs"
    assert {one["name"]: one["health"] for one in after["streams"]} == {"log": "off", "side": "waiting"}
    for result in (added, listed, shown, changed):
        assert SECRET not in result.output


def test_what_is_wrong_is_one_sentence(run: Run) -> None:
    assert add(run).exit_code == 0
    for arguments, words in {
        ("add", "acme", "nothing"): "There is no connector nothing",
        ("add", "acme", "made_up", "--set", "account"): "NAME=VALUE",
        ("add", "acme", "made_up", "--set", "account=mine", "--set", "key="): "key is missing",
        ("set", "acme", "pulled"): "nothing to change",
        ("set", "acme", "pulled", "--set", "key=x"): "not changed, but rotated",
        ("show", "acme", "none"): "no such feed",
        ("backfill", "acme", "pulled", "--from", "yesterday"): "no time",
        ("backfill", "acme", "pulled", "--from", "2020-01-01T00:00Z"): "30 days",
    }.items():
        result = run(*arguments)
        assert result.exit_code == 1, arguments
        assert words in result.output, result.output


def test_new_secrets_that_do_not_work_change_nothing(run: Run, tmp_path: Path) -> None:
    add(run)
    (tmp_path / "key").write_text("bad\n")
    refused = run("rotate", "acme", "pulled", "--secret-file", f"key={tmp_path / 'key'}")
    assert refused.exit_code == 1
    assert "does not take these" in refused.output
    assert run("test", "acme", "pulled").exit_code == 0
    (tmp_path / "key").write_text("good")
    done = run("rotate", "acme", "pulled", "--secret-file", f"key={tmp_path / 'key'}")
    assert done.exit_code == 0, done.output
    assert "in 3 minutes or later" in done.output


def test_it_is_paused_resumed_filled_up_and_its_policy_printed(run: Run) -> None:
    add(run)
    assert run("pause", "acme", "pulled").exit_code == 0
    assert "paused" in run("list", "acme").output
    assert run("resume", "acme", "pulled").exit_code == 0
    filled = run("backfill", "acme", "pulled", "--from", "2026-11-20T00:00Z", "--to", "2026-11-21T00:00")
    assert filled.exit_code == 0, filled.output
    assert "2026-11-20 00:00 UTC" in run("show", "acme", "pulled").output
    assert "Let the key read the log." in run("policy", "acme", "pulled").output
    assert "Let the key read the log." in run("policy", "acme", "made_up").output
    assert "several, divided by commas" in run("kinds", "made_up").output
    assert "| [made_up](connectors.md#made-up) | Made Up | gold | It has nothing to hide. |" in run("tiers").output
