"""A report of a made-up incident, a way to make all its text hostile, and eyes for a finished PDF."""

import asyncio
import html
import itertools
import re
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, cast

import msgspec
import pytest

from reports.documents.incident.facts import (
    IncidentReport,
)
from reports.handover import decode
from reports.sandbox import render_in_sandbox
from reports.sheet import Printed

_HERE = Path(__file__).parent
_KEPT: Final = frozenset(
    [
        "language",
        "time_zone",
        "key",
        "hash",
        "source",
        "log_source",
        "severity",
        "level",
        "state",
        "kind",
        "side",
        "step",
        "stage",
        "handling",
        "result",
        "owner",
        "report",
        "provider",
    ]
)
_WORD = re.compile(r'<word xMin="([\d.-]+)" yMin="([\d.-]+)" xMax="([\d.-]+)" yMax="([\d.-]+)">(.*?)</word>')
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT")

Word = tuple[int, float, float, float, float, str]


def incident_in(data: bytes) -> IncidentReport:
    """The incident report in `data`."""
    report = decode(data)
    assert isinstance(report, IncidentReport)
    return report


@pytest.fixture(scope="session")
def report() -> IncidentReport:
    """The whole incident: phishing, credential theft, cloud storage read; one decision open."""
    return incident_in((_HERE / "incident.json").read_bytes())


@pytest.fixture(scope="session")
def filled(report: IncidentReport) -> Callable[[Sequence[str]], IncidentReport]:
    """The report with these texts, one after the other, wherever a person or an event could have put one."""

    def fill(texts: Sequence[str]) -> IncidentReport:
        return incident_in(msgspec.json.encode(_replaced(msgspec.to_builtins(report), itertools.cycle(texts))))

    return fill


@pytest.fixture(scope="session")
def english(report: IncidentReport) -> Printed:
    return asyncio.run(render_in_sandbox(report))


@pytest.fixture(scope="session")
def german(report: IncidentReport) -> Printed:
    customer = msgspec.structs.replace(report.customer, language="de")
    return asyncio.run(render_in_sandbox(msgspec.structs.replace(report, customer=customer)))


@pytest.fixture
def words(tmp_path: Path) -> Callable[[bytes], list[Word]]:
    """Every word that a PDF shows, with its page (from 1) and its box in points from the page's top left."""

    def read(pdf: bytes) -> list[Word]:
        path = tmp_path / "report.pdf"
        path.write_bytes(pdf)
        command = ["pdftotext", "-bbox", str(path), "-"]
        text = subprocess.run(command, check=True, capture_output=True, timeout=60).stdout.decode()
        found: list[Word] = []
        for number, page in enumerate(text.split("<page ")[1:], start=1):
            for box in _WORD.finditer(page):
                left, top, right, bottom = (float(side) for side in box.groups()[:4])
                found.append((number, left, top, right, bottom, html.unescape(box[5])))
        return found

    return read


@pytest.fixture
def reading(words: Callable[[bytes], list[Word]]) -> Callable[[bytes, int], str]:
    """What one page says, in one line."""

    def read(pdf: bytes, page: int) -> str:
        return " ".join(word[5] for word in words(pdf) if word[0] == page).replace("\N{NO-BREAK SPACE}", " ")

    return read


def _replaced(value: object, texts: Iterator[str]) -> object:
    if isinstance(value, dict):
        group = cast("dict[str, object]", value)
        kept = _KEPT | {"id"} if "query" in group else _KEPT
        return {name: part if name in kept else _replaced(part, texts) for name, part in group.items()}
    if isinstance(value, (list, tuple)):
        return [_replaced(part, texts) for part in cast("Sequence[object]", value)]
    if isinstance(value, str) and not _INSTANT.match(value):
        return next(texts)
    return value
