"""A made-up quarter of a provider at a customer: everything that an assurance report can tell of."""

from datetime import UTC, date, datetime, timedelta
from typing import Final

import msgspec

from reports.documents.assurance.facts import (
    Access,
    Acts,
    AssuranceReport,
    BreachNotice,
    Chain,
    Change,
    Decided,
    Delivered,
    Entered,
    Figures,
    Hand,
    Kept,
    Key,
    Membership,
    OwnIncident,
    Position,
    Processor,
    Restricted,
    Touch,
    Vote,
)
from reports.documents.service.facts import Days, Number, Outage, Unit
from reports.facts import AuditHead, Customer, Figure, Provenance, Provider
from watchfloor.measures.definitions import DEFINITIONS

AT: Final = datetime(2026, 10, 2, 8, 15, tzinfo=UTC)
FIRST: Final = date(2026, 7, 1)
END: Final = date(2026, 10, 1)
PEOPLE: Final = {"per_mara": "Mara Lindqvist", "per_ben": "Ben Ode", "per_zofia": "Zofia Wrońska"}
_ROLES: Final[dict[str, Position]] = {"per_mara": "analyst", "per_ben": "lead", "per_zofia": "content_engineer"}
_MEASURES: Final = (
    "target.acknowledge", "target.resolve", "time.detect", "time.triage", "time.decide", "time.notify",
    "time.contain", "time.resolve", "time.approve", "retention.days",
)  # fmt: skip


def assurance_report(
    language: str = "en", *, changed: dict[str, object] | None = None, whole: bool = True
) -> AssuranceReport:
    """The report in a language. Without `whole` nothing was done and nothing entered."""
    report = _quarter(language)
    if not whole:
        report = _quiet(report)
    return msgspec.structs.replace(report, **(changed or {}))


def _quarter(language: str) -> AssuranceReport:
    accesses = _accesses()
    hands = (
        _hand(date(2026, 8, 4), "events.export", 1, 2_110, is_export=True),
        _hand(date(2026, 9, 18), "feed.rotate_token", 2, 3_004, is_export=False),
    )
    decided = _decided()
    done = [one for one in decided if one.state == "done"]
    numbers = tuple(_number(measure, place) for place, measure in enumerate(_MEASURES, start=1))
    notices = (
        BreachNotice(id="ntc_1a", to="customer", drafted_at=_at(8, 4, 9), sent_at=_at(8, 4, 14)),
        BreachNotice(id="ntc_1b", to="authority", drafted_at=_at(9, 30, 9), sent_at=None),
    )
    return AssuranceReport(
        id="rpt_assurance",
        revision=1,
        handling="TLP:AMBER+STRICT",
        generated_at=AT,
        provider=Provider(name="Nordwacht GmbH", contact="https://soc.example"),
        customer=Customer(id="ten_acme", name="Acme Logistik SE", language=language, time_zone="Europe/Berlin"),
        provenance=(
            *(_provenance(f"A{place}", query, 7) for place, query in enumerate(_QUERIES, start=1)),
            *(_provenance(one.source, f"{one.id}.v1", one.n) for one in numbers),
        ),
        audit_head=AuditHead(seq=4_820, hash="ab" * 32, signed_at=AT - timedelta(seconds=40), key_id="k-2026"),
        audit_entries=4_823,
        period=Days(first=FIRST, end=END),
        figures=Figures(
            people_acting=Figure(value=len({one.person for one in accesses}), source="A1"),
            access_days=Figure(value=len(accesses), source="A1"),
            access_with_reason=Figure(value=sum(one.has_reason for one in accesses), source="A1"),
            exports=Figure(value=sum(one.acts.exports for one in accesses) + 1, source="A1"),
            acts_by_hand=Figure(value=sum(one.number for one in hands), source="A2"),
            actions_done=Figure(value=len(done), source="A3"),
            actions_by_customer=Figure(value=sum(one.decision == "customer" for one in done), source="A3"),
            notices_sent=Figure(value=1, source="A4"),
        ),
        accesses=accesses,
        touches=_touches(accesses),
        hands=hands,
        memberships=tuple(
            Membership(
                name=name,
                role=_ROLES[person],
                granted_at=datetime(2025, 11, 3, 9, tzinfo=UTC),
                granted_by=None if person == "per_ben" else "Ben Ode",
                expires_at=datetime(2026, 12, 31, 9, tzinfo=UTC) if person == "per_zofia" else None,
            )
            for person, name in PEOPLE.items()
        ),
        changes=_changes(),
        customers_changes=4,
        keys=(
            _key("k7w2p9aa", "report script of the night watch", "Tom Vries", owner_has_role=False),
            _key("b3k8d1qq", "tickets", "Ben Ode", owner_has_role=True),
        ),
        decided=decided,
        restricted=Restricted(incidents=1, people=3),
        numbers=numbers,
        outages=(
            Outage(feed="fw-berlin", kind="silent", since=_at(8, 19, 3), until=_at(8, 20, 11)),
            Outage(feed="m365-audit", kind="expired", since=_at(9, 29, 7), until=None),
        ),
        notices=notices,
        delivered=tuple(
            Delivered(id=f"rpt_{month}", kind="service", ready_at=_at(month, 2, 6), sha256=f"{month:02}" * 32)
            for month in (7, 8, 9)
        ),
        entered=_entered(),
        chain=Chain(entries=4_823, heads=1_104, copied_heads=1_104, signed_to=4_820, faults=0),
    )


