"""Limits are exact over all processes, and shut for credentials when they cannot be counted (I8)."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable
from typing import Final, cast

import msgspec
import pytest
from redis.asyncio import Redis

from tests.api.running import UNLIMITED, serving
from tests.api.world import World
from tests.conftest import MakeSettings, Servers
from watchfloor.access import limits
from watchfloor.access.limits import Limit, Limiter, LimitReached, LocalLimiter
from watchfloor.access.roles import Role
from watchfloor.kernel.credentials import mint_api_key
from watchfloor.kernel.errors import Unavailable
from watchfloor.kernel.valkey import connect
from watchfloor.web.identify import address_of

WORKERS: Final = 8


@pytest.fixture
async def clients(servers: Servers) -> AsyncGenerator[list[Redis]]:
    """Connections of as many processes."""
    found = [connect(servers.settings) for _ in range(WORKERS)]
    yield found
    for client in found:
        await client.aclose()


async def admitted(limiter: Limiter, limit: Limit, key: str, requests: int) -> int:
    count = 0
    for _ in range(requests):
        try:
            await limiter.take(limit, key)
        except LimitReached:
            continue
        count += 1
    return count


@pytest.mark.parametrize("requests", [60, pytest.param(1000, marks=pytest.mark.slow)])
async def test_eight_workers_together_let_through_exactly_the_limit(clients: list[Redis], requests: int) -> None:
    limit = Limit(name=f"exact-{requests}", count=100, seconds=600)
    counts = await asyncio.gather(*(admitted(Limiter(client), limit, "one", requests) for client in clients))
    assert sum(counts) == limit.count


async def test_there_is_room_again_when_the_oldest_is_a_window_old(valkey: Redis) -> None:
    limit, limiter = Limit(name="window", count=3, seconds=60), Limiter(valkey)
    assert await admitted(limiter, limit, "k", 5) == 3
    with pytest.raises(LimitReached) as reached:
        await limiter.take(limit, "k")
    assert 58 <= reached.value.retry_after_seconds <= 60
    oldest = int(await cast("Awaitable[bytes]", valkey.lindex("wf:limit:window:k", -1)))
    await cast("Awaitable[str]", valkey.lset("wf:limit:window:k", -1, str(oldest - 60_000_000)))
    assert await admitted(limiter, limit, "k", 5) == 1


async def test_limits_and_keys_do_not_touch_each_other(valkey: Redis) -> None:
    limiter = Limiter(valkey)
    for name, key in (("a", "x"), ("a", "y"), ("b", "x")):
        assert await admitted(limiter, Limit(name=name, count=2, seconds=60), key, 4) == 2


async def test_looking_for_room_takes_none(valkey: Redis) -> None:
    limit, limiter = Limit(name="look", count=1, seconds=60), Limiter(valkey)
    for _ in range(5):
        await limiter.require_room(limit, "k")
    await limiter.take(limit, "k")
    with pytest.raises(LimitReached):
        await limiter.require_room(limit, "k")


async def test_what_is_kept_is_bounded_and_goes_away_by_itself(valkey: Redis) -> None:
    limit = Limit(name="bounded", count=5, seconds=60)
    await admitted(Limiter(valkey), limit, "k", 50)
    assert await cast("Awaitable[int]", valkey.llen("wf:limit:bounded:k")) == 5
    assert 0 < await valkey.pttl("wf:limit:bounded:k") <= 60_000


async def test_without_valkey_the_shared_limiter_says_so(servers: Servers) -> None:
    away = connect(msgspec.structs.replace(servers.settings, valkey_port=1))
    limiter = Limiter(away)
    assert not await limiter.is_up()
    with pytest.raises(Unavailable):
        await limiter.take(Limit(name="x", count=1, seconds=1), "k")
    await away.aclose()


def test_the_local_limiter_keeps_the_same_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("watchfloor.access.limits.time.monotonic", lambda: now)
    limiter, limit = LocalLimiter(), Limit(name="local", count=2, seconds=60)
    limiter.take(limit, "k")
    limiter.take(limit, "k")
    with pytest.raises(LimitReached):
        limiter.take(limit, "k")
    now += 60
    limiter.take(limit, "k")


def test_the_local_limiter_forgets_the_longest_unseen_key_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_KEYS_KEPT", 2)
    limiter, limit = LocalLimiter(), Limit(name="local", count=1, seconds=60)
    for key in ("a", "b", "c"):
        limiter.take(limit, key)
    limiter.take(limit, "a")
    with pytest.raises(LimitReached):
        limiter.take(limit, "c")


@pytest.mark.parametrize(
    ("host", "counted"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("fe80::1%eth0", "fe80::"),
        ("nonsense", "unknown"),
    ],
)
def test_a_sender_is_an_address_or_a_network_of_64_bits(host: str, counted: str) -> None:
    class Client:
        def __init__(self) -> None:
            self.host = host

    class Connection:
        client = Client()

    assert address_of(Connection()) == counted  # type: ignore[arg-type]  # all that the function looks at


def test_a_principal_is_told_when_to_come_back(make_settings: MakeSettings) -> None:
    tight = msgspec.structs.replace(UNLIMITED, read=Limit(name="read", count=3, seconds=600))
    with serving(make_settings("tight"), limits=tight) as api:
        world = World(api)
        viewer, admin = world.alpha.callers[Role.VIEWER], world.alpha.callers[Role.ADMIN]
        answers = [viewer.by_session(api).get("/api/v1/me") for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert 590 <= int(answers[-1].headers["retry-after"]) <= 600
        assert answers[-1].json()["type"] == "urn:watchfloor:problem:too_many_requests"
        assert viewer.by_key(api).get("/api/v1/me").status_code == 200
        assert admin.by_session(api).get("/api/v1/me").status_code == 200


def test_guessing_keys_is_stopped_by_address_and_right_keys_do_not_count(make_settings: MakeSettings) -> None:
    tight = msgspec.structs.replace(UNLIMITED, key_failures=Limit(name="guesses", count=3, seconds=600))
    with serving(make_settings("guess"), limits=tight) as api:
        world = World(api)
        right = world.alpha.callers[Role.VIEWER].by_key(api)
        assert [right.get("/api/v1/me").status_code for _ in range(10)] == [200] * 10
        wrong = [api.speak(authorization=f"Bearer {mint_api_key('test').text.reveal()}") for _ in range(4)]
        assert [voice.get("/api/v1/me").status_code for voice in wrong] == [401, 401, 401, 429]
        assert right.get("/api/v1/me").status_code == 429


def test_without_valkey_keys_stay_shut_and_sessions_go_on_under_a_local_limit(make_settings: MakeSettings) -> None:
    tight = msgspec.structs.replace(UNLIMITED, read=Limit(name="read", count=2, seconds=600))
    settings = make_settings("away")
    with serving(settings) as api:
        world = World(api)
    with serving(msgspec.structs.replace(settings, valkey_port=1), limits=tight) as api:
        viewer = world.alpha.callers[Role.VIEWER]
        by_key = viewer.by_key(api).get("/api/v1/me")
        assert (by_key.status_code, by_key.headers["retry-after"]) == (503, "5")
        answers = [viewer.by_session(api).get("/api/v1/me").status_code for _ in range(3)]
        assert answers == [200, 200, 429]
        ready = api.speak().get("/health/ready")
        assert (ready.status_code, ready.json()) == (503, {"status": "failed", "database": "ok", "valkey": "failed"})


def test_what_is_open_to_all_is_limited_by_address(make_settings: MakeSettings) -> None:
    tight = msgspec.structs.replace(UNLIMITED, public=Limit(name="open", count=2, seconds=600))
    with serving(make_settings("open"), limits=tight) as api:
        assert [api.speak().get("/api/openapi.json").status_code for _ in range(3)] == [200, 200, 429]
        cookie = "watchfloor-session=planted"
        assert api.speak(cookie=cookie).get("/api/v1/me").status_code == 429
