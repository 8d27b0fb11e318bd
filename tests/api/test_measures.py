"""The figures of a period through the API: equal to what the database says, for who may see them."""

from typing import Final

from tests.api.running import Api
from tests.api.world import World
from watchfloor.access.roles import Role
from watchfloor.kernel.db import tenant_tx

MONTH: Final = "from=2026-03-01&to=2026-04-01"
IN_ALPHA: Final = "/api/v1/tenants/alpha/measures"


def test_figures_equal_the_rows_of_the_database(api: Api, world: World) -> None:
    viewer = world.alpha.callers[Role.VIEWER].by_session(api)
    answer = viewer.get(IN_ALPHA).json()

    async def count() -> tuple[int | None, int | None]:
        async with tenant_tx(world.services.app, world.alpha.id) as tx:
            incidents = "select count(*) from wf.incidents where tenant_id = $1 and merged_into is null"
            alerts = "select count(*) from wf.alerts where tenant_id = $1"
            return await tx.value(int, incidents, tx.tenant_id), await tx.value(int, alerts, tx.tenant_id)

    measures = {one["id"]: one for one in answer["measures"]}
    assert (measures["incidents"]["value"], measures["alerts"]["value"]) == api.run(count())
    assert measures["time.triage"]["definition"].startswith("From the first alert until an analyst first worked")
    assert {measures[name]["unit"] for name in ("events", "time.triage", "coverage.seen")} == {
        "count",
        "seconds",
        "share",
    }
    assert answer["period"]["time_zone"]


def test_each_figure_leads_to_its_records_page_by_page(api: Api, world: World) -> None:
    viewer = world.alpha.callers[Role.VIEWER].by_session(api)
    found: list[str] = []
    cursor = ""
    while True:
        page = viewer.get(f"{IN_ALPHA}/incidents/records?limit=2{cursor}").json()
        found += [one["id"] for one in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    measures = {one["id"]: one for one in viewer.get(IN_ALPHA).json()["measures"]}
    assert len(found) == len(set(found)) == measures["incidents"]["value"]
    assert world.alpha.names["incident"][0] in found
    assert viewer.get(f"{IN_ALPHA}/alerts/records?limit=1&cursor={cursor[8:]}").status_code == 400
    assert viewer.get(f"{IN_ALPHA}/no-such/records").status_code == 404


def test_a_period_that_makes_no_sense_is_refused(api: Api, world: World) -> None:
    viewer = world.alpha.callers[Role.VIEWER].by_session(api)
    for wrong in ("from=2026-04-01&to=2026-03-01", "from=March", "from=2020-01-01&to=2026-01-01", "from=0001-01-01"):
        assert viewer.get(f"{IN_ALPHA}?{wrong}").status_code == 400


def test_entries_of_the_audit_log_are_listed_for_who_may_read_it(api: Api, world: World) -> None:
    path = f"{IN_ALPHA}/access.views/records?{MONTH}"
    assert world.alpha.callers[Role.VIEWER].by_session(api).get(path).status_code == 403
    assert world.alpha.callers[Role.ADMIN].by_session(api).get(path).status_code == 200
    assert world.beta.callers[Role.ADMIN].by_session(api).get(path).status_code == 404
