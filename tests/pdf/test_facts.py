"""The facts of a report: taken whole or refused with a reason, and turned into the right words and rows."""

from datetime import datetime, timedelta

import msgspec
import pytest
from markupsafe import Markup

from reports.documents.incident import summary, view
from reports.documents.incident.agreement import check
from reports.documents.incident.facts import (
    EvidenceField,
    IncidentReport,
)
from reports.facts import (
    Actor,
)
from reports.handover import decode, encode
from reports.language.locale import locale_for
from watchfloor.kernel.errors import Invalid, TooLarge

replace = msgspec.structs.replace
ENGLISH = locale_for("en", "Europe/Berlin")


def plain(text: Markup) -> str:
    return text.striptags().replace("\N{NO-BREAK SPACE}", " ")


def test_facts_survive_being_handed_over(report: IncidentReport) -> None:
    assert decode(encode(report)) == report


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (b"", "no report"),
        (b"[]", "no report"),
        (b'{"report":"incident"}', "missing required field"),
        (b'{"report":"weather"}', "no report of the kind 'weather'"),
        (b"\xff\xfe", "no report"),
        (b"[" * 100_000, "no report"),
    ],
)
def test_what_is_no_report_is_refused(broken: bytes, reason: str) -> None:
    with pytest.raises(Invalid, match=reason):
        decode(broken)


def test_a_time_without_a_zone_is_refused(report: IncidentReport) -> None:
    data = encode(report).replace(b'"generated_at":"2026-11-12T17:10:00Z"', b'"generated_at":"2026-11-12T17:10:00"')
    with pytest.raises(Invalid, match="generated_at"):
        decode(data)


def test_an_unknown_field_is_refused(report: IncidentReport) -> None:
    with pytest.raises(Invalid, match="colour"):
        decode(encode(report).replace(b'"side":"provider"', b'"side":"provider","colour":"red"', 1))


def test_data_over_the_limit_is_refused_before_it_is_read() -> None:
    with pytest.raises(TooLarge):
        decode(b" " * (16 * 1024 * 1024 + 1))


def test_a_number_without_a_source_is_refused(report: IncidentReport) -> None:
    with pytest.raises(Invalid, match=r"figures\.events names the source 'Q1'"):
        check(replace(report, provenance=report.provenance[1:]))


def test_a_total_below_its_list_is_refused(report: IncidentReport) -> None:
    counted = replace(report.figures, indicators=replace(report.figures.indicators, value=2))
    with pytest.raises(Invalid, match=r"figures\.indicators is 2, but 3 are listed"):
        check(replace(report, figures=counted))


def test_a_chain_shorter_than_its_signed_head_is_refused(report: IncidentReport) -> None:
    with pytest.raises(Invalid, match="audit_entries is 3, but entry 10482 is signed"):
        check(replace(report, audit_entries=3))


def test_a_clock_that_stops_before_it_starts_is_refused(report: IncidentReport) -> None:
    level = report.service_levels[0]
    backward = replace(level, stopped_at=level.started_at - timedelta(seconds=1))
    with pytest.raises(Invalid, match="acknowledge stops before it starts"):
        check(replace(report, service_levels=(backward,)))


def test_one_event_in_one_minute_is_told_in_the_singular(report: IncidentReport) -> None:
    incident = replace(report.incident, last_event_at=report.incident.first_event_at)
    one = replace(report.figures.events, value=1)
    counted = replace(report.figures, events=one, rules=one, hosts=one)
    quiet = replace(report, incident=incident, figures=counted, entities=report.entities[:1])
    assert plain(summary.happened(quiet, ENGLISH)[0]) == (
        "On 12 November 2026, 12:52 CET, 1 event matched 1 detection rule on ws-0417[.]acme[.]example."
    )


def test_an_incident_without_a_host_is_in_the_environment(report: IncidentReport) -> None:
    assert plain(summary.happened(replace(report, entities=()), ENGLISH)[0]).endswith("in your environment.")


def test_hosts_beyond_three_are_counted(report: IncidentReport) -> None:
    host = report.entities[0]
    hosts = tuple(replace(host, value=f"h{number}") for number in range(5))
    counted = replace(report.figures, hosts=replace(report.figures.hosts, value=9))
    first = summary.happened(replace(report, entities=hosts, figures=counted), ENGLISH)[0]
    assert plain(first).endswith("on h0, h1, h2 and 6 others.")


def test_the_worst_alert_is_the_most_severe_and_then_the_first(report: IncidentReport) -> None:
    worst = summary.worst_alert(report.alerts)
    assert worst is not None
    assert worst.rule.title == "Memory of LSASS dumped through comsvcs.dll"
    assert summary.worst_alert(()) is None


def test_techniques_are_named_once_in_the_order_seen(report: IncidentReport) -> None:
    assert summary.technique_ids((*report.alerts[::-1], *report.alerts)) == [
        "T1566.001",
        "T1059.001",
        "T1003.001",
        "T1098.001",
        "T1530",
    ]


