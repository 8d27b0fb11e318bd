"""The samples of the connectors for Google: what they pull is what the parsers of Google's logs understand."""

import json
from pathlib import Path
from typing import Final

import msgspec
import pytest

from tests.unit.cloud_events import body_event, names, services
from watchfloor.feeds import connectors
from watchfloor.feeds.connectors.connector import Pulled
from watchfloor.feeds.connectors.gcp_pubsub.parse import Message, Owners, read_message
from watchfloor.feeds.connectors.gcp_pubsub.subscriptions import Taken
from watchfloor.feeds.connectors.workspace.manifest import APPLICATIONS
from watchfloor.feeds.connectors.workspace.parse import read_page
from watchfloor.normalise.event import Event

FOLDER: Final = Path(connectors.__file__).parent
ENTRIES: Final = sorted((FOLDER / "gcp_pubsub" / "samples").glob("entry_*.json"))
ACTIVITIES: Final = sorted((FOLDER / "workspace" / "samples").glob("activity_*.json"))
SUBSCRIPTION: Final = "projects/nordwind-security/subscriptions/watchfloor"
OWNERS: Final = Owners(["projects/nordwind-prod", "organizations/424242424242"])


class _Answer(msgspec.Struct, rename="camel"):
    received_messages: list[Taken]


def in_message(body: bytes) -> Message:
    return Message(message_id="1", data=msgspec.json.decode(msgspec.json.encode(body)))


def pulled_event(found: Pulled | object) -> Event:
    assert isinstance(found, Pulled)
    event = body_event(found.body)
    assert found.at is not None
    assert event.time == found.at
    return event


@pytest.mark.parametrize("path", ENTRIES, ids=lambda path: path.stem)
def test_a_log_entry_is_an_event_of_its_source(path: Path) -> None:
    found = read_message(in_message(path.read_bytes()), subscription=SUBSCRIPTION, owners=OWNERS)
    event = pulled_event(found)
    assert (event.source, event.time_quality) == ("gcp.audit", "parsed")
    assert "gcp.audit" in services(event)
    assert names(event, "user") == ["k.lang@nordwind.example"]
    assert names(event, "ip") == ["203.0.113.77"]


def test_a_pulled_answer_holds_the_entry_that_it_was_made_of() -> None:
    answer = (FOLDER / "gcp_pubsub" / "samples" / "answer_pull.json").read_bytes()
    (taken,) = msgspec.json.decode(answer, type=_Answer).received_messages
    found = read_message(taken.message, subscription=SUBSCRIPTION, owners=OWNERS)
    assert isinstance(found, Pulled)
    assert json.loads(found.body) == json.loads(
        (FOLDER / "gcp_pubsub/samples/entry_service_account_key.json").read_text()
    )


def test_a_sign_in_that_cloud_logging_carries_is_one_of_workspace_too() -> None:
    body = (FOLDER / "gcp_pubsub" / "samples" / "entry_workspace_login.json").read_bytes()
    assert services(body_event(body)) == ["gcp.audit", "google_workspace.login"]


@pytest.mark.parametrize("path", ACTIVITIES, ids=lambda path: path.stem)
def test_an_activity_is_an_event_of_its_application(path: Path) -> None:
    application = path.stem.removeprefix("activity_")
    body = b'{"items": [' + path.read_bytes() + b"]}"
    page = read_page(body, application=application, customer="C03az79cb")
    event = pulled_event(page.records[0])
    assert (event.source, services(event)) == ("google_workspace", [f"google_workspace.{application}"])
    assert "k.lang@nordwind.example" in names(event, "user")
    assert names(event, "ip") == ["203.0.113.77"]


def test_each_application_that_is_on_has_a_sample() -> None:
    assert {path.stem for path in ACTIVITIES} == {f"activity_{one.name}" for one in APPLICATIONS if one.is_on}


def test_an_answer_with_a_next_page_is_read() -> None:
    page = read_page(
        (FOLDER / "workspace" / "samples" / "answer_activities.json").read_bytes(),
        application="admin",
        customer="C03az79cb",
    )
    assert (len(page.records), page.strangers, bool(page.token)) == (2, (), True)
