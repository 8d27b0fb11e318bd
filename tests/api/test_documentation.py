"""The API describes itself: whole, in OpenAPI 3.1, with who may call what."""

import json
import re
from typing import Final

import pytest

from tests.api.running import Api
from watchfloor.web.declaration import routes

HTTP_METHODS: Final = {"get", "post", "put", "patch", "delete"}

Json = dict[str, "object"]


@pytest.fixture(scope="module")
def document(api: Api) -> Json:
    answer = api.speak().get("/api/openapi.json")
    assert answer.headers["content-type"] == "application/json"
    found: Json = answer.json()
    return found


def operations(document: Json) -> dict[tuple[str, str], Json]:
    paths: dict[str, dict[str, Json]] = document["paths"]  # type: ignore[assignment]  # JSON, asserted by use
    return {
        (method.upper(), path): operation
        for path, methods in paths.items()
        for method, operation in methods.items()
        if method in HTTP_METHODS
    }


def test_it_is_openapi_3_1(document: Json) -> None:
    assert document["openapi"] == "3.1.0"


def test_it_has_every_route_of_the_api_and_no_other(api: Api, document: Json) -> None:
    served = {(route.method, route.path) for route in routes(api.app.router) if route.path.startswith("/api/v1/")}
    assert operations(document).keys() == served


def test_each_operation_has_a_summary_a_unique_id_and_all_parameters_of_its_path(document: Json) -> None:
    found = operations(document)
    assert all(operation["summary"] for operation in found.values())
    assert len({str(operation["operationId"]) for operation in found.values()}) == len(found)
    for (_, path), operation in found.items():
        parameters: list[Json] = operation.get("parameters", [])  # type: ignore[assignment]  # JSON, asserted by use
        in_path = {str(parameter["name"]) for parameter in parameters if parameter["in"] == "path"}
        assert in_path == {part[1:-1] for part in path.split("/") if part.startswith("{")}, path


def test_each_operation_says_who_may_call_it(api: Api, document: Json) -> None:
    found = operations(document)
    for route in routes(api.app.router):
        if (route.method, route.path) not in found or route.access is None:
            continue
        operation = found[(route.method, route.path)]
        assert operation["x-audience"] == route.access.audience
        assert operation["security"] == [{"key": []}, {"session": []}]
        assert (route.access.permission or "") in str(operation["description"])
        assert "default" in operation["responses"]  # type: ignore[operator]  # JSON, asserted by use


def test_every_reference_leads_somewhere(document: Json) -> None:
    components: dict[str, Json] = document["components"]  # type: ignore[assignment]  # JSON, asserted by use
    named = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(document)))
    assert named
    assert named <= components["schemas"].keys()


@pytest.mark.parametrize(
    "name", ["start.js", "page.css", "swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png"]
)
def test_the_page_s_files_are_served_by_their_exact_names(api: Api, name: str) -> None:
    assert api.speak().get(f"/api/docs/{name}").status_code == 200


@pytest.mark.parametrize("name", ["docs.html", "..%2fapp.py", "START.JS", "index.html"])
def test_no_other_file_is_served(api: Api, name: str) -> None:
    assert api.speak().get(f"/api/docs/{name}").status_code == 404
