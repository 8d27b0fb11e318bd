"""How people write a value of a breach case on a command line: words in, plain data out.

Owns the spellings. What they are checked against is the field's own type (`fields`); what is no spelling of the kind
is handed on as it is, for the check to say so.
"""

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final, cast

import msgspec

from watchfloor.breach.known import Range
from watchfloor.kernel.errors import Invalid

_RANGE: Final = re.compile(r"(\d{1,12})(?:\s*(\+)|\s*(?:-|to|\N{EN DASH})\s*(\d{1,12}))?")
_LENGTH: Final = re.compile(r"(\d{1,7})\s*([smhd])")
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_YES_NO: Final = {"yes": True, "no": False, "true": True, "false": False}


def spelled(kind: str, raw: object) -> object:
    """The plain data that the words mean for a field of this kind; anything but words is handed on.

    Raises Invalid for words that begin like JSON and are none.
    """
    if not isinstance(raw, str):
        return raw
    text = raw.strip()
    reader = _READERS.get(kind)
    return raw if reader is None else reader(text)


def _yes_no(text: str) -> object:
    return _YES_NO.get(text.lower(), text)


def _range(text: str) -> object:
    if text.startswith("{"):
        return _json(text)
    found = _RANGE.fullmatch(text.replace(",", ""))
    if found is None:
        return text
    low = int(found[1])
    if found[2]:
        return {"min": low}
    if found[3]:
        return {"min": low, "max": int(found[3])}
    return msgspec.to_builtins(Range(min=low, max=low, exact=True))


def _length(text: str) -> object:
    found = _LENGTH.fullmatch(text)
    return text if found is None else msgspec.to_builtins(timedelta(**{_UNITS[found[2]]: int(found[1])}))


def _list(text: str) -> object:
    if text.startswith("["):
        return _json(text)
    return [part.strip() for part in text.split(",") if part.strip()]


def _json(text: str) -> object:
    if not text.startswith(("{", "[")):
        return text
    try:
        return cast("object", msgspec.json.decode(text))
    except msgspec.DecodeError as fault:
        raise Invalid(f"This is not JSON: {fault}.", where="value") from None


_READERS: Final[Mapping[str, Callable[[str], object]]] = {
    "yes_no": _yes_no,
    "range": _range,
    "duration": _length,
    "choices": _list,
    "texts": _list,
    "record": _json,
    "records": _json,
}
