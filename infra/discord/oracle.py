"""Holds exchanges against Discord's own OpenAPI document. For tests: the checker of JSON schemas is theirs.

The document's unions overlap (a post is also a channel), so they are read as "at least one of".
"""

import json
from pathlib import Path
from typing import Final, cast

import jsonschema
from jsonschema.protocols import Validator

from infra.discord.json_parts import Json, as_object, child
from infra.discord.world import Exchange

_ROLES: Final = "POST /guilds/{guild_id}/roles: request $.permissions:"
"""Where the document and Discord differ: permissions are taken, and given, as text."""

_LARGEST_EXACT: Final = 1 << 53

_DIALECT: Final = jsonschema.Draft202012Validator


class Oracle:
    """The document."""

    def __init__(self, path: Path) -> None:
        document = as_object(_open_unions(json.loads(path.read_text(encoding="utf-8"))))
        self._paths = child(document, "paths")
        self._components = child(document, "components")
        self._known: dict[tuple[str, str, str], Validator | None] = {}
        self.checked = 0
        self.violations: list[str] = []

    def watch(self, exchange: Exchange) -> None:
        """Checks one exchange, both ways."""
        if not exchange.template:
            self.violations.append(f"{exchange.method} {exchange.path} is no route of the server")
            return
        line = f"{exchange.method} {exchange.template}"
        # Whatever was refused broke a rule on purpose; only its answer has to be well formed.
        if exchange.body is not None and exchange.status < 300:
            self._check(line, self._request(exchange), _ids_as_text(exchange.body), "request")
        if exchange.answer is not None:
            self._check(f"{line} {exchange.status}", self._answer(exchange), exchange.answer, "answer")

    def _check(self, line: str, validator: Validator | None, value: object, what: str) -> None:
        if validator is None:
            self.violations.append(f"{line}: the document knows no such {what}")
            return
        self.checked += 1
        for error in validator.iter_errors(cast("dict[str, str]", value)):
            violation = f"{line}: {what} {error.json_path}: {error.message[:300]}"
            if not violation.startswith(_ROLES):
                self.violations.append(violation)

    def _request(self, exchange: Exchange) -> Validator | None:
        return self._validator(exchange, "requestBody", child(self._operation(exchange), "requestBody"))

    def _answer(self, exchange: Exchange) -> Validator | None:
        responses = child(self._operation(exchange), "responses")
        found = child(responses, str(exchange.status)) or child(responses, f"{exchange.status // 100}XX")
        reference = found.get("$ref")
        if isinstance(reference, str):
            found = child(child(self._components, "responses"), reference.rsplit("/", 1)[1])
        return self._validator(exchange, str(exchange.status), found)

    def _operation(self, exchange: Exchange) -> Json:
        return child(child(self._paths, exchange.template), exchange.method.lower())

    def _validator(self, exchange: Exchange, which: str, part: Json) -> Validator | None:
        key = (exchange.method, exchange.template, which)
        if key not in self._known:
            schema = child(child(child(part, "content"), "application/json"), "schema")
            full = schema | {"components": self._components}
            self._known[key] = _DIALECT(full) if schema else None
        return self._known[key]


def _open_unions(value: object) -> object:
    if isinstance(value, dict):
        opened = {key: _open_unions(inner) for key, inner in cast("Json", value).items()}
        if "oneOf" in opened:
            opened["anyOf"] = opened.pop("oneOf")
        return opened
    if isinstance(value, list):
        return [_open_unions(inner) for inner in cast("list[object]", value)]
    return value


def _ids_as_text(value: object) -> object:
    """Ids are taken as numbers, too; the document only knows them as text."""
    if isinstance(value, dict):
        return {key: _ids_as_text(inner) for key, inner in cast("Json", value).items()}
    if isinstance(value, list):
        return [_ids_as_text(inner) for inner in cast("list[object]", value)]
    return str(value) if isinstance(value, int) and value > _LARGEST_EXACT else value
