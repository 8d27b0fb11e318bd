"""`/tenants/{tenant}/measures`: the figures of a period, and the records behind each."""

from datetime import date, datetime
from typing import Annotated, Final

import msgspec
from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.params import PathParameter, QueryParameter

from watchfloor.access.roles import Permission
from watchfloor.kernel.errors import Refused
from watchfloor.measures.comparison import Better, Trend
from watchfloor.measures.definitions import DEFINITIONS, Unit
from watchfloor.measures.figures import Measure, figures_of, records_of
from watchfloor.measures.period import Period, period_of
from watchfloor.measures.reading import Record, RecordKind
from watchfloor.web.api.given import IN_TENANT, Cursor, InTenant, Page, PageSize
from watchfloor.web.cursors import ByNumber
from watchfloor.web.declaration import in_tenant

_LIST: Final = "measures"
_OF_NOTICES: Final = "notices."
_OF_ACCESS: Final = frozenset({"access.views", "access.people", "changes"})

_First = Annotated[
    date | None, QueryParameter(name="from", description="The first day in the tenant's time zone; else of this month.")
]
_End = Annotated[
    date | None, QueryParameter(name="to", description="The day after the last one; else of the first day's month.")
]
_Name = Annotated[str, PathParameter(description="A measure's id, such as `time.triage`.", max_length=64)]


class PeriodView(msgspec.Struct, frozen=True, kw_only=True):
    """Days from `first` until before `end`, in the tenant's time zone."""

    first: date
    end: date
    time_zone: str


class MeasureView(msgspec.Struct, frozen=True, kw_only=True):
    """A measure with what it counts, and its figure.

    `value`, `p95`, `before` and `target` are in the unit: a number, seconds, days, or a share from 0 to 1. Of lengths
    of time `value` is the median. `n` is how many cases the figure rests on. `trend` says how it differs from the
    period before: `noise` when chance alone would give such a difference more often than once in twenty times,
    `too_few` with fewer than ten cases.
    """

    id: str
    unit: Unit
    query: str
    population: str
    definition: str
    better: Better | None
    value: float | None
    p95: float | None
    n: int
    before: float | None
    trend: Trend
    target: float | None
    is_met: bool | None


class MeasuresView(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of a period beside those of the period before, as of `read_at`.

    Without data (`has_data`) nothing that was not seen is known not to have happened.
    """

    period: PeriodView
    before: PeriodView
    read_at: datetime
    has_data: bool
    measures: list[MeasureView]


class RecordView(msgspec.Struct, frozen=True, kw_only=True):
    """A record that a figure counts.

    `quantity` is what it adds, in the measure's unit; of a share, it is one of the part when `counts` is true.
    """

    kind: RecordKind
    id: str
    at: datetime
    label: str
    quantity: float
    counts: bool


@get("/measures", access=in_tenant(Permission.INCIDENT_READ, "measure"), dependencies=IN_TENANT, tags=["measures"])
async def read_measures(call: InTenant, first: _First = None, end: _End = None) -> MeasuresView:
    """The figures of a period."""
    loaded = await call.services.catalogue.loaded()
    async with call.records() as tx:
        figures = await figures_of(tx, await period_of(tx, first=first, end=end), loaded=loaded)
    return MeasuresView(
        period=_period(figures.tally.period),
        before=_period(figures.before.period),
        read_at=figures.tally.read_at,
        has_data=figures.tally.coverage.has_data,
        measures=[_view(measure) for measure in figures.measures.values()],
    )


@get(
    "/measures/{measure:str}/records",
    access=in_tenant(Permission.INCIDENT_READ, "measure"),
    dependencies=IN_TENANT,
    tags=["measures"],
)
async def list_records(
    call: InTenant,
    measure: _Name,
    *,
    first: _First = None,
    end: _End = None,
    cursor: Cursor = None,
    limit: PageSize = 50,
) -> Page[RecordView]:
    """The records that a figure counts, the oldest first."""
    _check(call, measure)
    name = f"{_LIST} {measure} {first} {end}"
    start = 0 if cursor is None else call.services.cursors.read(call.tenant_id, name, cursor, ByNumber).number
    loaded = await call.services.catalogue.loaded()
    async with call.records() as tx:
        records = await records_of(tx, await period_of(tx, first=first, end=end), measure, loaded=loaded)
    more = None
    if start + limit < len(records):
        more = call.services.cursors.make(call.tenant_id, name, ByNumber(start + limit))
    return Page(items=[_record(one) for one in records[start : start + limit]], next_cursor=more)


ROUTES: list[HTTPRouteHandler] = [read_measures, list_records]


def _check(call: InTenant, measure: str) -> None:
    """The audit log's entries are for who may read it, notices of breaches for who may read those."""
    if measure in _OF_ACCESS and Permission.AUDIT_READ not in call.permissions:
        raise Refused("Entries of the audit log are for those who may read it.")
    if measure.startswith(_OF_NOTICES) and Permission.BREACH_READ not in call.permissions:
        raise Refused("Notices of breach cases are for those who may read these.")


def _period(period: Period) -> PeriodView:
    return PeriodView(first=period.first, end=period.end, time_zone=period.zone)


def _view(measure: Measure) -> MeasureView:
    definition = DEFINITIONS[measure.id]
    return MeasureView(
        id=measure.id,
        unit=definition.unit,
        query=definition.query,
        population=definition.population,
        definition=definition.says,
        better=definition.better,
        value=measure.value,
        p95=measure.p95,
        n=measure.n,
        before=measure.before,
        trend=measure.trend,
        target=measure.target,
        is_met=measure.is_met,
    )


def _record(record: Record) -> RecordView:
    return RecordView(
        kind=record.kind,
        id=record.id,
        at=record.at,
        label=record.label,
        quantity=record.quantity,
        counts=record.counts,
    )
