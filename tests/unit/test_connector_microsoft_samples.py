"""The samples of the connectors for Microsoft: what they pull is what the parsers of its logs understand."""

from pathlib import Path
from typing import Final

import msgspec
import pytest

from tests.unit.cloud_events import body_event, names, services
from watchfloor.feeds import connectors
from watchfloor.feeds.connectors.azure_blob.parse import read_lines
from watchfloor.feeds.connectors.connector import Pulled
from watchfloor.feeds.connectors.entra.logs import LOGS
from watchfloor.feeds.connectors.entra.parse import read_page, records_of
from watchfloor.feeds.connectors.m365.faults import is_unsubscribed
from watchfloor.feeds.connectors.m365.parse import read_listing, read_records
from watchfloor.kernel.egress import Reply

FOLDER: Final = Path(connectors.__file__).parent
TENANT: Final = "4b1c9c52-6f0e-4b43-9d51-0c3a1f7e2d10"
SUBSCRIPTION: Final = "7d0c6f3e-9a54-4e2b-8f10-2b9c55e0a7d1"


def sample(connector: str, name: str) -> bytes:
    return (FOLDER / connector / "samples" / f"{name}.json").read_bytes()


def checked(records: tuple[Pulled, ...], *, source: str, service: str) -> None:
    assert records
    for record in records:
        event = body_event(record.body)
        assert (event.source, event.time_quality) == (source, "parsed")
        assert service in services(event)
        assert record.at is not None
        assert abs((event.time - record.at).total_seconds()) < 60
        assert "203.0.113.77" in names(event, "ip") or "203.0.113.80" in names(event, "ip")


@pytest.mark.parametrize("name", ["blob_exchange", "blob_sharepoint", "blob_entra"])
def test_records_of_microsoft_365_are_events_of_its_audit_log(name: str) -> None:
    (content,) = read_listing(sample("m365", "listing"))
    found = read_records([(content, sample("m365", name))], tenant_id=TENANT.upper(), place="exchange")
    assert found.strangers == ()
    checked(found.own, source="m365", service="audit")


def test_a_record_of_microsoft_365_is_kept_as_it_was_written() -> None:
    (content,) = read_listing(sample("m365", "listing"))
    body = sample("m365", "blob_sharepoint")
    (record,) = read_records([(content, body)], tenant_id=TENANT, place="sharepoint").own
    assert record.body in body
    assert record.key == "record:a1d0c3f2-7788-4a55-9a01-08de2a8f0103"


def test_an_error_of_microsoft_365_says_that_nobody_has_subscribed() -> None:
    assert is_unsubscribed(Reply(status=400, headers={}, body=sample("m365", "error"), retry_after_seconds=None))


@pytest.mark.parametrize(
    ("name", "stream", "source", "service"),
    [
        ("page_sign_ins", "sign-ins", "entra.signin", "signinlogs"),
        ("page_sign_ins_service_principal", "sign-ins-service-principal", "entra.signin", "signinlogs"),
        ("page_audits", "audits", "entra.audit", "auditlogs"),
        ("page_risks", "risks", "entra.risk", "riskdetection"),
    ],
)
def test_records_of_graph_are_events_of_their_log(name: str, stream: str, source: str, service: str) -> None:
    log = LOGS[stream]
    page = records_of(read_page(sample("entra", name), log), log, tenant_id=TENANT, stream=stream)
    assert page.strangers == ()
    checked(page.records, source=source, service=service)


@pytest.mark.parametrize(
    ("name", "source", "service"),
    [
        ("lines_signinlogs", "entra.signin", "signinlogs"),
        ("lines_auditlogs", "entra.audit", "auditlogs"),
        ("lines_activity", "azure.activity", "activitylogs"),
    ],
)
def test_lines_of_diagnostic_logs_are_events_of_their_log(name: str, source: str, service: str) -> None:
    content = sample("azure_blob", name)
    found = read_lines(
        content,
        container="insights-logs",
        blob="PT1H.json",
        made=1,
        start=0,
        owners=frozenset({TENANT, SUBSCRIPTION}),
        is_all=False,
        longest=100_000,
    )
    assert found.size == len(content)
    checked(found.records, source=source, service=service)


def test_the_same_sign_in_has_the_same_id_through_graph_and_through_a_blob() -> None:
    log = LOGS["sign-ins"]
    page = records_of(read_page(sample("entra", "page_sign_ins"), log), log, tenant_id=TENANT, stream="sign-ins")
    line = msgspec.json.decode(sample("azure_blob", "lines_signinlogs"))
    assert msgspec.json.decode(page.records[0].body)["id"] == line["properties"]["id"]
