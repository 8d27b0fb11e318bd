"""Exceptions once they are asked for or made: a second person's word, a longer life, what needs looking at.

Whoever asked for an exception never agrees to it; that is refused, and the attempt recorded.
"""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from typing import Final, Literal, TypeAlias, cast
from uuid import UUID

from watchfloor.access.roles import Permission
from watchfloor.alerts.alert import Severity, rank
from watchfloor.alerts.overlay import listing
from watchfloor.alerts.overlay.commands import LONGEST_REASON, SHORTEST_REASON, shown
from watchfloor.alerts.overlay.flow import policy, requests
from watchfloor.alerts.overlay.flow.proposal import rules_of
from watchfloor.alerts.overlay.flow.queries import select_now, select_of_incident
from watchfloor.alerts.overlay.flow.requests import Request, Wanted
from watchfloor.alerts.overlay.listing import KeptException
from watchfloor.alerts.overlay.preview import preview
from watchfloor.alerts.overlay.sealing import ExceptionBody
from watchfloor.audit.append import Actor, append
from watchfloor.desk.card import Row
from watchfloor.desk.display import queries as display
from watchfloor.desk.display.exceptions import kept_row, waiting_row
from watchfloor.desk.given import read_choice
from watchfloor.desk.hands import Hands, readable
from watchfloor.desk.reply import Reply
from watchfloor.desk.tuning import LASTS_FIELD, NUMBERS, Author, read_days, settle
from watchfloor.desk.verb import Choice, Field, Intent, Place, Verb
from watchfloor.incidents.incident import Incident, Reference
from watchfloor.incidents.queries import select_incident
from watchfloor.kernel import ids
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import Conflict, NotFound
from watchfloor.kernel.ids import PersonId

Which: TypeAlias = Literal["due", "waiting", "mine", "all"]
WHICH: Final[tuple[Which, ...]] = ("due", "waiting", "mine", "all")

SOON: Final = timedelta(days=7)
MUCH: Final = 100
"""From how many matches hidden in 30 days on an exception is worth a look."""

_IDLE_AFTER: Final = timedelta(days=14)
"""When an exception that never hid anything is worth a look."""

_SHORTEST_NO: Final = 5
_LONGEST_RULE_ID: Final = 64
_SHOWN: Final = 50


async def approve(
    tx: TenantTx,
    cipher: TenantCipher,
    actor: Actor,
    permissions: AbstractSet[Permission],
    *,
    incident: str,
    which: str,
    person_id: PersonId,
) -> Reply:
    """Agrees to an exception that somebody else asked for, by its number, or to the only one that waits."""
    desk = Hands(tx, cipher, actor, permissions)
    if refusal := await desk.refusal(Permission.RULE_TUNE, incident):
        return refusal
    before = await desk.lock(incident)
    request = requests.pick(await requests.requests_of(tx, cipher, before.id), which)
    if request.row.state == "proposed" and request.row.requested_by == person_id:
        return await _own(desk, request)
    now = await select_now(tx)
    made = await requests.approve(tx, cipher, actor, request, person_id=person_id, at=now)
    facts = {
        "exception": shown(made),
        "text": request.body.written.title,
        "until": (now + timedelta(days=request.row.days)).isoformat(),
    }
    return await desk.done(
        "Agreed; the exception from {ref} holds from the next events on.",
        before,
        action="approve_exception",
        kind="exception_made",
        facts=facts,
    )


async def decline(
    tx: TenantTx,
    cipher: TenantCipher,
    actor: Actor,
    permissions: AbstractSet[Permission],
    *,
    incident: str,
    which: str,
    reason: str,
    person_id: PersonId,
) -> Reply:
    """Says no to an exception that waits, or takes one's own back."""
    desk = Hands(tx, cipher, actor, permissions)
    least = Permission.RULE_TUNE if Permission.RULE_TUNE in permissions else Permission.INCIDENT_VERDICT
    if refusal := await desk.refusal(least, incident):
        return refusal
    reason = readable(reason, name="reason", shortest=_SHORTEST_NO)
    before = await desk.lock(incident)
    request = requests.pick(await requests.requests_of(tx, cipher, before.id), which)
    is_own = request.row.requested_by == person_id
    if not is_own and (refusal := await desk.refusal(Permission.RULE_TUNE, incident)):
        return refusal
    await requests.decline(tx, cipher, actor, request, reason=reason)
    facts = {"request": ids.show("exr", request.row.id), "text": f"{request.body.written.title}. {reason}"}
    return await desk.done(
        "The exception on {ref} is not made.",
        before,
        action="decline_exception",
        kind="exception_declined",
        facts=facts,
    )


