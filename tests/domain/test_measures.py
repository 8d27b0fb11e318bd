"""The figures of a period against an oracle that counts plain rows, and the rules by which they are compared."""

import math
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Final, TypeAlias

import asyncpg
import pytest

from tests.domain.month import OCTOBER, SEPTEMBER, fill
from tests.domain.workplace import MakeTenant, Tenant
from watchfloor.detect.load import load_shared_rules
from watchfloor.detect.rule import LoadReport
from watchfloor.kernel.db import tenant_tx
from watchfloor.kernel.errors import Invalid, NotFound
from watchfloor.kernel.ids import new_uuid
from watchfloor.measures.basis import Days, Share, Spans, Stock, quantile
from watchfloor.measures.comparison import rank_sum, trend_of
from watchfloor.measures.definitions import DEFINITIONS
from watchfloor.measures.figures import Figures, figures_of, records_of
from watchfloor.measures.period import Period, period_of

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

BEGIN: Final = "timestamptz '2025-10-01 00:00 Europe/Berlin'"
END: Final = "timestamptz '2025-11-01 00:00 Europe/Berlin'"
_OPENED: Final = f"from wf.incidents i where i.opened_at >= {BEGIN} and i.opened_at < {END}"
_HOURS: Final = f"from wf.feed_hours where hour >= {BEGIN} and hour < {END}"
_STEP: Final = "(select {which}(t.at) from wf.incident_timeline t where t.incident_id = i.id and t.kind = '{kind}')"
_ALERTED: Final = "(select min(a.created_at) from wf.alerts a where a.incident_id = i.id)"
_SETTLED: Final = (
    "from wf.incident_sla s join wf.incidents i on i.id = s.incident_id where s.target = '{target}' and"
    f" i.opened_at >= {BEGIN} and i.opened_at < {END} and (s.met_at is not null or s.deadline < now())"
)
ORACLE: Final = {
    "events": f"select sum(events) {_HOURS}",
    "matches": f"select sum(matches) {_HOURS}",
    "coverage.unparsed": f"select sum(unparsed) {_HOURS}",
    "alerts": f"select count(*) from wf.alerts where created_at >= {BEGIN} and created_at < {END}",
    "incidents": f"select count(*) {_OPENED}",
    "incidents.customer": f"select count(*) {_OPENED} and (exists (select from wf.incident_timeline t"
    " where t.incident_id = i.id and t.kind = 'asked')"
    " or exists (select from wf.actions a where a.incident_id = i.id and a.decision = 'customer'))",
    "severity.critical": f"select count(*) {_OPENED} and severity = 'critical'",
    "severity.low": f"select count(*) {_OPENED} and severity = 'low'",
    "verdict.none": f"select count(*) {_OPENED} and verdict is null",
    "verdict.false_positive": f"select count(*) {_OPENED} and verdict = 'false_positive'",
    "state.resolved": f"select count(*) {_OPENED} and state = 'resolved'",
    "target.acknowledge": f"select avg((s.breached_at is null and s.met_at is not null)::integer)::float8 "
    f"{_SETTLED.format(target='acknowledge')}",
    "target.resolve": f"select avg((s.breached_at is null and s.met_at is not null)::integer)::float8 "
    f"{_SETTLED.format(target='resolve')}",
    "open.severe": f"select count(*) from wf.incidents where severity in ('high', 'critical') and opened_at < {END}"
    " and resolved_at is null",
    "time.detect": f"select percentile_disc(0.5) within group (order by {_ALERTED} - i.first_event_at) {_OPENED}",
    "time.triage": "select percentile_disc(0.5) within group"
    " (order by (select min(t.at) from wf.incident_timeline t where t.incident_id = i.id and t.kind <> 'answered'"
    f" and t.actor_kind = 'person') - {_ALERTED}) {_OPENED}",
    "time.contain": "select percentile_disc(0.5) within group (order by"
    f" {_STEP.format(which='max', kind='contained')} - {_STEP.format(which='min', kind='verdict')}) {_OPENED}",
    "time.resolve": "select percentile_disc(0.5) within group (order by"
    f" {_STEP.format(which='max', kind='resolved')} - {_STEP.format(which='min', kind='verdict')}) {_OPENED}",
    "assets.hosts": "select count(distinct e.value_index) from wf.alert_entities e join wf.alerts a"
    f" on a.id = e.alert_id where a.created_at >= {BEGIN} and a.created_at < {END} and e.kind = 'host'",
    "actions": f"select count(*) from wf.actions where requested_at >= {BEGIN} and requested_at < {END}",
    "actions.done": f"select count(*) from wf.actions where requested_at >= {BEGIN} and requested_at < {END}"
    " and state = 'done'",
    "actions.customer": "select count(distinct v.action_id) from wf.action_votes v join wf.actions a"
    f" on a.id = v.action_id where a.requested_at >= {BEGIN} and a.requested_at < {END} and v.vote = 'approve'"
    " and v.side = 'customer'",
    "exceptions.made": f"select count(*) from wf.rule_exceptions where created_at >= {BEGIN} and created_at < {END}",
    "exceptions.held": f"select count(*) from wf.rule_exceptions where created_at < {END} and ended_at is null",
    "outages": f"select count(*) from wf.feed_alarms where since >= {BEGIN} and since < {END}",
}


