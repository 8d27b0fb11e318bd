"""What the tenant's machines, people and accounts are worth, where that is not as usual.

Owns `wf.asset_weights`. The value is sealed at its place and found by the same keyed hash as in alerts and incidents.
What has no weight is worth as much as most things are.
"""

from collections.abc import Iterable
from typing import Final, Literal, get_args

from watchfloor.assets import queries
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.normalise.event import Entity

Weight = Literal["low", "normal", "high", "critical"]

WEIGHTS: Final[tuple[Weight, ...]] = get_args(Weight)
"""From what nobody would miss to what the tenant cannot work without."""

_TABLE: Final = "wf.asset_weights"


async def set_weight(
    tx: TenantTx, cipher: TenantCipher, entity: Entity, *, index: bytes, weight: Weight, by: str
) -> Weight:
    """Says what a thing is worth from now on, and returns what it was worth before."""
    before = await weight_of(tx, entity.kind, index)
    if weight == "normal":
        await queries.delete_weight(tx, entity.kind, index)
    else:
        row = queries.WeightRow(
            kind=entity.kind,
            value_index=index,
            value=cipher.seal(
                entity.value.encode("utf-8", "surrogatepass"),
                table=_TABLE,
                column="value",
                row=f"{entity.kind}:{index.hex()}",
            ),
            weight=weight,
            set_by=by,
        )
        await queries.upsert_weight(tx, row)
    return before


async def weight_of(tx: TenantTx, kind: str, index: bytes) -> Weight:
    """What a thing is worth."""
    found = await queries.select_weight(tx, kind, index)
    return heaviest(() if found is None else (found,))


def heaviest(weights: Iterable[str]) -> Weight:
    """The greatest weight among the given; normal where there is none, low only where all are low."""
    places = [WEIGHTS.index(weight) for weight in WEIGHTS for given in weights if given == weight]
    return WEIGHTS[max(places)] if places else "normal"
