"""How an incident stands among others: its score, the storm or newcomer that opened it, its whole, its parts, its like.

Reads only.
"""

from collections.abc import Iterator
from typing import Final

from watchfloor.desk.card import Row, Text
from watchfloor.desk.display import queries
from watchfloor.incidents.incident import Incident, Reference
from watchfloor.incidents.regrouping.whole import parts_of, whole_of
from watchfloor.incidents.related.likeness import Related, related_to
from watchfloor.incidents.scoring.keeping import read_score
from watchfloor.incidents.scoring.score import Score
from watchfloor.kernel.db import TenantTx

_PARTS: Final = 5

_NEWCOMERS: Final = {"host": "new host", "user": "new user", "account": "new account", "ip": "new address"}


async def bearing(tx: TenantTx, incident: Incident) -> tuple[Row, ...]:
    """What tells how urgent the incident is."""
    whole = await whole_of(tx, incident)
    origin = await queries.select_origin(tx, incident.id)
    score = await read_score(tx, incident.id)
    rows: list[Row] = []
    if whole is not None:
        rows.append(Row("Part of", (Text(f"{whole[1]}: work goes on there"),)))
    if origin is not None:
        rows.extend(_origin(origin))
    if score is not None and whole is None:
        rows.append(_score(score))
    return tuple(rows)


async def likes(tx: TenantTx, incident: Incident, code: str) -> tuple[Row, ...]:
    """The incidents that this one has to do with."""
    parts = await parts_of(tx, incident.id, limit=_PARTS + 1)
    related = await related_to(tx, incident.id)
    rows: list[Row] = []
    if parts:
        shown = tuple(Text(str(part)) for part in parts[:_PARTS])
        rows.append(Row("Merged in", shown, more=len(parts) - len(shown)))
    if related:
        rows.append(Row("Related", tuple(Text(_like(one, code)) for one in related)))
    return tuple(rows)


def _origin(origin: queries.OriginRow) -> Iterator[Row]:
    if origin.kind == "storm":
        noun = "alert" if origin.gathered == 1 else "alerts"
        yield Row("Storm", (Text(f"{origin.gathered:,} {noun} of one rule, held together"),))
    elif origin.newcomer is not None:
        yield Row("Why", (Text(f"{_NEWCOMERS.get(origin.newcomer, 'new')}: the rule's storm had not reached it"),))


def _score(score: Score) -> Row:
    told = ", ".join(reason.detail for reason in score.strongest)
    return Row("Score", (Text(f"{score.points} of 100: {told}"),))


def _like(one: Related, code: str) -> str:
    judged = "" if one.verdict is None else f", {one.verdict.replace('_', ' ')}"
    return f"{Reference(code, one.number)} ({one.state}{judged})"
