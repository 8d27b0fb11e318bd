"""Every route for every role, by session and by key, against the table that is checked in (R3)."""

import base64
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec
import pytest

from tests.api.running import Api, Voice
from tests.api.world import FILTER, Caller, World, narrow_filter
from tests.drawings import drawn, png
from watchfloor.access.roles import CUSTOMER_ROLES, Role
from watchfloor.incidents.incident import State
from watchfloor.kernel.ids import new_uuid, show
from watchfloor.web.declaration import routes

COLUMNS: Final = (
    "nobody", "stranger", "viewer", "approver", "admin", "privacy", "analyst", "lead", "content", "platform"
)  # fmt: skip
ROLES: Final = {
    "viewer": Role.VIEWER,
    "approver": Role.APPROVER,
    "admin": Role.ADMIN,
    "privacy": Role.PRIVACY_OFFICER,
    "analyst": Role.ANALYST,
    "lead": Role.LEAD,
    "content": Role.CONTENT_ENGINEER,
}
PARAMETERS: Final = (
    "incident", "alert", "feed", "rule", "exception", "list_name", "quarantine", "report", "api_key", "member", "asset",
    "question", "action", "verb", "connector", "entry", "framework", "kind", "metric", "measure", "case", "notice",
    "receipt",
)  # fmt: skip
CONNECTORS: Final[dict[str, dict[str, object]]] = {
    "connectors": {"connector": "made_up", "settings": {"account": "mine"}, "secrets": {"key": "k"}},
    "policies": {"connector": "made_up"},
    "settings": {"settings": {"account": "mine,theirs"}},
    "rotate": {"secrets": {"key": "another"}},
    "test": {},
    "pause": {},
    "resume": {},
    "backfill": {"start": (datetime.now(UTC) - timedelta(days=1)).isoformat()},
}
WHY: Final = "Agreed with the customer."
SCORES: Final[dict[str, object]] = {
    "dpc": [{"category": "simple", "score": 1}],
    "ei": [{"identifier": "full_name", "score": 0.25}],
}
REFUSALS: Final = {"303": 303, "400": 400, "401": 401, "403": 403, "404": 404}


class Row(msgspec.Struct, frozen=True):
    """A route and what each column gets."""

    method: str
    path: str
    cells: dict[str, str]
    by_key: dict[str, str]
    """What a key gets where its maker gets this."""


