"""From matches to incidents, within one tenant's transaction: overlay, correlations, alerts, incidents.

Owns the order of the steps. The tenant's alert lock is taken before the first step that reads what another process may
be writing: correlations and alerts. Matches of rules that only serve correlations end here.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from watchfloor.alerts.alert import AlertChange
from watchfloor.alerts.overlay.loading import Overlays, count_hidden, judge
from watchfloor.alerts.record import lock, record
from watchfloor.alerts.windows.correlate import close, correlate
from watchfloor.detect.correlate.correlator import Correlator
from watchfloor.detect.correlate.memory import as_matches
from watchfloor.detect.engine import Engine, Matches
from watchfloor.detect.overlay import Overlay
from watchfloor.incidents.group import group
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import IncidentId
from watchfloor.normalise.event import Event


class Alerted(msgspec.Struct, frozen=True, kw_only=True):
    """What became of matches: alerts that changed, incidents that were opened or changed."""

    changes: list[AlertChange]
    incidents: list[IncidentId]


NOTHING_ALERTED = Alerted(changes=[], incidents=[])


class Alerting:
    """The way from matches to incidents, for one rule set. Made once for each: it reads all correlations."""

    def __init__(self, engine: Engine, overlays: Overlays | None = None) -> None:
        self.engine = engine
        self._rules = engine.rules
        self._overlays = Overlays() if overlays is None else overlays
        self._correlator = Correlator(engine.rules)

    def with_rules(self, engine: Engine) -> "Alerting":
        """The same way for another rule set."""
        return Alerting(engine, self._overlays)

    async def alert(
        self, tx: TenantTx, cipher: TenantCipher, *, events: Sequence[Event], matches: Matches, at: datetime
    ) -> Alerted:
        """Takes a batch's matches all the way. Costs nothing when there are none."""
        if not matches.event:
            return NOTHING_ALERTED
        overlay = await self._overlays.load(tx, cipher, rules=self._rules, at=at)
        applied = await judge(overlay, events, matches, at=at)
        if not applied.matches.event and not applied.hidden:
            return NOTHING_ALERTED
        await lock(tx)
        await count_hidden(tx, applied.hidden, at=at)
        added = await correlate(tx, cipher, correlator=self._correlator, events=events, matches=applied.matches, now=at)
        joined = joined_matches(applied.matches, await self._judge(tx, overlay, events, added, at=at))
        return await self._record(tx, cipher, overlay, events=events, matches=joined)

    async def close_windows(self, tx: TenantTx, cipher: TenantCipher, *, at: datetime) -> tuple[Alerted, bool]:
        """What windows that have ended come to, and whether more have."""
        await lock(tx)
        closed = await close(tx, cipher, correlator=self._correlator, now=at)
        if not closed.matches.event:
            return NOTHING_ALERTED, closed.has_more
        overlay = await self._overlays.load(tx, cipher, rules=self._rules, at=at)
        kept = await self._judge(tx, overlay, closed.events, closed.matches, at=at)
        return await self._record(tx, cipher, overlay, events=closed.events, matches=kept), closed.has_more

    async def _judge(
        self, tx: TenantTx, overlay: Overlay, events: Sequence[Event], matches: Matches, *, at: datetime
    ) -> Matches:
        """What the overlay leaves of matches; what it hides is counted. The tenant's alert lock is held."""
        if not matches.event:
            return matches
        applied = await judge(overlay, events, matches, at=at)
        await count_hidden(tx, applied.hidden, at=at)
        return applied.matches

    async def _record(
        self, tx: TenantTx, cipher: TenantCipher, overlay: Overlay, *, events: Sequence[Event], matches: Matches
    ) -> Alerted:
        rules = overlay.rules
        pairs = zip(matches.event, matches.rule, strict=True)
        loud = as_matches([(event, rule) for event, rule in pairs if self._rules[rule].alerts])
        if not loud.event:
            return NOTHING_ALERTED
        changes = await record(tx, cipher, events=events, matches=loud, rules=rules)
        return Alerted(changes=changes, incidents=await group(tx, cipher, changes))


def joined_matches(*columns: Matches) -> Matches:
    """All matches, in the order of events, then rules."""
    return as_matches([pair for found in columns for pair in zip(found.event, found.rule, strict=True)])
