"""Draws what a scan found for people: matches by rule, the worst first, and the counts.

Everything from an event goes through `for_terminal`, everything from a rule or a file's name through `one_line`, and
into plain `Text`, never into markup.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec
from rich.console import Console
from rich.text import Text

from watchfloor.kernel.neutralise import Untrusted, for_terminal
from watchfloor.ops.paint import ACCENT, DIM, WARN, badge, counted, plain
from watchfloor.ops.scan.tally import RuleTally, Tally
from watchfloor.ops.scan.verdict import Match

_INDENT: Final = " " * 12
_PLAIN_LINK: Final = re.compile(r"https://[\w./%@~+-]{1,500}", re.ASCII)


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """What a scan took."""

    seconds: float
    bytes: int
    jobs: int


def draw(console: Console, lines: Iterable[Text]) -> None:
    """Prints lines, those that may not wrap cut at the edge of a terminal; whole lines anywhere else."""
    for line in lines:
        if console.is_terminal and line.no_wrap:
            line.truncate(console.width, overflow="ellipsis")
        console.print(line, soft_wrap=not console.is_terminal, highlight=False, markup=False)


def matches(tally: Tally, *, width: int | None) -> Iterator[Text]:
    """All rules that matched, each with its first matches. Names of files keep their ends where `width` is short."""
    for found in tally.by_severity():
        yield Text()
        yield _head(found)
        yield from _byline(found)
        for match in found.shown:
            yield from _match(match, width)
        if found.count > len(found.shown):
            yield Text(f"{_INDENT}and {found.count - len(found.shown):,} more", style=DIM)


def summary(tally: Tally, pace: Pace, *, rules: int, refused: int) -> Iterator[Text]:
    """The counts of a scan."""
    yield Text()
    yield _levels(tally)
    rate = tally.events / pace.seconds if pace.seconds > 0 else 0.0
    yield Text(
        f"{counted(tally.events, 'event')} of {counted(tally.files, 'file')} ({_size(pace.bytes)}) held against"
        f" {counted(rules, 'rule')} in {pace.seconds:.1f} s: {rate:,.0f} events/s"
        f" with {counted(pace.jobs, 'process', 'processes')}"
    )
    for number, thing, words in (
        (refused, "rule", "cannot be run; named above"),
        (tally.files_damaged, "file", "cannot be read to the end; named above"),
        (tally.broken, "record", "cannot be read; the first of each file are named above"),
        (tally.unknown, "event", "of a source that no parser knows; no rule looks at such events"),
    ):
        if number:
            yield Text(f"{counted(number, thing)} {words}", style=WARN)


def _head(found: RuleTally) -> Text:
    files = f" in {found.files:,} files" if found.files > 1 else ""
    count = f"  {counted(found.count, 'match', 'matches')}{files}"
    return Text.assemble(badge(found.rule.level), "  ", (plain(found.rule.title), "bold"), (count, ACCENT))


def _byline(found: RuleTally) -> Iterator[Text]:
    rule = found.rule
    tags = " ".join(tag.removeprefix("attack.") for tag in rule.tags if tag.startswith("attack."))
    yield _cut(" · ".join(part for part in (rule.id, tags) if part), DIM)
    yield _cut(" · ".join((f"by {rule.author}", rule.licence)), DIM)
    if rule.link is not None:
        clickable = f" link {rule.link}" if _PLAIN_LINK.fullmatch(rule.link) else ""
        yield _cut(rule.link, f"{DIM}{clickable}")


def _match(match: Match, width: int | None) -> Iterator[Text]:
    when = match.time[:19].replace("T", " ") if match.time is not None else "without a time"
    line = Text.assemble(_INDENT, (f"{when:<19}", ACCENT), "  ", for_terminal(Untrusted(match.summary)))
    line.no_wrap = True
    yield line
    place = f"{plain(match.file)} #{match.index}" + (f" (line {match.line})" if match.line is not None else "")
    room = None if width is None else max(width - len(_INDENT) - 21, 20)
    yield Text(f"{_INDENT}{'':<19}  {_ending(place, room)}", style=DIM, no_wrap=True)


def _ending(text: str, room: int | None) -> str:
    return text if room is None or len(text) <= room else f"…{text[1 - room :]}"


def _cut(text: str, style: str) -> Text:
    return Text(f"{_INDENT}{plain(text)}", style=style, no_wrap=True)


def _levels(tally: Tally) -> Text:
    if not tally.matches:
        return Text("No rule matched.", style="bold")
    text = Text(counted(tally.matches, "match", "matches"), style="bold")
    text.append(f" on {counted(tally.events_matched, 'event')}:")
    for level, count in tally.level_counts():
        text.append(" ")
        text.append_text(badge(level, count=count))
    return text


def _size(size: int) -> str:
    for unit, worth in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= worth:
            return f"{size / worth:,.1f} {unit}"
    return counted(size, "byte")
