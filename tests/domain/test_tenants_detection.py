"""A bundle's section `detection`: planned, applied once, changed, and every fault at its place."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import asyncpg
import pytest

from tenants.apply import apply, plan
from tenants.faults import BundleFaults
from tenants.installation import Installation, find_tenant, open_installation
from tenants.rules import PlacedBundle, read_bundles
from watchfloor.alerts.overlay.loading import read_tuning
from watchfloor.detect.load import load_shared_rules
from watchfloor.detect.overlay import Tuning
from watchfloor.kernel.clock import FixedClock
from watchfloor.kernel.config import Settings
from watchfloor.kernel.db import tenant_tx
from watchfloor.kernel.ids import TenantId

NOON: Final = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
FIRST, SECOND = (rule for rule in load_shared_rules().rules[:2])

NORD: Final = """\
slug: nord
code: NORD
name: Nord AG
language: de
time_zone: Europe/Berlin
contacts:
  - {name: Kim, email: kim@nord.example, purposes: [incidents]}
"""
SECTION: Final = f"""\
detection:
  rules:
    - {{rule: {FIRST.id}, state: disabled, reason: Agreed with Kim.}}
    - {{rule: "{SECOND.title}", level: informational, reason: Agreed with Kim.}}
  exceptions:
    - title: Backups
      owner: Kim
      reason: The backup does this every night.
      expires: 2027-03-31
      logsource: {{product: windows, category: process_creation}}
      filter:
        rules: any
        selection:
          User|expand: '%services%'
        condition: selection
  lists:
    - {{name: services, entries: ['svc_*', backup], reason: Their service accounts.}}
