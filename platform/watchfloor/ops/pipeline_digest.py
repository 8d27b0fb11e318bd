"""What a turn of work computes from its batches: events, matches, what is put aside, and the feeds' figures.

Owns the way from sealed bytes to matches. No input or output and no clock: it runs in a thread beside the event loop,
and the same batches always give the same digest. An event that cannot be read costs nothing but itself (N3).
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

import msgspec

from watchfloor.alerts.health.costs import RuleCost
from watchfloor.detect.engine import Engine, Matches
from watchfloor.detect.prefilter.engine import PrefilteredEngine
from watchfloor.feeds.hours import FeedHour
from watchfloor.feeds.intake.quarantine import PutAside
from watchfloor.feeds.intake.queue import WaitingBatch
from watchfloor.feeds.sources.ledger import Sighting
from watchfloor.feeds.trust.histogram import tally
from watchfloor.feeds.unparsed.ledger import KEPT_SAMPLES, UnknownShape
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.normalise.catalogue import LOGSOURCES
from watchfloor.normalise.event import UNPARSED, Event, LogSource
from watchfloor.normalise.shapes import Shape, shape_of
from watchfloor.ops.pipeline_reading import read_batch


class Digest(msgspec.Struct, frozen=True, kw_only=True):
    """What came of some batches of one tenant. `received_at` is when the first of them came."""

    events: tuple[Event, ...]
    matches: Matches
    put_aside: tuple[PutAside, ...]
    hours: tuple[FeedHour, ...]
    sources: tuple[Sighting, ...]
    unknown: tuple[UnknownShape, ...]
    costs: tuple[RuleCost, ...]
    received_at: datetime


def digest(cipher: TenantCipher, batches: Sequence[WaitingBatch], engine: Engine) -> Digest:
    """Opens, unpacks, normalises and matches the batches. Raises Unopenable and Invalid for a damaged batch."""
    events: list[Event] = []
    put_aside: list[PutAside] = []
    ends: list[int] = []
    failed: list[int] = []
    for batch in batches:
        read, failures = read_batch(cipher, batch)
        events += read
        put_aside += failures
        failed.append(len(failures))
        ends.append(len(events))
    matches = engine.match(events)
    costs = engine.take_costs() if isinstance(engine, PrefilteredEngine) else {}
    begins = [0, *ends[:-1]]
    matched = Counter(matches.event)
    hours = [
        _hour(batch, events[begin:end], failed=failures, matches=sum(matched[index] for index in range(begin, end)))
        for batch, begin, end, failures in zip(batches, begins, ends, failed, strict=True)
    ]
    sources = [
        sighting
        for batch, begin, end in zip(batches, begins, ends, strict=True)
        for sighting in _sightings(batch, events[begin:end])
    ]
    unknown = [
        shape
        for batch, begin, end in zip(batches, begins, ends, strict=True)
        for shape in _unknown(batch, events[begin:end])
    ]
    return Digest(
        events=tuple(events),
        matches=matches,
        put_aside=tuple(put_aside),
        hours=tuple(hours),
        sources=tuple(sources),
        unknown=tuple(unknown),
        costs=tuple(
            RuleCost(rule_id=engine.rules[number].id, candidates=cost.candidates, nanoseconds=cost.nanoseconds)
            for number, cost in costs.items()
        ),
        received_at=min(batch.received_at for batch in batches),
    )


def _hour(batch: WaitingBatch, events: Sequence[Event], *, failed: int, matches: int) -> FeedHour:
    return FeedHour(
        feed_id=batch.feed_id,
        received_at=batch.received_at,
        # What was put back was counted when it came.
        events=0 if batch.is_put_back else batch.events,
        raw_bytes=0 if batch.is_put_back else batch.raw_bytes,
        unparsed=sum(1 for event in events if event.source == UNPARSED),
        quarantined=0 if batch.is_put_back else failed,
        matches=matches,
        last_event_at=max((event.time for event in events), default=None),
        first_event_at=min((event.time for event in events), default=None),
        event_lag=tally(
            [(event.received_at - event.time).total_seconds() for event in events if event.time_quality == "parsed"]
        ),
        keys=[event.key for event in events],
    )


def _sightings(batch: WaitingBatch, events: Sequence[Event]) -> list[Sighting]:
    """The log sources of a batch's events: those of the catalogue, so that no sender fills the ledger with others."""
    brought: dict[tuple[LogSource, ...], list[Event]] = {}
    for event in events:
        brought.setdefault(event.logsources, []).append(event)
    return [
        Sighting(
            feed_id=batch.feed_id,
            received_at=batch.received_at,
            product=logsource.product,
            category=logsource.category,
            service=logsource.service,
            events=len(members),
            last_event_at=max(event.time for event in members),
        )
        for logsources, members in brought.items()
        for logsource in LOGSOURCES.intersection(logsources)
    ]


def _unknown(batch: WaitingBatch, events: Sequence[Event]) -> list[UnknownShape]:
    """What no parser knew of a batch, by its shape, with the first few of each."""
    found: dict[Shape, list[Event]] = {}
    for event in events:
        if event.source == UNPARSED:
            found.setdefault(shape_of(event), []).append(event)
    return [
        UnknownShape(
            feed_id=batch.feed_id,
            fingerprint=shape.fingerprint,
            sketch=shape.sketch,
            events=len(members),
            seen_at=batch.received_at,
            samples=tuple(event.raw for event in members[:KEPT_SAMPLES]),
        )
        for shape, members in found.items()
    ]
