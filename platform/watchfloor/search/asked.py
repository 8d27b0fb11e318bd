"""A search as people state it, on any surface: which events, of which time, and what to give back."""

from datetime import datetime, timedelta
from typing import Final

import msgspec

from watchfloor.detect.condition import AllOf
from watchfloor.detect.lists import widen
from watchfloor.detect.load import load_rule
from watchfloor.kernel.errors import Invalid
from watchfloor.normalise.event import Entity
from watchfloor.search.asking import Question
from watchfloor.search.grammar import naming, parse
from watchfloor.search.question import Aim, Find, Include, Limits, Order, Place, Query, Tally

LONGEST_TIME: Final = timedelta(days=3_660)
MOST_EVENTS: Final = 1_000
MOST_SECONDS: Final = 120.0
MOST_FIELDS: Final = 3
MOST_SPANS: Final = 5_000


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """`query` or `sigma` (the YAML of one rule) says which events, neither means all.

    `about` are things of which an event must name one, with a query only. Without `since` the last `hours`. With
    `count_by` or `every_seconds` the events are counted, otherwise given.
    """

    query: str = ""
    sigma: str | None = None
    about: tuple[Entity, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    hours: float = 24.0
    most: int = 100
    order: Order = "newest"
    include: Include = "fields"
    after: Place | None = None
    count_by: tuple[str, ...] = ()
    every_seconds: int | None = None
    seconds: float = 30.0
    why: str = ""


def question_of(asked: Asked, *, now: datetime) -> Question:
    """The question. Raises Invalid for what cannot be read or is out of bounds, naming the part."""
    until = asked.until or now
    since = asked.since or until - timedelta(hours=asked.hours)
    if not timedelta() < until - since <= LONGEST_TIME:
        raise Invalid("A search is for a time that begins before it ends, of ten years at most.", where="since")
    if not 1 <= asked.most <= MOST_EVENTS:
        raise Invalid(f"One page has 1 to {MOST_EVENTS:,} events.", where="limit")
    if not 0 < asked.seconds <= MOST_SECONDS:
        raise Invalid(f"A search takes {MOST_SECONDS:g} s at most.", where="seconds")
    return Question(
        since=since,
        until=until,
        query=_query(asked),
        aim=_aim(asked, until - since),
        limits=Limits(seconds=asked.seconds),
        words=asked.query if asked.sigma is None else asked.sigma,
        why=asked.why,
    )


def _query(asked: Asked) -> Query:
    if asked.sigma is None:
        found = parse(asked.query)
        return Query(condition=AllOf((naming(asked.about), found)) if asked.about else found)
    if asked.query.strip():
        raise Invalid("There is a query and a rule.", where="sigma", remedy="Give one of them.")
    rule = load_rule(asked.sigma)
    if rule.correlation is not None:
        raise Invalid("A correlation looks at matches over time.", where="sigma", remedy="Search with its rules.")
    return Query(condition=widen(rule.condition), logsource=rule.logsource)


def _aim(asked: Asked, span: timedelta) -> Aim:
    if not asked.count_by and asked.every_seconds is None:
        return Find(most=asked.most, order=asked.order, include=asked.include, after=asked.after)
    if asked.after is not None:
        raise Invalid("Counts have no pages.", where="cursor")
    if len(asked.count_by) > MOST_FIELDS:
        raise Invalid(f"Events are counted by {MOST_FIELDS} fields at most.", where="count_by")
    if asked.every_seconds is not None and not span.total_seconds() / MOST_SPANS <= asked.every_seconds <= 10**8:
        remedy = f"Ask for {MOST_SPANS:,} spans at most."
        raise Invalid("The spans of time are too short for so long a time.", where="every", remedy=remedy)
    return Tally(
        by=tuple(_column(field) for field in asked.count_by), every_seconds=asked.every_seconds, most=asked.most
    )


def _column(field: str) -> str:
    """The field, or the column that every event has (`@source`)."""
    return f":{field[1:]}" if field in {"@source", "@host", "@parser"} else field
