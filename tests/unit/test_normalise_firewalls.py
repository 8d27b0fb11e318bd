"""Firewalls and routers: both ends, the action and the names that rules ask for, out of each maker's own form."""

import pytest

from tests.unit.line_events import entities, event_of, has
from tests.unit.parser_samples import LINES

ENDS = {
    "watchguard.firewall": ("203.0.113.9", "51000", "10.0.0.1", "3389", "Deny"),
    "checkpoint.firewall": ("203.0.113.9", None, "10.0.0.1", "22", "Drop"),
    "pfsense.firewall": ("203.0.113.9", "50000", "10.0.0.1", "22", "deny"),
    "juniper.firewall": ("203.0.113.9", "50000", "10.0.0.1", "22", "deny"),
    "firewall": ("10.0.0.5", "63735", "203.0.113.9", "80", None),
    "paloalto.traffic": ("10.0.0.5", "51000", "203.0.113.9", "80", "allow"),
    "paloalto.threat": ("10.0.0.5", "51000", "203.0.113.9", "80", "block-url"),
    "cisco.syslog": ("203.0.113.9", "5678", "10.0.0.1", "443", "accept"),
}


@pytest.mark.parametrize("source", ENDS)
def test_both_ends_and_the_action_have_sigmas_names(source: str) -> None:
    event = event_of(LINES[source][0])
    found = tuple(event.fields.get(name) for name in ("src_ip", "src_port", "dst_ip", "dst_port", "action"))
    assert found == ENDS[source]
    assert any(logsource.category == "firewall" for logsource in event.logsources)
    assert {("ip", found[0]), ("ip", found[2])} <= entities(event)


def test_an_address_of_version_6_is_read_from_pfsense() -> None:
    event = event_of(LINES["pfsense.firewall"][1])
    assert (event.fields["src_ip"], event.fields["dst_port"]) == ("2001:db8::1", "547")
    assert event.fields["action"] == "accept"


def test_a_url_that_palo_alto_stopped_is_a_web_request() -> None:
    event = event_of(LINES["paloalto.threat"][0])
    assert has(event, product="paloalto", category="proxy", service="threat")
    assert event.fields["url"] == "evil.example/a,b"
    assert event.fields["cs-user-agent"] == "Mozilla/5.0 (X11, Linux)"
    assert event.fields["cs-method"] == "get"
    assert event.fields["blocked"] is True
    assert {("domain", "evil.example"), ("user", "corp\\alice")} <= entities(event)


def test_a_threat_of_palo_alto_has_its_name_and_number() -> None:
    event = event_of(LINES["paloalto.threat"][1])
    assert (event.fields["threat_name"], event.fields["threat_number"]) == ("SSH Brute Force", "40015")
    assert not has(event, product="paloalto", category="proxy", service="threat")


@pytest.mark.parametrize(
    ("source", "name", "value"),
    [
        ("paloalto.system", "eventid", "auth-fail"),
        ("paloalto.config", "admin", "admin"),
        ("paloalto.globalprotect", "machinename", "ws-17"),
        ("paloalto.authentication", "event", "auth-fail"),
    ],
)
def test_other_logs_of_palo_alto_have_their_columns(source: str, name: str, value: str) -> None:
    assert event_of(LINES[source][0]).fields[name] == value


def test_the_same_line_of_palo_alto_sent_twice_is_one_event() -> None:
    line = LINES["paloalto.traffic"][0]
    assert event_of(line).key == event_of(line.replace("PA-VM 1", "PA-VM  1")).key
    assert event_of(line).key != event_of(line.replace(",778,", ",779,")).key


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (
            "%ASA-6-302013: Built outbound TCP connection 1 for outside:203.0.113.9/443 (203.0.113.9/443) to"
            " inside:10.0.0.1/5000 (198.51.100.1/5000)",
            {"src_ip": "10.0.0.1", "dst_ip": "203.0.113.9", "dst_port": "443", "action": "accept"},
        ),
        (
            "%ASA-6-302014: Teardown TCP connection 1 for outside:203.0.113.9/443 to inside:10.0.0.1/5000"
            " duration 0:00:30 bytes 1234 TCP FINs",
            {"action": "close", "bytes": "1234", "duration": "0:00:30"},
        ),
        (
            "%ASA-6-106100: access-list acl denied tcp outside/203.0.113.9(5678) -> inside/10.0.0.1(443) hit-cnt 1",
            {"src_ip": "203.0.113.9", "dst_port": "443", "rule": "acl", "action": "deny"},
        ),
        (
            "%ASA-2-106001: Inbound TCP connection denied from 203.0.113.9/5000 to 10.0.0.1/22 flags SYN on x",
            {"src_ip": "203.0.113.9", "dst_port": "22", "action": "deny"},
        ),
        (
            '%ASA-6-605004: Login denied from 203.0.113.9/4000 to inside:10.0.0.1/ssh for user "root"',
            {"src_ip": "203.0.113.9", "user": "root", "action": "login_failed"},
        ),
        (
            "%ASA-6-113005: AAA user authentication Rejected : reason = AAA failure : server = 10.0.0.3 : user = bob",
            {"user": "bob", "action": "login_failed"},
        ),
        (
            "%ASA-5-111010: User 'admin', running 'CLI' from IP 203.0.113.9, executed 'no logging'",
            {"user": "admin", "command": "no logging", "src_ip": "203.0.113.9", "action": "command"},
        ),
        (
            "%SEC-6-IPACCESSLOGP: list 101 denied tcp 203.0.113.9(1234) -> 10.0.0.1(22), 1 packet",
            {"src_ip": "203.0.113.9", "dst_port": "22", "action": "deny"},
        ),
        (
            "%SYS-5-CONFIG_I: Configured from console by admin on vty0 (203.0.113.9)",
            {"user": "admin", "src_ip": "203.0.113.9", "action": "configured"},
        ),
    ],
)
def test_what_cisco_says_stands_in_fields(message: str, expected: dict[str, str]) -> None:
    event = event_of(f"<166>Mar  2 11:00:00 edge {message}")
    assert {name: event.fields.get(name) for name in expected} == expected


def test_a_word_is_no_account() -> None:
    event = event_of(LINES["cisco.syslog"][1])
    assert not [value for kind, value in entities(event) if kind == "user"]


def test_a_line_that_only_mentions_an_address_is_no_firewalls() -> None:
    event = event_of("<134>Mar  2 11:00:00 web01 app[1]: src=main.c dst=/tmp/x built")
    assert event.source == "linux.syslog"


@pytest.mark.parametrize("line", LINES["windows.security"])
def test_a_windows_event_as_xml_is_the_event(line: str) -> None:
    event = event_of(line)
    assert has(event, product="windows", service="security")
    assert event.fields["EventID"] == 4625
    assert event.fields["TargetUserName"] == "bob&co"
    assert event.fields["Provider_Name"] == "Microsoft-Windows-Security-Auditing"
    assert event.fields["Execution_ProcessID"] == "4"
    assert {("host", "ws01.nordwind.example"), ("ip", "203.0.113.9"), ("user", "bob&co")} <= entities(event)
    assert event.time.microsecond == 123_456
    as_json = {
        "EventID": 4625, "Channel": "Security", "Computer": "ws01.nordwind.example", "EventRecordID": 99,
        "SystemTime": "2026-03-02T11:00:00.123Z",
    }  # fmt: skip
    assert event.key == event_of(dict(as_json)).key


def test_xml_with_a_document_type_is_no_event() -> None:
    line = LINES["windows.security"][0]
    assert event_of(f"<!DOCTYPE x [<!ENTITY a 'b'>]>{line}").source == "unparsed"
