"""Brands in bundles, on the command line and in the records: sealed, audited, each tenant's its own."""

import json
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Final

import asyncpg
import msgspec
import pytest
from click.testing import CliRunner, Result

from reports.documents.incident.facts import IncidentReport
from reports.facts import Provider
from reports.handover import decode, encode
from reports.letterhead import Desk, letterhead_of
from reports.queries import RequestRow
from tenants.apply import apply, ensure_operator, plan
from tenants.bundle import json_schema
from tenants.faults import BundleFaults
from tenants.installation import Installation, find_tenant, open_installation
from tenants.leaving.export import export_tenant
from tenants.rules import PlacedBundle, read_bundles
from tests.drawings import SECRET, drawn, jpeg, png, raw_png, talkative_png
from watchfloor.kernel.clock import SystemClock
from watchfloor.kernel.config import Settings
from watchfloor.kernel.db import Database, tenant_tx
from watchfloor.kernel.ids import TenantId, new_uuid
from watchfloor.ops.cli import command_line
from watchfloor.reporting.branding.brand import Brand
from watchfloor.reporting.branding.keeping import change_brand, keep_brand, read_brand
from watchfloor.reporting.branding.logo import LARGEST_BYTES, bare_logo

NORD: Final = """\
slug: nord
code: NORD
name: Nord AG
language: de
time_zone: Europe/Berlin
contacts:
  - {name: Kim, email: kim@nord.example, purposes: [incidents]}
"""
LOOK: Final = """\
branding:
  logo: brands/nord.png
  colours: {headings: "#0B4F6C", lines: "#9b1c31"}
  sender: {name: Nord IT, email: reports@nord.example}
  contact: Ask Kim.
"""
MADE: Final = """\
reports:
  recipients:
    - {email: Kim@nord.example, reports: [service]}
  schedules:
    - {report: service, day: 3, at: "06:30", languages: [de, en]}
    - {report: controls, framework: nis2-art21}
    - {report: assurance}
"""


