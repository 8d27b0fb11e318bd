"""Tenants' overlays for the pipeline: read once a version, kept in memory, counted when they hide.

A turn asks for the version, one small look-up, so a change holds from the next batch on in every process. Which
versions a process keeps is bounded; nothing of one tenant's is ever handed out in another's transaction.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from watchfloor.alerts.overlay import queries
from watchfloor.alerts.overlay.sealing import open_exception, open_list
from watchfloor.detect.engine import Matches
from watchfloor.detect.lists import pattern_of
from watchfloor.detect.overlay import Applied, Exemption, Hidden, Overlay, Tuning
from watchfloor.detect.rule import Rule
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import TenantId
from watchfloor.normalise.event import Event

MOST_KEPT: Final = 2_000
"""How many tenants' overlays a process keeps."""

RULE_IS_OFF: Final = UUID(int=0)
"""Stands in counts where no exception hid a match: its rule is off."""

_FEW: Final = 64
"""So few matches are judged at once; more go to a thread, so that no other tenant waits for them."""

_logger: Final = logging.getLogger(__name__)


class Overlays:
    """The overlays that a process has read."""

    def __init__(self, *, most: int = MOST_KEPT) -> None:
        self._most = most
        self._kept: OrderedDict[TenantId, _Kept] = OrderedDict()

    async def load(self, tx: TenantTx, cipher: TenantCipher, *, rules: Sequence[Rule], at: datetime) -> Overlay:
        """The tenant's overlay over these rules, as it stands."""
        version = await queries.select_version(tx)
        kept = self._kept.get(tx.tenant_id)
        if kept is None or kept.version != version or kept.rules is not rules:
            tuning = await read_tuning(tx, cipher, at=at) if version else Tuning()
            kept = self._kept[tx.tenant_id] = _Kept(version=version, rules=rules, overlay=Overlay(tuning, rules))
        self._kept.move_to_end(tx.tenant_id)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return kept.overlay


class _Kept(msgspec.Struct, frozen=True, kw_only=True):
    version: int
    rules: Sequence[Rule]
    overlay: Overlay


async def read_tuning(tx: TenantTx, cipher: TenantCipher, *, at: datetime) -> Tuning:
    """What the tenant changes, but for what had expired at this moment."""
    settings = await queries.select_settings(tx)
    exemptions = [
        Exemption(id=row.id, expires_at=row.expires_at, written=open_exception(cipher, row).written)
        for row in await queries.select_open_exceptions(tx, at=at)
    ]
    lists = {
        row.name: tuple(pattern_of(entry) for entry in open_list(cipher, row).entries)
        for row in await queries.select_lists(tx)
    }
    return Tuning(
        disabled=frozenset(row.rule_id for row in settings if row.is_disabled),
        levels={row.rule_id: row.level for row in settings if row.level is not None},
        exemptions=tuple(exemptions),
        lists=lists,
    )


async def judge(overlay: Overlay, events: Sequence[Event], matches: Matches, *, at: datetime) -> Applied:
    """`Overlay.apply`, beside the event loop where it may take long."""
    if len(matches.event) <= _FEW:
        return overlay.apply(events, matches, at=at)
    return await asyncio.to_thread(overlay.apply, events, matches, at=at)


async def count_hidden(tx: TenantTx, hidden: Sequence[Hidden], *, at: datetime) -> None:
    """Adds to the counts of the day. To be called after the tenant's alert lock is taken, if it is."""
    if not hidden:
        return
    additions = [
        queries.Addition(exception_id=count.exemption_id or RULE_IS_OFF, rule_id=count.rule_id, hidden=count.count)
        for count in hidden
    ]
    await queries.add_hidden(tx, additions, at=at)
    _logger.debug("The overlay hid %d matches.", sum(count.count for count in hidden))
