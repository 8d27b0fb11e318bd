"""Legal holds on breach cases, and the forgetting of old ones that nobody holds.

Owns how long a case is kept: five years after its last change where the customer's bundle says nothing else. What a
case is held for goes into the audit chain; so does that cases were forgotten, and how many.
"""

import re
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

import msgspec

from watchfloor.access.roles import Permission
from watchfloor.audit.append import Actor, append
from watchfloor.breach import store
from watchfloor.breach.holding import queries
from watchfloor.breach.permissions import require, require_person, require_words
from watchfloor.kernel import ids
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import Conflict
from watchfloor.kernel.ids import CaseId, new_uuid

KEPT: Final = timedelta(days=5 * 365 + 2)

_TABLE: Final = "wf.breach_holds"
_LEAST: Final = timedelta(days=366)
_PERIOD: Final = re.compile(r"(\d{1,4})([dy])")
_AT_ONCE: Final = 100
_FORGETTING: Final = Actor(kind="system", id="retention", role="system", request_id="")


class Hold(msgspec.Struct, frozen=True, kw_only=True):
    """A hold that was set (`is_held`) or lifted, by whom and why."""

    is_held: bool
    reason: str
    at: datetime
    by: str


async def set_hold(
    tx: TenantTx,
    cipher: TenantCipher,
    actor: Actor,
    may: Collection[Permission],
    *,
    case_id: CaseId,
    is_held: bool,
    reason: str,
) -> list[Hold]:
    """Holds a case, or lets it go: whoever works on cases may hold one, only a privacy officer lifts it.

    Raises Refused for anybody else, Conflict where it is so already. Returns every hold of the case.
    """
    require(may, Permission.BREACH_WRITE if is_held else Permission.BREACH_DECIDE)
    require_person(actor)
    words = require_words(reason, name="reason")
    case = await store.lock(tx, cipher, case_id)
    before = await holds_of(tx, cipher, case_id)
    if is_held == (bool(before) and before[-1].is_held):
        raise Conflict("The case is held already." if is_held else "The case is not held.", where="hold")
    hold_id = new_uuid()
    sealed = cipher.seal(words.encode(), table=_TABLE, column="reason", row=hold_id)
    await queries.insert_hold(tx, hold_id, case_id, is_held=is_held, reason=sealed, by=actor.id)
    await append(
        tx,
        actor,
        action="breach.hold" if is_held else "breach.release",
        object_kind="breach_case",
        object_id=ids.show("brc", case_id),
        before={"held": not is_held},
        after={"held": is_held},
        detail={"case": case.ref, "reason": words[:2_000]},
        cipher=cipher,
    )
    return await holds_of(tx, cipher, case_id)


async def holds_of(tx: TenantTx, cipher: TenantCipher, case_id: CaseId) -> list[Hold]:
    """Every hold of a case in order; the last one counts."""
    return [
        Hold(
            is_held=row.is_held,
            reason=cipher.open_(row.reason, table=_TABLE, column="reason", row=row.id).decode(),
            at=row.at,
            by=row.by,
        )
        for row in await queries.select_holds(tx, case_id)
    ]


async def forget_old(tx: TenantTx) -> int:
    """Forgets the tenant's closed cases whose time is over and that nobody holds. Returns how many."""
    gone = await queries.forget(tx, await kept_for(tx), at_most=_AT_ONCE)
    if gone:
        shown = ids.show("ten", tx.tenant_id)
        await append(
            tx,
            _FORGETTING,
            action="breach.forget",
            object_kind="tenant",
            object_id=shown,
            before=None,
            after={"cases": gone},
        )
    return gone


async def kept_for(tx: TenantTx) -> timedelta:
    """How long the tenant's closed cases are kept: never less than a year."""
    said = _PERIOD.fullmatch(await queries.select_kept(tx) or "")
    if said is None:
        return KEPT
    number = int(said[1])
    return max(timedelta(days=number if said[2] == "d" else number * 365 + number // 4), _LEAST)
