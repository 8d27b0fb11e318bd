"""A breach from the incident to the closed case through the API, by several people, over more than 72 hours.

Time passes by moving the case's record back, so the hours are those of the database.
"""

import base64
import hashlib
import io
import json
import time
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, cast

import asyncpg
import httpx
import pytest

from tests.api.running import Api, Voice
from tests.api.world import World
from tests.domain.notice_office import HOUR, Records, let_pass
from watchfloor.access.roles import Role
from watchfloor.breach.watching.warning import warn
from watchfloor.kernel import ids
from watchfloor.kernel.db import tenant_tx
from watchfloor.kernel.ids import CaseId

BREACHES: Final = "/api/v1/tenants/alpha/breaches"
WHY: Final = "Freight papers with names were copied out by somebody."
RECEIPT: Final = b"%PDF-1.7 receipt"
STATED: Final[dict[str, object]] = {
    "nature.description": "A macro started a shell; papers were copied to a foreign store.",
    "nature.types": "confidentiality",
    "nature.is_cyber": "yes",
    "nature.cause": "malicious_external",
    "data.categories": [{"code": "basic_id"}, {"code": "contact"}],
    "data.records": "1200-3000",
    "subjects.categories": [{"code": "customers"}],
    "subjects.count": "800-2500",
    "risk.consequences": ["identity_theft", "loss_of_control"],
    "measures.taken": [{"text": "The account was locked.", "state": "done"}],
    "parties.controller.address": "Am Kai 1, 20457 Hamburg",
}


@dataclass
class Walk:
    """One case and the people around it."""

    api: Api
    world: World
    case: str = ""

    def by(self, role: Role) -> Voice:
        return self.world.alpha.callers[role].by_session(self.api)

    def post(self, role: Role, path: str, body: object, status: int = 200) -> dict[str, object]:
        answer = self.by(role).request("POST", f"{BREACHES}/{self.case}{path}", json=body)
        assert answer.status_code == status, answer.text
        return cast("dict[str, object]", answer.json())

    def get(self, role: Role, path: str) -> httpx.Response:
        answer = self.by(role).get(f"{BREACHES}/{self.case}{path}")
        assert answer.status_code == 200, answer.text
        return answer

    def decide(self, path: str, value: object, *, role: Role = Role.PRIVACY_OFFICER) -> dict[str, object]:
        return self.post(role, "/decisions", {"path": path, "value": value, "reason": WHY})

    def state(self, facts: dict[str, object]) -> dict[str, object]:
        return self.post(
            Role.ANALYST, "/facts", {"facts": [{"path": path, "value": value} for path, value in facts.items()]}
        )

    def status(self) -> str:
        return str(self.get(Role.PRIVACY_OFFICER, "").json()["status"])

    def deadline(self, regime: str, stage: str) -> dict[str, object]:
        found = cast("list[dict[str, object]]", self.get(Role.ADMIN, "/deadlines").json())
        return next(one for one in found if (one["regime"], one["stage"]) == (regime, stage))

    def draft(self, body: dict[str, object]) -> dict[str, object]:
        return self.post(Role.ANALYST, "/notices", body, 201)

    def out(self, role: Role, drafted: dict[str, object], *, reasons: str = "") -> dict[str, object]:
        """Approves a draft and enters that it was sent."""
        notice = cast("dict[str, object]", drafted["notice"])
        path = f"/notices/{notice['id']}"
        self.post(role, f"{path}/approve", {"sha256": notice["sha256"], "reason": WHY, "knows_gaps": True})
        sent = {"submitted_at": datetime.now(UTC).isoformat(), "channel": "online form", "delay_reasons": reasons}
        return self.post(role, f"{path}/send", sent)

    def let_pass(self, length: timedelta) -> None:
        self.api.run(self._let_pass(length))

    def warned(self) -> list[float]:
        """The points that the watch tells now, as hours before the end."""
        return self.api.run(self._warn())

    async def _let_pass(self, length: timedelta) -> None:
        services, tenant_id = self.world.services, self.world.alpha.id
        assert services.settings.database_url is not None
        superuser = await asyncpg.connect(services.settings.database_url.reveal())
        try:
            async with tenant_tx(services.app, tenant_id) as tx:
                cipher = await services.keyring.cipher(tx)
            records = Records(superuser, services.app, tenant_id, cipher)
            await let_pass(records, CaseId(ids.parse("brc", self.case)), length)
        finally:
            await superuser.close()

    async def _warn(self) -> list[float]:
        case_id = ids.parse("brc", self.case)
        async with tenant_tx(self.world.services.app, self.world.alpha.id) as tx:
            told = await warn(tx, await self.world.services.keyring.cipher(tx))
        return [
            (point.due_at - point.at) / HOUR
            for point in told
            if point.case_id == case_id and point.regime == "gdpr-authority"
        ]


