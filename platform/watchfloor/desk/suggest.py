"""What completes a reference: a tenant's incidents by the beginning of their numbers, or its newest open ones.

One indexed query a tenant; it finds by number, never by words. Whoever asks has been checked by the front.
"""

from collections.abc import Iterator
from typing import Final, cast

import msgspec

from watchfloor.alerts.alert import Severity
from watchfloor.desk.lookup import queries
from watchfloor.incidents.incident import OPEN_STATES, Reference, State
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.neutralise import Untrusted

MOST: Final = 25
"""How many are suggested: as many as a chat shows."""

MOST_TENANTS: Final = 25
"""In how many tenants is looked where the text names none."""

_DIGITS: Final = 9
"""Numbers have at most so many digits here; more is never reached."""


class Suggestion(msgspec.Struct, frozen=True, kw_only=True):
    """An incident to choose."""

    ref: str
    title: Untrusted
    severity: Severity
    state: State


async def suggest_incidents(tx: TenantTx, *, code: str, text: str, limit: int = MOST) -> list[Suggestion]:
    """The tenant's incidents that the text may become: `12` or `ACME-12` begins ACME-12, ACME-120 and so on."""
    text = text.strip().upper()
    number = "" if code.startswith(text) else text.removeprefix(code).removeprefix("-")
    if not number:
        rows = await queries.select_newest(tx, states=OPEN_STATES, limit=limit)
    elif number.isascii() and number.isdigit() and len(number) <= _DIGITS and number[0] != "0":
        rows = await queries.select_by_numbers(tx, list(_beginning_with(number)), limit=limit)
    else:
        return []
    return [
        Suggestion(
            ref=str(Reference(code, row.number)),
            title=Untrusted(row.title),
            severity=cast("Severity", row.severity),
            state=cast("State", row.state),
        )
        for row in rows
    ]


def may_become(text: str, code: str) -> bool:
    """Whether a reference of the tenant with this code can begin with the text."""
    text = text.strip().upper()
    begun, dash, _ = text.partition("-")
    return text[:1].isdigit() or (begun == code if dash else code.startswith(begun))


def _beginning_with(number: str) -> Iterator[tuple[int, int]]:
    """The ranges of the numbers that begin so."""
    for more in range(_DIGITS - len(number) + 1):
        low = int(number) * 10**more
        yield low, low + 10**more - 1
