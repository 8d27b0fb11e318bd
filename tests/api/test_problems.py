"""Errors and headers: one form for all, nothing in them that was not ours to tell (RFC 9457, I7)."""

import json
import logging

import pytest
from litestar import get
from litestar.params import FromPath

from tests.api.running import Api, serving
from tests.api.world import World
from tests.conftest import Eventually, MakeSettings
from watchfloor.access.roles import Role
from watchfloor.kernel.errors import Conflict, Invalid, Unavailable, WatchfloorError
from watchfloor.kernel.ids import new_uuid, show
from watchfloor.web.declaration import public
from watchfloor.web.problems import MEDIA_TYPE

INCIDENTS = "/api/v1/tenants/alpha/incidents"


def test_what_does_not_exist_reads_the_same_everywhere(api: Api, world: World) -> None:
    voice = world.alpha.callers[Role.LEAD].by_session(api)
    texts = {
        voice.get(path).text
        for path in (
            "/nowhere",
            "/api/v1/tenants/nowhere/incidents",
            f"/api/v1/tenants/{world.beta.shown}/incidents",
            f"/api/v1/tenants/beta/incidents/{world.beta.names['incident'][0]}",
            f"{INCIDENTS}/{world.beta.names['incident'][0]}",
            f"{INCIDENTS}/{show('inc', new_uuid())}",
            f"{INCIDENTS}/ALPHA-999999",
            f"{INCIDENTS}/BETA-1",
            f"{INCIDENTS}/%00",
            "/api/v1/tenants/alpha/alerts/nonsense",
        )
    }
    assert len(texts) == 1


def test_a_body_that_does_not_fit_is_told_field_by_field_without_its_values(api: Api, world: World) -> None:
    voice = world.alpha.callers[Role.LEAD].by_session(api)
    path = f"{INCIDENTS}/ALPHA-1/verdict"
    answer = voice.post(path, {"verdict": "secret-value", "reason": "long enough to be one"})
    problem = answer.json()
    assert (answer.status_code, answer.headers["content-type"]) == (400, MEDIA_TYPE)
    assert problem["type"] == "urn:watchfloor:problem:invalid"
    assert problem["faults"][0]["where"] == "verdict"
    assert "secret-value" not in answer.text


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[]", b"null", b'{"a":' * 5000, b'{"text": "\\ud800"}'])
def test_a_body_that_is_no_json_object_is_refused(api: Api, world: World, body: bytes) -> None:
    voice = world.alpha.callers[Role.LEAD].by_session(api)
    answer = api.http.post(f"{INCIDENTS}/ALPHA-1/note", content=body, headers=voice.headers)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == MEDIA_TYPE


def test_a_body_over_the_limit_is_refused_unread(api: Api, world: World) -> None:
    voice = world.alpha.callers[Role.LEAD].by_session(api)
    answer = voice.post(f"{INCIDENTS}/ALPHA-1/note", {"text": "x" * 70_000})
    assert (answer.status_code, answer.json()["type"]) == (413, "urn:watchfloor:problem:too_large")


def test_security_headers_stand_on_every_answer(api: Api, world: World) -> None:
    voice = world.alpha.callers[Role.LEAD].by_session(api)
    for path in ("/health/live", "/nowhere", INCIDENTS, "/api/openapi.json", "/api/docs/start.js", f"{INCIDENTS}/x"):
        headers = voice.get(path).headers
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert "server" not in headers
        assert len(headers["x-request-id"]) == 32


def test_what_holds_data_is_not_cached(api: Api, world: World) -> None:
    voice = world.alpha.callers[Role.LEAD].by_session(api)
    assert voice.get(INCIDENTS).headers["cache-control"] == "no-store"
    assert "public" in voice.get("/api/docs/start.js").headers["cache-control"]


def test_a_request_s_id_is_ours_and_never_the_client_s(api: Api) -> None:
    answer = api.speak(x_request_id="chosen").get("/health/live")
    assert answer.headers["x-request-id"] != "chosen"


async def test_the_log_names_the_route_s_pattern_and_never_the_path(
    api: Api, world: World, caplog: pytest.LogCaptureFixture, eventually: Eventually
) -> None:
    incident = world.alpha.names["incident"][0]

    def lines() -> list[dict[str, object]]:
        return [vars(record) for record in caplog.records if record.name == "watchfloor.web.access"]

    with caplog.at_level(logging.INFO, logger="watchfloor.web.access"):
        world.alpha.callers[Role.LEAD].by_session(api).get(f"{INCIDENTS}/{incident}")
        api.speak().get("/nowhere/secret")
        # A line is written when its answer is out already, so the first may be of the test before.
        await eventually(lambda: [line["status"] for line in lines()][-2:] == [200, 404])
    assert [line["route"] for line in lines()][-2:] == ["/api/v1/tenants/{tenant}/incidents/{incident}", "unknown"]
    assert "secret" not in caplog.text
    assert incident not in caplog.text


ERRORS: dict[str, tuple[WatchfloorError | Exception, int]] = {
    "conflict": (Conflict("Not now."), 409),
    "invalid": (Invalid("Wrong.", where="field", remedy="Do it right."), 400),
    "unavailable": (Unavailable("Away.", retry_after_seconds=7), 503),
    "base": (WatchfloorError("canary-of-an-error"), 500),
    "bug": (ZeroDivisionError("canary-of-an-error"), 500),
}


def test_each_error_of_the_tree_has_its_status_and_a_bug_tells_nothing(
    make_settings: MakeSettings, caplog: pytest.LogCaptureFixture
) -> None:
    @get("/raise/{name:str}", access=public("a test's own"))
    async def fail(name: FromPath[str]) -> None:
        raise ERRORS[name][0]

    with serving(make_settings("errors"), extra=lambda _: [fail]) as failing:
        answers = {name: failing.speak().get(f"/raise/{name}") for name in ERRORS}
    assert {name: answer.status_code for name, answer in answers.items()} == {
        name: status for name, (_, status) in ERRORS.items()
    }
    assert answers["unavailable"].headers["retry-after"] == "7"
    assert json.loads(answers["invalid"].text) | {"status": 400} == {
        "type": "urn:watchfloor:problem:invalid",
        "title": "Bad Request",
        "status": 400,
        "detail": "Wrong.",
        "where": "field",
        "remedy": "Do it right.",
    }
    assert all("canary-of-an-error" not in answer.text for answer in answers.values())
    assert "canary-of-an-error" in caplog.text
