"""The documents of a real case: drafted by hands, read as the report's own role, and drawn from the frozen version."""

from datetime import UTC, datetime, timedelta
from typing import Final, Protocol
from uuid import UUID

import pytest

from reports.collecting import collect
from reports.documents.breach_notice.facts import BreachNoticeReport
from reports.documents.breach_notification.facts import BreachNotificationReport
from reports.facts import Provider, ReportFacts
from reports.handover import decode, encode
from reports.letterhead import Desk as Handing
from reports.queries import RequestRow
from reports.sandbox import render_in_sandbox
from tests.domain import workplace
from tests.domain.breach_cases import Desk, desk_of
from tests.domain.workplace import MakeEvent, MakeRule, MakeTenant, MakeWorker, Worker
from watchfloor.breach.case import BreachCase
from watchfloor.breach.notices import drafting, sending
from watchfloor.breach.notices.drafting import Wanted
from watchfloor.breach.notices.notice import Notice
from watchfloor.kernel.db import Database, tenant_tx
from watchfloor.kernel.errors import NotFound
from watchfloor.kernel.ids import CaseId, new_uuid
from watchfloor.reporting.subject import Kind

make_event = workplace.make_event
make_rule = workplace.make_rule
make_tenant = workplace.make_tenant
make_worker = workplace.make_worker

WHY: Final = "Read, and complete as far as it is known today."


@pytest.fixture
async def desk(make_tenant: MakeTenant, make_rule: MakeRule, make_event: MakeEvent, make_worker: MakeWorker) -> Desk:
    return await desk_of(make_tenant, make_rule, make_event, make_worker)


async def drafted(desk: Desk, case: BreachCase, regime: str, by: Worker) -> Notice:
    async with tenant_tx(desk.tenant.database, desk.tenant.id) as tx:
        made = await drafting.draft(
            tx,
            desk.tenant.cipher,
            by.actor,
            by.permissions,
            case_id=CaseId(case.id),
            wanted=Wanted(regime=regime),
        )
    return made.notice


async def sent(desk: Desk, notice: Notice, by: Worker, at: datetime) -> None:
    tenant = desk.tenant
    async with tenant_tx(tenant.database, tenant.id) as tx:
        await sending.approve(
            tx,
            tenant.cipher,
            by.actor,
            by.permissions,
            case_id=notice.case_id,
            notice_id=notice.id,
            sha256=notice.sha256,
            reason=WHY,
            knows_gaps=True,
        )
    async with tenant_tx(tenant.database, tenant.id) as tx:
        await sending.send(
            tx,
            tenant.cipher,
            by.actor,
            by.permissions,
            case_id=notice.case_id,
            notice_id=notice.id,
            sent=sending.Sent(submitted_at=at, channel="portal"),
        )


class Collected(Protocol):
    """Reads the facts of a document."""

    async def __call__(self, kind: Kind, notice: Notice, *, case_id: UUID | None = None) -> ReportFacts: ...


@pytest.fixture
def collected(desk: Desk, db_report: Database, db_auth: Database) -> Collected:
    """The facts of a document of a notice, read as the report's own role."""

    async def read(kind: Kind, notice: Notice, *, case_id: UUID | None = None) -> ReportFacts:
        return await _collected(desk, kind, notice, (db_report, db_auth), case_id=case_id)

    return read


async def _collected(
    desk: Desk, kind: Kind, notice: Notice, databases: tuple[Database, Database], *, case_id: UUID | None
) -> ReportFacts:
    request = RequestRow(
        id=new_uuid(),
        kind=kind,
        incident_id=None,
        case_id=case_id or notice.case_id,
        notice_id=notice.id,
        period_from=None,
        period_to=None,
        framework=None,
        language="de",
        state="queued",
        created_at=datetime.now(UTC),
    )
    handing = Handing(provider=Provider(name="Nordwacht", contact="watch@nordwacht.example"), directory=databases[1])
    async with tenant_tx(databases[0], desk.tenant.id) as tx:
        return await collect(tx, desk.tenant.cipher, request, desk=handing)


async def test_the_notice_to_the_controller_says_what_was_frozen_and_nothing_later(
    desk: Desk, collected: Collected
) -> None:
    case = await desk.open()
    case = await desk.decide(case, "clock.processor_aware_at", case.created_at.isoformat(), by=desk.ana)
    case = await desk.state(case, "nature.types", ["confidentiality"])
    notice = await drafted(desk, case, "gdpr-controller", desk.ana)
    await desk.state(case, "nature.vector", "said after the draft", by=desk.ana)
    report = await collected("breach_notice", notice)
    assert isinstance(report, BreachNoticeReport)
    assert report.case.version == case.version == report.notice.case_version
    assert "said after the draft" not in encode(report).decode()
    assert report.notice.snapshot_sha256 == notice.sha256
    assert report.proposal is not None
    assert report.proposal.due - report.proposal.start == timedelta(hours=72)
    assert "measures.proposed" not in {lack.path for lack in report.missing}
    assert {"data.categories", "subjects.categories", "measures.taken"} <= {lack.path for lack in report.missing}
    assert "mira" not in encode(report).decode()
    assert decode(encode(report)) == report
    assert (await render_in_sandbox(report)).pages in range(4, 7)


async def test_a_second_notice_is_compared_with_the_first_and_the_first_stops_the_clock(
    desk: Desk, collected: Collected
) -> None:
    case = await desk.open()
    case = await desk.decide(case, "clock.processor_aware_at", case.created_at.isoformat(), by=desk.ana)
    first = await drafted(desk, case, "gdpr-controller", desk.ana)
    await sent(desk, first, desk.lead, datetime.now(UTC))
    case = await desk.state(case, "data.records", "120-150", status="estimated", basis="Counted from a list.")
    second = await drafted(desk, case, "gdpr-controller", desk.ana)
    report = await collected("breach_notice", second)
    assert isinstance(report, BreachNoticeReport)
    assert report.earlier is not None
    assert report.earlier.sha256 == first.sha256
    assert "data.records" in {change.path for change in report.changes}
    sent_for = {deadline.regime for deadline in report.deadlines if deadline.submitted_at is not None}
    assert {"gdpr-controller", "contract-controller"} <= sent_for


async def test_the_draft_to_the_authority_has_the_form_of_the_authority_that_the_case_names(
    desk: Desk, collected: Collected
) -> None:
    case = await desk.open()
    case = await desk.decide(case, "clock.controller_aware_at", case.created_at.isoformat())
    case = await desk.state(case, "cross_border.authority", "DE-NI")
    notice = await drafted(desk, case, "gdpr-authority", desk.officer)
    report = await collected("breach_notification", notice)
    assert isinstance(report, BreachNotificationReport)
    assert report.form.authority == "DE-NI"
    assert report.authority is not None
    assert report.authority.code == "DE-NI"
    assert report.form.language == "de"
    assert "risk.risk" in {lack.path for lack in report.missing}
    assert (await render_in_sandbox(report)).pages in range(4, 9)


async def test_a_notice_of_another_case_is_not_found(desk: Desk, collected: Collected) -> None:
    case = await desk.open()
    notice = await drafted(desk, case, "gdpr-controller", desk.ana)
    with pytest.raises(NotFound):
        await collected("breach_notice", notice, case_id=new_uuid())
