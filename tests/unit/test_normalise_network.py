"""Sensors and firewalls: native names stay, Sigma's names and both ends of the connection are added."""

import pytest

from tests.unit.line_events import entities, event_of, has


def eve(kind: str, **more: object) -> dict[str, object]:
    return {
        "timestamp": "2026-03-02T11:58:01.000001+0000",
        "flow_id": 17,
        "event_type": kind,
        "src_ip": "10.0.0.1",
        "src_port": 5353,
        "dest_ip": "203.0.113.9",
        "dest_port": 53,
        "proto": "UDP",
        **more,
    }


def test_an_alert_of_suricata_keeps_its_nesting() -> None:
    event = event_of(eve("alert", alert={"severity": 1, "action": "allowed", "signature": "ET X", "signature_id": 4}))
    assert event.source == "suricata.alert"
    assert has(event, product="suricata", service="alert")
    assert event.fields["alert"] == {"severity": 1, "action": "allowed", "signature": "ET X", "signature_id": 4}
    assert entities(event) == {("ip", "10.0.0.1"), ("ip", "203.0.113.9")}
    assert event.summary == "Suricata alerted: ET X, 10.0.0.1 -> 203.0.113.9:53"
    assert event.time_quality == "parsed"


@pytest.mark.parametrize(
    "dns",
    [
        {"type": "answer", "rrname": "a.example", "rrtype": "A", "rcode": "NOERROR", "rdata": "192.0.2.7"},
        {
            "version": 2,
            "type": "answer",
            "rrname": "a.example",
            "rrtype": "A",
            "rcode": "NOERROR",
            "answers": [{"rrname": "a.example", "rrtype": "A", "rdata": "192.0.2.7"}],
        },
        {
            "version": 3,
            "type": "response",
            "rcode": "NOERROR",
            "queries": [{"rrname": "a.example", "rrtype": "A"}],
            "answers": [{"rdata": "192.0.2.7"}],
        },
        {
            "version": 2,
            "type": "answer",
            "rcode": "NOERROR",
            "query": [{"rrname": "a.example", "rrtype": "A"}],
            "answers": [{"rdata": "192.0.2.7"}],
        },
    ],
)
def test_each_version_of_suricata_names_the_query_alike(dns: dict[str, object]) -> None:
    event = event_of(eve("dns", dns=dns))
    assert has(event, product="suricata", category="dns", service="dns")
    fields = event.fields
    assert (fields["query"], fields["record_type"], fields["answer"], fields["rcode"]) == (
        "a.example",
        "A",
        ["192.0.2.7"],
        "NOERROR",
    )
    assert ("domain", "a.example") in entities(event)


def test_a_request_that_suricata_saw_is_one_for_servers_and_for_proxies() -> None:
    http = {
        "hostname": "www.example",
        "url": "/a/b.EXE?x=%2e%2e",
        "http_user_agent": "ua",
        "http_method": "GET",
        "status": 200,
        "http_refer": "r",
    }
    event = event_of(eve("http", http=http))
    assert has(event, product="suricata", category="webserver", service="http")
    assert has(event, product="suricata", category="proxy", service="http")
    fields = event.fields
    assert (fields["cs-method"], fields["cs-host"], fields["sc-status"]) == ("GET", "www.example", 200)
    assert fields["cs-uri-query"] == ["x=%2e%2e", "/a/b.EXE?x=%2e%2e", "/a/b.EXE?x=.."]
    assert fields["c-uri"] == ["http://www.example/a/b.EXE?x=%2e%2e", "/a/b.EXE?x=%2e%2e", "/a/b.EXE?x=.."]
    assert (fields["cs-uri-stem"], fields["c-uri-extension"]) == ("/a/b.EXE", "exe")


def test_records_of_one_flow_and_moment_are_kept_apart() -> None:
    one, other = eve("fileinfo", fileinfo={"filename": "a"}), eve("fileinfo", fileinfo={"filename": "b"})
    assert event_of(one).key == event_of(one).key != event_of(other).key


def test_an_unknown_kind_of_record_is_still_suricatas() -> None:
    event = event_of(eve("new_thing_of_version_9"))
    assert (event.source, event.logsources[0].service) == ("suricata", None)


