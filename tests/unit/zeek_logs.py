"""Recorded logs of Zeek as the JSON that its own writer would have written."""

from collections.abc import Iterator
from pathlib import Path

import msgspec


def zeek_lines(path: Path) -> Iterator[bytes]:
    """A log's records as JSON; a log in columns becomes what Zeek's JSON writer would have written."""
    names: list[str] = []
    types: list[str] = []
    for line in path.read_text("utf-8", errors="replace").splitlines():
        words = line.split("\t")
        if words[0] == "#fields":
            names = words[1:]
        elif words[0] == "#types":
            types = words[1:]
        elif not line.startswith("#"):
            yield (
                line.encode() if line.startswith("{") else msgspec.json.encode(_columns(path.stem, names, types, words))
            )


def _columns(log: str, names: list[str], types: list[str], words: list[str]) -> dict[str, object]:
    record: dict[str, object] = {"_path": log}
    for name, kind, word in zip(names, types, words, strict=True):
        if word not in {"-", "(empty)"}:
            record[name] = _typed(kind, word)
    return record


def _typed(kind: str, word: str) -> object:
    if kind.startswith(("vector", "set")):
        return word.split(",")
    if kind == "bool":
        return word == "T"
    if kind in {"time", "interval", "double"}:
        return float(word)
    return int(word) if kind in {"count", "port", "int"} else word
