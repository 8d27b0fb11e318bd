"""Syslog headers and the objects that carry lines: the same message is the same event, however it travels."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.unit.line_events import NOW, entities, event_of

FAILED = "Failed password for root from 203.0.113.9 port 52211 ssh2"
AT = datetime(2026, 3, 2, 11, 58, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "line",
    [
        f"Mar  2 11:58:01 web01 sshd[123]: {FAILED}",
        f"<86>Mar  2 11:58:01 web01 sshd[123]: {FAILED}",
        f"<86>Mar 2 11:58:01.000 web01 sshd[123]: {FAILED}",
        f"<86>Mar  2 2026 11:58:01 web01 sshd[123]: {FAILED}",
        f"2026-03-02T11:58:01Z web01 sshd[123]: {FAILED}",
        f"<86>2026-03-02T12:58:01.000000+01:00 web01 sshd[123]: {FAILED}",
        f"<86>1 2026-03-02T11:58:01Z web01 sshd 123 - - {FAILED}",
        f'<86>1 2026-03-02T11:58:01.000Z web01 sshd 123 ID47 [x@1 k="v"][y a="b"] \ufeff{FAILED}',
        f"Mar  2 11:58:01 web01 /usr/sbin/sshd[123]: {FAILED}",
    ],
)
def test_each_header_leads_to_the_same_event(line: str) -> None:
    event = event_of(line)
    assert (event.source, event.time, event.time_quality) == ("linux.sshd", AT, "parsed")
    assert event.fields["message"] == line
    assert (event.fields["hostname"], event.fields["program"], event.fields["pid"]) == ("web01", "sshd", "123")
    assert entities(event) == {("host", "web01"), ("user", r"web01\root"), ("ip", "203.0.113.9")}


@pytest.mark.parametrize(
    "carrier",
    [
        {
            "MESSAGE": FAILED,
            "SYSLOG_IDENTIFIER": "sshd",
            "_HOSTNAME": "web01",
            "__REALTIME_TIMESTAMP": "1772452681000000",
        },
        {"SyslogMessage": FAILED, "ProcessName": "sshd", "HostName": "web01", "EventTime": "2026-03-02T11:58:01Z"},
        {"message": FAILED, "appname": "sshd", "host": "web01", "timestamp": "2026-03-02T11:58:01Z"},
        {"log": f"Mar  2 11:58:01 web01 sshd[9]: {FAILED}", "date": 1772452681.0},
        {
            "message": f"Mar  2 11:58:01 web01 sshd[9]: {FAILED}",
            "host": {"name": "x"},
            "@timestamp": "2026-03-02T11:58:01Z",
        },
        {"event": {"original": f"Mar  2 11:58:01 web01 sshd[9]: {FAILED}"}, "@timestamp": "2026-03-02T11:58:01Z"},
    ],
)
def test_each_carrier_leads_to_the_same_event(carrier: dict[str, object]) -> None:
    event = event_of(carrier)
    assert (event.source, event.time) == ("linux.sshd", AT)
    assert (event.fields["action"], event.fields["src_ip"]) == ("failed", "203.0.113.9")
    assert ("host", "web01") in entities(event)
    assert all(name in event.fields for name in carrier)


def test_the_header_stays_readable() -> None:
    event = event_of('<165>1 2026-03-02T11:58:01Z web01 app 77 - [ex@32473 q="say \\"hi\\" \\]" n="2"] started')
    assert event.source == "linux.syslog"
    assert (event.fields["facility"], event.fields["severity"]) == ("local4", "notice")
    assert (event.fields["sd.ex@32473.q"], event.fields["sd.ex@32473.n"]) == ('say "hi" ]', "2")


def test_a_time_without_a_zone_gives_way_to_the_doors() -> None:
    door = NOW - timedelta(minutes=3)
    assert event_of("Mar  2 13:57:00 web01 app: x", time=door).time == door
    assert event_of("2026-03-02T11:58:01Z web01 app: x", time=door).time == AT
    assert event_of("Mar  2 11:58:01 web01 app: x").time == AT


def test_a_missing_year_is_the_one_that_makes_sense() -> None:
    assert event_of("Dec 31 23:59:59 web01 app: x").time == datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert event_of("Feb 29 10:00:00 web01 app: x").time_quality == "received"
    assert event_of("Foo  2 10:00:00 web01 app: x").source == "unparsed"


def test_the_doors_host_stands_in_where_the_line_names_none() -> None:
    assert ("host", "fw9") in entities(event_of("type=EOE msg=audit(1772452681.1:5):", host="fw9"))
    assert ("host", "web01") in entities(event_of("Mar  2 11:58:01 web01 app: x", host="relay"))


def test_an_object_inside_of_a_line_is_read() -> None:
    eve = '{"timestamp":"2026-03-02T11:58:01.5+0000","event_type":"flow","src_ip":"10.0.0.1","dest_ip":"10.0.0.2"}'
    assert event_of(f"<134>Mar  2 11:58:01 ids suricata[1]: {eve}").source == "suricata.flow"
    assert event_of(f"Mar  2 11:58:01 ids suricata: @cee: {eve}").source == "suricata.flow"
    assert event_of({"message": eve, "agent": {"type": "filebeat"}}).source == "suricata.flow"
    assert event_of(eve, hint="text").source == "unparsed"
    assert event_of('Mar  2 11:58:01 web01 app: {"a": 1}').source == "linux.syslog"


@pytest.mark.parametrize(
    "text", ["a text about sshd[1]: Failed password", "<999>x", "<34>", "<34>nothing more", "1 2 3"]
)
def test_text_without_a_header_stays_unparsed(text: str) -> None:
    event = event_of(text)
    assert (event.source, event.fields) == ("unparsed", {"message": text})
