"""Tuning at the desk: from a false positive to an exception in one step, and the second person's word on it.

An exception is made from an incident: fitted to what its events have in common, shown with what it would have hidden,
made at once where it hides little, and laid before a second person where it does not. Holds no rule of its own: what
fits is `flow.shapes`, what needs two is `flow.policy`.
"""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from datetime import timedelta
from typing import Final, Literal, cast

import msgspec

from watchfloor.access.roles import Permission
from watchfloor.alerts.overlay.commands import LONGEST_REASON, SHORTEST_REASON, shown
from watchfloor.alerts.overlay.flow import policy, requests
from watchfloor.alerts.overlay.flow.policy import LONGEST_DAYS, STANDARD_DAYS
from watchfloor.alerts.overlay.flow.proposal import Fired, Proposal, proposals, rules_of
from watchfloor.alerts.overlay.flow.queries import select_now
from watchfloor.alerts.overlay.flow.requests import Wanted
from watchfloor.alerts.overlay.flow.shapes import BROAD, LABELS, Shape
from watchfloor.alerts.overlay.preview import Preview, preview
from watchfloor.alerts.overlay.sealing import ExceptionBody
from watchfloor.audit.append import Actor
from watchfloor.desk.display import queries as display
from watchfloor.desk.display.exceptions import preview_rows, rule_rows, until_row
from watchfloor.desk.given import read_choice, read_duration
from watchfloor.desk.hands import Hands, readable
from watchfloor.desk.reply import Offer, Reply
from watchfloor.desk.verb import Choice, Field, Intent, Place, Verb
from watchfloor.incidents.incident import Incident, Reference
from watchfloor.incidents.sealing import open_reason
from watchfloor.kernel import ids
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import Conflict, Invalid, NotFound
from watchfloor.kernel.ids import PersonId

Mode = Literal["preview", "make"]

MODES: Final[tuple[Mode, ...]] = ("preview", "make")
LIVES: Final = ("7d", "14d", "30d", "60d", "90d", "180d", "365d")
NUMBERS: Final = tuple(str(number) for number in range(1, 10))

_OTHERS_OFFERED: Final = 4


class Author(msgspec.Struct, frozen=True, kw_only=True):
    """Who wants an exception and answers for it: the person, and the mail address by which the customer knows them."""

    person_id: PersonId
    owner: str


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """An exception as somebody asks for it. `shape` None is the narrowest; `rule` 0 the one with most alerts."""

    mode: Mode
    shape: Shape | None = None
    rule: int = 0
    days: int = STANDARD_DAYS
    reason: str = ""


class _Draft(msgspec.Struct, frozen=True, kw_only=True):
    """What was worked out: the rule, what fits, what of it was chosen, what it would have hidden, who must agree."""

    rules: Sequence[Fired]
    fired: Fired
    fits: Sequence[Proposal]
    chosen: Proposal
    seen: Preview
    because: str


async def hide(
    tx: TenantTx,
    cipher: TenantCipher,
    actor: Actor,
    permissions: AbstractSet[Permission],
    *,
    incident: str,
    asked: Asked,
    author: Author,
) -> Reply:
    """Shows what an exception from this incident would have hidden, or makes it.

    Raises Conflict where nothing fits, or an exception for the rule waits already.
    """
    desk = Hands(tx, cipher, actor, permissions)
    needed = Permission.RULE_TUNE if Permission.RULE_TUNE in permissions else Permission.INCIDENT_VERDICT
    if refusal := await desk.refusal(needed, incident):
        return refusal
    before = await desk.lock(incident)
    ref = await _ref(tx, before)
    reason = asked.reason or open_reason(cipher, before) or ""
    draft = await _draft(desk, before, asked, ref=ref)
    if asked.mode == "preview":
        return await _shown(desk, before, draft, asked, ref=ref, reason=reason)
    body = ExceptionBody(
        written=draft.chosen.written,
        owner=author.owner,
        reason=readable(reason, name="reason", shortest=SHORTEST_REASON),
    )
    wanted = Wanted(
        incident_id=before.id, rule_id=draft.fired.rule.id, body=body, days=asked.days, because=draft.because
    )
    return await settle(desk, before, wanted, person_id=author.person_id)


