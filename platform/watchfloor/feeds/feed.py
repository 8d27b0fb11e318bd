"""What a feed is: one authenticated way by which events enter for one tenant.

Owns the shape and the words. It neither reads nor writes feeds; `registry` does.
"""

from typing import Literal, TypeAlias

import msgspec

from watchfloor.kernel.ids import FeedId, TenantId

SenderDoor: TypeAlias = Literal["hec", "ndjson", "bulk", "otlp", "syslog", "relp", "osquery"]
"""The doors at which senders come to us."""

Door: TypeAlias = Literal[SenderDoor, "pull"]
"""At `pull` nobody comes: a connector of ours fetches."""

FeedState: TypeAlias = Literal["active", "paused"]
AlarmLevel: TypeAlias = Literal["informational", "low", "medium", "high", "critical"]


class FeedOptions(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What may be chosen of a feed beyond its door. An option means nothing at a door that it is not for."""

    acknowledge: bool = False
    """HEC: answers carry an `ackId`, and the client asks for acknowledgements by channel."""
    token_in_url: bool = False
    """HEC, HTTP, OTLP: the token may stand in the URL, for a sender that can set no header."""
    server_version: str = "8.19.0"
    """Bulk: the version of Elasticsearch that the feed shows to clients which refuse older ones."""
    zone: str = "UTC"
    """The IANA zone of times that name none."""
    push_audience: str | None = None
    """Pub/Sub push: the audience that the sender's identity token must name."""
    push_account: str | None = None
    """Pub/Sub push: the service account that the sender's identity token must name."""
    expected_seconds: int | None = None
    """How long the feed may be silent at most, five minutes or more; None learns it from the feed's own past."""
    alarm_level: AlarmLevel | None = None
    """How severe the incidents of the feed's alarms are; None leaves that to the platform's rules."""
    backfill: bool = False
    """Its events are old ones: they are worked when nobody has live events waiting."""


class Feed(msgspec.Struct, frozen=True, kw_only=True):
    """A feed of a tenant. `source_hint` says what its events are, for the normaliser; None lets the content decide."""

    tenant_id: TenantId
    id: FeedId
    name: str
    door: Door
    source_hint: str | None
    state: FeedState
    options: FeedOptions = FeedOptions()
