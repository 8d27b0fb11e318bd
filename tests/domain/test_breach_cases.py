"""Breach cases: opened by a person with facts that cite records, sealed, one customer's own, changed in the open."""

import time
from dataclasses import replace
from datetime import datetime
from typing import Final, cast
from zoneinfo import ZoneInfo

import asyncpg
import msgspec
import pytest

from tests.domain.breach_cases import WHY, Desk, desk_of
from tests.domain.workplace import Count, MakeEvent, MakeRule, MakeTenant, MakeWorker, Tenant
from watchfloor.access.roles import PERMISSIONS_OF, Permission, Role
from watchfloor.audit.append import Actor
from watchfloor.breach import entering, opening, store
from watchfloor.breach.fields import facts_in
from watchfloor.breach.known import SYSTEM, Known, Range
from watchfloor.breach.opening import Opening, open_case
from watchfloor.breach.records import ContactEntry, Evidence
from watchfloor.kernel.db import Database, tenant_tx
from watchfloor.kernel.errors import Conflict, Invalid, NotFound, Refused
from watchfloor.kernel.ids import CaseId, IncidentId, new_uuid

ALERTS: Final = 400
REF: Final = f"BC-{datetime.now(ZoneInfo('Europe/Berlin')).year}-0001"
SECRET: Final = "The personnel file of Mira Holt"


@pytest.fixture
async def bolt(make_tenant: MakeTenant, make_rule: MakeRule, make_event: MakeEvent, make_worker: MakeWorker) -> Desk:
    return await desk_of(make_tenant, make_rule, make_event, make_worker, code="BOLT")


@pytest.fixture
async def desk(make_tenant: MakeTenant, make_rule: MakeRule, make_event: MakeEvent, make_worker: MakeWorker) -> Desk:
    return await desk_of(make_tenant, make_rule, make_event, make_worker)


async def test_a_case_begins_with_what_the_records_say_and_each_fact_cites_one(desk: Desk) -> None:
    case = await desk.open()

    facts = dict(facts_in(case))

    assert (case.ref, case.status, case.version, case.country) == (REF, "suspected", 1, "DE")
    assert {fact.by for fact in facts.values()} == {SYSTEM}
    assert all(fact.citations for fact in facts.values())
    assert case.parties.controller.name is not None
    assert case.parties.controller.name.value == "ACME Ltd"
    assert case.clock.occurred_from is not None
    assert case.clock.occurred_from.status == "estimated"
    assert case.nature.attack_techniques is not None
    assert case.nature.attack_techniques.value == ("T1110.001",)
    assert case.nature.systems is not None
    assert [system.name for system in case.nature.systems.value or ()] == ["srv-hr"]
    assert [item.code for item in case.timeline][:2] == ["first_event", "first_alert"]
    assert [item.sha256 for item in case.evidence] != []


async def test_no_awareness_no_risk_and_no_decision_appears_by_itself(desk: Desk) -> None:
    case = await desk.open()

    paths = {path for path, _ in facts_in(case)}

    assert not {path for path in paths if path.startswith(("moments.", "statements.", "risk.", "severity."))}
    assert not {"clock.controller_aware_at", "clock.processor_aware_at", "is_breach"} & paths
    assert case.decisions == ()


async def test_a_case_is_read_back_as_it_was_written(desk: Desk) -> None:
    case = await desk.open()

    assert await desk.read(case) == case


async def test_an_incident_of_another_customer_never_gets_into_a_case(desk: Desk, bolt: Desk) -> None:
    with pytest.raises(NotFound):
        await desk.open(incidents=(desk.incident, bolt.incident))


