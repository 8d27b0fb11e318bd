"""The first page in sentences, made from records and from nothing else.

Owns which facts a reader needs in the first ten seconds, and in which order. Every sentence is one of our
phrases filled with facts; a sentence whose fact is missing is left out or says so. What people wrote is
quoted with their name. It invents, weighs and concludes nothing.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from markupsafe import Markup

from reports.documents.incident.facts import (
    Action,
    Alert,
    IncidentReport,
)
from reports.documents.incident.language.table import words_of
from reports.facts import (
    Severity,
)
from reports.language.locale import Locale
from reports.printed import code, printed, sentence

HOSTS_NAMED: Final = 3
TECHNIQUES_NAMED: Final = 6
ACTIONS_NAMED: Final = 4

WEIGHT: Final[dict[Severity, int]] = {"informational": 0, "low": 1, "medium": 2, "high": 3, "critical": 4}


def happened(report: IncidentReport, locale: Locale) -> list[Markup]:
    """What was seen: when, how much, where, the worst of it, and what people concluded."""
    sentences = [_seen(report, locale)]
    worst = worst_alert(report.alerts)
    if worst is not None:
        sentences.append(_worst(worst, report, locale))
    names = technique_ids(report.alerts)
    if names:
        listed = Markup(", ").join(printed(name, 20) for name in names[:TECHNIQUES_NAMED])
        more = len(names) - TECHNIQUES_NAMED
        if more > 0:
            listed += Markup(" + ") + locale.number(more)
        sentences.append(sentence(words_of(locale).summary.techniques, techniques=listed))
    sentences.append(_verdict(report, locale))
    return sentences


def done(report: IncidentReport, locale: Locale) -> list[Markup]:
    """What was done about it: the stages that were reached, and the first response actions."""
    words = words_of(locale).summary
    opened = report.incident.opened_at
    stages = (
        (words.acknowledged, report.incident.acknowledged_at),
        (words.contained, report.incident.contained_at),
        (words.resolved, report.incident.resolved_at),
        (words.closed, report.incident.closed_at),
    )
    sentences = [_stage(phrase, report, at, locale) for phrase, at in stages if at is not None]
    if report.incident.acknowledged_at is None:
        sentences.insert(0, sentence(words.not_acknowledged, time=_time(opened, report, locale)))
    if not report.actions:
        sentences.append(printed(words.nothing_done))
    sentences += [_action(action, report, locale) for action in report.actions[:ACTIONS_NAMED]]
    more = len(report.actions) - ACTIONS_NAMED
    if more > 0:
        sentences.append(locale.counted(words.more_actions, more))
    return sentences


def worst_alert(alerts: Iterable[Alert]) -> Alert | None:
    """The alert of the highest severity; among equals the one that was seen first."""
    return min(alerts, key=lambda alert: (-WEIGHT[alert.severity], alert.first_seen, alert.id), default=None)


def technique_ids(alerts: Iterable[Alert]) -> list[str]:
    """The ATT&CK techniques of the alerts, each once, in the order in which they were first seen."""
    ordered = sorted(alerts, key=lambda alert: (alert.first_seen, alert.id))
    return list(dict.fromkeys(technique.id for alert in ordered for technique in alert.rule.techniques))


def _action(action: Action, report: IncidentReport, locale: Locale) -> Markup:
    words = words_of(locale).summary
    parts = {
        "what": printed(action.what, 80),
        "target": code(action.target, 80),
        "result": printed(locale.phrases.words.result[action.result]),
        "name": printed(action.by.name, 60),
        "time": _time(action.at, report, locale),
    }
    if action.approved_by is None:
        return sentence(words.action, **parts)
    return sentence(words.action_approved, approver=printed(action.approved_by.name, 60), **parts)


def _seen(report: IncidentReport, locale: Locale) -> Markup:
    words = words_of(locale).summary
    incident = report.incident
    same_minute = locale.moment(incident.first_event_at) == locale.moment(incident.last_event_at)
    return sentence(
        words.seen_at if same_minute else words.seen_between,
        first=locale.moment(incident.first_event_at),
        last=_time(incident.last_event_at, report, locale),
        events=locale.counted(words.events, report.figures.events.value),
        rules=locale.counted(words.rules, report.figures.rules.value),
        place=_place(report, locale),
    )


def _place(report: IncidentReport, locale: Locale) -> Markup:
    words = words_of(locale).summary
    hosts = [entity.value for entity in report.entities if entity.kind == "host"]
    if not hosts:
        return printed(words.without_host)
    named: list[Markup] = [code(host, 60) for host in hosts[:HOSTS_NAMED]]
    more = max(report.figures.hosts.value, len(hosts)) - len(named)
    if more > 0:
        named.append(locale.counted(words.and_more, more))
    return sentence(words.on_hosts, hosts=_listed(named, locale.phrases.writing.list_and))


def _listed(items: Sequence[Markup], last: str) -> Markup:
    """The items as one reads them: "a", "a and b", "a, b and c"."""
    if len(items) < 2:
        return items[0]
    return Markup("{} {} {}").format(Markup(", ").join(items[:-1]), last, items[-1])


def _worst(alert: Alert, report: IncidentReport, locale: Locale) -> Markup:
    writing = locale.phrases.writing
    title = Markup("{}{}{}").format(writing.open_quote, printed(alert.rule.title, 110), writing.close_quote)
    return sentence(
        words_of(locale).summary.top_alert,
        title=title,
        severity=printed(locale.phrases.words.severity[alert.severity].lower()),
        time=_time(alert.first_seen, report, locale),
    )


def _verdict(report: IncidentReport, locale: Locale) -> Markup:
    verdict = report.incident.verdict
    if verdict is None:
        return printed(words_of(locale).summary.no_verdict)
    return sentence(
        words_of(locale).summary.verdict,
        name=printed(verdict.by.name, 60),
        verdict=Markup("<strong>{}</strong>").format(locale.phrases.words.verdict[verdict.kind]),
        reason=printed(verdict.reason, 240),
    )


def _stage(phrase: str, report: IncidentReport, at: datetime, locale: Locale) -> Markup:
    elapsed = locale.between(report.incident.opened_at, at)
    return sentence(phrase, time=_time(at, report, locale), elapsed=elapsed)


def _time(at: datetime, report: IncidentReport, locale: Locale) -> Markup:
    """A time as it is read behind the first sentence, which has named the day."""
    return locale.moment_near(at, report.incident.first_event_at)
