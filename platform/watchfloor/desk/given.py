"""What people give a verb, read into values. What cannot be read is told with the field's name and an example."""

import re
from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from watchfloor.kernel.errors import Invalid

_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DURATION: Final = re.compile(r"([1-9][0-9]{0,4})\s*([mhdw])")


def is_text(text: str) -> bool:
    """Whether it can be stored and sent as text: no NUL, which the database takes nowhere, and no half characters."""
    return "\x00" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def read_duration(text: str, *, where: str, longest: timedelta) -> timedelta:
    """A length of time: `90m`, `2h`, `3d`, `1w`. Raises Invalid for anything else and for more than `longest`."""
    found = _DURATION.fullmatch(text.strip().lower())
    if found is None:
        raise Invalid(
            "This is no length of time.", where=where, remedy="Write a number and m, h, d or w: 90m, 2h, 3d, 1w."
        )
    length = timedelta(**{_UNITS[found[2]]: int(found[1])})
    if length > longest:
        raise Invalid(f"This is longer than {longest.days} days, which is the most.", where=where)
    return length


def read_choice(text: str, choices: Iterable[str], *, where: str) -> str:
    """One of the choices, in any case. Raises Invalid, with the choices, for anything else."""
    wanted = text.strip().lower().replace(" ", "_").replace("-", "_")
    choices = list(choices)
    for choice in choices:
        if choice == wanted:
            return choice
    raise Invalid(f"This is none of {', '.join(choices)}.", where=where)
