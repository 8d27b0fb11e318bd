"""Commands in the pages for users exist: each `watchfloor` command with its options, and each make target."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from tests.layout.sources import ROOT
from watchfloor.ops.cli import command_line

PAGES = [*sorted((ROOT / "platform/watchfloor/docs").glob("*.md")), ROOT / "README.md"]
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), flags=re.MULTILINE))
SEPARATORS = frozenset({"|", "||", "&&", ";", "(", ")", "&", ">", "<"})


def blocks(text: str) -> Iterator[str]:
    """The fenced blocks that hold shell commands."""
    yield from re.findall(r"^```(?:sh|bash|shell|console)\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)


def inline(text: str) -> Iterator[str]:
    """Commands that stand in a sentence."""
    yield from (code for code in re.findall(r"`([^`\n]+)`", text) if code.startswith(("watchfloor ", "make ")))


def commands(text: str) -> Iterator[list[str]]:
    """The simple commands in a shell text, in words, without assignments before them."""
    for line in text.replace("\\\n", " ").splitlines():
        lexer = shlex.shlex(line.removeprefix("$ "), posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        words: list[str] = []
        for word in [*lexer, ";"]:
            if word in SEPARATORS:
                yield from [words] if words else []
                words = []
            elif words or "=" not in word:
                words.append(word)


def faults(words: list[str]) -> list[str]:
    """What of a command does not exist. Programs that are not ours are taken as they are."""
    program, *rest = words
    if program == "make":
        targets = [word for word in rest if "=" not in word and not word.startswith("-")]
        return [f"make {target}" for target in targets if target not in TARGETS]
    return watchfloor_faults(rest) if Path(program).name == "watchfloor" else []


def watchfloor_faults(rest: list[str]) -> list[str]:
    command: click.Command = command_line
    path = ["watchfloor"]
    for number, word in enumerate(rest):
        if word.startswith("-") and word != "-":
            known = [option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)]
            if word.partition("=")[0] not in {*known, "--help"}:
                return [f"{' '.join(path)} {word}"]
        elif isinstance(command, click.Group):
            inner = command.get_command(click.Context(command), word)
            if inner is None:
                return [] if word.isupper() else [" ".join([*path, word])]
            command, path = inner, [*path, *rest[number : number + 1]]
    return []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_command_on_a_page_exists(page: Path) -> None:
    text = page.read_text("utf-8")
    found = [fault for block in (*blocks(text), *inline(text)) for words in commands(block) for fault in faults(words)]
    assert found == []


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("watchfloor uo", "watchfloor uo"),
        ("A=1 .venv/bin/watchfloor tenant plam bundles", "watchfloor tenant plam"),
        ("watchfloor replay f --tenent acme", "watchfloor replay --tenent"),
        ("echo x | watchfloor console --jsn", "watchfloor console --jsn"),
        ("cd x && make demmo ONESHOT=1", "make demmo"),
    ],
)
def test_a_command_that_does_not_exist_is_found(line: str, fault: str) -> None:
    assert [found for words in commands(line) for found in faults(words)] == [fault]


@pytest.mark.parametrize("line", ["watchfloor --debug COMMAND", "make demo ONESHOT=1", "tar -cf x.tar y"])
def test_a_command_that_exists_is_not_complained_of(line: str) -> None:
    assert [found for words in commands(line) for found in faults(words)] == []
