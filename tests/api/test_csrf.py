"""No other site makes a browser change anything: generated over every unsafe route (I6)."""

import pytest

from tests.api.running import Api
from tests.api.world import World
from watchfloor.access.roles import Role
from watchfloor.kernel.config import load_settings
from watchfloor.kernel.ids import new_uuid, show
from watchfloor.web.csrf import allowed_origins
from watchfloor.web.declaration import routes

ATTACKS = {
    "no token": {"x-csrf-token": ""},
    "a made-up token": {"x-csrf-token": "A" * 43},
    "the token of another session": {"x-csrf-token": "foreign"},
    "another site's origin": {"origin": "https://evil.example"},
    "an opaque origin": {"origin": "null"},
    "our address on another port": {"origin": "http://127.0.0.1:1"},
    "a request across sites": {"sec-fetch-site": "cross-site"},
    "a request from a sibling site": {"sec-fetch-site": "same-site"},
    "a request from the address bar": {"sec-fetch-site": "none"},
}


def unsafe_routes(api: Api) -> list[tuple[str, str]]:
    """Every unsafe route that a session can call, with made-up ids."""
    found: list[tuple[str, str]] = []
    for route in routes(api.app.router):
        if route.method in ("GET", "HEAD") or route.access is None or route.access.audience == "public":
            continue
        path = route.path.replace("{tenant}", "alpha")
        for name in ("incident", "report", "api_key", "member"):
            path = path.replace(f"{{{name}}}", show("inc", new_uuid()))
        found.append((route.method, path))
    return found


@pytest.mark.parametrize("attack", ATTACKS)
def test_every_unsafe_route_refuses(attack: str, api: Api, world: World) -> None:
    voice = world.alpha.callers[Role.LEAD].by_session(api)
    headers = dict(ATTACKS[attack])
    if headers.get("x-csrf-token") == "foreign":
        headers["x-csrf-token"] = world.alpha.callers[Role.ADMIN].session.csrf.reveal()
    accepted: list[tuple[str, str, int]] = []
    for method, path in unsafe_routes(api):
        answer = voice.request(method, path, json={}, headers=headers)
        if answer.status_code != 403 or "another" not in answer.json()["detail"]:
            accepted.append((method, path, answer.status_code))
    assert len(unsafe_routes(api)) >= 17
    assert accepted == []


def test_the_session_s_own_pages_are_let_through(api: Api, world: World) -> None:
    voice = world.alpha.callers[Role.LEAD].by_session(api)
    note = f"/api/v1/tenants/alpha/incidents/{world.alpha.names['incident'][0]}/note"
    same_site = {"origin": api.base_url, "sec-fetch-site": "same-origin"}
    assert voice.request("POST", note, json={"text": "from a page"}, headers=same_site).status_code == 200


def test_a_key_needs_no_token_because_no_browser_sends_it(api: Api, world: World) -> None:
    voice = world.alpha.callers[Role.LEAD].by_key(api)
    note = f"/api/v1/tenants/alpha/incidents/{world.alpha.names['incident'][0]}/note"
    answer = voice.request("POST", note, json={"text": "from a script"}, headers={"origin": "https://evil.example"})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("public_url", "origins"),
    [
        ("https://soc.example", {"https://soc.example"}),
        ("https://soc.example:8443/path", {"https://soc.example:8443"}),
        ("https://[2001:db8::1]:8443", {"https://[2001:db8::1]:8443"}),
        ("http://127.0.0.1:8080", {"http://127.0.0.1:8080", "http://localhost:8080", "http://[::1]:8080"}),
    ],
)
def test_our_origins_are_those_of_the_public_address(public_url: str, origins: set[str]) -> None:
    settings = load_settings({"WATCHFLOOR_PUBLIC_URL": public_url})
    assert allowed_origins(settings) == origins
