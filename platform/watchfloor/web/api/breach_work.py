"""`/tenants/{tenant}/breaches/{case}`: work on a case, its facts, decisions, severity, approvals and incidents."""

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody

from watchfloor.access.roles import Permission
from watchfloor.breach import approvals, decisions, entering, severity, status, store
from watchfloor.breach.case import CaseStatus
from watchfloor.breach.decisions import Ruling
from watchfloor.breach.entering import Stated
from watchfloor.breach.known import Citation, FactStatus
from watchfloor.breach.opening import add_incident, refresh
from watchfloor.breach.records import ApprovalRole
from watchfloor.breach.severity import Scores
from watchfloor.desk.hands import Hands
from watchfloor.kernel.ids import IncidentId
from watchfloor.web.api.breach_views import BreachView, view_of
from watchfloor.web.api.breaches import CaseName, Reason
from watchfloor.web.api.given import IN_TENANT, InTenant
from watchfloor.web.declaration import in_tenant

_Path = Annotated[str, msgspec.Meta(min_length=1, max_length=120)]


class MoreIncident(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One more incident of the same breach."""

    incident: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    reason: Reason


class StatedFact(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What you say of a field. `value` as JSON, or in words as the field takes them."""

    path: _Path
    value: object = None
    status: FactStatus = "known"
    basis: Annotated[str, msgspec.Meta(max_length=8_000)] = ""
    expected_at: datetime | None = None
    citations: Annotated[tuple[Citation, ...], msgspec.Meta(max_length=49)] = ()


class StatedFacts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Facts, entered all or none. `seen` is the version that you looked at."""

    facts: Annotated[list[StatedFact], msgspec.Meta(min_length=1, max_length=250)]
    seen: int | None = None


class FactTakenBack(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A field about which nobody has said anything any more."""

    path: _Path
    reason: Reason
    seen: int | None = None


class BreachDecision(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Your decision at a field: yes, no, an instant, a choice; with its reason."""

    path: _Path
    value: object
    reason: Reason
    seen: int | None = None


class BreachScores(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What you score by ENISA's method."""

    scores: Scores
    seen: int | None = None


class BreachApproval(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Your yes or no to the version that you looked at, in a role of the case."""

    role: ApprovalRole
    is_approved: bool
    reason: Reason
    seen: int


class BreachMove(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The state into which the case goes by hand."""

    to: CaseStatus
    reason: Reason
    seen: int | None = None


@post(
    "/breaches/{case:str}/facts",
    access=in_tenant(Permission.BREACH_WRITE, "breach_case", limit="write"),
    dependencies=IN_TENANT,
    tags=["breaches"],
    status_code=200,
)
async def state_breach_facts(call: InTenant, case: CaseName, data: JSONBody[StatedFacts]) -> BreachView:
    """State facts of a case, all or none. Each names you as its source, beside the records that you cite."""
    said = [msgspec.convert(fact, Stated, from_attributes=True) for fact in data.facts]
    async with call.records() as tx:
        cipher, case_id = await call.cipher(tx), await store.find(tx, case)
        return view_of(
            await entering.state(tx, cipher, call.actor, call.permissions, case_id=case_id, facts=said, seen=data.seen)
        )


@post(
    "/breaches/{case:str}/facts/clear",
    access=in_tenant(Permission.BREACH_WRITE, "breach_case", limit="write"),
    dependencies=IN_TENANT,
    tags=["breaches"],
    status_code=200,
)
async def clear_breach_fact(call: InTenant, case: CaseName, data: JSONBody[FactTakenBack]) -> BreachView:
    """Take a fact back. The log keeps what was said, and why it went."""
    async with call.records() as tx:
        cipher, case_id = await call.cipher(tx), await store.find(tx, case)
        cleared = await entering.clear(
            tx,
            cipher,
            call.actor,
            call.permissions,
            case_id=case_id,
            path=data.path,
            reason=data.reason,
            seen=data.seen,
        )
    return view_of(cleared)


@post(
    "/breaches/{case:str}/decisions",
    access=in_tenant(Permission.BREACH_WRITE, "breach_case", limit="write"),
    dependencies=IN_TENANT,
    tags=["breaches"],
    status_code=200,
)
async def decide_breach(call: InTenant, case: CaseName, data: JSONBody[BreachDecision]) -> BreachView:
    """Decide something in a case. What is the controller's to decide, only its privacy officer decides."""
    ruling = Ruling(path=data.path, value=data.value, reason=data.reason)
    async with call.records() as tx:
        cipher, case_id = await call.cipher(tx), await store.find(tx, case)
        decided = await decisions.decide(
            tx, cipher, call.actor, call.permissions, case_id=case_id, ruling=ruling, seen=data.seen
        )
    return view_of(decided)


@post(
    "/breaches/{case:str}/severity",
    access=in_tenant(Permission.BREACH_WRITE, "breach_case", limit="write"),
    dependencies=IN_TENANT,
    tags=["breaches"],
    status_code=200,
)
async def assess_breach(call: InTenant, case: CaseName, data: JSONBody[BreachScores]) -> BreachView:
    """Score a case by ENISA's method. The outcome is kept with every reason."""
    async with call.records() as tx:
        cipher, case_id = await call.cipher(tx), await store.find(tx, case)
        scored = await severity.assess_case(
            tx, cipher, call.actor, call.permissions, case_id=case_id, scores=data.scores, seen=data.seen
        )
    return view_of(scored)


@post(
    "/breaches/{case:str}/approvals",
    access=in_tenant(Permission.BREACH_WRITE, "breach_case", limit="write"),
    dependencies=IN_TENANT,
    tags=["breaches"],
    status_code=200,
)
async def approve_breach(call: InTenant, case: CaseName, data: JSONBody[BreachApproval]) -> BreachView:
    """Say yes or no to a case as it stood when you looked."""
    async with call.records() as tx:
        cipher, case_id = await call.cipher(tx), await store.find(tx, case)
        approved = await approvals.approve(
            tx,
            cipher,
            call.actor,
            call.permissions,
            case_id=case_id,
            role=data.role,
            decision="approved" if data.is_approved else "declined",
            reason=data.reason,
            seen=data.seen,
        )
    return view_of(approved)


@post(
    "/breaches/{case:str}/incidents",
    access=in_tenant(Permission.BREACH_WRITE, "breach_case", limit="write"),
    dependencies=IN_TENANT,
    tags=["breaches"],
    status_code=200,
)
async def add_breach_incident(call: InTenant, case: CaseName, data: JSONBody[MoreIncident]) -> BreachView:
    """Put one more incident into a case, with what its records say."""
    async with call.records() as tx:
        cipher, case_id = await call.cipher(tx), await store.find(tx, case)
        incident = await Hands(tx, cipher, call.actor, call.permissions).find(data.incident)
        added = await add_incident(
            tx,
            cipher,
            call.actor,
            call.permissions,
            case_id=case_id,
            incident_id=IncidentId(incident.id),
            reason=data.reason,
        )
    return view_of(added)


@post(
    "/breaches/{case:str}/refresh",
    access=in_tenant(Permission.BREACH_WRITE, "breach_case", limit="write"),
    dependencies=IN_TENANT,
    tags=["breaches"],
    status_code=200,
)
async def refresh_breach(call: InTenant, case: CaseName) -> BreachView:
    """Take in what the incidents' records say now. What a person stated stays."""
    async with call.records() as tx:
        cipher, case_id = await call.cipher(tx), await store.find(tx, case)
        return view_of(await refresh(tx, cipher, call.actor, call.permissions, case_id=case_id))


@post(
    "/breaches/{case:str}/move",
    access=in_tenant(Permission.BREACH_WRITE, "breach_case", limit="write"),
    dependencies=IN_TENANT,
    tags=["breaches"],
    status_code=200,
)
async def move_breach(call: InTenant, case: CaseName, data: JSONBody[BreachMove]) -> BreachView:
    """Move a case into another state by hand, where nothing stands against it."""
    async with call.records() as tx:
        cipher, case_id = await call.cipher(tx), await store.find(tx, case)
        moved = await status.move(
            tx,
            cipher,
            call.actor,
            call.permissions,
            case_id=case_id,
            to=data.to,
            reason=data.reason,
            seen=data.seen,
        )
    return view_of(moved)


ROUTES: list[HTTPRouteHandler] = [
    state_breach_facts,
    clear_breach_fact,
    decide_breach,
    assess_breach,
    approve_breach,
    add_breach_incident,
    refresh_breach,
    move_breach,
]
