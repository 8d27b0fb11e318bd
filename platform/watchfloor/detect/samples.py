"""Proves rules by their own samples, through the normaliser and the engine that production uses."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import msgspec

from watchfloor.detect.engine import PlainEngine
from watchfloor.detect.rule import Rule, Samples
from watchfloor.kernel.ids import BatchId, FeedId
from watchfloor.normalise.dispatch import normalise
from watchfloor.normalise.event import Event
from watchfloor.normalise.failure import ParseFailed
from watchfloor.normalise.raw import RawEvent

_FEED: Final = FeedId(UUID(int=0))
_BATCH: Final = BatchId(UUID(int=0))
_RECEIVED_AT: Final = datetime(2026, 1, 1, tzinfo=UTC)


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
    """The samples that fail: a firing one that stays silent, a silent one that fires, one that cannot be normalised."""
    faults: list[SampleFault] = []
    for rule in rules:
        own = samples.get(rule.id)
        if own is not None:
            faults.extend(_check(rule, "fires", own.fires, fires=True))
            faults.extend(_check(rule, "silent", own.silent, fires=False))
    return tuple(faults)


def normalise_sample(body: bytes, *, index: int = 0) -> Event:
    """A sample as an event. Raises ParseFailed."""
    return normalise(
        RawEvent(body=body), feed_id=_FEED, batch_id=_BATCH, index=index, source_hint=None, received_at=_RECEIVED_AT
    )


def _check(rule: Rule, kind: str, bodies: Sequence[bytes], *, fires: bool) -> Iterable[SampleFault]:
    engine = PlainEngine([rule])
    for index, body in enumerate(bodies):
        try:
            fired = bool(engine.match([normalise_sample(body)]).rule)
        except ParseFailed as failure:
            reason = f"It cannot be normalised. {failure.message}"
        else:
            if fired is fires:
                continue
            reason = "It fires the rule." if fired else "It does not fire the rule."
        yield SampleFault(rule_id=rule.id, path=rule.path, kind=kind, index=index, reason=reason)
