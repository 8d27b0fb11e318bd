"""osquery over HTTP: hosts, questions and what they found; who asks is written down."""

from typing import Final

from tests.api.running import Api
from tests.api.test_visits import entries
from tests.api.world import World
from watchfloor.access.roles import Role

ALPHA: Final = "/api/v1/tenants/alpha/osquery"


def test_what_a_host_found_is_read_page_by_page(api: Api, world: World) -> None:
    viewer = world.alpha.callers[Role.VIEWER].by_session(api)
    hosts = viewer.get(f"{ALPHA}/nodes?limit=1").json()
    assert len(hosts["items"]) == 1
    more = viewer.get(f"{ALPHA}/nodes?limit=200&cursor={hosts['next_cursor']}").json()
    known = {host["id"]: host for host in [*hosts["items"], *more["items"]]}
    assert len(known) >= 2
    assert all(host["identifier"].startswith(world.alpha.canary) for host in known.values())
    question = world.alpha.names["question"][0]
    read = viewer.get(f"{ALPHA}/queries/{question}").json()
    assert (read["sql"], read["answered"], read["kind"]) == (f"select '{world.alpha.canary}'", 1, "query")
    assert read in viewer.get(f"{ALPHA}/queries").json()["items"]
    found = viewer.get(f"{ALPHA}/queries/{question}/results").json()
    (answer,) = found["items"]
    assert (answer["state"], answer["rows"], answer["total_rows"]) == ("answered", [{"a": world.alpha.canary}], 1)
    assert answer["node"] in known


def test_an_analyst_asks_and_a_viewer_does_not(api: Api, world: World) -> None:
    analyst = api.run(world.caller(world.alpha, Role.ANALYST))
    asked = analyst.by_session(api).post(f"{ALPHA}/queries", {"sql": "select 1", "minutes": 5})
    assert (asked.status_code, asked.json()["pending"] >= 2) == (201, True)
    host = analyst.by_session(api).get(f"{ALPHA}/nodes?limit=1").json()["items"][0]["id"]
    one = analyst.by_session(api).post(f"{ALPHA}/queries", {"sql": "select 2", "nodes": [host]}).json()
    assert one["pending"] == 1
    assert len(entries(api, world.alpha, analyst, "osquery.ask")) == 2
    viewer = world.alpha.callers[Role.VIEWER].by_session(api)
    assert viewer.post(f"{ALPHA}/queries", {"sql": "select 1"}).status_code == 403


def test_what_cannot_be_asked_is_a_problem(api: Api, world: World) -> None:
    analyst = world.alpha.callers[Role.ANALYST].by_session(api)
    stranger = api.run(world.caller(world.beta, Role.ANALYST)).by_session(api)
    theirs = stranger.get("/api/v1/tenants/beta/osquery/nodes").json()
    cases: tuple[tuple[dict[str, object], int], ...] = (
        ({"sql": ""}, 400),
        ({"sql": "x" * 8_001}, 400),
        ({"sql": "select 1", "nodes": []}, 400),
        ({"sql": "select 1", "minutes": 0}, 400),
        ({"sql": "select 1", "minutes": 10_081}, 400),
        ({"sql": "select 1", "more": 1}, 400),
        ({"sql": "select 1", "nodes": ["x"]}, 404),
        ({"sql": "select 1", "nodes": [theirs["items"][0]["id"]]}, 404),
    )
    for body, status in cases:
        assert analyst.post(f"{ALPHA}/queries", body).status_code == status, body
