"""`watchfloor report verify` on a report that the job made: known here, and found out when it was changed."""

from pathlib import Path

from click.testing import CliRunner

from reports.command import BROKEN, UNKNOWN, report, verify_file
from tests.domain import workplace
from tests.pdf import test_report_job as maker
from tests.pdf.test_report_job import Office
from watchfloor.kernel import ids
from watchfloor.kernel.errors import Invalid
from watchfloor.kernel.ids import IncidentId

acme = workplace.acme
count = workplace.count
make_event = workplace.make_event
make_rule = workplace.make_rule
make_tenant = workplace.make_tenant
make_worker = workplace.make_worker
resources = maker.resources
office = maker.office
incident = maker.incident


async def test_a_report_of_ours_is_known_here_unless_it_was_changed(
    office: Office, incident: IncidentId, tmp_path: Path
) -> None:
    settings = office.resources.settings
    report_id = await office.ask(incident)
    await office.work()
    pdf = await office.file(report_id)
    path = tmp_path / "handed-in.pdf"

    async def verify(content: bytes, *, asks: bool = True) -> tuple[int, str]:
        path.write_bytes(content)
        code, lines = await verify_file(settings, path, asks_audit_log=asks)
        return code, "\n".join(lines)

    code, said = await verify(pdf)
    assert code == 0, said
    assert f"report: {ids.show('rpt', report_id)}" in said
    assert "signature: holds" in said
    assert "(known here)" in said
    assert "attached data: as the file says" in said
    assert "audit log: this file is in that of" in said

    changed = bytearray(pdf)
    changed[len(pdf) // 2] ^= 1
    code, said = await verify(bytes(changed))
    assert code == BROKEN
    assert "do not rely on this file" in said

    await office.superuser.execute("alter table wf.audit_entries disable trigger user")
    await office.superuser.execute("update wf.audit_entries set after_hash = sha256('x') where object_kind = 'report'")
    code, said = await verify(pdf)
    assert code == UNKNOWN
    assert "audit log: this file is NOT in it" in said
    assert (await verify(pdf, asks=False))[0] == 0


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    done = CliRunner().invoke(report, ["verify", str(tmp_path / "none.pdf"), "--offline"])
    assert done.exit_code == 1
    assert isinstance(done.exception, Invalid)
