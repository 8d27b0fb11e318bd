"""Decisions in a breach case: breach or not, awareness, risk, Art. 33 and 34, which regimes apply, what starts a clock.

Owns who may take them and what each needs: a person, a reason, a time. What is the controller's to decide (see
`fields.Field.set_by`) only a privacy officer of the controller enters. All decisions stay in the case and in the log.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Final, cast

import msgspec

from watchfloor.access.roles import Permission
from watchfloor.audit.append import Actor
from watchfloor.breach import store
from watchfloor.breach.case import BreachCase
from watchfloor.breach.entering import own_entry
from watchfloor.breach.fields import Field, find_field, get, put, read_value
from watchfloor.breach.known import Citation, Known
from watchfloor.breach.permissions import require, require_person, require_words
from watchfloor.breach.records import Decision, DecisionKind
from watchfloor.breach.status import follow, moves_of
from watchfloor.breach.store import Change
from watchfloor.breach.values import Art33Decision, Art34Decision
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import Conflict, Invalid
from watchfloor.kernel.ids import CaseId, new_uuid

_SKEW: Final = timedelta(minutes=5)
_ART33: Final = "risk.art33_decision"
_ART34: Final = "risk.art34_decision"
_KINDS: Final[Mapping[str, DecisionKind]] = {
    "is_breach": "breach",
    "clock.controller_aware_at": "awareness",
    "clock.processor_aware_at": "awareness",
    "moments.entity_aware": "awareness",
    "moments.provider_aware": "awareness",
    "moments.maker_aware": "awareness",
    "moments.classified_major": "classification",
    "statements.significant": "classification",
    "statements.major": "classification",
    "risk.risk": "risk",
    "risk.art33_decision": "art33",
    "risk.art34_decision": "art34",
    "other_regimes": "regime",
}


class Ruling(msgspec.Struct, frozen=True, kw_only=True):
    """What a person decides, and why.

    `value` as it came: `yes` or `no`, an instant, a choice. For `risk.art33_decision` yes or no; for
    `risk.art34_decision` yes, no, or `no, a` with the letter of Art. 34(3) that is the reason.
    """

    path: str
    value: object
    reason: str
    citations: tuple[Citation, ...] = ()


async def decide(
    tx: TenantTx,
    cipher: TenantCipher,
    actor: Actor,
    may: Collection[Permission],
    *,
    case_id: CaseId,
    ruling: Ruling,
    seen: int | None = None,
) -> BreachCase:
    """Enters a decision at the field it decides.

    Raises Refused without the permission or where no person acts, Invalid for no such field or value, Conflict for a
    field that nobody decides and for a decision that another one stands against.
    """
    path = ruling.path
    field = find_field(path)
    _require_decided(field)
    require_person(actor)
    legal = field.set_by == "legal_decision"
    require(may, Permission.BREACH_DECIDE if legal else Permission.BREACH_WRITE)
    words = require_words(ruling.reason, name="reason")
    before = await store.lock(tx, cipher, case_id, seen=seen)
    at = await store.now(tx)
    decided = _value(field, ruling.value, words, actor, at)
    _check(before, field, decided, at)
    fact: Known[object] = Known(
        value=decided,
        basis=words,
        citations=(own_entry(before, actor), *ruling.citations),
        by=actor.id,
        at=at,
    )
    record = Decision(
        id=str(new_uuid()),
        kind=kind_of(path),
        path=path,
        outcome=_outcome(decided),
        reason=words,
        by=actor.id,
        at=at,
    )
    after = msgspec.structs.replace(put(before, path, fact), decisions=(*before.decisions, record))
    moved = follow(after)
    changes = [Change(kind="decided", path=path, before=get(before, path), after=fact), *moves_of(before, moved)]
    return await store.write(
        tx, cipher, actor, before=before, after=moved, changes=changes, action=f"decide.{record.kind}", reason=words
    )


def kind_of(path: str) -> DecisionKind:
    """What sort of decision is taken at a field."""
    pattern = path if not path.startswith("other_regimes.") else "other_regimes"
    named = _KINDS.get(pattern)
    if named is not None:
        return named
    return "moment" if path.startswith("moments.") else "statement"


def _require_decided(field: Field) -> None:
    if field.set_by not in ("decision", "legal_decision"):
        way = "State it as a fact." if field.set_by == "fact" else "It follows from the severity: assess that."
        raise Conflict("Nobody decides this field.", where=field.path, remedy=way)


def _value(field: Field, raw: object, reason: str, actor: Actor, at: datetime) -> object:
    if field.path not in (_ART33, _ART34):
        return read_value(field.path, raw)
    notify, exemption = _notify(field, raw)
    if field.path == _ART33:
        if exemption is not None:
            raise Invalid("Art. 33 knows no such exemption.", where=field.path, remedy="yes or no.")
        return Art33Decision(notify=notify, reason=reason, by=actor.id, at=at)
    if notify and exemption is not None:
        raise Invalid("Who tells the persons needs no exemption.", where=field.path)
    given = {"notify": notify, "exemption": exemption, "reason": reason, "by": actor.id, "at": at}
    return msgspec.convert(given, Art34Decision)


_ANSWERS: Final = {"yes": True, "true": True, "no": False, "false": False}


def _notify(field: Field, raw: object) -> tuple[bool, str | None]:
    if isinstance(raw, dict):
        given = cast("dict[str, object]", raw)
        answer, exemption = given.get("notify"), given.get("exemption")
    elif isinstance(raw, str):
        word, _, letter = raw.partition(",")
        answer, exemption = _ANSWERS.get(word.strip().lower()), letter.strip().lower() or None
    else:
        answer, exemption = raw, None
    if not isinstance(answer, bool) or exemption not in (None, "a", "b", "c"):
        remedy = "yes or no." if field.path == _ART33 else "yes, no, or no with one of a, b, c for Art. 34(3)."
        raise Invalid("This says neither yes nor no.", where=field.path, remedy=remedy)
    return answer, exemption


def _check(case: BreachCase, field: Field, value: object, at: datetime) -> None:
    """What another decision or the time itself stands against."""
    if isinstance(value, datetime) and value > at + _SKEW:
        raise Invalid("This lies in the future; a decision is about what has happened.", where=field.path)
    risk = None if case.risk.risk is None else case.risk.risk.value
    if isinstance(value, Art33Decision) and not value.notify and risk != "unlikely":
        raise Conflict(
            "The authority may be left out only where a risk to the persons is unlikely, and that is not decided.",
            where=field.path,
            remedy="Decide risk.risk first.",
        )
    if isinstance(value, Art34Decision) and not value.notify and risk == "high" and value.exemption is None:
        raise Conflict(
            "At a high risk the persons are told, unless one of the cases of Art. 34(3) is given.",
            where=field.path,
            remedy="Say which: a, b or c.",
        )


def _outcome(value: object) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case datetime():
            return value.isoformat()
        case Art33Decision():
            return "notify" if value.notify else "do not notify"
        case Art34Decision():
            return "tell" if value.notify else f"do not tell{f' ({value.exemption})' if value.exemption else ''}"
        case _:
            return str(value)
