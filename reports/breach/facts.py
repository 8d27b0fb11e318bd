"""What the facts of every document on a breach case have: the case itself, who is who in it, what is due and missing.

Owns the base that breach documents build on. The case is the frozen one of the notice, with accounts as numbers
(`outward`), so that what the document says and the data attached to it are one and the same.
"""

from collections.abc import Mapping
from typing import Annotated

import msgspec

from reports.facts import Facts, Instant, ReportFacts, Side
from watchfloor.breach.case import BreachCase
from watchfloor.breach.known import Known
from watchfloor.breach.rules.clock import Deadline


class Person(Facts, frozen=True, kw_only=True):
    """Somebody whom the case names by an id. `name` is the id itself where the directory knows none."""

    id: str
    name: str
    side: Side


class Lacking(Facts, frozen=True, kw_only=True):
    """A mandatory entry that nobody has made. `asked_by` says which rule or form row asks for it."""

    path: str
    label: str
    asked_by: str
    expected_at: Instant | None = None


class Changed(Facts, frozen=True, kw_only=True):
    """A field that differs from the phase before; None is "nobody had said"."""

    path: str
    before: Known[object] | None = None
    after: Known[object] | None = None


class Earlier(Facts, frozen=True, kw_only=True):
    """The phase before: its name, its stage, when it was frozen, and the hash of what stood there."""

    id: str
    stage: str | None = None
    phase: str
    number: int
    at: Instant
    sha256: str


class Dispatch(Facts, frozen=True, kw_only=True):
    """The notice that a document is of: which phase, to whom, how far it is. `by` and the like are ids of persons."""

    id: str
    regime: str
    stage: str
    phase: str
    number: Annotated[int, msgspec.Meta(ge=0)] = 0
    """Which of several supplementary notices; 0 for any other phase."""
    recipient: str
    language: str
    status: str
    case_version: Annotated[int, msgspec.Meta(ge=1)]
    snapshot_sha256: str
    due_at: Instant | None = None
    drafted_at: Instant
    drafted_by: str
    approved_at: Instant | None = None
    approved_by: str | None = None
    submitted_at: Instant | None = None
    submitted_by: str | None = None
    received_at: Instant | None = None
    channel: str | None = None
    reference: str | None = None
    delay_reasons: str | None = None


class BreachFacts(ReportFacts, frozen=True, kw_only=True):
    """The base of the facts of a breach document; each has its own root under it, with its tag."""

    case: BreachCase
    people: tuple[Person, ...] = ()
    deadlines: tuple[Deadline, ...] = ()
    authorities: Mapping[str, str] = {}
    """The names of the supervisory authorities that the case names by their codes."""


class NoticeFacts(BreachFacts, frozen=True, kw_only=True):
    """The base of documents that are a notice: its phase, what it lacks, and what changed since the phase before."""

    notice: Dispatch
    earlier: Earlier | None = None
    missing: tuple[Lacking, ...] = ()
    changes: tuple[Changed, ...] = ()
