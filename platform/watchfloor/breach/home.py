"""Where a controller is at home, by its record: country and subdivision. Owns the way from a time zone to a country."""

from functools import lru_cache
from importlib import resources
from typing import Final

from watchfloor.kernel.errors import Invalid

_ZONES: Final = ("tzdata", "zoneinfo/zone.tab")
_FIELDS: Final = 3


def country_of(zone: str) -> str:
    """The country (ISO 3166-1) in which a zone's city lies. Raises Invalid for a zone of no country, such as UTC."""
    found = _countries().get(zone)
    if found is None:
        raise Invalid(
            f"The time zone {zone} says nothing of a country.",
            where="country",
            remedy="Give the controller's country, such as DE.",
        )
    return found


@lru_cache(maxsize=1)
def _countries() -> dict[str, str]:
    text = resources.files(_ZONES[0]).joinpath(_ZONES[1]).read_text(encoding="utf-8")
    rows = (line.split("\t") for line in text.splitlines() if not line.startswith("#"))
    return {row[2]: row[0] for row in rows if len(row) >= _FIELDS}
