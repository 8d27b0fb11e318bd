"""Modules and functions stay readable in one go."""

import ast
import statistics

from tests.layout.sources import Source, expect_none, planted, product

LONGEST_MODULE = 400
LONGEST_FUNCTION = 50
LONGEST_MEDIAN = 120


def faults(source: Source) -> list[str]:
    lines = len(source.text.splitlines())
    found = (
        [source.fault(None, f"{lines} lines; a module has at most {LONGEST_MODULE}")] if lines > LONGEST_MODULE else []
    )
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            size = (node.end_lineno or node.lineno) - node.lineno + 1
            if size > LONGEST_FUNCTION:
                found.append(source.fault(node, f"{node.name} has {size} lines; at most {LONGEST_FUNCTION}"))
    return found


def test_modules_and_functions_are_short() -> None:
    expect_none(fault for source in product() for fault in faults(source))


def test_the_median_module_is_short() -> None:
    sizes = [len(source.text.splitlines()) for source in product() if not source.path.endswith("__init__.py")]
    assert statistics.median(sizes) <= LONGEST_MEDIAN


def test_a_planted_long_module_and_a_long_function_are_found() -> None:
    assert faults(planted("bot/long.py", "x = 1\n" * 401))
    assert faults(planted("bot/long.py", "x = 1\n" * 400)) == []
    for head in ("def f():\n", "async def f():\n", "class C:\n  def f(self):\n"):
        indent = "    " if "class" in head else "  "
        room = LONGEST_FUNCTION - 1
        assert faults(planted("bot/long.py", head + f"{indent}x = 1\n" * (room + 1)))
        assert faults(planted("bot/long.py", head + f"{indent}x = 1\n" * room)) == []
