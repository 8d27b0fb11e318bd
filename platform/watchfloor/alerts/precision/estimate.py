"""How far verdicts can be trusted to tell a rule's precision: pure arithmetic over counts.

The share of true positives says much when there are hundreds of verdicts and little when there are two. So there are
two more figures: an estimate that starts in the middle and moves with each verdict (Laplace's rule of succession), and
the bounds between which the true share lies nineteen times out of twenty (Wilson's score interval).
"""

from math import sqrt
from typing import Final

import msgspec

_Z: Final = 1.959964
"""The normal distribution's quantile for nineteen times out of twenty."""


class Verdicts(msgspec.Struct, frozen=True, kw_only=True):
    """What people said of the incidents in which a rule has an alert, each incident counted once."""

    true_positive: int = 0
    benign: int = 0
    false_positive: int = 0
    inconclusive: int = 0

    @property
    def decided(self) -> int:
        """How many of them say what it was."""
        return self.true_positive + self.benign + self.false_positive

    @property
    def precision(self) -> float | None:
        """The share of true positives among the decided, 0 to 1; None where nobody has decided anything."""
        return self.true_positive / self.decided if self.decided else None

    @property
    def estimate(self) -> float:
        """The precision to reckon with, 0 to 1: a half without verdicts, and never certain."""
        return (self.true_positive + 1) / (self.decided + 2)

    @property
    def bounds(self) -> tuple[float, float]:
        """Between what the precision lies, nineteen times out of twenty; 0 and 1 without verdicts."""
        if not self.decided:
            return 0.0, 1.0
        share, square = self.true_positive / self.decided, _Z * _Z
        middle = share + square / (2 * self.decided)
        reach = _Z * sqrt(share * (1 - share) / self.decided + square / (4 * self.decided * self.decided))
        whole = 1 + square / self.decided
        return max((middle - reach) / whole, 0.0), min((middle + reach) / whole, 1.0)

    def plus(self, other: "Verdicts") -> "Verdicts":
        """Both together."""
        return Verdicts(
            true_positive=self.true_positive + other.true_positive,
            benign=self.benign + other.benign,
            false_positive=self.false_positive + other.false_positive,
            inconclusive=self.inconclusive + other.inconclusive,
        )
