"""What every document of a notice is collected from: the frozen version, the one before, who is who, and what is due.

Read as `wf_report` inside the tenant's transaction (T9, O3). The live case is not read: a notice says what was frozen,
and only the clock and what became of the notice are of the moment. It writes nothing and invents nothing.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final, cast

import msgspec

from reports import people
from reports.breach.facts import Changed, Dispatch, Earlier, Lacking, Person
from reports.breach.outward import outward
from reports.letterhead import Desk, Letterhead, letterhead_of
from reports.queries import RequestRow
from watchfloor.breach.case import BreachCase
from watchfloor.breach.clocks import Filed, facts_of, regimes_of
from watchfloor.breach.difference import diff
from watchfloor.breach.missing import is_late, missing
from watchfloor.breach.notices import keeping
from watchfloor.breach.notices.notice import Notice, filings
from watchfloor.breach.rules.clock import Deadline, deadlines
from watchfloor.breach.rules.forms import Form
from watchfloor.breach.rules.library import shipped
from watchfloor.kernel import ids
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import NotFound
from watchfloor.kernel.ids import CaseId, NoticeId

_PERSON: Final = re.compile(r"per_[0-9a-z]{26}")


class Gathered(msgspec.Struct, frozen=True, kw_only=True):
    """The parts of a notice document's facts, and what its own collector goes on with.

    `frozen` is the version with everything in it; `case` is the same as documents have it.
    """

    head: Letterhead
    notice: Notice
    sent: tuple[Notice, ...]
    frozen: BreachCase
    case: BreachCase
    dispatch: Dispatch
    earlier: Earlier | None
    changes: tuple[Changed, ...]
    people: tuple[Person, ...]
    deadlines: tuple[Deadline, ...]
    authorities: Mapping[str, str]
    late: bool


async def gather(tx: TenantTx, cipher: TenantCipher, request: RequestRow, desk: Desk) -> Gathered:
    """What is frozen in the notice that a document was asked for.

    Raises NotFound without such a notice of that case, Unavailable when its version is not the one that was frozen, and
    Unopenable when a sealed value was damaged.
    """
    if request.notice_id is None or request.case_id is None:
        raise NotFound(keeping.NO_SUCH_NOTICE)
    head = await letterhead_of(tx, request, desk)
    notice = await keeping.read(tx, cipher, NoticeId(request.notice_id))
    if notice.case_id != request.case_id:
        raise NotFound(keeping.NO_SUCH_NOTICE)
    frozen = await keeping.snapshot(tx, cipher, notice.id)
    sent = tuple(filings(await keeping.notices_of(tx, cipher, CaseId(notice.case_id))))
    before = await _before(tx, cipher, notice)
    case = outward(frozen)
    dispatch = _dispatch(notice)
    return Gathered(
        head=head,
        notice=notice,
        sent=sent,
        frozen=frozen,
        case=case,
        dispatch=dispatch,
        earlier=None if before is None else before[0],
        changes=() if before is None else _changes(outward(before[1]), case),
        people=await _people(tx, desk, case, dispatch),
        deadlines=_deadlines(frozen, notice, sent, head.generated_at),
        authorities=_authorities(case),
        late=is_late(frozen, sent, head.generated_at),
    )


def lacking_of(gathered: Gathered, form: Form) -> tuple[Lacking, ...]:
    """What the document still lacks by its form, in the form's order."""
    found = missing(gathered.frozen, form, phase=gathered.notice.phase, late=gathered.late)
    return tuple(
        Lacking(path=one.path, label=one.label, asked_by=f"{form.source}: {one.section}", expected_at=one.expected_at)
        for one in found
    )


def _deadlines(case: BreachCase, notice: Notice, sent: Sequence[Filed], at: datetime) -> tuple[Deadline, ...]:
    """Those of the case, and of the notice's own duty even where nobody has said yet whether it applies."""
    regimes = regimes_of(case)
    if notice.regime not in {regime.id for regime in regimes}:
        regimes.append(shipped().find(notice.regime))
    return tuple(deadlines(regimes, facts_of(case, sent), at))


async def _before(tx: TenantTx, cipher: TenantCipher, notice: Notice) -> tuple[Earlier, BreachCase] | None:
    if notice.follows is None:
        return None
    earlier = await keeping.read(tx, cipher, notice.follows)
    named = Earlier(
        id=ids.show("ntc", earlier.id),
        stage=earlier.stage,
        phase=earlier.phase,
        number=earlier.part,
        at=earlier.submitted_at or earlier.drafted_at,
        sha256=earlier.sha256,
    )
    return named, await keeping.snapshot(tx, cipher, earlier.id)


def _changes(before: BreachCase, after: BreachCase) -> tuple[Changed, ...]:
    return tuple(Changed(path=one.path, before=one.before, after=one.after) for one in diff(before, after))


def _dispatch(notice: Notice) -> Dispatch:
    return Dispatch(
        id=ids.show("ntc", notice.id),
        regime=notice.regime,
        stage=notice.stage,
        phase=notice.phase,
        number=notice.part,
        recipient=notice.recipient,
        language=notice.language,
        status=notice.status,
        case_version=notice.case_version,
        snapshot_sha256=notice.sha256,
        due_at=notice.due_at,
        drafted_at=notice.drafted_at,
        drafted_by=notice.drafted_by,
        approved_at=notice.approved_at,
        approved_by=notice.approved_by,
        submitted_at=notice.submitted_at,
        submitted_by=notice.submitted_by,
        received_at=notice.received_at,
        channel=notice.channel,
        reference=notice.reference,
        delay_reasons=notice.delay_reasons,
    )


async def _people(tx: TenantTx, desk: Desk, case: BreachCase, dispatch: Dispatch) -> tuple[Person, ...]:
    """Everybody whom the case or the notice names by an id."""
    named = sorted(set(_ids(msgspec.to_builtins(case))) | set(_ids(msgspec.to_builtins(dispatch))))
    known = await people.meet(
        tx,
        desk.directory,
        kind="breach_case",
        object_id=ids.show("brc", case.id),
        actors=[("person", shown_id) for shown_id in named],
    )
    found = ((shown_id, known.actor("person", shown_id)) for shown_id in named)
    return tuple(Person(id=shown_id, name=actor.name, side=actor.side) for shown_id, actor in found)


def _ids(value: object) -> Iterator[str]:
    if isinstance(value, str):
        if _PERSON.fullmatch(value) is not None:
            yield value
    elif isinstance(value, Mapping):
        for part in cast("Mapping[str, object]", value).values():
            yield from _ids(part)
    elif isinstance(value, (list, tuple)):
        for part in cast("Iterable[object]", value):
            yield from _ids(part)


def _authorities(case: BreachCase) -> dict[str, str]:
    """The names of the authorities that the case names by their codes."""
    border = case.cross_border
    named = [fact.value for fact in (border.authority, border.lead_authority) if fact is not None and fact.value]
    if border.other_authorities is not None:
        named += border.other_authorities.value or ()
    return {row.code: row.name for row in shipped().authorities if row.code in named}
