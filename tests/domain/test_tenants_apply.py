"""Tenants as code: the plan says what applying would change, applying does it once, and each change is audited."""

import asyncio
import uuid
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import asyncpg
import pytest

from tenants.apply import IssuedToken, apply, ensure_operator, plan, replace_token
from tenants.current import read_current
from tenants.faults import BundleFaults
from tenants.installation import Installation, find_tenant, open_installation
from tenants.rules import PlacedBundle, read_bundles
from watchfloor.audit.archive import HeadArchive
from watchfloor.audit.verify import verify
from watchfloor.feeds.registry import TokenRefused, recognise
from watchfloor.kernel.clock import FixedClock
from watchfloor.kernel.config import Settings
from watchfloor.kernel.credentials import parse_feed_token
from watchfloor.kernel.db import directory_tx, tenant_tx
from watchfloor.kernel.errors import Conflict, NotFound
from watchfloor.kernel.ids import TenantId
from watchfloor.tenancy.directory import active_tenants

DEMO: Final = Path(__file__).parents[2] / "tenants" / "demo"
NOON: Final = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)

NORD: Final = """\
slug: nord
code: NORD
name: Nord AG
language: de
time_zone: Europe/Berlin
contacts:
  - {name: Kim, email: kim@nord.example, phone: "+49 30 5550100", purposes: [incidents]}
feeds:
  - {name: windows, door: hec}
  - {name: cloud, door: ndjson, source_hint: aws.cloudtrail}
members:
  - {email: Kim@nord.example, name: Kim Nord, role: admin}
  - {email: lee@mssp.example, role: analyst}
chat: {detail: masked}
frameworks: [gdpr, nis2]
"""


class Bundles:
    """Bundles as files, and what applying them brought."""

    def __init__(self, directory: Path, installation: Installation) -> None:
        self._path = directory / "nord.yaml"
        self.installation = installation
        self.tokens: list[IssuedToken] = []

    def placed(self, text: str) -> PlacedBundle:
        """The bundle in a text."""
        self._path.write_text(text, encoding="utf-8")
        (found,) = read_bundles(self._path)
        return found

    async def plan(self, text: str) -> list[str]:
        """What applying the text would change, one line an item."""
        return [str(change) for change in (await plan(self.installation, self.placed(text))).changes]

    async def apply(self, text: str) -> list[str]:
        """Applies the text; what was changed, one line an item."""
        done = await apply(self.installation, self.placed(text), issue=self.tokens.append, tell=lambda _: None)
        return [str(change) for change in done.changes]

    async def id(self, slug: str = "nord") -> TenantId:
        """The tenant's id."""
        return TenantId((await find_tenant(self.installation, slug)).id)


@pytest.fixture
async def installation(settings: Settings) -> AsyncGenerator[Installation]:
    """An open installation without tenants."""
    async with open_installation(settings, clock=FixedClock(NOON), request_id="req_test") as opened:
        yield opened


@pytest.fixture
def bundles(tmp_path: Path, installation: Installation) -> Bundles:
    """See Bundles."""
    return Bundles(tmp_path, installation)


async def actions(superuser: "asyncpg.Connection[asyncpg.Record]", tenant_id: uuid.UUID) -> list[str]:
    """The audited actions of a tenant's chain, in order."""
    rows = await superuser.fetch("select action from wf.audit_entries where tenant_id = $1 order by seq", tenant_id)
    return [row["action"] for row in rows]


async def test_a_plan_changes_nothing(bundles: Bundles, superuser: "asyncpg.Connection[asyncpg.Record]") -> None:
    found = await bundles.plan(NORD)
    assert "+ feed cloud: ndjson, aws.cloudtrail" in found
    assert "+ member kim@nord.example as admin" in found
    assert await superuser.fetchval("select count(*) from auth.tenants") == 0


