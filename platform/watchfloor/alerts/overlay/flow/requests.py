"""Requests: exceptions that a second person must agree to before they hide anything.

Whoever asks never agrees. Silence agrees to nothing: what nobody answers in time is over. The incident must be locked
by the caller, so that answers come one after the other; timeline and surfaces are the caller's as well.
"""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec

from watchfloor.alerts.overlay import commands
from watchfloor.alerts.overlay.commands import NewException
from watchfloor.alerts.overlay.flow import queries
from watchfloor.alerts.overlay.flow.policy import ANSWER_WITHIN, LONGEST_DAYS
from watchfloor.alerts.overlay.flow.queries import RequestRow
from watchfloor.alerts.overlay.sealing import ExceptionBody, open_request, seal_request
from watchfloor.audit.append import Actor, append
from watchfloor.kernel import ids
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import Conflict, Invalid, NotFound
from watchfloor.kernel.ids import ExceptionId, IncidentId, PersonId, new_uuid

OWN: Final = "Whoever asks for an exception does not agree to it."

AT_ONCE: Final = 200


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """An exception that somebody wants from an incident: for so many days from when it begins.

    `renews` is the exception that it follows; `because` says why a second person is needed, empty where none is.
    """

    incident_id: IncidentId
    rule_id: str
    body: ExceptionBody
    days: int
    because: str = ""
    renews: UUID | None = None


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """A request as it stands, opened."""

    row: RequestRow
    body: ExceptionBody

    @property
    def wanted(self) -> Wanted:
        """What is asked for."""
        return Wanted(
            incident_id=IncidentId(self.row.incident_id),
            rule_id=self.row.rule_id,
            body=self.body,
            days=self.row.days,
            renews=self.row.renews,
        )


async def ask(tx: TenantTx, cipher: TenantCipher, actor: Actor, *, wanted: Wanted, person_id: PersonId) -> Request:
    """Asks for an exception. Raises Invalid for one that cannot be, Conflict when one for the rule waits already."""
    commands.check_words(wanted.body.reason)
    commands.check_exception(wanted.body.written, None)
    _check_days(wanted.days)
    found = await requests_of(tx, cipher, wanted.incident_id)
    for request in found:
        if request.row.state == "proposed" and request.row.rule_id == wanted.rule_id:
            raise Conflict("An exception for this rule waits for a second person already.")
        if request.row.state == "expired" and request.row.ended_at is None:
            await queries.end_request(tx, request.row.id, state="expired")
    request_id = new_uuid()
    row = queries.NewRequest(
        id=request_id,
        incident_id=wanted.incident_id,
        rule_id=wanted.rule_id,
        body=seal_request(cipher, request_id, wanted.body),
        days=wanted.days,
        because=wanted.because,
        renews=wanted.renews,
        requested_by=person_id,
        answer_within=ANSWER_WITHIN,
    )
    await queries.insert_request(tx, row)
    await _note(tx, cipher, actor, "exception.request", request_id, after=wanted)
    return (await requests_of(tx, cipher, wanted.incident_id))[-1]


async def make(tx: TenantTx, cipher: TenantCipher, actor: Actor, *, wanted: Wanted, at: datetime) -> ExceptionId:
    """Makes an exception at once, or follows an older one with it. Raises what `commands.add_exception` raises."""
    _check_days(wanted.days)
    if wanted.renews is not None:
        await commands.end_exception(tx, cipher, actor, exception_id=wanted.renews, reason=wanted.body.reason, at=at)
    new = NewException(
        written=wanted.body.written,
        owner=wanted.body.owner,
        reason=wanted.body.reason,
        expires_at=at + timedelta(days=wanted.days),
        incident_id=wanted.incident_id,
    )
    return await commands.add_exception(tx, cipher, actor, wanted=new, rules=None, at=at)