async def extend(
    tx: TenantTx,
    cipher: TenantCipher,
    actor: Actor,
    permissions: AbstractSet[Permission],
    *,
    incident: str,
    which: str,
    days: int,
    reason: str,
    author: Author,
) -> Reply:
    """Lets an exception from this incident live so many days from now: a new one follows it, and it ends.

    What needed a second person needs one again.
    """
    desk = Hands(tx, cipher, actor, permissions)
    needed = Permission.RULE_TUNE if Permission.RULE_TUNE in permissions else Permission.INCIDENT_VERDICT
    if refusal := await desk.refusal(needed, incident):
        return refusal
    reason = readable(reason, name="reason", shortest=SHORTEST_REASON)
    before = await desk.lock(incident)
    now = await select_now(tx)
    kept = await _pick_kept(tx, cipher, before, which, at=now)
    if kept.expires_at >= now + timedelta(days=days):
        raise Conflict("This exception lives longer than that already.", where="lasts")
    written = kept.body.written
    seen = await preview(tx, cipher, written=written, rule_ids=written.rules, at=now)
    severities: dict[str, Severity] = {fired.rule.id: fired.severity for fired in await rules_of(tx, before.id)}
    because = policy.why_two(
        seen,
        hidden=max(kept.hidden, seen.alerts_hidden),
        # What was written by hand may be for other rules than the incident's, or for all of a log source.
        severity=max((severities.get(rule, "high") for rule in written.rules or ("",)), key=rank),
        is_broad=False,
    )
    wanted = Wanted(
        incident_id=before.id,
        rule_id=next(iter(written.rules), "any")[:_LONGEST_RULE_ID],
        body=ExceptionBody(written=written, owner=author.owner, reason=reason),
        days=days,
        because=because,
        renews=kept.id,
    )
    return await settle(desk, before, wanted, person_id=author.person_id)


async def overview(
    tx: TenantTx,
    cipher: TenantCipher,
    actor: Actor,
    permissions: AbstractSet[Permission],
    *,
    which: Which,
    owner: str,
) -> Reply:
    """The tenant's exceptions: those that need a look (they end soon, hide much, or nothing), that wait, or all."""
    if refusal := await Hands(tx, cipher, actor, permissions).refusal(Permission.RULE_READ, ""):
        return refusal
    now = await select_now(tx)
    rows: list[Row] = []
    if which in ("due", "waiting", "all"):
        waiting = await requests.waiting(tx, cipher, limit=_SHOWN)
        rows += [waiting_row(request, ref=await _label(tx, request.row.incident_id)) for request in waiting]
    if which != "waiting":
        living = [
            kept
            for kept in await listing.unended_exceptions(tx, cipher, at=now)
            if which == "all" or (_is_due(kept, now) if which == "due" else kept.body.owner == owner)
        ]
        rows += [
            kept_row(kept, label=f"{await _label(tx, kept.incident_id)} exception", days=listing.DAYS)
            for kept in living[:_SHOWN]
        ]
    return Reply(text="", rows=tuple(rows[:_SHOWN]))


def _is_due(kept: KeptException, now: datetime) -> bool:
    """Whether an exception is worth a look."""
    idles = kept.hidden == 0 and kept.created_at <= now - _IDLE_AFTER
    return kept.state in ("expired", "broken") or kept.expires_at <= now + SOON or kept.hidden > MUCH or idles


async def _label(tx: TenantTx, incident_id: UUID | None) -> str:
    """The reference of the incident that an exception came from, or the tenant's code."""
    tenant = await display.select_tenant(tx)
    code = "" if tenant is None else tenant.code
    incident = None if incident_id is None else await select_incident(tx, incident_id)
    return code if incident is None else str(Reference(code, incident.number))


