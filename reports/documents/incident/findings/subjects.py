"""Whom and what an incident concerns: machines, accounts, and values that are worth searching for elsewhere.

Owns which entities a reader of a report needs, and which of them are indicators. A sensor's process ids mean nothing
to a customer; a short name beside the full one is the same machine; an address of a private network, the customer's
own domains, a second digest of a file and the digests of the system's own programs lead nowhere elsewhere.
"""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from ipaddress import ip_address
from typing import Final, cast

import msgspec

from reports.documents.incident.facts import (
    Entity,
    Indicator,
)
from reports.documents.incident.findings import queries
from reports.vocabulary import (
    EntityKind,
)
from watchfloor.alerts.sealing import open_entity
from watchfloor.kernel.addresses import Reach, reach_of
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import IncidentId
from watchfloor.normalise.event import EntityKind as RecordedKind

KINDS: Final[tuple[EntityKind, ...]] = ("host", "user", "account", "email", "ip", "domain", "hash", "file")
"""The kinds that are shown, in this order."""

_INDICATORS: Final[frozenset[EntityKind]] = frozenset(("ip", "domain", "hash"))
_ACCOUNTS: Final[frozenset[EntityKind]] = frozenset(("user", "account"))
_SHA256: Final = 64


class Subjects(msgspec.Struct, frozen=True, kw_only=True):
    """All that was found, by kind; within a kind those that most alerts name stand first."""

    hosts: tuple[str, ...]
    accounts: tuple[str, ...]
    entities: tuple[Entity, ...]
    indicators: tuple[Indicator, ...]


class _Found(msgspec.Struct, frozen=True, kw_only=True):
    entity: Entity
    sources: str


async def find(tx: TenantTx, cipher: TenantCipher, incident_id: IncidentId, *, harmless: AbstractSet[str]) -> Subjects:
    """All that the incident's alerts name. `harmless` values are no indicators."""
    rows = await queries.select_entities(tx, incident_id, kinds=KINDS)
    found = [_opened(cipher, row) for row in rows]
    hosts = _without_short_names([item.entity.value for item in found if item.entity.kind == "host"])
    shown = [item for item in found if item.entity.kind != "host" or item.entity.value in hosts]
    indicators = [_indicator(item) for item in _worth_searching(shown, hosts) if item.entity.value not in harmless]
    ordered = sorted((item.entity for item in shown), key=lambda entity: KINDS.index(entity.kind))
    return Subjects(
        hosts=tuple(hosts),
        accounts=tuple(item.entity.value for item in shown if item.entity.kind in _ACCOUNTS),
        entities=tuple(ordered),
        indicators=tuple(indicators),
    )


def _opened(cipher: TenantCipher, row: queries.EntityRow) -> _Found:
    kind: RecordedKind = cast("RecordedKind", row.kind)
    value = open_entity(cipher, row.alert_id, kind, row.value_index, row.value).value
    entity = Entity(
        kind=kind, value=_whole(value), first_seen=row.first_seen, last_seen=row.last_seen, alerts=row.alerts
    )
    return _Found(entity=entity, sources=row.sources)


def _whole(text: str) -> str:
    """`text` with what UTF-8 cannot say (half a surrogate pair) spelled out."""
    return text.encode("utf-8", "backslashreplace").decode()


def _without_short_names(hosts: Sequence[str]) -> dict[str, None]:
    full = {host.split(".", 1)[0] for host in hosts if "." in host}
    return dict.fromkeys(host for host in hosts if "." in host or host not in full)


def _worth_searching(found: Iterable[_Found], hosts: Iterable[str]) -> list[_Found]:
    """The indicators among what was found."""
    own = tuple({host.split(".", 1)[1] for host in hosts if "." in host})
    kept = [item for item in found if item.entity.kind in _INDICATORS and not _is_own(item.entity, own)]
    strong = any(item.entity.kind == "hash" and len(item.entity.value) == _SHA256 for item in kept)
    kept = [item for item in kept if item.entity.kind != "hash" or not strong or len(item.entity.value) == _SHA256]
    return sorted(kept, key=lambda item: KINDS.index(item.entity.kind))


def _is_own(entity: Entity, domains: tuple[str, ...]) -> bool:
    if entity.kind == "ip":
        try:
            return reach_of(ip_address(entity.value)) in (Reach.PRIVATE, Reach.LOOPBACK)
        except ValueError:
            return False
    if entity.kind == "domain":
        return any(entity.value == domain or entity.value.endswith(f".{domain}") for domain in domains)
    return False


def _indicator(item: _Found) -> Indicator:
    entity = item.entity
    return Indicator(
        kind=entity.kind,
        value=entity.value,
        origin=item.sources.replace(".", " "),  # a source's name is no address, and must not look like one
        first_seen=entity.first_seen,
        last_seen=entity.last_seen,
        alerts=entity.alerts,
    )
