"""The rules under the routes, for callers that no route lets through today."""

import msgspec
import pytest

from tests.api.running import Api, serving
from tests.api.world import SYSTEM, World
from tests.conftest import MakeSettings
from watchfloor.access import members
from watchfloor.access.api_keys import issue
from watchfloor.access.people import principal_of, principal_with_email
from watchfloor.access.principal import Membership, Principal
from watchfloor.access.roles import MAY_GRANT, PERMISSIONS_OF, PLATFORM_PERMISSIONS, STAFF_ROLES, Permission, Role
from watchfloor.access.sessions import open_session
from watchfloor.kernel.db import directory_tx, tenant_tx
from watchfloor.kernel.errors import Invalid, NotFound, Refused
from watchfloor.kernel.ids import PersonId, TenantId, new_uuid
from watchfloor.web.cookies import cookie_name

CUSTOMER, OPERATOR = TenantId(new_uuid()), TenantId(new_uuid())


def member(role: Role, *, operator: bool = False) -> Membership:
    return Membership(
        id=new_uuid(),
        tenant_id=OPERATOR if operator else CUSTOMER,
        tenant_slug="mssp" if operator else "alpha",
        tenant_code="MSSP" if operator else "ALPHA",
        tenant_name="M" if operator else "A",
        tenant_kind="operator" if operator else "customer",
        role=role,
    )


def person(*memberships: Membership) -> Principal:
    return Principal(
        kind="person", person_id=PersonId(new_uuid()), name="N", email="n@x.example", memberships=memberships
    )


def test_every_role_has_its_permissions_and_platform_ones_belong_to_the_platform_s_staff_alone() -> None:
    assert PERMISSIONS_OF.keys() == set(Role)
    for role, permissions in PERMISSIONS_OF.items():
        assert (permissions & PLATFORM_PERMISSIONS != frozenset()) == (role is Role.PLATFORM_ADMIN)
    assert set(Permission) == frozenset().union(*PERMISSIONS_OF.values())
    assert MAY_GRANT[Role.ADMIN].isdisjoint(STAFF_ROLES)


def test_a_platform_administrator_is_nobody_in_a_customer_s_tenant() -> None:
    wrong = person(member(Role.PLATFORM_ADMIN))
    assert wrong.roles_in(CUSTOMER) == ()
    with pytest.raises(NotFound):
        wrong.require(CUSTOMER, Permission.MEMBER_MANAGE)
    with pytest.raises(NotFound):
        wrong.find_tenant("alpha")


@pytest.mark.parametrize("role", [Role.VIEWER, Role.APPROVER, Role.ADMIN, Role.PRIVACY_OFFICER])
def test_a_customer_s_role_is_nothing_in_the_operator_s_tenant(role: Role) -> None:
    wrong = person(member(role, operator=True))
    assert not wrong.is_staff
    with pytest.raises(NotFound):
        wrong.operator_tenant()


def test_two_roles_in_a_tenant_give_the_permissions_of_both_and_the_giving_one_is_named() -> None:
    both = person(member(Role.VIEWER), member(Role.PRIVACY_OFFICER))
    assert both.permissions_in(CUSTOMER) == PERMISSIONS_OF[Role.VIEWER] | PERMISSIONS_OF[Role.PRIVACY_OFFICER]
    assert both.require(CUSTOMER, Permission.AUDIT_READ) is Role.PRIVACY_OFFICER
    assert both.actor(CUSTOMER, request_id="r", permission=Permission.AUDIT_READ).role == "privacy_officer"
    assert [tenant.tenant_id for tenant in both.tenants()] == [CUSTOMER]


def test_a_role_without_meaning_in_a_tenant_is_not_given_even_by_who_may_give_it(api: Api, world: World) -> None:
    async def give(tenant_id: TenantId, role: Role) -> None:
        admin = msgspec.structs.replace(member(Role.ADMIN), tenant_id=tenant_id)
        async with tenant_tx(api.services.auth, tenant_id) as tx:
            cipher = await api.services.keyring.cipher(tx)
            await members.add_member(
                tx, SYSTEM, principal=person(admin), cipher=cipher, email="x@x.example", role=role, expires_at=None
            )

    with pytest.raises(Invalid, match="does not exist in a tenant of this kind"):
        api.run(give(world.operator.id, Role.VIEWER))


