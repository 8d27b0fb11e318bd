"""Nobody finds out anything about another tenant through any route: generated from the application itself (R2).

For every route, every parameter in its path, query and body, and every kind of caller, two requests are sent: one
names something that another tenant really has, the other its twin, which nobody has. They must be answered alike: byte
for byte when they are refused, in status and shape when they are not. What cannot be a name at all must be refused,
too. Nothing that belongs to the other tenant may appear in a body, a header or a log line. A route that is added later
is attacked from its first day: the routes, their parameters and their bodies are read from the application.
"""

import json
import logging
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, cast

import httpx
import pytest

from tests.api.examples import body_of, example_body, text_fields
from tests.api.running import Api, Voice
from tests.api.world import TenantWorld, World
from watchfloor.access.roles import Role
from watchfloor.kernel import ids
from watchfloor.kernel.ids import new_uuid
from watchfloor.web.declaration import Route, routes

SMUGGLED: Final = ("tenant", "tenant_id", "sort", "filename", "include")
MALFORMED: Final = (
    "\x00",
    "..",
    "../../etc/passwd",
    "a" * 300,
    "\U0001f4a9",
    "' or '1'='1",
    "null",
    "-1",
    "%",
    "inc_",
    "__",
)
CHANGING_HEADERS: Final = frozenset({"date", "x-request-id", "content-length", "retry-after"})
FRAMEWORK_PARAMETERS: Final = frozenset({"call", "data", "request", "headers", "cookies", "query", "state", "scope"})


@dataclass(frozen=True)
class Case:
    """One parameter of one route, with the name that is tried, and its twin if it has one."""

    route: Route
    where: str
    parameter: str
    value: str
    twin: str | None


@dataclass
class Findings:
    """What an attack found out, and how many requests it took."""

    requests: int = 0
    leaks: list[str] = field(default_factory=list)


