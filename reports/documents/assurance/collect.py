"""Collects an assurance report, as `wf_report` in the tenant's transaction (T9, O3); names come from the directory.

Owns which figures it has and where each comes from, and that the audit chain is verified, not believed.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Final, get_args

from reports import people
from reports.documents.assurance import queries
from reports.documents.assurance.acting import acting_in
from reports.documents.assurance.changing import changes_in
from reports.documents.assurance.directory.queries import select_codes
from reports.documents.assurance.entered import read_entries, require_known
from reports.documents.assurance.facts import (
    Access,
    AssuranceReport,
    BreachNotice,
    Chain,
    Decided,
    Delivered,
    Ended,
    Entered,
    Figures,
    Hand,
    Vote,
)
from reports.documents.assurance.measured import measured_in
from reports.documents.assurance.queries import DecidedRow, NoticeRow, VoteRow
from reports.documents.assurance.staff import staff_of
from reports.documents.service.facts import Days
from reports.facts import Figure, Provenance
from reports.letterhead import HANDLING, Desk, letterhead_of
from reports.people import People
from reports.queries import RequestRow
from watchfloor.audit.archive import HeadArchive
from watchfloor.audit.heads import trusted_keys
from watchfloor.audit.verify import verify
from watchfloor.breach.sector.own_duty import OWN_REGIME
from watchfloor.controls.period import period_of
from watchfloor.controls.result import Period
from watchfloor.kernel import ids
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx, directory_tx
from watchfloor.kernel.errors import Invalid
from watchfloor.kernel.ids import PersonId

RECORDS_LISTED: Final = 25
_ENDED: Final[tuple[Ended, ...]] = get_args(Ended)


async def collect(tx: TenantTx, cipher: TenantCipher, request: RequestRow, desk: Desk) -> AssuranceReport:
    """The assurance report of the period that was asked for.

    Raises Invalid without a period, or for entries of the provider that cannot be used; NotFound without a tenant.
    """
    if request.period_from is None or request.period_to is None:
        raise Invalid("An assurance report has a period.", where="period_from")
    head = await letterhead_of(tx, request, desk)
    at = head.generated_at
    period = period_of(request.period_from, request.period_to, time_zone=head.customer.time_zone)
    staff = await staff_of(tx, desk.directory, at=at)
    acting = await acting_in(tx, period, staff, code=head.code)
    changes = await changes_in(tx, cipher, period)
    decided = await queries.select_decided(tx, period.begin, period.end, states=_ENDED)
    votes = await queries.select_votes(tx, [row.id for row in decided])
    actors = acting.actors | changes.actors | {("person", _shown(vote)) for vote in votes}
    known = await people.meet(tx, desk.directory, kind="membership", object_id="", actors=actors)
    accesses = acting.accesses(staff, known)
    notices = await queries.select_notices(tx, period.begin, period.end, own_regime=OWN_REGIME)
    measured = await measured_in(tx, desk.settings, period)
    return AssuranceReport(
        id=head.id,
        revision=head.revision,
        handling=HANDLING,
        generated_at=at,
        provider=head.provider,
        customer=head.customer,
        audit_head=head.audit_head,
        audit_entries=head.audit_entries,
        provenance=(*_sources(accesses, acting.hands, decided, notices, at=at), *measured.provenance),
        period=Days(first=period.first, end=period.until),
        figures=_figures(accesses, acting.hands, decided, notices),
        accesses=accesses,
        touches=acting.touches(known),
        hands=acting.hands,
        memberships=staff.roles_at(at),
        changes=changes.of_staff(staff, known, period, at=at),
        customers_changes=changes.others(staff),
        keys=staff.keys_at(at),
        decided=tuple(_decided(row, votes, known, head.code) for row in decided),
        restricted=await queries.select_restricted(tx),
        numbers=measured.numbers,
        outages=measured.outages,
        notices=_notices(notices),
        delivered=await _delivered(tx, period),
        entered=await _entered(desk, period, code=head.code),
        chain=await _chain(tx, desk),
    )


def _figures(
    accesses: Sequence[Access], hands: Sequence[Hand], decided: Sequence[DecidedRow], notices: Sequence[NoticeRow]
) -> Figures:
    exports = sum(one.acts.exports for one in accesses) + sum(one.number for one in hands if one.is_export)
    done = [row for row in decided if row.state == "done"]
    sent = [row for row in notices if row.addressee == "customer" and row.sent_at is not None]
    return Figures(
        people_acting=Figure(value=len({one.person for one in accesses}), source="A1"),
        access_days=Figure(value=len(accesses), source="A1"),
        access_with_reason=Figure(value=sum(one.has_reason for one in accesses), source="A1"),
        exports=Figure(value=exports, source="A1"),
        acts_by_hand=Figure(value=sum(one.number for one in hands), source="A2"),
        actions_done=Figure(value=len(done), source="A3"),
        actions_by_customer=Figure(value=sum(row.decision == "customer" for row in done), source="A3"),
        notices_sent=Figure(value=len(sent), source="A4"),
    )


def _sources(
    accesses: Sequence[Access],
    hands: Sequence[Hand],
    decided: Sequence[DecidedRow],
    notices: Sequence[NoticeRow],
    *,
    at: datetime,
) -> Sequence[Provenance]:
    by_hand = sum(one.number for one in hands)
    return (
        _source("A1", "provider_access_days", [f"{one.day}/{one.actor}" for one in accesses], at),
        _source("A2", "provider_acts_by_hand", [str(one.first_entry) for one in hands], at, total=by_hand),
        _source("A3", "actions_decided", [ids.show("act", row.id) for row in decided], at),
        _source("A4", "processor_notices", [ids.show("ntc", row.id) for row in notices], at),
    )


def _notices(rows: Sequence[NoticeRow]) -> tuple[BreachNotice, ...]:
    return tuple(
        BreachNotice(id=ids.show("ntc", row.id), to=row.addressee, drafted_at=row.drafted_at, sent_at=row.sent_at)
        for row in rows
    )


def _source(name: str, query: str, records: Sequence[str], at: datetime, *, total: int | None = None) -> Provenance:
    return Provenance(
        id=name,
        query=query,
        taken_at=at,
        records=tuple(records[:RECORDS_LISTED]),
        total_records=len(records) if total is None else total,
    )


def _decided(row: DecidedRow, votes: Sequence[VoteRow], known: People, code: str) -> Decided:
    return Decided(
        ended_at=row.ended_at,
        incident=f"{code}-{row.incident}",
        action=row.action,
        decision=row.decision,
        state=row.state,
        votes=tuple(
            Vote(
                name=known.name(_shown(vote)),
                side="customer" if vote.side == "customer" else "provider",
                is_approval=vote.vote == "approve",
            )
            for vote in votes
            if vote.action_id == row.id
        ),
    )


def _shown(vote: VoteRow) -> str:
    return ids.show("per", PersonId(vote.person_id))


async def _delivered(tx: TenantTx, period: Period) -> tuple[Delivered, ...]:
    return tuple(
        Delivered(id=ids.show("rpt", row.id), kind=row.kind, ready_at=row.ready_at, sha256=row.sha256)
        for row in await queries.select_delivered(tx, period.begin, period.end)
    )


async def _entered(desk: Desk, period: Period, *, code: str) -> Entered | None:
    path = None if desk.settings is None else desk.settings.assurance_file
    if path is None:
        return None
    entries = await asyncio.to_thread(read_entries, path, customer=code, first=period.first, end=period.until)
    async with directory_tx(desk.directory) as asked:
        require_known(entries, await select_codes(asked, entries.codes))
    return entries.told


async def _chain(tx: TenantTx, desk: Desk) -> Chain | None:
    if desk.settings is None:
        return None
    trusted = await asyncio.to_thread(trusted_keys, desk.settings)
    found = await verify(tx, HeadArchive(desk.settings.audit_dir), trusted)
    return Chain(
        entries=found.entries,
        heads=found.heads,
        copied_heads=found.copied_heads,
        signed_to=found.signed_to,
        faults=found.fault_count,
    )
