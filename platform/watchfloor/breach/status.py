"""The states of a breach case: which follows which, and what must stand in the case first. One table each.

Owns the moves. A state that follows from a decision or from a fact follows by itself (`follow`); the rest is moved by a
person, or with a notice that went out. Never decides anything that is the controller's.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Final

import msgspec

from watchfloor.access.roles import Permission
from watchfloor.audit.append import Actor
from watchfloor.breach import store
from watchfloor.breach.case import BreachCase, CaseStatus, TellingStatus
from watchfloor.breach.permissions import require, require_words
from watchfloor.breach.store import Change
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import Conflict
from watchfloor.kernel.ids import CaseId

MOVES: Final[Mapping[CaseStatus, tuple[CaseStatus, ...]]] = {
    "suspected": ("assessing",),
    "assessing": ("not_a_breach", "breach"),
    "not_a_breach": ("assessing", "closed"),
    "breach": ("assessing", "notified_controller"),
    "notified_controller": ("assessing", "register_only", "authority_due"),
    "register_only": ("assessing", "authority_due", "closed"),
    "authority_due": ("register_only", "authority_initial"),
    "authority_initial": ("supplementary", "authority_final"),
    "supplementary": ("supplementary", "authority_final"),
    "authority_final": ("supplementary", "closed"),
    "closed": ("assessing",),
}
"""What may follow each state. `assessing` again is looking at a case anew."""

TELLING_MOVES: Final[Mapping[TellingStatus, tuple[TellingStatus, ...]]] = {
    "undecided": ("not_due", "subjects_due"),
    "not_due": ("subjects_due",),
    "subjects_due": ("not_due", "subjects_done"),
    "subjects_done": ("subjects_due",),
}
"""The same for telling the persons, which runs beside."""

OPEN_ENDS: Final[frozenset[CaseStatus]] = frozenset({"not_a_breach", "closed"})
"""States in which nobody works on a case."""


def _needs_breach(case: BreachCase) -> str | None:
    return None if _is_breach(case) is True else "Nobody has decided that it is a breach of personal data."


def _needs_no_breach(case: BreachCase) -> str | None:
    return None if _is_breach(case) is False else "Nobody has decided that it is no breach of personal data."


def _needs_controller_told(case: BreachCase) -> str | None:
    told = case.clock.controller_notified_at
    return None if told is not None and told.value is not None else "clock.controller_notified_at is not stated."


def _needs_silence(case: BreachCase) -> str | None:
    return None if _notifies(case) is False else "Nobody has decided that the authority is not told."


def _needs_notice(case: BreachCase) -> str | None:
    return None if _notifies(case) is True else "Nobody has decided that the authority is told."


def _needs_end(case: BreachCase) -> str | None:
    if case.status == "not_a_breach":
        return None
    if case.telling == "undecided":
        return "Nobody has decided whether the persons are told (risk.art34_decision)."
    return "The persons are still to be told." if case.telling == "subjects_due" else None


_GUARDS: Final[Mapping[CaseStatus, Callable[[BreachCase], str | None]]] = {
    "breach": _needs_breach,
    "not_a_breach": _needs_no_breach,
    "notified_controller": _needs_controller_told,
    "register_only": _needs_silence,
    "authority_due": _needs_notice,
    "authority_initial": _needs_notice,
    "closed": _needs_end,
}

_FOLLOWS: Final[tuple[tuple[CaseStatus, CaseStatus], ...]] = (
    ("assessing", "not_a_breach"),
    ("assessing", "breach"),
    ("breach", "notified_controller"),
    ("notified_controller", "register_only"),
    ("notified_controller", "authority_due"),
    ("register_only", "authority_due"),
    ("authority_due", "register_only"),
)
"""Moves that come with what they need."""


def objection(case: BreachCase, to: CaseStatus) -> str | None:
    """Why the case cannot move there now; None when it can."""
    if to not in MOVES[case.status]:
        follows = ", ".join(MOVES[case.status])
        return f"A case that is {case.status} does not become {to}: {follows} can follow."
    guard = _GUARDS.get(to)
    return None if guard is None else guard(case)


def follow(case: BreachCase) -> BreachCase:
    """The case moved on as far as its decisions and facts carry it by themselves."""
    case = msgspec.structs.replace(case, telling=_telling(case))
    if case.status == "suspected" and case.is_breach is not None:
        case = msgspec.structs.replace(case, status="assessing")
    for start, to in (*_FOLLOWS, *_FOLLOWS):  # the last moves go back and forth: twice is far enough
        if case.status == start and objection(case, to) is None:
            case = msgspec.structs.replace(case, status=to)
    return case


def moves_of(before: BreachCase, after: BreachCase) -> list[Change]:
    """What the log says when a change carried the status on."""
    pairs = (("status", before.status, after.status), ("telling", before.telling, after.telling))
    return [Change(kind="moved", path=path, before=old, after=new) for path, old, new in pairs if old != new]


async def move(
    tx: TenantTx,
    cipher: TenantCipher,
    actor: Actor,
    may: Collection[Permission],
    *,
    case_id: CaseId,
    to: CaseStatus,
    reason: str,
    seen: int | None = None,
) -> BreachCase:
    """Moves a case by hand, or with a notice that went out.

    Raises Refused without the permission to write, Conflict where the table has no such move or something is missing.
    """
    require(may, Permission.BREACH_WRITE)
    words = require_words(reason, name="reason")
    case = await store.lock(tx, cipher, case_id, seen=seen)
    if case.status == to and to != "supplementary":
        return case
    stopped = objection(case, to)
    if stopped is not None:
        raise Conflict(stopped, where="status")
    moved = msgspec.structs.replace(case, status=to)
    change = Change(kind="moved", path="status", before=case.status, after={"status": to, "reason": words})
    return await store.write(tx, cipher, actor, before=case, after=moved, changes=[change], action="move", reason=words)


def _is_breach(case: BreachCase) -> bool | None:
    return None if case.is_breach is None else case.is_breach.value


def _notifies(case: BreachCase) -> bool | None:
    decided = case.risk.art33_decision
    return None if decided is None or decided.value is None else decided.value.notify


def _telling(case: BreachCase) -> TellingStatus:
    decided = case.risk.art34_decision
    if decided is None or decided.value is None:
        return "undecided"
    if not decided.value.notify:
        return "not_due"
    sent = case.subject_comm.sent_at
    return "subjects_done" if sent is not None and sent.value is not None else "subjects_due"
