"""No test sleeps: it waits for a condition, with a deadline. One helper polls, in tests/conftest.py."""

import pytest

from tests.layout.sources import Source, expect_none, planted, suite, uses

SLEEPS = frozenset({"time.sleep", "asyncio.sleep", "anyio.sleep", "trio.sleep", "gevent.sleep"})
HOME = "tests/conftest.py"


def faults(source: Source) -> list[str]:
    if source.path == HOME:
        return []
    return [source.fault(node, f"{name}: wait for a condition") for node, name in uses(source) if name in SLEEPS]


def test_no_test_sleeps() -> None:
    expect_none(fault for source in suite() for fault in faults(source))


@pytest.mark.parametrize(
    "text",
    [
        "import time\ntime.sleep(1)",
        "from time import sleep",
        "from asyncio import sleep as rest\nasync def f():\n    await rest(0.1)",
        "import asyncio\nasync def f():\n    await asyncio.sleep(0)",
    ],
)
def test_each_planted_sleep_is_found(text: str) -> None:
    assert faults(planted("tests/unit/test_x.py", text))


@pytest.mark.parametrize("text", ["import asyncio\nwait = asyncio.wait_for", "def sleep(): ...\nsleep()"])
def test_lookalikes_pass(text: str) -> None:
    assert faults(planted("tests/unit/test_x.py", text)) == []
