"""Public holidays, by country and subdivision. Owns what is asked of the library that knows them.

Dates are looked up once, when an agreement is first used, and stand in it from then on: a newer edition of the
library changes no clock that runs.
"""

from collections.abc import Iterable
from datetime import date
from functools import lru_cache

import holidays


def free_days(country: str, subdivision: str | None, years: Iterable[int]) -> list[date]:
    """The public holidays of the years, in order. Raises KeyError for a place that nothing is known of."""
    if not is_known(country, subdivision):
        raise KeyError(country)
    return sorted(holidays.country_holidays(country, subdiv=subdivision, years=list(years)))


def is_known(country: str, subdivision: str | None) -> bool:
    """Whether the holidays of this place are known: ISO 3166-1, and the part after the hyphen of ISO 3166-2."""
    places = _places()
    return country in places and (subdivision is None or subdivision in places[country])


def countries() -> list[str]:
    """The countries whose holidays are known."""
    return sorted(_places())


@lru_cache(maxsize=1)
def _places() -> dict[str, list[str]]:
    return holidays.list_supported_countries(include_aliases=False)