async def _pick_kept(
    tx: TenantTx, cipher: TenantCipher, before: Incident, which: str, *, at: datetime
) -> KeptException:
    """The exception of the incident with this number, or the only one that lives."""
    found: Sequence[KeptException] = [
        await listing.find_exception(tx, cipher, exception_id, at=at)
        for exception_id in await select_of_incident(tx, before.id)
    ]
    if which:
        found = found[int(which) - 1 : int(which)]
    lives = [kept for kept in found if kept.state != "ended"]
    if not found or (which and not lives):
        raise NotFound("No such exception of this incident lives.", where="which", remedy="Make one: except.")
    if len(lives) != 1:
        raise Conflict(f"{len(lives) or 'No'} exceptions of this incident live.", where="which", remedy="Name one.")
    return lives[0]


async def _own(desk: Hands, request: Request) -> Reply:
    """The answer to somebody who agrees with themselves; the attempt is in the audit log."""
    await append(
        desk.tx,
        desk.actor,
        action="access.refused",
        object_kind="exception",
        object_id=ids.show("exr", request.row.id),
        detail={"why": requests.OWN},
        cipher=desk.cipher,
    )
    return Reply(text=requests.OWN, ok=False)


async def _approve(place: Place, intent: Intent) -> Reply:
    return await approve(
        place.tx,
        place.cipher,
        place.actor,
        place.may,
        incident=intent.incident,
        which=intent.argument("which"),
        person_id=place.principal.person_id,
    )


async def _decline(place: Place, intent: Intent) -> Reply:
    return await decline(
        place.tx,
        place.cipher,
        place.actor,
        place.may,
        incident=intent.incident,
        which=intent.argument("which"),
        reason=intent.argument("reason"),
        person_id=place.principal.person_id,
    )


async def _extend(place: Place, intent: Intent) -> Reply:
    which = intent.argument("which")
    return await extend(
        place.tx,
        place.cipher,
        place.actor,
        place.may,
        incident=intent.incident,
        which=read_choice(which, NUMBERS, where="which") if which else "",
        days=read_days(intent.argument("lasts")),
        reason=intent.argument("reason"),
        author=Author(person_id=place.principal.person_id, owner=place.principal.email),
    )


async def _overview(place: Place, intent: Intent) -> Reply:
    which = cast("Which", read_choice(intent.argument("which") or "due", WHICH, where="which"))
    await place.note_visit(object_kind="exceptions", object_id="list")
    return await overview(place.tx, place.cipher, place.actor, place.may, which=which, owner=place.principal.email)


def _counted(reply: Reply) -> str:
    number = len(reply.rows)
    return "One exception." if number == 1 else f"{number or 'No'} exceptions."


_WHICH_FIELD: Final = Field(
    name="which",
    label="Which of the incident's; may be left out where there is one",
    kind="choice",
    choices=tuple(Choice(number, f"exception {number}") for number in NUMBERS),
    is_required=False,
)
_REASON_FIELD: Final = Field(
    name="reason", label="Reason", kind="paragraph", shortest=SHORTEST_REASON, longest=LONGEST_REASON
)

VERBS: Final = (
    Verb(
        name="except-approve",
        does="agree to an exception that somebody else asked for",
        permission=Permission.RULE_TUNE,
        reach="incident",
        act=_approve,
        fields=(_WHICH_FIELD,),
    ),
    Verb(
        name="except-decline",
        does="say no to an exception that waits, or take your own back",
        permission=Permission.RULE_TUNE,
        reach="incident",
        act=_decline,
        fields=(
            _WHICH_FIELD,
            Field(name="reason", label="Reason", kind="paragraph", shortest=_SHORTEST_NO, longest=LONGEST_REASON),
        ),
    ),
    Verb(
        name="except-extend",
        does="let an exception from this incident live longer",
        permission=Permission.INCIDENT_VERDICT,
        reach="incident",
        act=_extend,
        fields=(_WHICH_FIELD, LASTS_FIELD, _REASON_FIELD),
    ),
    Verb(
        name="exceptions",
        does="see which exceptions end soon, hide much, hide nothing or wait",
        permission=Permission.RULE_READ,
        reach="tenants",
        act=_overview,
        fields=(
            Field(
                name="which",
                label="Which",
                kind="choice",
                choices=(
                    Choice("due", "those that need a look"),
                    Choice("waiting", "those that wait for a second person"),
                    Choice("mine", "those that you answer for"),
                    Choice("all", "all"),
                ),
                is_required=False,
            ),
        ),
        changes=False,
        summary=_counted,
    ),
)