ZEEK: dict[str, object] = {
    "ts": 1772452681.5,
    "uid": "CX1",
    "id.orig_h": "10.0.0.1",
    "id.orig_p": 5353,
    "id.resp_h": "203.0.113.9",
    "id.resp_p": 53,
    "proto": "udp",
    "query": "a.example",
    "qtype_name": "TXT",
    "answers": ["x"],
    "rcode_name": "NOERROR",
}


@pytest.mark.parametrize(
    "record",
    [
        {"_path": "dns", **ZEEK},
        ZEEK,
        {**ZEEK, "ts": "2026-03-02T11:58:01.500000Z", "_path": "dns", "_write_ts": "x"},
        {"@stream": "dns", **{name.replace("id.", "id_"): value for name, value in ZEEK.items()}},
    ],
)
def test_each_writing_of_zeek_says_the_same(record: dict[str, object]) -> None:
    event = event_of(record)
    assert event.source == "zeek.dns"
    assert has(event, product="zeek", category="dns", service="dns")
    assert (event.fields["id.orig_h"], event.fields["id.resp_p"], event.fields["dst_ip"]) == (
        "10.0.0.1",
        53,
        "203.0.113.9",
    )
    assert (event.fields["record_type"], event.fields["answer"]) == ("TXT", ["x"])
    assert event.time.timestamp() == 1772452681.5
    assert entities(event) == {("ip", "10.0.0.1"), ("ip", "203.0.113.9"), ("domain", "a.example")}


@pytest.mark.parametrize(
    ("sign", "log"),
    [
        ({"conn_state": "SF"}, "conn"),
        ({"method": "GET", "trans_depth": 1}, "http"),
        ({"share_type": "DISK"}, "smb_mapping"),
    ],
)
def test_a_log_without_a_name_is_known_by_its_fields(sign: dict[str, object], log: str) -> None:
    ends = {name: value for name, value in ZEEK.items() if name.startswith(("id.", "ts", "uid"))}
    assert event_of({**ends, **sign}).source == f"zeek.{log}"


def test_certificates_get_zeeks_dotted_names() -> None:
    event = event_of({"@stream": "x509", "ts": 1772452681.5, "id": "F1", "certificate_serial": "8BB00EE"})
    assert event.fields["certificate.serial"] == "8BB00EE"


def test_a_path_of_another_program_is_not_zeek() -> None:
    assert event_of({"ts": 1, "_path": "../../x", "a": 1}).source == "unparsed"
    assert event_of({"ts": 1, "uid": "x", "cipher": "y"}).source == "unparsed"


CEF = (
    r"CEF:0|Palo Alto Networks|PAN\|OS|10|threat|spy\\ware|8|rt=Mar 02 2026 11:58:01 src=10.1.1.1 dst=203.0.113.2 spt=1"
    r" dpt=443 act=blocked cs1=Block \= rule cs1Label=Rule Name msg=line one\nline two request=http://bad.example/x.exe"
    " suser=eve"
)


@pytest.mark.parametrize(
    "line", [CEF, f"<134>Mar  2 11:58:01 fw {CEF}", f"<134>1 2026-03-02T11:58:01Z fw - - - - {CEF}"]
)
def test_cef_is_taken_apart(line: str) -> None:
    event = event_of(line)
    assert event.source == "cef.paloalto"
    assert has(event, product="paloalto", category="firewall")
    assert has(event, product="paloalto", category="proxy")
    fields = event.fields
    assert (fields["DeviceProduct"], fields["Name"], fields["cs1"]) == ("PAN|OS", r"spy\ware", "Block = rule")
    assert (fields["RuleName"], fields["msg"], fields["action"]) == ("Block = rule", "line one\nline two", "blocked")
    assert (fields["dst_port"], fields["c-uri-extension"]) == ("443", "exe")
    assert event.time.isoformat() == "2026-03-02T11:58:01+00:00"
    assert {("ip", "10.1.1.1"), ("user", "eve")} <= entities(event)