async def test_a_new_tenant_is_onboarded_whole(
    bundles: Bundles, superuser: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    changes = await bundles.apply(NORD)
    assert changes
    assert {change[0] for change in changes} == {"+"}
    async with directory_tx(bundles.installation.app) as tx:
        assert await bundles.id() in await active_tenants(tx)
    assert sorted((token.feed, token.door) for token in bundles.tokens) == [("cloud", "ndjson"), ("windows", "hec")]
    steps = await superuser.fetch("select step from auth.tenant_steps order by done_at, step")
    assert {row["step"] for row in steps} == {"key", "configure", "admit", "open"}
    current = await read_current(bundles.installation, bundles.placed(NORD).bundle)
    assert current.record is not None
    assert [contact.email for contact in current.record.contacts] == ["kim@nord.example"]
    assert current.record.settings.chat.detail == "masked"


async def test_applying_again_changes_nothing_and_issues_no_token(
    bundles: Bundles, superuser: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    await bundles.apply(NORD)
    entries = await superuser.fetchval("select count(*) from wf.audit_entries")
    assert await bundles.plan(NORD) == []
    assert await bundles.apply(NORD) == []
    assert len(bundles.tokens) == 2
    assert await superuser.fetchval("select count(*) from wf.audit_entries") == entries


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("Nord AG", "Nord SE", ["~ name: Nord AG -> Nord SE"]),
        ("detail: masked", "detail: ref", ["~ chat.detail: masked -> ref"]),
        ("[gdpr, nis2]", "[nis2]", ["~ frameworks: gdpr, nis2 -> nis2"]),
        ("[gdpr, nis2]", "[nis2, gdpr]", []),
        (
            "name: Kim, email",
            "name: Kim N, email",
            ["~ contact kim@nord.example: 1. Kim, +49 30 5550100 (incidents) -> 1. Kim N, +49 30 5550100 (incidents)"],
        ),
        ("feeds:\n", "feeds:\n  - {name: linux, door: ndjson}\n", ["+ feed linux: ndjson"]),
        ("  - {name: windows, door: hec}\n", "", ["- feed windows: hec"]),
        ("door: hec}", "door: hec, state: paused}", ["~ feed windows: hec -> hec, paused"]),
        (
            "lee@mssp.example, role: analyst",
            "lee@mssp.example, role: lead",
            ["+ member lee@mssp.example as lead", "- member lee@mssp.example as analyst"],
        ),
        (
            "chat:",
            "sla: {business_hours: {end: '17:00'}}\nchat:",
            ["~ sla.business_hours.end: 18:00 -> 17:00"],
        ),
        (NORD[NORD.index("members:") : NORD.index("chat:")], "", []),
    ],
)
async def test_one_change_of_a_bundle_is_one_item_and_is_made(
    bundles: Bundles, old: str, new: str, expected: list[str]
) -> None:
    await bundles.apply(NORD)
    changed = NORD.replace(old, new)
    assert await bundles.plan(changed) == expected
    assert await bundles.apply(changed) == expected
    assert await bundles.plan(changed) == []


async def test_a_feed_that_is_taken_out_is_closed_and_comes_back_with_a_new_token(bundles: Bundles) -> None:
    await bundles.apply(NORD)
    old = next(token for token in bundles.tokens if token.feed == "windows")
    auth = bundles.installation.auth
    assert (await recognise(auth, parse_feed_token(old.text.reveal()))).name == "windows"
    without = NORD.replace("  - {name: windows, door: hec}\n", "")
    await bundles.apply(without)
    with pytest.raises(TokenRefused, match="disabled"):
        await recognise(auth, parse_feed_token(old.text.reveal()))
    assert await bundles.apply(NORD) == ["~ feed windows: hec, paused -> hec"]
    new = bundles.tokens[-1]
    assert (await recognise(auth, parse_feed_token(new.text.reveal()))).name == "windows"
    with pytest.raises(TokenRefused, match="disabled"):
        await recognise(auth, parse_feed_token(old.text.reveal()))


