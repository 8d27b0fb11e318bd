"""The states of a breach case: the whole table, what each needs, and what follows by itself."""

from datetime import datetime, timedelta
from itertools import product
from typing import Final, get_args

import msgspec
import pytest

from tests.domain.breach_cases import WHY, Desk, desk_of
from tests.domain.workplace import NOON, MakeEvent, MakeRule, MakeTenant, MakeWorker
from watchfloor.breach.case import BreachCase, CaseStatus, TellingStatus
from watchfloor.breach.clocks import deadlines_of, facts_of
from watchfloor.breach.status import MOVES, OPEN_ENDS, TELLING_MOVES, move, objection
from watchfloor.kernel.db import tenant_tx
from watchfloor.kernel.errors import Conflict
from watchfloor.kernel.ids import CaseId

STATES: Final[tuple[CaseStatus, ...]] = get_args(CaseStatus)

ALLOWED: Final = {
    ("suspected", "assessing"),
    ("assessing", "not_a_breach"),
    ("assessing", "breach"),
    ("not_a_breach", "assessing"),
    ("not_a_breach", "closed"),
    ("breach", "assessing"),
    ("breach", "notified_controller"),
    ("notified_controller", "assessing"),
    ("notified_controller", "register_only"),
    ("notified_controller", "authority_due"),
    ("register_only", "assessing"),
    ("register_only", "authority_due"),
    ("register_only", "closed"),
    ("authority_due", "register_only"),
    ("authority_due", "authority_initial"),
    ("authority_initial", "supplementary"),
    ("authority_initial", "authority_final"),
    ("supplementary", "supplementary"),
    ("supplementary", "authority_final"),
    ("authority_final", "supplementary"),
    ("authority_final", "closed"),
    ("closed", "assessing"),
}


class Paper(msgspec.Struct, frozen=True, kw_only=True):
    """A notice, as far as clocks look at it."""

    regime: str
    stage: str
    status: str = "sent"
    submitted_at: datetime | None = None
    received_at: datetime | None = None
    delay_reasons: str | None = None


@pytest.fixture
async def desk(make_tenant: MakeTenant, make_rule: MakeRule, make_event: MakeEvent, make_worker: MakeWorker) -> Desk:
    return await desk_of(make_tenant, make_rule, make_event, make_worker)


async def _move(desk: Desk, case: BreachCase, to: CaseStatus) -> BreachCase:
    async with tenant_tx(desk.tenant.database, desk.tenant.id) as tx:
        return await move(
            tx, desk.tenant.cipher, desk.ana.actor, desk.ana.permissions, case_id=CaseId(case.id), to=to, reason=WHY
        )


def test_the_table_has_every_state_and_the_moves_that_are_meant() -> None:
    assert set(MOVES) == set(STATES)
    assert set(TELLING_MOVES) == set(get_args(TellingStatus))
    assert {(start, to) for start, ends in MOVES.items() for to in ends} == ALLOWED
    assert set(STATES) >= OPEN_ENDS


async def test_no_state_is_left_by_a_move_that_the_table_has_not(desk: Desk) -> None:
    case = await desk.open()

    refused = {
        (start, to)
        for start, to in product(STATES, STATES)
        if (objection(msgspec.structs.replace(case, status=start), to) or "").startswith("A case that is")
    }

    assert refused == set(product(STATES, STATES)) - ALLOWED


async def test_each_guarded_state_says_what_it_needs(desk: Desk) -> None:
    case = await desk.open()

    def words(start: CaseStatus, to: CaseStatus) -> str:
        return objection(msgspec.structs.replace(case, status=start), to) or ""

    assert "Nobody has decided that it is a breach" in words("assessing", "breach")
    assert "Nobody has decided that it is no breach" in words("assessing", "not_a_breach")
    assert "controller_notified_at" in words("breach", "notified_controller")
    assert "not told" in words("notified_controller", "register_only")
    assert "is told" in words("notified_controller", "authority_due")
    assert "art34_decision" in words("authority_final", "closed")
    assert words("not_a_breach", "closed") == ""


