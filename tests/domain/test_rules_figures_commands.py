"""`watchfloor rules health` and `watchfloor rules coverage` as a person at a terminal meets them."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Protocol

import asyncpg
import pytest
from click.testing import CliRunner, Result

from tests.domain.test_source_ledger import make_feed
from tests.domain.workplace import NOON, MakeEvent, MakeRule, MakeTenant, Tenant
from watchfloor.detect.load import load_shared_rules
from watchfloor.feeds.sources.ledger import Sighting, count_sources
from watchfloor.kernel.config import Settings
from watchfloor.kernel.db import tenant_tx
from watchfloor.normalise.event import LogSource
from watchfloor.ops.cli import command_line

WINDOWS_PROCESSES: Final = LogSource(product="windows", category="process_creation")
LONG_AGO: Final = (datetime.now(UTC) - NOON).days + 2


class Run(Protocol):
    """Runs `watchfloor rules` with these arguments."""

    def __call__(self, *arguments: str) -> Result: ...


@pytest.fixture
def run(settings: Settings) -> Run:
    """Runs `watchfloor rules` with these arguments."""
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
        return runner.invoke(command_line, ["rules", *arguments])

    return invoke


Bring = Callable[[Tenant, str], Awaitable[None]]


@pytest.fixture
def bring(superuser: "asyncpg.Connection[asyncpg.Record]") -> Bring:
    """Notes events of a log source (`product/category/service`) for today."""

    async def note(tenant: Tenant, logsource: str) -> None:
        feed_id = await make_feed(tenant, superuser)
        product, category, service = (part or None for part in logsource.split("/"))
        now = datetime.now(UTC)
        async with tenant_tx(tenant.database, tenant.id) as tx:
            seen = Sighting(
                feed_id=feed_id,
                received_at=now,
                product=product,
                category=category,
                service=service,
                events=1200,
                last_event_at=now,
            )
            await count_sources(tx, [seen])

    return note


def test_without_a_customer_there_is_a_sentence(run: Run) -> None:
    for command in ("health", "coverage"):
        result = run(command)
        assert (result.exit_code, result.stdout) == (1, "")
        assert "There are no customers yet." in result.stderr


async def test_a_customer_that_does_not_exist_is_refused(run: Run, acme: Tenant) -> None:
    result = await in_thread(run, "health", "--tenant", "nobody")
    assert result.exit_code == 1
    assert f"There is no such customer. ({acme.code.lower()}" not in result.stderr
    assert "There is no such customer." in result.stderr


async def in_thread(run: Run, *arguments: str) -> Result:
    """The command brings a loop of its own."""
    return await asyncio.to_thread(run, *arguments)


async def test_health_shows_what_fired_and_says_that_nobody_has_judged(
    run: Run, acme: Tenant, make_event: MakeEvent, make_rule: MakeRule
) -> None:
    rule = make_rule("Odd \x1b[31mlogin", level="high")
    await acme.record(*((rule, make_event(n, host=f"ws-{n}")) for n in range(5)))
    result = await in_thread(run, "health", "--days", str(LONG_AGO))
    assert result.exit_code == 0
    assert "1 rule fired, 5 matches, 5 alerts" in result.stdout
    assert "no verdicts" in result.stdout
    assert "\x1b" not in result.stdout
    assert "No rule fired." in (await in_thread(run, "health", "--days", "1")).stdout


async def test_health_of_one_customer_and_of_all(
    run: Run, acme: Tenant, make_tenant: MakeTenant, make_event: MakeEvent, make_rule: MakeRule
) -> None:
    nord = await make_tenant("NORD")
    for tenant in (acme, nord):
        await tenant.record((make_rule(), make_event(1, host="ws-1")))
    days = ("--days", str(LONG_AGO), "--json")
    both = json.loads((await in_thread(run, "health", *days)).stdout)
    assert (both["tenants"], both["silent"]) == (["acme", "nord"], None)
    assert [(one["figures"]["matches"], one["figures"]["tenants"]) for one in both["rules"]] == [(2, 2)]
    one = json.loads((await in_thread(run, "health", "--tenant", "nord", *days)).stdout)
    assert (one["tenants"], one["rules"][0]["figures"]["matches"]) == (["nord"], 1)
    assert (one["rules"][0]["precision"], one["rules"][0]["share_of_time"]) == (None, None)


async def test_silent_rules_are_listed_with_whether_they_could_have_fired(
    run: Run, acme: Tenant, bring: Bring, make_event: MakeEvent
) -> None:
    shared = load_shared_rules().rules
    cloud = [one for one in shared if one.logsource.service == "cloudtrail" and one.alerts]
    fired, *silent = cloud
    await bring(acme, "aws//cloudtrail")
    await acme.record((fired, make_event(1, host="ws-1")))
    document = json.loads((await in_thread(run, "health", "--days", str(LONG_AGO), "--silent", "--json")).stdout)
    reaches = {one["rule_id"]: one["reach"] for one in document["silent"]}
    assert fired.id not in reaches
    assert {reaches[one.id] for one in silent} == {"ready"}
    sysmon = next(one for one in shared if one.logsource == WINDOWS_PROCESSES and one.alerts)
    assert reaches[sysmon.id] == "no_feed"
    page = (await in_thread(run, "health", "--days", str(LONG_AGO), "--silent")).stdout
    assert "its feed is there" in page
    assert "no feed brings it" in page


async def test_coverage_counts_the_feeds_that_are_there(run: Run, acme: Tenant, bring: Bring) -> None:
    nothing = (await in_thread(run, "coverage")).stdout
    assert "0 of " in nothing
    assert "so no rule can fire" in nothing
    await bring(acme, "aws//cloudtrail")
    page = (await in_thread(run, "coverage", "--tenant", "acme")).stdout
    assert "acme, feeds of the last 7 days" in page
    assert "windows / process_creation" in page
    document = json.loads((await in_thread(run, "coverage", "--json")).stdout)
    assert document["sources"][0]["service"] == "cloudtrail"
    ready = sum(one.logsource.service == "cloudtrail" and one.alerts for one in load_shared_rules().rules)
    assert document["coverage"]["reaches"]["ready"] >= ready > 0
    assert "T1078.004" in (await in_thread(run, "coverage", "--full")).stdout


async def test_the_navigator_s_layer_is_written(run: Run, acme: Tenant, bring: Bring, tmp_path: Path) -> None:
    await bring(acme, "aws//cloudtrail")
    file = tmp_path / "layer.json"
    result = await in_thread(run, "coverage", "--navigator", str(file))
    assert result.exit_code == 0
    made = json.loads(file.read_text())
    assert made["versions"] == {"attack": "19", "navigator": "5.1.0", "layer": "4.5"}
    assert f"{len(made['techniques'])} techniques are in" in result.stdout
    assert any(cell["score"] > 0 for cell in made["techniques"])
    assert (await in_thread(run, "coverage", "--json", "--navigator", str(file))).exit_code == 2


async def test_the_days_of_a_period_are_bounded(run: Run) -> None:
    for arguments in (("health", "--days", "0"), ("health", "--days", "401"), ("coverage", "--days", "0")):
        assert (await in_thread(run, *arguments)).exit_code == 2
