"""The customer's own log shows every visit of the MSSP's people and every refused attempt (A1)."""

from tests.api.running import Api
from tests.api.world import Caller, TenantWorld, World
from watchfloor.access.roles import Role
from watchfloor.kernel.db import tenant_tx
from watchfloor.kernel.ids import show

Entry = tuple[str, str, str]


def entries(api: Api, tenant: TenantWorld, caller: Caller, action: str) -> list[list[str]]:
    """What the tenant's log holds of the caller: role, kind of object, object."""

    async def work() -> list[list[str]]:
        async with tenant_tx(api.services.app, tenant.id) as tx:
            return await tx.values(
                list[str],
                "select array[as_role, object_kind, object_id] from wf.audit_entries where tenant_id = $1"
                " and actor_id in ($2, $3) and action = $4 order by seq",
                tenant.id,
                show("per", caller.person_id),
                caller.key_id,
                action,
            )

    return api.run(work())


def test_staff_who_look_are_written_down_once_for_each_object(api: Api, world: World) -> None:
    analyst = api.run(world.caller(world.alpha, Role.ANALYST))
    incident = world.alpha.names["incident"][0]
    for _ in range(3):
        analyst.by_session(api).get("/api/v1/tenants/alpha/incidents")
        analyst.by_session(api).get(f"/api/v1/tenants/alpha/incidents/{incident}")
    assert entries(api, world.alpha, analyst, "access.viewed") == [
        ["analyst", "incident", "list"],
        ["analyst", "incident", incident],
    ]


def test_a_visit_by_key_is_written_down_under_the_key(api: Api, world: World) -> None:
    analyst = api.run(world.caller(world.alpha, Role.ANALYST))
    analyst.by_key(api).get("/api/v1/tenants/alpha/members")
    assert entries(api, world.alpha, analyst, "access.viewed") == [["analyst", "member", "list"]]


def test_staff_with_a_customer_s_role_are_still_the_mssp_s(api: Api, world: World) -> None:
    person = api.run(world.caller(world.operator, Role.ANALYST))
    api.run(world.add_role(world.alpha, person.person_id, Role.VIEWER))
    person.by_session(api).get("/api/v1/tenants/alpha/incidents")
    assert entries(api, world.alpha, person, "access.viewed") == [["viewer", "incident", "list"]]


def test_looking_at_what_does_not_exist_leaves_no_visit(api: Api, world: World) -> None:
    analyst = api.run(world.caller(world.alpha, Role.ANALYST))
    analyst.by_session(api).get(f"/api/v1/tenants/alpha/incidents/{world.beta.names['incident'][0]}")
    assert entries(api, world.alpha, analyst, "access.viewed") == []


def test_the_customer_s_own_people_are_not_visitors(api: Api, world: World) -> None:
    viewer = api.run(world.caller(world.alpha, Role.VIEWER))
    viewer.by_session(api).get("/api/v1/tenants/alpha/incidents")
    assert entries(api, world.alpha, viewer, "access.viewed") == []


def test_the_mssp_in_its_own_tenant_is_no_visitor(api: Api, world: World) -> None:
    analyst = api.run(world.caller(world.operator, Role.ANALYST))
    analyst.by_session(api).get("/api/v1/tenants/mssp/incidents")
    assert entries(api, world.operator, analyst, "access.viewed") == []


def test_a_member_without_the_permission_is_written_into_the_tenant_s_log(api: Api, world: World) -> None:
    viewer = api.run(world.caller(world.alpha, Role.VIEWER))
    viewer.by_session(api).get("/api/v1/tenants/alpha/members")
    assert entries(api, world.alpha, viewer, "access.refused") == [
        ["viewer", "route", "GET /api/v1/tenants/{tenant}/members"]
    ]


def test_a_stranger_is_written_into_the_operator_s_log_whether_the_tenant_exists_or_not(api: Api, world: World) -> None:
    viewer = api.run(world.caller(world.alpha, Role.VIEWER))
    for tenant in (world.beta.shown, "beta", "nowhere", "%00"):
        viewer.by_session(api).get(f"/api/v1/tenants/{tenant}/members")
    refusals = entries(api, world.operator, viewer, "access.refused")
    assert refusals == [["none", "route", "GET /api/v1/tenants/{tenant}/members"]] * 4
    assert entries(api, world.beta, viewer, "access.refused") == []


def test_a_refusal_inside_a_command_is_written_down_though_the_command_is_undone(api: Api, world: World) -> None:
    admin = api.run(world.caller(world.alpha, Role.ADMIN))
    member = {"email": "somebody@mssp.example", "role": "analyst"}
    assert admin.by_session(api).post("/api/v1/tenants/alpha/members", member).status_code == 403
    assert entries(api, world.alpha, admin, "access.refused") == [
        ["admin", "route", "POST /api/v1/tenants/{tenant}/members"]
    ]
