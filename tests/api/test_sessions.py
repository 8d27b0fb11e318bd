"""Sessions are ours alone: made at login, kept as a hash, ended at once (I5, R7)."""

import msgspec
import pytest

from tests.api.running import Api, serving
from tests.api.world import Caller, World
from tests.conftest import MakeSettings
from watchfloor.access.roles import Role
from watchfloor.access.sessions import OpenedSession, open_session, remove_dead_sessions
from watchfloor.kernel.crypto import fingerprint
from watchfloor.kernel.db import directory_tx
from watchfloor.kernel.secret import Secret
from watchfloor.web.cookies import cookie_name, no_cookie, session_cookie

ME = "/api/v1/me"


@pytest.fixture
def viewer(api: Api, world: World) -> Caller:
    """A viewer of Alpha whom only this test knows."""
    return api.run(world.caller(world.alpha, Role.VIEWER))


def open_another(api: Api, caller: Caller, *, replacing: Secret | None = None) -> OpenedSession:
    async def work() -> OpenedSession:
        async with directory_tx(api.services.auth) as tx:
            return await open_session(
                tx, caller.person_id, authenticated_by="oidc", user_agent="other\x00browser", replacing=replacing
            )

    return api.run(work())


def change(api: Api, caller: Caller, assignment: str) -> None:
    """Changes the stored session, as time would."""

    async def work() -> None:
        async with directory_tx(api.services.auth) as tx:
            query = f"update auth.sessions set {assignment} where id_hash = $1"
            await tx.execute(query, fingerprint(caller.session.id.reveal()))  # type: ignore[arg-type, unused-ignore]

    api.run(work())


def status(api: Api, session: OpenedSession) -> int:
    cookie = f"{cookie_name(api.services.settings)}={session.id.reveal()}"
    return api.speak(cookie=cookie).get(ME).status_code


def test_a_session_says_who_is_signed_in(api: Api, viewer: Caller) -> None:
    answer = viewer.by_session(api).get(ME)
    assert (answer.status_code, answer.json()["email"]) == (200, viewer.email)


def test_without_a_session_or_key_nobody_is_known(api: Api) -> None:
    answer = api.speak().get(ME)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("planted", ["x", "0" * 43, "%00", "a" * 4000])
def test_an_id_that_is_not_ours_is_never_adopted(api: Api, planted: str) -> None:
    name = cookie_name(api.services.settings)
    answer = api.speak(cookie=f"{name}={planted}").get(ME)
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers


def test_a_login_makes_a_new_id_and_ends_the_one_that_the_browser_came_with(api: Api, viewer: Caller) -> None:
    before = viewer.session
    after = open_another(api, viewer, replacing=before.id)
    assert after.id != before.id
    assert after.csrf != before.csrf
    assert (status(api, before), status(api, after)) == (401, 200)


def test_only_hashes_of_a_session_are_stored(api: Api, viewer: Caller) -> None:
    async def stored() -> list[tuple[bytes, bytes]]:
        async with directory_tx(api.services.auth) as tx:
            query = "select array[id_hash, csrf_hash] from auth.sessions where person_id = $1"
            return await tx.values(tuple[bytes, bytes], query, viewer.person_id)

    expected = (fingerprint(viewer.session.id.reveal()), fingerprint(viewer.session.csrf.reveal()))
    assert api.run(stored()) == [expected]


@pytest.mark.parametrize(
    ("assignment", "expected"),
    [
        ("last_seen_at = now() - interval '29 minutes'", 200),
        ("last_seen_at = now() - interval '31 minutes'", 401),
        ("expires_at = now() + interval '1 second'", 200),
        ("expires_at = now()", 401),
    ],
)
def test_a_session_ends_after_thirty_idle_minutes_and_at_its_last_moment(
    api: Api, viewer: Caller, assignment: str, expected: int
) -> None:
    change(api, viewer, assignment)
    assert viewer.by_session(api).get(ME).status_code == expected


def test_a_session_lives_twelve_hours_at_most(viewer: Caller) -> None:
    assert (viewer.session.expires_at - viewer.session.created_at).total_seconds() == 12 * 3600


def test_using_a_session_keeps_it_from_idling(api: Api, viewer: Caller) -> None:
    change(api, viewer, "last_seen_at = now() - interval '29 minutes'")
    assert viewer.by_session(api).get(ME).status_code == 200

    async def idle_seconds() -> float | None:
        async with directory_tx(api.services.auth) as tx:
            query = "select extract(epoch from now() - last_seen_at)::float8 from auth.sessions where person_id = $1"
            return await tx.value(float, query, viewer.person_id)

    assert (api.run(idle_seconds()) or 0.0) < 60


def test_signing_out_ends_this_session_and_no_other(api: Api, viewer: Caller) -> None:
    other = open_another(api, viewer)
    answer = viewer.by_session(api).delete("/api/v1/session")
    assert answer.status_code == 204
    assert "max-age=0" in answer.headers["set-cookie"].lower()
    assert (status(api, viewer.session), status(api, other)) == (401, 200)


def test_signing_out_everywhere_ends_all_sessions_of_the_person_and_of_nobody_else(
    api: Api, world: World, viewer: Caller
) -> None:
    other, stranger = open_another(api, viewer), world.alpha.callers[Role.ADMIN].session
    assert viewer.by_session(api).delete("/api/v1/sessions").status_code == 204
    assert [status(api, session) for session in (viewer.session, other, stranger)] == [401, 401, 200]


def test_sessions_that_have_ended_are_cleaned_away(api: Api, viewer: Caller) -> None:
    change(api, viewer, "last_seen_at = now() - interval '31 minutes'")

    async def work() -> int:
        async with directory_tx(api.services.auth) as tx:
            return await remove_dead_sessions(tx)

    assert api.run(work()) >= 1
    assert viewer.by_session(api).get(ME).status_code == 401


def test_a_session_shows_its_csrf_token_and_a_key_has_no_session(api: Api, viewer: Caller) -> None:
    shown = viewer.by_session(api).get("/api/v1/session").json()
    assert shown["csrf_token"] == viewer.session.csrf.reveal()
    assert shown["authenticated_by"] == "oidc"
    for method, path in [("GET", "/api/v1/session"), ("DELETE", "/api/v1/session"), ("DELETE", "/api/v1/sessions")]:
        assert viewer.by_key(api).request(method, path).status_code == 404


def test_the_cookie_is_a_host_cookie_behind_https(make_settings: MakeSettings) -> None:
    settings = msgspec.structs.replace(make_settings("cookie"), public_url="https://soc.example")
    cookie = session_cookie(settings, Secret("id"))
    assert cookie.key == "__Host-watchfloor"
    assert (cookie.secure, cookie.httponly, cookie.samesite) == (True, True, "lax")
    assert (cookie.path, cookie.domain, cookie.max_age) == ("/", None, 12 * 3600)
    assert no_cookie(settings).max_age == 0


def test_the_cookie_has_another_name_on_plain_http(api: Api) -> None:
    cookie = session_cookie(api.services.settings, Secret("id"))
    assert (cookie.key, cookie.secure, cookie.httponly) == ("watchfloor-session", False, True)


def test_a_bad_key_never_falls_back_to_the_session(api: Api, viewer: Caller) -> None:
    voice = viewer.by_session(api)
    answer = voice.request("GET", ME, headers={"authorization": "Bearer nonsense"})
    assert answer.status_code == 401


def test_behind_https_answers_carry_hsts(make_settings: MakeSettings) -> None:
    with serving(make_settings("https"), public_url="https://soc.example") as https:
        assert "max-age=63072000" in https.speak().get("/health/live").headers["strict-transport-security"]
