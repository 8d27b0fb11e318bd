"""A body sets what its route takes and nothing else: fields that are not its own are refused, by every route (R4)."""

from typing import Final

import msgspec

from tests.api.examples import body_of, example_body
from tests.api.running import Api
from tests.api.world import World
from watchfloor.access.roles import Role
from watchfloor.web.declaration import Route, routes

FOREIGN_FIELDS: Final = {
    "tenant_id": "beta",
    "tenant": "beta",
    "role": "admin",
    "is_admin": True,
    "is_staff": True,
    "id": "00000000-0000-0000-0000-000000000000",
    "created_by": "somebody",
    "granted_by": "somebody",
    "person_id": "somebody",
    "state": "closed",
    "verdict": "benign",
    "scopes": ["platform.keys"],
    "expires_at": "2099-01-01T00:00:00Z",
    "permissions": ["member.manage"],
    "__class__": "x",
}


def taking_a_body(api: Api) -> list[tuple[Route, type[msgspec.Struct]]]:
    return [(route, body) for route in routes(api.app.router) if (body := body_of(route.handler)) is not None]


def test_every_body_is_a_frozen_struct_that_refuses_unknown_fields(api: Api) -> None:
    loose = [
        route.path
        for route, body in taking_a_body(api)
        if not (body.__struct_config__.frozen and body.__struct_config__.forbid_unknown_fields)
    ]
    assert len(taking_a_body(api)) >= 8
    assert loose == []


def test_every_answer_is_a_declared_struct_or_bytes(api: Api) -> None:
    undeclared = [
        route.path
        for route in routes(api.app.router)
        if route.handler.parsed_return_field.annotation in (dict, object, str, list)
    ]
    assert undeclared == []


def test_a_field_that_is_not_its_own_is_refused_by_every_route(api: Api, world: World) -> None:
    voices = [
        world.alpha.callers[Role.LEAD].by_session(api),
        world.operator.callers[Role.PLATFORM_ADMIN].by_session(api),
    ]
    accepted: list[tuple[str, str, int]] = []
    for route, body in taking_a_body(api):
        path = route.path.replace("{tenant}", "alpha").replace("{incident}", "ALPHA-1")
        path = path.replace("{api_key}", world.alpha.names["api_key"][0])
        voice = voices["/platform/" in path]
        names = world.alpha.names | {"email": ["new@alpha.example"], "key_id": ["00000000"]}
        for name, value in FOREIGN_FIELDS.items():
            if name in body.__struct_fields__:
                continue
            answer = voice.post(path, example_body(body, names) | {name: value})
            if answer.status_code != 400:
                accepted.append((path, name, answer.status_code))
    assert accepted == []


def test_a_query_cannot_name_another_tenant(api: Api, world: World) -> None:
    lead = world.alpha.callers[Role.LEAD].by_session(api)
    path = "/api/v1/tenants/alpha/incidents"
    plain = lead.get(path).json()["items"]
    for query in ("tenant=beta", f"tenant={world.beta.shown}", f"tenant_id={world.beta.id}"):
        assert lead.get(f"{path}?{query}").json()["items"] == plain
