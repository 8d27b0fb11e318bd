"""Approvals over the API: the customer's people decide, by a recent login; firewalls pull what was agreed."""

import base64
from typing import Final, LiteralString

import pytest

from tests.api.running import Api
from tests.api.world import Caller, World
from watchfloor.access.roles import Role
from watchfloor.kernel import ids
from watchfloor.kernel.db import directory_tx, tenant_tx
from watchfloor.kernel.ids import ActionId
from watchfloor.normalise.event import Entity
from watchfloor.respond.blocklist.entries import block, unblock

APPROVALS = "/api/v1/tenants/alpha/approvals"
OLD_SESSION: Final[LiteralString] = (
    "update auth.sessions set created_at = now() - interval '8 hours 1 second' where person_id = $1"
)
OLD_LOGIN: Final[LiteralString] = "update auth.logins set at = now() - interval '8 hours 1 second' where person_id = $1"
BLOCKLIST = "/api/v1/tenants/alpha/blocklist"


@pytest.fixture
def approver(api: Api, world: World) -> Caller:
    return api.run(world.caller(world.alpha, Role.APPROVER))


def test_a_customer_approves_what_it_was_shown_and_the_list_says_so(api: Api, world: World, approver: Caller) -> None:
    action, code = api.run(world.action(world.alpha, "isolate_host"))
    voice = approver.by_session(api)
    shown = voice.get(f"{APPROVALS}/{action}").json()
    assert (shown["state"], shown["needs"], shown["code"]) == ("proposed", "It needs a person of the customer.", code)
    assert "No other incident names it." in shown["reach"]
    wrong = f"{code[:-1]}{'0' if code[-1] != '0' else '1'}"
    for seen in (wrong, "9" + code):
        assert voice.post(f"{APPROVALS}/{action}/approve", {"code": seen}).status_code == 409
    answer = voice.post(f"{APPROVALS}/{action}/approve", {"code": code})
    assert answer.status_code == 200
    assert answer.json()["approval"]["state"] == "running"
    assert voice.post(f"{APPROVALS}/{action}/approve", {"code": code}).status_code == 409
    newest = voice.get(f"{APPROVALS}?limit=1").json()["items"][0]
    assert (newest["id"], newest["state"]) == (action, "running")


def test_a_customer_declines_with_a_reason_and_nothing_is_done(api: Api, world: World, approver: Caller) -> None:
    action, code = api.run(world.action(world.alpha, "isolate_host"))
    voice = approver.by_session(api)
    assert voice.post(f"{APPROVALS}/{action}/decline", {"reason": ""}).status_code == 400
    answer = voice.post(f"{APPROVALS}/{action}/decline", {"reason": "The till must stay up."}).json()
    assert (answer["approval"]["state"], answer["approval"]["outcome"]) == ("declined", "The till must stay up.")
    assert voice.post(f"{APPROVALS}/{action}/approve", {"code": code}).status_code == 409


def test_neither_a_key_nor_an_old_login_approves_what_is_destructive(api: Api, world: World, approver: Caller) -> None:
    action, code = api.run(world.action(world.alpha, "isolate_host"))

    async def age(query: LiteralString, caller: Caller) -> None:
        async with directory_tx(api.services.auth) as tx:
            await tx.execute(query, caller.person_id)

    refused = approver.by_key(api).post(f"{APPROVALS}/{action}/approve", {"code": code})
    assert (refused.status_code, "API key" in refused.text) == (403, True)
    api.run(age(OLD_SESSION, approver))
    refused = approver.by_session(api).post(f"{APPROVALS}/{action}/approve", {"code": code})
    assert (refused.status_code, "last eight hours" in refused.text) == (403, True)
    other = api.run(world.caller(world.alpha, Role.APPROVER))
    api.run(age(OLD_LOGIN, other))
    assert other.by_session(api).post(f"{APPROVALS}/{action}/approve", {"code": code}).status_code == 403
    assert other.by_session(api).get(f"{APPROVALS}/{action}").json()["state"] == "proposed"

    async def refusals() -> int:
        async with tenant_tx(api.services.app, world.alpha.id) as tx:
            query = (
                "select count(*) from wf.audit_entries where tenant_id = $1 and action = 'access.refused'"
                " and object_id = $2"
            )
            return await tx.value(int, query, world.alpha.id, action) or 0

    assert api.run(refusals()) == 3


def test_signing_out_ends_the_login_that_destructive_approvals_ask_for(api: Api, world: World) -> None:
    approver = api.run(world.caller(world.alpha, Role.APPROVER))

    async def logins() -> int:
        async with directory_tx(api.services.auth) as tx:
            query = "select count(*) from auth.logins where person_id = $1"
            return await tx.value(int, query, approver.person_id) or 0

    assert api.run(logins()) == 1
    assert approver.by_session(api).request("DELETE", "/api/v1/session").status_code == 204
    assert api.run(logins()) == 0


def test_an_analyst_does_not_stand_in_for_the_customer(api: Api, world: World) -> None:
    action, code = api.run(world.action(world.alpha, "isolate_host"))
    analyst = world.alpha.callers[Role.ANALYST].by_session(api)
    answer = analyst.post(f"{APPROVALS}/{action}/approve", {"code": code})
    assert (answer.status_code, "needs a person of the customer" in answer.text) == (403, True)


def test_firewalls_pull_the_list_with_a_key_as_bearer_or_password_and_save_what_did_not_change(
    api: Api, world: World
) -> None:
    admin = world.alpha.callers[Role.ADMIN]
    action = ActionId(ids.parse("act", world.alpha.names["action"][0]))
    entries = (Entity("ip", "203.0.113.9"), Entity("domain", "bad.example"))

    async def put() -> None:
        async with tenant_tx(api.services.app, world.alpha.id) as tx:
            cipher = await api.services.keyring.cipher(tx)
            for entity in entries:
                assert await block(tx, cipher, entity, action)
                assert not await block(tx, cipher, entity, action)

    async def take() -> None:
        async with tenant_tx(api.services.app, world.alpha.id) as tx:
            assert await unblock(tx, await api.services.keyring.cipher(tx), entries[0])

    api.run(put())
    basic = base64.b64encode(f"firewall:{admin.key}".encode()).decode()
    firewall = api.speak(authorization=f"Basic {basic}")
    full = firewall.get(BLOCKLIST)
    assert (full.status_code, full.text) == (200, "bad.example\n203.0.113.9\n")
    assert full.headers["content-type"].startswith("text/plain")
    assert admin.by_key(api).get(f"{BLOCKLIST}?kind=ip").text == "203.0.113.9\n"
    tag = full.headers["etag"]
    again = firewall.request("GET", BLOCKLIST, headers={"If-None-Match": f'"x", W/{tag}'})
    assert (again.status_code, again.text) == (304, "")
    api.run(take())
    changed = firewall.request("GET", BLOCKLIST, headers={"If-None-Match": tag})
    assert (changed.status_code, changed.text) == (200, "bad.example\n")
    other = world.beta.callers[Role.ADMIN].by_key(api)
    assert other.get("/api/v1/tenants/beta/blocklist").text == ""


def test_a_password_reads_and_never_writes(api: Api, world: World) -> None:
    action, code = api.run(world.action(world.alpha))
    key = world.alpha.callers[Role.ADMIN].key
    voice = api.speak(authorization=f"Basic {base64.b64encode(f'x:{key}'.encode()).decode()}")
    assert voice.get(APPROVALS).status_code == 200
    assert voice.post(f"{APPROVALS}/{action}/approve", {"code": code}).status_code == 401
