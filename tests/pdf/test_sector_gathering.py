"""The stages of NIS2 and DORA of a real case: drafted by hands, and read as the report's own role as frozen."""

from datetime import UTC, datetime
from io import BytesIO

import pytest
from pypdf import PdfReader

from reports.documents.dora.document import OPEN_NAME
from reports.documents.dora.facts import DoraReport
from reports.documents.nis2.facts import Nis2Report
from reports.handover import encode
from reports.sandbox import render_in_sandbox
from tests.domain import workplace
from tests.domain.breach_cases import Desk
from tests.pdf import test_breach_gathering as gathering
from tests.pdf.test_breach_gathering import Collected, drafted, sent
from watchfloor.breach.notices import drafting
from watchfloor.breach.notices.drafting import Wanted
from watchfloor.breach.sector.incident_report import incident_report
from watchfloor.breach.sector.own_duty import OWN_REGIME
from watchfloor.kernel.db import tenant_tx
from watchfloor.kernel.errors import NotFound
from watchfloor.kernel.ids import CaseId

make_event = workplace.make_event
make_rule = workplace.make_rule
make_tenant = workplace.make_tenant
make_worker = workplace.make_worker
desk = gathering.desk
collected = gathering.collected


async def test_a_notification_follows_the_early_warning_and_holds_what_was_frozen(
    desk: Desk, collected: Collected
) -> None:
    case = await desk.open()
    case = await desk.decide(case, "moments.entity_aware", case.created_at.isoformat())
    case = await desk.decide(case, "statements.significant", value=True)
    case = await desk.state(case, "nis2.malicious_suspected", value=True)
    warning = await drafted(desk, case, "nis2", desk.ana)
    assert (warning.stage, warning.kind) == ("early_warning", "nis2")
    await sent(desk, warning, desk.officer, datetime.now(UTC))
    case = await desk.state(case, "nis2.impact", "Dispatch stood still.")
    second = await drafted(desk, case, "nis2", desk.ana)
    await desk.state(case, "nis2.impact", "said after the draft")
    report = await collected("nis2", second)
    assert isinstance(report, Nis2Report)
    assert (report.notice.stage, report.form.stage) == ("notification", "notification")
    assert report.earlier is not None
    assert (report.earlier.stage, report.earlier.sha256) == ("early_warning", warning.sha256)
    assert "nis2.impact" in {change.path for change in report.changes}
    assert "nis2.malicious_suspected" not in {change.path for change in report.changes}
    assert "said after the draft" not in encode(report).decode()
    assert {one.stage: one.state for one in report.stages}["early_warning"] == "met"
    assert "nis2.first_severity" in {lack.path for lack in report.missing}


async def test_the_providers_own_duty_is_of_the_provider_and_misses_nothing_of_its_customer(
    desk: Desk, collected: Collected
) -> None:
    case = await desk.open()
    case = await desk.decide(case, "moments.provider_aware", case.created_at.isoformat(), by=desk.lead)
    notice = await drafted(desk, case, OWN_REGIME, desk.lead)
    report = await collected("nis2", notice)
    assert isinstance(report, Nis2Report)
    assert report.is_provider
    asked = {path for part in report.form.parts for row in part.rows for path in row.paths}
    assert "parties.processor.name" in asked
    assert not {path for path in asked if path.startswith("parties.controller")}
    assert report.finding.significant is None
    assert report.deadline is not None
    assert report.deadline.started_at == case.created_at


async def test_a_dora_report_names_what_its_data_lack_and_is_marked_as_incomplete(
    desk: Desk, collected: Collected
) -> None:
    case = await desk.open()
    case = await desk.decide(case, "moments.entity_aware", case.created_at.isoformat())
    notice = await drafted(desk, case, "dora", desk.ana)
    report = await collected("dora", notice)
    assert isinstance(report, DoraReport)
    assert report.notice.stage == "initial_notification"
    data = incident_report(report.case, report.notice.stage)
    assert not data.is_whole
    assert set(data.lacking) <= {lack.path for lack in report.missing}
    made = await render_in_sandbox(report)
    assert OPEN_NAME in PdfReader(BytesIO(made.pdf)).attachments
    assert report.finding.major is None


async def test_a_stage_that_only_the_form_knows_is_drafted_without_a_deadline(desk: Desk, collected: Collected) -> None:
    case = await desk.open()
    stage = "major_incident_reclassified_as_non-major"
    async with tenant_tx(desk.tenant.database, desk.tenant.id) as tx:
        made = await drafting.draft(
            tx,
            desk.tenant.cipher,
            desk.ana.actor,
            desk.ana.permissions,
            case_id=CaseId(case.id),
            wanted=Wanted(regime="dora", stage=stage),
        )
    report = await collected("dora", made.notice)
    assert isinstance(report, DoraReport)
    assert report.deadline is None
    assert report.form.stage == stage


async def test_a_notice_of_another_duty_is_no_stage_of_nis2(desk: Desk, collected: Collected) -> None:
    case = await desk.open()
    notice = await drafted(desk, case, "gdpr-controller", desk.ana)
    with pytest.raises(NotFound):
        await collected("nis2", notice)
