"""What a tenant's bundle holds: these types are the schema, for the reader, for editors and for the record.

A bundle is the whole of what the MSSP has agreed with one customer. Feeds, members and contacts are lists of named
things; everything else is settings, which stand in the tenant's record as they are here. Defaults are the cautious
choice: chat shows no personal data, no action runs unasked, retention is what an audit expects.
"""

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from tenants.reporting import Branding, Reports
from tenants.scalars import (
    Code,
    Country,
    Date,
    Days,
    Duration,
    Email,
    EndOfDay,
    Entry,
    FeedName,
    Free,
    Language,
    ListName,
    Name,
    Phone,
    RuleName,
    Slug,
    SourceHint,
    Subdivision,
    TimeOfDay,
    Words,
    ZoneName,
)
from watchfloor.access.roles import Role, TenantKind
from watchfloor.alerts.noise.budget import Budgets
from watchfloor.feeds.feed import FeedOptions, FeedState, SenderDoor
from watchfloor.feeds.intake.rates.quota import TenantQuota

Severity = Literal["critical", "high", "medium", "low", "informational"]
SEVERITIES: Final[tuple[Severity, ...]] = ("critical", "high", "medium", "low", "informational")

Framework = Literal[
    "gdpr",
    "nis2",
    "dora",
    "cra",
    "iso27001",
    "pci_dss",
    "hipaa",
    "soc2",
    "tisax",
    "swiss_fadp",
    "uk_gdpr",
    "bsi_kritis",
]
ContactPurpose = Literal["incidents", "on_call", "privacy", "management", "technical"]
ChatDetail = Literal["ref", "masked", "full"]
Decision = Literal["never", "customer", "two_persons", "analysts", "preapproved"]
ResponseMode = Literal["notify", "collaborate", "authorize"]
RuleState = Literal["enabled", "disabled"]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

_SECONDS: Final = {"m": 60, "h": 3600, "d": 86_400}


