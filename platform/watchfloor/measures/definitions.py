"""What each measure counts, of what, by which query, in which unit, and which way is better: as data.

Owns the ids that surfaces and reports name measures by. Every id that a reading can have stands here.
"""

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

import msgspec

from watchfloor.measures.comparison import Better

Unit: TypeAlias = Literal["count", "seconds", "share", "days"]


class Definition(msgspec.Struct, frozen=True, kw_only=True):
    """A measure. `query` names how it is counted, in reports and their attached data; `population` is what it is of.

    `target` is in the measure's unit and the direction of `better`; None where none was set. A share is 0 to 1.
    """

    id: str
    unit: Unit
    query: str
    population: str
    says: str
    better: Better | None = None
    target: float | None = None


_INCIDENTS: Final = "incidents opened in the period, without those that became part of another"
_HOURS: Final = "hours of all feeds since each was created, until it was paused"
_ACTIONS: Final = "response actions proposed in the period"
_EVENTS: Final = "events received in the period"


def _times() -> tuple[Definition, ...]:
    said = {
        "detect": "From the first event's own time until a rule raised the first alert.",
        "triage": "From the first alert until an analyst first worked on the incident.",
        "decide": "From the first alert until the first verdict.",
        "notify": "From the verdict until the customer was told: asked, asked to approve, or handed a report.",
        "contain": "From the verdict until containment was confirmed.",
        "resolve": "From the verdict until the incident was resolved.",
    }
    return tuple(
        Definition(
            id=f"time.{stage}",
            unit="seconds",
            query=f"time_to_{stage}",
            population=_INCIDENTS,
            says=f"{says} Without the time in which it waited for the customer. Median and 95th percentile.",
            better="less",
        )
        for stage, says in said.items()
    )


def _groups() -> tuple[Definition, ...]:
    groups = {
        "severity": ("informational", "low", "medium", "high", "critical"),
        "verdict": ("true_positive", "benign", "false_positive", "inconclusive", "none"),
        "state": ("new", "acknowledged", "contained", "resolved", "closed"),
    }
    return tuple(
        Definition(
            id=f"{group}.{name}",
            unit="count",
            query=f"incidents_by_{group}",
            population=_INCIDENTS,
            says=f"Incidents whose {group} is {name.replace('_', ' ')} at the reading.",
        )
        for group, names in groups.items()
        for name in names
    )


def _ends() -> tuple[Definition, ...]:
    return tuple(
        Definition(
            id=f"actions.{state}",
            unit="count",
            query="actions_by_end",
            population=_ACTIONS,
            says=f"Response actions that are {state} at the reading.",
        )
        for state in ("done", "failed", "declined", "expired", "withdrawn")
    )


def _count(measure: str, query: str, population: str, says: str, *, better: Better | None = None) -> Definition:
    return Definition(id=measure, unit="count", query=query, population=population, says=says, better=better)


def _share(
    measure: str, query: str, population: str, says: str, *, better: Better | None = "more", target: float | None = None
) -> Definition:
    return Definition(
        id=measure, unit="share", query=query, population=population, says=says, better=better, target=target
    )


