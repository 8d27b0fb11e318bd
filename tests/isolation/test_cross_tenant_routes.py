"""Nobody finds out anything about another tenant through any route (R2). How it is tried: `tests/api/attack.py`."""

import random

import pytest

from tests.api.attack import Attack, Findings, plan
from tests.api.running import Api
from tests.api.world import World
from watchfloor.web.declaration import routes


def test_a_sample_of_all_attacks_finds_nothing(api: Api, world: World, caplog: pytest.LogCaptureFixture) -> None:
    attack = Attack(api, world, world.alpha, world.beta)
    attempts = plan(attack, random.Random(1), at_most=1_000)
    findings = attack.run(attempts, caplog)
    assert findings.leaks == []
    tried = {(case.route.method, case.route.path) for _, _, case in attempts}
    assert tried == {
        (route.method, route.path)
        for route in routes(api.app.router)
        if route.access is not None
        and route.access.audience != "public"
        and (route.method == "GET" or "{" in route.path)
    } | {("POST", path) for path in ("/api/v1/platform/keys/revoke", "/api/v1/search", "/api/v1/search/sweep")}


@pytest.mark.slow
def test_ten_thousand_attacks_find_nothing(api: Api, world: World, caplog: pytest.LogCaptureFixture) -> None:
    total = Findings()
    for own, victim in ((world.alpha, world.beta), (world.beta, world.alpha)):
        attack = Attack(api, world, own, victim)
        findings = attack.run(plan(attack, random.Random(2), at_most=3200), caplog)
        total.requests += findings.requests
        total.leaks += findings.leaks
    assert total.leaks == []
    assert total.requests >= 10_000