@pytest.fixture
def walk(api: Api, world: World) -> Walk:
    """A case that an analyst opened from an incident."""
    made = Walk(api, world)
    incident = api.run(world.incident(world.alpha))
    answer = made.by(Role.ANALYST).request("POST", BREACHES, json={"incidents": [incident], "reason": WHY})
    assert answer.status_code == 201, answer.text
    made.case = str(answer.json()["id"])
    return made


def test_a_breach_goes_from_the_incident_to_the_closed_case(walk: Walk) -> None:
    _tell_the_controller(walk)
    _decide(walk)

    # Hours pass and the watch tells its points; the first notice goes out in time.
    warned: list[float] = []
    for _ in range(6):
        walk.let_pass(10 * HOUR)
        warned += walk.warned()
    assert warned == [48, 24, 12]
    first = walk.draft({"regime": "gdpr-authority"})
    assert first["changes"] == []
    sent = walk.out(Role.PRIVACY_OFFICER, first)
    assert walk.status() == "authority_initial"
    path = f"/notices/{sent['id']}"
    receipt = {"received_at": datetime.now(UTC).isoformat(), "reference": "HmbBfDI-77"}
    walk.post(Role.PRIVACY_OFFICER, f"{path}/acknowledge", receipt)
    walk.post(Role.PRIVACY_OFFICER, f"{path}/receipts", _file("receipt.pdf", RECEIPT))
    assert walk.deadline("gdpr-authority", "initial")["state"] == "met"

    # Over the 72 hours: nothing more is said, and what follows is late for nobody.
    walk.let_pass(30 * HOUR)
    assert walk.warned() == []
    walk.state({"data.records": "2140", "measures.lessons": "Macros from outside are blocked now."})
    second = walk.draft({"regime": "gdpr-authority"})
    changed = {str(one["path"]): one["way"] for one in cast("list[dict[str, object]]", second["changes"])}
    assert changed["data.records"] == "changed"
    assert changed["measures.lessons"] == "added"
    assert cast("dict[str, object]", second["notice"])["follows"] == sent["id"]
    walk.out(Role.PRIVACY_OFFICER, second)
    assert walk.status() == "supplementary"
    last = walk.draft({"regime": "gdpr-authority", "phase": "final"})
    walk.out(Role.PRIVACY_OFFICER, last)
    walk.decide("risk.art34_decision", "no")
    walk.post(Role.PRIVACY_OFFICER, "/move", {"to": "closed", "reason": WHY})

    assert walk.status() == "closed"
    _check_record(walk, str(sent["id"]))


def _tell_the_controller(walk: Walk) -> None:
    """The processor becomes aware, says what it knows, and its notice reaches the controller."""
    first_gaps = _paths(walk.get(Role.LEAD, "/missing?document=breach_notification"))
    assert "nature.description" in first_gaps
    walk.decide("clock.processor_aware_at", _ago(), role=Role.LEAD)
    walk.state(STATED)
    assert "nature.description" not in _paths(walk.get(Role.LEAD, "/missing?document=breach_notification"))
    told = walk.out(Role.LEAD, walk.draft({"regime": "gdpr-controller"}))
    walk.post(Role.LEAD, f"/notices/{told['id']}/acknowledge", {"received_at": datetime.now(UTC).isoformat()})
    assert walk.deadline("contract-controller", "notice")["state"] == "met"


def _decide(walk: Walk) -> None:
    """The controller's privacy officer decides that it is a breach of which the authority is told."""
    walk.decide("is_breach", "yes")
    walk.decide("clock.controller_aware_at", _ago())
    walk.decide("risk.risk", "risk")
    walk.decide("risk.art33_decision", "yes")
    assert walk.status() == "authority_due"
    assert walk.deadline("gdpr-authority", "initial")["state"] == "running"