_ALL: Final = (
    _count("events", "events_of_feed_hours", _EVENTS, "Events that feeds brought, by hour of receipt."),
    _count("matches", "matches_of_feed_hours", _EVENTS, "Events that a rule matched, once for each rule."),
    _count("alerts", "alerts_raised", "alerts raised in the period", "Alerts: matches of a rule about one thing."),
    _count("incidents", "incidents_opened", _INCIDENTS, "Incidents that were opened."),
    _count(
        "incidents.customer",
        "incidents_that_needed_the_customer",
        _INCIDENTS,
        "Incidents in which the customer was asked a question, or to approve an action.",
    ),
    *_groups(),
    *_times(),
    _share(
        "target.acknowledge",
        "targets_acknowledge",
        "incidents whose target was met or missed",
        "Incidents that were acknowledged before the agreed deadline.",
        target=0.95,
    ),
    _share(
        "target.resolve",
        "targets_resolve",
        "incidents whose target was met or missed",
        "Incidents that were resolved before the agreed deadline.",
        target=0.9,
    ),
    Definition(
        id="open.severe",
        unit="count",
        query="open_severe_incidents",
        population="incidents not resolved at the end of the period",
        says="Incidents of high or critical severity that were not resolved when the period ended.",
        better="less",
        target=0,
    ),
    Definition(
        id="open.customer",
        unit="count",
        query="waiting_for_the_customer",
        population="questions and approvals open at the reading",
        says="Incidents that wait for the customer's answer, and actions that wait for the customer's approval.",
        better="less",
        target=0,
    ),
    _share(
        "coverage.seen",
        "hours_seen",
        _HOURS,
        "Hours in which a feed brought events, or in which it usually is silent.",
        target=0.95,
    ),
    _count(
        "coverage.dark_hours",
        "hours_dark",
        _HOURS,
        "Hours in which nothing came though it usually does, or before anything ever came.",
        better="less",
    ),
    _share("coverage.feeds", "feeds_with_data", "feeds of the period", "Feeds that brought events.", target=1.0),
    _count("coverage.unparsed", "events_unparsed", _EVENTS, "Events that no parser could read.", better="less"),
    _count(
        "coverage.quarantined", "events_quarantined", _EVENTS, "Events put aside because they broke.", better="less"
    ),
    _count("coverage.refused", "events_refused", "refused requests", "Events of requests turned away.", better="less"),
    _count("assets.hosts", "hosts_in_alerts", "alerts of the period", "Different hosts that alerts name."),
    _count("assets.weighed", "assets_weighed", "assets", "Assets that somebody gave a weight, as of the reading."),
    Definition(
        id="retention.days",
        unit="days",
        query="days_kept",
        population="stored events",
        says="How many days back events can be searched at the reading.",
        better="more",
    ),
    _count("attack.seen", "techniques_seen", "alerts of the period", "Different ATT&CK techniques that alerts showed."),
    _share(
        "attack.covered",
        "techniques_covered",
        "techniques that there are rules for",
        "Techniques with a rule that can fire on the log sources that came in.",
        target=0.8,
    ),
    _share(
        "attack.tested",
        "techniques_tested",
        "techniques that there are rules for",
        "Covered techniques of which a rule is proved by samples with each build.",
    ),
    _count("actions", "actions_proposed", _ACTIONS, "Response actions that somebody proposed."),
    *_ends(),
    _count("actions.customer", "actions_approved_by_customer", _ACTIONS, "Actions that the customer approved."),
    Definition(
        id="time.approve",
        unit="seconds",
        query="time_to_approve",
        population=_ACTIONS,
        says="From the proposal of an action until it was approved.",
        better="less",
    ),
    _count("exceptions.made", "exceptions_made", "exceptions", "Exceptions that were made."),
    _count("exceptions.ended", "exceptions_ended", "exceptions", "Exceptions that ended or expired."),
    _count("exceptions.held", "exceptions_held", "exceptions", "Exceptions that held when the period ended."),
    _count("changes", "rule_changes", "audit entries", "Rules switched off or on or weighed anew, and lists changed."),
    _count("outages", "feed_alarms_begun", "alarms of feeds", "Alarms of feeds that began.", better="less"),
    _count("access.views", "views_by_provider", "audit entries", "Times that the provider's people opened something."),
    _count("access.people", "people_of_provider", "audit entries", "Different people of the provider among them."),
    _share(
        "notices.in_time",
        "notices_in_time",
        "notices due in the period",
        "Notices of breach cases that were handed in before they were due.",
        target=1.0,
    ),
)

DEFINITIONS: Final[Mapping[str, Definition]] = {definition.id: definition for definition in _ALL}
"""All measures by id, in the order in which they are shown."""
