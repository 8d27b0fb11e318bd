"""Every page for customers and for the MSSP: read by machines, on paper white and in the dark, wide and on a phone.

Pictures of all of them are kept beside the tests' other output, to be looked at.
"""

import os
from pathlib import Path
from typing import Final

import pytest
from playwright.async_api import Browser, Page

from tests.browser.programs import axe_script
from tests.browser.station import Station
from watchfloor.web.portal.room import PAGES

CUSTOMER: Final = "ada@acme.example"
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
PICTURES: Final = Path(os.environ.get("WATCHFLOOR_PICTURES", ".pictures"))


async def faults(page: Page) -> list[str]:
    """What axe finds on the page, the rule and where."""
    await page.evaluate(axe_script())
    found: list[str] = await page.evaluate(
        "axe.run({resultTypes: ['violations']}).then(all => all.violations.flatMap("
        " rule => rule.nodes.map(node => `${rule.id}: ${node.target.join(' ')}: ${node.failureSummary}`)))"
    )
    return found


async def sideways(page: Page) -> int:
    """By how many pixels the page is wider than the window."""
    wider: int = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return wider


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_a_customer_can_read_every_page_anywhere(
    station: Station, browser: Browser, theme: str, language: str
) -> None:
    options = {"color_scheme": theme, "locale": language, "reduced_motion": "reduce"}
    context = await station.context(browser, CUSTOMER, **options)
    for name, size in (("wide", WIDE), ("phone", PHONE)):
        for page in PAGES:
            watched = await station.page(context, f"/portal/acme{page.path}")
            await watched.page.set_viewport_size(size)  # type: ignore[arg-type]  # a size is a mapping
            assert await watched.page.title() != "", page.name
            await watched.page.screenshot(path=PICTURES / f"{page.name}-{name}-{theme}-{language}.png", full_page=True)
            assert await faults(watched.page) == [], (page.name, name)
            assert await sideways(watched.page) <= 0, (page.name, name)
            assert await watched.violations() == [], (page.name, name)
            assert watched.complaints == [], (page.name, name)
            await watched.page.close()