def _check_record(walk: Walk, first: str) -> None:
    """What stands of the closed case in the register, at the first notice and in the bundle."""
    rows = cast("list[dict[str, object]]", walk.by(Role.ADMIN).get(f"{BREACHES}/register").json())
    [row] = [one for one in rows if one["case"] == walk.case]
    phases = [one["phase"] for one in cast("list[dict[str, object]]", row["filings"])]
    assert phases == ["initial", "initial", "supplementary", "final"]
    notice = walk.get(Role.PRIVACY_OFFICER, f"/notices/{first}").json()["notice"]
    version = walk.get(Role.PRIVACY_OFFICER, f"/notices/{first}/version").content
    assert hashlib.sha256(version).hexdigest() == notice["sha256"]
    [receipt] = notice["receipts"]
    assert walk.get(Role.ANALYST, f"/notices/{first}/receipts/{receipt['sha256']}").content == RECEIPT
    archive = zipfile.ZipFile(io.BytesIO(walk.get(Role.PRIVACY_OFFICER, "/bundle").content))
    assert notice["sha256"] in json.loads(archive.read("manifest.json")).values()


def test_only_the_right_people_approve(walk: Walk) -> None:
    walk.decide("risk.risk", "risk")
    walk.decide("risk.art33_decision", "yes")
    ours = cast("dict[str, object]", walk.draft({"regime": "gdpr-controller"})["notice"])
    theirs = cast("dict[str, object]", walk.draft({"regime": "gdpr-authority"})["notice"])

    def approve(role: Role, notice: dict[str, object]) -> int:
        body = {"sha256": notice["sha256"], "reason": WHY, "knows_gaps": True}
        path = f"{BREACHES}/{walk.case}/notices/{notice['id']}/approve"
        return walk.by(role).request("POST", path, json=body).status_code

    tried = {role: (approve(role, ours), approve(role, theirs)) for role in (Role.ANALYST, Role.ADMIN, Role.APPROVER)}
    assert set(tried.values()) == {(403, 403)}
    assert (approve(Role.PRIVACY_OFFICER, ours), approve(Role.LEAD, theirs)) == (403, 403)
    assert (approve(Role.LEAD, ours), approve(Role.PRIVACY_OFFICER, theirs)) == (200, 200)
    assert (ours["approval_needs"], theirs["approval_needs"]) == ("breach.notify", "breach.decide")


def test_a_late_notice_is_refused_until_it_says_why(walk: Walk) -> None:
    walk.decide("clock.controller_aware_at", _ago())
    walk.decide("risk.risk", "risk")
    walk.decide("risk.art33_decision", "yes")
    walk.let_pass(75 * HOUR)
    assert walk.deadline("gdpr-authority", "initial")["state"] == "missed"
    notice = cast("dict[str, object]", walk.draft({"regime": "gdpr-authority"})["notice"])
    path = f"/notices/{notice['id']}"
    walk.post(Role.PRIVACY_OFFICER, f"{path}/approve", {"sha256": notice["sha256"], "reason": WHY, "knows_gaps": True})
    sent = {"submitted_at": datetime.now(UTC).isoformat(), "channel": "online form"}

    refused = walk.post(Role.PRIVACY_OFFICER, f"{path}/send", sent, 400)
    assert refused["where"] == "delay_reasons"

    walk.post(Role.PRIVACY_OFFICER, f"{path}/send", sent | {"delay_reasons": WHY})
    assert walk.deadline("gdpr-authority", "initial")["needs_reasons"] is False


def test_a_held_case_is_let_go_by_the_privacy_officer_alone(walk: Walk) -> None:
    walk.post(Role.ANALYST, "/holds", {"is_held": True, "reason": WHY})
    walk.post(Role.LEAD, "/holds", {"is_held": False, "reason": WHY}, 403)
    walk.post(Role.PRIVACY_OFFICER, "/holds", {"is_held": False, "reason": WHY})

    assert [one["is_held"] for one in walk.get(Role.ADMIN, "/holds").json()] == [True, False]


def test_who_takes_the_pages_of_a_case_ends_them(walk: Walk) -> None:
    walk.decide("clock.controller_aware_at", _ago(61))
    assert walk.warned() == [12]

    assert walk.post(Role.ANALYST, "/taken", None)["ended"] == 1
    assert walk.post(Role.ANALYST, "/taken", None)["ended"] == 0


def test_from_the_decision_to_the_draft_takes_far_less_than_ten_seconds(walk: Walk) -> None:
    walk.state(STATED)
    walk.decide("risk.risk", "risk")

    began = time.perf_counter()
    walk.decide("risk.art33_decision", "yes")
    walk.draft({"regime": "gdpr-authority"})
    took = time.perf_counter() - began

    assert took < timedelta(seconds=5).total_seconds()


def _ago(hours: float = 0) -> str:
    return (datetime.now(UTC) - hours * HOUR).isoformat()


def _paths(answer: httpx.Response) -> set[str]:
    return {str(gap["path"]) for gap in answer.json()}


def _file(name: str, content: bytes) -> dict[str, str]:
    return {"name": name, "content": base64.b64encode(content).decode()}
