"""`watchfloor rules coverage` as a page for a terminal."""

from collections.abc import Iterator, Sequence
from typing import Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from watchfloor.detect.coverage import Coverage, Missing, TacticCoverage, TechniqueCoverage, logsource_words
from watchfloor.feeds.sources.ledger import SeenSource
from watchfloor.normalise.event import LogSource
from watchfloor.ops import paint

_LISTED: Final = 12
"""How many missing log sources are listed."""


def coverage_page(
    coverage: Coverage, sources: Sequence[SeenSource], *, whose: str, days: int, full: bool, width: int
) -> Group:
    """What is covered, by tactic or (`full`) by technique, and which log sources would help most."""
    parts: list[RenderableType] = [_heading(coverage, sources, whose, days), ""]
    parts.append(_techniques(coverage.tactics) if full else _tactics(coverage.tactics, is_narrow=width < paint.NARROW))
    if coverage.missing:
        parts += ["", _missing(coverage.missing)]
    parts += list(_notes(coverage, sources))
    return Group(*parts)


def _heading(coverage: Coverage, sources: Sequence[SeenSource], whose: str, days: int) -> Text:
    ready, events = coverage.reaches["ready"], paint.counted(sum(one.events for one in sources), "event")
    return (
        Text("ATT&CK coverage", style="bold")
        + Text(f"  {whose}, feeds of the last {paint.counted(days, 'day')}\n", style=paint.DIM)
        + Text(f"{ready:,} of {coverage.rules:,} rules can fire", style=paint.GOOD if ready else paint.BAD)
        + Text(f": {paint.counted(len(sources), 'log source')} brought {events}", style=paint.DIM)
    )


def _tactics(tactics: Sequence[TacticCoverage], *, is_narrow: bool) -> Table:
    table = paint.table()
    table.add_column("tactic", no_wrap=True)
    for heading in ("techniques", "rules"):
        table.add_column(heading, justify="right", no_wrap=True)
        table.add_column("", no_wrap=True)
    if not is_narrow:
        table.add_column("techniques that no rule can see", style=paint.DIM)
    for tactic in tactics:
        total = len(tactic.techniques)
        covered = sum(one.ready > 0 for one in tactic.techniques)
        row = [Text(f"{covered} / {total}"), paint.bar(covered, total)]
        row += [Text(f"{tactic.ready:,} / {tactic.rules:,}"), paint.bar(tactic.ready, tactic.rules)]
        dark = [] if is_narrow else [_dark(tactic.techniques)]
        table.add_row(Text(tactic.name, style="bold"), *row, *dark)
    return table


def _dark(techniques: Sequence[TechniqueCoverage]) -> str:
    """The techniques that no rule can see, as many as fit on a line."""
    dark = [one.id for one in techniques if not one.ready]
    return ", ".join(dark[:3]) + (f" and {len(dark) - 3} more" if len(dark) > 3 else "")


def _techniques(tactics: Sequence[TacticCoverage]) -> Table:
    table = paint.table()
    table.add_column("technique", no_wrap=True)
    table.add_column("", ratio=2)
    table.add_column("rules", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("missing log sources", ratio=2, style=paint.DIM)
    for tactic in tactics:
        table.add_row(Text(tactic.id, style="bold"), Text(tactic.name, style="bold"), "", "", "")
        for one in tactic.techniques:
            missing = ", ".join(f"{logsource_words(gap.logsource)} ({gap.rules})" for gap in one.missing)
            row = (f"{one.ready} / {one.rules}", paint.bar(one.ready, one.rules), Text(paint.plain(missing)))
            table.add_row(f"  {one.id}", one.name, *row)
    return table


def _missing(missing: Sequence[Missing]) -> Table:
    table = paint.table()
    table.add_column("log source that is missing", no_wrap=True)
    table.add_column("rules that wait for it", justify="right", no_wrap=True)
    table.add_column("")
    for gap in missing[:_LISTED]:
        hint = Text("connect a feed", style=paint.GOOD) if gap.readable else Text("no parser for it", style=paint.DIM)
        table.add_row(Text(paint.plain(logsource_words(gap.logsource))), f"{gap.rules:,}", hint)
    if len(missing) > _LISTED:
        table.add_row(Text(f"and {len(missing) - _LISTED} more", style=paint.DIM), "", "")
    return table


def _notes(coverage: Coverage, sources: Sequence[SeenSource]) -> Iterator[Text]:
    if not sources:
        yield Text("\nNo events of a known log source came in, so no rule can fire.", style=paint.WARN)
    if coverage.reaches["off"]:
        yield Text(f"\n{paint.counted(coverage.reaches['off'], 'rule')} switched off.", style=paint.WARN)
    if coverage.untagged:
        yield Text(
            f"\n{paint.counted(coverage.untagged, 'rule')} without an ATT&CK technique, counted in no row.",
            style=paint.DIM,
        )


def seen_logsources(sources: Sequence[SeenSource]) -> frozenset[LogSource]:
    """The log sources that came in."""
    return frozenset(LogSource(product=one.product, category=one.category, service=one.service) for one in sources)