async def settle(desk: Hands, before: Incident, wanted: Wanted, *, person_id: PersonId) -> Reply:
    """Makes what one person may make alone, and lays anything else before a second one."""
    now = await select_now(desk.tx)
    told = f"{wanted.body.written.title}. {wanted.body.reason}"
    if wanted.because:
        request = await requests.ask(desk.tx, desk.cipher, desk.actor, wanted=wanted, person_id=person_id)
        facts = {"request": ids.show("exr", request.row.id), "text": told, "until": request.row.answer_by.isoformat()}
        return await desk.done(
            "The exception on {ref} waits for a second person; nothing is hidden yet.",
            before,
            action="ask_exception",
            kind="exception_asked",
            facts=facts,
        )
    made = await requests.make(desk.tx, desk.cipher, desk.actor, wanted=wanted, at=now)
    until = now + timedelta(days=wanted.days)
    facts = {"exception": shown(made), "text": told, "until": until.isoformat()}
    return await desk.done(
        "The exception from {ref} holds from the next events on.",
        before,
        action="make_exception",
        kind="exception_made",
        facts=facts,
    )


def offer_after(verdict: str, *, ref: str, reason: str, permissions: AbstractSet[Permission]) -> tuple[Offer, ...]:
    """What suggests itself after a verdict: to see to it that the same does not come again."""
    if verdict not in ("false_positive", "benign") or Permission.INCIDENT_VERDICT not in permissions:
        return ()
    asked = Asked(mode="preview", shape=Shape.EXACT, reason=reason)
    return (Offer(label="Create exception", verb="except", incident=ref, arguments=_arguments(asked)),)


async def _draft(desk: Hands, before: Incident, asked: Asked, *, ref: str) -> _Draft:
    rules = await rules_of(desk.tx, before.id)
    if not rules:
        raise Conflict("This incident has no alerts any more from which an exception could be made.")
    fired = _fired(rules, asked.rule)
    fits = await proposals(desk.tx, desk.cipher, before.id, ref=ref, fired=fired)
    chosen = _chosen(fits, asked.shape)
    now = await select_now(desk.tx)
    seen = await preview(desk.tx, desk.cipher, written=chosen.written, rule_ids=[fired.rule.id], at=now)
    because = policy.why_two(
        seen, hidden=seen.alerts_hidden, severity=fired.severity, is_broad=chosen.described.shape in BROAD
    )
    return _Draft(rules=rules, fired=fired, fits=fits, chosen=chosen, seen=seen, because=because)


def _fired(rules: Sequence[Fired], number: int) -> Fired:
    if number == 0:
        return max(rules, key=lambda fired: (fired.alerts, -fired.number))
    for fired in rules:
        if fired.number == number:
            return fired
    raise NotFound(f"This incident has {len(rules)} rules.", where="rule")


def _chosen(fits: Sequence[Proposal], shape: Shape | None) -> Proposal:
    if not fits:
        raise Conflict(
            "The events of this rule have nothing in common that an exception could safely describe.",
            remedy="Write a Sigma filter by hand: rules except.",
        )
    if shape is None:
        return fits[0]
    for proposal in fits:
        if shape in (proposal.described.shape, *proposal.described.same):
            return proposal
    known = ", ".join(proposal.described.shape for proposal in fits)
    raise Invalid(
        "The events of this incident are too different for that.", where="match", remedy=f"Choose of {known}."
    )


async def _shown(desk: Hands, before: Incident, draft: _Draft, asked: Asked, *, ref: str, reason: str) -> Reply:
    code = ref.partition("-")[0]
    rows = (
        *preview_rows(draft.fired, draft.chosen, draft.seen, code=code, because=draft.because),
        until_row(await select_now(desk.tx), asked.days),
        *rule_rows(draft.rules, draft.fired),
    )
    reply = await desk.reply("This is what an exception from {ref} would have hidden; nothing is changed.", before)
    offers = tuple(_offers(draft, msgspec.structs.replace(asked, reason=reason), ref))
    return msgspec.structs.replace(reply, card=None, rows=rows, offers=offers)


