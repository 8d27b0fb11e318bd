"""What the page looks like: nothing hostile takes effect, nothing is cut off, everything can be read and hit."""

import re
from collections.abc import Iterator
from itertools import cycle, islice

import pytest
from playwright.async_api import Browser, Page

from tests.browser.station import Station
from tests.chat.floor import card_after
from watchfloor.web.console.page import CONSOLE
from watchfloor.web.console.reading import LINES_SHOWN

LEA = "lea@mssp.example"
THEMES = ("light", "dark")
RUN = "ran.push(1)"
PAYLOADS = (
    f"<script>{RUN}</script>",
    f"<img src=x onerror={RUN}>",
    f"<svg onload={RUN}>",
    f"'\"><script>{RUN}</script>",
    f"' autofocus onfocus={RUN} x='",
    f'" onmouseover="{RUN}',
    f"</title><script>{RUN}</script>",
    f"</textarea><img src=x onerror={RUN}>",
    f"<!--><script>{RUN}</script>-->",
    f"<math><mtext></form><form><mglyph><style></math><img src onerror={RUN}>",
    f"<noscript><p title='</noscript><img src=x onerror={RUN}>'>",
    f"<template><script>{RUN}</script></template>",
    f"<iframe srcdoc='<script>parent.{RUN}</script>'>",
    f"<a href=javascript:{RUN}>click</a>",
    f"javascript:{RUN}",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<base href=https://evil.example>",
    "<form action=https://evil.example><button>go</button></form>",
    "<style>*{display:none}</style>",
    "<link rel=stylesheet href=https://evil.example/x.css>",
    "https://evil.example/phish",
    "[text](https://evil.example)",
    "{{ 7*7 }}{% raw %}${7*7}<%= 7*7 %>",
    "{{ desk.__class__.__mro__ }}",
    "data:text/html;base64,PHNjcmlwdD4=",
    "&lt;script&gt;&#60;script&#62;",
    "\u202egnp.exe\u2066\u200b",
    "x" * 120,
    "%3Cscript%3E\r\nSet-Cookie: a=b",
    "\ufeff\u2028\u2029<script\u0001>",
)


def hostile(count: int) -> Iterator[tuple[int, str]]:
    """Numbered strings that would do something if they could."""
    return islice(enumerate(cycle(PAYLOADS)), count)


async def harmless(station: Station, page: Page) -> list[str]:
    """What took effect on the page: nothing."""
    found: list[str] = await page.evaluate(
        "own => ["
        " ...ran.map(() => 'it ran'),"
        " ...violations,"
        " ...[...document.querySelectorAll('iframe,img,object,embed,base,style,svg,math,template,noscript')]"
        "   .map(node => node.tagName),"
        " ...[...document.querySelectorAll('a')].map(node => node.getAttribute('href'))"
        "   .filter(href => !/^(#|\\/console|\\/api\\/v1\\/tenants\\/ten_)/.test(href)),"
        " ...[...document.forms].map(form => form.getAttribute('action')).filter(to => !to.startsWith('/console/')),"
        " ...[...document.scripts].map(script => script.src).filter(src => !src.startsWith(own)),"
        " ...[...document.querySelectorAll('*')].flatMap(node => node.getAttributeNames())"
        "   .filter(name => name.startsWith('on') || name === 'style')]",
        station.address,
    )
    return found


