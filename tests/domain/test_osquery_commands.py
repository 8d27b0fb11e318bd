"""`watchfloor osquery nodes|ask|results|file|config` as a person at a terminal meets them."""

import asyncio
import json
from pathlib import Path
from typing import Final, Protocol

import pytest
from click.testing import CliRunner, Result

from tests.domain.workplace import Tenant
from watchfloor.audit.append import Actor
from watchfloor.feeds.osquery import nodes
from watchfloor.feeds.osquery.carves import carving
from watchfloor.feeds.osquery.configuration import standard
from watchfloor.feeds.osquery.live import questions
from watchfloor.feeds.osquery.live.answers import Found, Given, keep
from watchfloor.feeds.registry import create_feed
from watchfloor.kernel.config import Settings
from watchfloor.kernel.credentials import parse_agent_key
from watchfloor.kernel.db import Database, Role, tenant_tx
from watchfloor.kernel.ids import CarveId, NodeId, new_uuid
from watchfloor.ops.cli import command_line

ACTOR: Final = Actor(kind="system", id="test", role="system", request_id="-")
DETAILS: Final = {"system_info": {"hostname": "web\u202e01\x1b[2J"}, "os_version": {"name": "Ubuntu"}}
ARCHIVE: Final = b"archive" * 100


class Run(Protocol):
    """Runs `watchfloor osquery` with these arguments."""

    def __call__(self, *arguments: str) -> Result: ...


@pytest.fixture
def run(settings: Settings, acme: Tenant) -> Run:
    assert settings.database_url is not None
    password = (settings.secrets_dir / "valkey.default").read_text().strip()
    environ = {
        "WATCHFLOOR_HOME": str(settings.home),
        "WATCHFLOOR_ENVIRONMENT": "test",
        "DATABASE_URL": settings.database_url.reveal(),
        "VALKEY_URL": f"redis://:{password}@127.0.0.1:{settings.valkey_port}/0",
    }
    runner = CliRunner(env=environ)

    def invoke(*arguments: str) -> Result:
        first, *rest = arguments
        return runner.invoke(command_line, ["osquery", first, acme.code.lower(), *rest])

    return invoke


@pytest.fixture
def host(settings: Settings, acme: Tenant) -> NodeId:
    """A host of the tenant's that enrolled."""

    async def enrol() -> NodeId:
        database = await Database.open(settings, Role.APP, connections=1)
        async with tenant_tx(database, acme.id) as tx:
            feed = await create_feed(tx, ACTOR, name="hosts", door="osquery")
            key = await nodes.enrol(tx, acme.cipher, feed, nodes.Host(identifier="UUID-1", details=DETAILS))
        await database.close()
        return NodeId(parse_agent_key("node", key.text.reveal()).owner)

    return asyncio.run(enrol())


def answer(settings: Settings, acme: Tenant, host: NodeId, question: str) -> None:
    """The host takes its questions and answers one, and sends the file if it is for one."""

    async def work() -> None:
        database = await Database.open(settings, Role.APP, connections=1)
        async with tenant_tx(database, acme.id) as tx:
            await questions.waiting_for(tx, acme.cipher, host)
            rows = [b'{"name":"\\u202ekim","uid":"0"}'] * 60
            given = Given(question=question, status=0, message="", found=Found(total=60, rows=rows))
            assert await keep(tx, acme.cipher, host, given)
        await database.close()

    asyncio.run(work())


def test_a_host_is_shown_asked_and_heard(run: Run, settings: Settings, acme: Tenant, host: NodeId) -> None:
    shown = run("nodes").output
    assert nodes.shown(host) in shown
    assert "Ubuntu" in shown
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    (line,) = run("nodes", "--json").output.splitlines()
    assert json.loads(line)["host"]["identifier"] == "UUID-1"
    question = run("ask", "select * from users").output.strip()
    assert question.startswith("qst_")
    assert "pending" in run("results", question).output
    answer(settings, acme, host, question)
    told = run("results", question).output
    assert "answered 60 rows" in told
    assert "and 10 more" in told
    assert "\u202e" not in told
    (line,) = run("results", question, "--json").output.splitlines()
    assert len(json.loads(line)["rows"]) == 60
    assert "select * from users" in run("results").output


def test_a_file_is_asked_for_and_fetched(
    run: Run, settings: Settings, acme: Tenant, host: NodeId, tmp_path: Path
) -> None:
    question = run("ask", "--file", "/etc/passwd", "--node", nodes.shown(host)).output.strip()
    place = tmp_path / "archive.tar"
    carve = asyncio.run(send(settings, acme, host, question))
    assert run("file", carve, "--to", str(place)).output == f"{len(ARCHIVE)} bytes are in {place}\n"
    assert (place.read_bytes(), place.stat().st_mode & 0o777) == (ARCHIVE, 0o600)
    assert carve in run("results", question).output


async def send(settings: Settings, acme: Tenant, host: NodeId, question: str) -> str:
    """The host sends the file in one block."""
    database = await Database.open(settings, Role.APP, connections=1)
    async with tenant_tx(database, acme.id) as tx:
        feed = await create_feed(tx, ACTOR, name="files", door="osquery")
        await questions.waiting_for(tx, acme.cipher, host)
        size = len(ARCHIVE)
        announced = carving.Announced(request_id=question, block_count=1, block_size=size, carve_size=size)
        session = parse_agent_key("carve", (await carving.begin(tx, feed, host, announced)).text.reveal())
        await carving.take_block(tx, acme.cipher, session, number=0, request_id=question, block=ARCHIVE)
    await database.close()
    return carving.shown(CarveId(session.owner))


def test_a_key_is_revoked_once(run: Run, host: NodeId) -> None:
    assert run("nodes", "--revoke", nodes.shown(host)).output == "revoked\n"
    assert run("nodes", "--revoke", nodes.shown(host)).output == "it was revoked already\n"
    assert "revoked" in run("nodes").output
    assert run("nodes", "--revoke", nodes.shown(NodeId(new_uuid()))).exit_code == 1


def test_the_configuration_is_shown_changed_and_reset(run: Run, tmp_path: Path) -> None:
    assert json.loads(run("config").output) == json.loads(standard())
    patch = tmp_path / "patch.json"
    patch.write_text('{"schedule": {"suid_bin": null}}')
    assert run("config", "--set", str(patch)).output.startswith("version 1;")
    assert "suid_bin" not in json.loads(run("config").output)["schedule"]
    assert json.loads(run("config", "--changes").output) == {"schedule": {"suid_bin": None}}
    assert run("config", "--reset").output.startswith("version 2;")
    assert json.loads(run("config").output) == json.loads(standard())
    for wrong in ("{", "[]", '{"schedule": {"x": {}}}'):
        patch.write_text(wrong)
        assert run("config", "--set", str(patch)).exit_code == 1


def test_without_hosts_there_is_a_sentence(run: Run) -> None:
    assert run("nodes").output == "No host has enrolled.\n"
    assert run("results").output == "Nothing was asked.\n"
    assert run("ask", "select 1").output == "watchfloor: No host has enrolled yet.\n"
    assert run("ask").exit_code == 1
