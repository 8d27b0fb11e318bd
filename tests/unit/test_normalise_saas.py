"""Okta, GitHub, Google Cloud, Google Workspace: native names stay, Sigma's names are added."""

from typing import Final

import pytest

from tests.unit.cloud_events import Fields, event_of, names, services
from watchfloor.detect.view import EventView
from watchfloor.normalise.event import Event, FieldValue

USER: Final = "k.lang@nordwind.example"


def value(event: Event, name: str) -> tuple[str, ...]:
    return EventView(event.fields).texts(name)


def okta(**changes: FieldValue) -> Fields:
    return {
        "uuid": "u1",
        "published": "2026-03-02T08:14:27.381Z",
        "eventType": "user.session.start",
        "displayMessage": "User login to Okta",
        "actor": {"type": "User", "alternateId": USER, "displayName": "Klaus Lang"},
        "client": {"ipAddress": "203.0.113.77"},
        "outcome": {"result": "SUCCESS", "reason": None},
        "target": [
            {"type": "AppInstance", "alternateId": "Okta Admin", "displayName": "Okta Admin Console"},
            {"type": "User", "alternateId": "ceo@nordwind.example", "displayName": "C"},
        ],
        "request": {"ipChain": [{"ip": "203.0.113.77"}, {"ip": "198.51.100.1"}]},
        "securityContext": {"isProxy": True},
        **changes,
    }


def test_an_event_of_okta_keeps_its_nesting() -> None:
    event = event_of(okta())
    assert (event.source, services(event), event.time_quality) == ("okta", ["okta"], "parsed")
    assert value(event, "target.displayName") == ("Okta Admin Console", "C")
    assert value(event, "securityContext.isProxy") == ("true",)
    assert names(event, "user") == [USER, "ceo@nordwind.example"]
    assert names(event, "ip") == ["203.0.113.77", "198.51.100.1"]
    assert event.summary == (
        f"{USER}: User login to Okta (Okta Admin, ceo@nordwind.example) from 203.0.113.77, SUCCESS"
    )


def test_okta_in_eventbridge_is_the_same_event() -> None:
    assert event_of({"detail-type": "SystemLog", "detail": okta()}).key == event_of(okta()).key


def test_okta_itself_is_no_user() -> None:
    event = event_of(okta(actor={"type": "SystemPrincipal", "alternateId": "system@okta.com"}, target=None))
    assert names(event, "user") == []


def github(**changes: FieldValue) -> Fields:
    return {
        "@timestamp": 1772439267381,
        "_document_id": "d1",
        "action": "repo.access",
        "actor": "k-lang",
        "actor_ip": "203.0.113.77",
        "org": "nordwind",
        "repo": "nordwind/shop",
        "visibility": "public",
        **changes,
    }


def test_an_entry_of_github_has_its_time_in_milliseconds() -> None:
    event = event_of(github())
    assert (event.source, services(event), event.time_quality) == ("github", ["audit"], "parsed")
    assert event.time.isoformat() == "2026-03-02T08:14:27.381000+00:00"
    assert names(event, "user") == ["k-lang"]
    assert event.summary == "k-lang: repo.access (nordwind/shop, nordwind) from 203.0.113.77"


@pytest.mark.parametrize(
    "fields",
    [
        {"action": "allowed", "@timestamp": 5, "org": "x"},
        {"action": "a.b"},
        {"action": "a.b", "@timestamp": "2026-03-02T08:14:27Z", "actor": "x"},
        {"action": ["a.b"], "_document_id": "d"},
    ],
)
def test_what_only_looks_like_github_is_not(fields: Fields) -> None:
    assert event_of(fields).source == "unparsed"


def gcp(**changes: FieldValue) -> Fields:
    return {
        "insertId": "i1",
        "logName": "projects/nordwind-prod/logs/cloudaudit.googleapis.com%2Factivity",
        "timestamp": "2026-03-02T08:14:27.381204Z",
        "resource": {"type": "gce_instance", "labels": {"project_id": "nordwind-prod", "instance_id": "4711"}},
        "protoPayload": {
            "serviceName": "compute.googleapis.com",
            "methodName": "v1.compute.firewalls.insert",
            "resourceName": "projects/nordwind-prod/global/firewalls/x",
            "authenticationInfo": {"principalEmail": USER},
            "requestMetadata": {"callerIp": "203.0.113.77"},
            "authorizationInfo": [{"permission": "compute.firewalls.create", "granted": True}],
        },
        **changes,
    }


