"""API keys: shown once, stored as a hash, never more than their maker, gone at once (I1, I2)."""

from datetime import timedelta

import pytest

from tests.api.running import Api, Voice
from tests.api.world import Caller, World
from watchfloor.access.roles import Permission, Role
from watchfloor.kernel import credentials
from watchfloor.kernel.crypto import fingerprint
from watchfloor.kernel.db import directory_tx, tenant_tx

KEYS = "/api/v1/tenants/alpha/keys"
INCIDENTS = "/api/v1/tenants/alpha/incidents"
REQUEST = {"name": "exporter", "scopes": ["incident.read"], "days": 30}


@pytest.fixture
def approver(api: Api, world: World) -> Caller:
    """A person of Alpha whom only this test knows."""
    return api.run(world.caller(world.alpha, Role.APPROVER))


def bearer(api: Api, text: str) -> Voice:
    return api.speak(authorization=f"Bearer {text}")


def make(api: Api, caller: Caller, **changed: object) -> dict[str, str]:
    answer = caller.by_session(api).post(KEYS, REQUEST | changed)
    assert answer.status_code == 201, answer.text
    made: dict[str, str] = answer.json()
    return made


def change(api: Api, key_id: str, assignment: str) -> None:
    """Changes the stored key, as time would."""

    async def work() -> None:
        async with directory_tx(api.services.auth) as tx:
            query = f"update auth.api_keys set {assignment} where id = $1"
            await tx.execute(query, key_id)  # type: ignore[arg-type, unused-ignore]

    api.run(work())


def test_a_key_is_shown_once_and_kept_as_a_hash(api: Api, approver: Caller) -> None:
    made = make(api, approver)
    listed = approver.by_session(api).get(KEYS)
    assert made["id"] in listed.text
    assert made["key"] not in listed.text

    async def stored() -> bytes | None:
        async with directory_tx(api.services.auth) as tx:
            return await tx.value(bytes, "select secret_hash from auth.api_keys where id = $1", made["id"])

    assert api.run(stored()) == fingerprint(made["key"])


def test_a_key_works_within_its_scopes_only(api: Api, approver: Caller) -> None:
    voice = bearer(api, make(api, approver)["key"])
    assert voice.get(INCIDENTS).status_code == 200
    assert voice.get("/api/v1/tenants/alpha/alerts").status_code == 403
    assert voice.get("/api/v1/me").json()["tenants"][0]["permissions"] == ["incident.read"]


@pytest.mark.parametrize("scope", ["audit.read", "member.manage", "platform.keys", "incident.acknowledge"])
def test_nobody_makes_a_key_that_may_more_than_oneself(api: Api, approver: Caller, scope: str) -> None:
    answer = approver.by_session(api).post(KEYS, REQUEST | {"scopes": ["incident.read", scope]})
    assert (answer.status_code, answer.json()["where"]) == (403, scope)


@pytest.mark.parametrize(
    "wrong",
    [{"days": 0}, {"days": 366}, {"scopes": []}, {"scopes": ["everything"]}, {"name": ""}, {"name": "a\x00b"}],
)
def test_a_key_has_a_name_scopes_and_an_end_within_a_year(api: Api, approver: Caller, wrong: dict[str, object]) -> None:
    assert approver.by_session(api).post(KEYS, REQUEST | wrong).status_code == 400


def test_a_key_cannot_make_keys(api: Api, approver: Caller) -> None:
    assert approver.by_key(api).post(KEYS, REQUEST).status_code == 403


def test_a_key_ends_with_its_life(api: Api, approver: Caller) -> None:
    change(api, approver.key_id, "created_at = now() - interval '2 days', expires_at = now()")
    assert approver.by_key(api).get(INCIDENTS).status_code == 401


