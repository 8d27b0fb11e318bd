"""Targets, lengths of time, retention and outages of the period: the figures of `watchfloor.measures`, as they are."""

import asyncio
from functools import partial
from typing import Final

import msgspec

from reports.documents.service.facts import Number, Outage
from reports.facts import Provenance
from watchfloor.controls.result import Period
from watchfloor.detect.load import load_shared_rules
from watchfloor.kernel.config import Settings
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import FeedId
from watchfloor.measures.definitions import DEFINITIONS
from watchfloor.measures.feeds.coverage import begun_in
from watchfloor.measures.figures import Figures, figures_of
from watchfloor.measures.period import period_of
from watchfloor.ops.rulesets.installed import load_ruleset

RECORDS_LISTED: Final = 25
_PREFIXES: Final = ("target.", "time.", "retention.")


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """The figures, where each comes from, and the outages of feeds that began in the period."""

    numbers: tuple[Number, ...]
    provenance: tuple[Provenance, ...]
    outages: tuple[Outage, ...]


async def measured_in(tx: TenantTx, settings: Settings | None, period: Period) -> Measured:
    """What the measures of the period say. Without settings the rules are those that come with the platform."""
    loaded = await asyncio.to_thread(load_shared_rules if settings is None else partial(load_ruleset, settings))
    figures = await figures_of(tx, await period_of(tx, first=period.first, end=period.until), loaded=loaded)
    chosen = [one for one in figures.measures.values() if one.id.startswith(_PREFIXES)]
    return Measured(
        numbers=tuple(
            Number(
                id=one.id,
                unit=DEFINITIONS[one.id].unit,
                value=_exact(one.value),
                p95=_exact(one.p95),
                n=one.n,
                before=_exact(one.before),
                trend=one.trend,
                target=_exact(one.target),
                is_met=one.is_met,
                source=f"M{place}",
            )
            for place, one in enumerate(chosen, start=1)
        ),
        provenance=tuple(_source(figures, one.id, f"M{place}") for place, one in enumerate(chosen, start=1)),
        outages=_outages(figures),
    )


def _source(figures: Figures, measure: str, name: str) -> Provenance:
    records = [record.id for record in figures.tally.readings[measure].records()]
    return Provenance(
        id=name,
        query=DEFINITIONS[measure].query,
        taken_at=figures.tally.read_at,
        records=tuple(records[:RECORDS_LISTED]),
        total_records=len(records),
    )


def _exact(number: float | None) -> float | None:
    return None if number is None else float(number)


def _outages(figures: Figures) -> tuple[Outage, ...]:
    coverage = figures.tally.coverage
    names = {feed.id: feed.name for feed in coverage.feeds}
    return tuple(
        Outage(feed=names.get(FeedId(alarm.feed_id), ""), kind=alarm.kind, since=alarm.since, until=alarm.cleared_at)
        for alarm in begun_in(coverage)
    )
