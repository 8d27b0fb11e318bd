"""What a match says to people and programs: one JSON object, with the rule's author and link as its licence asks.

The keys are an interface: they are added to, never changed.
"""

import json
from typing import Final

import msgspec

from watchfloor.detect.rule import LEVELS, Rule
from watchfloor.ops.scan.correlating import Placed

_ENCODER: Final = json.JSONEncoder(ensure_ascii=True, separators=(",", ":"))


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """A rule that matched the event `index` (0-based) of `file`. What is not known is None.

    `time` is ISO 8601 in UTC. `line` is where the event begins in a file of lines. `host` and `summary` are the
    event's own words.
    """

    rule_id: str
    title: str
    level: str
    status: str
    tags: tuple[str, ...]
    author: str
    licence: str
    link: str | None
    references: tuple[str, ...]
    file: str
    index: int
    line: int | None
    time: str | None
    host: str | None
    summary: str


def match_of(placed: Placed, rule: Rule) -> Match:
    """The match of `rule` on an event."""
    hit = placed.hit
    return Match(
        rule_id=rule.id,
        title=rule.title,
        level=rule.level,
        status=rule.status,
        tags=rule.tags,
        author=rule.author,
        licence=rule.licence,
        link=rule.link,
        references=rule.references,
        file=placed.file,
        index=placed.index,
        line=hit.line,
        time=hit.time.isoformat() if hit.time is not None else None,
        host=hit.host,
        summary=hit.summary,
    )


def json_line(value: object) -> str:
    """A struct as one line of JSON in ASCII, which no terminal acts on."""
    return _ENCODER.encode(msgspec.to_builtins(value))


def severity(rule: Rule) -> int:
    """The rule's level as a number, the higher the worse."""
    return LEVELS.index(rule.level)
