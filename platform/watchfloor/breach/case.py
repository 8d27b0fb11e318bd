"""The breach case: everything that a notice of a personal data breach, a register row or a report may have to say.

Owns the shape of a case and no rule. One case belongs to one controller, which is one tenant. Every leaf is
`Known[...] | None`: None is "nobody has said". Its dotted path, such as `data.records`, is its name everywhere
(`fields` lists them). Lists that grow beside the facts (decisions, approvals, contacts, evidence, the time line) are
tuples of records that name their own person or source. The whole case is personal and legal matter: it is stored
sealed, and what stands in it in words is untrusted.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, TypeAlias
from uuid import UUID

from watchfloor.breach.dora_fields import DoraFields
from watchfloor.breach.known import Known, Range
from watchfloor.breach.moments import Moments, OtherRegime, Statements
from watchfloor.breach.nis2_fields import Nis2Fields
from watchfloor.breach.records import Approval, ContactEntry, Decision, Evidence, TimelineItem
from watchfloor.breach.rules.codes import BreachType, Cause, Consequence, Discovery
from watchfloor.breach.rules.enisa import Circumstances, Flag, Identification, Level, Override, Processing
from watchfloor.breach.values import (
    Account,
    Art33Decision,
    Art34Decision,
    Backups,
    Contact,
    CountryCount,
    DataCategory,
    Establishment,
    Frozen,
    Impact,
    Indicator,
    Likelihood,
    Measure,
    OnBehalf,
    Party,
    Precision,
    Recovery,
    RiskLevel,
    SubjectCategory,
    System,
    Unintelligible,
)

CaseStatus: TypeAlias = Literal[
    "suspected",
    "assessing",
    "not_a_breach",
    "breach",
    "notified_controller",
    "register_only",
    "authority_due",
    "authority_initial",
    "supplementary",
    "authority_final",
    "closed",
]
TellingStatus: TypeAlias = Literal["undecided", "not_due", "subjects_due", "subjects_done"]
"""Where telling the persons stands, beside the status of the case."""
Handling: TypeAlias = Literal["red", "amber_strict", "amber", "green", "clear"]
"""The traffic light protocol's marks."""


class Controller(Frozen, frozen=True, kw_only=True):
    """Whose data processing it is: the tenant."""

    name: Known[str] | None = None
    reg_no: Known[str] | None = None
    sector: Known[str] | None = None
    address: Known[str] | None = None
    contact: Known[Contact] | None = None
    dpo: Known[Contact] | None = None
    eu_rep: Known[Contact] | None = None
    establishments: Known[tuple[Establishment, ...]] | None = None
    main_est: Known[Establishment] | None = None


class Processor(Frozen, frozen=True, kw_only=True):
    """Who processes for the controller and saw the breach: usually the MSSP."""

    name: Known[str] | None = None
    reg_no: Known[str] | None = None
    address: Known[str] | None = None
    contact: Known[Contact] | None = None


class Reporter(Frozen, frozen=True, kw_only=True):
    """Who files the notice."""

    name: Known[str] | None = None
    role: Known[str] | None = None
    on_behalf: Known[OnBehalf] | None = None


class Parties(Frozen, frozen=True, kw_only=True):
    """Who is part of it."""

    controller: Controller = Controller()
    processor: Processor = Processor()
    sub_processors: Known[tuple[Party, ...]] | None = None
    joint_controllers: Known[tuple[Party, ...]] | None = None
    reporter: Reporter = Reporter()


class Clock(Frozen, frozen=True, kw_only=True):
    """When. Awareness is a person's decision and never follows from detection. Deadlines are computed (`clocks`)."""

    occurred_from: Known[datetime] | None = None
    occurred_to: Known[datetime] | None = None
    precision: Known[Precision] | None = None
    ongoing: Known[bool] | None = None
    detected_at: Known[datetime] | None = None
    detected_how: Known[Discovery] | None = None
    processor_aware_at: Known[datetime] | None = None
    controller_notified_at: Known[datetime] | None = None
    controller_notified_channel: Known[str] | None = None
    controller_notified_receipt: Known[str] | None = None
    controller_aware_at: Known[datetime] | None = None
    """`by` is who decided it, `basis` the reason."""
    contract_hours: Known[int] | None = None
    """What the contract gives the processor for its notice."""
    delay_reasons: Known[str] | None = None


class Nature(Frozen, frozen=True, kw_only=True):
    """What happened."""

    types: Known[tuple[BreachType, ...]] | None = None
    cause: Known[Cause] | None = None
    is_cyber: Known[bool] | None = None
    vector: Known[str] | None = None
    attack_techniques: Known[tuple[str, ...]] | None = None
    description: Known[str] | None = None
    systems: Known[tuple[System, ...]] | None = None
    accounts: Known[tuple[Account, ...]] | None = None
    indicators: Known[tuple[Indicator, ...]] | None = None
    locations: Known[tuple[str, ...]] | None = None
    still_exposed: Known[bool] | None = None
    confidentiality_effect: Known[str] | None = None
    integrity_effect: Known[str] | None = None
    availability_effect: Known[str] | None = None
    organisation_impact: Known[Impact] | None = None
    recovery: Known[Recovery] | None = None


class Data(Frozen, frozen=True, kw_only=True):
    """Which data."""

    categories: Known[tuple[DataCategory, ...]] | None = None
    description: Known[str] | None = None
    records: Known[Range] | None = None
    unintelligible: Known[Unintelligible] | None = None
    public_before: Known[bool] | None = None
    backups: Known[Backups] | None = None