def read_table() -> list[Row]:
    rows: list[Row] = []
    for line in (Path(__file__).parent / "role_matrix.txt").read_text("utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        left, by_key = line.split("|")
        method, path, *cells = left.split()
        assert len(cells) == len(COLUMNS), line
        key_ok, *changed = by_key.split()
        keys = {"ok": key_ok} | dict(change.split(">") for change in changed)
        rows.append(Row(method, path, dict(zip(COLUMNS, cells, strict=True)), keys))
    return rows


TABLE: Final = read_table()


class Requests:
    """Makes, for a route and a caller, a request that is right in all but perhaps the caller."""

    def __init__(self, api: Api, world: World) -> None:
        self.api = api
        self.world = world
        self._code = ""
        self._case = ""
        self._sha256 = ""

    def send(self, row: Row, voice: Voice, caller: Caller) -> int:
        path, body = row.path.replace("{tenant}", "alpha"), None
        for name in PARAMETERS:
            if f"{{{name}}}" in path:
                path = path.replace(f"{{{name}}}", self._object(name, row, caller))
        if row.path.startswith("/console/"):
            form = {"request": new_uuid().hex, "line": "show ALPHA-1"} if row.method == "POST" else None
            return voice.request(row.method, path, form=form).status_code
        if row.method == "POST":
            body = self._body(row, caller)
        return voice.request(row.method, path, json=body).status_code

    def _object(self, name: str, row: Row, caller: Caller) -> str:
        """An object of Alpha on which the request can be done now, made for this request where it changes it."""
        alpha = self.world.alpha
        if name == "incident":
            states: dict[str, State] = {"verdict": "acknowledged", "contain": "acknowledged", "resolve": "acknowledged"}
            states["close"], states["reopen"] = "resolved", "closed"
            action = row.path.rpartition("/")[2]
            if row.method == "GET" or "ok" not in row.cells.values():
                return alpha.names["incident"][0]
            return self.api.run(self.world.incident(alpha, states.get(action, "new")))
        if name == "api_key":
            is_member = caller.tenant is alpha
            return self.api.run(self.world.key_of(alpha, caller if is_member else alpha.callers[Role.LEAD]))
        if name == "member":
            role = Role.VIEWER if caller.role in CUSTOMER_ROLES else Role.ANALYST
            person = self.api.run(self.world.caller(self.world.operator, Role.ANALYST))
            return show("mem", self.api.run(self.world.add_role(alpha, person.person_id, role)))
        if name == "rule":
            return self.api.run(self.world.services.catalogue.rules())[0].id
        if name == "list_name":
            self.api.run(self.world.put_list(alpha))
        made = self.api.run(self.world.feed(alpha)) if name == "feed" else ""
        if name == "action":
            made, self._code = self.api.run(self.world.action(alpha))
        if name == "entry" and row.method == "POST":
            made = self.api.run(self.world.entry(alpha))
        if name in ("case", "notice") and row.method == "POST":
            made = self._breach_object(name, row.path.rpartition("/")[2])
        plain = {
            "framework": "iso27001-2022",
            "kind": "E06",
            "metric": "triaged_urgent",
            "measure": "incidents",
            "asset": "console.css" if "console" in row.path else "frame.css" if "pages" in row.path else "start.js",
            "verb": "show" if "{incident}" in row.path else "queue",
        }
        return made or plain.get(name) or alpha.names[name][0]

    def _breach_object(self, name: str, action: str) -> str:
        """A case, or a notice of the case at hand that is as far as the action needs it."""
        if name == "case":
            self._case = self.api.run(self.world.breach(self.world.alpha))
            return self._case
        far = {"approve": "draft", "send": "approved", "withdraw": "draft", "acknowledge": "sent"}
        made = self.api.run(self.world.notice(self.world.alpha, self._case, far.get(action, "sent")))
        self._sha256 = made.sha256
        return show("ntc", made.id)

    def _body(self, row: Row, caller: Caller) -> dict[str, object]:
        action = row.path.rpartition("/")[2]
        if action == "revoke":
            return {"key_id": self.api.run(self.world.key_of(self.world.alpha, self.world.alpha.callers[Role.LEAD]))}
        if "/breaches" in row.path:
            return self._breach_body(action, caller)
        if "/connectors" in row.path:
            return CONNECTORS[action] | ({"name": f"matrix-{new_uuid().hex}"} if action == "connectors" else {})
        if action == "members":
            if caller.role in CUSTOMER_ROLES:
                return {"email": f"{new_uuid().hex}@alpha.example", "role": "viewer"}
            person = self.api.run(self.world.caller(self.world.operator, Role.ANALYST))
            return {"email": person.email, "role": "analyst"}
        bodies: dict[str, dict[str, object]] = {
            "note": {"text": "seen"},
            "assign": {"assignee": self.world.alpha.callers[Role.ANALYST].email},
            "verdict": {"verdict": "benign", "reason": "a planned exercise"},
            "{verb}": {"arguments": {}},
            "reports": {"incident": self.world.alpha.names["incident"][0]},
            "keys": {"name": "matrix", "scopes": ["incident.read"], "days": 1},
            "rotate": {},
            "feeds": {"client": "http", "name": f"matrix-{new_uuid().hex}"},
            "test": {"send": False, "wait_seconds": 0},
            "sweep": {"indicators": ["203.0.113.1"]},
            "around": {"alert": self.world.alpha.names["alert"][0]},
            "branding": {"contact": WHY},
            "logo": {"content": base64.b64encode(png(drawn())).decode()},
            "disable": {"reason": WHY},
            "enable": {"reason": WHY},
            "level": {"level": "low", "reason": WHY},
            "preview": {"filter": FILTER.format(title="Preview", user="kim")},
            "exceptions": {
                "filter": narrow_filter().format(title=new_uuid().hex, user="kim"),
                "owner": "kim@alpha.example",
                "reason": WHY,
                "expires_at": (self.world.services.clock.now() + timedelta(days=1)).isoformat(),
            },
            "end": {"reason": WHY},
            "approve": {"code": self._code},
            "decline": {"reason": WHY},
            "lists": {"name": "matrix", "entries": ["kim"], "reason": WHY},
            "remove": {"reason": WHY},
            "replay": {"code": "not_json", "reason": WHY},
            "drop": {"code": "there_is_none", "reason": WHY},
            "queries": {"sql": "select 1"},
            "entries": {
                "kind": "E14",
                "metric": "accounts",
                "first": "2026-03-01",
                "until": "2026-04-01",
                "note": WHY,
                "numerator": 9,
                "denominator": 10,
            },
            "thresholds": {"kind": "E06", "metric": "triaged_urgent", "number": 99},
        }
        return bodies.get(action, {})

    def _breach_body(self, action: str, caller: Caller) -> dict[str, object]:
        fresh = self.api.run(self.world.incident(self.world.alpha))
        role = "dpo_tenant" if caller.role == Role.PRIVACY_OFFICER else "analyst"
        bodies: dict[str, dict[str, object]] = {
            "breaches": {"incidents": [fresh], "reason": WHY},
            "facts": {"facts": [{"path": "nature.vector", "value": "A macro in a mail."}]},
            "clear": {"path": "nature.description", "reason": WHY},
            "decisions": {"path": "clock.processor_aware_at", "value": "2026-03-02T12:00:00Z", "reason": WHY},
            "severity": {"scores": SCORES},
            "approvals": {"role": role, "is_approved": True, "reason": WHY, "seen": 3},
            "incidents": {"incident": fresh, "reason": WHY},
            "move": {"to": "assessing", "reason": WHY},
            "holds": {"is_held": True, "reason": WHY},
            "notices": {"regime": "gdpr-controller"},
            "approve": {"sha256": self._sha256, "reason": WHY, "knows_gaps": True},
            "send": {"submitted_at": datetime.now(UTC).isoformat(), "channel": "the form"},
            "acknowledge": {"received_at": datetime.now(UTC).isoformat(), "reference": "A-1"},
            "answer": {"text": WHY},
            "receipts": {"name": "receipt.txt", "content": "aGVsbG8="},
            "withdraw": {"reason": WHY},
        }
        return bodies.get(action, {})


def caller_of(column: str, row: Row, world: World, api: Api, known: dict[str, Caller]) -> Caller:
    """The column's person; one of its own for a route that signs out, because that ends the session."""
    if "session" in row.path:
        return new_caller(column, world, api)
    if column not in known:
        known[column] = new_caller(column, world, api)
    return known[column]


def new_caller(column: str, world: World, api: Api) -> Caller:
    if column == "stranger":
        return api.run(world.caller(world.beta, Role.VIEWER))
    if column == "platform":
        return api.run(world.caller(world.operator, Role.PLATFORM_ADMIN))
    return api.run(world.caller(world.alpha, ROLES[column]))


@pytest.fixture(scope="module")
def known() -> dict[str, Caller]:
    """The persons of the columns, made when they are first needed."""
    return {}


def is_as_expected(expected: str, status: int) -> bool:
    return status == REFUSALS[expected] if expected in REFUSALS else 200 <= status < 300


def test_the_table_has_exactly_the_routes_of_the_application(api: Api) -> None:
    assert {(row.method, row.path) for row in TABLE} == {(r.method, r.path) for r in routes(api.app.router)}


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.method} {row.path}")
def test_each_cell_is_as_the_table_says(row: Row, api: Api, world: World, known: dict[str, Caller]) -> None:
    requests = Requests(api, world)
    found: dict[str, str] = {}
    lead = world.alpha.callers[Role.LEAD]
    status = requests.send(row, api.speak(), lead)
    if not is_as_expected(row.cells["nobody"], status):
        found["nobody"] = f"{status} instead of {row.cells['nobody']}"
    for column in COLUMNS[1:]:
        caller = caller_of(column, row, world, api, known)
        by_session = row.cells[column]
        by_key = row.by_key.get(by_session, by_session)
        for way, voice, expected in (
            ("key", caller.by_key(api), by_key),
            ("session", caller.by_session(api), by_session),
        ):
            status = requests.send(row, voice, caller)
            if not is_as_expected(expected, status):
                found[f"{column} by {way}"] = f"{status} instead of {expected}"
    assert found == {}
