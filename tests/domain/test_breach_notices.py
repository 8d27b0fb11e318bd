"""Notices: frozen, hashed, compared with the one before, approved by who may, late only with reasons."""

import asyncio
import hashlib
import time
from datetime import timedelta
from typing import Final

import asyncpg
import msgspec
import pytest

from tests.domain.breach_cases import Desk, desk_of
from tests.domain.notice_office import HOUR, NoticeOffice, Superuser
from tests.domain.workplace import MakeEvent, MakeRule, MakeTenant, MakeWorker
from watchfloor.access.roles import Role
from watchfloor.breach.case import BreachCase
from watchfloor.breach.difference import diff
from watchfloor.breach.fields import facts_in
from watchfloor.breach.notices import keeping, sending
from watchfloor.breach.notices.notice import Notice
from watchfloor.kernel import ids
from watchfloor.kernel.db import Database, tenant_tx
from watchfloor.kernel.errors import Conflict, Invalid, NotFound, Refused

TABLES: Final = ("breach_notices", "breach_notice_steps", "breach_receipts", "breach_holds", "breach_warnings")
LETTER: Final = b"Eingangsbestaetigung zu Mira Holt"


@pytest.fixture
async def desk(make_tenant: MakeTenant, make_rule: MakeRule, make_event: MakeEvent, make_worker: MakeWorker) -> Desk:
    return await desk_of(make_tenant, make_rule, make_event, make_worker)


@pytest.fixture
async def office(desk: Desk, superuser: Superuser) -> NoticeOffice:
    return NoticeOffice(desk, await desk.open(), superuser)


async def test_a_draft_of_an_empty_case_is_made_and_says_by_name_what_it_lacks(office: NoticeOffice) -> None:
    drafted = await office.draft()

    lacking = {gap.path for gap in drafted.missing}
    assert drafted.notice.status == "draft"
    assert (drafted.notice.phase, drafted.notice.part, drafted.notice.follows) == ("initial", 0, None)
    assert {"nature.description", "data.categories", "risk.consequences"} <= lacking
    assert drafted.changes == ()


async def test_a_notice_holds_the_case_as_it_stood_under_its_hash(office: NoticeOffice) -> None:
    case = await office.desk.read(office.case)
    notice = (await office.draft()).notice

    document = await office.snapshot(notice)

    assert hashlib.sha256(document).hexdigest() == notice.sha256
    assert msgspec.json.decode(document, type=BreachCase) == case
    assert notice.case_version == case.version


async def test_what_was_drafted_stays_as_it_was_whatever_becomes_of_the_case(office: NoticeOffice) -> None:
    await office.breach_with_risk()
    notice = (await office.draft()).notice
    before = await office.snapshot(notice)

    await office.desk.state(office.case, "nature.description", "Quite another story.")
    sent = await office.send(await office.approve(notice))
    await office.desk.state(office.case, "nature.description", "And another one.")
    await office.acknowledge(sent)

    after = await office.read(notice)
    assert await office.snapshot(notice) == before
    assert (after.sha256, after.case_version, after.status) == (notice.sha256, notice.case_version, "acknowledged")


@pytest.mark.parametrize("table", TABLES)
async def test_no_login_role_has_a_right_to_change_or_delete_what_stands(superuser: Superuser, table: str) -> None:
    for role in ("wf_app", "wf_bot", "wf_report", "wf_auth"):
        for right in ("update", "delete", "truncate"):
            assert not await superuser.fetchval("select has_table_privilege($1, $2, $3)", role, f"wf.{table}", right)
        assert not await superuser.fetchval("select has_any_column_privilege($1, $2, 'update')", role, f"wf.{table}")