async def approve(
    tx: TenantTx, cipher: TenantCipher, actor: Actor, request: Request, *, person_id: PersonId, at: datetime
) -> ExceptionId:
    """Agrees: the exception holds from the next batch on. Raises Conflict for whoever asked, and for what is over."""
    _check_waits(request)
    if person_id == request.row.requested_by:
        raise Conflict(OWN)
    exception_id = await make(tx, cipher, actor, wanted=request.wanted, at=at)
    if not await queries.end_request(tx, request.row.id, state="approved", exception_id=exception_id):
        raise Conflict("Somebody else answered meanwhile.", remedy="Look again.")
    await _note(tx, cipher, actor, "exception.approve", request.row.id, after=commands.shown(exception_id))
    return exception_id


async def decline(tx: TenantTx, cipher: TenantCipher, actor: Actor, request: Request, *, reason: str) -> None:
    """Says no, or takes it back. Raises Conflict for what is over."""
    _check_waits(request)
    if not await queries.end_request(tx, request.row.id, state="declined"):
        raise Conflict("Somebody else answered meanwhile.", remedy="Look again.")
    await _note(tx, cipher, actor, "exception.decline", request.row.id, reason=reason)


async def requests_of(tx: TenantTx, cipher: TenantCipher, incident_id: IncidentId) -> list[Request]:
    """All requests of an incident, in the order of their numbers."""
    return [opened(cipher, row) for row in await queries.select_requests(tx, incident_id)]


async def waiting(tx: TenantTx, cipher: TenantCipher, *, limit: int) -> list[Request]:
    """The tenant's requests that wait for somebody, those that end first first."""
    return [opened(cipher, row) for row in await queries.select_waiting(tx, limit=limit)]


async def expire(tx: TenantTx, cipher: TenantCipher, actor: Actor) -> list[Request]:
    """Writes down which requests nobody answered in time. For a regular job."""
    late = [opened(cipher, row) for row in await queries.select_late(tx, limit=AT_ONCE)]
    ended = [request for request in late if await queries.end_request(tx, request.row.id, state="expired")]
    for request in ended:
        await _note(tx, cipher, actor, "exception.expire", request.row.id)
    return ended


def pick(found: list[Request], number: str) -> Request:
    """The request with this number, or the only one that waits. Raises NotFound, Conflict when none or several wait."""
    if number:
        for request in found:
            if str(request.row.number) == number:
                return request
        raise NotFound("There is no such request for an exception.", where="which")
    open_ = [request for request in found if request.row.state == "proposed"]
    if len(open_) != 1:
        count = len(open_) or "no"
        raise Conflict(f"There are {count} exceptions that wait here.", where="which", remedy="Name one by its number.")
    return open_[0]


def requester(request: Request) -> PersonId:
    """Who asked."""
    return PersonId(request.row.requested_by)


def opened(cipher: TenantCipher, row: RequestRow) -> Request:
    """A request with its seal opened."""
    return Request(row=row, body=open_request(cipher, row.id, row.body))


def _check_waits(request: Request) -> None:
    if request.row.state == "expired":
        raise Conflict("The time to answer this is over; nothing was hidden.", remedy="Ask for it again.")
    if request.row.state != "proposed":
        raise Conflict(f"This was {request.row.state} already.")


def _check_days(days: int) -> None:
    if not 1 <= days <= LONGEST_DAYS:
        raise Invalid(f"An exception lives for 1 to {LONGEST_DAYS} days.", where="lasts")


async def _note(
    tx: TenantTx,
    cipher: TenantCipher,
    actor: Actor,
    action: str,
    request_id: UUID,
    *,
    after: object = None,
    reason: str = "",
) -> None:
    detail = {"reason": reason} if reason else None
    if isinstance(after, Wanted):
        detail = {"after": msgspec.json.encode(after).decode()}
    await append(
        tx,
        actor,
        action=action,
        object_kind="exception",
        object_id=ids.show("exr", request_id),
        after=after,
        detail=detail,
        cipher=cipher,
    )
