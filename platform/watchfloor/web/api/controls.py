"""`/tenants/{tenant}/controls`: frameworks, evidence of a period, the lists behind each number, as JSON and CSV.

Holds no rule: what is counted and how it is judged is in `controls`. What people enter is in `control_entries`.
"""

import asyncio
from datetime import date, datetime, timedelta
from typing import Annotated, Final

import msgspec
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import PathParameter, QueryParameter

from watchfloor.access.roles import Permission
from watchfloor.controls.detection.coverage import content_of
from watchfloor.controls.entries.entry import Entry
from watchfloor.controls.evidence import ControlEvidence, Evidence, Figure, FrameworkEvidence, measure
from watchfloor.controls.library import shipped
from watchfloor.controls.measurement import Beside
from watchfloor.controls.people.roster import operators_roster
from watchfloor.controls.result import Outcome, Period
from watchfloor.controls.sheet import as_csv, say_deviation, say_gap
from watchfloor.controls.words import Language
from watchfloor.kernel import ids
from watchfloor.web.api.given import IN_TENANT, Cursor, InTenant, Page, PageSize
from watchfloor.web.calls import TenantCall
from watchfloor.web.cursors import ByText
from watchfloor.web.declaration import in_tenant

_POPULATION: Final = "control-population"

_From = Annotated[date | None, QueryParameter(name="from", description="The first day; without it, last month's.")]
_To = Annotated[date | None, QueryParameter(name="to", description="The day after the last; without it, this month's.")]
_Language = Annotated[Language, QueryParameter(description="The language of words.")]
_Framework = Annotated[str, PathParameter(description="A framework's id, such as `iso27001-2022`.", max_length=40)]
_Kind = Annotated[str, PathParameter(description="An evidence kind, `E01` to `E30`.", max_length=3)]
_Metric = Annotated[str, PathParameter(description="A metric's id.", max_length=40)]
_Deviating = Annotated[bool, QueryParameter(description="Only what is not counted as good.")]


class FrameworkLine(msgspec.Struct, frozen=True, kw_only=True):
    """A framework that evidence can be shown for."""

    id: str
    title: str
    version: str
    source: str
    controls: int


class EvidenceMetricView(msgspec.Struct, frozen=True, kw_only=True):
    """A metric. `at_least` or `at_most` is the usual number; one with neither judges nothing."""

    id: str
    title: str
    unit: str
    basis: str
    at_least: float | None
    at_most: float | None
    population: str


class EvidenceKindView(msgspec.Struct, frozen=True, kw_only=True):
    """An evidence kind: what is counted, and what gives the number where there is none."""

    id: str
    title: str
    definition: str
    needs: str
    metrics: list[EvidenceMetricView]


class EvidenceEntryLine(msgspec.Struct, frozen=True, kw_only=True):
    """A number that a person entered, and who."""

    id: str
    kind: str
    metric: str
    first: date
    until: date
    by: str
    at: datetime


class EvidenceView(msgspec.Struct, frozen=True, kw_only=True):
    """What the records of a period say to each control of a framework. `counts` are of controls."""

    framework: str
    title: str
    version: str
    source: str
    period: Period
    computed_at: datetime
    rule_version: str
    counts: dict[Outcome, int]
    controls: list[ControlEvidence]
    figures: list[Figure]
    entries: list[EvidenceEntryLine]


class PopulationMember(msgspec.Struct, frozen=True, kw_only=True):
    """One thing of a population. `why` says what is wrong with it; nothing is, where it is empty."""

    id: str
    good: bool
    why: list[str]


class PopulationView(msgspec.Struct, frozen=True, kw_only=True):
    """The list behind a number."""

    kind: str
    metric: str
    population: str
    value: float | None
    numerator: int | None
    denominator: int | None
    gaps: list[str]
    members: Page[PopulationMember]


@get("/controls", access=in_tenant(Permission.REPORT_READ, "control"), dependencies=IN_TENANT, tags=["controls"])
async def list_frameworks(call: InTenant) -> list[FrameworkLine]:  # noqa: ARG001  the guard needs it
    """The frameworks that evidence can be shown for."""
    return [
        FrameworkLine(id=one.id, title=one.title, version=one.version, source=one.source, controls=len(one.controls))
        for one in shipped().frameworks
    ]


