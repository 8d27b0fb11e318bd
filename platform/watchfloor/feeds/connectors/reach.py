"""How a connector reaches its vendor: the way out, the clock, the operator's stand-ins, and what was stored before.

Owns the putting together of a `Remote`. It asks nobody anything.
"""

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

import msgspec

from watchfloor.feeds.connectors.connector import Remote
from watchfloor.feeds.connectors.instances.sealing import Told
from watchfloor.feeds.connectors.keys import ledger
from watchfloor.feeds.feed import Feed
from watchfloor.kernel.clock import Clock
from watchfloor.kernel.config import Settings
from watchfloor.kernel.db import Database, tenant_tx
from watchfloor.kernel.egress import Egress
from watchfloor.kernel.errors import Invalid

_SETTING = "WATCHFLOOR_CONNECTOR_STAND_INS"
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class Reach(msgspec.Struct, frozen=True, kw_only=True):
    """What all connectors of a process share. `database` is one of wf_app."""

    database: Database
    egress: Egress
    clock: Clock
    stand_ins: Mapping[str, str]

    @classmethod
    def open(cls, settings: Settings, *, database: Database, clock: Clock) -> "Reach":
        """The reach of this installation. Raises Invalid when the stand-ins are wrong."""
        stand_ins = read_stand_ins(settings)
        return cls(database=database, egress=open_egress(stand_ins), clock=clock, stand_ins=stand_ins)

    def remote(self, feed: Feed, told: Told) -> Remote:
        """The account at the vendor that a connector was told of."""
        return Remote(
            settings=told.settings,
            secrets=told.secrets,
            egress=self.egress,
            clock=self.clock,
            known=_Known(self.database, feed),
            stand_ins=self.stand_ins,
        )


class _Known:
    """Tells which keys and marks of a connector were stored before."""

    def __init__(self, database: Database, feed: Feed) -> None:
        self._database = database
        self._feed = feed

    async def __call__(self, keys: Sequence[str]) -> set[str]:
        async with tenant_tx(self._database, self._feed.tenant_id) as tx:
            return await ledger.known(tx, ledger.digests(self._feed.id, keys))


def open_egress(stand_ins: Mapping[str, str]) -> Egress:
    """The way out for connectors; it leads to this machine only where the operator's stand-ins do."""
    here = frozenset(origin for origin in stand_ins.values() if urlsplit(origin).hostname in _LOOPBACK)
    return Egress(loopback_origins=here)


def read_stand_ins(settings: Settings) -> dict[str, str]:
    """The operator's own places for vendors' origins. Raises Invalid when the setting is no list of pairs."""
    found: dict[str, str] = {}
    for pair in settings.connector_stand_ins.split(","):
        if not pair.strip():
            continue
        usual, separator, own = (part.strip() for part in pair.partition("="))
        if not separator or not _is_origin(usual) or not _is_origin(own):
            raise Invalid(
                f"{pair.strip()!r} is no pair of origins.",
                where=_SETTING,
                remedy="Write https://usual.example=https://own.example, several divided by commas.",
            )
        found[usual] = own
    return found


def _is_origin(text: str) -> bool:
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return False
    is_bare = not (parts.path or parts.query or parts.fragment or parts.username)
    return parts.scheme in ("http", "https") and bool(parts.hostname) and is_bare
