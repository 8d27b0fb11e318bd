"""A made-up service report of October 2026: a customer with three feeds, fourteen incidents, and one silent feed."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Final

from reports.documents.service.facts import (
    Change,
    Daily,
    Days,
    Feed,
    Incident,
    MissingSource,
    Number,
    OpenAction,
    Outage,
    Response,
    ServiceReport,
    Tactic,
    Technique,
)
from reports.facts import AuditHead, Customer, Provenance, Provider, Severity
from reports.vocabulary import VerdictKind
from watchfloor.measures.definitions import DEFINITIONS, Definition

AT: Final = datetime(2026, 11, 3, 8, 15, tzinfo=UTC)
EVENTS: Final = tuple(9_000 + place % 7 * 310 for place in range(31))
ALERTS: Final = tuple(place % 4 for place in range(31))
INCIDENTS: Final = tuple(int(place % 2 == 0 and place < 28) for place in range(31))
DARK: Final = 57

_SEVERITIES: Final[tuple[Severity, ...]] = ("critical", "high", "medium", "low", "informational")
_VERDICTS: Final[tuple[VerdictKind | None, ...]] = ("true_positive", "benign", None, "false_positive", "inconclusive")
_VALUES: Final = {
    "events": sum(EVENTS),
    "matches": 2_946,
    "alerts": sum(ALERTS),
    "incidents": sum(INCIDENTS),
    "incidents.customer": 3,
    "verdict.true_positive": 3,
    "coverage.seen": 0.9744,
    "coverage.dark_hours": DARK,
    "coverage.unparsed": 590,
    "target.acknowledge": 0.9286,
    "target.resolve": 0.9091,
    "open.severe": 2,
    "open.customer": 1,
    "access.views": 41,
    "access.people": 4,
}
_PERCENTILE: Final = 5_400.0


def service_report(language: str = "en", *, changed: Mapping[str, object] | None = None) -> ServiceReport:
    """The report, in a language, with some parts otherwise."""
    parts: dict[str, object] = {
        "id": "rpt_01m81nn59jeyb860r2yhep9mtt",
        "revision": 1,
        "handling": "TLP:AMBER+STRICT",
        "generated_at": AT,
        "provider": Provider(name="Nordwacht Security", contact="soc@nordwacht.example"),
        "customer": Customer(id="ten_x", name="Acme Logistics GmbH", language=language, time_zone="Europe/Berlin"),
        "provenance": tuple(_provenance()),
        "audit_head": AuditHead(seq=10_482, hash="ab" * 32, signed_at=AT, key_id="audit-2026"),
        "audit_entries": 10_490,
        "period": Days(first=date(2026, 10, 1), end=date(2026, 11, 1)),
        "before": Days(first=date(2026, 9, 1), end=date(2026, 10, 1)),
        "has_data": True,
        "numbers": tuple(_number(one) for one in DEFINITIONS.values()),
        "daily": Daily(events=EVENTS, alerts=ALERTS, incidents=INCIDENTS),
        "feeds": _FEEDS,
        "missing_sources": (
            MissingSource(name="windows / process_creation", rules=61),
            MissingSource(name="aws / cloudtrail", rules=28),
        ),
        "incidents": tuple(_incident(place) for place in range(sum(INCIDENTS))),
        "attack_version": 17,
        "tactics": _TACTICS,
        "open_actions": _ACTIONS,
        "outages": (
            Outage(feed="fw-berlin", kind="silent", since=AT - timedelta(days=20), until=AT - timedelta(days=18)),
            Outage(feed="mail", kind="lag", since=AT - timedelta(days=9), until=None),
        ),
        "changes": (Change(at=AT - timedelta(days=12), kind="rule.disable", subject="Rare parent of a shell"),),
    }
    return ServiceReport(**(parts | dict(changed or {})))  # type: ignore[arg-type]  # the parts by name


def _source(definition: Definition) -> str:
    queries = list(dict.fromkeys(one.query for one in DEFINITIONS.values()))
    return f"M{queries.index(definition.query) + 1}"


def _provenance() -> list[Provenance]:
    sources = {_source(one): one.query for one in DEFINITIONS.values()}
    return [
        Provenance(id=name, query=query, taken_at=AT, records=("inc_a", "inc_b"), total_records=14)
        for name, query in sources.items()
    ]


def _number(one: Definition) -> Number:
    value = float(_VALUES.get(one.id, {"count": 4, "seconds": 780, "share": 0.5, "days": 92}[one.unit]))
    return Number(
        id=one.id,
        unit=one.unit,
        value=value,
        p95=_PERCENTILE if one.unit == "seconds" else None,
        n=14,
        before=value,
        trend="noise" if one.id != "target.acknowledge" else "worse",
        target=None if one.target is None else float(one.target),
        is_met=None if one.target is None else (value <= one.target if one.better == "less" else value >= one.target),
        source=_source(one),
    )


def _incident(place: int) -> Incident:
    opened = datetime(2026, 10, 1, 6, 30, tzinfo=UTC) + timedelta(days=2 * place)
    verdict = _VERDICTS[place % 5]
    return Incident(
        id=f"inc_{place:026}",
        ref=f"ACME-{place + 31}",
        title="" if place == 5 else f"Credential dumping through comsvcs.dll on ws-{place:04}.acme.example",
        is_restricted=place == 5,
        severity=_SEVERITIES[place % 5],
        state="new" if verdict is None else "resolved",
        verdict=verdict,
        reason="" if verdict is None or place == 5 else "A script of the backup, run by its own account.",
        opened_at=opened,
        resolved_at=None if verdict is None else opened + timedelta(hours=3, minutes=12),
        responses=(Response(kind="isolate_host", state="done"),) if place == 0 else (),
        needed_customer=place < 3,
    )


def _feed(name: str, *, dark: int, silent: int = 0, events: int = 90_000) -> Feed:
    return Feed(
        name=name,
        is_paused=False,
        events=events,
        hours=745,
        hours_with_data=745 - dark,
        dark_hours=dark,
        silent_seconds=silent,
        unparsed=0,
        refused=0,
        last_hour=AT - timedelta(days=2),
    )


_FEEDS: Final = (
    _feed("edr", dark=0),
    _feed("fw-berlin", dark=DARK - 9, silent=48 * 3600),
    _feed("mail", dark=9),
)

_TACTICS: Final = tuple(
    Tactic(
        id=f"TA000{number}",
        name=name,
        techniques=tuple(
            Technique(
                id=f"T{number}{place:03}",
                name=f"Technique {number}.{place}",
                alerts=12 - place if place < 2 else 0,
                rules=3,
                is_covered=place < size * 2 // 3,
                is_tested=place < size // 2,
            )
            for place in range(size)
        ),
    )
    for number, (name, size) in enumerate(
        (("Initial Access", 8), ("Execution", 14), ("Persistence", 37), ("Credential Access", 21), ("Impact", 5)), 1
    )
)

_ACTIONS: Final = (
    OpenAction(owner="customer", duty="answer", subject="ACME-33", since=AT - timedelta(days=1), due_at=None),
    OpenAction(owner="customer", duty="restore_feed", subject="mail", since=AT - timedelta(days=9), due_at=None),
    OpenAction(
        owner="provider",
        duty="resolve",
        subject="ACME-38",
        since=AT - timedelta(days=2),
        due_at=AT + timedelta(hours=6),
    ),
    OpenAction(
        owner="provider",
        duty="decide_exception",
        subject="ACME-35/1",
        since=AT - timedelta(days=2),
        due_at=AT + timedelta(days=1),
    ),
)
