"""`watchfloor connector list` and `show` as pages for a terminal. What vendors say is shown as harmless text."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from watchfloor.feeds.alarms.alarm import span
from watchfloor.feeds.connectors.instances.overview import ConnectorView, FaultView, Overall, StrangerView, StreamView
from watchfloor.feeds.connectors.instances.standing import Health
from watchfloor.ops import paint

_HEALTHS: Final[dict[Health | Overall, tuple[str, str]]] = {
    "ok": ("ok", paint.GOOD),
    "waiting": ("nothing yet", paint.WARN),
    "behind": ("behind", paint.BAD),
    "stopped": ("stopped", paint.BAD),
    "failing": ("failing", paint.WARN),
    "off": ("off", paint.DIM),
    "done": ("done", paint.GOOD),
    "paused": ("paused", paint.DIM),
}
_NOTHING: Final = Text("-", style=paint.DIM)


def list_page(found: Sequence[ConnectorView]) -> Group:
    """All connectors of a tenant, with what is wrong under them."""
    if not found:
        return Group(Text("The tenant has no connector yet.", style=paint.DIM))
    table = paint.table()
    for heading in ("name", "connector", "tier", "health"):
        table.add_column(heading, no_wrap=True)
    for heading in ("late", "records", "repeats"):
        table.add_column(heading, justify="right", no_wrap=True)
    for one in found:
        table.add_row(
            Text(one.name),
            Text(one.connector, style=paint.DIM),
            Text(one.tier or "-", style=paint.DIM),
            _health(one.health),
            _span(one.late_seconds),
            Text(f"{sum(stream.records for stream in one.streams):,}"),
            Text(f"{sum(stream.repeats for stream in one.streams):,}"),
        )
    parts: list[RenderableType] = [table]
    for one in found:
        for stream in one.streams:
            parts += _fault(stream.fault, f"{one.name}, {stream.name}")
    return Group(*parts)


def show_page(one: ConnectorView, *, now: datetime) -> Group:
    """One connector: what it was told, how each stream stands, and strangers."""
    lines: list[tuple[str, Text]] = [
        ("health", _health(one.health)),
        ("connector", Text(f"{one.title}" + (f" ({one.tier})" if one.tier else ""))),
        *[(name, paint.shown(value)) for name, value in one.settings.items()],
        ("secrets", Text(f"{', '.join(one.secrets) or 'none'}, given {_minute(one.secrets_at)}")),
        ("asked again at", _NOTHING if one.retry_at is None else Text(_minute(one.retry_at), style=paint.WARN)),
    ]
    head = Table.grid(padding=(0, 2))
    for name, value in lines:
        head.add_row(Text(name, style=paint.DIM), value)
    parts: list[RenderableType] = [Text(f"Connector {one.name}", style="bold"), head, Text(""), _streams(one, now)]
    for stream in one.streams:
        parts += _fault(stream.fault, stream.name)
    parts += _strangers(one.strangers)
    return Group(*parts)


def _streams(one: ConnectorView, now: datetime) -> Table:
    table = paint.table()
    for heading in ("stream", "window", "health"):
        table.add_column(heading, no_wrap=True)
    for heading in ("late", "had all", "newest", "records", "repeats"):
        table.add_column(heading, justify="right", no_wrap=True)
    for stream in one.streams:
        table.add_row(
            Text(stream.name),
            _window(stream),
            _health(stream.health),
            _span(stream.late_seconds),
            _ago(stream.reached_at, now),
            _ago(stream.newest_at, now),
            Text(f"{stream.records:,}"),
            Text(f"{stream.repeats:,}"),
        )
    return table


def _fault(fault: FaultView | None, place: str) -> list[RenderableType]:
    if fault is None:
        return []
    where = "" if fault.where is None else f" ({fault.where})"
    since = "" if fault.since is None else f" since {_minute(fault.since)}"
    lines: list[RenderableType] = [
        Text(f"⚠ {place}{since}: ", style=paint.BAD) + paint.shown(fault.message + where, style=paint.BAD)
    ]
    if fault.remedy:
        lines.append(Text("  → ", style=paint.DIM) + paint.shown(fault.remedy, style=paint.DIM))
    return lines


def _strangers(strangers: Sequence[StrangerView]) -> list[RenderableType]:
    if not strangers:
        return []
    lines: list[RenderableType] = [
        Text("\nRecords of accounts that are not the customer's were seen and not stored:", style=paint.WARN)
    ]
    for one in strangers:
        seen = f", {paint.counted(one.records, 'record')}, last {_minute(one.last_at)}, in {one.place}"
        lines.append(Text("  ") + paint.shown(one.account) + paint.shown(seen, style=paint.DIM))
    lines.append(
        Text("  → If one is the customer's: add it with `connector set`, and fetch what was missed.", style=paint.DIM)
    )
    return lines


def _window(stream: StreamView) -> Text:
    if stream.window_start is None or stream.window_end is None:
        return _NOTHING
    return Text(f"{_minute(stream.window_start)} to {_minute(stream.window_end)}", style=paint.DIM)


def _health(health: Health | Overall) -> Text:
    word, style = _HEALTHS[health]
    return Text(word, style=style)


def _span(seconds: float | None) -> Text:
    return _NOTHING if seconds is None else Text(span(seconds))


def _ago(at: datetime | None, now: datetime) -> Text:
    return _NOTHING if at is None else Text(f"{span(max((now - at).total_seconds(), 0))} ago")


def _minute(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
