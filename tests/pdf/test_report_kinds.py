"""Each kind of report is made by the job that makes them all: from a request, on real records, to a signed file."""

from datetime import date
from io import BytesIO
from typing import Final

import pytest
from pypdf import PdfReader

from reports.documents.table import DOCUMENTS
from reports.handover import decode
from tests.domain import workplace
from tests.domain.workplace import MakeWorker
from tests.pdf import test_report_job as making
from tests.pdf.test_report_job import Office
from watchfloor.access.roles import Role as Position
from watchfloor.breach.notices.drafting import Wanted, draft
from watchfloor.breach.opening import Opening, open_case
from watchfloor.kernel.db import tenant_tx
from watchfloor.kernel.ids import CaseId, IncidentId, NoticeId, new_uuid
from watchfloor.reporting.request import request
from watchfloor.reporting.subject import KINDS, Kind, Subject

acme = workplace.acme
count = workplace.count
make_event = workplace.make_event
make_rule = workplace.make_rule
make_tenant = workplace.make_tenant
make_worker = workplace.make_worker
resources = making.resources
office = making.office
incident = making.incident

FIRST: Final = date(2026, 3, 1)
AFTER: Final = date(2026, 4, 1)
WHY: Final = "Files with customers' data were copied by somebody outside."
OPERATOR: Final = (
    "insert into auth.tenants (id, slug, code, name, kind, state)"
    " values ($1, 'nordwacht', 'MSSP', 'Nordwacht GmbH', 'operator', 'active')"
)
REGIMES: Final[dict[Kind, str]] = {
    "breach_notice": "gdpr-controller",
    "breach_notification": "gdpr-authority",
    "subject_letter": "gdpr-subjects",
    "nis2": "nis2",
    "dora": "dora",
}


async def _case(office: Office, incident: IncidentId, lead: workplace.Worker, regime: str) -> tuple[CaseId, NoticeId]:
    async with tenant_tx(office.tenant.database, office.tenant.id) as tx:
        cipher = office.tenant.cipher
        opening = Opening(incident_ids=(incident,), reason=WHY, country="DE", processor="Nordwacht GmbH")
        case = await open_case(tx, cipher, lead.actor, lead.permissions, opening)
        case_id = CaseId(case.id)
        wanted = Wanted(regime=regime, language="de")
        made = await draft(tx, cipher, lead.actor, lead.permissions, case_id=case_id, wanted=wanted)
    return case_id, made.notice.id


def test_every_kind_that_can_be_asked_for_has_a_document() -> None:
    assert set(KINDS) == set(DOCUMENTS)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "incident"])
async def test_the_job_makes_it_and_its_data_are_its_own(
    kind: Kind, office: Office, incident: IncidentId, make_worker: MakeWorker
) -> None:
    lead = make_worker(Position.LEAD)
    await office.superuser.execute(OPERATOR, new_uuid())
    case_id, notice_id = await _case(office, incident, lead, REGIMES.get(kind, "gdpr-controller"))
    is_of_period = kind in {"service", "controls", "breach_register", "assurance"}
    subject = Subject(
        kind=kind,
        case_id=None if is_of_period else case_id,
        notice_id=notice_id if kind in REGIMES else None,
        period_from=FIRST if is_of_period else None,
        period_to=AFTER if is_of_period else None,
        framework="nis2-art21" if kind == "controls" else None,
    )
    async with tenant_tx(office.tenant.database, office.tenant.id) as tx:
        asked = await request(tx, lead.actor, subject, language="de")
    await office.work()
    row = await office.row(asked.report_id)
    assert (row.state, row.error) == ("ready", None)
    [data] = PdfReader(BytesIO(await office.file(asked.report_id))).attachments[f"{kind}.json"]
    assert isinstance(decode(data), DOCUMENTS[kind].facts)
