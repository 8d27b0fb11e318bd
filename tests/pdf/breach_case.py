"""A made-up breach for the documents on it: macro malware, a password dump, and freight papers that were copied out.

The case stands as it would be frozen for a second notice; `first` is the one before. Nothing in it is real.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, TypedDict, cast

import msgspec

from reports.breach.facts import Changed, Dispatch, Earlier, Lacking, Person
from reports.breach.outward import outward
from reports.documents.breach_notice.facts import BreachNoticeReport
from reports.documents.breach_notification.asking import authority_of, form_of
from reports.documents.breach_notification.facts import BreachNotificationReport, FormFacts
from reports.facts import AuditHead, Customer, Handling, Provider
from watchfloor.breach.case import BreachCase
from watchfloor.breach.clocks import Filed, deadlines_of
from watchfloor.breach.fields import facts_in, get, put
from watchfloor.breach.known import Citation, CitationKind, FactStatus, Known, Range
from watchfloor.breach.missing import missing
from watchfloor.breach.records import Approval, ContactEntry, Decision, Evidence, TimelineItem
from watchfloor.breach.rules.clock import Deadline
from watchfloor.breach.rules.enisa import Circumstances, Identification, Processing, assess
from watchfloor.breach.rules.forms import DocumentKind, find_form, shipped_forms
from watchfloor.breach.rules.library import shipped
from watchfloor.breach.severity import suggest
from watchfloor.breach.values import (
    Account,
    Art33Decision,
    Art34Decision,
    Contact,
    CountryCount,
    DataCategory,
    Indicator,
    Measure,
    SubjectCategory,
    System,
    Unintelligible,
)
from watchfloor.kernel import ids

NOON: Final = datetime(2026, 11, 12, 12, 0, tzinfo=UTC)
BEGAN: Final = NOON - timedelta(minutes=38)
AWARE: Final = NOON + timedelta(hours=2, minutes=10)
TOLD: Final = NOON + timedelta(hours=4, minutes=25)
DECIDED: Final = NOON + timedelta(hours=5)
DRAFTED: Final = NOON + timedelta(hours=20)
WRITTEN: Final = NOON + timedelta(hours=20, minutes=30)

MARA: Final = "per_01kr8q2v3nfh0t6w8z1m4c5d7e"
JONAS: Final = "per_01kr8q2v3nfh0t6w8z1m4c5d7f"
HENRIKE: Final = "per_01kr8q2v3nfh0t6w8z1m4c5d7g"
ACCOUNT: Final = "NORDKAI\\l.petersen"
SECOND_ACCOUNT: Final = "NORDKAI\\svc-freight"
PEOPLE: Final = (
    Person(id=MARA, name="Mara Lindqvist", side="provider"),
    Person(id=JONAS, name="Jonas Weber", side="provider"),
    Person(id=HENRIKE, name="Henrike Voss", side="customer"),
)
INCIDENT: Final = "inc_01kr8q0e5ae8wtn7y2k4s6m8p0"
_INSIDE: Final = ids.parse("inc", INCIDENT)
_CASE: Final = ids.parse("brc", "brc_01kr8q1x2yfj3kx4y5z6a7b8c9")
_TENANT: Final = ids.parse("ten", "ten_01kr0000000000000000000001")


def cited(kind: CitationKind, name: str, what: str) -> Citation:
    """A citation of a made-up record."""
    return Citation(kind=kind, id=name, what=what)


BY_INCIDENT: Final = cited("incident", INCIDENT, "first event of the incident")
BY_ALERT: Final = cited("alert", "alr_01kr8q0f7bey7sp3v5w7x9z1a3", "LSASS memory dumped through comsvcs.dll")
BY_UPLOAD: Final = cited("alert", "alr_01kr8q0g9cf09tq5w7y9z1b3c5", "rclone copies to cloud storage")


def recorded(value: object, *citations: Citation, basis: str = "", at: datetime = NOON) -> Known[object]:
    """A fact that was taken from records."""
    status: FactStatus = "estimated" if basis else "known"
    return Known(value=value, status=status, basis=basis, citations=citations or (BY_INCIDENT,), by="system", at=at)


def stated(  # the parts of a fact
    value: object,
    *,
    by: str = MARA,
    status: FactStatus = "known",
    basis: str = "",
    expected_at: datetime | None = None,
    at: datetime = DECIDED,
) -> Known[object]:
    """A fact that a person stated."""
    return Known(
        value=value,
        status=status,
        basis=basis,
        expected_at=expected_at,
        citations=(cited("person", by, "entry in case BC-2026-0007"),),
        by=by,
        at=at,
    )


def empty() -> BreachCase:
    """A case in which nobody has said anything."""
    return BreachCase(
        id=_CASE,
        tenant_id=_TENANT,
        ref="BC-2026-0007",
        title="Password dump and copied freight papers at the Hamburg office",
        incident_ids=(_INSIDE,),
        status="suspected",
        version=1,
        lang="en",
        tz="Europe/Berlin",
        country="DE",
        subdivision="HH",
        created_at=NOON + timedelta(hours=2),
        created_by=MARA,
        updated_at=NOON + timedelta(hours=2),
        updated_by=MARA,
    )


def filled(case: BreachCase, facts: dict[str, Known[object]]) -> BreachCase:
    """The case with these facts."""
    for path, fact in facts.items():
        case = put(case, path, fact)
    return case


_PULLED: Final[dict[str, Known[object]]] = {
    "parties.controller.name": recorded(
        "Nordkai Logistik GmbH", cited("document", "ten_01kr", "the customer's record")
    ),
    "parties.controller.dpo": recorded(
        Contact(name="Henrike Voss", role="privacy contact", email="privacy@nordkai.example", phone="+49 40 5550 170"),
        cited("document", "ten_01kr", "the customer's record"),
    ),
    "parties.processor.name": recorded("Nordwacht Security Operations"),
    "clock.occurred_from": recorded(BEGAN, basis="The first event on record. It may have begun earlier."),
    "clock.occurred_to": recorded(NOON + timedelta(minutes=51)),
    "clock.detected_at": recorded(NOON - timedelta(minutes=34), BY_ALERT),
    "clock.detected_how": recorded("monitoring", BY_ALERT),
    "nature.is_cyber": recorded(True, BY_ALERT),
    "nature.vector": recorded("Spearphishing attachment with a macro", BY_INCIDENT),
    "nature.attack_techniques": recorded(("T1566.001", "T1059.001", "T1003.001", "T1567.002"), BY_ALERT, BY_UPLOAD),
    "nature.systems": recorded(
        (System(name="NK-WS-017", kind="host", role="workstation"), System(name="NK-FS-01", kind="host", role="files")),
        BY_ALERT,
    ),
    "nature.accounts": recorded(
        (Account(name=ACCOUNT, kind="user"), Account(name=SECOND_ACCOUNT, kind="account")), BY_ALERT
    ),
    "nature.indicators": recorded((Indicator(kind="domain", value="cdn-freight.example.net"),), BY_UPLOAD),
    "nature.description": recorded(
        "A macro in a mailed invoice opened PowerShell on NK-WS-017. Passwords in memory were dumped as "
        f"{ACCOUNT}, and with them about 4 GB of freight papers were copied from NK-FS-01 to a cloud storage.",
        BY_INCIDENT,
        BY_ALERT,
        BY_UPLOAD,
    ),
    "measures.taken": recorded(
        (
            Measure(text="NK-WS-017 isolated from the network", state="done", done_at=NOON + timedelta(minutes=53)),
            Measure(text="Both accounts locked, sessions ended", state="done", done_at=NOON + timedelta(hours=1)),
        ),
        cited("timeline", "0192a1b2-0000-7000-8000-000000000001", "action"),
    ),
}

_STATED: Final[dict[str, Known[object]]] = {
    "is_breach": stated(True, by=HENRIKE, basis="Freight papers name drivers and recipients."),
    "parties.processor.contact": stated(
        Contact(name="Nordwacht watch", email="watch@nordwacht.example", phone="+49 40 5550 100")
    ),
    "parties.reporter.name": stated("Henrike Voss", by=HENRIKE),
    "parties.reporter.role": stated("Data protection officer", by=HENRIKE),
    "parties.reporter.on_behalf": stated("controller", by=HENRIKE),
    "parties.controller.address": stated("Speicherweg 4, 20457 Hamburg", by=HENRIKE),
    "clock.processor_aware_at": stated(AWARE, basis="The password dump was confirmed on the host."),
    "clock.controller_notified_at": stated(TOLD, by=JONAS),
    "clock.controller_notified_channel": stated("Portal and telephone", by=JONAS),
    "clock.controller_aware_at": stated(TOLD, by=HENRIKE, basis="With the notice of the processor."),
    "clock.contract_hours": stated(24, by=JONAS),
    "nature.types": stated(("confidentiality",)),
    "nature.cause": stated("malicious_external"),
    "data.categories": stated(
        (
            DataCategory(code="basic_id"),
            DataCategory(code="contact"),
            DataCategory(code="credentials", credential=True, note="two accounts"),
        )
    ),
    "subjects.categories": stated((SubjectCategory(code="employees"), SubjectCategory(code="suppliers"))),
    "data.unintelligible": stated(Unintelligible(applied=False)),
    "measures.before": stated((Measure(text="Monitoring of endpoints around the clock", state="in_place"),)),
    "measures.proposed": stated(
        (
            Measure(
                text="New passwords for all accounts of the file server",
                state="planned",
                owner="Nordkai IT",
                due=NOON + timedelta(days=2),
            ),
        )
    ),
    "others.police_report": stated("Reported to the Hamburg police, online desk", by=HENRIKE),
}

_OPEN: Final[dict[str, Known[object]]] = {
    "data.records": stated(
        None, status="under_investigation", expected_at=NOON + timedelta(days=1, hours=4), basis="The list is read."
    ),
    "subjects.count": stated(None, status="under_investigation", expected_at=NOON + timedelta(days=1, hours=4)),
    "nature.still_exposed": stated(None, status="under_investigation", expected_at=NOON + timedelta(days=1)),
}

_LATER: Final[dict[str, Known[object]]] = {
    "data.records": stated(
        Range(min=5_200, max=6_000), status="estimated", basis="Files in the copied folders, times the rows of one."
    ),
    "subjects.count": stated(
        Range(min=1_800, max=2_100), status="estimated", basis="Drivers and recipients named in the papers."
    ),
    "subjects.by_country": stated(
        (CountryCount(cc="DE", min=1_500, max=1_700), CountryCount(cc="DK", min=300, max=400)),
        status="estimated",
        basis="Addresses of the recipients.",
    ),
    "cross_border.cross_border": stated(True, by=HENRIKE),
    "cross_border.lead_authority": stated("DE-HH", by=HENRIKE),
    "cross_border.competence_basis": stated("The main establishment is in Hamburg.", by=HENRIKE),
    "risk.consequences": stated(("loss_of_control", "fraud", "identity_theft")),
    "risk.consequences_text": stated("Forged delivery orders in the names of drivers are possible."),
    "risk.likelihood": stated("likely"),
    "risk.risk": stated("risk", by=HENRIKE, basis="Names and contact data in the hands of an attacker."),
    "risk.art33_decision": stated(
        Art33Decision(notify=True, reason="A risk to the persons is not unlikely.", by=HENRIKE, at=DECIDED), by=HENRIKE
    ),
    "risk.art34_decision": stated(
        Art34Decision(notify=False, reason="No high risk as things stand.", by=HENRIKE, at=DECIDED), by=HENRIKE
    ),
    "subject_comm.told": stated(False, by=HENRIKE),
    "subject_comm.not_told_reason": stated("No high risk as things stand; looked at again on Monday.", by=HENRIKE),
    "others.more_to_come_at": stated(NOON + timedelta(days=4), by=HENRIKE),
    "others.insurance_no": stated(None, status="not_applicable", basis="There is no insurance.", by=HENRIKE),
    "other_regimes.nis2.applicable": stated("no", by=HENRIKE, basis="Fewer than 50 employees."),
}


def scored(case: BreachCase) -> BreachCase:
    """The case with its severity."""
    dpc = (
        Processing(category="simple", score=2, reason="Routes and loads allow a profile of the persons' work."),
        Processing(category="credentials", score=2, reason="They open the freight papers."),
    )
    ei = (Identification(identifier="full_name", score=0.5), Identification(identifier="email", score=0.75))
    cb = Circumstances(confidentiality=0.5, confidentiality_reason="Copied to a storage of strangers.", malicious=True)
    outcome = assess(dpc, ei, cb, persons=2_100)
    for path, value in {
        "severity.method": outcome.method,
        "severity.dpc": dpc,
        "severity.ei": ei,
        "severity.cb": cb,
        "severity.se": outcome.se,
        "severity.computed": outcome.computed,
        "severity.level": outcome.level,
        "severity.flags": outcome.flags,
        "severity.reasons": outcome.reasons,
    }.items():
        case = put(case, path, stated(value, basis=outcome.method))
    return case


def _item(minutes: int, code: str, text: str, *, actor: str = "system", shown: bool = True) -> TimelineItem:
    return TimelineItem(
        utc=NOON + timedelta(minutes=minutes),
        source=BY_ALERT if code == "first_alert" else BY_INCIDENT,
        actor=actor,
        text=text,
        code=code,
        confirmed=True,
        visible_to_controller=shown,
    )


_TIMELINE: Final = (
    _item(-38, "first_event", "First event on record"),
    _item(-34, "first_alert", f"Detected: LSASS memory dumped by {ACCOUNT}"),
    _item(-30, "acknowledged", "Acknowledged", actor=MARA),
    _item(5, "note", "Note: our own thoughts, not for the customer", actor=MARA, shown=False),
    _item(53, "contained", "Contained", actor=MARA),
    _item(265, "controller_notified", "Controller notified", actor=JONAS),
)
_EVIDENCE: Final = (
    Evidence(
        id="evd_1",
        what="Memory image of NK-WS-017",
        sha256="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        collected_at=NOON + timedelta(minutes=58),
        by=MARA,
        citations=(BY_ALERT,),
    ),
)


def _decision(kind: str, path: str, outcome: str, reason: str, by: str = HENRIKE) -> Decision:
    return msgspec.convert(
        {
            "id": f"dec-{kind}",
            "kind": kind,
            "path": path,
            "outcome": outcome,
            "reason": reason,
            "by": by,
            "at": DECIDED,
        },
        Decision,
    )


def first() -> BreachCase:
    """The case as it stood at the first notice: what it means for the persons is still open."""
    case = filled(empty(), _PULLED | _STATED | _OPEN)
    return msgspec.structs.replace(
        case,
        status="notified_controller",
        version=9,
        timeline=_TIMELINE,
        decisions=(
            _decision("awareness", "clock.processor_aware_at", AWARE.isoformat(), "Confirmed on the host.", MARA),
            _decision("breach", "is_breach", "yes", "Freight papers name drivers and recipients."),
        ),
        contacts=(ContactEntry(at=TOLD, party="Press", channel="telephone", text="A call from a paper.", by=JONAS),),
    )


def nordkai() -> BreachCase:
    """The case as it stands at the second notice."""
    case = scored(filled(first(), _LATER))
    return msgspec.structs.replace(
        case,
        status="authority_due",
        telling="not_due",
        version=14,
        evidence=_EVIDENCE,
        decisions=(
            *case.decisions,
            _decision("risk", "risk.risk", "risk", "Names and contact data in the hands of an attacker."),
            _decision("art33", "risk.art33_decision", "notify", "A risk to the persons is not unlikely."),
            _decision("art34", "risk.art34_decision", "do not tell", "No high risk as things stand."),
        ),
        approvals=(
            Approval(
                role="soc_lead", decision="approved", reason="Read and complete as far as known.", by=JONAS,
                at=DRAFTED, version=13,
            ),
        ),
    )  # fmt: skip


class Filing(msgspec.Struct, frozen=True, kw_only=True):
    """A notice that went out, as clocks see it."""

    regime: str
    stage: str
    status: str = "sent"
    submitted_at: datetime | None
    received_at: datetime | None = None
    delay_reasons: str | None = None


PROCESSOR_NOTICE: Final = Filing(regime="gdpr-controller", stage="notice", submitted_at=TOLD, received_at=TOLD)


def due(
    case: BreachCase, at: datetime = WRITTEN, filings: Sequence[Filing] = (PROCESSOR_NOTICE,)
) -> tuple[Deadline, ...]:
    """The deadlines of a case."""
    return tuple(deadlines_of(case, cast("Sequence[Filed]", filings), at))


def dispatch(kind: DocumentKind, *, phase: str = "supplementary", number: int = 1, language: str = "en") -> Dispatch:
    """The notice of a document."""
    to_authority = kind == "breach_notification"
    return Dispatch(
        id="ntc_01kr8q3b5cfx8d0e2f4g6h8j0k",
        regime="gdpr-authority" if to_authority else "gdpr-controller",
        stage="initial" if to_authority else "notice",
        phase=phase,
        number=number,
        recipient="supervisory_authority" if to_authority else "controller",
        language=language,
        status="approved",
        case_version=14,
        snapshot_sha256="2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
        drafted_at=DRAFTED,
        drafted_by=MARA,
        approved_at=DRAFTED + timedelta(minutes=12),
        approved_by=HENRIKE if to_authority else JONAS,
    )


def earlier() -> Earlier:
    """The phase before."""
    return Earlier(id="ntc_01kr8q3a0bej7c9d1e3f5g7h9j", phase="initial", number=0, at=TOLD, sha256="b5bb9d80" * 8)


def lacking(case: BreachCase, kind: DocumentKind, authority: str | None = None) -> tuple[Lacking, ...]:
    """What a document of the case lacks."""
    form = find_form(shipped_forms(), kind, day=NOON.date(), authority=authority)
    return tuple(
        Lacking(path=one.path, label=one.label, asked_by=form.source, expected_at=one.expected_at)
        for one in missing(case, form)
    )


def differences(before: BreachCase, after: BreachCase) -> tuple[Changed, ...]:
    """The fields that differ."""
    paths = dict.fromkeys([path for path, _ in facts_in(before)] + [path for path, _ in facts_in(after)])
    found = ((path, get(before, path), get(after, path)) for path in paths)
    return tuple(Changed(path=path, before=old, after=new) for path, old, new in found if old != new)


AUTHORITIES: Final = {"DE-HH": "HmbBfDI", "DE-NI": "LfD Niedersachsen"}


class Head(TypedDict):
    """The part of a document's facts that all documents have."""

    id: str
    revision: int
    handling: Handling
    generated_at: datetime
    provider: Provider
    customer: Customer
    audit_head: AuditHead
    audit_entries: int


