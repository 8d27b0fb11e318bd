"""Drafting a notice: the case as it stands is frozen for one stage of a duty, and what it lacks is told by name.

Owns which stage, phase, recipient and language a draft has. Missing fields stop no draft. A draft is never changed: a
later one of the same kind takes its place, and the earlier one is withdrawn.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

import msgspec

from watchfloor.access.roles import Permission
from watchfloor.audit.append import Actor
from watchfloor.breach import store
from watchfloor.breach.case import BreachCase
from watchfloor.breach.classification import value_of
from watchfloor.breach.clocks import facts_of
from watchfloor.breach.difference import Change, diff
from watchfloor.breach.missing import Missing, Phase, form_of, missing
from watchfloor.breach.notices import keeping
from watchfloor.breach.notices.keeping import Step, StepBody
from watchfloor.breach.notices.notice import Notice, NoticeKind, filings, kind_of
from watchfloor.breach.permissions import require
from watchfloor.breach.rules.clock import Deadline, deadlines
from watchfloor.breach.rules.forms import Form, shipped_forms
from watchfloor.breach.rules.library import shipped
from watchfloor.breach.sector.own_duty import form_of_duty
from watchfloor.kernel import ids
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import Conflict, Invalid, NotFound
from watchfloor.kernel.ids import CaseId, NoticeId, new_uuid

LANGUAGES: Final = ("de", "en", "es", "fr", "it", "nl", "pl")
"""Languages that documents are written in."""

_PRESSING: Final = frozenset({"running", "missed", "undated"})
_LATER_PHASES: Final[frozenset[Phase]] = frozenset({"supplementary", "withdrawal"})


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be drafted.

    Without a stage, the regime's next one that is owed; without a phase, the one that follows from what went out
    before; without a recipient, whom the rules or the case name; without a language, the form's or the case's.
    """

    regime: str
    stage: str | None = None
    phase: Phase | None = None
    recipient: str | None = None
    language: str | None = None


class Drafted(msgspec.Struct, frozen=True, kw_only=True):
    """A draft, what it lacks, and what has changed since the notice that it follows."""

    notice: Notice
    missing: tuple[Missing, ...]
    changes: tuple[Change, ...]


async def draft(
    tx: TenantTx,
    cipher: TenantCipher,
    actor: Actor,
    may: Collection[Permission],
    *,
    case_id: CaseId,
    wanted: Wanted,
    seen: int | None = None,
) -> Drafted:
    """Freezes the case as a draft.

    Raises Refused without the permission, NotFound for no such regime or stage, Conflict where a phase does not follow
    what went out, or where an approved notice of the same kind has not been sent.
    """
    require(may, Permission.BREACH_WRITE)
    case = await store.lock(tx, cipher, case_id, seen=seen)
    before = await keeping.notices_of(tx, cipher, case_id)
    at = await store.now(tx)
    notice = _planned(case, before, wanted, actor, at)
    await _replace(tx, cipher, actor, case, before=before, notice=notice)
    made, _ = await keeping.write(tx, cipher, actor, notice, case)
    return Drafted(notice=made, missing=gaps_of(made, case), changes=await changes_of(tx, cipher, made))


async def changes_of(tx: TenantTx, cipher: TenantCipher, notice: Notice) -> tuple[Change, ...]:
    """What a notice says otherwise than the one that it follows; nothing for the first one."""
    if notice.follows is None:
        return ()
    earlier = await keeping.snapshot(tx, cipher, notice.follows)
    return diff(earlier, await keeping.snapshot(tx, cipher, notice.id))


def gaps_of(notice: Notice, snapshot: BreachCase) -> tuple[Missing, ...]:
    """What a notice's version lacks of the fields that its document must have, in the form's order."""
    form = form_for(notice, snapshot)
    if form is None:
        return ()
    end = notice.submitted_at or notice.approved_at or notice.drafted_at
    late = notice.due_at is not None and end > notice.due_at
    return missing(snapshot, form, phase=notice.phase, late=late)


def form_for(notice: Notice, case: BreachCase) -> Form | None:
    """The form of a notice's document; None where there is none."""
    if notice.kind == "other":
        return None
    staged = notice.kind in ("nis2", "dora")
    authority = notice.recipient if notice.kind == "breach_notification" else None
    try:
        form = form_of(case, notice.kind, stage=notice.stage if staged else None, authority=authority)
    except NotFound:
        return None
    return form_of_duty(form, notice.regime)


def stages_of(case: BreachCase, notices: Sequence[Notice], regime: str, at: datetime) -> list[Deadline]:
    """The stages of one regime in a case, in the order in which they are sent. Raises NotFound for no such regime."""
    rules = shipped().find(regime)
    found = {one.stage: one for one in deadlines([rules], facts_of(case, filings(notices)), at)}
    return [found[stage] for stage in dict.fromkeys(row.stage for row in rules.stages) if stage in found]


