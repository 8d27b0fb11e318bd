"""The severity of a case by ENISA's method, stored with its reasoning, and what follows from it as a suggestion.

Owns the way from a case's facts to the method's inputs. Persons score; the arithmetic is `rules.enisa`'s and the
suggestion `rules.advice`'s. Never decides: a suggestion stands beside the decisions and fills none of them.
"""

from collections.abc import Collection

import msgspec

from watchfloor.access.roles import Permission
from watchfloor.audit.append import Actor
from watchfloor.breach import store
from watchfloor.breach.case import BreachCase
from watchfloor.breach.entering import own_entry
from watchfloor.breach.fields import get, put
from watchfloor.breach.known import Known
from watchfloor.breach.permissions import require, require_person, require_words
from watchfloor.breach.records import Decision
from watchfloor.breach.rules.advice import AdviceRule, Breach, Suggestion, advise
from watchfloor.breach.rules.calendar_days import local_day
from watchfloor.breach.rules.enisa import (
    Circumstances,
    Identification,
    Level,
    Override,
    Processing,
    assess,
)
from watchfloor.breach.rules.enisa import Severity as Outcome
from watchfloor.breach.rules.library import shipped
from watchfloor.breach.rules.regime import in_force
from watchfloor.breach.status import follow, moves_of
from watchfloor.breach.store import Change
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import Conflict
from watchfloor.kernel.ids import CaseId, new_uuid


class Scores(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a person scores: kinds of data, identifiers, circumstances; and another level, with its reason."""

    dpc: tuple[Processing, ...]
    ei: tuple[Identification, ...]
    cb: Circumstances = Circumstances()
    level: Level | None = None
    level_reason: str = ""


async def assess_case(
    tx: TenantTx,
    cipher: TenantCipher,
    actor: Actor,
    may: Collection[Permission],
    *,
    case_id: CaseId,
    scores: Scores,
    seen: int | None = None,
) -> BreachCase:
    """Scores a case and stores the outcome with every reason, in place of the one before.

    The number of persons and whether the data are unintelligible are the case's own facts. Raises Refused without the
    permission, and Invalid where the method has no such score or a reason is missing.
    """
    require(may, Permission.BREACH_WRITE)
    require_person(actor)
    before = await store.lock(tx, cipher, case_id, seen=seen)
    override = None
    if scores.level is not None:
        reason = require_words(scores.level_reason, name="level_reason")
        override = Override(level=scores.level, reason=reason, by=actor.id)
    outcome = outcome_of(before, scores, override=override)
    at = await store.now(tx)
    basis = override.reason if override is not None else outcome.method
    case = before
    changes: list[Change] = []
    for path, value in _leaves(scores, outcome).items():
        fact: Known[object] | None = None
        if value is not None:
            fact = Known(value=value, basis=basis, citations=(own_entry(before, actor),), by=actor.id, at=at)
        stood = get(case, path)
        if stood is not None or fact is not None:
            changes.append(Change(kind="assessed", path=path, before=stood, after=fact))
        case = put(case, path, fact)
    record = Decision(
        id=str(new_uuid()),
        kind="severity",
        path="severity.level",
        outcome=f"{outcome.level} ({outcome.se:g})",
        reason=basis,
        by=actor.id,
        at=at,
    )
    case = follow(msgspec.structs.replace(case, decisions=(*case.decisions, record)))
    every = [*changes, *moves_of(before, case)]
    return await store.write(tx, cipher, actor, before=before, after=case, changes=every, action="assess", reason=basis)


def outcome_of(case: BreachCase, scores: Scores, *, override: Override | None = None) -> Outcome:
    """The outcome of scores in a case. Raises Invalid where the method has no such score or a reason is missing."""
    return assess(
        scores.dpc,
        scores.ei,
        scores.cb,
        persons=_persons(case),
        is_unintelligible=_is_unintelligible(case),
        override=override,
    )


def scores_of(case: BreachCase) -> Scores | None:
    """The scores that stand in a case; None where nobody scored it."""
    dpc, ei, cb = case.severity.dpc, case.severity.ei, case.severity.cb
    if dpc is None or ei is None or cb is None or dpc.value is None or ei.value is None or cb.value is None:
        return None
    return Scores(dpc=dpc.value, ei=ei.value, cb=cb.value)


def suggest(case: BreachCase) -> Suggestion:
    """What the severity suggests about Art. 33 and 34. Raises Conflict where nobody scored the case."""
    scores = scores_of(case)
    if scores is None:
        raise Conflict("Nobody has assessed the severity.", where="severity", remedy="Assess it first.")
    stood = case.severity.override
    outcome = outcome_of(case, scores, override=None if stood is None else stood.value)
    backups = case.data.backups
    breach = Breach(
        processing=scores.dpc,
        circumstances=scores.cb,
        persons=_persons(case),
        is_unintelligible=_is_unintelligible(case),
        has_copy=backups is not None and backups.value == "complete",
    )
    return advise(breach, outcome, _rule(case))


def _rule(case: BreachCase) -> AdviceRule:
    day = local_day(case.created_at, case.tz)
    rules = in_force(shipped().advice, day)
    if not rules:
        raise Conflict("No rule for suggestions holds on the day of the case.", where=day.isoformat())
    return rules[-1]


def _leaves(scores: Scores, outcome: Outcome) -> dict[str, object]:
    return {
        "severity.method": outcome.method,
        "severity.dpc": scores.dpc,
        "severity.ei": scores.ei,
        "severity.cb": scores.cb,
        "severity.se": outcome.se,
        "severity.computed": outcome.computed,
        "severity.level": outcome.level,
        "severity.flags": outcome.flags,
        "severity.reasons": outcome.reasons,
        "severity.override": outcome.override,
    }


def _persons(case: BreachCase) -> int | None:
    count = case.subjects.count
    if count is None or count.value is None:
        return None
    return count.value.min if count.value.max is None else count.value.max


def _is_unintelligible(case: BreachCase) -> bool:
    """Only where all data are, and the key is safe, is a breach's weight another one."""
    stated = case.data.unintelligible
    if stated is None or stated.value is None:
        return False
    return stated.value.applied and stated.value.key_safe is True and stated.value.all_data is True
