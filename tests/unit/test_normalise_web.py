"""Web servers and their firewalls: one set of names for a request, whoever wrote the log."""

import pytest

from tests.unit.line_events import entities, event_of, has

REQUEST = (
    '203.0.113.5 - - [02/Mar/2026:11:58:01 +0000] "GET /a/b.php?id=1%27%20OR HTTP/1.1" 200 12 "http://r/" "sqlmap/1.7"'
)


@pytest.mark.parametrize(
    "line",
    [
        REQUEST,
        f"shop.example:443 {REQUEST}",
        f"<190>Mar  2 11:58:00 web01 nginx: {REQUEST}",
        f'{REQUEST} "198.51.100.9" rt=0.003',
    ],
)
def test_an_access_log_is_a_request(line: str) -> None:
    event = event_of(line)
    assert (event.source, event.logsources[0].category) == ("web.access", "webserver")
    fields = event.fields
    assert (fields["c-ip"], fields["cs-method"], fields["sc-status"], fields["sc-bytes"]) == (
        "203.0.113.5",
        "GET",
        200,
        12,
    )
    assert (fields["cs-uri-stem"], fields["c-uri-extension"]) == ("/a/b.php", "php")
    assert fields["cs-uri-query"] == ["id=1%27%20OR", "/a/b.php?id=1%27%20OR", "/a/b.php?id=1' OR"]
    assert (fields["cs-user-agent"], fields["cs-referer"], fields["message"]) == ("sqlmap/1.7", "http://r/", line)
    assert event.time.isoformat() == "2026-03-02T11:58:01+00:00"
    assert ("ip", "203.0.113.5") in entities(event)


def test_the_common_format_has_no_client() -> None:
    event = event_of('203.0.113.5 - bob [02/Mar/2026:12:58:01 +0100] "POST /x HTTP/1.0" 302 -')
    assert (event.fields["cs-username"], event.fields["sc-status"]) == ("bob", 302)
    assert event.fields.keys().isdisjoint({"cs-user-agent", "sc-bytes", "cs-referer"})
    assert event.time.isoformat() == "2026-03-02T11:58:01+00:00"


@pytest.mark.parametrize(
    ("request_line", "host"),
    [
        ("GET http://bad.example:8080/x.exe HTTP/1.1", "bad.example"),
        ("CONNECT bad.example:443 HTTP/1.1", "bad.example"),
    ],
)
def test_a_whole_address_means_a_proxy(request_line: str, host: str) -> None:
    event = event_of(f'10.0.0.9 - eve [02/Mar/2026:11:58:01 +0000] "{request_line}" 200 12 "-" "curl/8"')
    assert event.logsources[0].category == "proxy"
    assert event.fields["cs-host"] == host
    assert {("domain", host), ("user", "eve")} <= entities(event)


@pytest.mark.parametrize("junk", [r"\x16\x03\x01\x02", "-", "", r"a \"quoted\" b", "GET /" + "A" * 100_000])
def test_junk_instead_of_a_request_is_kept(junk: str) -> None:
    event = event_of(f'203.0.113.5 - - [02/Mar/2026:11:58:01 +0000] "{junk}" 400 0 "-" "-"')
    assert (event.source, event.fields["sc-status"]) == ("web.access", 400)