def _quiet(report: AssuranceReport) -> AssuranceReport:
    none = Figures(
        people_acting=Figure(value=0, source=report.figures.people_acting.source),
        access_days=Figure(value=0, source=report.figures.access_days.source),
        access_with_reason=Figure(value=0, source=report.figures.access_with_reason.source),
        exports=Figure(value=0, source=report.figures.exports.source),
        acts_by_hand=Figure(value=0, source=report.figures.acts_by_hand.source),
        actions_done=Figure(value=0, source=report.figures.actions_done.source),
        actions_by_customer=Figure(value=0, source=report.figures.actions_by_customer.source),
        notices_sent=Figure(value=0, source=report.figures.notices_sent.source),
    )
    rows = ("accesses", "touches", "hands", "memberships", "changes", "keys", "decided", "outages", "notices")
    empty: dict[str, object] = dict.fromkeys((*rows, "delivered"), ())
    return msgspec.structs.replace(
        report,
        **empty,
        figures=none,
        customers_changes=0,
        restricted=Restricted(incidents=0, people=0),
        numbers=tuple(
            msgspec.structs.replace(one, value=None, p95=None, n=0, before=None, is_met=None) for one in report.numbers
        ),
        audit_head=None,
        entered=None,
        chain=None,
    )


_QUERIES: Final = ("provider_access_days", "provider_acts_by_hand", "actions_decided", "processor_notices")


def _at(month: int, day: int, hour: int) -> datetime:
    return datetime(2026, month, day, hour, 5, 10, tzinfo=UTC)


def _accesses() -> tuple[Access, ...]:
    found: list[Access] = []
    entry = 100
    for number in range(24):
        person = tuple(PEOPLE)[(number * number) % 3]
        has_reason = number not in {5, 17}
        found.append(
            Access(
                actor=person,
                person=person,
                name=PEOPLE[person],
                is_key=False,
                day=FIRST + timedelta(days=number * 3),
                roles=(_ROLES[person],),
                has_reason=has_reason,
                incidents=tuple(f"ACME-{number + extra}" for extra in range(number % 6)) if has_reason else (),
                acts=Acts(
                    reads=number % 7 + 1, exports=0, changes=number % 4, first_entry=entry, last_entry=entry + 40
                ),
            )
        )
        entry += 60
    key = Access(
        actor="b3k8d1qq",
        person="per_ben",
        name="Ben Ode",
        is_key=True,
        day=date(2026, 9, 21),
        roles=("lead",),
        has_reason=True,
        incidents=(),
        acts=Acts(reads=12, exports=1, changes=0, first_entry=entry, last_entry=entry),
    )
    return (*found, key)


def _touches(accesses: tuple[Access, ...]) -> tuple[Touch, ...]:
    found: list[Touch] = []
    for actor in dict.fromkeys(one.actor for one in accesses):
        mine = [one for one in accesses if one.actor == actor]
        found.append(
            Touch(
                actor=actor,
                name=mine[0].name,
                is_key=mine[0].is_key,
                area="breaches" if mine[0].is_key else "incidents",
                acts=Acts(
                    reads=sum(one.acts.reads for one in mine),
                    exports=sum(one.acts.exports for one in mine),
                    changes=sum(one.acts.changes for one in mine),
                    first_entry=mine[0].acts.first_entry,
                    last_entry=mine[-1].acts.last_entry,
                ),
            )
        )
    return tuple(found)


