"""The register has every case with its reasons; old cases go, held ones stay; a bundle holds all that was sent."""

import io
import json
import zipfile
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Final

import asyncpg
import pytest

from tests.domain.breach_cases import WHY, Desk, desk_of
from tests.domain.notice_office import HOUR, NoticeOffice, Superuser
from tests.domain.workplace import Count, MakeEvent, MakeRule, MakeTenant, MakeWorker, Worker
from watchfloor.breach import register
from watchfloor.breach.bundling.bundle import bundle
from watchfloor.breach.holding.hold import KEPT, forget_old, holds_of, kept_for, set_hold
from watchfloor.breach.register import RegisterRow
from watchfloor.breach.status import move
from watchfloor.kernel import ids
from watchfloor.kernel.db import tenant_tx
from watchfloor.kernel.errors import Conflict, Refused
from watchfloor.tenancy.files import TenantFiles

LONG: Final = KEPT + timedelta(days=1)


@pytest.fixture
async def desk(make_tenant: MakeTenant, make_rule: MakeRule, make_event: MakeEvent, make_worker: MakeWorker) -> Desk:
    return await desk_of(make_tenant, make_rule, make_event, make_worker)


@pytest.fixture
async def office(desk: Desk, superuser: Superuser) -> NoticeOffice:
    return NoticeOffice(desk, await desk.open(), superuser)


async def rows_of(desk: Desk) -> list[RegisterRow]:
    async with tenant_tx(desk.tenant.database, desk.tenant.id) as tx:
        return await register.rows(tx, desk.tenant.cipher)


async def close(office: NoticeOffice) -> None:
    """Ends the case as one that was no breach."""
    await office.desk.decide(office.case, "is_breach", "no", reason="The files were made up for a test.")


async def hold(office: NoticeOffice, *, is_held: bool, by: Worker) -> None:
    tenant = office.desk.tenant
    async with tenant_tx(tenant.database, tenant.id) as tx:
        await set_hold(tx, tenant.cipher, by.actor, by.permissions, case_id=office.case_id, is_held=is_held, reason=WHY)


async def forget(office: NoticeOffice) -> int:
    async with tenant_tx(office.desk.tenant.database, office.desk.tenant.id) as tx:
        return await forget_old(tx)


async def test_a_case_about_which_nobody_decided_stands_in_the_register_as_open(office: NoticeOffice) -> None:
    [row] = await rows_of(office.desk)

    assert (row.ref, row.is_breach.answer, row.authority.answer) == (office.case.ref, "undecided", "undecided")
    assert (row.authority.reason, row.filings, row.approved_by) == (None, (), None)


async def test_a_case_that_was_no_breach_stands_there_with_the_reason(office: NoticeOffice) -> None:
    await close(office)

    [row] = await rows_of(office.desk)

    assert (row.status, row.is_breach.answer) == ("not_a_breach", "no")
    assert row.is_breach.reason == "The files were made up for a test."
    assert row.is_breach.by == office.desk.officer.actor.id


async def test_a_breach_that_was_not_reported_stands_there_with_the_reason(office: NoticeOffice) -> None:
    desk, case = office.desk, office.case
    await desk.decide(case, "is_breach", "yes")
    await desk.decide(case, "risk.risk", "unlikely", reason="All data were encrypted, and the key is safe.")
    await desk.decide(case, "risk.art33_decision", "no", reason="No risk to persons is likely.")

    [row] = await rows_of(desk)

    assert (row.is_breach.answer, row.authority.answer) == ("yes", "no")
    assert (row.risk_reason, row.authority.reason) == (
        "All data were encrypted, and the key is safe.",
        "No risk to persons is likely.",
    )


async def test_a_reported_breach_says_when_under_which_reference_and_who_approved(office: NoticeOffice) -> None:
    await office.breach_with_risk(aware=80 * HOUR)
    await office.desk.state(office.case, "clock.delay_reasons", "The extent was not clear.")
    sent = await office.acknowledge(await office.out(), reference="LDA-4711")

    [row] = await rows_of(office.desk)

    [filing] = row.filings
    assert (filing.submitted_at, filing.reference) == (sent.submitted_at, "LDA-4711")
    assert filing.sha256 == sent.sha256
    assert row.delay_reasons == "The extent was not clear."
    assert row.approved_by == office.desk.officer.actor.id


