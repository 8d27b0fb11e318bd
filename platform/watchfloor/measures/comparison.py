"""Whether a figure differs from that of the period before by more than chance. Pure.

The rule. Two figures differ when a two-sided test would give so large a difference by chance in fewer than one of
twenty cases; else the difference is noise. Counts are compared by their days, and lengths of time by their cases, with
the rank-sum test of Mann and Whitney (normal approximation, corrected for ties): it asks nothing of how they are
spread, and one bad day does not make a trend. Shares are compared with the test of two proportions, and counts that
have no days as two Poisson counts. With fewer than ten cases on either side nothing is said; counts have too few when
both sides have.
"""

import math
from collections.abc import Sequence
from itertools import groupby
from typing import Final, Literal, TypeAlias

from watchfloor.measures.basis import Basis, Days, Share, Spans, Stock, value_of

Better: TypeAlias = Literal["more", "less"]
Trend: TypeAlias = Literal["better", "worse", "more", "less", "noise", "too_few", "no_previous"]

FEWEST: Final = 10
"""With fewer cases no difference is judged."""

_Z: Final = 1.959964


def trend_of(now: Basis, before: Basis | None, *, better: Better | None) -> Trend:
    """How the figure has changed; more or less where neither is better."""
    if before is None or value_of(before) is None or value_of(now) is None:
        return "no_previous"
    z = _z(now, before)
    if z is None:
        return "too_few"
    if abs(z) < _Z:
        return "noise"
    change: Better = "more" if z > 0 else "less"
    if better is None:
        return change
    return "better" if change == better else "worse"


def _z(now: Basis, before: Basis) -> float | None:
    match now, before:
        case Days(), Days():
            return _days(now, before)
        case Spans(), Spans():
            if min(len(now.seconds), len(before.seconds)) < FEWEST:
                return None
            return rank_sum(now.seconds, before.seconds)
        case Share(), Share():
            return _shares(now, before)
        case Stock(number=int(one)), Stock(number=int(other)):
            return None if max(one, other) < FEWEST else (one - other) / math.sqrt(one + other)
        case _:
            return None


def _days(now: Days, before: Days) -> float | None:
    if max(sum(now.counts), sum(before.counts)) < FEWEST or min(len(now.counts), len(before.counts)) < FEWEST:
        return None
    return rank_sum(now.counts, before.counts)


def _shares(now: Share, before: Share) -> float | None:
    if min(now.whole, before.whole) < FEWEST:
        return None
    pooled = (now.part + before.part) / (now.whole + before.whole)
    error = math.sqrt(pooled * (1 - pooled) * (1 / now.whole + 1 / before.whole))
    return 0.0 if error == 0 else (now.part / now.whole - before.part / before.whole) / error


def rank_sum(now: Sequence[float], before: Sequence[float]) -> float:
    """The standardised rank sum of the first values among both: above zero when these tend to be larger."""
    marked = sorted([(value, True) for value in now] + [(value, False) for value in before])
    first, other = len(now), len(before)
    total = first + other
    rank, ranks, ties = 0, 0.0, 0
    for _, group in groupby(marked, key=lambda one: one[0]):
        members = [is_now for _, is_now in group]
        size = len(members)
        ranks += sum(members) * (rank + (size + 1) / 2)
        ties += size**3 - size
        rank += size
    surplus = ranks - first * (total + 1) / 2
    spread = math.sqrt(first * other / 12 * (total + 1 - ties / (total * (total - 1))))
    return 0.0 if spread == 0 else surplus / spread
