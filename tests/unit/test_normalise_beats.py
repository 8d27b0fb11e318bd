"""Documents as Winlogbeat, Filebeat, Elastic Agent and Logstash send them: each comes out as the source it carries."""

import json
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import pytest

from watchfloor.kernel.ids import BatchId, FeedId
from watchfloor.normalise.dispatch import normalise
from watchfloor.normalise.event import Event, FieldValue
from watchfloor.normalise.raw import RawEvent

RECEIVED: Final = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
READ: Final = datetime(2026, 11, 22, 8, 26, 49, 123000, UTC)
FEED, BATCH = FeedId(UUID(int=1)), BatchId(UUID(int=2))


def event_of(document: dict[str, FieldValue], *, identity: tuple[str, ...] = (), index: int = 0) -> Event:
    raw = RawEvent(body=json.dumps(document).encode(), identity=identity)
    return normalise(raw, feed_id=FEED, batch_id=BATCH, index=index, source_hint=None, received_at=RECEIVED)


def shipped(message: FieldValue, dataset: str, **more: FieldValue) -> dict[str, FieldValue]:
    """A line as Filebeat's modules ship it."""
    return {
        "@timestamp": "2026-11-22T08:26:49.123Z",
        "agent": {"type": "filebeat", "version": "8.15.3", "name": "web-01"},
        "ecs": {"version": "8.0.0"},
        "host": {"name": "web-01", "os": {"family": "debian"}},
        "log": {"file": {"path": "/var/log/x.log"}, "offset": 12345},
        "event": {"dataset": dataset, "module": dataset.partition(".")[0]},
        "fileset": {"name": dataset.rpartition(".")[2]},
        "message": message,
        **more,
    }


def winlogbeat(version: str, event_id: FieldValue) -> dict[str, FieldValue]:
    """A Windows event as Winlogbeat ships it."""
    return {
        "@timestamp": "2026-11-22T08:26:49.123Z",
        "agent": {"type": "winlogbeat", "version": version, "name": "ws-17"},
        "host": {"name": "ws-17.acme.example"},
        "event": {"code": event_id, "kind": "event", "provider": "Microsoft-Windows-Security-Auditing"},
        "message": "An account failed to log on.\n\nSubject:",
        "winlog": {
            "api": "wineventlog",
            "channel": "Security",
            "computer_name": "ws-17.acme.example",
            "event_id": event_id,
            "provider_name": "Microsoft-Windows-Security-Auditing",
            "record_id": 9001,
            "process": {"pid": 700, "thread": {"id": 1}},
            "event_data": {"TargetUserName": "admin", "TargetDomainName": "ACME", "IpAddress": "198.51.100.23"},
        },
    }


ALERT: Final = json.dumps(
    {
        "timestamp": "2026-11-22T08:26:49.381+0000",
        "id": "1772439267.4711",
        "rule": {"id": "5710", "level": 5, "description": "sshd: attempt to use a name that does not exist"},
        "agent": {"id": "001", "name": "web-01"},
        "manager": {"name": "wazuh-1"},
        "decoder": {"name": "sshd"},
        "data": {"srcip": "198.51.100.23"},
        "location": "/var/log/auth.log",
    }
)
INVALID: Final = "Invalid user admin from 198.51.100.23 port 51022"
ACCESS: Final = '203.0.113.9 - - [22/Nov/2026:08:26:49 +0000] "GET /admin.php HTTP/1.1" 404 153 "-" "curl/8.5.0"'
EVE: Final = json.dumps(
    {"timestamp": "2026-11-22T08:26:49.1+0000", "event_type": "dns", "flow_id": 1, "src_ip": "203.0.113.9"}
)
JOURNAL_8: Final[FieldValue] = {"syslog": {"appname": "sshd", "procid": 811, "priority": 6}}