def test_a_key_never_does_what_its_maker_may_no_longer(api: Api, world: World, approver: Caller) -> None:
    made = make(api, approver, scopes=["incident.read", "report.request"])

    async def demote() -> None:
        async with directory_tx(api.services.auth) as tx:
            await tx.execute("update auth.memberships set role = 'viewer' where person_id = $1", approver.person_id)

    api.run(demote())
    voice = bearer(api, made["key"])
    assert voice.get(INCIDENTS).status_code == 200
    report = {"incident": world.alpha.names["incident"][0]}
    assert voice.post("/api/v1/tenants/alpha/reports", report).status_code == 403


def test_wrong_keys_are_refused_in_the_same_words(api: Api, approver: Caller) -> None:
    right = make(api, approver)["key"]
    unknown = credentials.mint_api_key("test").text.reveal()
    other_kind = credentials.mint_api_key("live").text.reveal()
    revoked = make(api, approver)
    approver.by_session(api).delete(f"{KEYS}/{revoked['id']}")
    texts = {bearer(api, text).get(INCIDENTS).text for text in (unknown, other_kind, revoked["key"])}
    assert len(texts) == 1
    assert all(text not in texts for text in (right, unknown))


@pytest.mark.parametrize("header", ["Bearer", "Basic d2ZrOg==", "wfk_test", "Bearer wfk_test_x", "Bearer a b", "0"])
def test_what_is_no_key_is_refused_before_the_database_is_asked(api: Api, header: str) -> None:
    assert api.speak(authorization=header).get(INCIDENTS).status_code == 401


def test_a_key_with_one_letter_changed_is_no_key(api: Api, approver: Caller) -> None:
    for place in (10, 20, 40, -1):
        letters = list(approver.key)
        letters[place] = "a" if letters[place] != "a" else "b"
        assert bearer(api, "".join(letters)).get(INCIDENTS).status_code == 401


def test_rotating_makes_a_successor_and_both_work_until_the_overlap_is_over(api: Api, approver: Caller) -> None:
    old = make(api, approver)
    answer = approver.by_session(api).post(f"{KEYS}/{old['id']}/rotate", {"overlap_hours": 2})
    new = answer.json()
    assert answer.status_code == 201
    assert new["scopes"] == old["scopes"]
    assert [bearer(api, key["key"]).get(INCIDENTS).status_code for key in (old, new)] == [200, 200]
    rows = {row["id"]: row for row in approver.by_session(api).get(KEYS).json()["items"]}
    assert rows[new["id"]]["replaces"] == old["id"]
    assert rows[old["id"]]["expires_at"] < rows[new["id"]]["expires_at"]
    change(api, old["id"], "created_at = now() - interval '3 hours', expires_at = now()")
    assert [bearer(api, key["key"]).get(INCIDENTS).status_code for key in (old, new)] == [401, 200]


def test_a_key_without_overlap_ends_with_its_rotation(api: Api, approver: Caller) -> None:
    old = make(api, approver)
    approver.by_session(api).post(f"{KEYS}/{old['id']}/rotate", {"overlap_hours": 0})
    assert bearer(api, old["key"]).get(INCIDENTS).status_code == 401


def test_a_key_is_rotated_once_and_by_its_maker_only(api: Api, world: World, approver: Caller) -> None:
    path = f"{KEYS}/{make(api, approver)['id']}/rotate"
    admin = world.alpha.callers[Role.ADMIN].by_session(api)
    assert admin.post(path, {}).status_code == 403
    assert [approver.by_session(api).post(path, {}).status_code for _ in range(2)] == [201, 409]


def test_one_sees_and_revokes_the_own_keys_and_who_manages_keys_all(api: Api, world: World, approver: Caller) -> None:
    made = make(api, approver)
    analyst, admin = (world.alpha.callers[role].by_session(api) for role in (Role.ANALYST, Role.ADMIN))
    path = f"{KEYS}/{made['id']}"
    assert made["id"] not in analyst.get(KEYS).text
    assert analyst.delete(path).status_code == 404
    assert made["id"] in admin.get(f"{KEYS}?limit=200").text
    assert [admin.delete(path).status_code for _ in range(2)] == [204, 204]
    assert bearer(api, made["key"]).get(INCIDENTS).status_code == 401