def test_what_nobody_did_is_said(report: IncidentReport) -> None:
    untouched = replace(report, actions=(), incident=replace(report.incident, acknowledged_at=None, contained_at=None))
    assert [plain(line) for line in summary.done(untouched, ENGLISH)] == [
        "Opened: 12:52 CET; nobody has acknowledged it yet.",
        "No response action is recorded.",
    ]


def test_a_step_on_another_day_has_its_day(report: IncidentReport) -> None:
    later = replace(report.incident, contained_at=report.incident.opened_at + timedelta(days=1))
    lines = [plain(line) for line in summary.done(replace(report, incident=later), ENGLISH)]
    assert lines[1] == "Contained: 13 November 2026, 12:52 CET, 1 d after opening."


@pytest.mark.parametrize(
    ("stopped_after", "paused", "target", "outcome"),
    [
        (900, 0, 900, "met"),
        (901, 0, 900, "missed"),
        (1_000, 100, 900, "met"),
        (1_001, 100, 900, "missed"),
        (None, 0, 100_000, "running"),
        (None, 0, 900, "missed"),
        (900, 0, None, "none"),
        (None, 0, None, "none"),
    ],
)
def test_a_clock_is_met_or_missed_by_the_second(
    stopped_after: int | None, paused: int, target: int | None, outcome: str, report: IncidentReport
) -> None:
    level = report.service_levels[0]
    stopped: datetime | None = None
    if stopped_after is not None:
        stopped = level.started_at + timedelta(seconds=stopped_after)
    clock = replace(level, stopped_at=stopped, paused_seconds=paused, target_seconds=target)
    assert view.build(replace(report, service_levels=(clock,)), ENGLISH).clocks[0].outcome == outcome


def test_a_timeline_is_in_order_whatever_order_it_came_in(report: IncidentReport) -> None:
    shown = view.build(replace(report, timeline=report.timeline[::-1]), ENGLISH).timeline.items
    assert [row.entry.at for row in shown] == sorted(entry.at for entry in report.timeline)


def test_what_the_customer_did_was_decided_and_what_machines_saw_was_seen(report: IncidentReport) -> None:
    lanes = {row.entry.step: row.lane for row in view.build(report, ENGLISH).timeline.items}
    assert lanes["alert"] == "saw"
    assert lanes["approved"] == "decided"
    assert lanes["acknowledged"] == lanes["opened"] == "did"
    note = replace(report.timeline[0], step="note", actor=Actor(side="customer", name="x"))
    assert view.lane(note) == "decided"


def test_what_a_list_leaves_out_is_counted(report: IncidentReport) -> None:
    many = replace(report, timeline=report.timeline * 10, evidence=report.evidence * 10)
    shown = view.build(many, ENGLISH)
    assert (len(shown.timeline.items), shown.timeline.hidden) == (view.TIMELINE_ROWS, 150 - view.TIMELINE_ROWS)
    assert (len(shown.events.items), shown.events.hidden) == (view.EVENTS_SHOWN, 30 - view.EVENTS_SHOWN)


def test_fields_beyond_those_that_tell_something_are_counted(report: IncidentReport) -> None:
    names = ("Image", "UtcTime", "EventRecordID", *(f"Field{number}" for number in range(view.FIELDS_SHOWN)))
    event = replace(report.evidence[0], fields=tuple(EvidenceField(name=name, value=name) for name in names))
    [shown] = view.build(replace(report, evidence=(event,)), ENGLISH).events.items
    assert [field.name for field in shown.fields.items] == ["Image", *names[3:-1]]
    assert shown.fields.hidden == 3


def test_a_table_of_one_day_names_it_once_and_one_of_two_in_each_row(report: IncidentReport) -> None:
    assert view.build(report, ENGLISH).days.timeline == ENGLISH.date(report.timeline[0].at)
    later = replace(report.timeline[0], at=report.timeline[0].at + timedelta(days=1))
    assert view.build(replace(report, timeline=(*report.timeline, later)), ENGLISH).days.timeline is None
    assert view.build(replace(report, timeline=()), ENGLISH).days.timeline is None


def test_the_first_page_has_five_numbers_with_or_without_service_levels(report: IncidentReport) -> None:
    assert len(view.build(report, ENGLISH).figures) == 5
    assert len(view.build(replace(report, service_levels=()), ENGLISH).figures) == 5


def test_every_number_of_the_first_page_has_a_row_that_says_where_it_comes_from(report: IncidentReport) -> None:
    shown = view.build(report, ENGLISH)
    described = {number.provenance.id for number in shown.numbers if number.names}
    assert {cell.source for cell in shown.figures} <= described


def test_a_chart_has_a_title_and_a_bar_for_each_time_with_events(report: IncidentReport) -> None:
    assert report.activity is not None
    chart = view.build(report, ENGLISH).activity
    assert chart is not None
    assert "<title>Bar chart of matching events from 12" in chart
    assert chart.count("<rect") == sum(count > 0 for count in report.activity.counts)


def test_a_chart_of_nothing_is_drawn(report: IncidentReport) -> None:
    activity = report.activity
    assert activity is not None
    chart = view.build(replace(report, activity=replace(activity, counts=(0,))), ENGLISH).activity
    assert chart is not None
    assert "<rect" not in chart
