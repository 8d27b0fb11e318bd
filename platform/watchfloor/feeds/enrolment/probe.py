"""A test event, sent through a real door of this installation as a client sends it, with a token of its own.

Owns the requests of the doors that speak HTTP. Senders of syslog, RELP and osquery are tried by themselves.
"""

import base64
from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from watchfloor.feeds.feed import Door, Feed
from watchfloor.kernel import ids
from watchfloor.kernel.config import Settings
from watchfloor.kernel.egress import Egress
from watchfloor.kernel.egress_rules import Destination
from watchfloor.kernel.secret import Secret

PROBED: Final[frozenset[Door]] = frozenset({"hec", "ndjson", "bulk", "otlp"})
"""The doors that a test event can be sent through."""


MARK: Final = b"watchfloor_test"
"""What all test events have in them."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What the door answered; `text` is the beginning of it."""

    status: int
    text: str

    @property
    def is_taken(self) -> bool:
        """Whether the event is durable."""
        return self.status == 200 and '"errors":true' not in self.text and '"partialSuccess":{"r' not in self.text


class _Request(msgspec.Struct, frozen=True, kw_only=True):
    path: str
    headers: Mapping[str, str]
    body: bytes


async def send_test_event(settings: Settings, feed: Feed, token: Secret, *, marker: UUID, at: datetime) -> Answer:
    """Sends one event, which `marker` tells from all others. Raises Unavailable when no door answers."""
    place = f"127.0.0.1:{settings.door_port}"
    origin = f"http://{place}"
    request = _request(feed, token, marker, at)
    destination = Destination(purpose="feed test", hosts=(place,))
    async with Egress(loopback_origins=frozenset({origin})).open(destination) as out:
        reply = await out.request("POST", origin + request.path, headers=dict(request.headers), content=request.body)
    return Answer(status=reply.status, text=reply.body[:500].decode("utf-8", "replace"))


def _request(feed: Feed, token: Secret, marker: UUID, at: datetime) -> _Request:
    event = msgspec.json.encode(
        {"watchfloor_test": str(marker), "time": at.isoformat(), "message": "This is a test of the feed."}
    )
    bearer = {"authorization": f"Bearer {token.reveal()}", "content-type": "application/json"}
    if feed.door == "hec":
        headers = {"authorization": f"Splunk {token.reveal()}", "x-splunk-request-channel": str(marker)}
        return _Request(path="/services/collector/event", headers=headers, body=b'{"event":' + event + b"}")
    if feed.door == "bulk":
        shown = f"{ids.show('feed', feed.id)}:{token.reveal()}".encode()
        headers = {"authorization": f"Basic {base64.b64encode(shown).decode()}"}
        headers["content-type"] = "application/x-ndjson"
        return _Request(path="/_bulk", headers=headers, body=b'{"create":{"_index":"test"}}\n' + event + b"\n")
    if feed.door == "otlp":
        nanoseconds = str(int(at.timestamp()) * 1_000_000_000)
        record = {"timeUnixNano": nanoseconds, "body": {"stringValue": event.decode()}}
        document = {"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]}
        return _Request(path="/v1/logs", headers=bearer, body=msgspec.json.encode(document))
    return _Request(path=f"/ingest/v1/{feed.name}", headers=bearer, body=event + b"\n")
