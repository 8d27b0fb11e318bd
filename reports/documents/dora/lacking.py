"""What a DORA report lacks: by its form, and by the supervisors' schema beside it."""

from collections.abc import Iterable
from typing import Final

from reports.breach.facts import Lacking
from watchfloor.breach.case import BreachCase
from watchfloor.breach.sector.incident_report import SCHEMA_VERSION, incident_report

_SCHEMA: Final = f"JSON schema {SCHEMA_VERSION} (EBA, EIOPA, ESMA)"


def with_schema(lacking: Iterable[Lacking], case: BreachCase, stage: str) -> tuple[Lacking, ...]:
    """What the form misses, and behind it what only the schema demands."""
    found = {one.path: one for one in lacking}
    for path in incident_report(case, stage).lacking:
        found.setdefault(path, Lacking(path=path, label=path, asked_by=_SCHEMA))
    return tuple(found.values())
