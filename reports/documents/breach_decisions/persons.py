"""Who is who in breach cases that no notice has frozen: the names of the people and authorities that they name.

Read by collectors alone. Somebody whom the directory does not know is called by the id.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final, cast

import msgspec

from reports import people
from reports.breach.facts import Person
from reports.letterhead import Desk
from watchfloor.breach.case import BreachCase
from watchfloor.breach.rules.library import shipped
from watchfloor.kernel import ids
from watchfloor.kernel.db import TenantTx

_PERSON: Final = re.compile(r"per_[0-9a-z]{26}")


async def people_of(tx: TenantTx, desk: Desk, cases: Iterable[BreachCase]) -> tuple[Person, ...]:
    """Everybody whom the cases name by an id, each once, in the order of the ids."""
    found: dict[str, Person] = {}
    for case in cases:
        named = sorted(_ids(msgspec.to_builtins(case)))
        known = await people.meet(
            tx,
            desk.directory,
            kind="breach_case",
            object_id=ids.show("brc", case.id),
            actors=[("person", shown) for shown in named],
        )
        for shown in named:
            actor = known.actor("person", shown)
            if shown not in found or actor.side == "customer":
                found[shown] = Person(id=shown, name=actor.name, side=actor.side)
    return tuple(found[shown] for shown in sorted(found))


def authorities_of(case: BreachCase) -> dict[str, str]:
    """The names of the authorities that the case names by their codes."""
    border = case.cross_border
    named = {fact.value for fact in (border.authority, border.lead_authority) if fact is not None and fact.value}
    if border.other_authorities is not None:
        named |= set(border.other_authorities.value or ())
    return {row.code: row.name for row in shipped().authorities if row.code in named}


def _ids(value: object) -> set[str]:
    if isinstance(value, str):
        return {value} if _PERSON.fullmatch(value) is not None else set()
    if isinstance(value, Mapping):
        return set[str]().union(*(_ids(part) for part in cast("Mapping[str, object]", value).values()))
    if isinstance(value, (list, tuple)):
        return set[str]().union(*(_ids(part) for part in cast("Iterable[object]", value)))
    return set()