def test_a_leaked_key_is_ended_at_once_and_its_tenant_is_told(api: Api, world: World, approver: Caller) -> None:
    made = make(api, approver)
    staff = world.operator.callers[Role.PLATFORM_ADMIN]
    answer = staff.by_session(api).post("/api/v1/platform/keys/revoke", {"key_id": made["id"]})
    assert answer.status_code == 204
    assert bearer(api, made["key"]).get(INCIDENTS).status_code == 401

    async def told() -> list[str]:
        async with tenant_tx(api.services.app, world.alpha.id) as tx:
            outbox = "select convert_from(payload, 'UTF8') from wf.outbox where topic = 'key.revoked' and key = $1"
            return await tx.values(str, outbox, made["id"])

    (message,) = api.run(told())
    assert "found outside" in message
    log = world.alpha.callers[Role.ADMIN].by_session(api).get("/api/v1/tenants/alpha/audit/entries?limit=5").json()
    entry = next(item for item in log["items"] if item["object"] == made["id"])
    assert (entry["action"], entry["as_role"]) == ("key.revoked", "platform_admin")


def test_an_unknown_leaked_key_is_not_found(api: Api, world: World) -> None:
    staff = world.operator.callers[Role.PLATFORM_ADMIN].by_session(api)
    assert staff.post("/api/v1/platform/keys/revoke", {"key_id": "00000000"}).status_code == 404


def test_the_last_use_of_a_key_is_noted_once_a_minute(api: Api, approver: Caller) -> None:
    async def age() -> timedelta | None:
        async with directory_tx(api.services.auth) as tx:
            return await tx.value(
                timedelta, "select now() - last_used_at from auth.api_keys where id = $1", approver.key_id
            )

    assert api.run(age()) is None
    approver.by_key(api).get(INCIDENTS)
    change(api, approver.key_id, "last_used_at = now() - interval '30 seconds'")
    approver.by_key(api).get(INCIDENTS)
    assert (api.run(age()) or timedelta()) > timedelta(seconds=29)
    change(api, approver.key_id, "last_used_at = now() - interval '61 seconds'")
    approver.by_key(api).get(INCIDENTS)
    assert (api.run(age()) or timedelta()) < timedelta(seconds=29)


def test_a_staff_key_of_the_operator_reaches_its_maker_s_tenants_and_no_other(api: Api, world: World) -> None:
    analyst = api.run(world.caller(world.operator, Role.ANALYST))
    assert analyst.by_key(api).get(INCIDENTS).status_code == 404
    api.run(world.add_role(world.alpha, analyst.person_id, Role.ANALYST))
    assert analyst.by_key(api).get(INCIDENTS).status_code == 200
    assert analyst.by_key(api).get("/api/v1/tenants/beta/incidents").status_code == 404


def test_a_customer_s_key_reaches_that_customer_alone(api: Api, world: World) -> None:
    both = api.run(world.caller(world.alpha, Role.APPROVER))
    api.run(world.add_role(world.beta, both.person_id, Role.APPROVER))
    assert both.by_session(api).get("/api/v1/tenants/beta/incidents").status_code == 200
    assert both.by_key(api).get("/api/v1/tenants/beta/incidents").status_code == 404


def test_a_scope_that_no_longer_exists_gives_nothing(api: Api, approver: Caller) -> None:
    change(api, approver.key_id, "scopes = array['incident.read', 'gone.for.good']")
    permissions = approver.by_key(api).get("/api/v1/me").json()["tenants"][0]["permissions"]
    assert permissions == [Permission.INCIDENT_READ]
    assert approver.by_session(api).get(KEYS).status_code == 200