class Attack:
    """A caller of one tenant against another tenant."""

    def __init__(self, api: Api, world: World, own: TenantWorld, victim: TenantWorld) -> None:
        self.api = api
        self.own = own
        self.victim = victim
        self.operator = world.operator
        self._world = world
        self._twins: dict[str, str] = {}
        self._cursors = self._foreign_cursors()

    def cases(self, only: str = "") -> list[Case]:
        """All that can be tried."""
        return [case for route in routes(self.api.app.router) if only in route.path for case in self._of_route(route)]

    def callers(self) -> list[tuple[str, Voice]]:
        """Everybody but the victim's own people, by session and by key, and nobody."""
        people = [*self.own.callers.values(), *self.operator.callers.values()]
        voices = [("nobody", self.api.speak())]
        for caller in people:
            voices.append((f"{caller.tenant.slug} {caller.role}, session", caller.by_session(self.api)))
            voices.append((f"{caller.tenant.slug} {caller.role}, key", caller.by_key(self.api)))
        return voices

    def run(self, plan: Sequence[tuple[str, Voice, Case]], caplog: pytest.LogCaptureFixture) -> Findings:
        """Sends the requests and says what leaked."""
        findings = Findings()
        caplog.set_level(logging.DEBUG)
        for who, voice, case in plan:
            what = f"{who}: {case.route.method} {case.route.path} {case.where} {case.parameter}={case.value!r}"
            found = self._send(voice, case, case.value)
            findings.requests += 1
            findings.leaks += [f"{what}: {leak}" for leak in self._told(found, case.value)]
            if case.twin is None:
                if not 400 <= found.status_code < 500:
                    findings.leaks.append(f"{what}: nonsense is answered with {found.status_code}")
            else:
                other = self._send(voice, case, case.twin)
                findings.requests += 1
                if _is_own_member(case, found, other):
                    continue
                if difference := _difference(found, other, case.value, case.twin):
                    findings.leaks.append(f"{what}: {difference}")
        log = caplog.text + "".join(repr(vars(record)) for record in caplog.records)
        caplog.clear()
        findings.leaks += [f"the log holds {secret}" for secret in self.victim.secrets if secret in log]
        return findings

    def _of_route(self, route: Route) -> Iterator[Case]:
        if route.access is None or route.access.audience == "public":
            return
        for parameter in re.findall(r"\{(\w+)\}", route.path):
            yield from self._tried(route, "path", parameter)
        for parameter in _query_parameters(route):
            yield from self._tried(route, "query", parameter)
        for parameter in _texts(route):
            yield from self._tried(route, "body", parameter)
        if route.method == "GET":
            for parameter in SMUGGLED:
                for value in self.victim.names["tenant"]:
                    yield Case(route, "query", parameter, value, self._twin(value))

    def _tried(self, route: Route, where: str, parameter: str) -> Iterator[Case]:
        for value in self._foreign_names(parameter):
            yield Case(route, where, parameter, value, self._twin(value))
        if where == "path" or parameter == "cursor":
            for value in MALFORMED:
                yield Case(route, where, parameter, value, None)

    def _foreign_names(self, parameter: str) -> list[str]:
        """What the victim has by this name, and everything else of the victim's that has an id."""
        victim = self.victim
        everything = [
            name for kind in victim.names.values() for name in kind if re.match(r"[a-z]+_[0-9a-z]{26}$", name)
        ]
        if parameter == "cursor":
            return [*self._cursors, *everything]
        if parameter == "tenant":
            return [*victim.names["tenant"], victim.code, victim.slug.upper(), str(victim.id), *everything]
        if parameter == "incident":
            return [*victim.names["incident"], str(ids.parse("inc", victim.names["incident"][0])), *everything]
        own_kind = victim.names.get(parameter, [])
        return own_kind if parameter in ("email", "assignee") else [*own_kind, *everything]

    def _foreign_cursors(self) -> list[str]:
        voice = self.victim.callers[Role.LEAD].by_session(self.api)
        lists = (
            "incidents",
            "alerts",
            "rules",
            "exceptions",
            "quarantine",
            "members",
            "keys",
            "audit/entries",
            "osquery/nodes",
            "osquery/queries",
        )
        pages = [voice.get(f"/api/v1/tenants/{self.victim.slug}/{name}?limit=1").json() for name in lists]
        return [str(page["next_cursor"]) for page in pages if page["next_cursor"] is not None]

    def _twin(self, value: str) -> str:
        """A name of the same form that nobody has; the same one each time."""
        if value not in self._twins:
            self._twins[value] = _nobody_s(value)
        return self._twins[value]

    def _send(self, voice: Voice, case: Case, value: str) -> httpx.Response:
        if case.where == "body" and "{list_name}" in case.route.path:
            # The request before may have removed it, which would look like a difference between two values.
            self.api.run(self._world.put_list(self.own))
        own: dict[str, str] = {}
        if case.where == "body" and case.route.path.endswith("/holds"):
            # The request before may have held it, which would look like a difference between two values.
            own["case"] = self.api.run(self._world.breach(self.own))
        path, query, body = case.route.path, {}, None
        for parameter in re.findall(r"\{(\w+)\}", path):
            is_tried = (case.where, case.parameter) == ("path", parameter)
            chosen = value if is_tried else own.get(parameter, self._own(parameter))
            path = path.replace(f"{{{parameter}}}", _quoted(chosen))
        if case.where == "query":
            query = {case.parameter: value}
        if (kind := body_of(case.route.handler)) is not None:
            body = example_body(kind, self.own.names | {"email": ["new@own.example"], "key_id": ["00000000"]})
            if case.where == "body":
                body[case.parameter] = value
        target = f"{path}?{httpx.QueryParams(query)}" if query else path
        return voice.request(case.route.method, target, json=body)

    def _own(self, parameter: str) -> str:
        return self.own.names.get(parameter, ["x"])[-1]

    def _told(self, answer: httpx.Response, sent: str) -> list[str]:
        """What the answer holds that is the victim's."""
        whole = (answer.text + repr(sorted(answer.headers.items()))).replace(sent, "")
        found = [f"it shows {secret}" for secret in self.victim.secrets if secret.lower() in whole.lower()]
        if answer.status_code >= 500:
            found.append(f"it ends in {answer.status_code}")
        return found


