"""Decisions in a breach case: by persons, with reasons, the controller's own by its privacy officer alone."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.domain.breach_cases import WHY, Desk, desk_of
from tests.domain.workplace import MakeEvent, MakeRule, MakeTenant, MakeWorker
from watchfloor.access.roles import Role
from watchfloor.audit.append import Actor
from watchfloor.breach import store
from watchfloor.breach.approvals import approve, stands
from watchfloor.breach.case import BreachCase
from watchfloor.breach.decisions import Ruling, decide
from watchfloor.breach.fields import all_fields, find_field
from watchfloor.breach.records import ApprovalRole
from watchfloor.breach.rules.enisa import Circumstances, Identification, Processing
from watchfloor.breach.severity import Scores, assess_case, suggest
from watchfloor.kernel.db import tenant_tx
from watchfloor.kernel.errors import Conflict, Invalid, Refused
from watchfloor.kernel.ids import CaseId

LEGAL = [path.replace("*", "nis2") for path, field in all_fields().items() if field.set_by == "legal_decision"]
PLAIN = [path for path, field in all_fields().items() if field.set_by == "decision"]


@pytest.fixture
async def desk(make_tenant: MakeTenant, make_rule: MakeRule, make_event: MakeEvent, make_worker: MakeWorker) -> Desk:
    return await desk_of(make_tenant, make_rule, make_event, make_worker)


def _value(path: str) -> object:
    field = find_field(path)
    if field.kind == "instant":
        return "2026-03-02T12:00:00+00:00"
    return field.choices[0] if field.choices else "yes"


async def test_every_legal_decision_is_refused_to_analysts_and_leads(desk: Desk) -> None:
    case = await desk.open()

    for path in LEGAL:
        for who in (desk.ana, desk.lead, desk.admin):
            with pytest.raises(Refused, match=r"breach\.decide"):
                await desk.decide(case, path, _value(path), by=who)

    assert (await desk.read(case)).version == 1


async def test_the_privacy_officer_takes_every_legal_decision(desk: Desk) -> None:
    case = await desk.open()

    for path in LEGAL:
        case = await desk.decide(case, path, _value(path))

    assert [decision.path for decision in case.decisions] == LEGAL
    assert all(decision.reason == WHY and decision.by == desk.officer.actor.id for decision in case.decisions)
    assert case.version == 1 + len(LEGAL)


async def test_an_analyst_enters_the_moments_that_are_no_legal_decision(desk: Desk) -> None:
    case = await desk.open()

    for path in PLAIN:
        case = await desk.decide(case, path, _value(path), by=desk.ana)

    assert case.clock.processor_aware_at is not None
    assert case.clock.processor_aware_at.by == desk.ana.actor.id


async def test_a_key_decides_nothing(desk: Desk) -> None:
    case = await desk.open()
    key = Actor(kind="api_key", id="key_1", role=Role.PRIVACY_OFFICER, request_id="r1")

    async with tenant_tx(desk.tenant.database, desk.tenant.id) as tx:
        with pytest.raises(Refused, match="person"):
            await decide(
                tx,
                desk.tenant.cipher,
                key,
                desk.officer.permissions,
                case_id=CaseId(case.id),
                ruling=Ruling(path="is_breach", value="yes", reason=WHY),
            )


async def test_a_decision_needs_a_reason(desk: Desk) -> None:
    case = await desk.open()

    with pytest.raises(Invalid) as fault:
        await desk.decide(case, "is_breach", "yes", reason="yes")

    assert fault.value.where == "reason"


async def test_a_fact_and_a_score_are_not_decided(desk: Desk) -> None:
    case = await desk.open()

    for path in ("data.records", "severity.level"):
        with pytest.raises(Conflict):
            await desk.decide(case, path, "1")


async def test_awareness_is_not_in_the_future(desk: Desk) -> None:
    case = await desk.open()
    later = (case.created_at + timedelta(hours=2)).isoformat()

    with pytest.raises(Invalid, match="future"):
        await desk.decide(case, "clock.controller_aware_at", later)


async def test_the_authority_is_left_out_only_where_a_risk_is_unlikely(desk: Desk) -> None:
    case = await desk.open()

    with pytest.raises(Conflict):
        await desk.decide(case, "risk.art33_decision", "no")
    await desk.decide(case, "risk.risk", "risk")
    with pytest.raises(Conflict):
        await desk.decide(case, "risk.art33_decision", "no")
    await desk.decide(case, "risk.risk", "unlikely")
    case = await desk.decide(case, "risk.art33_decision", "no")

    decided = case.risk.art33_decision
    assert decided is not None
    assert decided.value is not None
    assert (decided.value.notify, decided.value.reason, decided.value.by) == (False, WHY, desk.officer.actor.id)


async def test_at_a_high_risk_persons_are_left_out_only_by_an_exemption(desk: Desk) -> None:
    case = await desk.decide(await desk.open(), "risk.risk", "high")

    with pytest.raises(Conflict):
        await desk.decide(case, "risk.art34_decision", "no")
    case = await desk.decide(case, "risk.art34_decision", "no, a")

    assert case.risk.art34_decision is not None
    assert case.risk.art34_decision.value is not None
    assert case.risk.art34_decision.value.exemption == "a"
    assert case.decisions[-1].outcome == "do not tell (a)"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("risk.art33_decision", "perhaps"),
        ("risk.art33_decision", "no, a"),
        ("risk.art34_decision", "no, z"),
        ("risk.art34_decision", "yes, a"),
        ("risk.art34_decision", {"notify": "maybe"}),
        ("risk.risk", "severe"),
        ("is_breach", "perhaps"),
    ],
)
async def test_what_says_neither_yes_nor_no_is_refused(desk: Desk, path: str, value: object) -> None:
    case = await desk.open()

    with pytest.raises(Invalid) as fault:
        await desk.decide(case, path, value)

    assert fault.value.where == path


async def test_a_decision_taken_anew_leaves_the_first_on_record(desk: Desk) -> None:
    case = await desk.decide(await desk.open(), "is_breach", "yes")
    case = await desk.decide(case, "is_breach", "no", reason="The files were test data after all.")

    assert [(one.path, one.outcome) for one in case.decisions] == [("is_breach", "yes"), ("is_breach", "no")]
    assert case.is_breach is not None
    assert case.is_breach.value is False


async def _score(desk: Desk, case: BreachCase, *, level: str | None = None, reason: str = "") -> BreachCase:
    scores = Scores(
        dpc=(Processing(category="sensitive", score=4),),
        ei=(Identification(identifier="id_number", score=0.75),),
        cb=Circumstances(confidentiality=0.25, availability=0.25, malicious=True),
        level="medium" if level else None,
        level_reason=reason,
    )
    async with tenant_tx(desk.tenant.database, desk.tenant.id) as tx:
        return await assess_case(
            tx, desk.tenant.cipher, desk.ana.actor, desk.ana.permissions, case_id=CaseId(case.id), scores=scores
        )


async def test_the_severity_is_stored_with_its_reasoning_and_suggests_without_deciding(desk: Desk) -> None:
    case = await desk.state(await desk.open(), "subjects.count", "200-300")
    case = await _score(desk, case)

    suggested = suggest(case)

    severity = case.severity
    assert severity.se is not None
    assert severity.level is not None
    assert severity.flags is not None
    assert severity.reasons is not None
    assert (severity.se.value, severity.level.value) == (4.0, "very_high")
    assert severity.flags.value == ("more_than_100_persons",)
    assert len(severity.reasons.value or ()) == 6
    assert (suggested.notify_authority, suggested.tell_subjects) == (True, True)
    assert case.risk.art33_decision is None
    assert case.decisions[-1].kind == "severity"


async def test_another_level_needs_its_reason_and_keeps_the_computed_one(desk: Desk) -> None:
    case = await desk.open()

    with pytest.raises(Invalid):
        await _score(desk, case, level="medium")
    case = await _score(desk, case, level="medium", reason="All of it had been published before.")

    assert case.severity.level is not None
    assert case.severity.computed is not None
    assert case.severity.override is not None
    assert (case.severity.level.value, case.severity.computed.value) == ("medium", "very_high")


async def test_a_case_without_scores_suggests_nothing(desk: Desk) -> None:
    case = await desk.open()

    with pytest.raises(Conflict):
        suggest(case)


async def _approve(desk: Desk, case: BreachCase, role: ApprovalRole, *, by_officer: bool = False) -> BreachCase:
    who = desk.officer if by_officer else desk.lead
    async with tenant_tx(desk.tenant.database, desk.tenant.id) as tx:
        return await approve(
            tx,
            desk.tenant.cipher,
            who.actor,
            who.permissions,
            case_id=CaseId(case.id),
            role=role,
            decision="approved",
            reason="Read in full and compared.",
            seen=case.version,
        )


async def test_an_approval_is_of_a_version_and_ends_with_the_next_change(desk: Desk) -> None:
    case = await _approve(desk, await desk.open(), "soc_lead")
    case = await _approve(desk, case, "dpo_tenant", by_officer=True)

    assert stands(case, "soc_lead") is not None
    assert stands(case, "dpo_tenant") is not None
    assert stands(await desk.state(case, "data.records", "10"), "soc_lead") is None


async def test_nobody_speaks_in_a_role_that_is_not_theirs_or_twice(desk: Desk) -> None:
    case = await desk.open()

    with pytest.raises(Refused):
        await _approve(desk, case, "dpo_tenant")
    case = await _approve(desk, case, "soc_lead")
    with pytest.raises(Conflict):
        await _approve(desk, case, "soc_lead")


async def test_each_decision_is_in_the_audit_chain(desk: Desk) -> None:
    case = await desk.decide(await desk.open(), "is_breach", "yes")

    async with tenant_tx(desk.tenant.database, desk.tenant.id) as tx:
        actions = await tx.values(
            str, "select action from wf.audit_entries where tenant_id = $1 order by seq", tx.tenant_id
        )
        at = await store.now(tx)

    assert [action for action in actions if action.startswith("breach.")] == ["breach.open", "breach.decide.breach"]
    assert at.astimezone(UTC) >= case.updated_at
    assert isinstance(at, datetime)