DOCUMENTS: Final[dict[str, tuple[dict[str, FieldValue], str]]] = {
    "Winlogbeat 8": (winlogbeat("8.15.3", "4625"), "windows.security"),
    "Winlogbeat 7": (winlogbeat("7.17.9", 4625), "windows.security"),
    "Filebeat, system auth": (
        shipped(f"Nov 22 08:26:49 web-01 sshd[811]: {INVALID}", "system.auth"),
        "linux.sshd",
    ),
    "Filebeat, system syslog": (
        shipped("Nov 22 08:26:49 web-01 systemd[1]: Started.", "system.syslog"),
        "linux.syslog",
    ),
    "Filebeat, nginx access": (shipped(ACCESS, "nginx.access"), "web.access"),
    "Filebeat, auditd": (
        shipped('type=EXECVE msg=audit(1795336009.123:4711): argc=2 a0="cat" a1="/etc/shadow"', "auditd.log"),
        "linux.auditd",
    ),
    "Filebeat, Suricata": (shipped(EVE, "suricata.eve"), "suricata.dns"),
    "Filebeat, Suricata, decoded": (shipped(None, "suricata.eve", json=json.loads(EVE)), "suricata.dns"),
    "Filebeat, Wazuh": (
        shipped(ALERT, "wazuh.alerts", fields={"index_prefix": "wazuh-alerts-4.x-"}, service={"type": "wazuh"}),
        "wazuh",
    ),
    "Filebeat 8, journald": (shipped(INVALID, "journald", log=JOURNAL_8), "linux.sshd"),
    "Filebeat 7, journald": (
        shipped(INVALID, "journald", syslog={"identifier": "sshd"}, journald={"pid": 811}),
        "linux.sshd",
    ),
    "Filebeat, syslog input": (
        shipped(INVALID, "syslog", hostname="web-01", process={"program": "sshd", "pid": 811}),
        "linux.sshd",
    ),
    "Elastic Agent, system auth": (
        shipped(f"Nov 22 08:26:49 web-01 sshd[811]: {INVALID}", "system.auth", data_stream={"dataset": "system.auth"}),
        "linux.sshd",
    ),
    "Logstash, syslog": (
        {
            "@timestamp": "2026-11-22T08:26:49.123Z",
            "@version": "1",
            "host": {"ip": "10.0.0.1"},
            "event": {"original": f"<34>Nov 22 08:26:49 web-01 sshd[811]: {INVALID}"},
            "message": "changed by a filter",
        },
        "linux.sshd",
    ),
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_each_document_comes_out_as_what_it_carries(name: str) -> None:
    document, source = DOCUMENTS[name]
    event = event_of(document)
    assert event.source == source
    assert event.time_quality == "parsed"
    if source == "linux.sshd":
        assert [entity.value for entity in event.entities if entity.kind in {"host", "ip"}] == [
            "web-01",
            "198.51.100.23",
        ]


def test_a_line_without_a_zone_is_read_in_the_shippers() -> None:
    line = f"Nov 22 09:26:47 web-01 sshd[811]: {INVALID}"
    assert event_of(shipped(line, "system.auth")).time == READ
    zoned: dict[str, FieldValue] = {"event": {"dataset": "system.auth", "timezone": "+01:00"}}
    assert event_of(shipped(line, "system.auth", **zoned)).time == datetime(2026, 11, 22, 8, 26, 47, tzinfo=UTC)
    exact = shipped(f"2026-11-22T08:26:40+00:00 web-01 sshd[811]: {INVALID}", "system.auth", **zoned)
    assert event_of(exact).time == datetime(2026, 11, 22, 8, 26, 40, tzinfo=UTC)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "+99:99", "", 5, None])
@pytest.mark.parametrize("written", ["0001-01-01T00:00:00", "9999-12-31T23:59:59"])
def test_a_strange_zone_changes_nothing(zone: FieldValue, written: str) -> None:
    document = shipped(f"{written} web-01 sshd[811]: {INVALID}", "system.auth", event={"timezone": zone})
    assert event_of(document).source == "linux.sshd"


def test_an_event_that_its_sender_numbers_is_the_same_wherever_it_stands() -> None:
    line = shipped("just words", "generic")
    one, again = event_of(line, identity=("logs", "1")), event_of(line, identity=("logs", "1"), index=7)
    assert one.key == again.key
    assert (
        len({one.key, event_of(line, identity=("logs", "2")).key, event_of(line).key, event_of(line, index=7).key}) == 4
    )


def test_the_vendors_own_number_counts_before_the_senders() -> None:
    beat = winlogbeat("8.15.3", "4625")
    assert event_of(beat, identity=("winlogbeat", "x")).key == event_of(beat).key
