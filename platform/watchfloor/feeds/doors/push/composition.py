"""The HTTP door as a whole: plain JSON, and the services that push to it in forms of their own."""

from watchfloor.feeds.doors.beginnings import Beginnings
from watchfloor.feeds.doors.ndjson import ndjson_protocol
from watchfloor.feeds.doors.protocol import DoorParts, Protocol
from watchfloor.feeds.doors.push.cloudflare import cloudflare_protocol
from watchfloor.feeds.doors.push.firehose import firehose_protocol
from watchfloor.feeds.doors.push.identities import Identities
from watchfloor.feeds.doors.push.pubsub import pubsub_protocol
from watchfloor.kernel.clock import Clock, SystemClock
from watchfloor.kernel.egress import Egress


def http_protocols(
    parts: DoorParts, *, clock: Clock | None = None, identities: Identities | None = None
) -> tuple[Protocol, ...]:
    """All that is served under `/ingest/`; the last speaks for paths that are no other's.

    `identities` replaces Google's, for tests.
    """
    clock = clock or SystemClock()
    beginnings = Beginnings(parts.database, parts.keyring)
    return (
        firehose_protocol(parts, clock),
        pubsub_protocol(parts, identities or Identities(Egress(), clock)),
        cloudflare_protocol(parts, beginnings),
        ndjson_protocol(parts, beginnings),
    )
