"""Evidence over HTTP: the numbers are those of the engine, each opens into its list, and the file is harmless."""

import csv
import io
from typing import Final

from tests.api.running import Api
from tests.api.world import World
from watchfloor.access.roles import Role
from watchfloor.controls.library import shipped
from watchfloor.controls.sheet import COLUMNS

BASE: Final = "/api/v1/tenants/alpha"
PERIOD: Final = "from=2026-03-01&to=2026-04-01"


def test_every_framework_is_listed_and_every_number_opens_into_its_list(api: Api, world: World) -> None:
    viewer = world.alpha.callers[Role.VIEWER].by_session(api)
    listed = viewer.get(f"{BASE}/controls").json()
    assert [one["id"] for one in listed] == [one.id for one in shipped().frameworks]
    found = viewer.get(f"{BASE}/controls/iso27001-2022?{PERIOD}").json()
    assert (found["period"]["first"], found["period"]["until"]) == ("2026-03-01", "2026-04-01")
    assert sum(found["counts"].values()) == len(found["controls"])
    rows = [row for control in found["controls"] for row in control["rows"] if row["denominator"] is not None]
    assert rows
    row = next(row for row in rows if row["evidence_kind"] == "E14")
    assert row["population_query_id"] == "entries.E14.accounts"
    drawn = viewer.get(f"{BASE}/controls/populations/E14/accounts?{PERIOD}").json()
    assert [one["id"] for one in drawn["members"]["items"]] == row["sample_ids"]
    entry = viewer.get(f"{BASE}/evidence/entries/{row['sample_ids'][0]}").json()
    assert (entry["numerator"], entry["denominator"]) == (row["numerator"], row["denominator"])
    assert entry["by"] in {one["by"] for one in found["entries"]}


def test_the_file_has_the_same_rows_and_no_cell_that_a_spreadsheet_runs(api: Api, world: World) -> None:
    viewer = world.alpha.callers[Role.VIEWER].by_session(api)
    found = viewer.get(f"{BASE}/controls/pci-dss-4.0.1?{PERIOD}").json()
    answer = viewer.get(f"{BASE}/controls/pci-dss-4.0.1/csv?{PERIOD}&language=de")
    assert answer.headers["content-type"].startswith("text/csv")
    heading, *lines = csv.reader(io.StringIO(answer.text, newline=""))
    assert tuple(heading) == COLUMNS
    rows = [(control["control"], row) for control in found["controls"] for row in control["rows"]]
    assert [(line[1], line[5], line[13]) for line in lines] == [
        (control, row["metric"], row["result"]) for control, row in rows
    ]
    assert not [cell for line in lines for cell in line if cell[:1] in ("=", "+", "-", "@", "\t", "\r")]


def test_an_entry_counts_until_it_is_withdrawn_and_its_document_is_what_was_given(api: Api, world: World) -> None:
    officer = world.alpha.callers[Role.PRIVACY_OFFICER].by_session(api)
    stated = {
        "kind": "E23",
        "metric": "exercise_age",
        "first": "2026-03-01",
        "until": "2026-04-01",
        "happened_on": "2026-03-30",
        "note": "=1+1 was said at the exercise",
    }
    made = officer.post(f"{BASE}/evidence/entries", stated)
    assert made.status_code == 201
    name = made.json()["id"]
    numbers = officer.get(f"{BASE}/controls/populations/E23/exercise_age?{PERIOD}").json()
    assert (numbers["value"], [one["id"] for one in numbers["members"]["items"]]) == (1, [name])
    assert officer.post(f"{BASE}/evidence/entries/{name}/withdraw", {}).status_code == 200
    assert officer.post(f"{BASE}/evidence/entries/{name}/withdraw", {}).status_code == 409
    gone = officer.get(f"{BASE}/controls/populations/E23/exercise_age?{PERIOD}").json()
    assert (gone["value"], gone["members"]["items"]) == (None, [])
    assert officer.get(f"{BASE}/evidence/entries/{name}").json()["withdrawn_at"] is not None
    kept = world.alpha.names["entry"][0]
    assert officer.get(f"{BASE}/evidence/entries/{kept}/document").content == world.alpha.canary.encode()


def test_a_number_may_be_tightened_and_never_loosened(api: Api, world: World) -> None:
    admin = world.alpha.callers[Role.ADMIN].by_session(api)
    own = f"{BASE}/evidence/thresholds"
    assert admin.post(own, {"kind": "E25", "metric": "restore_age", "number": 30}).status_code == 200
    assert admin.post(own, {"kind": "E25", "metric": "restore_age", "number": 91}).status_code == 400
    assert admin.post(own, {"kind": "E06", "metric": "triage_p50", "number": 5}).status_code == 400
    assert ("E25", 30) in [(one["kind"], one["number"]) for one in admin.get(own).json()]
    assert admin.post(own, {"kind": "E25", "metric": "restore_age", "number": 90}).status_code == 200
    assert "E25" not in [one["kind"] for one in admin.get(own).json()]


def test_wrong_questions_are_answered_with_what_is_wrong(api: Api, world: World) -> None:
    viewer = world.alpha.callers[Role.VIEWER].by_session(api)
    for path, status in (
        (f"controls/no-such?{PERIOD}", 404),
        ("controls/soc2?from=2026-04-01&to=2026-03-01", 400),
        ("controls/soc2?from=2020-01-01&to=2026-03-01", 400),
        ("controls/soc2?from=2090-01-01&to=2090-02-01", 400),
        (f"controls/populations/E99/x?{PERIOD}", 404),
        (f"controls/soc2?{PERIOD}&from=yesterday", 400),
    ):
        assert viewer.get(f"{BASE}/{path}").status_code == status, path