@pytest.mark.browser
@pytest.mark.slow
async def test_two_hundred_hostile_strings_do_nothing(station: Station, browser: Browser) -> None:
    floor = station.floor
    session = floor.session(LEA)
    for number, text in hostile(200):
        rule = floor.make_rule(f"{number} {text}"[:250], level="low")
        user, file = f"{number} {text}"[:100], f"C:\\{number}\\{text}"[:150]
        event = floor.make_event(number, host=f"ws-{number}", user=user, file=file)
        await floor.acme.work((rule, event))
        note = text.replace("\r\n", " ")
        await card_after(session, f"note ACME-1 {number} {note}")
    context = await station.context(browser, LEA)
    watched = await station.page(context)
    page = watched.page
    shown = ""
    for past in range(0, 200, LINES_SHOWN):
        await page.goto(f"/console?past={past}")
        assert await page.locator(".lines li").count() == LINES_SHOWN
        assert await harmless(station, page) == []
        shown += await page.locator("#queue").inner_text()
    for path in ("/console?at=ACME-1", *(f"/console?at=ACME-{number}" for number in range(2, 33, 2))):
        await page.goto(path)
        for summary in await page.locator("#acts > .acts > details > summary").all():
            await summary.hover()
        assert await harmless(station, page) == [], path
    for payload in PAYLOADS[:8]:
        assert payload in shown
    assert "[U+202E]" in shown
    assert watched.complaints == []
    assert [url for url in watched.asked if not station.is_own(url)] == []
    await context.close()


@pytest.mark.browser
async def test_what_is_typed_comes_back_as_text(station: Station, browser: Browser) -> None:
    await station.floor.incident(station.floor.acme)
    context = await station.context(browser, LEA)
    watched = await station.page(context, "/console?at=ACME-1")
    for text in PAYLOADS[:6]:
        await watched.page.locator("#line").fill(f"{text} nonsense")
        async with watched.page.expect_response("**/console/do"):
            await watched.page.locator("#line").press("Enter")
        await watched.page.locator("#said .bad").wait_for()
        await watched.page.goto(f"/console?at={text}&which={text}&reply={text}"[:400].replace("#", "%23"))
        assert await harmless(station, watched.page) == []
        await watched.page.goto("/console?at=ACME-1")
    assert await watched.violations() == []
    await context.close()


@pytest.mark.browser
async def test_nothing_is_cut_off_and_everything_can_be_hit(station: Station, browser: Browser) -> None:
    await station.floor.incident(station.floor.acme, title="Unbroken" * 25, host="h" * 120)
    await card_after(station.floor.session(LEA), f"note ACME-1 {'n' * 900}")
    for width in (1280, 390, 320):
        context = await station.context(browser, LEA, viewport={"width": width, "height": 800})
        watched = await station.page(context, "/console?at=ACME-1")
        page = watched.page
        for summary in await page.locator("summary:visible").all():
            await summary.click()
            assert await page.evaluate("document.documentElement.scrollWidth") <= width
        small: list[str] = await page.evaluate(
            "[...document.querySelectorAll('button,summary,input,select,textarea,nav a,.lines a')]"
            ".filter(node => node.checkVisibility() && node.type !== 'hidden')"
            ".filter(node => { const box = node.getBoundingClientRect(); return box.width < 24 || box.height < 24; })"
            ".map(node => node.outerHTML)"
        )
        assert small == []
        unnamed: list[str] = await page.evaluate(
            "[...document.querySelectorAll('input,select,textarea')]"
            ".filter(node => node.type !== 'hidden' && !(node.labels && node.labels.length))"
            ".map(node => node.outerHTML)"
        )
        assert unnamed == []
        twice: list[str] = await page.evaluate(
            "[...document.querySelectorAll('[id]')].map(node => node.id)"
            ".filter((id, at, all) => all.indexOf(id) !== at)"
        )
        assert twice == []
        await context.close()


@pytest.mark.parametrize("theme", THEMES)
def test_every_word_can_be_read_on_every_ground(theme: str) -> None:
    tokens = {
        name: values[THEMES.index(theme)]
        for name, *values in re.findall(
            r"--([\w-]+): light-dark\((#\w+), (#\w+)\);", CONSOLE.assets["console.css"].decode()
        )
    }
    inks = ("ink", "dim", "accent", "critical", "high", "medium", "low", "info", "good")
    pairs = [(ink, ground) for ink in inks for ground in ("ground", "panel", "marked")]
    pairs += [("ink", "alarm"), ("on-accent", "accent")]
    weak = {pair: found for pair in pairs if (found := contrast(tokens[pair[0]], tokens[pair[1]])) < 4.5}
    assert weak == {}


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, by WCAG 2.2."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
