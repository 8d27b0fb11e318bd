"""Commands on stored events: the export of a tenant, and the list of what no parser knows."""

import asyncio
import json
from typing import Final

import msgspec
import pytest
from click.testing import CliRunner, Result

from tests.unit.ocsf_schema import faults
from tests.wire.conftest import Site
from tests.wire.test_intake import SENDER, intake_of, packed
from tests.wire.test_pipeline_main_job import encoded_powershell
from watchfloor.kernel.secret import Secret
from watchfloor.ops.cli import command_line

PROCESS: Final = {"ProcessId": 4711, "User": "ACME\\bob"}


async def run(site: Site, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> Result:
    """A command, in a thread of its own, with this site's settings."""
    settings = msgspec.structs.replace(
        site.settings, valkey_url=Secret(f"redis://127.0.0.1:{site.settings.valkey_port}")
    )
    for module in ("export", "unparsed"):
        monkeypatch.setattr(f"watchfloor.ops.commands.{module}.load_settings", lambda: settings)
    result = await asyncio.to_thread(CliRunner().invoke, command_line, list(arguments))
    assert result.exit_code == 0, result.output
    return result


async def slug_of(site: Site, tenant_id: object) -> str:
    return str(await site.superuser.fetchval("select slug from auth.tenants where id = $1", tenant_id))


async def test_a_tenants_stored_events_are_exported_and_its_audit_log_says_so(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    acme, other = await site.customer(), await site.customer()
    for customer in (acme, other):
        feed = await site.feed(customer)
        bodies = [json.dumps({**encoded_powershell(number), **PROCESS}).encode() for number in range(3)]
        await intake_of(site).put(feed.feed, packed(*bodies, b"odd \x1b[31m line"), SENDER)
    await site.pipeline().drain()
    slug = await slug_of(site, acme.id)
    since = ("--since", "2020-01-01", "--until", "2100-01-01")
    exported = await run(site, monkeypatch, "export", "ocsf", "--tenant", slug, *since)
    documents = [json.loads(line) for line in exported.stdout.splitlines()]
    assert sorted(one["class_uid"] for one in documents) == [0, 1007, 1007, 1007]
    assert [fault for one in documents for fault in faults(one)] == []
    rows = await site.superuser.fetch(
        "select tenant_id from wf.audit_entries where action = 'events.export' and tenant_id = any ($1)",
        [acme.id, other.id],
    )
    assert [row[0] for row in rows] == [acme.id]

    shown = await run(site, monkeypatch, "unparsed", "--tenant", slug, "--samples")
    assert "odd" in shown.stdout
    assert "\x1b" not in shown.stdout
    (line,) = (await run(site, monkeypatch, "unparsed", "--tenant", slug, "--json")).stdout.splitlines()
    assert json.loads(line)["samples"] == ["odd \x1b[31m line"]
