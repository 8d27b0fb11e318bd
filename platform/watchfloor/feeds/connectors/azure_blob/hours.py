"""The names that diagnostic settings give their blobs: a resource, then year, month, day and hour.

    tenantId=…/y=2026/m=11/d=23/h=14/m=00/PT1H.json
    resourceId=/SUBSCRIPTIONS/…/y=2026/m=11/d=23/h=14/m=00/PT1H.json

Owns the reading of these names, and which folders have to be listed for a span of time. Pure.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

_HOUR: Final = re.compile(
    r"(?P<root>.{0,900}?)y=(?P<y>\d{4})/m=(?P<m>\d{2})/d=(?P<d>\d{2})/h=(?P<h>\d{2})/m=\d{2}/[^/]{1,100}\.json"
)
_YEAR: Final = re.compile(r"(?:^|/)y=\d{4}/$")


def hour_of(name: str) -> datetime | None:
    """The hour that a blob is of; None when it is no blob of a diagnostic setting."""
    found = _HOUR.fullmatch(name)
    if found is None:
        return None
    try:
        return datetime(int(found["y"]), int(found["m"]), int(found["d"]), int(found["h"]), tzinfo=UTC)
    except ValueError:
        return None


def is_year(folder: str) -> bool:
    """Whether a folder is one of a year: what stands before it is a resource."""
    return _YEAR.search(folder) is not None


def days(start: datetime, end: datetime) -> Iterator[str]:
    """The folders below a resource that hold the blobs of a span, a day each."""
    day = start.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    while day <= end:
        yield f"y={day:%Y}/m={day:%m}/d={day:%d}/"
        day += timedelta(days=1)


def floor(time: datetime) -> datetime:
    """The hour's beginning."""
    return time.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
