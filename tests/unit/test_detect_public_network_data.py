"""SigmaHQ's rules for Linux, networks and the web load, and fire on real records of these sources.

The data is not part of this repository (see the README of the folder that `DATA` names). Without it these tests skip.
"""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from uuid import UUID

import pytest

from tests.unit.zeek_logs import zeek_lines
from watchfloor.detect.engine import PlainEngine
from watchfloor.detect.load import Origin, load_rules, shared_folder
from watchfloor.detect.logsource import is_readable
from watchfloor.detect.rule import LoadReport
from watchfloor.kernel.ids import BatchId, FeedId
from watchfloor.normalise.dispatch import normalise
from watchfloor.normalise.event import UNPARSED, Event
from watchfloor.normalise.raw import RawEvent

DATA: Final = Path(__file__).parents[2].parent / "shared" / "data"
LINUX: Final = ("sh_*.log", "syslog_*.json")
FIRES: Final = {
    "Linux Reverse Shell Indicator",
    "Suspicious Java Children Processes",
    "Binary Padding - Linux",
    "Overwriting the File with Dev Zero or Null",
    "Decode Base64 Encoded Text",
    "Local Groups Discovery - Linux",
    "Executable from Webdav",
    "Windows WebDAV User Agent",
}
# What SigmaHQ writes for these folders and no parser of ours makes: databases, Huawei's and Juniper's routers, macOS.
UNREADABLE: Final = {"huawei", "juniper"}


def needs(path: Path) -> Path:
    if not path.exists():
        pytest.skip(f"public data is missing: {path.name}")
    return path


@pytest.fixture(scope="module")
def loaded() -> LoadReport:
    rules = needs(DATA / "sigmahq") / "rules"
    return load_rules([rules / name for name in ("linux", "network", "web")], origin=Origin(licence="DRL-1.1"))


def event_of(line: bytes, index: int) -> Event:
    return normalise(
        RawEvent(body=line),
        feed_id=FeedId(UUID(int=1)),
        batch_id=BatchId(UUID(int=2)),
        index=index,
        source_hint=None,
        received_at=datetime(2026, 3, 2, tzinfo=UTC),
    )


@pytest.fixture(scope="module")
def events() -> list[Event]:
    folder = needs(DATA / "events")
    lines = [
        line
        for pattern in LINUX
        for path in sorted((folder / "otrf-linux-cloud").glob(pattern))
        for line in path.read_bytes().splitlines()
        if line.strip()
    ]
    lines.extend(line for path in sorted((folder / "zeek").glob("*/*.log")) for line in zeek_lines(path))
    return [event_of(line, index) for index, line in enumerate(lines)]


def test_every_rule_for_linux_networks_and_the_web_loads(loaded: LoadReport) -> None:
    assert [str(fault) for fault in loaded.faults] == []
    assert len(loaded.rules) > 300


def test_every_log_source_of_these_rules_can_come_in(loaded: LoadReport) -> None:
    missing = {rule.logsource.product for rule in loaded.rules if not is_readable(rule.logsource)}
    assert missing <= UNREADABLE


def test_every_real_record_is_recognised(events: list[Event]) -> None:
    counts = Counter(event.source for event in events)
    assert counts[UNPARSED] == 0
    assert counts["linux.auditd"] == 68
    assert counts["linux.sysmon"] == 93
    assert sum(count for source, count in counts.items() if source.startswith("zeek.")) > 17_000


def test_the_rules_fire_where_they_should(loaded: LoadReport, events: list[Event]) -> None:
    engine = PlainEngine(loaded.rules)
    fired = {engine.rules[rule].title for rule in engine.match(events).rule}
    assert fired >= FIRES


def test_our_own_rules_see_the_attack_and_nothing_else(events: list[Event]) -> None:
    report = load_rules([shared_folder() / name for name in ("linux", "network", "web")], require_samples=True)
    engine = PlainEngine(report.rules)
    matches = engine.match(events)
    assert {engine.rules[rule].title for rule in matches.rule} == {
        "Discovery commands run by a web server",
        "Download piped into a shell",
    }
    assert len(matches.rule) < 10
