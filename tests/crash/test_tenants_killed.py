"""`watchfloor tenant` killed with -9 again and again: the next run goes on where the last one stopped (S4)."""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final, Protocol

import asyncpg
import pytest

from tenants.leaving.proof import proof_path, read_proof
from tenants.queries import TenantRow
from watchfloor.audit.heads import trusted_keys
from watchfloor.kernel.config import Settings

pytestmark = pytest.mark.crash

ROOT: Final = Path(__file__).parents[2]
PROGRAM: Final = "import sys; from watchfloor.ops.cli import main; main()"
BUNDLE: Final = """\
slug: acme
code: ACME
name: Acme Ltd
language: en
time_zone: Europe/Dublin
contacts:
  - {name: Kim, email: kim@acme.example, purposes: [incidents]}
feeds:
  - {name: windows, door: hec}
members:
  - {email: kim@acme.example, role: admin}
"""


class Eventually(Protocol):
    """See tests/conftest.py."""

    async def __call__(self, condition: Callable[[], Awaitable[object]], *, within: float = 10) -> object:
        """Wait until the condition holds."""
        ...


async def start(settings: Settings, *arguments: str) -> asyncio.subprocess.Process:
    """The command line in a process of its own."""
    assert settings.database_url is not None
    environ = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{ROOT / 'platform'}:{ROOT}",
        "WATCHFLOOR_HOME": str(settings.home),
        "WATCHFLOOR_ENVIRONMENT": "test",
        "DATABASE_URL": settings.database_url.reveal(),
        "VALKEY_URL": valkey_url(settings),
    }
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, "tenant", *arguments, env=environ, stdout=asyncio.subprocess.PIPE
    )


def valkey_url(settings: Settings) -> str:
    """The run's Valkey, as a server of somebody else's."""
    password = (settings.secrets_dir / "valkey.default").read_text().strip()
    return f"redis://:{password}@127.0.0.1:{settings.valkey_port}/0"


async def run_killed(
    settings: Settings, superuser: "asyncpg.Connection[asyncpg.Record]", eventually: Eventually, *arguments: str
) -> int:
    """Runs a command again and again, and kills it each time that it has noted one more step. How often it died."""
    kills = 0
    while True:
        noted = await superuser.fetchval("select count(*) from auth.tenant_steps")
        process = await start(settings, *arguments)

        async def went_on(process: asyncio.subprocess.Process = process, noted: int = noted) -> bool:
            ended = process.returncode is not None
            return ended or await superuser.fetchval("select count(*) from auth.tenant_steps") > noted

        await eventually(went_on, within=30)
        if process.returncode is None:
            process.send_signal(signal.SIGKILL)
        await process.communicate()
        if process.returncode != -signal.SIGKILL:
            assert process.returncode == 0
            return kills
        kills += 1


async def test_onboarding_and_offboarding_survive_a_kill_after_every_step(
    settings: Settings, superuser: "asyncpg.Connection[asyncpg.Record]", eventually: Eventually, tmp_path: Path
) -> None:
    bundle = tmp_path / "acme.yaml"
    bundle.write_text(BUNDLE)
    assert await run_killed(settings, superuser, eventually, "apply", str(bundle)) >= 2
    row = await superuser.fetchrow("select id, slug, code, name, kind, state from auth.tenants where slug = 'acme'")
    assert row is not None
    assert row["state"] == "active"
    await superuser.execute("delete from auth.tenant_steps where journey = 'onboard'")
    leave = ("offboard", "acme", "--export-to", str(tmp_path / "out"), "--confirm", "acme")
    assert await run_killed(settings, superuser, eventually, *leave) >= 4
    assert await superuser.fetchval("select state from auth.tenants where slug = 'acme'") == "offboarded"
    path = proof_path(settings, TenantRow(**dict(row.items())))
    assert len(read_proof(path, trusted_keys(settings)).steps) == 12
    tables = await superuser.fetch(
        "select c.oid::regclass::text as name from pg_class c"
        " join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped"
        " where c.relkind = 'r' and c.relnamespace = 'wf'::regnamespace"
    )
    for table in tables:
        count = f"select count(*) from {table['name']} where tenant_id = $1"
        assert await superuser.fetchval(count, row["id"]) == 0