@cache
def rules() -> LoadReport:
    return load_shared_rules()


async def october(tenant: Tenant) -> Figures:
    loaded = rules()
    async with tenant_tx(tenant.database, tenant.id) as tx:
        return await figures_of(tx, await period_of(tx, first=date(2025, 10, 1), end=date(2025, 11, 1)), loaded=loaded)


async def test_each_figure_is_what_plain_rows_say(acme: Tenant, superuser: Connection) -> None:
    await fill(superuser, acme, SEPTEMBER)
    await fill(superuser, acme, OCTOBER)
    figures = await october(acme)
    counted: dict[str, float | None] = {}
    for measure, query in ORACLE.items():
        found = await superuser.fetchval(query)
        counted[measure] = found.total_seconds() if isinstance(found, timedelta) else found
    assert {measure: figures.measures[measure].value for measure in ORACLE} == counted
    assert set(figures.measures) == set(DEFINITIONS)


async def test_hours_that_were_dark_are_those_of_the_alarm_and_no_others(acme: Tenant, superuser: Connection) -> None:
    await fill(superuser, acme)
    figures = await october(acme)
    hours = OCTOBER.hours * OCTOBER.feeds
    seen = figures.measures["coverage.seen"]
    assert (figures.measures["coverage.dark_hours"].value, seen.n) == (30, hours)
    assert seen.value == (hours - 30) / hours
    [silent] = [feed for feed in figures.tally.coverage.feeds if feed.dark_hours]
    assert (silent.name, silent.silent_seconds, silent.hours_with_data) == ("feed-03", 30 * 3600, OCTOBER.hours - 30)


async def test_a_feed_that_never_brought_anything_is_dark_and_a_quiet_hour_is_not(
    acme: Tenant, superuser: Connection
) -> None:
    await fill(superuser, acme)
    feed = "(select id from wf.feeds where name = 'feed-00')"
    await superuser.execute(f"delete from wf.feed_hours where feed_id = {feed} and extract(hour from hour) = 3")
    await superuser.execute(
        "delete from wf.feed_hours where feed_id = (select id from wf.feeds where name = 'feed-01')"
    )
    feeds = {feed.name: feed for feed in (await october(acme)).tally.coverage.feeds}
    assert len(feeds["feed-00"].dark_hours) == 0
    assert len(feeds["feed-01"].dark_hours) == OCTOBER.hours


async def test_every_figure_leads_to_the_records_that_it_counts(acme: Tenant, superuser: Connection) -> None:
    await fill(superuser, acme)
    figures = await october(acme)
    period = figures.tally.period
    loaded = rules()
    without = {"assets.hosts", "assets.weighed", "retention.days"}
    async with tenant_tx(acme.database, acme.id) as tx:
        for measure, figure in figures.measures.items():
            records = await records_of(tx, period, measure, loaded=loaded)
            definition = DEFINITIONS[measure]
            if measure in without:
                assert records == []
            elif definition.unit == "seconds":
                assert sorted(one.quantity for one in records)[: figure.n] == sorted(one.quantity for one in records)
                assert len(records) == figure.n, measure
            elif measure == "coverage.seen":
                assert figure.n - len(records) == round((figure.value or 0) * figure.n)
            elif definition.unit == "share":
                assert (sum(one.counts for one in records), len(records)) == (
                    round((figure.value or 0) * figure.n),
                    figure.n,
                ), measure
            elif measure == "attack.seen":
                assert len(records) == figure.value
            else:
                assert sum(one.quantity for one in records) == figure.value, measure
        with pytest.raises(NotFound):
            await records_of(tx, period, "no.such", loaded=loaded)