def _planned(case: BreachCase, before: Sequence[Notice], wanted: Wanted, actor: Actor, at: datetime) -> Notice:
    deadline, stage = _stage(case, before, wanted, at)
    kind: NoticeKind = "dora" if deadline is None else kind_of(wanted.regime, deadline.recipient)
    recipient = _recipient(case, kind, deadline, wanted)
    out = [one for one in before if one.is_out and (one.regime, one.recipient) == (wanted.regime, recipient)]
    phase = _phase(stage, out, wanted)
    return Notice(
        id=NoticeId(new_uuid()),
        case_id=CaseId(case.id),
        regime=wanted.regime,
        stage=stage,
        rule=None if deadline is None else deadline.rule,
        kind=kind,
        recipient=recipient,
        language=_language(case, kind, recipient, wanted),
        phase=phase,
        part=1 + sum(one.phase == "supplementary" for one in out) if phase == "supplementary" else 0,
        follows=out[-1].id if out else None,
        due_at=None if deadline is None else deadline.due_at,
        case_version=case.version,
        sha256="",
        drafted_at=at,
        drafted_by=actor.id,
    )


def _stage(case: BreachCase, before: Sequence[Notice], wanted: Wanted, at: datetime) -> tuple[Deadline | None, str]:
    """The deadline of the stage, or none for a stage that only the forms know."""
    stages = stages_of(case, before, wanted.regime, at)
    if wanted.stage is not None:
        named = next((one for one in stages if one.stage == wanted.stage), None)
        if named is None and not _is_form_only(wanted.regime, wanted.stage):
            known = ", ".join(one.stage for one in stages)
            raise NotFound(f"{wanted.regime} has no stage {wanted.stage!r}.", where="stage", remedy=f"Stages: {known}.")
        return named, wanted.stage
    if not stages:
        raise NotFound(f"{wanted.regime} does not hold on the day of the case.", where="regime")
    owed = next((one for one in stages if one.state in _PRESSING), None)
    chosen = owed or next((one for one in stages if one.submitted_at is None), stages[-1])
    return chosen, chosen.stage


def _is_form_only(regime: str, stage: str) -> bool:
    return any(form.kind == regime and form.stage == stage for form in shipped_forms())


def _recipient(case: BreachCase, kind: NoticeKind, deadline: Deadline | None, wanted: Wanted) -> str:
    if kind != "breach_notification":
        return "financial_supervisor" if deadline is None else deadline.recipient
    chosen = (
        wanted.recipient
        or value_of(case.cross_border.lead_authority)
        or value_of(case.cross_border.authority)
        or (f"{case.country}-{case.subdivision}" if case.subdivision else case.country)
    )
    known = {row.code for row in shipped().authorities}
    if wanted.recipient is not None and chosen not in known:
        raise Invalid("There is no such authority.", where="recipient", remedy=f"Codes: {', '.join(sorted(known))}.")
    return chosen


def _phase(stage: str, out: Sequence[Notice], wanted: Wanted) -> Phase:
    """The phase that is asked for, or that follows from what went out."""
    is_first = not out
    if wanted.phase is None:
        if stage.startswith("final"):
            return "final"
        return "initial" if is_first else "supplementary"
    if wanted.phase in _LATER_PHASES and is_first:
        raise Conflict(
            f"Nothing went out yet that a {wanted.phase} notice could follow.",
            where="phase",
            remedy="Draft the first notice.",
        )
    if wanted.phase == "initial" and any(one.stage == stage and one.phase == "initial" for one in out):
        raise Conflict("The first notice is out.", where="phase", remedy="Draft a supplementary one.")
    return wanted.phase


def _language(case: BreachCase, kind: NoticeKind, recipient: str, wanted: Wanted) -> str:
    if wanted.language is not None:
        if wanted.language not in LANGUAGES:
            raise Invalid("Documents are not written in this language.", where="language", remedy=", ".join(LANGUAGES))
        return wanted.language
    forms: tuple[str, ...] = ()
    if kind == "breach_notification":
        forms = form_of(case, kind, authority=recipient).languages
    return next((one for one in (*forms, case.lang) if one in LANGUAGES), "en")


async def _replace(
    tx: TenantTx, cipher: TenantCipher, actor: Actor, case: BreachCase, *, before: Sequence[Notice], notice: Notice
) -> None:
    """Withdraws the draft whose place the new one takes."""
    same = (notice.regime, notice.stage, notice.recipient, notice.phase)
    for old in before:
        if (old.regime, old.stage, old.recipient, old.phase) != same:
            continue
        if old.status == "approved":
            raise Conflict(
                f"An approved notice waits to be sent: {ids.show('ntc', old.id)}.",
                where="status",
                remedy="Send it, or withdraw it first.",
            )
        if old.status == "draft":
            body = StepBody(text=f"Replaced by {ids.show('ntc', notice.id)}.")
            step = Step(name="withdrawn", body=body)
            await keeping.add_step(tx, cipher, actor, old, step, place=0, case_ref=case.ref)
