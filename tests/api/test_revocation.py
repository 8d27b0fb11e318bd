"""Access that is taken away is gone with the next request (R7)."""

from typing import LiteralString

import pytest

from tests.api.running import Api
from tests.api.world import Caller, World
from watchfloor.access.roles import Role
from watchfloor.kernel.db import directory_tx

INCIDENTS = "/api/v1/tenants/alpha/incidents"

TAKEN: dict[str, tuple[LiteralString, int, int]] = {
    "the membership ends": ("delete from auth.memberships where person_id = $1", 404, 401),
    "the membership runs out": ("update auth.memberships set expires_at = now() where person_id = $1", 404, 401),
    "the person is disabled": ("update auth.people set state = 'disabled' where id = $1", 401, 401),
    "the key is revoked": ("update auth.api_keys set revoked_at = now() where created_by = $1", 200, 401),
    "all sessions end": ("delete from auth.sessions where person_id = $1", 401, 200),
}


@pytest.mark.parametrize("way", TAKEN)
def test_it_takes_effect_on_the_next_request(way: str, api: Api, world: World) -> None:
    person = api.run(world.caller(world.alpha, Role.APPROVER))
    assert answers(api, person) == (200, 200)
    statement, by_session, by_key = TAKEN[way]

    async def take_away() -> None:
        async with directory_tx(api.services.auth) as tx:
            await tx.execute(statement, person.person_id)

    api.run(take_away())
    assert answers(api, person) == (by_session, by_key)


@pytest.mark.parametrize("state", ["suspended", "offboarding", "offboarded"])
def test_a_tenant_that_is_not_open_exists_for_nobody(state: str, api: Api, world: World) -> None:
    person = api.run(world.caller(world.alpha, Role.APPROVER))
    staff = api.run(world.caller(world.alpha, Role.ANALYST))

    async def put(new_state: str) -> None:
        async with directory_tx(api.services.auth) as tx:
            await tx.execute("update auth.tenants set state = $1 where id = $2", new_state, world.alpha.id)

    api.run(put(state))
    try:
        assert answers(api, person) == (404, 401)
        assert staff.by_session(api).get(INCIDENTS).status_code == 404
    finally:
        api.run(put("active"))
    assert answers(api, person) == (200, 200)


def answers(api: Api, person: Caller) -> tuple[int, int]:
    return person.by_session(api).get(INCIDENTS).status_code, person.by_key(api).get(INCIDENTS).status_code
