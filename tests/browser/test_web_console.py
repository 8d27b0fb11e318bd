"""The analysts' page in a real browser: worked by mouse, by keyboard and without script, under a strict policy."""

import asyncio
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, Page, Route, expect

from tests.browser.station import Station, Watched
from tests.chat.floor import card_after

pytestmark = pytest.mark.browser

ANA, LEA = "ana@mssp.example", "lea@mssp.example"


async def expect_no_complaint(station: Station, watched: Watched) -> None:
    assert await watched.violations() == []
    assert watched.complaints == []
    assert [url for url in watched.asked if not station.is_own(url)] == []


async def do(page: Page, verb: str) -> None:
    await page.locator(f"#f-{verb}").click()


async def test_an_incident_is_worked_from_start_to_end_with_the_mouse(station: Station, browser: Browser) -> None:
    await station.floor.incident(station.floor.acme, title="LSASS read", host="ws-1")
    context = await station.context(browser, ANA)
    watched = await station.page(context)
    page = watched.page
    await expect(page.locator("#live")).to_have_text("● live")
    await page.locator("#q-ACME-1").click()
    await expect(page.locator("#incident h2")).to_contain_text("ACME-1 LSASS read")
    await do(page, "ack")
    await expect(page.locator("#said")).to_contain_text("acknowledged")
    await do(page, "verdict")
    await page.locator("#f-verdict-verdict").select_option("true_positive")
    await page.locator("#f-verdict-reason").fill("Somebody dumped the memory of LSASS on ws-1.")
    await page.locator("#f-verdict + form button").click()
    await expect(page.locator("#incident .timeline")).to_contain_text("Somebody dumped the memory")
    await do(page, "resolve")
    await expect(page.locator("#incident > .top")).to_contain_text("resolved")
    await do(page, "close")
    await expect(page.locator("#incident > .top")).to_contain_text("closed")
    assert (await card_after(station.floor.session(ANA), "show ACME-1")).state == "closed"
    await expect_no_complaint(station, watched)
    await context.close()


async def test_an_incident_is_worked_with_the_keyboard_alone(station: Station, browser: Browser) -> None:
    for number in (1, 2):
        await station.floor.incident(station.floor.acme, title=f"Odd login {number}", host=f"ws-{number}")
    context = await station.context(browser, ANA)
    watched = await station.page(context)
    page = watched.page
    await page.keyboard.press("Tab")
    await expect(page.locator(":focus")).to_have_text("Skip to the command line")
    await page.keyboard.press("Enter")
    await page.keyboard.type("show ACME-2")
    await page.keyboard.press("Enter")
    await expect(page.locator("#incident h2")).to_contain_text("ACME-2", timeout=20_000)
    await expect(page.locator("#line")).to_be_focused()
    for typed, told in (
        ("ack", "acknowledged"),
        ("v fp The scanner does this every night, as agreed.", "false positive"),
        ("resolve", "resolved"),
    ):
        await page.keyboard.type(typed)
        await page.keyboard.press("Enter")
        await expect(page.locator("#incident")).to_contain_text(told)
        await expect(page.locator("#line")).to_be_focused()
    await page.keyboard.type("verdict nonsense")
    await page.keyboard.press("Enter")
    await expect(page.locator("#said .bad")).to_contain_text("none of the choices")
    await page.locator(".lines a").first.focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("#incident h2")).to_contain_text("ACME-1")
    await expect(page.locator("#incident")).to_be_focused()
    await expect_no_complaint_but(watched, "400")
    await context.close()


async def test_a_command_that_is_sent_while_a_link_is_followed_is_done_after_it(
    station: Station, browser: Browser
) -> None:
    await station.floor.incident(station.floor.acme, title="LSASS read", host="ws-1")
    context = await station.context(browser, ANA)
    watched = await station.page(context)
    page = watched.page
    released = asyncio.Event()

    async def hold(route: Route) -> None:
        await released.wait()
        await route.continue_()

    await page.route("**/console?at=ACME-1*", hold)
    await page.locator("#q-ACME-1").click()
    await page.locator("#line").fill("ack ACME-1")
    await page.keyboard.press("Enter")
    released.set()
    await expect(page.locator("#said")).to_contain_text("acknowledged")
    await expect_no_complaint(station, watched)
    await context.close()