@pytest.mark.parametrize(
    "line",
    [
        "LEEF:1.0|Check Point|VPN-1|1|Drop|src=10.0.0.1\tdst=203.0.113.2\tdstPort=80",
        "LEEF:2.0|Check Point|VPN-1|1|Drop|^|src=10.0.0.1^dst=203.0.113.2^dstPort=80",
        "LEEF:2.0|Check Point|VPN-1|1|Drop|x5E|src=10.0.0.1^dst=203.0.113.2^dstPort=80",
        "LEEF:2.0|Check Point|VPN-1|1|Drop||src=10.0.0.1\tdst=203.0.113.2\tdstPort=80",
    ],
)
def test_leef_is_taken_apart(line: str) -> None:
    event = event_of(line)
    assert (event.source, event.fields["EventID"], event.fields["dst_port"]) == ("cef.checkpoint", "Drop", "80")
    assert ("ip", "203.0.113.2") in entities(event)


@pytest.mark.parametrize("line", ["CEF:0|a|b", "CEF:", "LEEF:1.0|a", "CEF:0|a|b|c|d|e|f|", "CEF:0|a|b|c|d|e|f|=x =y"])
def test_half_a_message_is_no_reason_to_fail(line: str) -> None:
    assert event_of(line).source in {"unparsed", "cef.cef"}


FORTIGATE = (
    'date=2026-03-02 time=11:58:01 devname="FG100" devid="FG1" {time}tz="+0100" logid="0000000013" type="{type}"'
    ' subtype="forward" srcip=10.1.1.5 srcport=5555 dstip=203.0.113.8 dstport=23 action="accept" user="eve"'
)


def test_fortigate_keeps_its_names() -> None:
    event = event_of("<189>" + FORTIGATE.format(type="traffic", time="eventtime=1772452681000000000 "))
    assert event.source == "fortigate.traffic"
    assert has(event, product="fortigate", category="firewall")
    assert has(event, product="fortigate", service="traffic")
    assert (event.fields["srcip"], event.fields["src_ip"], event.fields["dst_port"]) == ("10.1.1.5", "10.1.1.5", "23")
    assert event.time.isoformat() == "2026-03-02T11:58:01+00:00"
    assert entities(event) == {("ip", "10.1.1.5"), ("ip", "203.0.113.8"), ("user", "eve")}


def test_fortigates_own_clock_counts_where_it_is_all_there_is() -> None:
    event = event_of(FORTIGATE.format(type="event", time=""))
    assert event.time.isoformat() == "2026-03-02T10:58:01+00:00"
    assert has(event, product="fortigate", service="event")
    assert ("host", "fg100") in entities(event)


@pytest.mark.parametrize(
    ("line", "source", "action"),
    [
        (
            "Mar  2 11:58:01 web01 kernel: [ 42.1] [UFW BLOCK] IN=eth0 OUT= SRC=203.0.113.7 DST=192.168.1.5 DPT=22",
            "linux.firewall",
            "deny",
        ),
        (
            "Mar  2 11:58:01 web01 kernel: FW-ACCEPT IN=eth0 OUT= SRC=203.0.113.7 DST=192.168.1.5 DPT=22",
            "linux.firewall",
            "accept",
        ),
        (
            'device_name="XGS" log_type="Firewall" action="deny" src_ip=203.0.113.7 dst_ip=192.168.1.5 dst_port=22',
            "sophos.firewall",
            "deny",
        ),
        (
            'id=firewall sn=18B1 fw=198.51.100.2 m=98 action="deny" src=203.0.113.7:5:X1 dst=192.168.1.5:22:X0',
            "sonicwall.firewall",
            "deny",
        ),
    ],
)
def test_other_firewalls_name_both_ends(line: str, source: str, action: str) -> None:
    event = event_of(line)
    assert (event.source, event.fields["action"]) == (source, action)
    assert (event.fields["src_ip"], event.fields["dst_ip"], event.fields["dst_port"]) == (
        "203.0.113.7",
        "192.168.1.5",
        "22",
    )
    assert any(logsource.category == "firewall" for logsource in event.logsources)


def test_ciscos_messages_stay_whole() -> None:
    event = event_of(
        "<189>45: *Mar  2 11:58:01.004: %SYS-5-CONFIG_I: Configured from console by admin on vty0 (10.0.0.9)"
    )
    assert (event.source, event.fields["mnemonic"]) == ("cisco.syslog", "CONFIG_I")
    assert has(event, product="cisco", service="aaa")
    assert entities(event) == {("user", "admin"), ("ip", "10.0.0.9")}