class Bundle:
    """A directory with a bundle and files beside it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        (directory / "brands").mkdir(parents=True)
        (directory / "brands" / "nord.png").write_bytes(talkative_png())

    def placed(self, text: str) -> PlacedBundle:
        path = self.directory / "nord.yaml"
        path.write_text(text)
        (found,) = read_bundles(path)
        return found


class Shelf(Bundle):
    """A bundle, and an installation that it is applied to."""

    def __init__(self, directory: Path, installation: Installation) -> None:
        super().__init__(directory)
        self.installation = installation

    async def plan(self, text: str) -> list[str]:
        return [str(change) for change in (await plan(self.installation, self.placed(text))).changes]

    async def apply(self, text: str) -> list[str]:
        done = await apply(self.installation, self.placed(text), issue=lambda _: None, tell=lambda _: None)
        return [str(change) for change in done.changes]

    async def id(self) -> TenantId:
        return TenantId((await find_tenant(self.installation, "nord")).id)

    async def brand(self) -> Brand:
        async with tenant_tx(self.installation.app, await self.id()) as tx:
            return await read_brand(tx, await self.installation.keyring.cipher(tx))


@pytest.fixture
async def shelf(settings: Settings, tmp_path: Path) -> AsyncGenerator[Shelf]:
    """See Shelf."""
    async with open_installation(settings, clock=SystemClock(), request_id="req_test") as opened:
        yield Shelf(tmp_path / "bundles", opened)


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    """See Bundle."""
    return Bundle(tmp_path / "bundles")


def faults(bundle: Bundle, text: str) -> str:
    with pytest.raises(BundleFaults) as refused:
        bundle.placed(text)
    return " ".join(str(fault) for fault in refused.value.faults)


async def test_a_bundle_dresses_reports_and_says_each_part_in_its_plan(shelf: Shelf) -> None:
    await shelf.apply(NORD)
    wanted = await shelf.plan(NORD + LOOK + MADE)
    assert await shelf.apply(NORD + LOOK + MADE) == wanted
    assert [line.split(":")[0] for line in wanted] == [
        "+ branding.logo",
        "+ branding.colours.headings",
        "+ branding.colours.lines",
        "+ branding.sender",
        "+ branding.contact",
        "+ report recipient kim@nord.example",
        "+ report schedule assurance",
        "+ report schedule controls/nis2-art21",
        "+ report schedule service",
    ]
    assert "+ branding.sender: Nord IT <reports@nord.example>" in wanted
    assert "+ report schedule service: every month, day 3 at 06:30, de, en" in wanted
    assert await shelf.plan(NORD + LOOK + MADE) == []
    brand = await shelf.brand()
    assert brand.logo == bare_logo(talkative_png())
    assert brand.headings == "#0b4f6c"


async def test_another_picture_under_the_same_name_is_a_change_of_the_logo_alone(shelf: Shelf) -> None:
    await shelf.apply(NORD + LOOK)
    (shelf.directory / "brands" / "nord.png").write_bytes(jpeg(drawn("RGB")))
    (change,) = await shelf.plan(NORD + LOOK)
    assert change.startswith("~ branding.logo: ")
    await shelf.apply(NORD + LOOK)
    assert (await shelf.brand()).logo == bare_logo(jpeg(drawn("RGB")))


async def test_left_out_it_is_managed_elsewhere_and_empty_it_is_taken_away(shelf: Shelf) -> None:
    await shelf.apply(NORD + LOOK + MADE)
    before = await shelf.brand()
    assert await shelf.apply(NORD) == []
    assert await shelf.brand() == before
    gone = await shelf.apply(NORD + "branding: {}\nreports: {}\n")
    assert {line[0] for line in gone} == {"-"}
    assert len(gone) == 9
    assert await shelf.brand() == Brand()


async def test_it_is_sealed_audited_and_the_log_does_not_hold_the_picture(
    shelf: Shelf, superuser: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    await shelf.apply(NORD + LOOK + MADE)
    row = await superuser.fetchrow("select * from wf.brandings")
    assert row is not None
    assert b"IHDR" not in row["logo"]
    assert b"Nord IT" not in row["details"]
    tenant_id = await shelf.id()
    actions = await superuser.fetch("select action from wf.audit_entries where tenant_id = $1", tenant_id)
    assert [row["action"] for row in actions].count("tenant.branding") == 1
    assert [row["action"] for row in actions].count("tenant.reports") == 1
    longest = await superuser.fetchval("select max(length(sealed)) from wf.audit_details")
    assert longest < 1_000


@pytest.mark.parametrize(
    "name",
    [
        "../secret.png", "brands/../../secret.png", "/etc/passwd", "C:\\\\x.png", "brands//nord.png", "..", ".hidden",
        "http://127.0.0.1/x.png", "file:///etc/passwd", "brands/nord.png\\0.txt", "a/b/c/d/e/f/g/h.png", "",
    ],
)  # fmt: skip
def test_a_name_that_leads_elsewhere_is_no_name_of_a_logo(bundle: Bundle, name: str) -> None:
    (bundle.directory.parent / "secret.png").write_bytes(png(drawn()))
    assert "branding.logo" in faults(bundle, NORD + f'branding: {{logo: "{name}"}}\n')


def test_a_link_out_of_the_bundles_directory_is_not_followed(bundle: Bundle) -> None:
    (bundle.directory.parent / "secret.png").write_bytes(png(drawn()))
    (bundle.directory / "brands" / "link.png").symlink_to(bundle.directory.parent / "secret.png")
    assert "is no file beside the bundle" in faults(bundle, NORD + "branding: {logo: brands/link.png}\n")


@pytest.mark.parametrize(
    ("branding", "said"),
    [
        ("{logo: brands/none.png}", "8:18: The logo brands/none.png cannot be read: No such file or directory"),
        ("{logo: brands}", "is no file beside the bundle"),
        ("{logo: brands/x.svg}", "An SVG is no image but a document that can hold programs and addresses"),
        ("{logo: brands/bomb.png}", "at most 4,000 a side"),
        ("{logo: brands/large.png}", "at most 524,288 are taken"),
        ("{logo: brands/cut.png}", "The logo is damaged or is more than an image"),
        ("{colours: {headings: '#0b4f6c'}}", "branding.colours has no lines"),
        ("{colours: {headings: '#0b4f6c', lines: '#ffcc00'}}", "8:50: #ffcc00 has a contrast of 1.51 to 1 on white"),
        ("{colours: {headings: red, lines: '#111111'}}", "'red' is not a colour of six digits"),
        ("{sender: {email: a@b.example}}", "branding.sender has no name"),
        ("{sender: {name: N, email: ä@b.example}}", "This is no e-mail address"),
        ('{contact: "a\\nb"}', "branding.contact"),
        ("{logo_url: x}", "branding has no key 'logo_url'"),
    ],
)
def test_a_fault_of_the_look_is_said_at_its_place(bundle: Bundle, branding: str, said: str) -> None:
    brands = bundle.directory / "brands"
    (brands / "x.svg").write_text("<svg/>")
    (brands / "bomb.png").write_bytes(raw_png((60_000, 60_000), depth=8, colour=6, rows=bytes(99_999)))
    (brands / "large.png").write_bytes(png(drawn()) + bytes(LARGEST_BYTES))
    (brands / "cut.png").write_bytes(png(drawn())[:-3])
    assert said in faults(bundle, NORD + f"branding: {branding}\n")


@pytest.mark.parametrize(
    ("reports", "said"),
    [
        ("{schedules: [{report: breach_register}]}", "is not one of service, controls, assurance"),
        ("{schedules: [{report: controls}]}", "Control evidence needs a framework."),
        ("{schedules: [{report: service, framework: nis2-art21}]}", "It has no framework."),
        ("{schedules: [{report: controls, framework: nis2-art22}]}", "There is no framework nis2-art22. Did you mean"),
        ("{schedules: [{report: service}, {report: service}]}", "There are two schedules for service."),
        ("{schedules: [{report: service, day: 31}]}", "a day of every month: 1 to 28"),
        ("{schedules: [{report: service, languages: [xx]}]}", "There are no reports in xx."),
        ("{recipients: [{email: kim@nord.example, reports: [breach_notice]}]}", "is not one of incident, service"),
        ("{recipients: [{email: a@b.example}, {email: A@b.example}]}", "stands here twice"),
    ],
)
def test_a_fault_of_what_is_made_by_itself_is_said(bundle: Bundle, reports: str, said: str) -> None:
    assert said in faults(bundle, NORD + f"reports: {reports}\n")


def test_the_operator_has_a_look_and_no_reports(bundle: Bundle) -> None:
    operator = "slug: operator\ncode: MSSP\nkind: operator\nname: M\nlanguage: en\ntime_zone: UTC\n"
    assert bundle.placed(operator + LOOK).dressing.brand is not None
    assert "Reports are made for customers." in faults(bundle, operator + MADE)


def test_the_schema_for_editors_knows_both_parts() -> None:
    schema = json.loads(json_schema())
    text = json.dumps(schema)
    assert "Branding" in text
    assert '"logo"' in text
    assert '"schedules"' in text


async def test_documents_get_the_tenants_look_filled_up_by_the_operators_and_keep_it(
    shelf: Shelf, db_report: Database, incident_facts: IncidentReport
) -> None:
    installation = shelf.installation
    operator = await ensure_operator(installation)
    await shelf.apply(NORD)
    house = Brand(headings="#111111", lines="#222222", logo=bare_logo(png(drawn("RGB"))), sender_name="House")
    async with tenant_tx(installation.app, operator) as tx:
        await keep_brand(tx, await installation.keyring.cipher(tx), house)
    provider = Provider(name="Tidewatch", contact="https://soc.example")
    desk = Desk(provider=provider, directory=installation.auth, records=db_report, keyring=installation.keyring)

    async def drawn_up() -> Provider:
        async with tenant_tx(db_report, await shelf.id()) as tx:
            request = await tx.row(RequestRow, _REQUEST, new_uuid())
            assert request is not None
            return (await letterhead_of(tx, request, desk)).provider

    first = await drawn_up()
    assert first.look is not None
    assert (first.look.logo, first.look.logo_name, first.look.sender) == (house.logo, "Tidewatch", "House")
    kept = encode(_with(incident_facts, first))
    await shelf.apply(NORD + LOOK)
    second = await drawn_up()
    assert second.look is not None
    assert (second.look.logo_name, second.look.sender, second.look.headings) == ("Nord AG", "Nord IT", "#0b4f6c")
    assert encode(_with(incident_facts, first)) == kept, "what was collected before holds its own look"


async def test_a_brand_that_was_damaged_holds_up_no_report(
    shelf: Shelf, db_report: Database, superuser: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    await shelf.apply(NORD + LOOK)
    await superuser.execute("update wf.brandings set details = 'damaged'")
    installation = shelf.installation
    provider = Provider(name="Tidewatch", contact="https://soc.example")
    desk = Desk(provider=provider, directory=installation.auth, records=db_report, keyring=installation.keyring)
    async with tenant_tx(db_report, await shelf.id()) as tx:
        request = await tx.row(RequestRow, _REQUEST, new_uuid())
        assert request is not None
        assert (await letterhead_of(tx, request, desk)).provider.look is None


async def test_another_tenants_transaction_has_another_brand(shelf: Shelf) -> None:
    await shelf.apply(NORD + LOOK)
    operator = await ensure_operator(shelf.installation)
    async with tenant_tx(shelf.installation.app, operator) as tx:
        assert await read_brand(tx, await shelf.installation.keyring.cipher(tx)) == Brand()


async def test_setting_what_is_set_already_is_no_change(
    shelf: Shelf, superuser: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    await shelf.apply(NORD + LOOK)
    before = await superuser.fetchval("select count(*) from wf.audit_entries")
    brand, installation = await shelf.brand(), shelf.installation
    async with tenant_tx(installation.app, await shelf.id()) as tx:
        assert not await change_brand(tx, await installation.keyring.cipher(tx), installation.actor, brand)
    assert await superuser.fetchval("select count(*) from wf.audit_entries") == before


async def test_an_export_holds_the_logo_and_the_words_readable(shelf: Shelf, tmp_path: Path) -> None:
    await shelf.apply(NORD + LOOK)
    tenant = await find_tenant(shelf.installation, "nord")
    summary = await export_tenant(shelf.installation, tenant, into=tmp_path / "export")
    (table,) = Path(summary.directory).glob("tables/*brandings.ndjson")
    assert "Nord IT" in table.read_text()
    assert summary.unopened == 0


@pytest.fixture
def incident_facts() -> IncidentReport:
    """A made-up incident's report."""
    found = decode((Path(__file__).parents[1] / "pdf" / "incident.json").read_bytes())
    assert isinstance(found, IncidentReport)
    return found


