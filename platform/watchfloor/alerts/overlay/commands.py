"""Changing what a tenant makes of the shared rules: for the API, the command line and tenant bundles alike.

A command checks its input, advances the overlay's version (which makes whoever changes it, too, wait), writes once and
audits in the same transaction (A1): who, why, before and after; words of people go into the entry's sealed detail.
Whether the actor may do so at all has been checked by the caller. Said again, a command changes nothing and says so.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec

from watchfloor.alerts.overlay import queries
from watchfloor.alerts.overlay.sealing import (
    ExceptionBody,
    ListBody,
    open_exception,
    open_list,
    seal_exception,
    seal_list,
    seal_reason,
)
from watchfloor.audit.append import Actor, append
from watchfloor.detect.filters import FilterDocument, faults_of, hidden_by, is_blunt
from watchfloor.detect.lists import names_of
from watchfloor.detect.rule import Level, Rule
from watchfloor.kernel import ids
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import Conflict, Invalid, NotFound
from watchfloor.kernel.ids import ExceptionId, IncidentId, new_uuid

SHORTEST_REASON: Final = 10
LONGEST_REASON: Final = 2_000
LONGEST_OWNER: Final = 320
LONGEST_FILTER: Final = 20_000
LONGEST_LIFE: Final = timedelta(days=366)
MOST_EXCEPTIONS: Final = 500
MOST_LISTS: Final = 200
MOST_ENTRIES: Final = 1_000
LONGEST_ENTRY: Final = 500

_LIST_LETTERS: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-")
_LONGEST_NAME: Final = 64


class NewException(msgspec.Struct, frozen=True, kw_only=True):
    """An exception that is asked for: what it hides, who answers for it, why, until when, from which incident."""

    written: FilterDocument
    owner: str
    reason: str
    expires_at: datetime
    incident_id: IncidentId | None = None


def shown(exception_id: UUID) -> str:
    """An exception's id as people see it."""
    return ids.show("exc", exception_id)


async def disable_rule(tx: TenantTx, cipher: TenantCipher, actor: Actor, *, rule: Rule, reason: str) -> bool:
    """Switches a rule off for the tenant; its matches are counted, and shown to nobody. False if it was off."""
    return await _set(tx, cipher, actor, rule=rule, action="rule.disable", reason=reason, is_disabled=True)


async def enable_rule(tx: TenantTx, cipher: TenantCipher, actor: Actor, *, rule: Rule, reason: str) -> bool:
    """Switches a rule on again. False if it was on."""
    return await _set(tx, cipher, actor, rule=rule, action="rule.enable", reason=reason, is_disabled=False)


async def set_level(
    tx: TenantTx, cipher: TenantCipher, actor: Actor, *, rule: Rule, level: Level | None, reason: str
) -> bool:
    """Gives the rule's new alerts another severity for the tenant; None or the rule's own takes it back."""
    wanted = None if level == rule.level else level
    return await _set(tx, cipher, actor, rule=rule, action="rule.level", reason=reason, level=wanted)


async def add_exception(
    tx: TenantTx,
    cipher: TenantCipher,
    actor: Actor,
    *,
    wanted: NewException,
    rules: Sequence[Rule] | None,
    at: datetime,
) -> ExceptionId:
    """Hides what a filter describes, from the next batch on, until it expires or is ended.

    `rules` are those that there are; None where the filter was made from a rule's own alerts, and needs no look-up.
    Raises Invalid for one that names what is not there, hides everything, or lives too long; Conflict for a title that
    an exception in force has, and when there are too many.
    """
    check_words(wanted.reason)
    if not wanted.owner.strip() or len(wanted.owner) > LONGEST_OWNER:
        raise Invalid(f"An exception has an owner, of at most {LONGEST_OWNER} characters.", where="owner")
    check_life(wanted.expires_at, at=at)
    check_exception(wanted.written, rules)
    await queries.advance_version(tx)
    await _check_beside_others(tx, cipher, wanted.written, at)
    exception_id = ExceptionId(new_uuid())
    body = ExceptionBody(written=wanted.written, owner=wanted.owner.strip(), reason=wanted.reason.strip())
    row = queries.NewRow(
        id=exception_id,
        body=seal_exception(cipher, exception_id, body),
        expires_at=wanted.expires_at,
        created_by=actor.id,
        created_at=at,
        incident_id=wanted.incident_id,
    )
    await queries.insert_exception(tx, row)
    state = _State(body=body, expires_at=wanted.expires_at)
    await _note(
        tx, cipher, actor, action="exception.add", object_id=shown(exception_id), reason=body.reason, after=state
    )
    return exception_id


async def end_exception(
    tx: TenantTx, cipher: TenantCipher, actor: Actor, *, exception_id: UUID, reason: str, at: datetime
) -> bool:
    """Ends an exception, from the next batch on. False if it had ended. Raises NotFound."""
    check_words(reason)
    await queries.advance_version(tx)
    row = await queries.select_exception(tx, exception_id)
    if row is None:
        raise NotFound("There is no such exception.")
    if row.ended_at is not None:
        return False
    await queries.end_exception(tx, exception_id, at=at, ended_by=actor.id)
    state = _State(body=open_exception(cipher, row), expires_at=row.expires_at)
    await _note(tx, cipher, actor, action="exception.end", object_id=shown(row.id), reason=reason, before=state)
    return True