def head(language: str = "en") -> Head:
    """What every document's facts have."""
    return {
        "id": "rpt_01kr8q4d6eg1yf2h4j6k8m0n2p",
        "revision": 2,
        "handling": "TLP:AMBER+STRICT",
        "generated_at": WRITTEN,
        "provider": Provider(name="Nordwacht Security Operations", contact="watch@nordwacht.example, +49 40 5550 100"),
        "customer": Customer(
            id=ids.show("ten", _TENANT), name="Nordkai Logistik GmbH", language=language, time_zone="Europe/Berlin"
        ),
        "audit_head": AuditHead(seq=8_112, hash="ab" * 32, signed_at=WRITTEN, key_id="platform-2026-01"),
        "audit_entries": 8_114,
    }


def shown(case: BreachCase | None = None) -> BreachCase:
    """The case as documents have it."""
    return outward(nordkai() if case is None else case)


def form_facts(case: BreachCase, authority: str, language: str = "en") -> FormFacts:
    """The form of an authority as facts have it."""
    form = find_form(shipped_forms(), "breach_notification", day=NOON.date(), authority=authority)
    return form_of(case, form, language=language, phase="initial", late=False)


def notice_report(language: str = "en", *, is_first: bool = False) -> BreachNoticeReport:
    """R1 of the second phase, or of the first one."""
    if is_first:
        case = shown(first())
        sent = msgspec.structs.replace(
            dispatch("breach_notice", phase="initial", number=0, language=language), case_version=9
        )
        return BreachNoticeReport(
            **head(language),
            case=case,
            people=PEOPLE,
            deadlines=due(case),
            authorities=AUTHORITIES,
            notice=sent,
            missing=lacking(case, "breach_notice"),
        )
    case = shown()
    return BreachNoticeReport(
        **head(language),
        case=case,
        people=PEOPLE,
        deadlines=due(case),
        authorities=AUTHORITIES,
        notice=dispatch("breach_notice", language=language),
        earlier=earlier(),
        changes=differences(shown(first()), case),
        missing=lacking(case, "breach_notice"),
        suggestion=suggest(case),
    )


def notification_report(language: str = "en", *, authority: str = "DE-NI") -> BreachNotificationReport:
    """R2 for an authority, with all that is known at the second notice."""
    case = shown()
    form = form_facts(case, authority, language)
    return BreachNotificationReport(
        **head(language),
        case=case,
        people=PEOPLE,
        deadlines=due(case),
        authorities=AUTHORITIES,
        notice=dispatch("breach_notification", phase="initial", number=0, language=form.language),
        missing=lacking(case, "breach_notification", authority),
        form=form,
        authority=authority_of(shipped().authorities, authority, NOON.date()),
    )
