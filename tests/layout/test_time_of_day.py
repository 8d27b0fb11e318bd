"""Only kernel/clock.py reads the time of day; everything else is handed a clock or a time."""

import pytest

from tests.layout.sources import Source, expect_none, planted, product, uses

HOME = "platform/watchfloor/kernel/clock.py"
FORBIDDEN = frozenset(
    f"datetime.{name}" for name in ("datetime.now", "datetime.utcnow", "datetime.today", "date.today")
) | {"time.time", "time.time_ns", "time.localtime", "time.gmtime", "time.ctime", "time.strftime"}


def faults(source: Source) -> list[str]:
    if source.path == HOME:
        return []
    return [source.fault(node, f"{name} belongs in {HOME}") for node, name in uses(source) if name in FORBIDDEN]


def test_only_the_clock_reads_the_time_of_day() -> None:
    expect_none(fault for source in product() for fault in faults(source))


@pytest.mark.parametrize(
    "text",
    [
        "from datetime import UTC, datetime\nat = datetime.now(UTC)",
        "import datetime\nat = datetime.datetime.utcnow()",
        "import datetime as dt\nat = dt.date.today()",
        "from datetime import datetime as when\nread = when.now",
        "import time\nat = time.time()",
        "from time import time_ns",
    ],
)
def test_each_planted_reading_is_found(text: str) -> None:
    assert faults(planted("platform/watchfloor/alerts/dedup.py", text))


@pytest.mark.parametrize(
    "text",
    [
        "import time\nspan = time.monotonic()",
        "from datetime import datetime\nat = datetime.fromisoformat('2026-01-01')",
        "def f(clock):\n    return clock.now()",
    ],
)
def test_lookalikes_pass(text: str) -> None:
    assert faults(planted("platform/watchfloor/alerts/dedup.py", text)) == []
