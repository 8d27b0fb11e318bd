"""What a client asks of a cluster before it sends: version, licence, health, nodes, templates, pipelines, policies.

Owns answers that let it go on. There is nothing to set up here, so whatever a client looks for is there, and whatever
it puts is acknowledged and forgotten. Pure.
"""

import base64
import re
from typing import Final

import msgspec

from watchfloor.feeds.feed import Feed

EXPIRES_MILLISECONDS: Final = 4_000_000_000_000
"""In the year 2096. Clients refuse a licence without a date, or with one that has passed."""

ACKNOWLEDGED: Final = b'{"acknowledged":true}'
EMPTY: Final = b"{}"

_NAME: Final = "watchfloor"
_ADDRESS: Final = re.compile(r"(?:[A-Za-z0-9.\-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\]):[0-9]{1,5}", re.ASCII)
_MAJOR: Final = re.compile(r"([0-9]{1,3})\.", re.ASCII)
_OLDEST: Final = {
    7: ("6.8.0", "6.0.0-beta1"),
    8: ("7.17.0", "7.0.0"),
    9: ("8.18.0", "8.0.0"),
}
"""By major version: the oldest versions that a node of it talks with, and whose indexes it reads."""

_encode: Final = msgspec.json.Encoder().encode


def about(feed: Feed) -> bytes:
    """What stands at the root: the version that the feed is set to show."""
    version = feed.options.server_version
    found = _MAJOR.match(version)
    wire, index = _OLDEST.get(int(found[1]) if found else 8, _OLDEST[8])
    return _encode(
        {
            "name": _NAME,
            "cluster_name": _NAME,
            "cluster_uuid": cluster_of(feed),
            "version": {
                "number": version,
                "build_flavor": "default",
                "build_type": "tar",
                "build_hash": "0" * 40,
                "build_date": "2026-01-01T00:00:00.000000000Z",
                "build_snapshot": False,
                "lucene_version": "9.12.0",
                "minimum_wire_compatibility_version": wire,
                "minimum_index_compatibility_version": index,
            },
            "tagline": "You Know, for Search",
        }
    )


def cluster_of(feed: Feed) -> str:
    """A name that stays the same for a feed, in the form of Elasticsearch's."""
    return base64.urlsafe_b64encode(feed.id.bytes).decode().rstrip("=")


def licence(feed: Feed) -> bytes:
    """A licence that allows sending."""
    return _encode(
        {
            "license": {
                "status": "active",
                "uid": str(feed.id),
                "type": "basic",
                "mode": "basic",
                "expiry_date_in_millis": EXPIRES_MILLISECONDS,
            },
            "features": {},
        }
    )


def health() -> bytes:
    """A cluster in order."""
    return _encode(
        {
            "cluster_name": _NAME,
            "status": "green",
            "timed_out": False,
            "number_of_nodes": 1,
            "number_of_data_nodes": 1,
            "active_primary_shards": 1,
            "active_shards": 1,
            "unassigned_shards": 0,
        }
    )


def nodes(feed: Feed, host: str, *, asks_for_plugins: bool) -> bytes:
    """The one node that a client may send to: where it has just asked (`host`, from its request's header).

    A client that asks for plugins hears of no node, and so of none that lacks any.
    """
    found: dict[str, object] = {}
    if _ADDRESS.fullmatch(host) and not asks_for_plugins:
        found[cluster_of(feed)] = {
            "name": _NAME,
            "version": feed.options.server_version,
            "roles": ["data", "ingest"],
            "http": {"bound_address": [host], "publish_address": host, "max_content_length_in_bytes": 5_000_000},
        }
    counted = {"total": len(found), "successful": len(found), "failed": 0}
    return _encode({"_nodes": counted, "cluster_name": _NAME, "nodes": found})
