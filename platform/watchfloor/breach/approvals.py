"""Approvals of a case: who looked at which version in which role, and said yes or no.

Owns which role of the platform may speak in which role of a case. An approval is of a version; the next change makes a
version that nobody has approved yet.
"""

from collections.abc import Collection, Mapping
from typing import Final, Literal

import msgspec

from watchfloor.access.roles import Permission, Role
from watchfloor.audit.append import Actor
from watchfloor.breach import store
from watchfloor.breach.case import BreachCase
from watchfloor.breach.permissions import require, require_person, require_words
from watchfloor.breach.records import Approval, ApprovalRole
from watchfloor.breach.store import Change
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import Conflict, Refused
from watchfloor.kernel.ids import CaseId

SPEAKS_AS: Final[Mapping[ApprovalRole, frozenset[Role]]] = {
    "analyst": frozenset({Role.ANALYST, Role.LEAD}),
    "soc_lead": frozenset({Role.LEAD}),
    "dpo_mssp": frozenset({Role.LEAD}),
    "dpo_tenant": frozenset({Role.PRIVACY_OFFICER}),
    "counsel": frozenset({Role.PRIVACY_OFFICER}),
}
"""A privacy officer of the MSSP and a counsel have no seat here: who brings their word says so in the reason."""


async def approve(
    tx: TenantTx,
    cipher: TenantCipher,
    actor: Actor,
    may: Collection[Permission],
    *,
    case_id: CaseId,
    role: ApprovalRole,
    decision: Literal["approved", "declined"],
    reason: str,
    seen: int,
) -> BreachCase:
    """Writes a person's yes or no to the version that they saw.

    Raises Refused where the person may not speak in that role, Conflict where the case has moved on or they have spoken
    already.
    """
    require(may, Permission.BREACH_WRITE)
    require_person(actor)
    if actor.role not in SPEAKS_AS[role]:
        allowed = ", ".join(sorted(SPEAKS_AS[role]))
        raise Refused(f"Your role here does not speak as {role}: {allowed} does.", where="role")
    words = require_words(reason, name="reason")
    before = await store.lock(tx, cipher, case_id, seen=seen)
    if any(_same(stood, role, actor, before) for stood in before.approvals):
        raise Conflict("You have said so of this version already.", where="role")
    record = Approval(
        role=role, decision=decision, reason=words, by=actor.id, at=await store.now(tx), version=before.version
    )
    after = msgspec.structs.replace(before, approvals=(*before.approvals, record))
    change = Change(kind="approved", path="approvals", after=record)
    return await store.write(
        tx, cipher, actor, before=before, after=after, changes=[change], action="approve", reason=words
    )


def stands(case: BreachCase, role: ApprovalRole) -> Approval | None:
    """The last word of a role on the case as it stands; None where it was changed since, or nobody spoke."""
    spoken = [one for one in case.approvals if one.role == role]
    if not spoken:
        return None
    last = spoken[-1]
    changed = case.version - last.version - sum(one.version > last.version for one in case.approvals) - 1
    return last if changed == 0 else None


def _same(stood: Approval, role: ApprovalRole, actor: Actor, case: BreachCase) -> bool:
    """Whether the person's word in this role still stands."""
    return stood is stands(case, role) and stood.by == actor.id
