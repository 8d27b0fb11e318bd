"""Text from outside in every field of a report: it stays text, fetches nothing, and stays on its page (O1, O3)."""

import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from io import BytesIO
from pathlib import Path

import msgspec
import pytest
from pypdf import PdfReader

from reports.documents.incident.facts import (
    IncidentReport,
)
from reports.sandbox import render_in_sandbox
from reports.sheet import Printed
from watchfloor.kernel.errors import TooLarge

Word = tuple[int, float, float, float, float, str]
Fill = Callable[[Sequence[str]], IncidentReport]
replace = msgspec.structs.replace

CORPUS = {
    "a local file as an image": '<img src="file:///etc/passwd">',
    "a page in a frame": '<iframe src="http://127.0.0.1:9/"></iframe><link rel=stylesheet href=http://127.0.0.1:9/x.css>',
    "the metadata service": "<img src=http://169.254.169.254/latest/meta-data/>",
    "a file to attach": '<link rel=attachment href="file:///etc/passwd"><a rel=attachment href="file:///etc/hosts">x</a>',
    "a data address": '<object data="data:text/html;base64,PHNjcmlwdD4="></object>',
    "an attribute broken out of": '" onload="x" style="background:url(file:///etc/passwd)" x="',
    "style injected": "</style><style>@import url(http://127.0.0.1:9/);*{background:url(file:///etc/passwd)}</style>",
    "a huge value of style": '<p style="width:99999999999px;font-size:9e99px;line-height:9e99">x</p>',
    "a font from outside": "<style>@font-face{font-family:Inter;src:url(http://127.0.0.1:9/f.ttf)}</style>",
    "a drawing": '</title></svg><svg><image href="file:///etc/passwd"/><script>1</script></svg>',
    "a template": '{{ 7*7 }}{% include "/etc/passwd" %}{# x #}',
    "a format string": "{name} {0.__class__} {n} %s {",
    "addresses": "javascript:alert(1) http://evil.example.com/a?b mailto:a@evil.example.com www.evil.example.com",
    "reversed reading": "invoice\u202egnp.exe \u2066hidden\u2069 \u05d0\u05d1\u05d2",
    "controls": "a\x00b\x07\x1b[31m\x9b\ufeff\x7f\u2028c",
    "characters without a glyph": "日本語のファイル名 ✅🔥👩\u200d👩\u200d👧 \U0010ffff",
    "stacked marks": "Z" + "\u0301\u0336" * 300,
    "a wide word": "W" * 3_000,
    "many lines": "x\n" * 3_000,
    "nothing": "",
    "blanks": " \t " * 500,
}


# The press alone, without the walls of the sandbox: what is proven is that it does not even try.
UNWALLED = """
import json, sys
from datetime import UTC, datetime
from io import BytesIO
from pypdf import PdfReader
from reports.press import Press
from reports.sheet import Sheet
from watchfloor.kernel.errors import Refused

def outcome(page):
    sheet = Sheet(html=page, attached=[], report_id="r", data_sha256="", created=datetime(2026, 1, 1, tzinfo=UTC))
    try:
        printed = press.print(sheet)
    except Refused:
        return "refused"
    reader = PdfReader(BytesIO(printed.pdf))
    text = "".join(page.extract_text() for page in reader.pages)
    return "fetched" if reader.attachments or "root:" in text else "nothing"

press = Press()
json.dump([outcome(page) for page in json.load(sys.stdin)], sys.stdout)
"""
PULLING = (
    '<img src="{}/x.png">',
    '<link rel="stylesheet" href="{}/x.css">',
    '<style>@import url("{}/x.css");</style>',
    '<style>@font-face {{ font-family: X; src: url("{}/x.ttf") }} p {{ font-family: X }}</style><p>x</p>',
    '<p style="background: url({}/x.png)">x</p>',
    '<link rel="attachment" href="{}/x">',
    '<a rel="attachment" href="{}/x">x</a>',
    '<svg xmlns="http://www.w3.org/2000/svg"><image href="{}/x.png" width="1" height="1"/></svg>',
    '<object data="{}/x"></object>',
    '<ul style="list-style-image: url({}/x.png)"><li>x</li></ul>',
    '<p style="content: url({}/x.png)">x</p>',
)


