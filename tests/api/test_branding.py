"""A customer's administrator gives its reports their look; nobody else does, and another tenant never sees it."""

import base64

import pytest

from tests.api.running import Api, Voice
from tests.api.world import World
from tests.drawings import SECRET, drawn, png, talkative_png
from watchfloor.access.roles import Role
from watchfloor.reporting.branding.logo import LARGEST_BYTES, bare_logo

BASE = "/api/v1/tenants/beta/branding"


@pytest.fixture
def admin(api: Api, world: World) -> Voice:
    """Beta's administrator."""
    return world.beta.callers[Role.ADMIN].by_session(api)


def content(logo: bytes) -> dict[str, str]:
    return {"content": base64.b64encode(logo).decode()}


def test_what_is_set_is_shown_and_the_rest_is_the_houses(admin: Voice) -> None:
    stated = {"headings": "#0B4F6C", "lines": "#9b1c31", "sender_name": "Beta IT", "sender_address": "it@beta.example"}
    found = admin.post(BASE, stated).json()
    assert found["own"]["headings"] == "#0b4f6c"
    assert (found["own"]["has_logo"], found["shown"]["has_logo"], found["logo_of"]) == (False, True, "operator")
    assert admin.get(BASE).json() == found


def test_a_logo_is_kept_without_what_came_with_it_and_can_be_taken_away(admin: Voice) -> None:
    house = admin.get(f"{BASE}/logo").content
    assert admin.post(f"{BASE}/logo", content(talkative_png())).json()["logo_of"] == "tenant"
    answer = admin.get(f"{BASE}/logo")
    assert answer.content == bare_logo(talkative_png())
    assert SECRET not in answer.content
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["x-content-type-options"] == "nosniff"
    admin.post(BASE, {"contact": "Ask Kim."})
    assert admin.get(BASE).json()["logo_of"] == "tenant", "words leave the logo alone"
    assert admin.delete(f"{BASE}/logo").status_code == 204
    assert admin.get(f"{BASE}/logo").content == house


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("", {"headings": "#ffcc00", "lines": "#111111"}, "1.51 to 1 on white, and needs 4.5 to 1"),
        ("", {"headings": "#111111"}, "one colour of two"),
        ("/logo", content(b"<svg xmlns='http://www.w3.org/2000/svg'/>"), "An SVG is no image but a document"),
        ("/logo", content(png(drawn())[:-1]), "cut off"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(admin: Voice, path: str, body: dict[str, str], said: str) -> None:
    before = admin.get(BASE).json()
    answer = admin.post(BASE + path, body)
    assert answer.status_code in (400, 422)
    assert said in answer.text
    assert admin.get(BASE).json() == before


def test_a_logo_over_the_limit_is_refused_and_one_below_it_may_be_larger_than_other_bodies(admin: Voice) -> None:
    assert admin.post(f"{BASE}/logo", content(bytes(100_000))).status_code in (400, 422)
    assert admin.post(f"{BASE}/logo", content(bytes(LARGEST_BYTES + 9))).status_code == 413
    assert admin.post(f"{BASE}/logo", content(bytes(4 * LARGEST_BYTES))).status_code == 413


def test_an_address_is_no_image_and_nothing_is_fetched(admin: Voice) -> None:
    for given in ("http://127.0.0.1/logo.png", "file:///etc/passwd", "data:image/png;base64,AAAA"):
        assert admin.post(f"{BASE}/logo", {"content": given}).status_code in (400, 422)