def test_the_address_of_a_disabled_person_gets_no_role(api: Api, world: World) -> None:
    gone = api.run(world.caller(world.beta, Role.VIEWER))

    async def disable() -> None:
        async with directory_tx(api.services.auth) as tx:
            await tx.execute("update auth.people set state = 'disabled' where id = $1", gone.person_id)

    api.run(disable())
    admin = world.alpha.callers[Role.ADMIN].by_session(api)
    answer = admin.post("/api/v1/tenants/alpha/members", {"email": gone.email, "role": "viewer"})
    assert answer.status_code == 409

    async def look_up(email: str) -> None:
        async with directory_tx(api.services.auth) as tx:
            await principal_with_email(tx, email)

    for email in (gone.email, "no address", "a\x00@x.example"):
        with pytest.raises(NotFound):
            api.run(look_up(email))


async def make_key(api: Api, world: World, *, scopes: frozenset[Permission], days: int) -> issue.IssuedKey:
    lead = world.alpha.callers[Role.LEAD]
    async with directory_tx(api.services.auth) as directory:
        principal = await principal_of(directory, lead.person_id)
    async with tenant_tx(api.services.auth, world.alpha.id) as tx:
        return await issue.create_key(
            tx, SYSTEM, principal=principal, environment="test", name="n", scopes=scopes, days=days
        )


def test_a_key_s_scopes_and_life_are_checked_below_the_route_too(api: Api, world: World) -> None:
    some = frozenset({Permission.ALERT_READ})
    for scopes, days in ((frozenset[Permission](), 1), (some, 0), (some, 366)):
        with pytest.raises(Invalid):
            api.run(make_key(api, world, scopes=scopes, days=days))
    with pytest.raises(Refused):
        api.run(make_key(api, world, scopes=frozenset({Permission.PLATFORM_KEYS}), days=1))
    assert api.run(make_key(api, world, scopes=some, days=365)).scopes == (Permission.ALERT_READ,)


def test_a_key_whose_maker_lost_every_scope_cannot_be_rotated_into_a_new_one(api: Api, world: World) -> None:
    approver = api.run(world.caller(world.alpha, Role.APPROVER))
    made = approver.by_session(api).post(
        "/api/v1/tenants/alpha/keys", {"name": "n", "scopes": ["report.request"], "days": 1}
    )

    async def demote() -> None:
        async with directory_tx(api.services.auth) as tx:
            await tx.execute(
                "update auth.memberships set role = 'content_engineer' where person_id = $1", approver.person_id
            )

    api.run(demote())
    answer = approver.by_session(api).post(f"/api/v1/tenants/alpha/keys/{made.json()['id']}/rotate", {})
    assert answer.status_code == 400


def test_a_leaked_key_is_looked_for_in_its_own_tenant_only(api: Api, world: World) -> None:
    async def revoke() -> None:
        async with tenant_tx(api.services.auth, world.beta.id) as tx:
            await issue.revoke_leaked_key(tx, SYSTEM, key_id=world.alpha.callers[Role.LEAD].key_id)

    with pytest.raises(NotFound):
        api.run(revoke())
    assert world.alpha.callers[Role.LEAD].by_key(api).get("/api/v1/me").status_code == 200


def test_without_an_operator_s_tenant_a_stranger_is_still_refused(make_settings: MakeSettings) -> None:
    person_id = PersonId(new_uuid())
    with serving(make_settings("alone")) as api:

        async def sign_in() -> str:
            async with directory_tx(api.services.auth) as tx:
                query = "insert into auth.people (id, email, name) values ($1, 'n@x.example', 'N')"
                await tx.execute(query, person_id)
                opened = await open_session(tx, person_id, authenticated_by="oidc", user_agent="")
                return opened.id.reveal()

        cookie = f"{cookie_name(api.services.settings)}={api.run(sign_in())}"
        assert api.speak(cookie=cookie).get("/api/v1/tenants/alpha/incidents").status_code == 404