@pytest.fixture
def listener() -> Iterator[tuple[str, list[str]]]:
    """An address on this machine, and who connected to it."""
    callers: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            while True:
                try:
                    caller, _ = server.accept()
                except OSError:
                    return
                callers.append("somebody")
                caller.close()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}", callers
        server.shutdown(socket.SHUT_RDWR)
        thread.join(timeout=5)


@pytest.mark.parametrize("first", range(0, len(CORPUS), 7))
async def test_hostile_text_in_every_field_stays_text_on_its_page(
    first: int, filled: Fill, words: Callable[[bytes], list[Word]]
) -> None:
    texts = list(CORPUS.values())
    must_stay_text(await render_in_sandbox(filled(texts[first:] + texts[:first])), words)


@pytest.mark.slow
@pytest.mark.parametrize("text", list(CORPUS.values()), ids=list(CORPUS))
async def test_one_hostile_text_in_all_fields_stays_text_on_its_page(
    text: str, filled: Fill, words: Callable[[bytes], list[Word]]
) -> None:
    must_stay_text(await render_in_sandbox(filled([text])), words)


def must_stay_text(printed: Printed, words: Callable[[bytes], list[Word]]) -> None:
    reader = PdfReader(BytesIO(printed.pdf))
    assert set(reader.attachments) == {"incident.json", "indicators.csv"}
    assert all("/Annots" not in page for page in reader.pages)
    assert printed.pages <= 60
    found = words(printed.pdf)
    assert [w for w in found if w[1] < 50 or w[3] > 546.5 or w[2] < 18 or w[4] > 824] == []
    shown = " ".join(word[5] for word in found)
    assert "root:x:" not in shown
    assert "http://" not in shown
    assert "\N{REPLACEMENT CHARACTER}" not in shown


async def test_text_without_glyphs_is_spelled_out(filled: Fill, words: Callable[[bytes], list[Word]]) -> None:
    printed = await render_in_sandbox(filled(["日本 x"]))
    shown = " ".join(word[5] for word in words(printed.pdf))
    assert "[U+65E5 U+672C] x" in shown


async def test_a_hostile_report_is_the_same_bytes_each_time(filled: Fill) -> None:
    hostile = filled([CORPUS["characters without a glyph"], CORPUS["reversed reading"], CORPUS["stacked marks"]])
    assert (await render_in_sandbox(hostile)).pdf == (await render_in_sandbox(hostile)).pdf


async def test_more_data_than_a_report_may_have_is_refused_before_a_process_starts(report: IncidentReport) -> None:
    huge = replace(report.statements[0], text="A" * 17_000_000)
    with pytest.raises(TooLarge, match="at most 16,777,216"):
        await render_in_sandbox(replace(report, statements=(huge,)))


async def test_the_operators_own_name_is_escaped_too(
    report: IncidentReport, words: Callable[[bytes], list[Word]]
) -> None:
    provider = replace(report.provider, name='<b>SOC</b> "&', contact='</p><img src="file:///etc/passwd">')
    printed = await render_in_sandbox(replace(report, provider=provider))
    shown = " ".join(word[5] for word in words(printed.pdf) if word[0] == 1)
    assert '<b>SOC</b> "&' in shown
    assert '</p><img src="file:///etc/passwd">' in shown


def test_even_markup_that_got_past_the_template_fetches_nothing(
    listener: tuple[str, list[str]], tmp_path: Path
) -> None:
    address, callers = listener
    targets = (
        address,
        "file:///etc/passwd",
        "file:///etc",
        "data:text/plain,x",
        "asset:../incident.py",
        "ftp://127.0.0.1",
    )
    frame = '<!DOCTYPE html><html lang="en"><head><title>x</title></head><body>{}</body></html>'
    pages = [frame.format(markup.format(target)) for markup in PULLING for target in targets]
    finished = subprocess.run(
        [sys.executable, "-I", "-W", "ignore", "-c", UNWALLED],
        input=msgspec.json.encode(pages),
        capture_output=True,
        check=True,
        cwd=tmp_path,
        env={"HOME": str(tmp_path), "LC_ALL": "C.UTF-8"},
        timeout=120,
    )
    outcomes = dict(zip(pages, msgspec.json.decode(finished.stdout, type=list[str]), strict=True))
    assert [page for page, outcome in outcomes.items() if outcome == "fetched"] == []
    assert "refused" in outcomes.values()
    assert callers == []
