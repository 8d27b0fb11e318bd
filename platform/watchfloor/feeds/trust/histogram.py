"""A histogram of lags in 28 buckets whose bounds double: small enough for a row an hour, good to a factor of two.

Owns the buckets. Bucket 0 counts events from the future (their time is more than a minute after their receipt), bucket
1 lags up to a sixteenth of a second, bucket k up to 2^(k-5) seconds; the last one, from 24 days on, has no upper bound.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import Final

BUCKETS: Final = 28
AHEAD: Final = 0
"""The bucket of events from the future."""

AHEAD_SECONDS: Final = 60.0
"""How far an event may be ahead of its receipt: clocks differ a little everywhere."""

_BOUNDS: Final = tuple(2.0 ** (bucket - 5) for bucket in range(1, BUCKETS - 1))
EMPTY: Final[tuple[int, ...]] = (0,) * BUCKETS


def tally(lags: Iterable[float]) -> tuple[int, ...]:
    """The histogram of these lags, in seconds. A small negative lag counts as none."""
    counts = [0] * BUCKETS
    for lag in lags:
        counts[AHEAD if lag < -AHEAD_SECONDS else 1 + bisect_left(_BOUNDS, lag)] += 1
    return tuple(counts)


def same(lag: float, *, count: int) -> tuple[int, ...]:
    """The histogram of `count` events with one lag."""
    return tuple(one * count for one in tally((lag,)))


def add(one: Sequence[int], other: Sequence[int]) -> tuple[int, ...]:
    """Both histograms together. An empty sequence is no events."""
    if not one or not other:
        return tuple(one or other)
    return tuple(left + right for left, right in zip(one, other, strict=True))


def quantile(counts: Sequence[int], share: float) -> float | None:
    """The lag in seconds that this share of the events stays within, None without events.

    It is interpolated inside its bucket; events from the future count as lag 0.
    """
    total = sum(counts)
    if total == 0:
        return None
    wanted, passed = share * total, 0
    for bucket, count in enumerate(counts):
        if count and passed + count >= wanted:
            lower, upper = _span(bucket)
            return lower + (upper - lower) * (wanted - passed) / count
        passed += count
    return _span(BUCKETS - 1)[1]


def _span(bucket: int) -> tuple[float, float]:
    if bucket == AHEAD:
        return 0.0, 0.0
    lower = 0.0 if bucket == 1 else _BOUNDS[bucket - 2]
    return lower, _BOUNDS[bucket - 1] if bucket - 1 < len(_BOUNDS) else 2 * lower
