"""Which area of a customer's data an audit entry is about, and whether it looks, takes a copy out, or changes.

Owns that reading as a table: a kind of object that is not in it counts as another one, never as nothing.
"""

from collections.abc import Mapping
from typing import Final

from reports.documents.assurance.facts import Area

READS: Final = ("access.viewed", "access.searched")
"""Entries of somebody who looked. Everything else under a person's name changed something, or took it out."""

EXPORTS: Final = ("events.export", "breach.export")
"""Entries of copies that were taken out in bulk."""

_KINDS: Final[Mapping[Area, tuple[str, ...]]] = {
    "incidents": ("incident", "incidents", "alert", "action", "page", "watch", "measure", "blocklist"),
    "breaches": ("breach_case", "breach_cases", "breach_notice"),
    "events": ("events", "feed", "quarantine", "unparsed", "connector"),
    "machines": ("asset", "node", "question", "osquery_query", "osquery_configuration"),
    "rules": ("rule", "exception", "exceptions", "list"),
    "reports": ("report", "control", "evidence", "branding"),
    "people": ("member", "membership", "api_key", "person", "permission", "audit", "rota", "layer", "tenant"),
}
_AREAS: Final[Mapping[str, Area]] = {kind: area for area, kinds in _KINDS.items() for kind in kinds}


def area_of(object_kind: str) -> Area:
    """The area of a kind of object, as the audit log names it."""
    return _AREAS.get(object_kind, "other")
