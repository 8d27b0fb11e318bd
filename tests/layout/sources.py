"""The project's own modules as syntax trees, for the lints beside this file.

A lint is a function from one `Source` to its faults. It is run over the real tree, and over planted sources that
prove that it finds what it forbids and nothing else.
"""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PRODUCT = ("platform/watchfloor", "bot", "reports", "tenants")


@dataclass(frozen=True)
class Source:
    """One module. `path` is relative to the repository, with forward slashes."""

    path: str
    text: str
    tree: ast.Module

    def fault(self, node: ast.AST | None, message: str) -> str:
        """One line that says where and what."""
        line = getattr(node, "lineno", 1)
        return f"{self.path}:{line}: {message}"

    def is_in(self, *places: str) -> bool:
        """Whether it is one of these modules or stands below one of these directories."""
        return any(self.path == place or self.path.startswith(f"{place}/") for place in places)


def planted(path: str, text: str) -> Source:
    """A source that is not in the tree."""
    return Source(path, text, ast.parse(text))


def expect_none(faults: Iterable[str]) -> None:
    """Fails with all faults, one a line."""
    found = sorted(set(faults))
    assert not found, "\n".join(["", *found])


@cache
def product() -> tuple[Source, ...]:
    """All modules of the product."""
    found = tuple(_read(*PRODUCT))
    assert len(found) > 50, "the walker lost the tree"
    return found


@cache
def suite() -> tuple[Source, ...]:
    """All modules of the tests."""
    return tuple(_read("tests"))


def uses(source: Source) -> Iterator[tuple[ast.AST, str]]:
    """Every use of something imported, by its full dotted name, however it was renamed at the import."""
    known: dict[str, str] = {}
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                known[alias.asname or alias.name.partition(".")[0]] = (
                    alias.name if alias.asname else alias.name.partition(".")[0]
                )
                yield node, alias.name
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            for alias in node.names:
                known[alias.asname or alias.name] = f"{node.module}.{alias.name}"
                yield node, f"{node.module}.{alias.name}"
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Name | ast.Attribute):
            name = _dotted(node, known)
            if name is not None:
                yield node, name


def is_under(name: str, *roots: str) -> bool:
    """Whether a dotted name is one of these or inside one of these."""
    return any(name == root or name.startswith(f"{root}.") for root in roots)


def _dotted(node: ast.expr, known: dict[str, str]) -> str | None:
    if isinstance(node, ast.Name):
        return known.get(node.id)
    if isinstance(node, ast.Attribute):
        inner = _dotted(node.value, known)
        return None if inner is None else f"{inner}.{node.attr}"
    return None


def _read(*places: str) -> Iterator[Source]:
    for place in places:
        for path in sorted((ROOT / place).rglob("*.py")):
            text = path.read_text("utf-8")
            yield Source(path.relative_to(ROOT).as_posix(), text, ast.parse(text))
