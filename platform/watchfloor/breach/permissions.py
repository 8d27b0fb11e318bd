"""Who may do what to a breach case, asked where it is done: the last check, whatever the surface asked before."""

from collections.abc import Collection
from typing import Final

from watchfloor.access.roles import Permission
from watchfloor.audit.append import Actor
from watchfloor.kernel.errors import Invalid, Refused

LONGEST: Final = 8_000
_SHORTEST_REASON: Final = 10


def require(may: Collection[Permission], needed: Permission) -> None:
    """Raises Refused where the permission is missing."""
    if needed in may:
        return
    remedy = "A privacy officer of the customer decides this." if needed == Permission.BREACH_DECIDE else None
    raise Refused(f"Your role here does not include {needed}.", where="permission", remedy=remedy)


def require_person(actor: Actor) -> None:
    """Raises Refused where no person acts: nothing that opens a case or decides in it is a program's."""
    if actor.kind != "person":
        raise Refused(
            "A person decides this, not a program or an API key.", where="actor", remedy="Sign in and do it yourself."
        )


def require_words(text: str, *, name: str, shortest: int = _SHORTEST_REASON) -> str:
    """The words without space around them. Raises Invalid when there are too few or too many."""
    words = text.strip()
    if not shortest <= len(words) <= LONGEST:
        raise Invalid(f"The {name} must have {shortest} to {LONGEST:,} characters.", where=name)
    return words