async def test_a_lost_token_is_replaced_and_an_old_one_may_overlap(bundles: Bundles) -> None:
    await bundles.apply(NORD)
    old = next(token for token in bundles.tokens if token.feed == "windows")
    tenant = await find_tenant(bundles.installation, "nord")
    auth = bundles.installation.auth
    second = await replace_token(bundles.installation, tenant, "windows", keep_old=True)
    assert (await recognise(auth, parse_feed_token(old.text.reveal()))).name == "windows"
    third = await replace_token(bundles.installation, tenant, "windows", keep_old=False)
    for gone in (old, second):
        with pytest.raises(TokenRefused):
            await recognise(auth, parse_feed_token(gone.text.reveal()))
    assert (await recognise(auth, parse_feed_token(third.text.reveal()))).name == "windows"
    with pytest.raises(NotFound, match="no feed of this name"):
        await replace_token(bundles.installation, tenant, "linux", keep_old=False)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (("code: NORD", "code: NRD"), r"nord\.yaml:2:7: The code of nord is NORD\. It stands in references and never"),
        (("door: hec", "door: ndjson"), r"nord\.yaml:9:27: The feed windows has the door hec\. A feed's door never"),
        (("name: Nord AG", "name: Nord AG\nkind: operator"), r"nord\.yaml:4:7: The tenant nord is of kind customer\."),
    ],
)
async def test_what_never_changes_is_refused_at_its_place_and_nothing_is_done(
    bundles: Bundles, superuser: "asyncpg.Connection[asyncpg.Record]", change: tuple[str, str], fault: str
) -> None:
    await bundles.apply(NORD)
    entries = await superuser.fetchval("select count(*) from wf.audit_entries")
    members = NORD.split("members:")[0] if "operator" in change[1] else NORD
    with pytest.raises(BundleFaults, match=fault):
        await bundles.apply(members.replace(*change))
    assert await superuser.fetchval("select count(*) from wf.audit_entries") == entries


async def test_the_operator_cannot_take_a_customers_code(bundles: Bundles) -> None:
    await bundles.apply(NORD)
    operator = "slug: soc\ncode: NORD\nkind: operator\nname: SOC\nlanguage: en\ntime_zone: UTC\n"
    with pytest.raises(Conflict, match="The slug soc or the code NORD is another tenant's"):
        await bundles.apply(operator)
    assert await bundles.apply(operator.replace("NORD", "SOC"))


async def test_a_code_that_is_taken_is_refused_at_its_place(bundles: Bundles) -> None:
    await bundles.apply(NORD)
    with pytest.raises(BundleFaults, match=r"nord\.yaml:2:7: The slug sued or the code NORD is another tenant's\."):
        await bundles.apply(NORD.replace("slug: nord", "slug: sued"))


@pytest.mark.parametrize("state", ["suspended", "offboarding", "offboarded"])
async def test_a_tenant_that_is_not_open_is_left_alone(
    bundles: Bundles, superuser: "asyncpg.Connection[asyncpg.Record]", state: str
) -> None:
    await bundles.apply(NORD)
    await superuser.execute("update auth.tenants set state = $1 where slug = 'nord'", state)
    with pytest.raises(BundleFaults, match=f"The tenant nord is {state}"):
        await bundles.apply(NORD.replace("Nord AG", "Nord SE"))