async def set_list(
    tx: TenantTx, cipher: TenantCipher, actor: Actor, *, name: str, entries: Sequence[str], reason: str
) -> bool:
    """Makes a list for `expand`; an entry may have Sigma's wildcards. False if it was so."""
    check_words(reason)
    _check_list(name, entries)
    await queries.advance_version(tx)
    known = {row.name: row for row in await queries.select_lists(tx)}
    before = open_list(cipher, known[name]).entries if name in known else None
    after = tuple(dict.fromkeys(entries))
    if before == after:
        return False
    if before is None and len(known) >= MOST_LISTS:
        raise Conflict(f"A tenant has {MOST_LISTS} lists at most.", remedy="Remove one first.")
    body = ListBody(entries=after, reason=reason.strip())
    await queries.upsert_list(tx, name, body=seal_list(cipher, name, body), entries=len(after), changed_by=actor.id)
    await _note(tx, cipher, actor, action="list.set", object_id=name, reason=reason, before=before, after=after)
    return True


async def remove_list(tx: TenantTx, cipher: TenantCipher, actor: Actor, *, name: str, reason: str) -> None:
    """Removes a list. The rules and exceptions that need it are inactive then. Raises NotFound."""
    check_words(reason)
    await queries.advance_version(tx)
    known = {row.name: row for row in await queries.select_lists(tx)}
    if name not in known:
        raise NotFound("There is no such list.")
    await queries.delete_list(tx, name)
    before = open_list(cipher, known[name]).entries
    await _note(tx, cipher, actor, action="list.remove", object_id=name, reason=reason, before=before)


def check_exception(written: FilterDocument, rules: Sequence[Rule] | None) -> None:
    """Raises Invalid for a filter that is too long, names what is not there, or hides more than it describes."""
    if len(msgspec.json.encode(written)) > LONGEST_FILTER:
        raise Invalid(f"An exception's filter has at most {LONGEST_FILTER:,} bytes.", where="filter")
    if is_blunt(hidden_by(written)):
        raise Invalid(
            "The exception would hide every match.", where="filter.condition", remedy="Describe what to hide."
        )
    for path, reason in faults_of(written, rules) if rules is not None else ():
        raise Invalid(reason, where=".".join(str(step) for step in path))


def check_life(expires_at: datetime, *, at: datetime) -> None:
    """Raises Invalid unless the moment lies within the next year."""
    if not at < expires_at <= at + LONGEST_LIFE:
        raise Invalid("An exception expires within a year from now.", where="expires_at", remedy="Renew it then.")


async def _check_beside_others(tx: TenantTx, cipher: TenantCipher, written: FilterDocument, at: datetime) -> None:
    open_ = [open_exception(cipher, row) for row in await queries.select_open_exceptions(tx, at=at)]
    if len(open_) >= MOST_EXCEPTIONS:
        raise Conflict(f"A tenant has {MOST_EXCEPTIONS} exceptions in force at most.", remedy="End one first.")
    if written.title.casefold() in {body.written.title.casefold() for body in open_}:
        raise Conflict("An exception in force has this title.", where="title", remedy="End that one first.")
    missing = names_of(hidden_by(written)) - {row.name for row in await queries.select_lists(tx)}
    if missing:
        raise Invalid(
            f"The tenant has no list {', '.join(sorted(missing))}.", where="filter", remedy="Fill the list first."
        )


async def _set(
    tx: TenantTx,
    cipher: TenantCipher,
    actor: Actor,
    *,
    rule: Rule,
    action: str,
    reason: str,
    **changes: object,
) -> bool:
    """Changes a rule's setting."""
    check_words(reason)
    await queries.advance_version(tx)
    row = await queries.select_setting(tx, rule.id)
    before = _Setting() if row is None else _Setting(is_disabled=row.is_disabled, level=row.level)
    after = msgspec.structs.replace(before, **changes)
    if after == before:
        return False
    if after == _Setting():
        await queries.delete_setting(tx, rule.id)
    else:
        sealed = seal_reason(cipher, rule.id, reason.strip())
        await queries.upsert_setting(
            tx, rule.id, is_disabled=after.is_disabled, level=after.level, reason=sealed, changed_by=actor.id
        )
    await _note(tx, cipher, actor, action=action, object_id=rule.id, reason=reason, before=before, after=after)
    return True


class _Setting(msgspec.Struct, frozen=True, kw_only=True):
    is_disabled: bool = False
    level: Level | None = None


class _State(msgspec.Struct, frozen=True, kw_only=True):
    body: ExceptionBody
    expires_at: datetime


async def _note(
    tx: TenantTx,
    cipher: TenantCipher,
    actor: Actor,
    *,
    action: str,
    object_id: str,
    reason: str,
    before: object = None,
    after: object = None,
) -> None:
    """Audits a change. What stood before and after is in the sealed detail: it may name people."""
    detail = {"reason": reason.strip()}
    for when, state in (("before", before), ("after", after)):
        if state is not None:
            detail[when] = msgspec.json.encode(state).decode()
    await append(
        tx,
        actor,
        action=action,
        object_kind=action.partition(".")[0],
        object_id=object_id,
        before=before,
        after=after,
        detail=detail,
        cipher=cipher,
    )


def check_words(reason: str) -> None:
    """Raises Invalid for a reason that is too short or too long."""
    if not SHORTEST_REASON <= len(reason.strip()) <= LONGEST_REASON:
        raise Invalid(f"A reason has {SHORTEST_REASON} to {LONGEST_REASON:,} characters.", where="reason")


def _check_list(name: str, entries: Sequence[str]) -> None:
    if not 0 < len(name) <= _LONGEST_NAME or not set(name) <= _LIST_LETTERS:
        raise Invalid(f"A list's name is 1 to {_LONGEST_NAME} of letters, digits, `_`, `.` and `-`.", where="name")
    if not 0 < len(entries) <= MOST_ENTRIES:
        raise Invalid(f"A list has 1 to {MOST_ENTRIES:,} entries.", where="entries")
    if not all(0 < len(entry) <= LONGEST_ENTRY for entry in entries):
        raise Invalid(f"An entry has 1 to {LONGEST_ENTRY:,} characters.", where="entries")
