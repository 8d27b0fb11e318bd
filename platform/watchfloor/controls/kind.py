"""Evidence kinds: what the platform can count or a person can enter, with its pass rule, as data with its words.

Owns the shape of `content/controls/kinds.yml`. How a measured kind is counted stands in a module of its family.
"""

from typing import Literal

import msgspec

from watchfloor.controls.result import DeviationCode, Direction, GapCode, Outcome, Threshold, Unit
from watchfloor.controls.words import Words

EntryForm = Literal["number", "age", "incident", "month"]
"""`number`: the number itself. `age`: a day, from which the days to the end of the period are counted. `incident` and
`month`: that something was done for that incident or month, which the platform then counts among the measured."""

Basis = Literal["measured", "entered", "both"]
"""`both`: the platform counts some of the metrics, the others arrive by entry."""


class Metric(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A number of a kind. Without a pass rule it is shown beside the judged ones and judges nothing."""

    id: str
    title: Words
    unit: Unit
    basis: Literal["measured", "entered"] = "measured"
    entry: EntryForm | None = None
    """What a person may enter for it; None for what is only ever measured."""
    at_least: float | None = None
    at_most: float | None = None
    population: str = ""
    """Names the population that is counted; empty for entered metrics and for figures."""

    @property
    def threshold(self) -> Threshold | None:
        """The default pass rule; None for a figure that judges nothing."""
        if self.at_least is not None:
            return Threshold(direction="at_least", number=self.at_least)
        return None if self.at_most is None else Threshold(direction="at_most", number=self.at_most)

    @property
    def direction(self) -> Direction | None:
        """Which way is better; None for a figure."""
        return None if self.threshold is None else self.threshold.direction


class Kind(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One evidence kind, E01 to E30."""

    id: str
    title: Words
    definition: Words
    """What is counted and when it counts as good, for the definition page."""
    needs: Words
    """Which feed or entry gives the number; said where there is none."""
    basis: Basis
    metrics: tuple[Metric, ...]

    def find(self, metric: str) -> Metric | None:
        """The metric of that id."""
        return next((row for row in self.metrics if row.id == metric), None)


class Phrases(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The words of the codes that rows carry: `content/controls/phrases.yml`. `{detail}` takes the row's detail."""

    outcomes: dict[Outcome, Words]
    gaps: dict[GapCode, Words]
    deviations: dict[DeviationCode, Words]
    units: dict[Unit, Words]
    entered: Words
    """Beside a number that a person entered: `{person}`, `{day}`."""
