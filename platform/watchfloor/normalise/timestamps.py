"""Reads the times that sources write, and decides which time an event gets.

Owns the accepted forms and the clamp. An event's identity never hangs on a parsed time (two libraries may round the
seventh digit differently); see `identity`.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from watchfloor.normalise.event import TimeQuality

MAX_AHEAD: Final = timedelta(minutes=5)
MAX_BEHIND: Final = timedelta(days=90)

_FRACTION: Final = re.compile(r"(\.\d{6})\d+")
_DOTNET: Final = re.compile(r"/?Date\((-?\d{1,17})\)/?")
_SECONDS_LIMIT: Final = 1e11
_WRITTEN_FORMS: Final = (
    "%d/%b/%Y:%H:%M:%S %z",
    "%d/%b/%Y:%H:%M:%S.%f %z",
    "%b %d %Y %H:%M:%S",
    "%b %d %Y %H:%M:%S.%f",
)


def parse_time(value: object) -> datetime | None:
    """The instant that `value` names, in UTC, or None.

    Takes ISO 8601 text (`T` or a blank between date and time, any number of fraction digits, cut to microseconds; `Z`
    or an offset; without one it is UTC, as Windows and AWS write it), `/Date(ms)/`, and epoch seconds or milliseconds
    as a number.
    """
    if isinstance(value, str):
        return _from_text(value.strip())
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _from_epoch(value if abs(value) < _SECONDS_LIMIT else value / 1000)
    return None


def read_written_time(text: str) -> datetime | None:
    """A time in one of the forms of web servers and CEF, in UTC; without a zone it is UTC.

    `22/Nov/2026:08:26:49 +0000`, with or without a fraction, and `Nov 22 2026 08:26:49`.
    """
    if not 19 <= len(text) <= 40:
        return None
    for form in _WRITTEN_FORMS:
        try:
            time = datetime.strptime(text, form)  # noqa: DTZ007 - a zone is part of the form or UTC
            return time.astimezone(UTC) if time.tzinfo is not None else time.replace(tzinfo=UTC)
        except (ValueError, OverflowError):
            continue
    return None


def choose_time(own: datetime | None, *, received_at: datetime) -> tuple[datetime, TimeQuality]:
    """The event's time and what it is worth.

    The event's own time if it lies within `MAX_BEHIND` before and `MAX_AHEAD` after its receipt; otherwise the time
    of receipt.
    """
    if own is None:
        return received_at, "received"
    if received_at - MAX_BEHIND <= own <= received_at + MAX_AHEAD:
        return own, "parsed"
    return received_at, "clamped"


def _from_text(text: str) -> datetime | None:
    if len(text) > 64:
        return None
    dotnet = _DOTNET.fullmatch(text)
    if dotnet is not None:
        return _from_epoch(int(dotnet[1]) / 1000)
    try:
        parsed = datetime.fromisoformat(_FRACTION.sub(r"\1", text))
        return parsed.astimezone(UTC) if parsed.tzinfo is not None else parsed.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _from_epoch(seconds: float) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