async def test_a_link_within_the_page_asks_for_nothing(station: Station, browser: Browser) -> None:
    context = await station.context(browser, ANA)
    watched = await station.page(context)
    await watched.page.keyboard.press("Tab")
    await watched.page.keyboard.press("Enter")
    await expect(watched.page.locator("#line")).to_be_focused()
    assert watched.page.url.endswith("#line")
    pages = [url for url in watched.asked if urlsplit(url).path == "/console"]
    assert len(pages) == 1
    await context.close()


async def expect_no_complaint_but(watched: Watched, status: str) -> None:
    assert await watched.violations() == []
    assert [told for told in watched.complaints if status not in told] == []


async def test_an_incident_is_worked_without_any_script(station: Station, browser: Browser) -> None:
    await station.floor.incident(station.floor.acme, title="LSASS read", host="ws-1")
    context = await station.context(browser, ANA, java_script_enabled=False)
    page = await context.new_page()
    await page.goto("/console")
    await page.locator("#q-ACME-1").click()
    await page.locator("#f-ack").click()
    await expect(page.locator("#said")).to_contain_text("acknowledged")
    assert "reply=" in page.url
    await page.reload()
    await expect(page.locator("#said")).to_contain_text("acknowledged")
    await page.locator("#f-verdict").click()
    await page.locator("#f-verdict-verdict").select_option("benign")
    await page.locator("#f-verdict-reason").fill("A planned exercise of the customer.")
    await page.locator("#f-verdict + form button").click()
    await expect(page.locator("#incident .timeline")).to_contain_text("A planned exercise")
    await page.locator("#line").fill("resolve")
    await page.locator("#command button").click()
    await expect(page.locator("#incident > .top")).to_contain_text("resolved")
    assert (await card_after(station.floor.session(ANA), "show ACME-1")).state == "resolved"
    await context.close()


async def test_what_others_do_shows_at_once_and_what_is_being_typed_stays(station: Station, browser: Browser) -> None:
    await station.floor.incident(station.floor.acme, title="LSASS read", host="ws-1")
    context = await station.context(browser, ANA)
    watched = await station.page(context, "/console?at=ACME-1")
    page = watched.page
    await expect(page.locator("#live")).to_have_text("● live")
    await do(page, "note")
    await page.locator("#f-note-text").fill("half a thou")
    await card_after(station.floor.session(LEA), "ack ACME-1")
    await station.floor.incident(station.floor.acme, title="Shadow copies deleted", level="critical", host="ws-9")
    await station.deliver()
    await expect(page.locator("#incident .timeline")).to_contain_text("Lea Lead", timeout=4_000)
    await expect(page.locator("#q-ACME-2")).to_be_visible(timeout=4_000)
    assert await page.locator("#f-note-text").input_value() == "half a thou"
    await page.locator("#f-note-text").press_sequentially("ght")
    await page.locator("#f-note + form button").click()
    await expect(page.locator("#incident .timeline")).to_contain_text("half a thought")
    await expect_no_complaint(station, watched)
    await context.close()


async def test_the_page_goes_to_the_sign_in_page_when_its_session_ends(station: Station, browser: Browser) -> None:
    context = await station.context(browser, ANA)
    watched = await station.page(context)
    await expect(watched.page.locator("#live")).to_have_text("● live")
    await watched.page.get_by_role("button", name="Sign out").click()
    await expect(watched.page.locator("main")).to_contain_text("You are not signed in")
    await context.close()


async def test_without_a_stream_the_page_looks_by_itself(station: Station, browser: Browser) -> None:
    context = await station.context(browser, ANA)
    await context.route("**/console/changes", lambda route: route.abort())
    watched = await station.page(context)
    await expect(watched.page.locator("#live")).to_have_text("○ looking every 5 s")
    await station.floor.incident(station.floor.acme, title="LSASS read")
    await expect(watched.page.locator("#q-ACME-1")).to_be_visible(timeout=10_000)
    await context.close()