async def test_decisions_and_facts_carry_a_case_from_suspicion_to_its_end(desk: Desk) -> None:
    case = await desk.open()
    case = await _move(desk, case, "assessing")
    case = await desk.decide(case, "is_breach", "yes")
    assert case.status == "breach"
    case = await desk.state(case, "clock.controller_notified_at", "2026-03-02T14:00:00+00:00")
    assert case.status == "notified_controller"
    case = await desk.decide(case, "risk.art33_decision", "yes")
    assert (case.status, case.telling) == ("authority_due", "undecided")
    case = await desk.decide(case, "risk.art34_decision", "yes")
    assert case.telling == "subjects_due"
    case = await _move(desk, case, "authority_initial")
    case = await _move(desk, case, "supplementary")
    case = await _move(desk, case, "supplementary")
    case = await _move(desk, case, "authority_final")
    with pytest.raises(Conflict, match="still to be told"):
        await _move(desk, case, "closed")
    case = await desk.state(case, "subject_comm.sent_at", "2026-03-04T14:00:00+00:00")
    assert case.telling == "subjects_done"
    case = await _move(desk, case, "closed")

    moved = [entry.path for entry in await desk.log(case) if entry.kind == "moved"]
    assert case.status == "closed"
    assert moved.count("telling") == 2
    assert moved.count("status") == 9


async def test_a_case_that_is_no_breach_ends_without_further_decisions(desk: Desk) -> None:
    case = await desk.decide(await desk.open(), "is_breach", "no")

    assert case.status == "not_a_breach"
    assert (await _move(desk, case, "closed")).status == "closed"


async def test_a_controller_that_changes_its_mind_moves_the_case(desk: Desk) -> None:
    case = await desk.decide(await desk.open(), "is_breach", "yes")
    case = await desk.state(case, "clock.controller_notified_at", "2026-03-02T14:00:00+00:00")
    case = await desk.decide(case, "risk.risk", "unlikely")
    case = await desk.decide(case, "risk.art33_decision", "no")
    assert case.status == "register_only"

    case = await desk.decide(case, "risk.art33_decision", "yes")

    assert case.status == "authority_due"


async def test_no_clock_runs_before_a_person_says_that_somebody_is_aware(desk: Desk) -> None:
    case = await desk.state(await desk.open(), "clock.controller_notified_at", "2026-03-02T14:00:00+00:00")

    found = deadlines_of(case, (), case.created_at)

    assert facts_of(case, ()).moments == {}
    assert {one.regime for one in found} == {
        "gdpr-controller",
        "gdpr-authority",
        "gdpr-subjects",
        "contract-controller",
    }
    assert all(one.started_at is None and one.due_at is None for one in found)


async def test_the_clocks_run_from_the_entered_moments_and_stop_with_the_notices(desk: Desk) -> None:
    case = await desk.decide(await desk.open(), "clock.controller_aware_at", NOON.isoformat())
    case = await desk.decide(case, "risk.risk", "high")
    case = await desk.decide(case, "is_breach", "yes")
    case = await desk.decide(case, "other_regimes.nis2.applicable", "yes")
    at = NOON + timedelta(hours=80)

    def initial(*papers: Paper) -> tuple[str, timedelta | None]:
        found = {(one.regime, one.stage): one for one in deadlines_of(case, papers, at)}
        assert ("nis2", "early_warning") in found
        assert found[("gdpr-subjects", "communication")].started_at == case.risk.risk.at if case.risk.risk else None
        one = found[("gdpr-authority", "initial")]
        assert one.due_at == NOON + timedelta(hours=72)
        return one.state, one.late_by

    sent = Paper(
        regime="gdpr-authority",
        stage="initial",
        submitted_at=NOON + timedelta(hours=70),
        received_at=NOON + timedelta(hours=71),
    )
    withdrawn = msgspec.structs.replace(sent, status="withdrawn")
    assert initial() == ("missed", timedelta(hours=8))
    assert initial(sent) == ("met", None)
    assert initial(withdrawn) == ("missed", timedelta(hours=8))
    assert initial(Paper(regime="gdpr-authority", stage="initial")) == ("missed", timedelta(hours=8))


async def test_a_regime_that_a_person_ruled_out_asks_for_nothing(desk: Desk) -> None:
    case = await desk.decide(await desk.open(), "clock.controller_aware_at", NOON.isoformat())
    case = await desk.decide(case, "other_regimes.gdpr-authority.applicable", "no")

    states = {one.state for one in deadlines_of(case, (), NOON) if one.regime == "gdpr-authority"}

    assert states == {"not_required"}


async def test_the_contracts_hours_are_the_cases_own(desk: Desk) -> None:
    case = await desk.decide(await desk.open(), "clock.processor_aware_at", NOON.isoformat(), by=desk.ana)
    case = await desk.state(case, "clock.contract_hours", "12")

    (notice,) = [one for one in deadlines_of(case, (), NOON) if one.regime == "contract-controller"]

    assert notice.due_at == NOON + timedelta(hours=12)