def _is_own_member(case: Case, *answers: httpx.Response) -> bool:
    """Whether one of two addresses is the attacker's own member already, because an attack before this one added it."""
    own = "This person has the role already."
    codes = sorted(answer.status_code for answer in answers)
    return case.parameter == "email" and codes == [201, 409] and any(own in answer.text for answer in answers)


def _difference(found: httpx.Response, other: httpx.Response, sent: str, other_sent: str) -> str:
    if found.status_code != other.status_code:
        return f"{found.status_code}, but {other.status_code} for what does not exist"
    if _headers(found).keys() != _headers(other).keys():
        return "the headers differ from those for what does not exist"
    if found.status_code >= 400:
        same = found.text.replace(sent, "") == other.text.replace(other_sent, "") and _headers(found) == _headers(other)
        return "" if same else "the answer differs from that for what does not exist"
    return "" if _shape(found) == _shape(other) else "the answer has another shape than for what does not exist"


def _headers(answer: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name not in CHANGING_HEADERS}


def _shape(answer: httpx.Response) -> object:
    kind = answer.headers.get("content-type", "")
    if "ndjson" in kind:
        return [sorted(json.loads(line)) for line in answer.text.splitlines()]
    if "json" not in kind or not answer.content:
        return None
    value: object = answer.json()
    return sorted(cast("dict[str, object]", value)) if isinstance(value, dict) else type(value).__name__


def _nobody_s(value: str) -> str:
    if match := re.fullmatch(r"([a-z]+)_[0-9a-z]{26}", value):
        return f"{match[1]}_" + ids.show("inc", new_uuid()).partition("_")[2]
    if "@" in value:
        return f"{new_uuid().hex}@elsewhere.example"
    if re.fullmatch(r"[A-Z]+-\d+", value):
        return "ZETA-1"
    if len(value) == 36 and value.count("-") == 4:
        return str(new_uuid())
    if len(value) > 60:
        return value[:10] + ("A" if value[10] != "A" else "B") + value[11:]
    return "".join("Zz"[letter.islower()] if letter.isalpha() else letter for letter in value)


def _quoted(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())


def _query_parameters(route: Route) -> list[str]:
    """The text parameters of the query."""
    in_path = set(re.findall(r"\{(\w+)\}", route.path))
    parameters = route.handler.parsed_fn_signature.parameters
    texts = {name: field for name, field in parameters.items() if name not in in_path | FRAMEWORK_PARAMETERS}
    return [name for name, field in texts.items() if field.has_inner_subclass_of(str) or field.is_subclass_of(str)]


def _texts(route: Route) -> list[str]:
    kind = body_of(route.handler)
    return [] if kind is None else text_fields(kind)


def plan(attack: Attack, rng: random.Random, *, at_most: int, only: str = "") -> list[tuple[str, Voice, Case]]:
    """At most so many attempts, each parameter of each route and each caller among them as evenly as possible."""
    everything = [
        (who, voice, case)
        for case in attack.cases(only)
        for who, voice in attack.callers()
        if not (case.route.access is not None and case.route.access.audience == "platform" and "platform_admin" in who)
    ]
    rng.shuffle(everything)
    rounds: dict[tuple[str, str, str, str], int] = {}

    def turn(item: tuple[str, Voice, Case]) -> int:
        key = (item[2].route.method, item[2].route.path, item[2].where, item[2].parameter)
        rounds[key] = rounds.get(key, -1) + 1
        return rounds[key]

    return sorted(everything, key=turn)[:at_most]
