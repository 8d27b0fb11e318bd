"""The ladder: whom a page reaches, and when, for as long as nobody answers it. Data, and pure.

`named` is who a page was raised for by name. A rung with `everywhere` goes by every lane at once; any other takes the
first lane and goes on to the next one when that fails.
"""

from typing import Final, Literal, TypeAlias

import msgspec

LadderName = Literal["critical", "high", "called", "escalated", "primary", "secondary", "lead"]
RecipientName = Literal["primary", "secondary", "lead", "named"]


class Rung(msgspec.Struct, frozen=True, kw_only=True):
    """One step up: `after` seconds from the raising of the page."""

    after: float
    to: tuple[RecipientName, ...]
    everywhere: bool = False


Ladder: TypeAlias = tuple[Rung, ...]

LADDERS: Final[dict[LadderName, Ladder]] = {
    "critical": (
        Rung(after=0, to=("primary",)),
        Rung(after=300, to=("primary",)),
        Rung(after=600, to=("secondary",)),
        Rung(after=900, to=("lead",), everywhere=True),
    ),
    "high": (
        Rung(after=0, to=("primary",)),
        Rung(after=900, to=("primary",)),
        Rung(after=1800, to=("secondary",)),
        Rung(after=3600, to=("lead",), everywhere=True),
    ),
    "called": (
        Rung(after=0, to=("named",)),
        Rung(after=300, to=("named",)),
        Rung(after=900, to=("lead",), everywhere=True),
    ),
    "primary": (
        Rung(after=0, to=("primary",)),
        Rung(after=300, to=("primary",)),
        Rung(after=900, to=("lead",), everywhere=True),
    ),
    "secondary": (
        Rung(after=0, to=("secondary",)),
        Rung(after=300, to=("secondary",)),
        Rung(after=900, to=("lead",), everywhere=True),
    ),
    "lead": (Rung(after=0, to=("lead",)), Rung(after=300, to=("lead",), everywhere=True)),
    "escalated": (
        Rung(after=0, to=("secondary", "lead")),
        Rung(after=600, to=("lead",), everywhere=True),
    ),
}
"""What holds where the operator's rota says nothing else."""
