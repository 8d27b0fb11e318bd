"""What tests of filters and overlays share: an event of a process, rules, a filter."""

from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from watchfloor.detect.condition import Condition, OnField, Text
from watchfloor.detect.correlation import Correlation
from watchfloor.detect.filters import FilterDocument, read_filter
from watchfloor.detect.rule import Level, Rule
from watchfloor.normalise.event import Event, FieldValue, LogSource

NOW: Final = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
PROCESS: Final = LogSource("windows", "process_creation", "sysmon")
STARTED: Final = OnField("Image", Text(("a.exe",)))


def make_event(fields: dict[str, FieldValue]) -> Event:
    """An event of a process that began."""
    return Event(
        key=bytes(16),
        source="windows.sysmon",
        logsources=(PROCESS,),
        time=NOW,
        time_quality="parsed",
        received_at=NOW,
        fields=fields,
        entities=(),
        summary="a process",
        raw=b"{}",
        parser="windows/1",
    )


def make_rule(
    number: int,
    condition: Condition = STARTED,
    *,
    level: Level = "high",
    logsource: LogSource | None = None,
    correlation: Correlation | None = None,
) -> Rule:
    """The rule with this number."""
    return Rule(
        id=str(UUID(int=number)),
        title=f"Rule {number}",
        level=level,
        status="test",
        author="Watchfloor",
        references=(),
        tags=(),
        why="It matters.",
        false_positives=(),
        runbook=(),
        dedup=("host",),
        window_seconds=60,
        licence="Apache-2.0",
        link=None,
        logsource=logsource or LogSource("windows", "process_creation", None),
        path=f"rule_{number}.yml",
        content_hash=f"{number:064x}",
        condition=condition,
        name=f"rule_{number}",
        correlation=correlation,
    )


def make_filter(
    selection: object, *, rules: object = "any", title: str = "Known", product: str = "windows"
) -> FilterDocument:
    """A filter for processes that hides what the selection describes."""
    return read_filter(
        {
            "title": title,
            "logsource": {"product": product, "category": "process_creation"},
            "filter": {"rules": rules, "selection": selection, "condition": "selection"},  # type: ignore[dict-item]  # as YAML gives it
        }
    )