async def test_the_register_of_a_time_has_the_cases_that_were_opened_in_it(office: NoticeOffice) -> None:
    today = datetime.now(UTC).date()
    tenant, week = office.desk.tenant, timedelta(days=7)
    async with tenant_tx(tenant.database, tenant.id) as tx:
        now = await register.rows(tx, tenant.cipher, first=today - week, until=today + week)
        before = await register.rows(tx, tenant.cipher, until=today - week)
        after = await register.rows(tx, tenant.cipher, first=today + week)

    assert ([row.ref for row in now], before, after) == ([office.case.ref], [], [])


async def test_a_closed_case_goes_after_five_years_with_all_that_belongs_to_it(
    office: NoticeOffice, count: Count
) -> None:
    await office.draft()
    await close(office)
    await office.let_pass(KEPT - timedelta(days=2))
    assert await forget(office) == 0

    await office.let_pass(timedelta(days=3))

    assert await forget(office) == 1
    tables = ("cases", "incidents", "entries", "notices", "notice_steps", "receipts", "warnings", "holds")
    assert [await count(f"wf.breach_{name}") for name in tables] == [0] * len(tables)
    assert await count("wf.incidents") == 1


async def test_a_case_that_is_worked_on_never_goes(office: NoticeOffice) -> None:
    await office.let_pass(LONG)

    assert await forget(office) == 0


async def test_a_held_case_stays_until_a_privacy_officer_lets_it_go(office: NoticeOffice) -> None:
    await close(office)
    await hold(office, is_held=True, by=office.desk.ana)
    await office.let_pass(LONG)
    assert await forget(office) == 0
    with pytest.raises(Conflict):
        await hold(office, is_held=True, by=office.desk.ana)
    for who in (office.desk.ana, office.desk.lead):
        with pytest.raises(Refused):
            await hold(office, is_held=False, by=who)

    await hold(office, is_held=False, by=office.desk.officer)

    tenant = office.desk.tenant
    async with tenant_tx(tenant.database, tenant.id) as tx:
        assert [one.is_held for one in await holds_of(tx, tenant.cipher, office.case_id)] == [True, False]
    assert await forget(office) == 1


async def test_the_customers_bundle_says_how_long_but_never_less_than_a_year(make_tenant: MakeTenant) -> None:
    kept: list[timedelta] = []
    for code, period in (("SIX", '"6y"'), ("DAY", '"30d"'), ("ANY", "null")):
        tenant = await make_tenant(code, bundle=f'{{"retention": {{"breaches": {period}}}}}')
        async with tenant_tx(tenant.database, tenant.id) as tx:
            kept.append(await kept_for(tx))

    assert kept == [timedelta(days=2191), timedelta(days=366), KEPT]


async def test_the_database_forgets_nothing_that_is_younger_than_a_year(office: NoticeOffice) -> None:
    tenant = office.desk.tenant
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with tenant_tx(tenant.database, tenant.id) as tx:
            await tx.value(int, "select wf.forget_breach_cases('1 day', 10)")


async def test_a_bundle_has_each_notice_byte_for_byte_and_the_audit_entries(
    office: NoticeOffice, tmp_path: Path
) -> None:
    await office.breach_with_risk()
    notice = await office.acknowledge(await office.out())
    tenant = office.desk.tenant
    files = TenantFiles(tmp_path, "reports")

    async with tenant_tx(tenant.database, tenant.id) as tx:
        first = await bundle(tx, tenant.cipher, files, office.case_id)
        again = await bundle(tx, tenant.cipher, files, office.case_id)

    archive = zipfile.ZipFile(io.BytesIO(first))
    manifest = json.loads(archive.read("manifest.json"))
    assert first == again
    assert manifest.keys() | {"manifest.json"} == set(archive.namelist())
    assert all(sha256(archive.read(name)).hexdigest() == digest for name, digest in manifest.items())
    assert manifest["notices/01-initial-initial/version.json"] == notice.sha256
    audit = json.loads(archive.read("audit.json"))
    assert {entry["object_id"] for entry in audit} == {
        ids.show("brc", office.case_id),
        ids.show("ntc", notice.id),
    }
    assert [entry["seq"] for entry in audit] == sorted(entry["seq"] for entry in audit)


async def test_a_case_closes_when_all_is_sent_and_decided(office: NoticeOffice) -> None:
    await office.breach_with_risk()
    await office.desk.decide(office.case, "risk.art34_decision", "no")
    await office.out()
    await office.out(phase="final")
    tenant, who = office.desk.tenant, office.desk.officer

    async with tenant_tx(tenant.database, tenant.id) as tx:
        closed = await move(
            tx, tenant.cipher, who.actor, who.permissions, case_id=office.case_id, to="closed", reason=WHY
        )

    assert closed.status == "closed"