@get("/controls/kinds", access=in_tenant(Permission.REPORT_READ, "control"), dependencies=IN_TENANT, tags=["controls"])
async def list_evidence_kinds(call: InTenant, language: _Language = "en") -> list[EvidenceKindView]:  # noqa: ARG001
    """The evidence kinds: what each counts, when it is good, what gives it."""
    return [
        EvidenceKindView(
            id=kind.id,
            title=kind.title.of(language),
            definition=kind.definition.of(language),
            needs=kind.needs.of(language),
            metrics=[
                EvidenceMetricView(
                    id=metric.id,
                    title=metric.title.of(language),
                    unit=metric.unit,
                    basis=metric.basis,
                    at_least=metric.at_least,
                    at_most=metric.at_most,
                    population=metric.population,
                )
                for metric in kind.metrics
            ],
        )
        for kind in shipped().kinds
    ]


@get(
    "/controls/populations/{kind:str}/{metric:str}",
    access=in_tenant(Permission.REPORT_READ, "control", limit="download"),
    dependencies=IN_TENANT,
    tags=["controls"],
)
async def list_population(
    call: InTenant,
    *,
    kind: _Kind,
    metric: _Metric,
    since: _From = None,
    until: _To = None,
    language: _Language = "en",
    deviating: _Deviating = False,
    cursor: Cursor = None,
    limit: PageSize = 50,
) -> PopulationView:
    """The things that a number counts, by their ids: open them where such ids are opened."""
    found = (await _measured(call, since, until)).find(kind, metric)
    place = "" if cursor is None else call.services.cursors.read(call.tenant_id, _POPULATION, cursor, ByText).text
    behind = [one for one in found.members if one.id > place and not (deviating and one.is_good)]
    more = None
    if len(behind) > limit:
        more = call.services.cursors.make(call.tenant_id, _POPULATION, ByText(behind[limit - 1].id))
    library = shipped()
    why: dict[str, list[str]] = {}
    for deviation in found.deviations:
        why.setdefault(deviation.id, []).append(say_deviation(deviation, library, language))
    return PopulationView(
        kind=kind,
        metric=metric,
        population=found.population,
        value=found.value,
        numerator=found.numerator,
        denominator=found.denominator,
        gaps=[say_gap(gap, library, language) for gap in found.gaps],
        members=Page(
            items=[PopulationMember(id=one.id, good=one.is_good, why=why.get(one.id, [])) for one in behind[:limit]],
            next_cursor=more,
        ),
    )


@get(
    "/controls/{framework:str}",
    access=in_tenant(Permission.REPORT_READ, "control", limit="download"),
    dependencies=IN_TENANT,
    tags=["controls"],
)
async def read_evidence(call: InTenant, framework: _Framework, since: _From = None, until: _To = None) -> EvidenceView:
    """What the records of a period say to each control. Nothing here says that a standard is met."""
    wanted = shipped().framework(framework)
    found = (await _measured(call, since, until)).of(wanted)
    return _view(found)


@get(
    "/controls/{framework:str}/csv",
    access=in_tenant(Permission.REPORT_READ, "control", limit="download"),
    dependencies=IN_TENANT,
    tags=["controls"],
    media_type="text/csv",
)
async def download_evidence_csv(
    call: InTenant, framework: _Framework, since: _From = None, until: _To = None, language: _Language = "en"
) -> Response[str]:
    """The same rows as a file for spreadsheets."""
    library = shipped()
    found = (await _measured(call, since, until)).of(library.framework(framework))
    name = f"{found.framework}-{found.period.first}-{found.period.until}.csv"
    return Response(
        as_csv(found, library, language),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


ROUTES: list[HTTPRouteHandler] = [
    list_frameworks,
    list_evidence_kinds,
    list_population,
    read_evidence,
    download_evidence_csv,
]


async def _measured(call: TenantCall, since: date | None, until: date | None) -> Evidence:
    now = call.services.clock.now()
    until = until or now.date().replace(day=1)
    since = since or (until - timedelta(days=1)).replace(day=1)
    rules = await call.services.catalogue.rules()
    content = await asyncio.to_thread(content_of, rules)
    roster = await operators_roster(call.services.app, call.services.auth, first=since, until=until)
    async with call.records() as tx:
        return await measure(
            tx,
            await call.cipher(tx),
            shipped(),
            first=since,
            until=until,
            now=now,
            beside=Beside(content=content, roster=roster),
        )


def _view(found: FrameworkEvidence) -> EvidenceView:
    return EvidenceView(
        framework=found.framework,
        title=found.title,
        version=found.version,
        source=found.source,
        period=found.period,
        computed_at=found.computed_at,
        rule_version=found.rule_version,
        counts=found.counts,
        controls=list(found.controls),
        figures=list(found.figures),
        entries=[_line(entry) for entry in found.entries],
    )


def _line(entry: Entry) -> EvidenceEntryLine:
    return EvidenceEntryLine(
        id=ids.show("evd", entry.id),
        kind=entry.kind,
        metric=entry.metric,
        first=entry.first,
        until=entry.until,
        by=entry.by,
        at=entry.at,
    )