class Contact(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody to call or write to, in the order in which they stand."""

    name: Name
    email: Email
    phone: Phone | None = None
    purposes: Annotated[list[ContactPurpose], Meta(min_length=1)]


class BundleFeed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One authenticated way by which events enter. Connectors are no part of a bundle: they have secrets."""

    name: FeedName
    door: SenderDoor
    source_hint: SourceHint | None = None
    state: FeedState = "active"
    options: FeedOptions = FeedOptions()


class Member(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person's role in the tenant. The name is used when the person is new."""

    email: Email
    name: Name | None = None
    role: Role


class Targets(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long something may take, by severity."""

    critical: Duration
    high: Duration
    medium: Duration
    low: Duration
    informational: Duration

    def of(self, severity: Severity) -> int:
        """The target in seconds."""
        return seconds(self.text(severity))

    def text(self, severity: Severity) -> str:
        """The target as it is written."""
        by_severity: dict[Severity, str] = {
            "critical": self.critical,
            "high": self.high,
            "medium": self.medium,
            "low": self.low,
            "informational": self.informational,
        }
        return by_severity[severity]


class OpeningHours(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From when until when a day is worked; `24:00` is its end."""

    begin: TimeOfDay
    end: EndOfDay


class HoursByDay(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Other hours for single weekdays."""

    mon: OpeningHours | None = None
    tue: OpeningHours | None = None
    wed: OpeningHours | None = None
    thu: OpeningHours | None = None
    fri: OpeningHours | None = None
    sat: OpeningHours | None = None
    sun: OpeningHours | None = None


class Holidays(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose public holidays are days off: a country of ISO 3166-1 and, if need be, a part of it of ISO 3166-2."""

    country: Country
    subdivision: Subdivision | None = None


class BusinessHours(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When clocks run that do not run always, in the tenant's time zone.

    `on` has other hours for single weekdays, also such as are not among `days`; `closed` are further days off.
    """

    days: Annotated[list[Weekday], Meta(min_length=1)] = msgspec.field(
        default_factory=lambda: ["mon", "tue", "wed", "thu", "fri"]
    )
    begin: TimeOfDay = "08:00"
    end: EndOfDay = "18:00"
    on: HoursByDay = HoursByDay()
    holidays: Holidays | None = None
    closed: Annotated[list[Date], Meta(max_length=400)] = []


class Sla(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was promised. Clocks of severities in `business_hours_for` stand still outside of business hours.

    An incident that is laid aside keeps its clocks running unless `snooze_stops_clock`.
    """

    acknowledge: Targets = Targets(critical="15m", high="30m", medium="4h", low="1d", informational="3d")
    resolve: Targets = Targets(critical="4h", high="8h", medium="2d", low="5d", informational="10d")
    business_hours: BusinessHours = BusinessHours()
    business_hours_for: list[Severity] = msgspec.field(default_factory=lambda: ["low", "informational"])
    snooze_stops_clock: bool = False


class Decisions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who decides about each kind of action. What is left out is decided by what stands behind it."""

    isolate_host: Decision | None = None
    disable_account: Decision | None = None
    revoke_sessions: Decision | None = None
    reset_password: Decision | None = None
    kill_process: Decision | None = None
    quarantine_file: Decision | None = None
    delete_file: Decision | None = None
    block_address: Decision | None = None
    block_domain: Decision | None = None
    block_hash: Decision | None = None
    scan_host: Decision | None = None
    collect_evidence: Decision | None = None


class DecisionsBySeverity(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Other decisions for incidents of a severity."""

    critical: Decisions | None = None
    high: Decisions | None = None
    medium: Decisions | None = None
    low: Decisions | None = None
    informational: Decisions | None = None


class Response(Decisions, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who decides about actions. Silence is never consent: an approval that nobody gives expires.

    `mode` decides about every kind that is left out: `notify` has us advise only, `collaborate` asks the customer,
    `authorize` lets a second analyst agree.
    """

    mode: ResponseMode = "collaborate"
    by_severity: DecisionsBySeverity | None = None
    approval_expires: Duration = "30m"


class Chat(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether the tenant has agreed to a third-party chat, what it may show, and where.

    `ref` shows no personal data, `masked` pseudonyms, `full` entities and words. Tenants of one `pod` share a forum,
    and so an audience; without one a tenant has its own.
    """

    discord: bool = False
    detail: ChatDetail = "ref"
    pod: Slug | None = None


class Retention(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long what is kept."""

    events: Days = "365d"
    alerts: Days = "2y"
    incidents: Days = "5y"
    reports: Days = "5y"
    breaches: Days = "5y"


class TunedRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A shared rule that is something else to this tenant: off, or of another severity."""

    rule: RuleName
    state: RuleState = "enabled"
    level: Severity | None = None
    reason: Words


class FilterSource(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The log source of an exception, as in a Sigma filter."""

    product: Name | None = None
    category: Name | None = None
    service: Name | None = None


class RuleException(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is hidden from this tenant's alerts until the end of the day `expires` (UTC).

    `filter` is a Sigma filter's: rules, selections and condition.
    """

    title: Name
    owner: Name
    reason: Words
    expires: Date
    logsource: FilterSource
    filter: dict[str, Free]


class RuleList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A list that rules and exceptions use by `%name%`; entries may have wildcards."""

    name: ListName
    entries: Annotated[list[Entry], Meta(min_length=1, max_length=1_000)]
    reason: Words


class Detection(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What this tenant changes about the shared rules: all of it."""

    rules: list[TunedRule] = []
    exceptions: list[RuleException] = []
    lists: list[RuleList] = []


class Bundle(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One tenant."""

    slug: Slug
    code: Code
    name: Name
    kind: TenantKind = "customer"
    language: Language
    time_zone: ZoneName
    contacts: list[Contact] = []
    feeds: list[BundleFeed] = []
    members: list[Member] | None = None
    """Absent: who belongs to the tenant is managed elsewhere, and no membership is touched."""
    sla: Sla = Sla()
    response: Response = Response()
    chat: Chat = Chat()
    retention: Retention = Retention()
    alert_budget: Budgets = Budgets()
    intake: TenantQuota = TenantQuota()
    frameworks: list[Framework] = []
    branding: Branding | None = None
    """Absent: how reports look is managed elsewhere, and not touched. Empty: it is as in the operator's bundle."""
    reports: Reports | None = None
    """Absent: schedules and recipients are managed elsewhere, and not touched."""
    detection: Detection | None = None
    """Absent: what the tenant changes about rules is managed elsewhere, and nothing of it is touched."""


class TenantSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What of a bundle stands in the tenant's record as it is."""

    sla: Sla
    response: Response
    chat: Chat
    retention: Retention
    frameworks: list[Framework]
    alert_budget: Budgets = Budgets()
    intake: TenantQuota = TenantQuota()


def settings_of(bundle: Bundle) -> TenantSettings:
    """The bundle's settings."""
    return TenantSettings(
        sla=bundle.sla,
        response=bundle.response,
        chat=bundle.chat,
        retention=bundle.retention,
        alert_budget=bundle.alert_budget,
        intake=bundle.intake,
        frameworks=sorted(bundle.frameworks),
    )


def seconds(duration: str) -> int:
    """A `Duration` in seconds."""
    return int(duration[:-1]) * _SECONDS[duration[-1]]


def days(period: str) -> int:
    """A `Days` in days; a year has 365."""
    return int(period[:-1]) * (365 if period.endswith("y") else 1)


def json_schema() -> bytes:
    """The schema of a bundle as JSON Schema (2020-12), for editors."""
    return msgspec.json.format(msgspec.json.encode(msgspec.json.schema(Bundle)))
