"""The demo's breach case: what its people say is taken, and leaves nothing that the first notices cannot go without."""

import msgspec
import pytest

from tests.domain.breach_cases import Desk, desk_of
from tests.domain.workplace import MakeEvent, MakeRule, MakeTenant, MakeWorker
from watchfloor.breach.entering import Stated, state
from watchfloor.breach.missing import form_of, missing
from watchfloor.breach.severity import Scores, assess_case
from watchfloor.breach.store import now
from watchfloor.kernel.db import tenant_tx
from watchfloor.kernel.ids import CaseId
from watchfloor.ops.demo.breach import RULINGS, SCORES, STATED, filled


@pytest.fixture
async def desk(make_tenant: MakeTenant, make_rule: MakeRule, make_event: MakeEvent, make_worker: MakeWorker) -> Desk:
    return await desk_of(make_tenant, make_rule, make_event, make_worker)


async def test_the_demos_case_lacks_nothing_for_the_processors_notice_and_the_authoritys_form(desk: Desk) -> None:
    case = await desk.open()
    async with tenant_tx(desk.tenant.database, desk.tenant.id) as tx:
        at = await now(tx)
        who, case_id = desk.ana, CaseId(case.id)
        facts = [msgspec.convert(filled(said, at), Stated) for said in STATED]
        await state(tx, desk.tenant.cipher, who.actor, who.permissions, case_id=case_id, facts=facts)
        scores = msgspec.convert(SCORES, Scores)
        await assess_case(tx, desk.tenant.cipher, who.actor, who.permissions, case_id=case_id, scores=scores)
    case = await desk.decide(case, "clock.processor_aware_at", at.isoformat(), by=desk.lead)
    for ruling in RULINGS:
        said = filled(ruling, at)
        case = await desk.decide(case, str(said["path"]), said["value"], reason=str(said["reason"]))
    assert case.status == "breach"
    assert missing(case, form_of(case, "breach_notice")) == ()
    form = form_of(case, "breach_notification")
    assert form.authority == "DE-NI"
    lacking = {gap.path for gap in missing(case, form)}
    assert lacking <= {"parties.controller.dpo"}  # the demo's own customer has one on record
