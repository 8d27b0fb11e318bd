"""Reading in: what an incident is, what was done and what waits, for somebody who joins late; and what chat said of it.

A summary is made from the record alone: nothing in it is guessed or written by a machine. A message that people wrote
elsewhere is added to the timeline once, with who wrote it and when, whoever adds it.
"""

import hashlib
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from watchfloor.access.roles import Permission
from watchfloor.audit.append import Actor
from watchfloor.desk.card import Card, Foreign, Moment, Person, Row, Text, Value
from watchfloor.desk.display.face import card_of
from watchfloor.desk.hands import LONGEST_TEXT, Hands, readable
from watchfloor.desk.reply import Reply
from watchfloor.desk.verb import Field, Intent, Place, Verb
from watchfloor.incidents import timeline
from watchfloor.incidents.incident import Incident
from watchfloor.incidents.timeline import Kind, TimelineEntry
from watchfloor.kernel import ids
from watchfloor.kernel.crypto import TenantCipher, bind
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import Invalid, NotFound
from watchfloor.kernel.ids import IncidentId, PersonId

READ: Final = 1_000
"""How many entries of a timeline a summary is made from, the newest."""

LONGEST_AUTHOR: Final = 100
LONGEST_MESSAGE_ID: Final = 64

_STEPS_SHOWN: Final = 8
_PEOPLE_SHOWN: Final = 8

_WHAT: Final = ("Detections", "Hosts", "Users", "Cloud accounts", "Mail addresses", "Addresses", "ATT&CK")
_WAITS: Final = ("Acknowledge by", "Resolve by", "Paused", "Look again", "Approve", "To do by hand", "Running")
_QUIET: Final[frozenset[Kind]] = frozenset({"alert", "opened", "report_requested", "weighed"})
"""Kinds that say nothing of what people did."""


async def summarise(
    tx: TenantTx, cipher: TenantCipher, actor: Actor, permissions: AbstractSet[Permission], *, incident: str
) -> Reply:
    """The incident in a few lines: what, since when, the last things that people did, what waits."""
    desk = Hands(tx, cipher, actor, permissions)
    if refusal := await desk.refusal(Permission.INCIDENT_READ, incident):
        return refusal
    found = await desk.find(incident)
    card = await card_of(tx, cipher, found, permissions)
    entries = await timeline.read(tx, cipher, found.id, limit=READ)
    steps = [entry for entry in entries if entry.kind not in _QUIET]
    rows = (*_what(card, found), *_done(entries, steps), *_waits(card, found))
    text = f"{card.ref} is {found.state}; this is what the record says of it."
    return Reply(text=text, rows=rows, timeline=tuple(steps[-_STEPS_SHOWN:]))


async def add_message(
    tx: TenantTx,
    cipher: TenantCipher,
    actor: Actor,
    permissions: AbstractSet[Permission],
    *,
    incident: str,
    text: str,
    author: str,
    written_at: datetime,
    message_id: str,
) -> Reply:
    """Adds what somebody wrote in a chat to the timeline: one entry for a message, however often it is added."""
    desk = Hands(tx, cipher, actor, permissions)
    if refusal := await desk.refusal(Permission.INCIDENT_NOTE, incident):
        return refusal
    text = readable(text, name="text", shortest=1)
    author = readable(author, name="author", shortest=1)
    before = await desk.lock(incident)
    return await desk.done(
        "{ref} has this message in its timeline.",
        before,
        action="add_message",
        kind="message",
        facts={"text": text, "author": author, "written_at": written_at.isoformat()},
        entry_id=entry_id_of(before.id, message_id),
    )


def entry_id_of(incident_id: IncidentId, message_id: str) -> UUID:
    """The one id (UUIDv8, RFC 9562) of a message in an incident's timeline."""
    digest = hashlib.sha256(bind(incident_id.bytes, "message", message_id)).digest()
    return UUID(bytes=bytes([*digest[:6], digest[6] & 0x0F | 0x80, digest[7], digest[8] & 0x3F | 0x80, *digest[9:16]]))


def read_moment(text: str, *, where: str) -> datetime:
    """An instant in ISO 8601, in UTC unless it says otherwise. Raises Invalid."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid("This is no moment.", where=where, remedy="Write it so: 2026-03-02T08:14:27+00:00.") from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _what(card: Card, incident: Incident) -> Iterator[Row]:
    yield Row("What", (Foreign(card.title), Text(f"severity {card.severity}")))
    yield from (row for row in card.rows if row.label in _WHAT)
    yield Row(
        "Since", (Text("first event"), Moment(incident.first_event_at), Text("opened"), Moment(incident.opened_at))
    )


def _done(entries: Sequence[TimelineEntry], steps: Sequence[TimelineEntry]) -> Iterator[Row]:
    joined = sum(entry.kind == "alert" for entry in entries)
    if joined:
        yield Row("Grew", (Text(f"{joined} more detection{'s' * (joined != 1)} since it was opened"),))
    people = list(dict.fromkeys(person for entry in steps if (person := _person(entry)) is not None))
    if people:
        more = max(len(people) - _PEOPLE_SHOWN, 0)
        yield Row("Worked on by", tuple(Person(person) for person in people[:_PEOPLE_SHOWN]), more=more)


def _waits(card: Card, incident: Incident) -> Iterator[Row]:
    yield from (row for row in card.rows if row.label.startswith(_WAITS) or row.label.endswith(" waits"))
    assigned: Value = Text("nobody") if incident.assignee_id is None else Person(incident.assignee_id)
    yield Row("With", (assigned,))
    if card.actions:
        yield Row("Next", tuple(Text(action.replace("_", " ")) for action in card.actions[:3]))


def _person(entry: TimelineEntry) -> PersonId | None:
    if entry.actor_kind != "person":
        return None
    try:
        return PersonId(ids.parse("per", entry.actor_id))
    except NotFound:
        return None


async def _summarise(place: Place, intent: Intent) -> Reply:
    reply = await summarise(place.tx, place.cipher, place.actor, place.may, incident=intent.incident)
    if reply.ok:
        found = await Hands(place.tx, place.cipher, place.actor, place.may).find(intent.incident)
        await place.note_visit(object_kind="incident", object_id=ids.show("inc", found.id))
    return reply


async def _message(place: Place, intent: Intent) -> Reply:
    return await add_message(
        place.tx,
        place.cipher,
        place.actor,
        place.may,
        incident=intent.incident,
        text=intent.argument("text"),
        author=intent.argument("author"),
        written_at=read_moment(intent.argument("at"), where="at"),
        message_id=intent.argument("message"),
    )


VERBS: Final = (
    Verb(
        name="summary",
        does="read in: what it is, since when, what was done, what waits",
        permission=Permission.INCIDENT_READ,
        reach="incident",
        act=_summarise,
        changes=False,
    ),
    Verb(
        name="timeline",
        does="add a message from a chat to the timeline, with who wrote it and when",
        permission=Permission.INCIDENT_NOTE,
        reach="incident",
        act=_message,
        fields=(
            Field(name="author", label="Who wrote it", longest=LONGEST_AUTHOR),
            Field(name="at", label="When, such as 2026-03-02T08:14:27+00:00", longest=40),
            Field(name="message", label="The message's id", longest=LONGEST_MESSAGE_ID),
            Field(name="text", label="Message", kind="paragraph", longest=LONGEST_TEXT),
        ),
    ),
)
