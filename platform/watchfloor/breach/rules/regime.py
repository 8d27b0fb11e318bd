"""A reporting regime as data: who must tell whom, what sets it off, and the clocks of its stages.

Owns the shape of a rule and the choice of the one in force on a day. Every trigger and every stage is a dated row of
its own, so that a change in the law is a new row beside the old one and a case keeps the rule it began under. Never
reads a file (`library`), never computes an instant (`clock`), and decides nothing: whether a regime applies and when
somebody became aware are entries of a person, and arrive as `Facts`.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Literal, TypeAlias, TypeVar

import msgspec

Mark: TypeAlias = Literal["confirmed", "unconfirmed"]
"""Whether somebody has read the source. What is unconfirmed is shown with that word."""

Actor: TypeAlias = Literal["controller", "processor", "entity", "provider", "business_associate", "issuer", "maker"]
"""Who has the duty. `provider` is the MSSP for itself, `maker` whoever makes the product."""

Moment: TypeAlias = Literal[
    "controller_aware",
    "processor_aware",
    "high_risk_found",
    "entity_aware",
    "provider_aware",
    "maker_aware",
    "classified_major",
    "materiality_determined",
    "amendment_known",
    "grounds_found",
    "notifiable_found",
    "discovered",
    "compromise_suspected",
    "remedy_available",
    "recovered",
    "handled",
    "requested",
]
"""An instant that a person enters. None of them is ever derived from the time of detection."""

Statement: TypeAlias = Literal[
    "personal_data_breach",
    "risk",
    "high_risk",
    "significant",
    "major",
    "attack",
    "material",
    "unsecured_health_data",
    "significant_harm",
    "card_data",
    "exploited_vulnerability",
    "severe_product_incident",
    "small_agent",
    "trust_service",
    "no_weekend_relief",
    "persons_500_or_more",
    "residents_over_500",
    "state_threshold_met",
    "still_ongoing",
]
"""Something that is so or not so, by a person's decision; what nobody has decided is left out."""

Recipient: TypeAlias = Literal[
    "supervisory_authority",
    "controller",
    "data_subjects",
    "csirt",
    "financial_supervisor",
    "service_recipients",
    "acquirer_and_brands",
    "securities_regulator",
    "health_department",
    "covered_entity",
    "media",
    "attorney_general",
    "cyber_agency",
    "market_surveillance",
    "case_file",
]
"""Who is told. `case_file` is nobody outside: the stage asks for a judgement that is put on record."""


class Clock(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long, and from when. At most one length; without any, the law says "without undue delay" and no number.

    It starts at a moment, or when a stage before was submitted (`after_stage`; the first time, or with `last` the most
    recent one). Hours are elapsed time. Days and working days are counted on the local calendar, the day after the
    start being the first; months lead to the same local time, or to the last day of a shorter month.
    """

    after: Moment | None = None
    after_stage: str | None = None
    also_after: tuple[str, ...] = ()
    """Further stages whose notices count like those of `after_stage`."""
    last: bool = False
    hours: int | None = None
    days: int | None = None
    working_days: int | None = None
    months: int | None = None
    by_contract: bool = False
    """The hours are a default; what the contract says takes their place."""
    year_end: bool = False
    """Days are counted from the end of the calendar year of the start."""
    ends: str | None = None
    """The local time, `HH:MM`, at which the last day ends; without it, with the day."""
    zone: str | None = None
    """The zone of the calendar, where it is not the reporting party's own."""
    country: str | None = None
    """Whose holidays count, where they are not the reporting party's own."""
    only_if: tuple[Statement, ...] = ()
    unless: tuple[Statement, ...] = ()


class Relief(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An end on a weekend or holiday moves to `until` (`HH:MM`) of the next working day, if nothing says otherwise."""

    until: str
    unless: tuple[Statement, ...] = ()


class Trigger(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What sets a regime off.

    `moment` anchors a case in time: the rules in force on its local day are the case's rules. `conditions` must all
    hold; while nobody has decided one, the clocks run provisionally.
    """

    id: str
    source: str
    valid_from: date
    valid_to: date | None = None
    mark: Mark
    moment: Moment
    conditions: tuple[Statement, ...] = ()
    words: str


class Stage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing to send, as the law has it between two days.

    `due` is the first clock of the list whose own conditions hold. `at_latest` caps it, unless `due` starts only after
    the cap. With `if_lasting`, an incident that is not over when the stage is due makes it due by that clock instead;
    with `while_lasting` the stage is asked for in that case only. `warn_hours` are hours before the end.
    """

    id: str
    stage: str
    title: str
    source: str
    valid_from: date
    valid_to: date | None = None
    mark: Mark
    recipient: Recipient
    due: tuple[Clock, ...]
    at_latest: Clock | None = None
    if_lasting: Clock | None = None
    while_lasting: bool = False
    relief: Relief | None = None
    conditions: tuple[Statement, ...] = ()
    unless: tuple[Statement, ...] = ()
    stops: Literal["submission", "receipt"] = "submission"
    stopped_by: Moment | None = None
    """The moment whose entry ends the stage, where nothing is sent to anybody."""
    late_reasons: bool = False
    """Whether a late notice must say why it is late."""
    warn_hours: tuple[int, ...] = ()
    content: tuple[str, ...] = ()
    note: str | None = None


class Regime(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A duty to report: its triggers and its stages, each a dated row; stages in the order in which they are sent."""

    id: str
    title: str
    jurisdiction: str
    """ISO 3166-1 or 3166-2, `EU`, or `*` for a contract."""
    actor: Actor
    triggers: tuple[Trigger, ...]
    stages: tuple[Stage, ...]
    note: str | None = None


class Filing(msgspec.Struct, frozen=True, kw_only=True):
    """A notice that went out for a stage of a regime. A withdrawn one is not a filing."""

    regime: str
    stage: str
    submitted_at: datetime
    received_at: datetime | None = None
    """When the recipient got it, by its receipt."""
    delay_reasons: str | None = None


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What persons have entered in a case, as far as clocks need it.

    Instants carry their zone; what is absent is unknown.
    """

    zone: str
    """The IANA zone of the reporting party."""
    country: str
    """ISO 3166-1, whose holidays count."""
    subdivision: str | None = None
    """The part after the hyphen of ISO 3166-2."""
    moments: Mapping[Moment, datetime] = {}
    statements: Mapping[Statement, bool] = {}
    applies: Mapping[str, bool] = {}
    """A person's decision, by regime id, that it applies or does not."""
    contract_hours: Mapping[str, int] = {}
    """Hours agreed with the recipient, by regime id."""
    filings: tuple[Filing, ...] = ()


class Dated(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every dated row of numbers has: its name, its source, its time and whether somebody has read the source."""

    id: str
    source: str
    valid_from: date
    valid_to: date | None = None
    mark: Mark


Row = TypeVar("Row", bound=Trigger | Stage | Dated)


def in_force(rows: Iterable[Row], day: date) -> list[Row]:
    """The rows that hold on `day`. `valid_to` is the last day on which a row holds."""
    return [row for row in rows if row.valid_from <= day and (row.valid_to is None or day <= row.valid_to)]