@pytest.fixture
def branding(settings: Settings) -> "Run":
    """Runs `watchfloor tenant branding`."""
    assert settings.database_url is not None
    password = (settings.secrets_dir / "valkey.default").read_text().strip()
    environ = {
        "WATCHFLOOR_HOME": str(settings.home),
        "WATCHFLOOR_ENVIRONMENT": "test",
        "DATABASE_URL": settings.database_url.reveal(),
        "VALKEY_URL": f"redis://:{password}@127.0.0.1:{settings.valkey_port}/0",
    }
    return Run(CliRunner(env=environ))


class Run:
    """Runs `watchfloor tenant`."""

    def __init__(self, runner: CliRunner) -> None:
        self._runner = runner

    def __call__(self, *arguments: str) -> Result:
        return self._runner.invoke(command_line, ["tenant", *arguments])


def test_a_brand_is_seen_and_set_on_the_command_line(branding: Run, tmp_path: Path) -> None:
    bundle, logo = tmp_path / "nord.yaml", tmp_path / "logo.png"
    bundle.write_text(NORD)
    logo.write_bytes(talkative_png())
    assert branding("apply", str(bundle)).exit_code == 0
    assert branding("branding", "show", "nord").stdout == "own: nothing set\nin reports: nothing set\n"
    done = branding("branding", "set", "nord", "--logo", str(logo), "--sender", "Nord IT", "--contact", "Ask Kim.")
    assert done.exit_code == 0, done.output
    assert "  sender: Nord IT\n  contact: Ask Kim.\n" in done.stdout
    assert SECRET.decode() not in done.output
    assert "nothing to change" in branding("branding", "set", "nord", "--contact", "Ask Kim.").stdout
    light = branding("branding", "set", "nord", "--headings", "#ffcc00", "--lines", "#111111")
    assert "1.51 to 1" in light.output
    shown = branding("branding", "show", "nord").stdout
    assert shown.count("  logo: ") == 2
    cleared = branding("branding", "set", "nord", "--clear", "--contact", "Ask Lee.")
    assert cleared.stdout == "own:\n  contact: Ask Lee.\n"


_REQUEST: Final = """
select $1::uuid as id, 'incident' as kind, null::uuid as incident_id, null::uuid as case_id, null::uuid as notice_id,
       null::date as period_from, null::date as period_to, null::text as framework, 'en' as language,
       'queued' as state, now() as created_at
"""


def _with(report: IncidentReport, provider: Provider) -> IncidentReport:
    return msgspec.structs.replace(report, provider=provider)


def test_the_command_shows_what_is_made_by_itself_and_who_hears_of_it(branding: Run, tmp_path: Path) -> None:
    bundle = tmp_path / "nord.yaml"
    bundle.write_text(NORD + MADE)
    assert branding("apply", str(bundle)).exit_code == 0
    shown = branding("reports", "nord").stdout
    assert shown.count("from 2") == 3
    assert "kim@nord.example hears of: service" in shown
