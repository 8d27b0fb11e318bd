"""Stating the facts of a breach case: a person says what is known, how well, and where it stands.

Owns the way in for everything but decisions, which have their own (`decisions`), and the severity (`severity`). Each
statement cites the person's entry beside whatever record it names, and goes to the log with what stood there before.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final, cast

import msgspec

from watchfloor.access.roles import Permission
from watchfloor.audit.append import Actor
from watchfloor.breach import store
from watchfloor.breach.case import BreachCase, Handling
from watchfloor.breach.fields import Field, find_field, get, put, read_value
from watchfloor.breach.known import Citation, FactStatus, Known
from watchfloor.breach.permissions import LONGEST, require, require_words
from watchfloor.breach.records import ContactEntry, Evidence, TimelineItem
from watchfloor.breach.rules.library import shipped
from watchfloor.breach.status import follow, moves_of
from watchfloor.breach.store import Change
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import Conflict, Invalid
from watchfloor.kernel.ids import CaseId

_MOST_ITEMS: Final = 1_000
_MOST_CITATIONS: Final = 50
_AUTHORITY_PATHS: Final = frozenset(
    {"cross_border.authority", "cross_border.lead_authority", "cross_border.other_authorities"}
)
_WAYS: Final = {
    "decision": "It is a decision: enter it with its reason.",
    "legal_decision": "It is a decision of the controller: a privacy officer enters it with its reason.",
    "severity": "It follows from the severity: assess that.",
}


class Stated(msgspec.Struct, frozen=True, kw_only=True):
    """What a person says of a field. `value` as it came, see `fields.read_value`; `citations` beside the own entry."""

    path: str
    value: object = None
    status: FactStatus = "known"
    basis: str = ""
    expected_at: datetime | None = None
    citations: tuple[Citation, ...] = ()


class Heading(msgspec.Struct, frozen=True, kw_only=True):
    """What a case is called and in which language, zone and country its documents are; None leaves it as it is."""

    title: str | None = None
    lang: str | None = None
    tz: str | None = None
    country: str | None = None
    subdivision: str | None = None
    classification: Handling | None = None


async def state(
    tx: TenantTx,
    cipher: TenantCipher,
    actor: Actor,
    may: Collection[Permission],
    *,
    case_id: CaseId,
    facts: Sequence[Stated],
    seen: int | None = None,
) -> BreachCase:
    """Writes what a person states, all of it or nothing, as one version.

    Raises Refused without the permission, Invalid for no such field, a value that it does not take or a fact without
    what its status needs, and Conflict for a field that is no fact to be stated.
    """
    require(may, Permission.BREACH_WRITE)
    if not facts:
        raise Invalid("Nothing is stated.", where="facts")
    before = await store.lock(tx, cipher, case_id, seen=seen)
    at = await store.now(tx)
    case = before
    changes: list[Change] = []
    for said in facts:
        fact = _fact(said, before, actor, at)
        changes.append(Change(kind="stated", path=said.path, before=get(case, said.path), after=fact))
        case = put(case, said.path, fact)
    return await _write(tx, cipher, actor, (before, case), changes, action="state")


async def clear(
    tx: TenantTx,
    cipher: TenantCipher,
    actor: Actor,
    may: Collection[Permission],
    *,
    case_id: CaseId,
    path: str,
    reason: str,
    seen: int | None = None,
) -> BreachCase:
    """Takes a fact back: nobody has said anything there any more. The log keeps what was said, and why it went."""
    require(may, Permission.BREACH_WRITE)
    words = require_words(reason, name="reason")
    _require_fact(find_field(path))
    before = await store.lock(tx, cipher, case_id, seen=seen)
    stood = get(before, path)
    if stood is None:
        return before
    change = Change(kind="cleared", path=path, before=stood, after={"reason": words})
    after = put(before, path, None)
    return await _write(tx, cipher, actor, (before, after), [change], action="clear", reason=words)


async def note(
    tx: TenantTx,
    cipher: TenantCipher,
    actor: Actor,
    may: Collection[Permission],
    *,
    case_id: CaseId,
    record: ContactEntry | Evidence | TimelineItem,
) -> BreachCase:
    """Adds a contact, a piece of evidence or an entry of the time line. None of them is ever changed."""
    require(may, Permission.BREACH_WRITE)
    before = await store.lock(tx, cipher, case_id)
    path, after = _noted(before, record)
    changes = [Change(kind="noted", path=path, after=record)]
    return await _write(tx, cipher, actor, (before, after), changes, action="note")


async def head(
    tx: TenantTx,
    cipher: TenantCipher,
    actor: Actor,
    may: Collection[Permission],
    *,
    case_id: CaseId,
    heading: Heading,
) -> BreachCase:
    """Changes the title, the language, the zone, the country or the handling mark of a case."""
    require(may, Permission.BREACH_WRITE)
    before = await store.lock(tx, cipher, case_id)
    given = {name: value for name, value in msgspec.structs.asdict(heading).items() if value is not None}
    after = msgspec.structs.replace(before, **given)
    changes = [
        Change(kind="stated", path=name, before=getattr(before, name), after=value) for name, value in given.items()
    ]
    return before if not changes else await _write(tx, cipher, actor, (before, after), changes, action="head")


def _noted(case: BreachCase, record: ContactEntry | Evidence | TimelineItem) -> tuple[str, BreachCase]:
    if isinstance(record, ContactEntry):
        return "contacts", msgspec.structs.replace(case, contacts=(*case.contacts, record))
    if isinstance(record, Evidence):
        if not record.citations:
            raise Invalid("Evidence needs a citation.", where="citations")
        return "evidence", msgspec.structs.replace(case, evidence=(*case.evidence, record))
    timeline = sorted((*case.timeline, record), key=lambda item: item.utc)
    return "timeline", msgspec.structs.replace(case, timeline=tuple(timeline))


def own_entry(case: BreachCase, actor: Actor) -> Citation:
    """The citation of what a person enters into the next version of a case."""
    through = "" if actor.kind == "person" else " by an API key"
    return Citation(kind="person", id=actor.id, what=f"entered{through} in {case.ref}, version {case.version + 1}")


def _fact(said: Stated, case: BreachCase, actor: Actor, at: datetime) -> Known[object]:
    field = find_field(said.path)
    _require_fact(field)
    if len(said.citations) > _MOST_CITATIONS:
        raise Invalid(f"A fact has at most {_MOST_CITATIONS} citations.", where=said.path)
    if said.expected_at is not None and said.expected_at.tzinfo is None:
        raise Invalid("The time when it will be known needs its offset from UTC.", where=said.path)
    value = None if said.value is None else read_value(said.path, said.value)
    _check_value(field, value)
    try:
        return Known(
            value=value,
            status=said.status,
            basis=said.basis.strip()[:LONGEST],
            expected_at=said.expected_at,
            citations=(own_entry(case, actor), *said.citations),
            by=actor.id,
            at=at,
        )
    except Invalid as fault:
        raise Invalid(fault.message, where=said.path, remedy=fault.remedy) from None


def _require_fact(field: Field) -> None:
    if field.set_by != "fact":
        raise Conflict("This field is not stated.", where=field.path, remedy=_WAYS[field.set_by])


def _check_value(field: Field, value: object) -> None:
    if isinstance(value, str):
        if not value.strip() or len(value) > LONGEST:
            raise Invalid(f"A text has 1 to {LONGEST:,} characters.", where=field.path)
    elif isinstance(value, tuple) and not 1 <= len(cast("tuple[object, ...]", value)) <= _MOST_ITEMS:
        raise Invalid(f"A list has 1 to {_MOST_ITEMS:,} entries.", where=field.path)
    if field.path in _AUTHORITY_PATHS:
        known = {row.code for row in shipped().authorities}
        named = cast("tuple[object, ...]", value) if isinstance(value, tuple) else (value,)
        if not known.issuperset(named):
            raise Invalid("There is no such authority.", where=field.path, remedy=f"Codes: {', '.join(sorted(known))}.")


async def _write(
    tx: TenantTx,
    cipher: TenantCipher,
    actor: Actor,
    versions: tuple[BreachCase, BreachCase],
    changes: list[Change],
    *,
    action: str,
    reason: str = "",
) -> BreachCase:
    before, after = versions[0], follow(versions[1])
    every = [*changes, *moves_of(before, after)]
    return await store.write(tx, cipher, actor, before=before, after=after, changes=every, action=action, reason=reason)
