"""The API's page in a real browser: it renders, under its strict policy, without a foreign byte (I7)."""

from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser

pytestmark = pytest.mark.browser


async def test_the_api_s_page_renders_without_a_complaint_or_a_foreign_request(site: str, browser: Browser) -> None:
    page = await browser.new_page()
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    await page.add_init_script(
        "window.violations = [];"
        "document.addEventListener('securitypolicyviolation', (seen) => violations.push(seen.violatedDirective));"
    )
    answer = await page.goto(f"{site}/api/docs")
    assert answer is not None
    assert "unsafe-inline" not in answer.headers["content-security-policy"]
    await page.wait_for_selector(".opblock", timeout=30_000)
    assert "Watchfloor" in await page.locator("h2.title").first.inner_text()
    assert await page.locator(".opblock").count() >= 30
    await page.locator("#operations-keys-create_key .opblock-summary").click()
    await page.wait_for_selector(".opblock-body .model-example", timeout=10_000)
    assert "ticket exporter" in await page.locator(".opblock-body .model-example").first.inner_text()
    assert await page.evaluate("window.violations") == []
    assert complaints == []
    hosts = {urlsplit(url).netloc for url in asked if not url.startswith("data:")}
    assert hosts == {urlsplit(site).netloc}
    await page.close()


async def test_an_inline_script_would_be_stopped_and_noticed(site: str, browser: Browser) -> None:
    page = await browser.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    await page.goto(f"{site}/api/docs")
    await page.evaluate("document.body.appendChild(document.createElement('script')).textContent = 'window.ran = true'")
    assert await page.evaluate("window.ran") is None
    assert any("Content Security Policy" in complaint for complaint in complaints)
    await page.close()
