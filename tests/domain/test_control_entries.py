"""What people enter as evidence: sealed, audited, apart from what is measured; lessons, months, checked segments."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final, TypeAlias

import asyncpg
import pytest
from click.testing import CliRunner, Result

from tests.domain.control_records import NOW, drawn, plant
from tests.domain.test_controls import counted, of
from tests.domain.workplace import MakeEvent, MakeTenant, MakeWorker, Tenant
from watchfloor.controls.entries.entry import EntryId
from watchfloor.controls.entries.keeping import Stated, attach, enter, evidence_files, find_entry, withdraw
from watchfloor.controls.integrity.checking import check_segments
from watchfloor.controls.library import shipped
from watchfloor.controls.result import Gap
from watchfloor.kernel.config import Settings
from watchfloor.kernel.db import tenant_tx
from watchfloor.kernel.errors import Conflict, Invalid, NotFound
from watchfloor.lake.opening import open_lake
from watchfloor.ops.cli import command_line

Superuser: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
MARCH: Final = (date(2026, 3, 1), date(2026, 4, 1))
TODAY: Final = date(2026, 5, 20)


def stated(metric: str = "accounts", kind: str = "E14", **fields: object) -> Stated:
    given = {"first": MARCH[0], "until": MARCH[1], "note": "From the directory."} | fields
    return Stated(kind=kind, metric=metric, **given)  # type: ignore[arg-type]  # fields of a test


async def entered(tenant: Tenant, make_worker: MakeWorker, what: Stated) -> EntryId:
    async with tenant_tx(tenant.database, tenant.id) as tx:
        actor = make_worker().actor
        return await enter(tx, tenant.cipher, actor, library=shipped(), stated=what, today=TODAY)


async def test_an_entry_is_sealed_audited_and_told_apart_from_what_is_measured(
    acme: Tenant, make_worker: MakeWorker, superuser: Superuser
) -> None:
    made = await entered(acme, make_worker, stated(numerator=9, denominator=10, note="Ask Kim Possible."))
    row = await superuser.fetchrow("select * from wf.evidence_entries")
    assert row is not None
    assert b"Kim" not in bytes(row["note"])
    assert await superuser.fetchval("select action from wf.audit_entries") == "evidence.entered"
    evidence = await counted(acme, now=datetime.now(UTC))
    found = [row for row in evidence.of(shipped().framework("iso27001-2022")).rows if row.evidence_kind == "E14"]
    assert {(row.is_entered, row.numerator, row.denominator, row.result) for row in found} == {
        (True, 9, 10, "not_supported")
    }
    measured = [row for row in evidence.of(shipped().framework("iso27001-2022")).rows if row.evidence_kind == "E05"]
    assert not any(row.is_entered for row in measured)
    async with tenant_tx(acme.database, acme.id) as tx:
        assert (await find_entry(tx, acme.cipher, made)).note == "Ask Kim Possible."
        await withdraw(tx, make_worker().actor, made)
        with pytest.raises(Conflict):
            await withdraw(tx, make_worker().actor, made)
    gone = (await counted(acme, now=datetime.now(UTC))).find("E14", "accounts")
    assert (gone.value, gone.gaps) == (None, (Gap(code="no_entry"),))


@pytest.mark.parametrize(
    ("what", "field"),
    [
        (stated(numerator=11, denominator=10), "numerator"),
        (stated(value=3.0), "numerator"),
        (stated(numerator=1), "denominator"),
        (stated("sources", "E01", numerator=1, denominator=1), "metric"),
        (stated(numerator=1, denominator=1, note="  "), "note"),
        (stated(numerator=1, denominator=1, until=MARCH[0]), "until"),
        (stated("exercise_age", "E23", happened_on=TODAY + timedelta(days=1)), "happened_on"),
        (stated("overdue_actions", "E09", value=float("nan")), "value"),
        (stated("months_signed", "E30", first=date(2026, 3, 2)), "first"),
    ],
)
async def test_what_does_not_fit_its_metric_is_refused(
    acme: Tenant, make_worker: MakeWorker, what: Stated, field: str
) -> None:
    with pytest.raises(Invalid) as caught:
        await entered(acme, make_worker, what)
    assert caught.value.where == field


async def test_lessons_count_for_their_incident_and_only_in_time(
    acme: Tenant, make_worker: MakeWorker, superuser: Superuser
) -> None:
    records = drawn(11, incidents=120)
    await plant(superuser, acme.id, records)
    severe = [
        one
        for one in records.incidents
        if one.closed_at is not None
        and one.severity in ("high", "critical")
        and not one.merged
        and MARCH[0] <= one.closed_at.date() < date(2026, 3, 31)
    ]
    for number, one in enumerate(severe[:4]):
        made = await entered(acme, make_worker, stated("reviewed", "E09", incident=one.number))
        assert one.closed_at is not None
        at = one.closed_at + timedelta(days=29 if number < 3 else 31)
        await superuser.execute("update wf.evidence_entries set entered_at = $2 where id = $1", made, at)
    found = (await counted(acme)).find("E09", "reviewed")
    assert found.numerator == 3
    codes = [member.codes for member in found.members if member.codes]
    assert codes.count(("late",)) == 1
    assert codes.count(("no_lessons",)) == len(found.members) - 4
    with pytest.raises(NotFound):
        await entered(acme, make_worker, stated("reviewed", "E09", incident=100_000))


async def test_a_month_is_signed_off_in_time_late_or_not_at_all(
    acme: Tenant, make_worker: MakeWorker, superuser: Superuser
) -> None:
    for month, signed in ((1, datetime(2026, 2, 10, tzinfo=UTC)), (2, datetime(2026, 3, 17, tzinfo=UTC))):
        first, until = date(2026, month, 1), date(2026, month + 1, 1)
        made = await entered(acme, make_worker, stated("months_signed", "E30", first=first, until=until))
        await superuser.execute("update wf.evidence_entries set entered_at = $2 where id = $1", made, signed)
    found = (await counted(acme, first=date(2026, 1, 1), until=date(2026, 4, 1))).find("E30", "months_signed")
    assert [(member.id, member.codes) for member in found.members] == [
        ("2026-01", ()),
        ("2026-02", ("late",)),
        ("2026-03", ("overdue",)),
    ]


async def test_a_document_is_kept_sealed_and_comes_back_whole(
    acme: Tenant, make_worker: MakeWorker, settings: Settings
) -> None:
    files = evidence_files(settings.home)
    async with tenant_tx(acme.database, acme.id) as tx:
        document = await attach(tx, acme.cipher, files, name="list.csv", content=b"kim;yes")
        what = stated(numerator=1, denominator=1)
        made = await enter(
            tx, acme.cipher, make_worker().actor, library=shipped(), stated=what, today=TODAY, document=document
        )
    async with tenant_tx(acme.database, acme.id) as tx:
        found = (await find_entry(tx, acme.cipher, made)).document
        assert found is not None
        assert (found.name, await files.read(tx, acme.cipher, sha256=found.sha256)) == ("list.csv", b"kim;yes")
        with pytest.raises(Invalid):
            await attach(tx, acme.cipher, files, name="x", content=b"")
    assert b"kim" not in (settings.home / "evidence" / document.path).read_bytes()


async def test_another_tenants_entry_does_not_exist(make_tenant: MakeTenant, make_worker: MakeWorker) -> None:
    one, other = await make_tenant("ONE"), await make_tenant("OTHER")
    made = await entered(one, make_worker, stated(numerator=1, denominator=1))
    async with tenant_tx(other.database, other.id) as tx:
        with pytest.raises(NotFound):
            await find_entry(tx, other.cipher, made)
        with pytest.raises(NotFound):
            await withdraw(tx, make_worker().actor, made)
    assert (await counted(other, now=datetime.now(UTC))).find("E14", "accounts").value is None


async def test_segments_are_good_once_checked_and_a_changed_one_is_named(
    acme: Tenant, make_event: MakeEvent, settings: Settings
) -> None:
    store = open_lake(settings)
    async with tenant_tx(acme.database, acme.id) as tx:
        segments = [await store.append(tx, acme.cipher, [make_event(number)]) for number in range(3)]
    now = datetime.now(UTC) + timedelta(seconds=1)
    period = {"first": now.date() - timedelta(days=1), "until": now.date() + timedelta(days=1), "now": now}
    unchecked = (await counted(acme, **period)).find("E03", "segments")  # type: ignore[arg-type]  # fields of a test
    assert (of(unchecked), {member.codes for member in unchecked.members}) == ((0, 3), {("not_checked",)})
    Path(settings.lake_dir / segments[1].path).write_bytes(b"forged")
    async with tenant_tx(acme.database, acme.id) as tx:
        assert await check_segments(tx, open_lake(settings).files, at=now) == 1
    async with tenant_tx(acme.database, acme.id) as tx:
        assert await check_segments(tx, open_lake(settings).files, at=now) == 0
    checked = (await counted(acme, **period)).find("E03", "segments")  # type: ignore[arg-type]  # fields of a test
    assert (of(checked), [member.codes for member in checked.members]) == ((2, 3), [("chain_broken",)])
    later = period | {"now": now + timedelta(hours=25)}
    stale = (await counted(acme, **later)).find("E03", "segments")  # type: ignore[arg-type]  # fields of a test
    assert of(stale) == (0, 3)


async def test_retention_counts_from_the_oldest_segment(
    acme: Tenant, make_event: MakeEvent, settings: Settings
) -> None:
    store = open_lake(settings)
    async with tenant_tx(acme.database, acme.id) as tx:
        for day in (0, 1, 3):
            await store.append(tx, acme.cipher, [make_event(day, at=day * 86_400)])
    found = (await counted(acme)).find("E02", "days_kept")
    assert found.value == (date(2026, 4, 1) - date(2026, 3, 2)).days == 30
    assert [member.id for member in found.members if member.codes][:2] == ["2026-03-04", "2026-03-06"]
    assert (await counted(acme, until=date(2026, 3, 3), now=NOW)).find("E02", "days_kept").value == 1


def run(settings: Settings, *arguments: str) -> Result:
    assert settings.database_url is not None
    password = (settings.secrets_dir / "valkey.default").read_text().strip()
    environ = {
        "WATCHFLOOR_HOME": str(settings.home),
        "WATCHFLOOR_ENVIRONMENT": "test",
        "DATABASE_URL": settings.database_url.reveal(),
        "VALKEY_URL": f"redis://:{password}@127.0.0.1:{settings.valkey_port}/0",
    }
    return CliRunner(env=environ).invoke(command_line, ["controls", *arguments])


async def test_the_commands_enter_show_and_write_the_rows(acme: Tenant, settings: Settings, tmp_path: Path) -> None:
    del acme
    period = ("--tenant", "acme", "--from", "2026-03-01", "--to", "2026-04-01")
    kept = tmp_path / "accounts.txt"
    kept.write_text("kim")
    entering = ("enter", "E14", "accounts", *period, "--note", "The directory.", "--numerator", "10")
    done = await asyncio.to_thread(run, settings, *entering, "--denominator", "10", "--document", str(kept))
    assert done.exit_code == 0, done.output
    name = done.output.split()[0]
    shown = await asyncio.to_thread(run, settings, "show", "iso27001-2022", *period)
    assert "E14 accounts: 100 (10 of 10) percent, at_least 100, entered: Supported" in shown.output
    assert "E10 scanned: -" in shown.output
    assert "The scanner's result" in shown.output
    sheet = tmp_path / "rows.csv"
    written = await asyncio.to_thread(run, settings, "show", "soc2", *period, "--csv", str(sheet))
    assert written.exit_code == 0, written.output
    assert "entries.E14.accounts" in sheet.read_text("utf-8")
    assert name in (await asyncio.to_thread(run, settings, "entries", "--tenant", "acme")).output
    loose = await asyncio.to_thread(run, settings, "threshold", "E25", "jobs", "50", "--tenant", "acme")
    assert (loose.exit_code, "looser than the usual 98" in loose.output) == (1, True)
    assert (await asyncio.to_thread(run, settings, "withdraw", name, "--tenant", "acme")).exit_code == 0
    assert "Nothing is entered." in (await asyncio.to_thread(run, settings, "entries", "--tenant", "acme")).output
    assert "iso27001-2022" in (await asyncio.to_thread(run, settings, "list")).output