async def test_the_program_itself_cannot_write_over_a_notice(office: NoticeOffice, db_app: Database) -> None:
    notice = (await office.draft()).notice

    for change in ("update wf.breach_notices set snapshot = 'x'", "delete from wf.breach_notices"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with tenant_tx(db_app, office.desk.tenant.id) as tx:
                await tx.execute(change)

    assert await office.read(notice) == notice


async def test_a_version_that_somebody_changed_beneath_us_is_not_given_out(
    office: NoticeOffice, superuser: Superuser
) -> None:
    notice = (await office.draft()).notice
    await superuser.execute("update wf.breach_notices set sha256 = sha256('another') where id = $1", notice.id)

    with pytest.raises(Exception, match="not the one that was frozen"):
        await office.snapshot(notice)


async def test_each_step_stands_in_the_audit_chain_with_the_hash_of_the_version(
    office: NoticeOffice, superuser: Superuser
) -> None:
    await office.breach_with_risk()
    notice = await office.acknowledge(await office.out())

    rows = await superuser.fetch(
        "select e.action, e.id, e.after_hash, d.sealed from wf.audit_entries e join wf.audit_details d"
        " on d.tenant_id = e.tenant_id and d.seq = e.seq where e.object_id = $1 order by e.seq",
        ids.show("ntc", notice.id),
    )

    assert [row["action"] for row in rows] == [
        f"breach.notice.{step}" for step in ("draft", "approved", "sent", "acknowledged")
    ]
    for row in rows:
        opened = office.desk.tenant.cipher.open_(row["sealed"], table="audit_details", column="sealed", row=row["id"])
        assert msgspec.json.decode(opened)["snapshot"] == notice.sha256
        assert row["after_hash"] is not None


async def test_the_phases_follow_each_other_and_each_says_what_has_changed_by_path(office: NoticeOffice) -> None:
    await office.breach_with_risk()
    first = await office.out()
    await office.desk.state(office.case, "data.records", "100-250", status="estimated", basis="counted files")
    second = await office.draft()
    await office.send(await office.approve(second.notice))
    await office.desk.state(office.case, "data.records", "214")
    third = await office.draft()
    last = await office.draft(phase="final")

    assert [(one.notice.phase, one.notice.part) for one in (second, third, last)] == [
        ("supplementary", 1),
        ("supplementary", 2),
        ("final", 0),
    ]
    assert (second.notice.follows, third.notice.follows) == (first.id, second.notice.id)
    assert [(change.path, change.way) for change in second.changes] == [("data.records", "added")]
    [changed] = [change for change in third.changes if change.path == "data.records"]
    assert changed.way == "changed"
    assert changed.before is not None
    assert (changed.before.status, changed.after.status if changed.after else None) == ("estimated", "known")


async def test_nothing_differs_between_a_case_and_itself_and_a_fact_taken_back_is_a_difference(desk: Desk) -> None:
    case = await desk.open()
    stated = await desk.state(case, "nature.vector", "A macro.")

    assert diff(stated, stated) == ()
    assert [(change.path, change.way) for change in diff(case, stated)] == [("nature.vector", "added")]
    assert [(change.path, change.way) for change in diff(stated, case)] == [("nature.vector", "taken_back")]


async def test_that_somebody_says_the_same_again_is_no_difference(desk: Desk) -> None:
    case = await desk.open()
    once = await desk.state(case, "nature.vector", "A macro.")
    again = await desk.state(case, "nature.vector", "A macro.", by=desk.lead)

    assert diff(once, again) == ()


async def test_only_the_customers_privacy_officer_approves_what_the_controller_owes(office: NoticeOffice) -> None:
    await office.breach_with_risk()
    notice = (await office.draft()).notice

    for who in (office.desk.ana, office.desk.lead, office.desk.admin):
        with pytest.raises(Refused):
            await office.approve(notice, by=who)
    approved = await office.approve(notice)

    assert (approved.status, approved.approved_by) == ("approved", office.desk.officer.actor.id)


async def test_only_a_lead_approves_what_the_mssp_owes(office: NoticeOffice) -> None:
    notice = (await office.draft("gdpr-controller")).notice

    for who in (office.desk.ana, office.desk.officer, office.desk.admin):
        with pytest.raises(Refused):
            await office.approve(notice, by=who)

    assert (await office.approve(notice, by=office.desk.lead)).status == "approved"


async def test_an_api_key_approves_and_sends_nothing(office: NoticeOffice) -> None:
    await office.breach_with_risk()
    notice = (await office.draft()).notice
    officer = office.desk.officer
    key = msgspec.structs.replace(officer.actor, kind="api_key")
    program = type(officer)(officer.person_id, key, officer.permissions)

    with pytest.raises(Refused, match="A person"):
        await office.approve(notice, by=program)
    approved = await office.approve(notice)
    with pytest.raises(Refused, match="A person"):
        await office.send(approved, by=program)


async def test_what_is_approved_is_the_version_that_was_looked_at(office: NoticeOffice) -> None:
    await office.breach_with_risk()
    notice = (await office.draft()).notice

    with pytest.raises(Conflict, match="not the version"):
        await office.approve(notice, sha256="0" * 64)
    with pytest.raises(Conflict, match=r"lacks: .*nature\.description"):
        await office.approve(notice, knows_gaps=False)

    approved = await office.approve(notice)
    assert "lacks" in (approved.approval_reason or "")


async def test_a_notice_to_the_authority_needs_the_decision_that_it_is_told(office: NoticeOffice) -> None:
    notice = (await office.draft()).notice

    with pytest.raises(Conflict, match="Nobody has decided"):
        await office.approve(notice)


async def test_only_an_approved_notice_can_have_been_sent(office: NoticeOffice) -> None:
    await office.breach_with_risk()
    notice = (await office.draft()).notice

    with pytest.raises(Conflict, match="is draft"):
        await office.send(notice)
    approved = await office.approve(notice)
    with pytest.raises(Invalid, match="future"):
        await office.send(approved, at=await office.now() + HOUR)
    with pytest.raises(Invalid, match="lies before"):
        await office.send(approved, at=await office.now() - HOUR)
    sent = await office.send(approved)

    with pytest.raises(Conflict):
        await office.send(sent)


async def test_a_late_notice_is_not_sent_without_the_reasons_for_the_delay(office: NoticeOffice) -> None:
    await office.breach_with_risk(aware=80 * HOUR)
    approved = await office.approve((await office.draft()).notice)

    with pytest.raises(Invalid, match="late by 8 h") as refused:
        await office.send(approved)
    assert refused.value.where == "delay_reasons"
    assert (await office.read(approved)).status == "approved"

    sent = await office.send(approved, reasons="The extent was not clear before the logs were read.")
    case = await office.desk.read(office.case)
    assert sent.delay_reasons is not None
    assert case.clock.delay_reasons is not None
    assert not (await office.deadline("gdpr-authority", "initial")).needs_reasons


async def test_reasons_that_stand_in_the_frozen_version_are_enough(office: NoticeOffice) -> None:
    await office.breach_with_risk(aware=80 * HOUR)
    await office.desk.state(office.case, "clock.delay_reasons", "The extent was not clear.")

    sent = await office.out()

    assert sent.delay_reasons == "The extent was not clear."


async def test_the_first_notice_moves_the_case_and_the_receipt_stops_the_clock(office: NoticeOffice) -> None:
    await office.breach_with_risk()
    assert (await office.desk.read(office.case)).status == "authority_due"

    sent = await office.out()
    assert (await office.desk.read(office.case)).status == "authority_initial"
    assert (await office.deadline("gdpr-authority", "initial")).state == "sent"

    await office.acknowledge(sent, reference="LDA-4711")
    case = await office.desk.read(office.case)
    assert (await office.deadline("gdpr-authority", "initial")).state == "met"
    assert case.others.earlier_reference is not None
    assert case.others.earlier_reference.value == "LDA-4711"
    assert [cite.kind for cite in case.others.earlier_reference.citations] == ["person", "document"]


async def test_the_processors_notice_meets_law_and_contract_and_says_that_the_controller_was_told(
    office: NoticeOffice,
) -> None:
    aware = (await office.now() - HOUR).isoformat()
    await office.desk.decide(office.case, "clock.processor_aware_at", aware, by=office.desk.lead)
    await office.desk.decide(office.case, "is_breach", "yes")

    await office.acknowledge(await office.out("gdpr-controller"))

    case = await office.desk.read(office.case)
    assert (await office.deadline("gdpr-controller", "notice")).state == "met"
    assert (await office.deadline("contract-controller", "notice")).state == "met"
    assert (case.status, case.clock.controller_aware_at) == ("notified_controller", None)


async def test_a_later_draft_takes_the_place_of_the_earlier_one(office: NoticeOffice) -> None:
    await office.breach_with_risk()
    first = (await office.draft()).notice
    second = (await office.draft()).notice

    assert (await office.read(first)).status == "withdrawn"
    with pytest.raises(Conflict, match="withdrawn"):
        await office.approve(first)

    await office.approve(second)
    with pytest.raises(Conflict, match="waits to be sent"):
        await office.draft()


async def test_a_notice_that_is_out_is_taken_back_by_another_notice_alone(office: NoticeOffice) -> None:
    await office.breach_with_risk()
    sent = await office.out()

    with pytest.raises(Conflict, match="is out"):
        await office.withdraw(sent)
    withdrawal = await office.out(phase="withdrawal")

    assert (await office.read(sent)).status == "withdrawn"
    assert (withdrawal.phase, withdrawal.status) == ("withdrawal", "sent")
    assert (await office.deadline("gdpr-authority", "initial")).state == "running"


async def test_an_approved_notice_is_withdrawn_only_by_who_may_approve_it(office: NoticeOffice) -> None:
    await office.breach_with_risk()
    approved = await office.approve((await office.draft()).notice)

    with pytest.raises(Refused):
        await office.withdraw(approved, by=office.desk.lead)

    assert (await office.withdraw(approved)).status == "withdrawn"


async def test_a_phase_that_follows_nothing_is_refused(office: NoticeOffice) -> None:
    with pytest.raises(Conflict, match="Nothing went out"):
        await office.draft(phase="supplementary")
    await office.breach_with_risk()
    await office.out()
    with pytest.raises(Conflict, match="first notice is out"):
        await office.draft(stage="initial", phase="initial")
    with pytest.raises(NotFound, match="no stage"):
        await office.draft(stage="nothing")
    with pytest.raises(NotFound, match="no regime"):
        await office.draft("nothing")


async def test_the_recipient_is_the_authority_of_the_case_and_the_language_its_forms(office: NoticeOffice) -> None:
    await office.desk.state(office.case, "cross_border.authority", "DE-BY1")

    notice = (await office.draft()).notice
    other = (await office.draft(recipient="FR")).notice

    assert (notice.recipient, notice.language, notice.kind) == ("DE-BY1", "de", "breach_notification")
    assert (other.recipient, other.language) == ("FR", "fr")
    with pytest.raises(Invalid, match="no such authority"):
        await office.draft(recipient="XX")


@pytest.mark.parametrize(
    ("regime", "stage", "kind", "recipient"),
    [
        ("nis2", "early_warning", "nis2", "csirt"),
        ("nis2", "recipients", "other", "service_recipients"),
        ("dora", "initial_notification", "dora", "financial_supervisor"),
        ("dora", "major_incident_reclassified_as_non-major", "dora", "financial_supervisor"),
        ("gdpr-subjects", "communication", "subject_letter", "data_subjects"),
        ("sec-8k", "filing", "other", "securities_regulator"),
    ],
)
async def test_each_duty_has_its_document(
    office: NoticeOffice, regime: str, stage: str, kind: str, recipient: str
) -> None:
    drafted = await office.draft(regime, stage=stage)

    assert (drafted.notice.kind, drafted.notice.recipient, drafted.notice.phase) == (kind, recipient, "initial")
    assert bool(drafted.missing) == (kind != "other")


async def test_a_receipt_is_kept_sealed_and_comes_back_as_it_was(office: NoticeOffice, superuser: Superuser) -> None:
    await office.breach_with_risk()
    sent = await office.out()
    who, tenant = office.desk.officer, office.desk.tenant

    async with tenant_tx(tenant.database, tenant.id) as tx:
        kept = await sending.receive(
            tx,
            tenant.cipher,
            who.actor,
            who.permissions,
            case_id=office.case_id,
            notice_id=sent.id,
            name="../mira\u202e.pdf",
            content=LETTER,
        )
        [receipt] = kept.receipts
        content = await keeping.receipt_content(tx, tenant.cipher, kept, receipt)

    assert content == LETTER
    assert receipt.sha256 == hashlib.sha256(LETTER).hexdigest()
    assert "\u202e" not in receipt.name
    stored = await superuser.fetchrow("select content, name from wf.breach_receipts")
    assert stored is not None
    assert b"Mira" not in stored["content"] + stored["name"]


async def test_a_notice_of_another_customer_does_not_exist(
    office: NoticeOffice,
    make_tenant: MakeTenant,
    make_rule: MakeRule,
    make_event: MakeEvent,
    make_worker: MakeWorker,
) -> None:
    notice = (await office.draft()).notice
    desk = await desk_of(make_tenant, make_rule, make_event, make_worker, code="BOLT")
    bolt = NoticeOffice(desk, await desk.open(), office.superuser)

    with pytest.raises(NotFound):
        await bolt.read(notice)
    with pytest.raises(NotFound):
        await bolt.approve(notice)


async def test_of_two_who_approve_at_once_one_does(office: NoticeOffice) -> None:
    await office.breach_with_risk()
    notice = (await office.draft()).notice

    outcomes = await asyncio.gather(office.approve(notice), office.approve(notice), return_exceptions=True)

    assert sorted(type(outcome).__name__ for outcome in outcomes) == sorted([Notice.__name__, Conflict.__name__])


async def test_from_the_decision_to_a_complete_draft_takes_far_less_than_ten_seconds(office: NoticeOffice) -> None:
    await office.breach_with_risk()

    began = time.perf_counter()
    drafted = await office.draft()
    took = time.perf_counter() - began

    assert drafted.missing != ()
    assert took < timedelta(seconds=2).total_seconds()


async def test_every_fact_in_a_notice_has_a_citation(office: NoticeOffice) -> None:
    await office.breach_with_risk()
    case = msgspec.json.decode(await office.snapshot((await office.draft()).notice), type=BreachCase)

    found = dict(facts_in(case))

    assert len(found) > 10
    assert [path for path, fact in found.items() if not fact.citations] == []


async def test_roles_of_notices_are_as_the_policy_says(make_worker: MakeWorker) -> None:
    may = {role: {p for p in make_worker(role).permissions if p.startswith("breach.")} for role in Role}

    assert {role for role, given in may.items() if "breach.decide" in given} == {Role.PRIVACY_OFFICER}
    assert {role for role, given in may.items() if "breach.notify" in given} == {Role.LEAD}
    assert may[Role.VIEWER] == may[Role.APPROVER] == set()