async def test_each_change_is_audited_where_it_was_made(
    bundles: Bundles, superuser: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    await bundles.apply(NORD)
    tenant_id, operator = await bundles.id(), await ensure_operator(bundles.installation)
    assert await actions(superuser, operator) == ["tenant.register", "tenant.open", "tenant.register"]
    first = await actions(superuser, tenant_id)
    assert first == [
        "tenant.configure",
        "feed.create",
        "feed.create",
        "feed.mint_token",
        "feed.mint_token",
        "member.added",
        "member.added",
        "tenant.open",
    ]
    await bundles.apply(NORD.replace("Nord AG", "Nord SE").replace("lee@", "max@"))
    assert (await actions(superuser, tenant_id))[len(first) :] == [
        "tenant.rename",
        "tenant.configure",
        "member.added",
        "member.removed",
    ]
    for chain in (tenant_id, operator):
        async with tenant_tx(bundles.installation.app, chain) as tx:
            assert (await verify(tx, HeadArchive(bundles.installation.settings.audit_dir), {})).is_sound


async def test_no_personal_data_of_a_bundle_stands_readable_in_the_tenants_tables(
    bundles: Bundles, superuser: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    await bundles.apply(NORD)
    tables = await superuser.fetch("select tablename from pg_tables where schemaname = 'wf'")
    readable = "\n".join(
        [
            row["text"]
            for table in tables
            for row in await superuser.fetch(f"select t::text as text from wf.{table['tablename']} t")
        ]
    )
    assert "NORD" in readable
    assert "kim@" not in readable.lower()
    assert "5550100" not in readable


async def test_a_person_who_is_known_keeps_their_name_and_one_who_is_disabled_gets_no_role(
    bundles: Bundles, superuser: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    await superuser.execute(
        "insert into auth.people (id, email, name, state) values"
        " (gen_random_uuid(), 'kim@nord.example', 'Kim of old', 'active'),"
        " (gen_random_uuid(), 'ex@nord.example', 'Ex', 'disabled')"
    )
    await bundles.apply(NORD)
    assert await superuser.fetchval("select name from auth.people where email = 'kim@nord.example'") == "Kim of old"
    with pytest.raises(Conflict, match="disabled"):
        await bundles.apply(NORD.replace("lee@mssp", "ex@nord"))
    assert "- member lee@mssp.example as analyst" in await bundles.plan(NORD.replace("lee@mssp", "ex@nord"))


async def test_the_operators_bundle_takes_over_the_operator_that_was_there_before(bundles: Bundles) -> None:
    operator = await ensure_operator(bundles.installation)
    assert await ensure_operator(bundles.installation) == operator
    (placed, *_) = read_bundles(DEMO)
    await apply(bundles.installation, placed, issue=bundles.tokens.append, tell=lambda _: None)
    assert await bundles.id(placed.bundle.slug) == operator
    assert (await plan(bundles.installation, placed)).changes == ()


async def test_the_demo_is_onboarded_from_its_bundles_and_then_stays(bundles: Bundles) -> None:
    for _ in range(2):
        for placed in read_bundles(DEMO):
            await apply(bundles.installation, placed, issue=bundles.tokens.append, tell=lambda _: None)
    expected = [(placed.bundle.slug, feed.name) for placed in read_bundles(DEMO) for feed in placed.bundle.feeds]
    assert sorted((token.slug, token.feed) for token in bundles.tokens) == sorted(expected)


async def test_onboarding_that_is_cut_short_anywhere_is_completed_by_the_next_run(
    bundles: Bundles, superuser: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    loop = asyncio.get_running_loop()
    cut_short = 0
    for run in range(60):
        slug, code = f"nord-{run}", f"N{run}"
        text = NORD.replace("slug: nord", f"slug: {slug}").replace("code: NORD", f"code: {code}")
        task = asyncio.create_task(bundles.apply(text))
        # The whole of it takes some 50 ms; the cuts are spread over that.
        loop.call_later(run * 0.0007, task.cancel)
        await asyncio.gather(task, return_exceptions=True)
        cut_short += task.cancelled()
        await bundles.apply(text)
        assert await bundles.plan(text) == []
        assert await superuser.fetchval("select state from auth.tenants where slug = $1", slug) == "active"
        tenant_id = await bundles.id(slug)
        assert (await actions(superuser, tenant_id)).count("feed.create") == 2
        tokens = await superuser.fetchval(
            "select count(*) from auth.feed_tokens where tenant_id = $1 and revoked_at is null", tenant_id
        )
        assert tokens == 2
    assert cut_short >= 20
