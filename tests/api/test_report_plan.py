"""A customer's administrator says which reports come by themselves and who hears of them; others do not."""

import pytest

from tests.api.running import Api, Voice
from tests.api.world import World
from watchfloor.access.roles import Role
from watchfloor.kernel import ids
from watchfloor.reporting.delivery.letter import link_to

BASE = "/api/v1/tenants/beta"
PLAN = {
    "schedules": [
        {"report": "service", "day": 3, "languages": ["de"]},
        {"report": "controls", "framework": "nis2-art21"},
    ],
    "recipients": [{"email": "Kim@beta.example", "reports": ["service", "controls"]}],
}


@pytest.fixture
def admin(api: Api, world: World) -> Voice:
    """Beta's administrator."""
    return api.run(world.caller(world.beta, Role.ADMIN)).by_session(api)


def test_a_plan_is_kept_and_says_when_it_is_next(admin: Voice) -> None:
    answer = admin.post(f"{BASE}/report-plan", PLAN)
    assert answer.status_code == 200
    kept = answer.json()
    assert [(one["report"], one["every"], one["day"]) for one in kept["schedules"]] == [
        ("controls", "quarter", 1),
        ("service", "month", 3),
    ]
    assert kept["recipients"] == [{"email": "kim@beta.example", "reports": ["service", "controls"]}]
    assert all(one["next_due_at"].endswith("Z") for one in kept["schedules"])
    assert admin.get(f"{BASE}/report-plan").json() == kept
    assert admin.post(f"{BASE}/report-plan", {}).json() == {"schedules": [], "recipients": []}


def test_viewers_see_when_reports_come_and_nobodys_address(api: Api, world: World, admin: Voice) -> None:
    admin.post(f"{BASE}/report-plan", PLAN)
    viewer = api.run(world.caller(world.beta, Role.VIEWER)).by_session(api)
    seen = viewer.get(f"{BASE}/report-plan").json()
    assert [one["report"] for one in seen["schedules"]] == ["controls", "service"]
    assert seen["recipients"] is None
    assert "kim@" not in viewer.get(f"{BASE}/report-plan").text
    assert viewer.post(f"{BASE}/report-plan", {}).status_code == 403
    lead = api.run(world.caller(world.beta, Role.LEAD)).by_session(api)
    assert lead.post(f"{BASE}/report-plan", {}).status_code == 200


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"schedules": [{"report": "controls"}]}, "needs a framework"),
        ({"schedules": [{"report": "service", "framework": "nis2-art21"}]}, "has no framework"),
        ({"schedules": [{"report": "controls", "framework": "none"}]}, "no framework none"),
        ({"schedules": [{"report": "service"}, {"report": "service"}]}, "same report"),
        ({"schedules": [{"report": "service", "languages": ["xx"]}]}, "no reports in xx"),
        ({"schedules": [{"report": "breach_notice"}]}, "schedules[0].report"),
        ({"schedules": [{"report": "service", "day": 29}]}, "28"),
        (
            {"recipients": [{"email": "kim@beta.example\r\nBcc: x@y.example", "reports": ["service"]}]},
            "no e-mail address",
        ),
        ({"recipients": [{"email": "kim@beta.example", "reports": ["breach_notice"]}]}, "recipients[0].reports[0]"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(admin: Voice, body: dict[str, object], said: str) -> None:
    answer = admin.post(f"{BASE}/report-plan", body)
    assert answer.status_code in (400, 404, 422)
    assert said in answer.text


def test_mails_of_a_report_are_listed_and_asked_for(api: Api, world: World, admin: Voice) -> None:
    admin.post(f"{BASE}/report-plan", PLAN)
    period = {"kind": "service", "period_from": "2026-10-01", "period_to": "2026-11-01"}
    report = admin.post(f"{BASE}/reports", period).json()["report"]
    assert admin.get(f"{BASE}/reports/{report}/mails").json() == {"items": []}
    (mail,) = admin.post(f"{BASE}/reports/{report}/mails").json()["items"]
    assert (mail["email"], mail["state"], mail["sent_at"]) == ("kim@beta.example", "due", None)
    assert mail in admin.get(f"{BASE}/report-mails").json()["items"]
    assert len(admin.post(f"{BASE}/reports/{report}/mails").json()["items"]) == 1
    stranger = api.run(world.caller(world.alpha, Role.ADMIN)).by_session(api)
    assert stranger.get(f"/api/v1/tenants/alpha/reports/{report}/mails").status_code == 404
    admin.post(f"{BASE}/report-plan", {})


def test_the_link_of_a_mail_leads_whoever_may_read_the_report_to_it_and_nobody_else(
    api: Api, world: World, admin: Voice
) -> None:
    period = {"kind": "service", "period_from": "2026-09-01", "period_to": "2026-10-01"}
    report = admin.post(f"{BASE}/reports", period).json()["report"]
    link = link_to("", world.beta.id, ids.parse("rpt", report))
    viewer = api.run(world.caller(world.beta, Role.VIEWER)).by_session(api)
    assert viewer.get(link).status_code == 409  # found, and not made yet
    stranger = api.run(world.caller(world.alpha, Role.ADMIN)).by_session(api)
    assert stranger.get(link).status_code == 404
    assert api.speak().get(link).status_code == 401


def test_nobody_is_told_of_documents_of_breach_cases(admin: Voice) -> None:
    period = {"kind": "breach_register", "period_from": "2026-01-01", "period_to": "2026-10-01"}
    report = admin.post(f"{BASE}/reports", period).json()["report"]
    answer = admin.post(f"{BASE}/reports/{report}/mails")
    assert answer.status_code in (400, 422)
    assert "Nothing about breach cases goes by mail." in answer.text
