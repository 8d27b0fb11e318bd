"""`/api/openapi.json` and `/api/docs`: the API described by its own types, shown without a foreign byte.

The document is OpenAPI 3.1, made from the handlers once, at start; each operation says who may call it. The page is
Swagger UI out of the package `swagger-ui-bundle`, begun by a script of our own, under a policy that allows nothing
inline and nothing from elsewhere (I7). Swagger UI of that package reads 3.0, so our script hands it the document in
3.0's words; the document itself stays 3.1.
"""

import hashlib
from collections.abc import Sequence
from importlib.metadata import version
from importlib.resources import files
from typing import Final, cast

import msgspec
import swagger_ui_bundle
from litestar import Litestar, Response, Router, get
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme
from litestar.params import FromPath

from watchfloor.kernel.errors import NotFound
from watchfloor.web.declaration import Access, public, routes
from watchfloor.web.problems import MEDIA_TYPE, Problem

PAGE_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)

_TYPES: Final = {"js": "text/javascript", "css": "text/css", "png": "image/png", "html": "text/html"}
_FROM_BUNDLE: Final = ("swagger-ui-bundle.js", "swagger-ui.css", "favicon-32x32.png")
_OURS: Final = ("start.js", "page.css")

_DONE: Final = "It is done."

Json = dict[str, "object"]


def documentation_routes(described: Sequence[Router]) -> list[HTTPRouteHandler]:
    """The routes that describe the given ones."""
    document = msgspec.json.encode(describe(described))
    static = files("watchfloor.web") / "static"
    page = (static / "docs.html").read_bytes()
    assets = {name: (swagger_ui_bundle.swagger_ui_path / name).read_bytes() for name in _FROM_BUNDLE}
    assets |= {name: (static / name).read_bytes() for name in _OURS}

    @get("/api/openapi.json", access=public("describes the API, holds no data"), media_type="application/json")
    async def openapi() -> Response[bytes]:
        """The API in OpenAPI 3.1."""
        return Response(document, media_type="application/json")

    @get("/api/docs", access=public("shows the description of the API, holds no data"), media_type="text/html")
    async def docs() -> Response[bytes]:
        """The description for people."""
        return Response(page, media_type="text/html", headers={"Content-Security-Policy": PAGE_POLICY})

    @get("/api/docs/{asset:str}", access=public("scripts and styles of the description"))
    async def docs_asset(asset: FromPath[str]) -> Response[bytes]:
        """A script or style of that page, by its exact name."""
        content = assets.get(asset)
        if content is None:
            raise NotFound("There is no such file.")
        headers = {
            "Cache-Control": "public, max-age=3600",
            "ETag": f'"{hashlib.sha256(content).hexdigest()[:32]}"',
        }
        return Response(content, media_type=_TYPES[asset.rpartition(".")[2]], headers=headers)

    return [openapi, docs, docs_asset]


def describe(described: Sequence[Router]) -> Json:
    """The OpenAPI document of these routes, with who may call each."""
    config = OpenAPIConfig(
        title="Watchfloor",
        version=version("watchfloor"),
        description="The API of a Watchfloor installation. Whatever is not the caller's does not exist for the caller.",
        components=Components(
            security_schemes={
                "key": SecurityScheme(type="http", scheme="bearer", description="An API key: `wfk_...`"),
                "session": SecurityScheme(
                    type="apiKey",
                    security_scheme_in="header",
                    name="X-CSRF-Token",
                    description="The token of a signed-in browser's session; its cookie goes along by itself.",
                ),
            }
        ),
        use_handler_docstrings=True,
        operation_id_creator=_operation_id,
    )
    app = Litestar(route_handlers=list(described), openapi_config=config, logging_config=None)
    document = cast("Json", app.openapi_schema.to_schema())
    paths = cast("dict[str, dict[str, Json]]", document["paths"])
    for route in routes(app):
        operation = paths.get(route.path, {}).get(route.method.lower())
        if operation is not None and route.access is not None:
            _declare(operation, route.access)
    components = cast("dict[str, Json]", document["components"])
    components["schemas"]["Problem"] = _problem_schema()
    return document


def _operation_id(handler: HTTPRouteHandler, _method: object, _path: object) -> str:
    return handler.handler_name


def _declare(operation: Json, access: Access) -> None:
    operation["security"] = [] if access.audience == "public" else [{"key": []}, {"session": []}]
    operation["x-audience"] = access.audience
    told = str(operation.get("description", ""))
    operation["summary"] = told.partition(". ")[0].rstrip(".")
    if access.permission is not None:
        operation["description"] = f"{told} Permission: `{access.permission}`."
    answers = cast("dict[str, Json]", operation["responses"])
    for answer in answers.values():
        answer["description"] = _DONE
    answers["default"] = {
        "description": "What went wrong (RFC 9457).",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    answers.pop("400", None)


def _problem_schema() -> Json:
    """The problem's schema, whole: it refers to nothing else."""
    (schema,), definitions = msgspec.json.schema_components([Problem], ref_template="#/components/schemas/{name}")
    reference = str(schema["$ref"]).rpartition("/")[2]
    problem = cast("Json", definitions[reference])
    faults = cast("dict[str, Json]", problem["properties"])["faults"]
    faults["items"] = cast("Json", definitions["Fault"])
    return problem
