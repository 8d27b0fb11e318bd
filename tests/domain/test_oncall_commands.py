"""`watchfloor oncall`: a rota is put in force from a file, or refused with the line of each fault."""

import asyncio
from pathlib import Path

import asyncpg
import pytest
from click.testing import CliRunner

from tests.conftest import MakeSettings
from watchfloor.kernel.config import Settings
from watchfloor.kernel.db import Database, Role, tenant_tx
from watchfloor.kernel.ids import TenantId, new_uuid
from watchfloor.ops.commands import oncall
from watchfloor.tenancy.keyring import Keyring

ROTA = """
layers:
  primary: {hand_over: daily 09:00, from: "2026-01-01", people: [ana@mssp.example]}
  secondary: {hand_over: daily 09:00, from: "2026-01-01", people: [ana@mssp.example, lea@mssp.example]}
  lead: {hand_over: daily 09:00, from: "2026-01-01", people: [lea@mssp.example]}
"""


@pytest.fixture
def installed(make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    made = make_settings("oncall")
    assert made.database_url is not None
    monkeypatch.setenv("DATABASE_URL", made.database_url.reveal())
    for name in ("HOME", "ENVIRONMENT", "POSTGRES_PORT", "VALKEY_PORT"):
        monkeypatch.setenv(f"WATCHFLOOR_{name}", str(getattr(made, name.lower())))
    monkeypatch.setenv("VALKEY_URL", f"redis://127.0.0.1:{made.valkey_port}/0")
    asyncio.run(people(made))
    return made


async def people(settings: Settings) -> None:
    """An operator with two people and a key."""
    assert settings.database_url is not None
    operator = TenantId(new_uuid())
    superuser = await asyncpg.connect(settings.database_url.reveal())
    await superuser.execute(
        "insert into auth.tenants (id, slug, code, name, kind, state)"
        " values ($1, 'mssp', 'MSSP', 'MSSP', 'operator', 'active')",
        operator,
    )
    for address in ("ana@mssp.example", "lea@mssp.example"):
        person_id = new_uuid()
        await superuser.execute("insert into auth.people (id, email, name) values ($1, $2, $2)", person_id, address)
        await superuser.execute(
            "insert into auth.memberships (id, tenant_id, person_id, role) values ($1, $2, $3, 'analyst')",
            new_uuid(),
            operator,
            person_id,
        )
    await superuser.close()
    app = await Database.open(settings, Role.APP, connections=1)
    async with tenant_tx(app, operator) as tx:
        await Keyring.open(settings).create(tx)
    await app.close()


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(oncall.oncall, words)
    return result.exit_code, result.output or str(result.exception)


@pytest.mark.usefixtures("installed")
def test_a_rota_is_checked_put_in_force_shown_and_overridden(tmp_path: Path) -> None:
    file = tmp_path / "rota.yml"
    file.write_text(ROTA)
    assert "NOBODY" in run("show")[1]
    assert run("override", "primary", "lea@mssp.example", "--hours", "8", "--reason", "Ill.")[0] == 1
    assert run("set", str(file), "--check") == (0, "the file is sound\n")
    assert "NOBODY" in run("show")[1]
    assert run("set", str(file)) == (0, "the rota is in force\n")
    assert run("set", str(file)) == (0, "this rota is in force already\n")
    shown = run("show")[1].splitlines()
    assert shown[0].startswith("primary    ana@mssp.example; from ")
    assert "; from " in shown[1]
    assert shown[3].startswith("pages go nowhere")
    assert run("override", "primary", "lea@mssp.example", "--hours", "8", "--reason", "Ana is ill.")[0] == 0
    assert run("show")[1].startswith("primary    lea@mssp.example (stands in); from ")


@pytest.mark.usefixtures("installed")
def test_a_file_with_faults_changes_nothing_and_each_has_its_line(tmp_path: Path) -> None:
    file = tmp_path / "rota.yml"
    file.write_text(ROTA.replace("ana@", "eve@").replace("daily 09:00", "at nine", 1))
    code, said = run("set", str(file))
    assert code == 1
    for place in (":3:13:", ":3:62:", ":4:68:"):
        assert f"{file}{place}" in said, said
    assert "NOBODY" in run("show")[1]