def test_an_entry_of_google_cloud_has_both_of_sigmas_spellings() -> None:
    event = event_of(gcp())
    assert (event.source, services(event), event.time_quality) == ("gcp.audit", ["gcp.audit"], "parsed")
    assert value(event, "gcp.audit.method_name") == ("v1.compute.firewalls.insert",)
    assert value(event, "data.protoPayload.serviceName") == ("compute.googleapis.com",)
    assert "cloudaudit.googleapis.com%2Factivity" in value(event, "data.protoPayload.logName")
    assert value(event, "data.protoPayload.authorizationInfo.permission") == ("compute.firewalls.create",)
    assert value(event, "data.protoPayload.authorizationInfo.granted") == ("true",)
    assert value(event, "data.protoPayload.resource.type") == ("gce_instance",)
    assert names(event, "user") == [USER]
    assert names(event, "account") == ["nordwind-prod"]
    assert names(event, "host") == ["4711"]


def test_an_entry_under_data_is_unwrapped() -> None:
    assert event_of({"data": gcp(), "messageId": "1"}).key == event_of(gcp()).key


def test_the_parts_of_an_entry_that_was_too_large_are_events_of_their_own() -> None:
    parts = [event_of(gcp(split={"uid": "u7", "index": index, "totalSplits": 3})) for index in range(3)]
    first = event_of(gcp(split={"uid": "u7", "totalSplits": 3}))
    assert len({event.key for event in parts} | {event_of(gcp()).key}) == 4
    assert first.key == parts[0].key, "the first index is left out"


def test_an_entry_that_failed_says_so() -> None:
    payload = gcp()["protoPayload"]
    assert isinstance(payload, dict)
    event = event_of(gcp(protoPayload={**payload, "status": {"code": 7}}))
    assert event.summary.startswith(f"{USER} failed to call v1.compute.firewalls.insert on projects/")


def workspace(**changes: FieldValue) -> Fields:
    return {
        "kind": "admin#reports#activity",
        "id": {"time": "2026-03-02T08:14:27.381Z", "uniqueQualifier": "-1", "applicationName": "admin"},
        "actor": {"email": USER},
        "ipAddress": "203.0.113.77",
        "events": [
            {
                "type": "SECURITY_SETTINGS",
                "name": "ENFORCE_STRONG_AUTHENTICATION",
                "parameters": [{"name": "NEW_VALUE", "value": "false"}, {"name": "ON", "boolValue": True}],
            },
            {"name": "ALLOW_STRONG_AUTHENTICATION", "parameters": [{"name": "NEW_VALUE", "multiValue": ["a", "b"]}]},
        ],
        **changes,
    }


def test_an_activity_of_workspace_has_its_events_and_parameters_by_name() -> None:
    event = event_of(workspace())
    assert (event.source, services(event)) == ("google_workspace", ["google_workspace.admin"])
    assert value(event, "eventName") == ("ENFORCE_STRONG_AUTHENTICATION", "ALLOW_STRONG_AUTHENTICATION")
    assert value(event, "eventService") == ("admin.googleapis.com",)
    assert event.fields["new_value"] == ["false", ["a", "b"]]
    assert value(event, "new_value") == ("false", "a", "b")
    assert value(event, "on") == ("true",)
    assert value(event, "protoPayload.metadata.event.eventName")[0] == "ENFORCE_STRONG_AUTHENTICATION"
    assert names(event, "user") == [USER]


def test_workspace_in_cloud_logging_has_the_log_sources_of_both() -> None:
    event = event_of(
        gcp(
            protoPayload={
                "serviceName": "login.googleapis.com",
                "methodName": "google.login.LoginService.govAttackWarning",
                "authenticationInfo": {"principalEmail": USER},
                "metadata": {
                    "event": [{"eventName": "gov_attack_warning", "parameter": [{"name": "P", "value": "1"}]}]
                },
            }
        )
    )
    assert services(event) == ["gcp.audit", "google_workspace.login"]
    assert value(event, "eventName") == ("gov_attack_warning",)
    assert value(event, "p") == ("1",)


@pytest.mark.parametrize("odd", [None, 5, "x", [], {}, [[1]], {"a": []}])
def test_odd_parts_cost_only_what_hangs_on_them(odd: FieldValue) -> None:
    for name in ("actor", "client", "outcome", "target", "request", "published"):
        assert event_of(okta(**{name: odd})).source == "okta"
    for name in ("actor", "actor_ip", "repo", "@timestamp", "_document_id"):
        assert event_of(github(**{name: odd})).source == "github"
    for name in ("resource", "logName", "timestamp", "insertId"):
        assert event_of(gcp(**{name: odd})).source == "gcp.audit"
    for name in ("actor", "ipAddress"):
        assert event_of(workspace(**{name: odd})).source == "google_workspace"