VERSION_2: dict[str, object] = {
    "transaction": {
        "time": "02/Mar/2026:11:58:01.786441 +0000",
        "transaction_id": "Z1",
        "remote_address": "203.0.113.5",
    },
    "request": {"request_line": "GET /a?id=1 HTTP/1.1", "headers": {"Host": "shop.example", "User-Agent": "ua"}},
    "response": {"status": 403},
    "audit_data": {
        "messages": [
            'Warning. [id "942100"] [msg "SQL Injection"] [severity "CRITICAL"] [tag "attack-sqli"] [tag "x"]',
            'Access denied with code 403. [id "949110"] [msg "Score"] [tag "attack-sqli"]',
        ],
        "action": {"intercepted": True, "phase": 2},
    },
}
CORAZA: dict[str, object] = {
    "transaction": {
        "timestamp": "2026/03/02 11:58:01",
        "unix_timestamp": 1772452681786441000,
        "id": "Z1",
        "client_ip": "203.0.113.5",
        "request": {"method": "GET", "uri": "/a?id=1", "headers": {"host": ["shop.example"], "user-agent": ["ua"]}},
        "response": {"status": 403},
        "producer": {"connector": "coraza"},
        "is_interrupted": True,
    },
    "messages": [
        {"message": "SQL Injection", "data": {"id": 942100, "msg": "x", "tags": ["attack-sqli", "x"]}},
        {"message": "Score", "data": {"id": 949110, "tags": []}},
    ],
}
VERSION_3: dict[str, object] = {
    "transaction": {
        "client_ip": "203.0.113.5",
        "time_stamp": "Mon Mar  2 11:58:01 2026",
        "unique_id": "Z1",
        "request": {"method": "GET", "uri": "/a?id=1", "headers": {"Host": "shop.example", "User-Agent": "ua"}},
        "response": {"http_code": 403},
        "messages": [
            {"message": "SQL Injection", "details": {"ruleId": "942100", "tags": ["attack-sqli", "x"]}},
            {"message": "Score", "details": {"ruleId": "949110", "tags": []}},
        ],
    },
}


@pytest.mark.parametrize("document", [VERSION_2, VERSION_3, CORAZA], ids=["v2", "v3", "coraza"])
def test_each_audit_log_of_a_web_firewall_says_the_same(document: dict[str, object]) -> None:
    event = event_of(document)
    assert event.source == "modsecurity"
    assert has(event, product="modsecurity", category="waf")
    assert has(event, product="modsecurity", category="webserver")
    fields = event.fields
    assert (fields["rule_id"], fields["rule_tag"]) == (["942100", "949110"], ["attack-sqli", "x"])
    assert (fields["rule_message"], fields["blocked"]) == (["SQL Injection", "Score"], True)
    assert (fields["cs-method"], fields["cs-uri-stem"], fields["sc-status"]) == ("GET", "/a", 403)
    assert (fields["cs-host"], fields["cs-user-agent"], fields["c-ip"]) == ("shop.example", "ua", "203.0.113.5")
    assert event.time.replace(microsecond=0).isoformat() == "2026-03-02T11:58:01+00:00"
    assert entities(event) == {("ip", "203.0.113.5"), ("domain", "shop.example")}
    assert event.key == event_of(document).key


@pytest.mark.parametrize("when", ["2026-03-02T11:58:01Z", 1772452681, 1772452681000000000])
def test_cloudflares_requests_have_each_form_of_time(when: object) -> None:
    event = event_of(
        {
            "ClientIP": "203.0.113.5",
            "RayID": "8e1f",
            "ClientRequestHost": "shop.example",
            "ClientRequestMethod": "POST",
            "ClientRequestURI": "/login?a=1",
            "ClientRequestUserAgent": "ua",
            "EdgeResponseStatus": 403,
            "EdgeStartTimestamp": when,
            "SecurityAction": "managed_challenge",
        }
    )
    assert event.source == "cloudflare.http_requests"
    assert has(event, product="cloudflare", category="webserver", service="http_requests")
    assert (event.fields["blocked"], event.fields["sc-status"], event.fields["cs-uri-stem"]) == (True, 403, "/login")
    assert event.time.isoformat() == "2026-03-02T11:58:01+00:00"
    assert entities(event) == {("ip", "203.0.113.5"), ("domain", "shop.example")}


def test_cloudflares_firewall_events_put_path_and_query_together() -> None:
    document: dict[str, object] = {
        "ClientIP": "203.0.113.5",
        "RayID": "8e1f",
        "Action": "log",
        "RuleID": "r1",
        "Source": "firewallManaged",
        "Datetime": "2026-03-02T11:58:01Z",
        "ClientRequestPath": "/a",
        "ClientRequestQuery": "?b=c",
        "ClientRequestHost": "x.example",
    }
    event = event_of(document)
    assert event.source == "cloudflare.firewall_events"
    assert (event.fields["cs-uri"], event.fields["blocked"]) == ("/a?b=c", False)
    assert event.key != event_of({**document, "RuleID": "r2"}).key
