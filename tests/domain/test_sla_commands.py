"""`watchfloor sla` and `watchfloor measures` as a person at a terminal meets it."""

import asyncio
import json

import asyncpg
from click.testing import CliRunner, Result

from tests.domain.workplace import MakeEvent, MakeRule, Tenant
from watchfloor.kernel.config import Settings
from watchfloor.ops.cli import command_line


async def run(settings: Settings, *arguments: str, group: str = "sla") -> Result:
    assert settings.database_url is not None
    password = (settings.secrets_dir / "valkey.default").read_text().strip()
    environ = {
        "WATCHFLOOR_HOME": str(settings.home),
        "WATCHFLOOR_ENVIRONMENT": "test",
        "DATABASE_URL": settings.database_url.reveal(),
        "VALKEY_URL": f"redis://:{password}@127.0.0.1:{settings.valkey_port}/0",
    }
    return await asyncio.to_thread(CliRunner(env=environ).invoke, command_line, [group, *arguments])


async def test_clocks_are_verified_repaired_and_counted(
    *,
    acme: Tenant,
    make_rule: MakeRule,
    make_event: MakeEvent,
    settings: Settings,
    superuser: "asyncpg.Connection[asyncpg.Record]",
) -> None:
    await acme.work((make_rule(level="critical"), make_event(1, host="ws-1")))
    well = await run(settings, "verify")
    assert (well.exit_code, "acme: 1 incidents recomputed, 0 differ." in well.output) == (0, True)
    await superuser.execute("update wf.incident_sla set elapsed = interval '1 hour' where target = 'resolve'")
    differing = await run(settings, "verify", "--tenant", "acme")
    assert differing.exit_code == 1
    assert "incident 1, resolve.elapsed: kept 1:00:00, log 0:00:00" in differing.output
    assert (await run(settings, "verify", "--repair")).exit_code == 0
    assert (await run(settings, "verify")).exit_code == 0
    month = await superuser.fetchval("select to_char(now() at time zone 'Europe/Berlin', 'YYYY-MM')")
    counted = json.loads((await run(settings, "acme", "--json", group="measures")).output.splitlines()[-1])
    measures = {one["id"]: one for one in counted["measures"]}
    assert (counted["period"]["first"], measures["incidents"]["value"]) == (f"{month}-01", 1)
    assert measures["target.acknowledge"]["n"] == 0
    drawn = await run(settings, "acme", "--from", f"{month}-01", group="measures")
    assert (drawn.exit_code, "No data came in" in drawn.output, "incidents.customer" in drawn.output) == (0, True, True)
    listed = await run(settings, "acme", "--records", "incidents", group="measures")
    assert (listed.exit_code, "ACME-1" in listed.output) == (0, True)
    wrong = await run(settings, "acme", "--records", "no-such", group="measures")
    assert (wrong.exit_code, "There is no such measure" in wrong.output) == (1, True)
