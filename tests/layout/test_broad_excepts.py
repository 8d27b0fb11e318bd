"""Errors are caught by name. Catching everything is for the edges of a process, which translate once."""

import ast
from collections.abc import Iterator

import pytest

from tests.layout.sources import Source, expect_none, planted, product

BROAD = ("Exception", "BaseException")
EDGES = {
    "bot/discord/interactions.py": "whoever presses a button gets a sentence, whatever happens",
    "platform/watchfloor/feeds/connectors/running/turn.py": "one connector's defect stops no other's work",
    "platform/watchfloor/ops/cli.py": "a person gets a sentence, never a stack trace",
    "platform/watchfloor/ops/courier.py": "one mail's trouble leaves the other mails alone",
    "platform/watchfloor/ops/relay.py": "one consumer's failure leaves the others' messages alone",
    "platform/watchfloor/ops/pager.py": "one step's trouble leaves the other pages alone",
    "platform/watchfloor/ops/pipeline.py": "what will pass is waited for, whatever it is",
    "platform/watchfloor/ops/pipeline_windows.py": "one tenant's windows hold up no other's",
    "reports/worker.py": "a crash is told to the parent without the report's text",
}


def broad(source: Source) -> Iterator[ast.ExceptHandler]:
    """Handlers of everything that do not pass it on."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ExceptHandler) and _catches_all(node.type):
            last = node.body[-1]
            if not (isinstance(last, ast.Raise) and last.exc is None):
                yield node


def _catches_all(kind: ast.expr | None) -> bool:
    if kind is None:
        return True
    kinds = kind.elts if isinstance(kind, ast.Tuple) else [kind]
    return any(ast.unparse(one).rsplit(".", 1)[-1] in BROAD for one in kinds)


def faults(source: Source) -> list[str]:
    if source.path in EDGES:
        return []
    return [source.fault(node, "catch errors by name; only a process edge catches all") for node in broad(source)]


def test_only_edges_catch_everything() -> None:
    expect_none(fault for source in product() for fault in faults(source))


def test_each_edge_still_is_one() -> None:
    assert {source.path for source in product() if any(broad(source))} == set(EDGES)


@pytest.mark.parametrize("kind", ["Exception", "BaseException", "(ValueError, Exception)", "builtins.Exception", ""])
def test_each_planted_catch_all_is_found(kind: str) -> None:
    text = f"try:\n    pass\nexcept {kind}:\n    raise RuntimeError from None"
    assert faults(planted("platform/watchfloor/alerts/record.py", text))
    assert faults(planted("platform/watchfloor/alerts/record.py", text.replace("raise RuntimeError from None", "pass")))


@pytest.mark.parametrize(
    "text",
    ["try:\n    pass\nexcept ValueError:\n    pass", "try:\n    pass\nexcept BaseException:\n    x()\n    raise"],
)
def test_named_and_passed_on_errors_pass(text: str) -> None:
    assert faults(planted("platform/watchfloor/alerts/record.py", text)) == []