async def test_the_database_itself_refuses_an_incident_of_another_customer(
    desk: Desk, bolt: Desk, superuser: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    case = await desk.open()

    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await superuser.execute(
            "insert into wf.breach_incidents (tenant_id, case_id, incident_id, added_by) values ($1, $2, $3, 'x')",
            desk.tenant.id,
            case.id,
            bolt.incident,
        )


async def test_a_customer_does_not_see_another_customers_case(desk: Desk, bolt: Desk) -> None:
    case = await desk.open()
    other = bolt.tenant

    async with tenant_tx(other.database, other.id) as tx:
        rows = [
            await tx.value(int, f"select count(*) from wf.{table}")
            for table in ("breach_cases", "breach_incidents", "breach_entries")
        ]
        with pytest.raises(NotFound):
            await store.read(tx, other.cipher, CaseId(case.id))
        with pytest.raises(NotFound):
            await store.find(tx, case.ref)

    assert rows == [0, 0, 0]


async def test_several_incidents_of_a_customer_may_be_one_case(
    desk: Desk, make_rule: MakeRule, make_event: MakeEvent
) -> None:
    (second,) = await desk.tenant.work((make_rule("Odd copy"), make_event(2, host="srv-pay", at=60)))
    case = await desk.open(incidents=(desk.incident, second))

    assert case.incident_ids == (desk.incident, second)
    assert case.nature.systems is not None
    assert {system.name for system in case.nature.systems.value or ()} == {"srv-hr", "srv-pay"}


async def test_an_incident_is_in_one_case_at_most(desk: Desk) -> None:
    await desk.open()

    with pytest.raises(Conflict, match=REF):
        await desk.open()


async def test_a_case_takes_in_one_more_incident(desk: Desk, make_rule: MakeRule, make_event: MakeEvent) -> None:
    (second,) = await desk.tenant.work((make_rule("Odd copy"), make_event(2, host="srv-pay", at=60)))
    case = await desk.open()

    async with tenant_tx(desk.tenant.database, desk.tenant.id) as tx:
        wide = await opening.add_incident(
            tx,
            desk.tenant.cipher,
            desk.ana.actor,
            desk.ana.permissions,
            case_id=CaseId(case.id),
            incident_id=second,
            reason=WHY,
        )
        found = await store.cases_of(tx, [second])

    assert found == {second: (CaseId(case.id), case.ref)}
    assert wide.version == 2
    assert wide.nature.systems is not None
    assert {system.name for system in wide.nature.systems.value or ()} == {"srv-hr", "srv-pay"}


async def test_a_later_look_at_the_records_leaves_what_a_person_stated(
    desk: Desk, make_rule: MakeRule, make_event: MakeEvent
) -> None:
    case = await desk.open()
    await desk.state(case, "nature.systems", [{"name": "srv-hr", "role": "personnel files"}])
    await desk.tenant.work((make_rule(), make_event(3, host="srv-hr", user="acme\\noor", at=30)))

    async with tenant_tx(desk.tenant.database, desk.tenant.id) as tx:
        fresh = await opening.refresh(
            tx, desk.tenant.cipher, desk.ana.actor, desk.ana.permissions, case_id=CaseId(case.id)
        )
        again = await opening.refresh(
            tx, desk.tenant.cipher, desk.ana.actor, desk.ana.permissions, case_id=CaseId(case.id)
        )

    assert fresh.nature.systems is not None
    assert [system.role for system in fresh.nature.systems.value or ()] == ["personnel files"]
    assert fresh.nature.accounts is not None
    assert {account.name for account in fresh.nature.accounts.value or ()} == {"acme\\mira", "acme\\noor"}
    assert again.version == fresh.version


async def test_a_program_opens_no_case(desk: Desk) -> None:
    key = Actor(kind="api_key", id="key_1", role=Role.ANALYST, request_id="r1")

    async with tenant_tx(desk.tenant.database, desk.tenant.id) as tx:
        with pytest.raises(Refused):
            await open_case(
                tx,
                desk.tenant.cipher,
                key,
                desk.ana.permissions,
                Opening(incident_ids=(desk.incident,), reason=WHY),
            )


async def test_a_case_needs_a_reason_and_an_incident_that_exists(desk: Desk) -> None:
    async with tenant_tx(desk.tenant.database, desk.tenant.id) as tx:
        for given, fault in (
            (Opening(incident_ids=(desk.incident,), reason="so"), Invalid),
            (Opening(incident_ids=(), reason=WHY), Invalid),
            (Opening(incident_ids=(IncidentId(new_uuid()),), reason=WHY), NotFound),
        ):
            with pytest.raises(fault):
                await open_case(tx, desk.tenant.cipher, desk.ana.actor, desk.ana.permissions, given)


async def test_who_only_reads_cases_opens_and_states_nothing(desk: Desk) -> None:
    case = await desk.open()

    assert Permission.BREACH_READ in desk.admin.permissions
    with pytest.raises(Refused):
        await desk.state(case, "data.records", "10", by=desk.admin)
    with pytest.raises(Refused):
        await desk.open(by=desk.admin)


def test_viewers_approvers_and_engineers_do_not_see_cases() -> None:
    blind = [role for role in Role if Permission.BREACH_READ not in PERMISSIONS_OF[role]]

    assert blind == [Role.VIEWER, Role.APPROVER, Role.CONTENT_ENGINEER, Role.PLATFORM_ADMIN]


def test_the_controllers_privacy_officer_alone_may_decide() -> None:
    assert [role for role in Role if Permission.BREACH_DECIDE in PERMISSIONS_OF[role]] == [Role.PRIVACY_OFFICER]


async def test_nothing_that_a_person_wrote_stands_open_in_the_tables(
    desk: Desk, superuser: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    case = await desk.open()
    case = await desk.state(case, "nature.description", SECRET)
    await desk.decide(case, "is_breach", "yes", reason=f"{SECRET} was copied.")

    kept: list[str] = []
    for table in ("wf.breach_cases", "wf.breach_incidents", "wf.breach_entries", "wf.audit_entries"):
        rows = await superuser.fetch(f"select t::text as line from {table} t")
        kept += [row["line"] for row in rows]
    raw = [bytes(row["document"]) for row in await superuser.fetch("select document from wf.breach_cases")]

    plain = ("Mira", "mira", "srv-hr", "203.0.113.9", "ACME Ltd", WHY)
    hexed = [word.encode().hex() for word in (*plain, SECRET)]
    assert kept
    assert not [line for line in kept for word in (*plain, SECRET, *hexed) if word in line]
    assert all(b"srv-hr" not in document for document in raw)


async def test_the_log_has_every_change_in_order(desk: Desk) -> None:
    case = await desk.open()
    first = await desk.state(case, "data.records", "100-200")
    second = await desk.state(first, "data.records", "150", basis="The export was counted.")
    await desk.decide(second, "is_breach", "yes")

    entries = await desk.log(case)

    places = [(entry.version, entry.place) for entry in entries]
    assert places == sorted(places)
    assert {entry.version for entry in entries} == {1, 2, 3, 4}
    assert [(entry.kind, entry.path) for entry in entries if entry.version > 1] == [
        ("stated", "data.records"),
        ("stated", "data.records"),
        ("decided", "is_breach"),
        ("moved", "status"),
    ]
    (changed,) = [entry for entry in entries if entry.version == 3]
    before, after = cast("dict[str, object]", changed.before), cast("dict[str, object]", changed.after)
    assert (before["value"], before["by"]) == ({"min": 100, "max": 200, "exact": False}, desk.ana.actor.id)
    assert (after["value"], after["basis"]) == ({"min": 150, "max": 150, "exact": True}, "The export was counted.")
    assert {entry.path for entry in entries if entry.version == 1} >= {"incident_ids", "nature.systems"}


async def test_every_fact_of_a_case_stands_in_its_log(desk: Desk) -> None:
    case = await desk.state(await desk.open(), "subjects.count", "20+")

    logged = {entry.path for entry in await desk.log(case)}

    assert {path for path, _ in facts_in(case)} <= logged


async def test_the_log_is_only_added_to(desk: Desk) -> None:
    await desk.open()

    async with tenant_tx(desk.tenant.database, desk.tenant.id) as tx:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await tx.execute("update wf.breach_entries set path = 'x'")
    async with tenant_tx(desk.tenant.database, desk.tenant.id) as tx:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await tx.execute("delete from wf.breach_entries")


async def test_what_somebody_else_changed_meanwhile_is_not_written_over(desk: Desk) -> None:
    case = await desk.open()
    await desk.state(case, "data.records", "10")

    async with tenant_tx(desk.tenant.database, desk.tenant.id) as tx:
        with pytest.raises(Conflict, match="version 2"):
            await entering.state(
                tx,
                desk.tenant.cipher,
                desk.ana.actor,
                desk.ana.permissions,
                case_id=CaseId(case.id),
                facts=(entering.Stated(path="data.records", value="20"),),
                seen=1,
            )


async def test_a_fact_is_taken_back_and_the_log_keeps_it(desk: Desk) -> None:
    case = await desk.state(await desk.open(), "data.records", "10")

    async with tenant_tx(desk.tenant.database, desk.tenant.id) as tx:
        cleared = await entering.clear(
            tx,
            desk.tenant.cipher,
            desk.ana.actor,
            desk.ana.permissions,
            case_id=CaseId(case.id),
            path="data.records",
            reason="It was another table.",
        )

    last = (await desk.log(case))[-1]
    assert cleared.data.records is None
    assert (last.kind, last.path) == ("cleared", "data.records")
    assert isinstance(last.before, dict)
    assert last.after == {"reason": "It was another table."}


async def test_contacts_and_evidence_are_added_with_their_log(desk: Desk) -> None:
    case = await desk.open()
    spoke = ContactEntry(
        at=case.created_at, party="BayLDA", channel="telephone", text="Asked for the form.", by=desk.ana.actor.id
    )

    async with tenant_tx(desk.tenant.database, desk.tenant.id) as tx:
        noted = await entering.note(
            tx, desk.tenant.cipher, desk.ana.actor, desk.ana.permissions, case_id=CaseId(case.id), record=spoke
        )
        with pytest.raises(Invalid, match="citation"):
            await entering.note(
                tx,
                desk.tenant.cipher,
                desk.ana.actor,
                desk.ana.permissions,
                case_id=CaseId(case.id),
                record=Evidence(
                    id="e1",
                    what="disk image",
                    sha256="0" * 64,
                    collected_at=case.created_at,
                    by=desk.ana.actor.id,
                    citations=(),
                ),
            )

    assert noted.contacts == (spoke,)


async def test_a_case_is_found_by_its_reference_and_by_its_id(desk: Desk) -> None:
    case = await desk.open()

    async with tenant_tx(desk.tenant.database, desk.tenant.id) as tx:
        assert await store.find(tx, REF.lower()) == case.id
        assert [found.ref for found in await store.page(tx, desk.tenant.cipher)] == [case.ref]
        assert [found.ref for found in await store.open_cases(tx, desk.tenant.cipher)] == [case.ref]
        for wrong in (REF.replace("0001", "0002"), "brc_nothing", "ACME-1"):
            with pytest.raises(NotFound):
                await store.find(tx, wrong)


async def test_the_chat_opens_and_changes_a_case_and_reports_only_read_it(
    desk: Desk, db_bot: Database, db_report: Database
) -> None:
    chat = replace(desk, tenant=replace(desk.tenant, database=db_bot))
    papers = replace(desk, tenant=replace(desk.tenant, database=db_report))

    case = await chat.state(await chat.open(), "data.records", "10")

    assert await papers.read(case) == case
    assert [entry.path for entry in await papers.log(case)][-1] == "data.records"
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await papers.state(case, "data.records", "20")


async def test_numbers_run_on_within_a_year(desk: Desk, make_rule: MakeRule, make_event: MakeEvent) -> None:
    (second,) = await desk.tenant.work((make_rule("Odd copy"), make_event(2, host="srv-pay", at=60)))

    first, other = await desk.open(), await desk.open(incidents=(second,))

    assert (first.ref[:5], int(other.ref[-4:]) - int(first.ref[-4:])) == ("BC-20", 1)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"value": 1, "citations": ()}, "citation"),
        ({"value": None, "status": "known"}, "value"),
        ({"value": 1, "status": "estimated"}, "basis"),
        ({"value": None, "status": "under_investigation"}, "when it will be known"),
        ({"value": 1, "status": "not_applicable", "basis": "x"}, "no value"),
    ],
)
async def test_a_fact_without_what_its_status_needs_cannot_be_made(
    acme: Tenant, given: dict[str, object], message: str
) -> None:
    async with tenant_tx(acme.database, acme.id) as tx:
        at = await store.now(tx)
    cite = {"kind": "person", "id": "per_1", "what": "entered"}

    with pytest.raises(Invalid, match=message):
        msgspec.convert({"citations": [cite], "by": "per_1", "at": at, **given}, Known[int])


@pytest.mark.parametrize("bounds", [(-1, 2, False), (5, 4, False), (3, 5, True), (3, None, True)])
def test_a_range_that_is_none_is_refused(bounds: tuple[int, int | None, bool]) -> None:
    with pytest.raises(Invalid):
        Range(min=bounds[0], max=bounds[1], exact=bounds[2])


async def test_a_case_from_an_incident_of_400_alerts_opens_far_within_ten_seconds(
    desk: Desk, make_rule: MakeRule, make_event: MakeEvent, count: Count
) -> None:
    rule = make_rule("Mass copy", level="critical", dedup=("host", "ip"))
    for start in range(0, ALERTS, 100):
        batch = [
            (rule, make_event(1000 + number, host="srv-hr", ip=f"203.0.{number // 250}.{number % 250}", at=number / 10))
            for number in range(start, start + 100)
        ]
        await desk.tenant.work(*batch)
    assert await count(f"wf.alerts where incident_id = '{desk.incident}'") > ALERTS
    began = time.perf_counter()

    case = await desk.open()

    took = time.perf_counter() - began
    assert case.nature.indicators is not None
    assert len(case.nature.indicators.value or ()) > 300
    assert took < 3
