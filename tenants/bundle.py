"""What a tenant's bundle holds: these types are the schema, for the reader, for editors and for the record.

A bundle is the whole of what the MSSP has agreed with one customer. Feeds, members and contacts are lists of named
things; everything else is settings, which stand in the tenant's record as they are here. Defaults are the cautious
choice: chat shows no personal data, no action runs unasked, retention is what an audit expects.
"""

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from watchfloor.access.roles import Role, TenantKind
from watchfloor.alerts.noise.budget import Budgets
from watchfloor.feeds.feed import Door, FeedOptions, FeedState
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
RuleState = Literal["enabled", "disabled"]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def _say(text: str) -> dict[str, object]:
    return {"say": text}


Slug = Annotated[
    str,
    Meta(
        pattern=r"^[a-z][a-z0-9-]{1,30}[a-z0-9]$(?!\n)",
        description="The tenant's name in addresses and commands. It never changes.",
        extra=_say("a slug: 3 to 32 characters of a-z, 0-9 and -, beginning with a letter, not ending with -"),
    ),
]
Code = Annotated[
    str,
    Meta(
        pattern=r"^[A-Z][A-Z0-9]{1,7}$(?!\n)",
        description="The beginning of incident references, as in ACME-12. It never changes.",
        extra=_say("a code: 2 to 8 characters of A-Z and 0-9, beginning with a letter"),
    ),
]
Name = Annotated[
    str,
    Meta(
        pattern=r"^[^\s\x00-\x1f\x7f](?:[^\x00-\x1f\x7f]{0,198}[^\s\x00-\x1f\x7f])?$(?!\n)",
        extra=_say("a name of at most 200 characters in one line"),
    ),
]
Email = Annotated[
    str,
    Meta(
        pattern=r"^(?!.*\.\.)[^\s@\x00-\x1f\x7f]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250})[A-Za-z0-9]$(?!\n)",
        extra=_say("an e-mail address"),
    ),
]
Phone = Annotated[
    str,
    Meta(
        pattern=r"^\+[1-9][0-9 ()/.-]{5,30}$(?!\n)",
        extra=_say("a telephone number with its country code, such as +49 30 901820, in quotes"),
    ),
]
Language = Annotated[
    str,
    Meta(pattern=r"^[a-z]{2}$(?!\n)", extra=_say("a language as two letters of ISO 639-1, such as en or de")),
]
ZoneName = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+)*$(?!\n)",
        extra=_say("a time zone by its IANA name, such as Europe/Berlin"),
    ),
]
FeedName = Annotated[
    str,
    Meta(
        pattern=r"^[a-z][a-z0-9-]{0,62}$(?!\n)",
        extra=_say("a feed's name: at most 63 characters of a-z, 0-9 and -, beginning with a letter"),
    ),
]
SourceHint = Annotated[
    str,
    Meta(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$(?!\n)", extra=_say("a source's name, such as windows.sysmon")),
]
Duration = Annotated[
    str,
    Meta(pattern=r"^[1-9][0-9]{0,3}(m|h|d)$(?!\n)", extra=_say("a time such as 15m, 4h or 30d")),
]
Days = Annotated[
    str,
    Meta(pattern=r"^[1-9][0-9]{0,3}(d|y)$(?!\n)", extra=_say("a number of days or years, such as 90d or 3y")),
]
TimeOfDay = Annotated[
    str,
    Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$(?!\n)", extra=_say("a time of day such as 08:00, in quotes")),
]

Words = Annotated[
    str,
    Meta(
        pattern=r"^[^\x00-\x08\x0b-\x1f\x7f]{10,2000}$(?!\n)",
        extra=_say("a reason of 10 to 2,000 characters"),
    ),
]
RuleName = Annotated[
    str,
    Meta(
        pattern=r"^[^\x00-\x1f\x7f]{1,300}$(?!\n)",
        extra=_say("a rule's id, name or title"),
    ),
]
Date = Annotated[
    str,
    Meta(pattern=r"^20[0-9]{2}-[01][0-9]-[0-3][0-9]$(?!\n)", extra=_say("a day such as 2027-03-31")),
]
ListName = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9_.-]{1,64}$(?!\n)",
        extra=_say("a list's name: at most 64 letters, digits, `_`, `.` and `-`"),
    ),
]
Entry = Annotated[
    str,
    Meta(
        pattern=r"^[^\x00-\x1f\x7f]{1,500}$(?!\n)",
        extra=_say("an entry of at most 500 characters in one line"),
    ),
]

Free = Annotated[object, Meta(extra_json_schema={"description": "As in a Sigma filter."})]

_SECONDS: Final = {"m": 60, "h": 3600, "d": 86_400}


class Contact(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody to call or write to, in the order in which they stand."""

    name: Name
    email: Email
    phone: Phone | None = None
    purposes: Annotated[list[ContactPurpose], Meta(min_length=1)]


class BundleFeed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One authenticated way by which events enter."""

    name: FeedName
    door: Door
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


class BusinessHours(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When clocks run that do not run always, in the tenant's time zone."""

    days: Annotated[list[Weekday], Meta(min_length=1)] = msgspec.field(
        default_factory=lambda: ["mon", "tue", "wed", "thu", "fri"]
    )
    begin: TimeOfDay = "08:00"
    end: TimeOfDay = "18:00"


class Sla(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was promised. Clocks of severities in `business_hours_for` stand still outside of business hours."""

    acknowledge: Targets = Targets(critical="15m", high="30m", medium="4h", low="1d", informational="3d")
    resolve: Targets = Targets(critical="4h", high="8h", medium="2d", low="5d", informational="10d")
    business_hours: BusinessHours = BusinessHours()
    business_hours_for: list[Severity] = msgspec.field(default_factory=lambda: ["low", "informational"])


class Response(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who decides about each kind of action. Silence is never consent: an approval that nobody gives expires."""

    isolate_host: Decision = "customer"
    disable_account: Decision = "customer"
    revoke_sessions: Decision = "customer"
    kill_process: Decision = "customer"
    quarantine_file: Decision = "customer"
    block_address: Decision = "customer"
    block_domain: Decision = "customer"
    approval_expires: Duration = "30m"


class Chat(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a third-party chat may show: `ref` no personal data, `masked` shortened entities, `full` all."""

    detail: ChatDetail = "ref"


class Retention(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long what is kept."""

    events: Days = "365d"
    alerts: Days = "2y"
    incidents: Days = "5y"
    reports: Days = "5y"


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