"""


class Desk:
    """One bundle, again and again."""

    def __init__(self, directory: Path, installation: Installation) -> None:
        self._path = directory / "nord.yaml"
        self.installation = installation

    def placed(self, text: str) -> PlacedBundle:
        self._path.write_text(text, encoding="utf-8")
        (found,) = read_bundles(self._path)
        return found

    async def plan(self, text: str) -> list[str]:
        return self._about_detection([str(c) for c in (await plan(self.installation, self.placed(text))).changes])

    async def apply(self, text: str) -> list[str]:
        done = await apply(self.installation, self.placed(text), issue=lambda _: None, tell=lambda _: None)
        return self._about_detection([str(change) for change in done.changes])

    async def faults(self, text: str) -> list[str]:
        with pytest.raises(BundleFaults) as refused:
            await self.plan(text)
        return [str(fault).removeprefix(f"{self._path}:") for fault in refused.value.faults]

    async def tuning(self) -> Tuning:
        tenant_id = TenantId((await find_tenant(self.installation, "nord")).id)
        async with tenant_tx(self.installation.app, tenant_id) as tx:
            return await read_tuning(tx, await self.installation.keyring.cipher(tx), at=NOON)

    @staticmethod
    def _about_detection(changes: list[str]) -> list[str]:
        return [change for change in changes if change[2:].startswith(("rule ", "exception ", "list "))]


@pytest.fixture
async def desk(tmp_path: Path, settings: Settings) -> AsyncGenerator[Desk]:
    async with open_installation(settings, clock=FixedClock(NOON), request_id="req_test") as opened:
        yield Desk(tmp_path, opened)


async def test_the_section_is_planned_applied_and_then_nothing_is_left_to_do(desk: Desk) -> None:
    expected = [
        f"+ rule {FIRST.title}: disabled, {FIRST.level}",
        f"+ rule {SECOND.title}: enabled, informational",
        '+ exception Backups: {"rules":"any","selection":{"User|expand":"%services%"},"condition":"selection"},'
        " until 2027-03-31, Kim, The backup does this every night.",
        "+ list services: svc_*, backup",
    ]
    assert await desk.plan(NORD + SECTION) == expected
    assert await desk.apply(NORD + SECTION) == expected
    assert await desk.plan(NORD + SECTION) == []
    assert await desk.apply(NORD + SECTION) == []
    tuning = await desk.tuning()
    assert tuning.disabled == {FIRST.id}
    assert tuning.levels == {SECOND.id: "informational"}
    assert list(tuning.lists) == ["services"]
    (exemption,) = tuning.exemptions
    assert exemption.expires_at == datetime(2027, 4, 1, tzinfo=UTC)


async def test_without_the_section_nothing_is_touched_and_with_an_empty_one_all_goes(desk: Desk) -> None:
    await desk.apply(NORD + SECTION)
    before = await desk.tuning()
    assert await desk.apply(NORD) == []
    assert await desk.tuning() == before
    gone = await desk.apply(NORD + "detection: {}\n")
    assert [change[0] for change in gone] == ["-"] * 4
    assert await desk.tuning() == Tuning()
    assert await desk.plan(NORD + "detection: {}\n") == []


async def test_what_changes_is_changed_and_audited(desk: Desk, superuser: "asyncpg.Connection[asyncpg.Record]") -> None:
    await desk.apply(NORD + SECTION)
    entries = await superuser.fetchval("select max(seq) from wf.audit_entries")
    changed = SECTION.replace("2027-03-31", "2027-06-30").replace("state: disabled", "level: informational")
    changes = await desk.apply(NORD + changed.replace("svc_*", "service_*"))
    assert [change[0] for change in changes] == ["~", "~", "~"]
    rows = await superuser.fetch("select action from wf.audit_entries where seq > $1 order by seq", entries)
    assert [row["action"] for row in rows] == [
        "list.set",
        "rule.enable",
        "rule.level",
        "exception.end",
        "exception.add",
    ]
    (exemption,) = (await desk.tuning()).exemptions
    assert exemption.expires_at == datetime(2027, 7, 1, tzinfo=UTC)
    assert await desk.plan(NORD + changed.replace("svc_*", "service_*")) == []


async def test_an_exception_that_has_expired_may_stay_in_its_bundle(desk: Desk) -> None:
    await desk.apply(NORD + SECTION)
    desk.installation.clock.at = datetime(2027, 5, 1, tzinfo=UTC)  # type: ignore[attr-defined]  # a FixedClock
    assert await desk.plan(NORD + SECTION) == []
    (fault,) = await desk.faults(NORD + SECTION.replace("2027-03-31", "2027-04-29"))
    assert "An exception expires within a year from now." in fault


async def test_a_rule_that_is_set_as_it_is_shared_is_no_change(desk: Desk) -> None:
    same = f"detection: {{rules: [{{rule: {FIRST.id}, level: {FIRST.level}, reason: Agreed with Kim.}}]}}\n"
    assert await desk.plan(NORD + same) == []


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (f"rule: {FIRST.id}", "rule: nothing", "10:14: There is no such rule."),
        (f'rule: "{SECOND.title}"', f"rule: {FIRST.id}", "11:7: rules[2] says the same as another. Remove one."),
        ("state: disabled", "state: off", "10:59: detection.rules[1].state: 'off' is not one of enabled, disabled."),
        ("level: informational", "level: urgent", "11:"),
        ("reason: Agreed with Kim.}\n  ex", "reason: short}\n  ex", "11:"),
        ("expires: 2027-03-31", "expires: 2027-02-30", "16:16: There is no such day."),
        ("expires: 2027-03-31", "expires: 2027-11-30", "16:16: An exception expires within a year from now."),
        ("expires: 2027-03-31", "expires: 2026-11-01", "16:16: An exception expires within a year from now."),
        ("expires: 2027-03-31", "expires: soon", "16:16: detection.exceptions[1].expires: 'soon' is not a day such as"),
        ("product: windows", "product: plan9", "17:18: No rule looks at this log source."),
        ("rules: any", "rules: [nothing]", "19:17: There is no rule with the id or name 'nothing'."),
        ("condition: selection", "condition: not selection", "22:9: The filter would hide every event"),
        ("User|expand", "User|begins", "21:11: The modifier `begins`"),
        (
            SECTION[SECTION.index("filter:") : SECTION.index("  lists")],
            "filter: 12\n",
            "18:15: detection.exceptions[1]",
        ),
        ("name: services", "name: a b", "24:"),
        ("entries: ['svc_*', backup]", "entries: []", "24:"),
    ],
)
async def test_a_fault_stands_at_its_place(desk: Desk, old: str, new: str, fault: str) -> None:
    assert old in SECTION
    found = await desk.faults(NORD + SECTION.replace(old, new))
    assert any(text.startswith(fault) for text in found), found