def _hand(day: date, action: str, number: int, entry: int, *, is_export: bool) -> Hand:
    return Hand(
        day=day,
        account="operator:soc",
        action=action,
        area="events",
        is_export=is_export,
        number=number,
        first_entry=entry,
        last_entry=entry + number - 1,
    )


def _changes() -> tuple[Change, ...]:
    zofia, tom = "zofia@nordwacht.example", "tom@nordwacht.example"
    return (
        Change(at=_at(7, 14, 8), entry=410, kind="role_given", subject=zofia, role="content_engineer", by="Ben Ode"),
        Change(at=_at(8, 31, 16), entry=2_901, kind="role_ended", subject=tom, role="analyst", by="Ben Ode"),
        Change(at=_at(9, 3, 10), entry=2_950, kind="key_made", subject="b3k8d1qq", role=None, by="Ben Ode"),
        Change(at=_at(9, 15, 0), entry=None, kind="role_expired", subject=tom, role="lead", by=""),
    )


def _key(name: str, title: str, owner: str, *, owner_has_role: bool) -> Key:
    return Key(
        id=name,
        name=title,
        owner=owner,
        scopes=("incident.read",),
        expires_at=datetime(2027, 3, 1, tzinfo=UTC),
        last_used_at=_at(9, 21, 12) if owner_has_role else None,
        owner_has_role=owner_has_role,
    )


def _decided() -> tuple[Decided, ...]:
    clara = Vote(name="Clara Nowak", side="customer", is_approval=True)
    ben = Vote(name="Ben Ode", side="provider", is_approval=True)
    return (
        Decided(
            ended_at=_at(8, 4, 11), incident="ACME-9", action="isolate_host", decision="two_persons", state="done",
            votes=(ben, clara),
        ),
        Decided(
            ended_at=_at(8, 5, 9), incident="ACME-9", action="disable_account", decision="customer", state="done",
            votes=(clara,),
        ),
        Decided(
            ended_at=_at(9, 2, 15), incident="ACME-14", action="block_indicator", decision="preapproved", state="done",
            votes=(),
        ),
        Decided(
            ended_at=_at(9, 9, 15), incident="ACME-15", action="isolate_host", decision="customer", state="declined",
            votes=(Vote(name="Clara Nowak", side="customer", is_approval=False),),
        ),
    )  # fmt: skip


def _entered() -> Entered:
    return Entered(
        as_of=date(2026, 9, 30),
        processors=(
            Processor(
                name="Rechenwerk Hosting GmbH", purpose="Servers and storage", data="all data, encrypted at rest",
                place="DE, Frankfurt am Main", since=date(2024, 1, 1), until=None, safeguard="in the EEA",
            ),
            Processor(
                name="Nightline Security Ltd", purpose="Watch at night", data="incidents and alerts",
                place="GB, Leeds", since=date(2026, 8, 1), until=None, safeguard="adequacy decision",
            ),
            Processor(
                name="Archivhaus AG", purpose="Backups", data="encrypted copies", place="CH, Zürich",
                since=date(2026, 12, 1), until=date(2027, 12, 31), safeguard="adequacy decision",
            ),
        ),
        kept=(
            Kept(what="Events, incidents, reports", place="DE, Frankfurt am Main", by="Rechenwerk Hosting GmbH"),
            Kept(what="Keys of tenants", place="DE, Kiel", by="Nordwacht GmbH"),
        ),
        incidents=(
            OwnIncident(
                began=date(2026, 8, 3), ended=date(2026, 8, 4),
                what="A mailbox of our support desk was read by somebody outside.",
                effect="Two of your tickets stood in it; we sent you a notice on 4 August.",
            ),
        ),
    )  # fmt: skip


def _number(measure: str, place: int) -> Number:
    unit: Unit = DEFINITIONS[measure].unit
    value = {"share": 0.964, "seconds": 1_260.0 * place, "days": 183.0, "count": 3.0}[unit]
    return Number(
        id=measure,
        unit=unit,
        value=value,
        p95=value * 3 if unit == "seconds" else None,
        n=40 + place,
        before=None,
        trend="no_previous",
        target=0.95 if unit == "share" else None,
        is_met=True if unit == "share" else None,
        source=f"M{place}",
    )


def _provenance(name: str, query: str, total: int) -> Provenance:
    return Provenance(id=name, query=query, taken_at=AT, records=(), total_records=total)
