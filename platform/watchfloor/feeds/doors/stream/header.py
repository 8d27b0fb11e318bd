"""What the transport needs to know of a message's header: the token to take out of it, and a time without a zone.

Owns the few forms that concern the door; parsing messages is the normaliser's business. A token stands in the
structured data of RFC 5424 as `[wf@<number> token="..."]`. It says who sends, and is never stored. A time of RFC 3164
(or Cisco's, or an ISO time without an offset) is read in the zone of the feed.
"""

import functools
import re
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_BOM: Final = b"\xef\xbb\xbf"
_MARK: Final = b"[wf@"
_HEADER: Final = re.compile(rb"<\d{1,3}>1 (?:[^ ]{1,255} ){5}")
_ELEMENT: Final = re.compile(rb'\[[^ =\]"]{1,64}(?: [^ =\]"]{1,64}="(?:[^"\\\]]|\\.)*+")*+\]', re.DOTALL)
_TOKEN: Final = re.compile(rb'\[wf@\d{1,10} token="([0-9A-Za-z_\-]{1,128})"\]')
_MOST_ELEMENTS: Final = 64

_MONTHS: Final = {name: number for number, name in enumerate(
    (b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec"), start=1
)}  # fmt: skip
_OLD_TIME: Final = re.compile(
    rb"(?:<\d{1,3}>)?[: ]?(?:\d{1,10}: )?(?:[\w.\-]{1,64}: )?[*.]?"
    rb"(?P<month>[A-Z][a-z]{2}) {1,2}(?P<day>\d{1,2}) (?:(?P<year>\d{4}) )?"
    rb"(?P<clock>\d{2}:\d{2}:\d{2})(?:\.(?P<fraction>\d{1,9}))?(?P<utc> (?:UTC|GMT):)?(?=[ :]|$|(?<=:))"
)
_ISO_TIME: Final = re.compile(rb"(?:<\d{1,3}>)?(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))? ")


def without_token(message: bytes) -> tuple[bytes, str | None]:
    """The message as it may be stored, and the token that it showed."""
    if _BOM in message:
        message = message.removeprefix(_BOM).replace(b" " + _BOM, b" ", 1)
    if _MARK not in message:
        return message, None
    header = _HEADER.match(message)
    if header is None:
        return message, None
    begin = at = header.end()
    kept: list[bytes] = []
    token: str | None = None
    for _ in range(_MOST_ELEMENTS):
        element = _ELEMENT.match(message, at)
        if element is None:
            break
        shown = _TOKEN.fullmatch(element[0])
        if shown is None:
            kept.append(element[0])
        else:
            token = shown[1].decode()
        at = element.end()
    if token is None:
        return message, None
    return message[:begin] + (b"".join(kept) or b"-") + message[at:], token


def local_time(message: bytes, *, zone: str, now: datetime) -> datetime | None:
    """The time in the header if it names no zone, read in `zone`; None if there is none, or it has a zone.

    A time without a year is the last such day that is no later than tomorrow (by `now`).
    """
    place = _place(zone)
    iso = _ISO_TIME.match(message)
    if iso is not None:
        return _zoned(iso[1].decode(), _micro(iso[2]), place)
    old = _OLD_TIME.match(message)
    if old is None or old["month"].lower() not in _MONTHS:
        return None
    latest = now + timedelta(days=1)
    place = _place("UTC") if old["utc"] else place
    years = (int(old["year"]),) if old["year"] else (latest.year + 1, latest.year, latest.year - 1)
    for year in years:
        day = f"{year:04}-{_MONTHS[old['month'].lower()]:02}-{int(old['day']):02}T{old['clock'].decode()}"
        time = _zoned(day, _micro(old["fraction"]), place)
        if time is not None and (old["year"] or time <= latest):
            return time
    return None


def _zoned(text: str, micro: int, place: ZoneInfo) -> datetime | None:
    try:
        return datetime.fromisoformat(text).replace(microsecond=micro, tzinfo=place).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _micro(fraction: bytes | None) -> int:
    return int((fraction or b"0")[:6].ljust(6, b"0"))


@functools.lru_cache(maxsize=256)
def _place(zone: str) -> ZoneInfo:
    try:
        return ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")
