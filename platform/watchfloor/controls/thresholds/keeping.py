"""Setting a tenant's own numbers: always stricter than the usual ones. Audited.

A number that a standard fixes is held against it when a row is judged: the stricter one of the two counts, so that
nothing that a tenant sets can loosen it.
"""

from watchfloor.audit.append import Actor, append
from watchfloor.controls.judgement import is_stricter
from watchfloor.controls.library import Library
from watchfloor.controls.thresholds import queries
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import Invalid, NotFound


async def own_numbers(tx: TenantTx) -> dict[tuple[str, str], float]:
    """The tenant's own numbers by kind and metric."""
    return {(row.kind, row.metric): row.number for row in await queries.select_numbers(tx)}


async def set_number(tx: TenantTx, actor: Actor, library: Library, *, kind: str, metric: str, number: float) -> None:
    """Holds the tenant to a stricter number from now on, or, with the usual one, to that again.

    Raises NotFound for an unknown kind, Invalid for a figure, a looser number and one that no share can reach.
    """
    found = library.kind(kind).find(metric)
    usual = None if found is None else found.threshold
    if found is None or usual is None:
        raise Invalid(f"{kind} has no metric {metric!r} with a number.", where="metric")
    if not 0 <= number < float("inf") or (found.unit == "percent" and number > 100):
        raise Invalid("A share lies between 0 and 100, any other number is 0 or more.", where="number")
    before = (await own_numbers(tx)).get((kind, metric))
    if number == usual.number:
        if not await queries.delete_number(tx, kind=kind, metric=metric):
            return
    elif is_stricter(number, usual.number, found):
        await queries.upsert_number(tx, kind=kind, metric=metric, number=number, by=actor.id)
    else:
        raise Invalid(
            f"{number:g} is looser than the usual {usual.number:g}.",
            where="number",
            remedy="A tenant may tighten a number; what a standard fixes cannot be loosened at all.",
        )
    await append(
        tx,
        actor,
        action="evidence.threshold",
        object_kind="evidence",
        object_id=f"{kind}.{metric}",
        before=before,
        after=number,
    )


async def find_number(tx: TenantTx, *, kind: str, metric: str) -> queries.NumberRow:
    """A number with who set it. Raises NotFound."""
    for row in await queries.select_numbers(tx):
        if (row.kind, row.metric) == (kind, metric):
            return row
    raise NotFound("The tenant has no number of its own here.")