async def test_a_length_of_time_leaves_out_what_waited_for_the_customer(acme: Tenant, superuser: Connection) -> None:
    [incident] = (await fill(superuser, acme, OCTOBER))[3:4]
    course = next(one for one in (await october(acme)).tally.casework.courses if one.incident.id == incident)
    assert course.incident.alerted_at is not None
    assert course.decided_at is not None
    whole = (course.decided_at - course.incident.alerted_at).total_seconds()
    assert course.seconds("decide") == whole - 45 * 60
    assert course.seconds("notify") == 0.0


async def test_a_notice_is_in_time_when_it_was_sent_before_it_was_due(acme: Tenant, superuser: Connection) -> None:
    case = new_uuid()
    await superuser.execute(
        "insert into wf.breach_cases (tenant_id, id, year, number, status, telling, version, document, created_by,"
        " updated_by) values ($1, $2, 2025, 1, 'breach', 'undecided', 1, '\\x00', 'per_x', 'per_x')",
        acme.id,
        case,
    )
    due = datetime(2025, 10, 10, 12, tzinfo=UTC)
    for steps in ((("sent", -1),), (("sent", 2),), (), (("sent", -1), ("withdrawn", 0))):
        notice = new_uuid()
        await superuser.execute(
            "insert into wf.breach_notices (tenant_id, id, case_id, regime, stage, kind, recipient, language, phase,"
            " part, due_at, case_version, snapshot, sha256, drafted_by)"
            " values ($1, $2, $3, 'gdpr', 'initial', 'breach_notification', 'authority', 'de', 'initial', 0, $4, 1,"
            " '\\x00', sha256('x'), 'per_x')",
            acme.id,
            notice,
            case,
            due,
        )
        for place, (step, hours) in enumerate(steps):
            await superuser.execute(
                "insert into wf.breach_notice_steps (tenant_id, id, notice_id, place, step, happened_at, body,"
                " actor_kind, actor_id) values ($1, $2, $3, $4, $5, $6, '\\x00', 'person', 'per_x')",
                acme.id,
                new_uuid(),
                notice,
                place,
                step,
                due + timedelta(hours=hours) if step == "sent" else None,
            )
    figure = (await october(acme)).measures["notices.in_time"]
    assert (figure.n, figure.value, figure.is_met) == (3, 1 / 3, False)


async def test_an_incident_that_joined_another_one_is_counted_there(acme: Tenant, superuser: Connection) -> None:
    incidents = await fill(superuser, acme)
    await superuser.execute(
        "update wf.incidents set merged_into = $2, state = 'closed' where id = $1", incidents[5], incidents[4]
    )
    assert (await october(acme)).measures["incidents"].value == OCTOBER.incidents - 1


async def test_attack_is_seen_covered_and_tested_by_the_rules_of_the_installation(
    acme: Tenant, superuser: Connection
) -> None:
    await fill(superuser, acme)
    figures = await october(acme)
    assert figures.measures["attack.seen"].value == 4
    covered, tested = figures.measures["attack.covered"], figures.measures["attack.tested"]
    assert covered.value is not None
    assert tested.value is not None
    assert 0 < tested.value <= covered.value < 1
    [seen] = [line for line in figures.tally.knowledge.techniques if line.id == "T1059.001"]
    assert (seen.alerts, seen.is_covered, seen.is_tested) == (30, True, True)
    rule_ids = [rule.id for rule in rules().rules]
    await superuser.executemany(
        "insert into wf.rule_settings (tenant_id, rule_id, is_disabled, reason, changed_by)"
        " values ($1, $2, true, '\\x00', 'per_x')",
        [(acme.id, rule_id) for rule_id in rule_ids],
    )
    assert (await october(acme)).measures["attack.covered"].value == 0


async def test_a_tenant_with_nothing_has_figures_and_says_that_it_has_no_data(acme: Tenant) -> None:
    figures = await october(acme)
    assert not figures.tally.coverage.has_data
    assert figures.measures["events"].value == 0
    assert figures.measures["coverage.seen"].value is None
    assert figures.measures["coverage.seen"].is_met is None
    assert figures.measures["time.triage"].value is None
    assert {figure.trend for figure in figures.measures.values()} == {"no_previous"}


async def test_another_tenant_adds_nothing(acme: Tenant, make_tenant: MakeTenant, superuser: Connection) -> None:
    await fill(superuser, acme)
    other = await make_tenant("BETA")
    await fill(superuser, other, SEPTEMBER)
    assert (await october(acme)).measures["incidents"].value == OCTOBER.incidents
    assert (await october(other)).measures["incidents"].value == 0


