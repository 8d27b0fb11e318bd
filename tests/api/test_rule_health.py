"""Rule health over HTTP: one's own tenant, or all that one may see; staff who look are written down."""

from datetime import UTC, datetime
from typing import Final

from tests.api.running import Api
from tests.api.test_visits import entries
from tests.api.world import NOON, World
from watchfloor.access.roles import Role

DAYS: Final = f"days={min(400, (datetime.now(UTC) - NOON).days + 10)}"
ACROSS: Final = f"/api/v1/rules/health?{DAYS}"
IN_ALPHA: Final = f"/api/v1/tenants/alpha/rules/health?{DAYS}"


def test_a_customer_sees_its_own_rules_only(api: Api, world: World) -> None:
    viewer = world.alpha.callers[Role.VIEWER].by_session(api)
    own = viewer.get(IN_ALPHA).json()
    assert own["tenants"] == ["alpha"]
    assert own["total"] >= len(own["rules"]) > 0
    for one in own["rules"]:
        assert (one["throttled_in"], one["share_of_time"]) == (0, None)
        assert world.beta.canary not in one["title"]
    assert (own["rules"][0]["tenants"], own["rules"][0]["matches"] > 0) == (1, True)
    across = viewer.get(ACROSS).json()
    assert (across["tenants"], across["rules"]) == (["alpha"], own["rules"])
    assert viewer.get("/api/v1/tenants/beta/rules/health").status_code == 404


def test_staff_see_the_tenants_that_they_work_for_and_are_written_down(api: Api, world: World) -> None:
    analyst = api.run(world.caller(world.alpha, Role.ANALYST))
    assert analyst.by_session(api).get(ACROSS).json()["tenants"] == ["alpha"]
    api.run(world.add_role(world.beta, analyst.person_id, Role.ANALYST))
    assert analyst.by_session(api).get(ACROSS).json()["tenants"] == ["alpha", "beta"]
    for tenant in (world.alpha, world.beta):
        assert entries(api, tenant, analyst, "access.viewed") == [["analyst", "rule", "health"]]


def test_who_works_for_no_customer_sees_nothing(api: Api, world: World) -> None:
    admin = world.operator.callers[Role.PLATFORM_ADMIN].by_session(api)
    assert admin.get(ACROSS).json()["tenants"] == []


def test_a_key_without_the_scope_sees_nothing(api: Api, world: World) -> None:
    person = api.run(world.caller(world.alpha, Role.APPROVER))
    made = person.by_session(api).request(
        "POST", "/api/v1/tenants/alpha/keys", json={"name": "narrow", "scopes": ["incident.read"], "days": 1}
    )
    narrow = api.speak(authorization=f"Bearer {made.json()['key']}")
    assert narrow.get(ACROSS).json()["tenants"] == []
    assert narrow.get(IN_ALPHA).status_code == 403


def test_the_question_is_bounded(api: Api, world: World) -> None:
    viewer = world.alpha.callers[Role.VIEWER].by_session(api)
    for wrong in ("days=0", "days=401", "limit=0", "limit=5001"):
        assert viewer.get(f"/api/v1/rules/health?{wrong}").status_code == 400
    some = viewer.get(f"{ACROSS}&limit=1").json()
    assert len(some["rules"]) == 1
