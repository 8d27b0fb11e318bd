"""Correlations in the pipeline: from single logons in several batches to one alert and its incident."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec
import pytest

from tests.unit.overlay_cases import make_filter, make_rule
from tests.wire.conftest import ACTOR, BACKLOG_BYTES, Customer, Site
from watchfloor.alerts.overlay import commands
from watchfloor.detect.condition import Condition, Number, OnField
from watchfloor.detect.correlation import Bound, Correlation, CorrelationKind
from watchfloor.detect.lists import NEVER
from watchfloor.detect.prefilter.engine import PrefilteredEngine
from watchfloor.detect.rule import Rule
from watchfloor.feeds.batch import Packer, SentEvent
from watchfloor.feeds.feed import Feed
from watchfloor.feeds.intake.postgres import PostgresIntake
from watchfloor.feeds.intake.queue import Sender
from watchfloor.kernel.clock import FixedClock, SystemClock
from watchfloor.kernel.db import tenant_tx
from watchfloor.kernel.valkey import Wake
from watchfloor.normalise.event import LogSource
from watchfloor.ops.pipeline import Pipeline
from watchfloor.ops.pipeline_windows import WindowCloser

SENDER: Final = Sender(remote="127.0.0.1", user_agent="test", content_type="", request_id="1")
WHY: Final = "Agreed with the customer."
FAILED: Final = 4625
LOGON: Final = 4624


def serving(number: int, event_id: int) -> Rule:
    """A rule for logons that only serves correlations."""
    wanted: Condition = OnField("EventID", Number(event_id))
    return msgspec.structs.replace(
        make_rule(number, wanted, logsource=LogSource("windows", None, "security")), alerts=False
    )


def over(  # what a correlation is made of
    number: int, kind: CorrelationKind, rules: Sequence[int], bound: Bound, *, minutes: int, alerts: bool = True
) -> Rule:
    """A correlation over rules with these numbers, by account."""
    correlation = Correlation(
        kind=kind,
        rules=tuple(str(UUID(int=one)) for one in rules),
        group_by=("TargetUserName",),
        timespan_seconds=60 * minutes,
        bounds=(bound,),
        fields=(),
        percentile=None,
        aliases=(),
    )
    made = make_rule(number, NEVER, correlation=correlation, logsource=LogSource())
    return msgspec.structs.replace(made, alerts=alerts)


GUESSED: Final = (
    serving(1, FAILED),
    serving(2, LOGON),
    over(3, "event_count", [1], Bound("gte", 5), minutes=10, alerts=False),
    over(4, "temporal_ordered", [3, 2], Bound("gte", 2), minutes=15),
)
FEW: Final = (serving(1, FAILED), over(5, "event_count", [1], Bound("lt", 3), minutes=1))


class Line:
    """A pipeline that is run batch by batch, and a customer that sends to it."""

    def __init__(self, site: Site, customer: Customer, feed: Feed) -> None:
        self.site = site
        self.customer = customer
        self.begun = SystemClock().now() - timedelta(minutes=5)
        self._feed = feed
        self._intake = PostgresIntake(site.app, site.keyring, backlog_bytes=BACKLOG_BYTES)
        self._bench = site.bench(self._intake, PrefilteredEngine(GUESSED))
        self._number = 0

    def use(self, rules: Sequence[Rule]) -> None:
        """Takes other rules."""
        self._bench = msgspec.structs.replace(
            self._bench, alerting=self._bench.alerting.with_rules(PrefilteredEngine(rules))
        )

    async def work(self, *logons: tuple[int, int], user: str = "s.wagner") -> None:
        """A batch of logons, each with its kind and when it was (seconds); worked by a pipeline that just started."""
        packer = Packer()
        for event_id, at in logons:
            self._number += 1
            event = {
                "EventID": event_id,
                "Channel": "Security",
                "Computer": "srv-file01",
                "EventRecordID": self._number,
                "SystemTime": (self.begun + timedelta(seconds=at)).isoformat(),
                "TargetUserName": user,
                "IpAddress": "203.0.113.190",
            }
            packer.add(SentEvent(body=msgspec.json.encode(event)))
        await self._intake.put(self._feed, packer.finish(), SENDER)
        assert await Pipeline(self.site.app, self._bench, Wake(self.site.valkey)).drain()

    async def close_windows(self, *, at: datetime) -> None:
        """A round of the closer at some time."""
        bench = msgspec.structs.replace(self._bench, clock=FixedClock(at))
        await WindowCloser(self.site.app, self.site.keyring, Wake(self.site.valkey)).close_all(bench)

    async def alerts(self) -> list[tuple[str, int]]:
        """The alerts: titles, and how many matches each has."""
        rows = await self.site.superuser.fetch(
            "select title, match_count from wf.alerts where tenant_id = $1 order by title, created_at", self.customer.id
        )
        return [(row["title"], row["match_count"]) for row in rows]

    async def incidents(self) -> list[str]:
        """The titles of the alerts of each incident."""
        rows = await self.site.superuser.fetch(
            "select string_agg(a.title, ', ' order by a.title) as titles"
            " from wf.incidents i join wf.alerts a on a.tenant_id = i.tenant_id and a.incident_id = i.id"
            " where i.tenant_id = $1 group by i.id",
            self.customer.id,
        )
        return [row["titles"] for row in rows]


@pytest.fixture
async def line(site: Site) -> Line:
    customer = await site.customer()
    return Line(site, customer, (await site.feed(customer)).feed)


async def test_a_password_guessed_over_several_batches_is_one_alert_and_one_incident(line: Line) -> None:
    await line.work((FAILED, 0), (FAILED, 5))
    await line.work((FAILED, 9))
    await line.work((FAILED, 14), (FAILED, 20))
    assert await line.alerts() == [], "rules that only serve correlations make no alerts"
    await line.work((LOGON, 40), user="somebody.else")
    assert await line.alerts() == []
    await line.work((LOGON, 60))
    assert await line.alerts() == [("Rule 4", 1)]
    assert await line.incidents() == ["Rule 4"]
    await line.work((LOGON, 70))
    assert len(await line.alerts()) == 1


async def test_a_logon_before_the_wrong_passwords_is_none_after_them(line: Line) -> None:
    await line.work((LOGON, 0), *((FAILED, 10 + at) for at in range(5)))
    assert await line.alerts() == []


async def test_a_late_batch_completes_what_was_missing(line: Line) -> None:
    await line.work(*((FAILED, at) for at in range(4)), (LOGON, 60))
    assert await line.alerts() == []
    await line.work((FAILED, 30))
    assert [title for title, _ in await line.alerts()] == ["Rule 4"]


async def test_a_window_that_needs_its_end_is_closed_by_the_clock(line: Line) -> None:
    line.use(FEW)
    await line.work((FAILED, 0), (FAILED, 5))
    await line.work(*((FAILED, at) for at in range(4)), user="many")
    now = SystemClock().now()
    await line.close_windows(at=now)
    assert await line.alerts() == []
    for hours in (3, 4):
        await line.close_windows(at=now + timedelta(hours=hours))
        assert await line.alerts() == [("Rule 5", 1)]
        assert await line.incidents() == ["Rule 5"]


async def test_an_exception_hides_a_correlation_and_nothing_else(line: Line) -> None:
    at = SystemClock().now()
    wanted = commands.NewException(
        written=make_filter({"TargetUserName": "svc_*"}, rules=["rule_4"]),
        owner="kim",
        reason=WHY,
        expires_at=at + timedelta(days=1),
    )
    customer = line.customer
    async with tenant_tx(line.site.app, customer.id) as tx:
        await commands.add_exception(tx, customer.cipher, ACTOR, wanted=wanted, rules=GUESSED, at=at)
    guessed = (*((FAILED, at) for at in range(5)), (LOGON, 60))
    await line.work(*guessed, user="svc_backup")
    assert await line.alerts() == []
    statement = "select coalesce(sum(hidden), 0) from wf.hidden_matches where tenant_id = $1"
    assert await line.site.superuser.fetchval(statement, customer.id) == 1
    await line.work(*guessed)
    assert await line.alerts() == [("Rule 4", 1)]
