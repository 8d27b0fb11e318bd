"""`watchfloor rules health` as a page for a terminal."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from watchfloor.alerts.health.figures import RuleFigures
from watchfloor.detect.coverage import Reach, logsource_words
from watchfloor.detect.rule import Rule
from watchfloor.ops import paint

REACHES: Final[dict[Reach, str]] = {
    "ready": "its feed is there",
    "off": "switched off",
    "no_feed": "no feed brings it",
    "no_parser": "no parser for it",
}
"""Whether a rule can fire, in words."""

_HOW_MANY: Final[dict[Reach, str]] = {
    "ready": "with their feed there",
    "off": "switched off",
    "no_feed": "that no feed serves",
    "no_parser": "without a parser",
}
_COLUMNS: Final = ("matches", "alerts", "seen", "precision", "customers", "hidden", "cost")
_NOTHING: Final = Text("-", style=paint.DIM)
_DAY: Final = timedelta(days=1)
_MINUTE: Final = timedelta(minutes=1)


def health_page(
    figures: Sequence[RuleFigures], *, tenants: Sequence[str], days: int, now: datetime, width: int
) -> Group:
    """What the rules did, the busiest first, and which of them are throttled; on a narrow page, less of it."""
    active = [one for one in figures if one.matches or one.hidden or one.throttled_since is not None]
    parts: list[RenderableType] = [_heading(active, tenants, days), ""]
    if active:
        measured = sum(one.nanoseconds for one in figures)
        parts.append(_rules(active, measured, tenants, now=now, is_narrow=width < paint.NARROW))
    parts += list(_notes(active))
    return Group(*parts)


def silent_page(rules: Sequence[Rule], reaches: Mapping[str, Reach]) -> Group:
    """The rules that did not fire, and why they could not or might have."""
    if not rules:
        return Group(Text("\nNo loaded rule stayed silent.", style=paint.GOOD))
    counts = Counter(reaches[rule.id] for rule in rules)
    table = paint.table()
    table.add_column("level", no_wrap=True)
    table.add_column("silent rule", ratio=1)
    table.add_column("log source", style=paint.DIM)
    table.add_column("can it fire?", no_wrap=True)
    order = list(REACHES)
    for rule in sorted(rules, key=lambda one: (order.index(reaches[one.id]), one.title)):
        ready = reaches[rule.id] == "ready"
        word = Text(REACHES[reaches[rule.id]], style=paint.GOOD if ready else paint.WARN)
        table.add_row(paint.level(rule.level), paint.shown(rule.title), Text(paint.plain(_looks_at(rule))), word)
    summary = ", ".join(f"{counts[reach]:,} {words}" for reach, words in _HOW_MANY.items() if counts[reach])
    return Group(Text(f"\n{paint.counted(len(rules), 'rule')} did not fire: {summary}.\n"), table)


def span(length: timedelta) -> str:
    """A length of time in one word."""
    if length < _MINUTE:
        return "just now"
    if length < 60 * _MINUTE:
        return f"{length // _MINUTE} min"
    return f"{length // timedelta(hours=1)} h" if length < 2 * _DAY else f"{length // _DAY} d"


def _looks_at(rule: Rule) -> str:
    return "other rules" if rule.correlation is not None else logsource_words(rule.logsource)


def _heading(active: Sequence[RuleFigures], tenants: Sequence[str], days: int) -> Text:
    whose = tenants[0] if len(tenants) == 1 else paint.counted(len(tenants), "customer")
    fired = paint.counted(sum(one.matches > 0 for one in active), "rule")
    matches = paint.counted(sum(one.matches for one in active), "match", "matches")
    alerts = paint.counted(sum(one.opened for one in active), "alert")
    return Text("Rule health", style="bold") + Text(
        f"  {whose}, last {paint.counted(days, 'day')}: {fired} fired, {matches}, {alerts}", style=paint.DIM
    )


def _rules(
    active: Sequence[RuleFigures], measured: int, tenants: Sequence[str], *, now: datetime, is_narrow: bool
) -> Table:
    table = paint.table()
    table.add_column("level", no_wrap=True)
    table.add_column("rule", ratio=1)
    columns = _COLUMNS[:4] if is_narrow else _COLUMNS
    for heading in columns:
        if heading != "customers" or len(tenants) > 1:
            table.add_column(heading, justify="right", no_wrap=True)
    for one in active:
        seen = _NOTHING if one.last_event_at is None else Text(span(now - one.last_event_at))
        row = [Text(f"{one.matches:,}"), Text(f"{one.opened:,}"), seen, _precision(one)]
        if not is_narrow:
            row += [Text(f"{one.tenants}")] if len(tenants) > 1 else []
            row += [_count(one.hidden), _cost(one, measured)]
        table.add_row(paint.level(one.level, is_short=is_narrow), _title(one, now), *row)
    return table


def _title(one: RuleFigures, now: datetime) -> Text:
    title = paint.shown(one.title or one.rule_id)
    held = f"{paint.counted(one.held_keys, 'alert')} held" if one.held_keys else ""
    if one.throttled_since is not None:
        where = f" in {paint.counted(one.throttled_tenants, 'customer')}" if one.throttled_tenants > 1 else ""
        since = span(now - one.throttled_since)
        title += Text(f"\n⚠ throttled {since}{where}{': ' if held else ''}{held}", style=paint.BAD)
    elif held:
        title += Text(f"\n{held}", style=paint.WARN)
    if one.off_in:
        title += Text(f"\nswitched off by {paint.counted(one.off_in, 'customer')}", style=paint.DIM)
    return title


def _precision(one: RuleFigures) -> Text:
    share = one.verdicts.precision
    if share is None:
        return Text("no verdicts", style=paint.DIM)
    style = paint.GOOD if share >= 0.5 else paint.WARN if share >= 0.1 else paint.BAD
    low, high = one.verdicts.bounds
    sure = f" of {one.verdicts.decided} ({low:.0%} to {high:.0%})"
    return Text(f"{share:.0%}", style=style) + Text(sure, style=paint.DIM)


def _cost(one: RuleFigures, measured: int) -> Text:
    """The share of the time that was measured; where none was, how many events it had to look at closely."""
    if measured and one.nanoseconds:
        return Text(f"{one.nanoseconds / measured:.1%}")
    return Text(f"{one.candidates:,} looks") if one.candidates else _NOTHING


def _count(number: int) -> Text:
    return Text(f"{number:,}") if number else _NOTHING


def _notes(active: Sequence[RuleFigures]) -> Iterator[Text]:
    if not active:
        yield Text("No rule fired.", style=paint.DIM)
        return
    throttled = sum(one.throttled_since is not None for one in active)
    if throttled:
        yield Text(
            f"\n⚠ {paint.counted(throttled, 'rule')} throttled. All matches count, and hosts that a rule had not"
            " concerned before still get alerts. Narrow it with an exception, or wait: two calm hours end it.",
            style=paint.WARN,
        )
    if not any(one.verdicts.decided for one in active):
        yield Text(
            "\nPrecision is the share of true positives among the incidents with a verdict; nobody has given one yet.",
            style=paint.DIM,
        )
