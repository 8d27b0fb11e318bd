"""`watchfloor breach` at a terminal: it shows cases, notices and the register, notes the look, and changes nothing."""

import asyncio
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.domain.breach_cases import desk_of
from tests.domain.notice_office import NoticeOffice, Superuser
from tests.domain.workplace import Count, MakeEvent, MakeRule, MakeTenant, MakeWorker
from watchfloor.kernel import ids
from watchfloor.kernel.config import Settings
from watchfloor.ops.cli import command_line


@pytest.fixture
async def office(
    make_tenant: MakeTenant,
    make_rule: MakeRule,
    make_event: MakeEvent,
    make_worker: MakeWorker,
    superuser: Superuser,
) -> NoticeOffice:
    desk = await desk_of(make_tenant, make_rule, make_event, make_worker)
    return NoticeOffice(desk, await desk.open(), superuser)


async def run(settings: Settings, *arguments: str) -> Result:
    assert settings.database_url is not None
    password = (settings.secrets_dir / "valkey.default").read_text().strip()
    environ = {
        "WATCHFLOOR_HOME": str(settings.home),
        "WATCHFLOOR_ENVIRONMENT": "test",
        "DATABASE_URL": settings.database_url.reveal(),
        "VALKEY_URL": f"redis://:{password}@127.0.0.1:{settings.valkey_port}/0",
    }
    command = ["breach", *arguments, "--tenant", "acme"]
    done = await asyncio.to_thread(CliRunner(env=environ).invoke, command_line, command)
    assert done.exit_code == 0, done.output
    return done


async def test_a_case_its_notices_and_the_register_are_shown(office: NoticeOffice, settings: Settings) -> None:
    ref = office.case.ref
    assert "There is no notice." in (await run(settings, "notices", ref)).output
    await office.breach_with_risk()
    sent = await office.acknowledge(await office.out(), reference="LDA-9\x1b[2J")
    await office.desk.state(office.case, "nature.vector", "A macro.")
    await office.draft()

    assert ref in (await run(settings, "list")).output
    assert "gdpr-authority.initial: met" in (await run(settings, "show", ref)).output
    assert "nature.description" in (await run(settings, "missing", ref, "breach_notification")).output
    notices = (await run(settings, "notices", ref)).output
    assert f"{ids.show('ntc', sent.id)}  acknowledged gdpr-authority.initial initial" in notices
    assert sent.sha256 in notices
    assert "lacks nature.description" in notices
    assert "added nature.vector" in notices
    register = (await run(settings, "register")).output
    assert "authority told: yes" in register
    assert "LDA-9" in register
    assert "\x1b" not in register
    assert f'"ref":"{ref}"' in (await run(settings, "register", "--json", "--from", "2020-01-01")).output
    assert "There is no breach case." in (await run(settings, "register", "--to", "2020-01-01")).output


async def test_a_bundle_is_written_for_nobody_else_to_read(
    office: NoticeOffice, settings: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "case.zip"
    await office.draft()

    await run(settings, "bundle", office.case.ref, str(file))

    assert file.stat().st_mode & 0o777 == 0o600
    assert "notices/01-initial-initial/version.json" in zipfile.ZipFile(file).namelist()


async def test_a_look_stands_once_in_the_tenants_log_and_nothing_else_changes(
    office: NoticeOffice, settings: Settings, count: Count
) -> None:
    looks = "wf.audit_entries where action = 'access.viewed' and object_kind = 'breach_case'"
    before = (await count(looks), await count("wf.breach_entries"))

    await run(settings, "notices", office.case.ref)
    await run(settings, "register")

    assert (await count(looks), await count("wf.breach_entries")) == (before[0] + 1, before[1])
