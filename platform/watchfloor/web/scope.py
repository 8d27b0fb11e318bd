"""Typed looks into what the framework hands around untyped: method, route pattern, path parameters, state."""

from collections.abc import Mapping, MutableMapping
from typing import Final, cast

from litestar.connection import ASGIConnection, Request
from litestar.datastructures import State
from litestar.handlers import BaseRouteHandler

Connection = ASGIConnection[BaseRouteHandler, object, object, State] | Request[object, object, State]

UNKNOWN_ROUTE: Final = "unknown"

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def view(scope: object) -> Mapping[str, object]:
    """The connection's scope as a plain mapping."""
    return cast("Mapping[str, object]", scope)


def state_of(scope: object) -> MutableMapping[str, object]:
    """What parts of the application leave for each other during one request."""
    state = cast("MutableMapping[str, object]", scope).setdefault("state", {})
    return cast("MutableMapping[str, object]", state)


def method_of(scope: object) -> str:
    """The method, or `other`: it becomes a label, and labels are few."""
    method = str(view(scope).get("method", ""))
    return method if method in _METHODS else "other"


def route_of(scope: object) -> str:
    """The pattern of the route that was found, such as `/api/v1/me`."""
    return str(view(scope).get("path_template") or UNKNOWN_ROUTE)


def path_parameters(scope: object) -> Mapping[str, str]:
    """What stood in the path in the place of parameters."""
    return cast("Mapping[str, str]", view(scope).get("path_params", {}))
