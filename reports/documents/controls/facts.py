"""The facts of a control evidence report (R8): what a collector hands in and a renderer lays out.

Owns their shape. The results are the rows of `watchfloor.controls` as they are, so that a number here, in the API and
in a CSV file is one and the same. Words of controls and evidence kinds are the tenant's language already.

Invariants: every result names the population that it was counted over, and a provenance entry tells of that population;
what nobody measured or entered has no value; what a person entered names the person.
"""

from collections.abc import Mapping
from typing import Literal

from reports.facts import Digest, Facts, Instant, ReportFacts
from watchfloor.controls.result import DeviationCode, Direction, GapCode, Outcome, Period, Result, Unit


class Framework(Facts, frozen=True):
    """The standard or law, of one version. `source` is who publishes it, and where it is read."""

    id: str
    title: str
    version: str
    source: str


class Fixed(Facts, frozen=True):
    """Where the standard fixes the number of a metric. `is_unconfirmed`: that is still to be checked in its text."""

    kind: str
    metric: str
    source: str
    is_unconfirmed: bool = False


class Control(Facts, frozen=True):
    """A control in our words. `beyond` is what of it these records cannot show; empty where nothing is left out.

    `is_unconfirmed`: its id or what it asks is still to be checked in the standard.
    """

    id: str
    words: str
    kinds: tuple[str, ...]
    beyond: str = ""
    fixed: tuple[Fixed, ...] = ()
    is_unconfirmed: bool = False


class Metric(Facts, frozen=True):
    """A number of an evidence kind. `entry` is what a person may enter for it; None for what is only measured."""

    id: str
    title: str
    unit: Unit
    direction: Direction | None
    basis: Literal["measured", "entered"]
    entry: Literal["number", "age", "incident", "month"] | None = None


class Kind(Facts, frozen=True):
    """An evidence kind that a control of this framework names."""

    id: str
    title: str
    definition: str
    needs: str
    metrics: tuple[Metric, ...]


class Phrases(Facts, frozen=True):
    """What the codes in results say. `{detail}` takes the detail of the row."""

    outcomes: Mapping[Outcome, str]
    gaps: Mapping[GapCode, str]
    deviations: Mapping[DeviationCode, str]


class Entry(Facts, frozen=True):
    """What a person entered as evidence, and the file that was given with it, if one was."""

    id: str
    kind: str
    metric: str
    by: str
    at: Instant
    document: str = ""
    document_sha256: Digest | None = None


class Shown(Facts, frozen=True):
    """A number that judges nothing and is shown beside the others, such as a median; `number` is of how many."""

    kind: str
    metric: str
    value: float | None
    unit: Unit
    number: int | None
    query: str


class ControlReport(ReportFacts, frozen=True, kw_only=True, tag_field="report", tag="controls"):
    """All that a control evidence report says.

    `before` are the results of the period of the same length before, without lists; empty when the records do not
    reach back that far.
    """

    framework: Framework
    period: Period
    previous: Period
    controls: tuple[Control, ...]
    kinds: tuple[Kind, ...]
    phrases: Phrases
    results: tuple[Result, ...]
    before: tuple[Result, ...] = ()
    figures: tuple[Shown, ...] = ()
    entries: tuple[Entry, ...] = ()
