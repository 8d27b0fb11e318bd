"""Cursors are signed for one list of one tenant (R6)."""

import base64

import pytest

from tests.api.running import Api
from tests.api.world import World
from watchfloor.access.roles import Role
from watchfloor.kernel.errors import Invalid
from watchfloor.kernel.ids import TenantId, new_uuid
from watchfloor.web.cursors import ById, ByText, Cursors

CURSORS = Cursors(bytes(range(32)))
TENANT = TenantId(new_uuid())
LISTS = ["incidents", "alerts", "quarantine", "reports", "members", "keys", "audit/entries"]


def test_a_cursor_leads_back_to_its_place() -> None:
    place = ById(new_uuid())
    assert CURSORS.read(TENANT, "list", CURSORS.make(TENANT, "list", place), ById) == place


def test_a_cursor_of_another_tenant_or_list_or_key_is_none() -> None:
    cursor = CURSORS.make(TENANT, "list", ById(new_uuid()))
    readings = [
        (CURSORS, TenantId(new_uuid()), "list"),
        (CURSORS, TENANT, "other"),
        (Cursors(bytes(range(1, 33))), TENANT, "list"),
    ]
    for cursors, tenant, name in readings:
        with pytest.raises(Invalid):
            cursors.read(tenant, name, cursor, ById)


def test_every_changed_bit_is_noticed() -> None:
    raw = base64.urlsafe_b64decode(CURSORS.make(TENANT, "list", ByText("place")) + "==")
    for bit in range(8 * len(raw)):
        changed = bytearray(raw)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(Invalid):
            CURSORS.read(TENANT, "list", base64.urlsafe_b64encode(changed).decode(), ByText)


@pytest.mark.parametrize("text", ["", "x", "=", "\x00", "ü", "A" * 512, "A" * 5])
def test_what_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        CURSORS.read(TENANT, "list", text, ById)


@pytest.mark.parametrize("name", LISTS)
def test_a_foreign_cursor_is_a_bad_request(name: str, api: Api, world: World) -> None:
    for tenant in (world.alpha, world.beta):
        for _ in range(2):
            api.run(world.report(tenant))
    admin = {tenant.slug: tenant.callers[Role.LEAD].by_session(api) for tenant in (world.alpha, world.beta)}
    cursor = admin["beta"].get(f"/api/v1/tenants/beta/{name}?limit=1").json()["next_cursor"]
    assert cursor is not None
    assert admin["beta"].get(f"/api/v1/tenants/beta/{name}?limit=1&cursor={cursor}").status_code == 200
    foreign = admin["alpha"].get(f"/api/v1/tenants/alpha/{name}?limit=1&cursor={cursor}")
    nonsense = admin["alpha"].get(f"/api/v1/tenants/alpha/{name}?limit=1&cursor=nonsense")
    assert foreign.status_code == 400
    assert foreign.text == nonsense.text


@pytest.mark.parametrize("name", LISTS)
def test_pages_follow_each_other_without_gap_or_repeat(name: str, api: Api, world: World) -> None:
    for _ in range(3):
        api.run(world.report(world.alpha))
    lead = world.alpha.callers[Role.LEAD].by_session(api)
    path = f"/api/v1/tenants/alpha/{name}"
    lead.get(path)
    found: list[object] = []
    cursor = ""
    while True:
        page = lead.get(f"{path}?limit=2{cursor}").json()
        assert len(page["items"]) <= 2
        found += [item.get("id", item.get("number")) for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert len(found) >= 2
    assert len(set(found)) == len(found)
    whole = [item.get("id", item.get("number")) for item in lead.get(f"{path}?limit=200").json()["items"]]
    assert found[: len(whole)] == whole
