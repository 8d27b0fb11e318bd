"""When a rule's alerts are a storm: pure decisions over how many incidents there were lately.

A rule that has opened an incident while the tenant got `MANY` within `WINDOW` storms. From then on its alerts that find
no incident go together into one, the rule's storm, as long as that is open and busy. Two things are never a storm's:

- what finds an incident by what it shares. A storm holds its own rule's alerts and ties nothing else;
- a newcomer: an alert about a host, user or account that the rule had not concerned in the last day. It opens an
  incident of its own, up to `NEWCOMERS` within the window. When more newcomers than that come at once they are no news
  about each but the storm spreading: they go into the storm, which names them.

Time is that of receipt: a storm is what people have to read, whenever it happened.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

import msgspec

from watchfloor.kernel.ids import IncidentId

WINDOW: Final = timedelta(minutes=10)
MANY: Final = 3
NEWCOMERS: Final = 3
BUSY: Final = timedelta(hours=1)
"""How long after its last alert a storm still gathers."""


class Weather(msgspec.Struct, frozen=True, kw_only=True):
    """How it stands with a rule: incidents that it opened within the window, for newcomers among them; its storm."""

    opened: int = 0
    newcomers: int = 0
    storm_id: IncidentId | None = None


class Outlook(msgspec.Struct, frozen=True, kw_only=True):
    """The weather of rules, by id, and how many incidents any rule opened in the tenant within the window."""

    opened: int = 0
    rules: dict[str, Weather] = msgspec.field(default_factory=dict)


class Gauge:
    """The weather while a batch is distributed."""

    def __init__(self, outlook: Outlook, arriving: Iterable[tuple[str, object]]) -> None:
        """`arriving` are the newcomers of the batch: rule and whom."""
        self._opened = outlook.opened
        self._rules = outlook.rules
        self._opened_by: dict[str, int] = {}
        self._newcomers_of: dict[str, int] = {}
        self._crowds: dict[str, set[object]] = {}
        for rule_id, who in arriving:
            self._crowds.setdefault(rule_id, set()).add(who)

    def is_storming(self, rule_id: str) -> bool:
        """Whether the rule's next alert that finds no incident belongs into its storm."""
        weather = self._rules.get(rule_id, _CALM)
        if weather.storm_id is not None:
            return True
        return weather.opened + self._opened_by.get(rule_id, 0) > 0 and self._opened >= MANY

    def lets_through(self, rule_id: str) -> bool:
        """Whether a newcomer of a storming rule gets an incident of its own."""
        used = self._rules.get(rule_id, _CALM).newcomers + self._newcomers_of.get(rule_id, 0)
        return len(self._crowds.get(rule_id, ())) <= NEWCOMERS and used < NEWCOMERS

    def open(self, rule_id: str, *, is_newcomer: bool) -> None:
        """Counts an incident that the rule opens."""
        self._opened += 1
        self._opened_by[rule_id] = self._opened_by.get(rule_id, 0) + 1
        if is_newcomer:
            self._newcomers_of[rule_id] = self._newcomers_of.get(rule_id, 0) + 1

    def storm_of(self, rule_id: str) -> IncidentId | None:
        """The rule's storm, if it has an incident already."""
        return self._rules.get(rule_id, _CALM).storm_id


_CALM: Final = Weather()
