"""The table of verbs: all that can be asked of the desk, in the order in which a person learns them.

A module of commands ends with its `VERBS`; named here, they are on every surface.
"""

from typing import Final

from watchfloor.desk import (
    breaching,
    calls,
    deciding,
    events,
    exempting,
    handover,
    merging,
    moves,
    oncall,
    reading,
    responding,
    restricting,
    searching,
    severity,
    summarising,
    tuning,
    waiting,
    work,
)
from watchfloor.desk.verb import Verb
from watchfloor.incidents.lifecycle import Action

_ALL: Final[tuple[Verb, ...]] = (
    *reading.VERBS,
    *moves.VERBS,
    *work.VERBS,
    *merging.VERBS,
    *severity.VERBS,
    *waiting.VERBS,
    *responding.VERBS,
    *deciding.VERBS,
    *calls.VERBS,
    *oncall.VERBS,
    *handover.VERBS,
    *tuning.VERBS,
    *exempting.VERBS,
    *searching.VERBS,
    *events.VERBS,
    *summarising.VERBS,
    *restricting.VERBS,
    *breaching.VERBS,
)

TABLE: Final[dict[str, Verb]] = {verb.name: verb for verb in _ALL}
"""Every verb by its name."""

OFFERED: Final[dict[Action, Verb]] = {verb.action: verb for verb in _ALL if verb.action is not None}
"""The verb behind each offer of a card."""
