"""Untrusted text cannot reach a sink raw (O1).

The type checkers refuse it, which the slow tests prove with both of them; the lint closes the one way around, which
is to call a sink's type by hand.
"""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.layout.sources import ROOT, Source, expect_none, planted, product, uses

HOME = "platform/watchfloor/kernel/neutralise.py"
SINK_TYPES = ("ChatText", "HtmlText", "PdfText", "CsvText", "LogText", "SubjectText", "TerminalText")

RIGHT = """
from watchfloor.kernel.neutralise import ChatText, Untrusted, chat, for_chat

def say(text: ChatText) -> None: ...

evil = Untrusted("x")
say(for_chat(evil))
say(chat("found {what}", what=for_chat(evil)))
"""
WRONG = {
    "untrusted text": "say(evil)",
    "a plain string": "say(evil.for_computing())",
    "a literal that nobody checked": "say('text')",
    "text for another sink": "say(for_log(evil))",
    "a text put together by hand": "say(f'{for_chat(evil)}!')",
    "untrusted text as a part of our words": "say(chat('found {what}', what=evil))",
    "plain text as a part of our words": "say(chat('found {what}', what=evil.for_computing()))",
    "our words that are not ours": "say(chat(evil.for_computing()))",
}


def faults(source: Source) -> list[str]:
    """Where a sink's type is made other than by neutralising."""
    if source.path == HOME:
        return []
    named = {f"watchfloor.kernel.neutralise.{name}" for name in SINK_TYPES}
    called = {id(node.func): node for node in ast.walk(source.tree) if isinstance(node, ast.Call)}
    return [
        source.fault(node, f"{name} is made by neutralising only")
        for node, name in uses(source)
        if name in named and id(node) in called
    ]


def test_sink_types_are_made_by_neutralising_only() -> None:
    expect_none(fault for source in product() for fault in faults(source))


@pytest.mark.parametrize(
    "text",
    [
        "from watchfloor.kernel.neutralise import ChatText\nx = ChatText('raw')",
        "from watchfloor.kernel.neutralise import HtmlText as Text\nx = Text('raw')",
        "from watchfloor.kernel import neutralise\nx = neutralise.PdfText('raw')",
        "import watchfloor.kernel.neutralise\nx = watchfloor.kernel.neutralise.CsvText('raw')",
    ],
)
def test_each_planted_making_is_found(text: str) -> None:
    assert faults(planted("bot/card.py", text))


def test_naming_a_sink_type_is_no_making() -> None:
    text = "from watchfloor.kernel.neutralise import ChatText\ndef say(text: ChatText) -> None: ..."
    assert faults(planted("bot/card.py", text)) == []


def complaints(checker: list[str], path: Path) -> str:
    run = subprocess.run(
        [sys.executable, "-m", *checker, str(path)], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )
    return "" if run.returncode == 0 else run.stdout + run.stderr


def program(statement: str) -> str:
    return RIGHT.replace("for_chat\n", "for_chat, for_log\n", 1) + statement + "\n"


@pytest.mark.slow
def test_mypy_refuses_raw_text_at_a_sink(tmp_path: Path) -> None:
    path = tmp_path / "program.py"
    path.write_text(RIGHT)
    assert complaints(["mypy"], path) == ""
    # mypy takes any string for a literal one; pyright does not, which is why both are required.
    for case, statement in WRONG.items():
        path.write_text(program(statement))
        refused = "program.py" in complaints(["mypy"], path)
        assert refused == (case != "our words that are not ours"), case


@pytest.mark.slow
def test_pyright_refuses_raw_text_at_a_sink(tmp_path: Path) -> None:
    path = tmp_path / "program.py"
    path.write_text(RIGHT)
    assert complaints(["basedpyright"], path) == ""
    path.write_text(program("\n".join(WRONG.values())))
    first = len(RIGHT.splitlines()) + 1
    found = complaints(["basedpyright"], path)
    for line, case in enumerate(WRONG, first):
        assert f"program.py:{line}:" in found, case
