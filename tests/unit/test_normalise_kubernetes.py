"""Kubernetes' audit log: who did what, and what a pod or workload was given."""

import json

import pytest

from tests.unit.cloud_events import Fields, event_of, names
from watchfloor.detect.view import EventView
from watchfloor.normalise.event import Event, FieldValue, LogSource


def value(event: Event, name: str) -> tuple[str, ...]:
    return EventView(event.fields).texts(name)


def audit(**changes: FieldValue) -> Fields:
    return {
        "kind": "Event",
        "apiVersion": "audit.k8s.io/v1",
        "auditID": "a1",
        "stage": "ResponseComplete",
        "requestURI": "/api/v1/namespaces/shop/pods",
        "verb": "create",
        "user": {"username": "m.keller@nordwind.example", "groups": ["system:authenticated"]},
        "sourceIPs": ["203.0.113.77"],
        "objectRef": {"resource": "pods", "namespace": "shop", "name": "web", "apiVersion": "v1"},
        "responseStatus": {"code": 201},
        "stageTimestamp": "2026-03-02T08:14:27.381204Z",
        **changes,
    }


POD: Fields = {
    "containers": [{"securityContext": {"privileged": True, "capabilities": {"add": ["SYS_ADMIN", "NET_RAW"]}}}],
    "volumes": [{"hostPath": {"path": "/"}}, {"emptyDir": {}}],
    "hostPID": True,
}


def test_a_request_says_who_asked_for_what() -> None:
    event = event_of(audit())
    assert event.logsources == (LogSource("kubernetes", "application", "audit"),)
    assert event.time_quality == "parsed"
    assert names(event, "user") == ["m.keller@nordwind.example"]
    assert names(event, "ip") == ["203.0.113.77"]
    assert event.summary == "m.keller@nordwind.example: create pods shop/web from 203.0.113.77, answered 201"


@pytest.mark.parametrize(
    "request_object",
    [
        {"kind": "Pod", "spec": POD},
        {"kind": "Deployment", "spec": {"template": {"spec": POD}}},
        {"kind": "CronJob", "spec": {"jobTemplate": {"spec": {"template": {"spec": POD}}}}},
    ],
    ids=["pod", "workload", "scheduled job"],
)
def test_the_power_of_a_pod_is_seen_wherever_its_specification_stands(request_object: FieldValue) -> None:
    event = event_of(audit(requestObject=request_object))
    assert value(event, "privileged") == ("true",)
    assert value(event, "capabilities") == ("SYS_ADMIN", "NET_RAW")
    assert value(event, "hostPath") == ("/",)
    assert value(event, "hostPID") == ("true",)


def test_a_harmless_pod_has_none_of_it() -> None:
    event = event_of(audit(requestObject={"spec": {"containers": [{"image": "web"}], "volumes": [{"emptyDir": {}}]}}))
    assert not {"privileged", "capabilities", "hostPath"} & set(event.fields)


@pytest.mark.parametrize(
    ("user", "kind", "found"),
    [
        ("system:serviceaccount:shop:web", "user", ["system:serviceaccount:shop:web"]),
        ("system:node:node-1.nordwind.example", "host", ["node-1.nordwind.example", "node-1"]),
        ("system:kube-scheduler", "user", []),
        ("system:anonymous", "user", []),
        ("arn:aws:sts::111122223333:assumed-role/a/b", "user", ["arn:aws:sts::111122223333:assumed-role/a/b"]),
    ],
)
def test_built_in_users_join_nobody(user: str, kind: str, found: list[str]) -> None:
    event = event_of(audit(user={"username": user}))
    assert [entity.value for entity in event.entities if entity.kind == kind] == found


def test_the_stages_of_one_request_are_events_of_their_own() -> None:
    assert event_of(audit()).key != event_of(audit(stage="RequestReceived")).key


def test_an_event_inside_of_a_shippers_message_is_found() -> None:
    event = event_of({"id": "1", "timestamp": 1772439267381, "message": json.dumps(audit())})
    assert event.source == "kubernetes.audit"
    assert event.key == event_of(audit()).key


@pytest.mark.parametrize("odd", [None, 5, "x", [], {}, [[1]], {"a": []}])
def test_odd_parts_cost_only_what_hangs_on_them(odd: FieldValue) -> None:
    for name in ("user", "sourceIPs", "objectRef", "responseStatus", "requestObject", "auditID", "requestURI"):
        assert event_of(audit(**{name: odd})).source == "kubernetes.audit"
    for name in ("containers", "volumes"):
        assert event_of(audit(requestObject={"spec": {"containers": [], name: odd}})).source == "kubernetes.audit"
