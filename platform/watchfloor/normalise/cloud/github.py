"""GitHub's audit log: one entry, as the API and log streaming write it.

Entries are flat, and Sigma's rules use GitHub's names. Never judges an entry.
"""

from typing import Final

from watchfloor.normalise.cloud.reading import first_text, texts
from watchfloor.normalise.entities import EntityList
from watchfloor.normalise.event import Entity, FieldValue, LogSource
from watchfloor.normalise.parsed import Parsed, as_text
from watchfloor.normalise.timestamps import parse_time

SOURCE: Final = "github"
PARSER: Final = "github/1"

LOGSOURCES: Final = (LogSource(product="github", service="audit"),)
"""What its events belong to."""


def is_github(fields: dict[str, FieldValue]) -> bool:
    """Whether an object is an entry of GitHub's audit log."""
    action = fields.get("action")
    if not isinstance(action, str) or "." not in action:
        return False
    if "_document_id" in fields:
        return True
    dated = isinstance(fields.get("@timestamp"), int) or isinstance(fields.get("created_at"), int)
    return dated and ("actor" in fields or "org" in fields or "business" in fields)


def parse_github(fields: dict[str, FieldValue]) -> Parsed:
    """One entry."""
    document = as_text(fields.get("_document_id"))
    return Parsed(
        source=SOURCE,
        logsources=LOGSOURCES,
        time=parse_time(fields.get("@timestamp")) or parse_time(fields.get("created_at")),
        identity=("github", document) if document else None,
        fields=fields,
        entities=_entities(fields),
        summary=_summary(fields),
        parser=PARSER,
    )


def _entities(fields: dict[str, FieldValue]) -> tuple[Entity, ...]:
    found = EntityList()
    for name in ("actor", "user"):
        for login in texts(fields.get(name)):
            found.user(login)
    found.email(fields.get("external_identity_nameid"))
    found.email(fields.get("email"))
    found.ip(fields.get("actor_ip"))
    return found.found()


def _summary(fields: dict[str, FieldValue]) -> str:
    who, action = as_text(fields.get("actor")) or "Someone", as_text(fields.get("action"))
    about = [text for name in ("repo", "org", "user", "business") for text in texts(fields.get(name)) if text != who]
    where = first_text(fields, "actor_ip")
    named = f" ({', '.join(about[:3])})" if about else ""
    return f"{who}: {action}{named}{f' from {where}' if where else ''}"
