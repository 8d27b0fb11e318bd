"""Proves rules by their own samples, through the normaliser and the engine that production uses."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import msgspec

from watchfloor.detect.correlate.correlator import Correlator
from watchfloor.detect.correlate.memory import MemoryWindows
from watchfloor.detect.engine import PlainEngine
from watchfloor.detect.rule import Rule, Samples
from watchfloor.detect.sample_documents import events_of
from watchfloor.kernel.errors import Invalid
from watchfloor.kernel.ids import BatchId, FeedId
from watchfloor.normalise.dispatch import normalise
from watchfloor.normalise.event import Event
from watchfloor.normalise.failure import ParseFailed
from watchfloor.normalise.raw import RawEvent

_FEED: Final = FeedId(UUID(int=0))
_BATCH: Final = BatchId(UUID(int=0))
_RECEIVED_AT: Final = datetime(2026, 1, 1, tzinfo=UTC)
_SEQUENCE_RECEIVED_AT: Final = datetime(2026, 3, 31, 23, 59, tzinfo=UTC)


class SampleFault(msgspec.Struct, frozen=True, kw_only=True):
    """A sample that does not do what it must. `index` counts from 0 within `kind`."""

    rule_id: str
    path: str
    kind: str
    index: int
    reason: str

    def __str__(self) -> str:
        return f"{self.path}: samples.{self.kind}[{self.index}]: {self.reason}"


def check_samples(rules: Iterable[Rule], samples: Mapping[str, Samples]) -> tuple[SampleFault, ...]:
    """The samples that fail: a firing one that stays silent, a silent one that fires, one that cannot be normalised.

    A correlation's samples need the rules that it refers to; they are looked for among `rules`.
    """
    known = {rule.id: rule for rule in rules}
    faults: list[SampleFault] = []
    for rule in known.values():
        own = samples.get(rule.id)
        if own is not None and (own.fires or own.silent):
            fires = _fires(rule, known)
            faults.extend(_check(rule, "fires", own.fires, fires))
            faults.extend(_check(rule, "silent", own.silent, fires))
    return tuple(faults)


def normalise_sample(body: bytes, *, index: int = 0, received_at: datetime = _RECEIVED_AT) -> Event:
    """A sample as an event, the `index`-th of its batch. Raises ParseFailed."""
    return normalise(
        RawEvent(body=body), feed_id=_FEED, batch_id=_BATCH, index=index, source_hint=None, received_at=received_at
    )


def normalise_sequence(sequence: bytes) -> list[Event]:
    """The events of a correlation's sample, in their order. Raises ParseFailed, and Invalid for one without a time.

    Their times are out of the first quarter of 2026: a sequence without times would prove nothing.
    """
    events = [
        normalise_sample(body, index=index, received_at=_SEQUENCE_RECEIVED_AT)
        for index, body in enumerate(events_of(sequence))
    ]
    for index, event in enumerate(events):
        if event.time_quality != "parsed":
            raise Invalid(f"Event {index} has no time in the first quarter of 2026.")
    return events


def _fires(rule: Rule, known: Mapping[str, Rule]) -> Callable[[bytes], bool]:
    if rule.correlation is None:
        engine = PlainEngine([rule])
        return lambda body: bool(engine.match([normalise_sample(body)]).rule)
    needed = tuple(_needed(rule, known).values())
    engine, correlator = PlainEngine(needed), Correlator(needed)
    own = needed.index(rule)

    def fires(sequence: bytes) -> bool:
        windows = MemoryWindows(correlator)
        events = normalise_sequence(sequence)
        at_once = windows.correlate(events, engine.match(events))
        return own in at_once.rule or own in windows.close()[1].rule

    return fires


def _needed(rule: Rule, known: Mapping[str, Rule]) -> dict[str, Rule]:
    """The rule, and all that it looks at."""
    needed = {rule.id: rule}
    for rule_id in rule.correlation.rules if rule.correlation is not None else ():
        if rule_id in known:
            needed |= _needed(known[rule_id], known)
    return needed


def _check(rule: Rule, kind: str, bodies: Sequence[bytes], fires: Callable[[bytes], bool]) -> Iterable[SampleFault]:
    for index, body in enumerate(bodies):
        try:
            fired = fires(body)
        except ParseFailed as failure:
            reason = f"It cannot be normalised. {failure.message}"
        except Invalid as fault:
            reason = fault.message
        else:
            if fired is (kind == "fires"):
                continue
            reason = "It fires the rule." if fired else "It does not fire the rule."
        yield SampleFault(rule_id=rule.id, path=rule.path, kind=kind, index=index, reason=reason)
