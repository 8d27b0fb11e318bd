"""`watchfloor feed list`, `show` and `alarms` as pages for a terminal."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from watchfloor.feeds.alarms.alarm import Alarm, span
from watchfloor.feeds.health import FeedHealth, Lag, Standing, Trust
from watchfloor.kernel.ids import FeedId
from watchfloor.ops import paint

_STANDINGS: Final[dict[Standing, tuple[str, str]]] = {
    "ok": ("ok", paint.GOOD),
    "alarm": ("alarm", paint.BAD),
    "learning": ("learning", paint.DIM),
    "waiting": ("nothing yet", paint.WARN),
    "paused": ("paused", paint.DIM),
}
_NOTHING: Final = Text("-", style=paint.DIM)
_LISTED: Final = 30


def list_page(feeds: Sequence[FeedHealth], *, now: datetime, width: int) -> Group:
    """All feeds of a tenant, with what is wrong under them."""
    if not feeds:
        return Group(Text("The tenant has no feed yet.", style=paint.DIM))
    is_narrow = width < paint.NARROW
    table = paint.table()
    for heading in ("feed", "door", "health"):
        table.add_column(heading, no_wrap=True)
    for heading in ("last", "events, 24 h", "usual", "unparsed", *(() if is_narrow else ("lag p50", "p99", "lost"))):
        table.add_column(heading, justify="right", no_wrap=True)
    for one in feeds:
        day = one.day
        row = [Text(one.feed.name), Text(one.feed.door, style=paint.DIM), _standing(one.standing)]
        row += [_ago(one.last_received_at, now), Text(f"{day.events:,}"), _count(one.expected_events)]
        row.append(_share(day.unparsed, day.events))
        if not is_narrow:
            row += [_length(day.event_lag.p50), _length(day.event_lag.p99), _count(day.dropped or None)]
        table.add_row(*row)
    words = [Text(f"⚠ {alarm.words(one.feed.name)}", style=paint.BAD) for one in feeds for alarm in one.alarms]
    return Group(table, *words)


def show_page(one: FeedHealth, trust: Trust, *, days: int, now: datetime) -> Group:
    """One feed: its figures, its lag, and its blind hours, each by its hour."""
    feed, sums = one.feed, trust.sums
    lines: list[tuple[str, RenderableType]] = [
        ("health", _standing(one.standing)),
        ("door", Text(feed.door)),
        ("last event", _ago(one.last_received_at, now)),
        ("silent since", _NOTHING if one.silent_since is None else Text(_hour(one.silent_since), style=paint.BAD)),
        ("usually heard of within", _length(one.usual_seconds)),
        ("usual events in 24 h", _count(one.expected_events)),
        (f"events, {days} d", Text(f"{sums.events:,} in {sums.batches:,} batches, {sums.raw_bytes:,} bytes")),
        ("unparsed, quarantined", Text(f"{sums.unparsed:,}, {sums.quarantined:,}")),
        ("repeats, duplicates", Text(f"{sums.repeats:,}, {sums.duplicates:,}")),
        ("refused requests, events", Text(f"{sums.refused:,}, {sums.dropped:,}")),
        ("event to receipt", _lag(sums.event_lag)),
        ("receipt to rules", _lag(sums.work_lag)),
        ("matches", Text(f"{sums.matches:,}")),
    ]
    table = Table.grid(padding=(0, 2))
    for name, value in lines:
        table.add_row(Text(name, style=paint.DIM), value)
    parts: list[RenderableType] = [Text(f"Feed {feed.name}", style="bold"), table]
    parts += [Text(f"⚠ {alarm.words(feed.name)}", style=paint.BAD) for alarm in one.alarms]
    if trust.blind:
        parts.append(Text(f"\n{paint.counted(len(trust.blind), 'blind hour')} in {days} days, in UTC:"))
        parts += [
            Text(f"  {_hour(blind.hour)}  {blind.expected_events:,} events are usual", style=paint.WARN)
            for blind in trust.blind[-_LISTED:]
        ]
    return Group(*parts)


def alarms_page(alarms: Sequence[Alarm], names: Mapping[FeedId, str]) -> Group:
    """Alarms, the newest first."""
    if not alarms:
        return Group(Text("There was no alarm.", style=paint.DIM))
    table = paint.table()
    for heading in ("raised", "cleared", "feed"):
        table.add_column(heading, no_wrap=True)
    table.add_column("what", ratio=1)
    for alarm in alarms:
        name = names[alarm.feed_id]
        cleared = Text("open", style=paint.BAD) if alarm.cleared_at is None else Text(_hour(alarm.cleared_at))
        table.add_row(Text(_hour(alarm.raised_at)), cleared, Text(name), Text(paint.plain(alarm.words(name))))
    return Group(table)


def _standing(standing: Standing) -> Text:
    word, style = _STANDINGS[standing]
    return Text(word, style=style)


def _ago(at: datetime | None, now: datetime) -> Text:
    return _NOTHING if at is None else Text(f"{span(max(now - at, timedelta()).total_seconds())} ago")


def _count(number: int | None) -> Text:
    return _NOTHING if number is None else Text(f"{number:,}")


def _share(part: int, whole: int) -> Text:
    if not part or not whole:
        return _NOTHING
    share = part / whole
    return Text(f"{share:.0%}" if share >= 0.01 else "<1%", style=paint.WARN if share > 0.1 else "")


def _length(seconds: float | None) -> Text:
    return _NOTHING if seconds is None else Text(span(seconds))


def _lag(lag: Lag) -> Text:
    if lag.p50 is None or lag.p99 is None:
        return _NOTHING
    return Text(f"p50 {span(lag.p50)}, p99 {span(lag.p99)}")


def _hour(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}"