@pytest.mark.parametrize(
    ("first", "end", "before", "hours"),
    [
        (date(2026, 10, 1), date(2026, 11, 1), date(2026, 9, 1), 745),
        (date(2027, 3, 1), date(2027, 4, 1), date(2027, 2, 1), 743),
        (date(2028, 2, 1), date(2028, 3, 1), date(2028, 1, 1), 29 * 24),
        (date(2026, 10, 5), date(2026, 10, 12), date(2026, 9, 28), 168),
        (date(2026, 7, 1), date(2026, 10, 1), date(2026, 4, 1), 92 * 24),
    ],
)
def test_a_period_is_whole_local_days_and_is_compared_with_as_many(
    first: date, end: date, before: date, hours: int
) -> None:
    period = Period(first=first, end=end, zone="Europe/Berlin")
    assert (period.until - period.begin) / timedelta(hours=1) == hours
    assert (period.before.first, period.before.end) == (before, first)
    assert len(list(period.hours(datetime(2020, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC)))) == hours


def test_hours_of_a_zone_with_half_an_hour_begin_in_the_period() -> None:
    period = Period(first=date(2026, 10, 1), end=date(2026, 10, 2), zone="Asia/Kolkata")
    hours = list(period.hours(datetime(2020, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC)))
    assert (len(hours), hours[0]) == (24, datetime(2026, 9, 30, 19, tzinfo=UTC))
    assert period.day_of(period.begin) == 0
    assert period.day_of(period.until - timedelta(microseconds=1)) == 0


async def test_without_days_the_period_is_this_month(acme: Tenant) -> None:
    async with tenant_tx(acme.database, acme.id) as tx:
        period = await period_of(tx, first=None, end=None)
        assert (period.first.day, period.end.day) == (1, 1)
        assert 28 <= period.days <= 31
        for first, end in (
            (date(2026, 2, 2), date(2026, 2, 2)),
            (date(2026, 1, 1), date(2036, 1, 1)),
            (date.min, None),
        ):
            with pytest.raises(Invalid):
                await period_of(tx, first=first, end=end)


def test_a_quantile_is_a_value_that_was_measured() -> None:
    assert quantile([], 0.5) is None
    assert [quantile([1, 2, 3, 4], part) for part in (0.0, 0.5, 0.51, 0.95, 1.0)] == [1, 2, 3, 4, 4]


def test_the_rank_sum_is_that_of_mann_and_whitney() -> None:
    # U = 25 of 25, mean 12.5, deviation sqrt(25 * 11 / 12)
    assert math.isclose(rank_sum([6, 7, 8, 9, 10], [1, 2, 3, 4, 5]), 12.5 / math.sqrt(25 * 11 / 12))
    assert rank_sum([1, 1], [1, 1]) == 0.0
    assert rank_sum([1, 2, 3], [4, 5, 6]) == -rank_sum([4, 5, 6], [1, 2, 3])


@pytest.mark.parametrize(
    ("now", "before", "better", "trend"),
    [
        (Days(counts=(5,) * 30), None, "less", "no_previous"),
        (Days(counts=(0, 1) * 4 + (0,) * 22), Days(counts=(0,) * 30), "less", "too_few"),
        (Days(counts=(3, 5, 4) * 10), Days(counts=(4, 3, 5) * 10), "less", "noise"),
        (Days(counts=(9, 8, 10) * 10), Days(counts=(4, 3, 5) * 10), "less", "worse"),
        (Days(counts=(9, 8, 10) * 10), Days(counts=(4, 3, 5) * 10), None, "more"),
        (Days(counts=(4,) * 29 + (4000,)), Days(counts=(4,) * 30), "less", "noise"),
        (Spans(seconds=tuple(range(9))), Spans(seconds=tuple(range(100, 150))), "less", "too_few"),
        (Spans(seconds=tuple(range(50))), Spans(seconds=tuple(range(100, 150))), "less", "better"),
        (Share(part=96, whole=100), Share(part=70, whole=100), "more", "better"),
        (Share(part=96, whole=100), Share(part=95, whole=100), "more", "noise"),
        (Share(part=9, whole=9), Share(part=1, whole=100), "more", "too_few"),
        (Share(part=0, whole=0), Share(part=1, whole=100), "more", "no_previous"),
        (Share(part=100, whole=100), Share(part=50, whole=50), "more", "noise"),
        (Stock(number=3), Stock(number=9), "less", "too_few"),
        (Stock(number=40), Stock(number=12), "less", "worse"),
        (Stock(number=40), Stock(number=None), "less", "no_previous"),
    ],
)
def test_a_difference_is_named_only_when_chance_seldom_makes_it(
    now: Days | Spans | Share | Stock, before: Days | Spans | Share | Stock | None, better: str | None, trend: str
) -> None:
    assert trend_of(now, before, better="more" if better == "more" else "less" if better else None) == trend