class Subjects(Frozen, frozen=True, kw_only=True):
    """Whose data. Never a name."""

    categories: Known[tuple[SubjectCategory, ...]] | None = None
    count: Known[Range] | None = None
    by_country: Known[tuple[CountryCount, ...]] | None = None


class Severity(Frozen, frozen=True, kw_only=True):
    """ENISA's severity with its reasoning; written as a whole by `severity.assess_case`."""

    method: Known[str] | None = None
    dpc: Known[tuple[Processing, ...]] | None = None
    ei: Known[tuple[Identification, ...]] | None = None
    cb: Known[Circumstances] | None = None
    se: Known[float] | None = None
    computed: Known[Level] | None = None
    level: Known[Level] | None = None
    flags: Known[tuple[Flag, ...]] | None = None
    reasons: Known[tuple[str, ...]] | None = None
    override: Known[Override] | None = None


class Risk(Frozen, frozen=True, kw_only=True):
    """What it means for the persons. `risk` and the two decisions are legal ones."""

    likelihood: Known[Likelihood] | None = None
    consequences: Known[tuple[Consequence, ...]] | None = None
    consequences_text: Known[str] | None = None
    effects_seen: Known[str] | None = None
    """What has happened to persons already."""
    risk: Known[RiskLevel] | None = None
    art33_decision: Known[Art33Decision] | None = None
    art34_decision: Known[Art34Decision] | None = None


class Measures(Frozen, frozen=True, kw_only=True):
    """What stood before, what was done, what will be done, and what was learnt."""

    before: Known[tuple[Measure, ...]] | None = None
    taken: Known[tuple[Measure, ...]] | None = None
    proposed: Known[tuple[Measure, ...]] | None = None
    staff_trained: Known[bool] | None = None
    lessons: Known[str] | None = None


class CrossBorder(Frozen, frozen=True, kw_only=True):
    """Which countries and authorities. Authorities by the code of `content/authorities.yml`, such as `DE-BY1`."""

    cross_border: Known[bool] | None = None
    authority: Known[str] | None = None
    """The authority that is told: the competent one, or the lead one where there is one."""
    lead_authority: Known[str] | None = None
    competence_basis: Known[str] | None = None
    other_authorities: Known[tuple[str, ...]] | None = None


class Others(Frozen, frozen=True, kw_only=True):
    """Who else was told, and numbers that forms ask for."""

    police_report: Known[str] | None = None
    told: Known[tuple[str, ...]] | None = None
    """Other bodies: a CSIRT, a sector's supervisor."""
    insurance_no: Known[str] | None = None
    earlier_reference: Known[str] | None = None
    """The authority's reference of the notice that a later one follows."""
    more_to_come_at: Known[datetime] | None = None
    """When what is missing will be sent."""


class LetterText(Frozen, frozen=True, kw_only=True):
    """What a letter to the persons says, in plain words of a person."""

    nature: Known[str] | None = None
    consequences: Known[str] | None = None
    measures: Known[str] | None = None
    contact: Known[Contact] | None = None
    advice: Known[tuple[str, ...]] | None = None


class SubjectComm(Frozen, frozen=True, kw_only=True):
    """Telling the persons."""

    told: Known[bool] | None = None
    not_told_reason: Known[str] | None = None
    template_id: Known[str] | None = None
    languages: Known[tuple[str, ...]] | None = None
    channel: Known[str] | None = None
    planned_at: Known[datetime] | None = None
    sent_at: Known[datetime] | None = None
    number: Known[int] | None = None
    text: LetterText = LetterText()
    public_notice_url: Known[str] | None = None


class BreachCase(Frozen, frozen=True, kw_only=True):
    """A case as of a version. Every change makes the next one."""

    id: UUID
    tenant_id: UUID
    ref: str
    """`BC-YYYY-NNNN`."""
    title: str
    incident_ids: tuple[UUID, ...]
    status: CaseStatus
    telling: TellingStatus = "undecided"
    version: int
    lang: str
    """ISO 639-1, for documents where nothing else is asked."""
    tz: str
    """The IANA zone of the controller."""
    country: str
    """ISO 3166-1, whose holidays and authorities count."""
    subdivision: str | None = None
    """The part after the hyphen of ISO 3166-2."""
    classification: Handling = "amber"
    created_at: datetime
    created_by: str
    updated_at: datetime
    updated_by: str
    is_breach: Known[bool] | None = None
    """A person's decision whether it is a breach of personal data at all."""
    parties: Parties = Parties()
    clock: Clock = Clock()
    nature: Nature = Nature()
    data: Data = Data()
    subjects: Subjects = Subjects()
    severity: Severity = Severity()
    risk: Risk = Risk()
    measures: Measures = Measures()
    cross_border: CrossBorder = CrossBorder()
    others: Others = Others()
    subject_comm: SubjectComm = SubjectComm()
    moments: Moments = Moments()
    statements: Statements = Statements()
    nis2: Nis2Fields = Nis2Fields()
    dora: DoraFields = DoraFields()
    other_regimes: Mapping[str, OtherRegime] = {}
    """By the regime's id."""
    evidence: tuple[Evidence, ...] = ()
    timeline: tuple[TimelineItem, ...] = ()
    contacts: tuple[ContactEntry, ...] = ()
    decisions: tuple[Decision, ...] = ()
    approvals: tuple[Approval, ...] = ()
