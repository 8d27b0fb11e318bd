"""Members: who may give and take what, what is shown of them, and what the log says."""

import pytest

from tests.api.running import Api
from tests.api.world import Caller, World
from watchfloor.access.roles import CUSTOMER_ROLES, MAY_GRANT, STAFF_ROLES, Role
from watchfloor.kernel.ids import new_uuid, show

MEMBERS = "/api/v1/tenants/alpha/members"


@pytest.fixture
def email() -> str:
    return f"new-{new_uuid().hex}@alpha.example"


def add(api: Api, caller: Caller, email: str, role: str, path: str = MEMBERS) -> tuple[int, dict[str, str]]:
    answer = caller.by_session(api).post(path, {"email": email, "role": role})
    return answer.status_code, answer.json()


@pytest.mark.parametrize("role", sorted(CUSTOMER_ROLES))
def test_an_administrator_of_the_customer_gives_the_customer_s_roles(
    api: Api, world: World, email: str, role: Role
) -> None:
    status, member = add(api, world.alpha.callers[Role.ADMIN], email, role)
    assert (status, member["email"], member["role"]) == (201, email, role)


@pytest.mark.parametrize("role", sorted(STAFF_ROLES))
def test_an_administrator_of_the_customer_gives_no_role_of_the_mssp(
    api: Api, world: World, email: str, role: Role
) -> None:
    assert add(api, world.alpha.callers[Role.ADMIN], email, role)[0] == 403


def test_a_lead_brings_the_mssp_s_own_people_in_and_nobody_else(api: Api, world: World, email: str) -> None:
    lead, colleague = world.alpha.callers[Role.LEAD], api.run(world.caller(world.operator, Role.ANALYST))
    assert add(api, lead, email, "analyst")[0] == 403
    assert add(api, lead, colleague.email, "analyst")[0] == 201
    assert colleague.by_session(api).get("/api/v1/tenants/alpha/incidents").status_code == 200


@pytest.mark.parametrize("role", ["lead", "platform_admin", "admin", "viewer"])
def test_a_lead_gives_no_role_that_is_not_below_the_own(api: Api, world: World, role: str) -> None:
    colleague = world.operator.callers[Role.ANALYST]
    assert add(api, world.alpha.callers[Role.LEAD], colleague.email, role)[0] == 403


def test_a_platform_administrator_gives_the_operator_s_roles_in_the_operator_s_tenant(
    api: Api, world: World, email: str
) -> None:
    admin, path = world.operator.callers[Role.PLATFORM_ADMIN], "/api/v1/tenants/mssp/members"
    assert add(api, admin, email, "lead", path)[0] == 201
    assert add(api, admin, email, "viewer", path)[0] == 403
    assert add(api, admin, email, "analyst", MEMBERS)[0] == 404


def test_no_role_gives_itself_a_way_up() -> None:
    reach = {Role.VIEWER: 0, Role.ANALYST: 1, Role.CONTENT_ENGINEER: 1, Role.LEAD: 2, Role.PLATFORM_ADMIN: 3}
    for giver, roles in MAY_GRANT.items():
        assert all(reach.get(role, 0) <= reach.get(giver, 3) for role in roles)


def test_a_member_is_added_once(api: Api, world: World, email: str) -> None:
    admin = world.alpha.callers[Role.ADMIN]
    assert [add(api, admin, address, "viewer")[0] for address in (email, email.upper())] == [201, 409]


@pytest.mark.parametrize(
    "wrong", ["nobody", "a@b@c", "a b@alpha.example", "a@", "@alpha.example", "a\x00@alpha.example", "a@b..example"]
)
def test_an_address_must_be_one(api: Api, world: World, wrong: str) -> None:
    assert add(api, world.alpha.callers[Role.ADMIN], wrong, "viewer")[0] == 400


def test_the_list_shows_addresses_and_roles_but_no_ids_of_people(api: Api, world: World) -> None:
    answer = world.alpha.callers[Role.ADMIN].by_session(api).get(f"{MEMBERS}?limit=200")
    members = {member["email"]: member for member in answer.json()["items"]}
    analyst = world.alpha.callers[Role.ANALYST]
    assert members[analyst.email]["is_staff"] is True
    assert show("per", analyst.person_id) not in answer.text
    assert world.beta.callers[Role.VIEWER].email not in answer.text


def test_an_address_that_another_tenant_knows_is_added_like_any_other(api: Api, world: World, email: str) -> None:
    admin = world.alpha.callers[Role.ADMIN]
    known = api.run(world.caller(world.beta, Role.VIEWER))
    answers = [add(api, admin, address, "viewer") for address in (known.email, email)]
    assert [status for status, _ in answers] == [201, 201]
    assert sorted(answers[0][1]) == sorted(answers[1][1])
    assert answers[0][1]["email"] == known.email


def test_removing_a_member_ends_access_with_the_next_request(api: Api, world: World) -> None:
    person = api.run(world.caller(world.alpha, Role.VIEWER))
    admin = world.alpha.callers[Role.ADMIN].by_session(api)
    listed = admin.get(f"{MEMBERS}?limit=200").json()["items"]
    member = next(item["id"] for item in listed if item["email"] == person.email)
    assert admin.delete(f"{MEMBERS}/{member}").status_code == 204
    assert person.by_session(api).get("/api/v1/tenants/alpha/incidents").status_code == 404
    assert admin.delete(f"{MEMBERS}/{member}").status_code == 404


def test_the_last_administrator_stays(api: Api, world: World) -> None:
    tenant = api.run(world.tenant("gamma", "GAMMA", "customer"))
    admin = api.run(world.caller(tenant, Role.ADMIN))
    path = "/api/v1/tenants/gamma/members"
    (member,) = admin.by_session(api).get(path).json()["items"]
    answer = admin.by_session(api).delete(f"{path}/{member['id']}")
    assert (answer.status_code, answer.json()["detail"]) == (409, "This is the last administrator.")


def test_each_change_stands_in_the_log_with_the_address_sealed_beside_it(api: Api, world: World, email: str) -> None:
    admin = world.alpha.callers[Role.ADMIN]
    _, member = add(api, admin, email, "viewer")
    admin.by_session(api).delete(f"{MEMBERS}/{member['id']}")
    log = admin.by_session(api).get("/api/v1/tenants/alpha/audit/entries?limit=2").json()["items"]
    assert [entry["action"] for entry in log] == ["member.removed", "member.added"]
    assert all(entry["detail"]["email"] == email for entry in log)
    assert all(entry["actor"] == show("per", admin.person_id) for entry in log)


def test_pages_follow_each_other_without_gap_or_repeat(api: Api, world: World) -> None:
    admin = world.alpha.callers[Role.ADMIN].by_session(api)
    whole = [item["id"] for item in admin.get(f"{MEMBERS}?limit=200").json()["items"]]
    found: list[str] = []
    cursor = ""
    while True:
        page = admin.get(f"{MEMBERS}?limit=3{cursor}").json()
        found += [item["id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert found == whole