def _offers(draft: _Draft, asked: Asked, ref: str) -> Iterator[Offer]:
    """To make it, and to look at what else would fit."""
    shape, rule = draft.chosen.described.shape, draft.fired.number
    this = msgspec.structs.replace(asked, mode="make", shape=shape, rule=rule)
    label = "Ask for this exception" if draft.because else "Create this exception"
    yield Offer(label=label, verb="except", incident=ref, arguments=_arguments(this))
    others = [proposal for proposal in draft.fits if proposal.described.shape is not shape]
    for proposal in others[:_OTHERS_OFFERED]:
        other = msgspec.structs.replace(asked, mode="preview", shape=proposal.described.shape, rule=rule)
        label = f"Look at: {LABELS[proposal.described.shape]}"
        yield Offer(label=label, verb="except", incident=ref, arguments=_arguments(other))


def _arguments(asked: Asked) -> dict[str, str]:
    """An exception as arguments of the verb, in the order in which they are typed."""
    given = {
        "mode": asked.mode,
        "match": str(asked.shape or ""),
        "lasts": f"{asked.days}d",
        "rule": str(asked.rule or ""),
        "reason": asked.reason[:LONGEST_REASON],
    }
    return {name: value for name, value in given.items() if value}


async def _ref(tx: TenantTx, incident: Incident) -> str:
    tenant = await display.select_tenant(tx)
    return str(Reference("" if tenant is None else tenant.code, incident.number))


def read_days(text: str) -> int:
    """For how many days, of `30d` or `4w`. Raises Invalid."""
    length = read_duration(text or f"{STANDARD_DAYS}d", where="lasts", longest=timedelta(days=LONGEST_DAYS))
    if length < timedelta(days=1):
        raise Invalid("An exception lives for a day at least.", where="lasts")
    return length.days


async def _hide(place: Place, intent: Intent) -> Reply:
    match, rule = intent.argument("match"), intent.argument("rule")
    asked = Asked(
        mode=cast("Mode", read_choice(intent.argument("mode") or "preview", MODES, where="mode")),
        shape=Shape(read_choice(match, Shape, where="match")) if match else None,
        rule=int(read_choice(rule, NUMBERS, where="rule")) if rule else 0,
        days=read_days(intent.argument("lasts")),
        reason=intent.argument("reason"),
    )
    author = Author(person_id=place.principal.person_id, owner=place.principal.email)
    return await hide(
        place.tx, place.cipher, place.actor, place.may, incident=intent.incident, asked=asked, author=author
    )


LASTS_FIELD: Final = Field(
    name="lasts",
    label="For how long",
    kind="choice",
    choices=tuple(Choice(life, f"{life.removesuffix('d')} days", life.removesuffix("d")) for life in LIVES),
    is_required=False,
    longest=5,
)

VERBS: Final = (
    Verb(
        name="except",
        does="keep what was no attack from coming again: preview and make an exception",
        permission=Permission.INCIDENT_VERDICT,
        reach="incident",
        act=_hide,
        fields=(
            Field(
                name="mode",
                label="Only look, or make it",
                kind="choice",
                choices=(Choice("preview", "show what it would have hidden"), Choice("make", "make it")),
                is_required=False,
            ),
            Field(
                name="match",
                label="What must be the same",
                kind="choice",
                choices=tuple(Choice(shape, LABELS[shape]) for shape in Shape),
                is_required=False,
            ),
            LASTS_FIELD,
            Field(
                name="rule",
                label="Which of its rules; else the one with most alerts",
                kind="choice",
                choices=tuple(Choice(number, f"rule {number}") for number in NUMBERS),
                is_required=False,
            ),
            Field(
                name="reason",
                label="Reason",
                kind="paragraph",
                is_required=False,
                shortest=SHORTEST_REASON,
                longest=LONGEST_REASON,
            ),
        ),
    ),
)
