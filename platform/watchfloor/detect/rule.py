"""A loaded detection rule: what it says to people, and its condition.

Owns the shapes only. A rule is shared by all tenants and never changes; a tenant's overlay is elsewhere.
"""

from typing import Final, Literal, TypeAlias

import msgspec

from watchfloor.detect.condition import Condition
from watchfloor.detect.correlation import Correlation
from watchfloor.normalise.event import LogSource

Level: TypeAlias = Literal["informational", "low", "medium", "high", "critical"]
Status: TypeAlias = Literal["stable", "test", "experimental", "deprecated"]

LEVELS: Final[tuple[Level, ...]] = ("informational", "low", "medium", "high", "critical")

DEFAULT_DEDUP: Final = ("host", "user")
DEFAULT_WINDOW_SECONDS: Final = 3_600


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One Sigma rule.

    `why` says why a match matters; `runbook` are the steps of an analyst; `dedup` are field names or entity kinds
    whose values, with the rule, make one alert within `window_seconds`. `author`, `licence` and `link` go into every
    output that reports a match (Detection Rule License 1.1 asks it). `path` is relative to the folder that was loaded.
    `content_hash` (SHA-256, hexadecimal) changes when anything in the rule's document does. `name` is what other
    documents may call it. A correlation rule has a `correlation`, and a `condition` that never holds; the rules that
    only serve correlations (`generate: false`) are not `alerts`.
    """

    id: str
    title: str
    level: Level
    status: Status
    author: str
    references: tuple[str, ...]
    tags: tuple[str, ...]
    why: str
    false_positives: tuple[str, ...]
    runbook: tuple[str, ...]
    dedup: tuple[str, ...]
    window_seconds: int
    licence: str
    link: str | None
    logsource: LogSource
    path: str
    content_hash: str
    condition: Condition
    name: str | None = None
    correlation: Correlation | None = None
    alerts: bool = True

    @property
    def techniques(self) -> tuple[str, ...]:
        """The ATT&CK techniques among the tags, such as `T1059.001`."""
        marks = (tag.removeprefix("attack.") for tag in self.tags if tag.startswith("attack.t"))
        return tuple(mark.upper() for mark in marks if mark[1:2].isdigit())


class Samples(msgspec.Struct, frozen=True, kw_only=True):
    """A rule's own cases: events as their source writes them. A correlation's are sequences: JSON lists of events."""

    fires: tuple[bytes, ...]
    silent: tuple[bytes, ...]


class RuleFault(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """Why a rule was refused, and where. `line` and `column` count from 1."""

    file: str
    line: int
    column: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.reason}"


class LoadReport(msgspec.Struct, frozen=True, kw_only=True):
    """What loading gave: the rules, in the order of their paths; the faults; the samples by rule id."""

    rules: tuple[Rule, ...]
    faults: tuple[RuleFault, ...]
    samples: dict[str, Samples]
