"""Reads an event's body as a JSON object, within limits.

Owns the limits (size, nesting, keys) and the clean-up that makes every value safe to store and to encode again:
no NUL, no lone surrogate, no number that JSON libraries disagree about. It knows no source.
Never raises anything but `ParseFailed`.
"""

import json
import math
from typing import Final, NoReturn, cast

import msgspec

from watchfloor.normalise.event import FieldValue
from watchfloor.normalise.failure import ParseFailed

MAX_BYTES: Final = 256 * 1024
MAX_DEPTH: Final = 32
MAX_KEYS: Final = 2_000

_INT64_MIN: Final = -(2**63)
_UINT64_MAX: Final = 2**64 - 1
_BOM: Final = b"\xef\xbb\xbf"
_ESCAPED: Final = rb"\u"
"""What JSON needs for a NUL, and text of ASCII for any other letter."""

_SYMBOL_FOR_NUL: Final = "\N{SYMBOL FOR NULL}"
_DECODER: Final = msgspec.json.Decoder()


def check_size(body: bytes) -> None:
    """Raises ParseFailed for an empty body and for one over `MAX_BYTES`."""
    if len(body) > MAX_BYTES:
        raise ParseFailed(f"The event has {len(body)} bytes; the limit is {MAX_BYTES}.", reason="too_large")
    if not body.strip():
        raise ParseFailed("The event is empty.", reason="empty")


def looks_like_object(body: bytes) -> bool:
    """Whether the body begins as a JSON object does."""
    return body.removeprefix(_BOM).lstrip()[:1] == b"{"


def read_object(body: bytes) -> dict[str, FieldValue]:
    """The JSON object in `body`, cleaned.

    NUL becomes U+2400 and a lone surrogate U+FFFD in keys and strings; integers beyond 64 bits and numbers beyond a
    double become text. Raises ParseFailed: not_utf8, not_json, wrong_shape (JSON, but no object), too_deep,
    too_many_keys.
    """
    value = _decode(body.removeprefix(_BOM))
    if not isinstance(value, dict):
        raise ParseFailed("The event is JSON, but not an object.", reason="wrong_shape")
    _Cleaner(has_clean_text=body.isascii() and _ESCAPED not in body).clean(value, depth=1)
    return value


def read_text(body: bytes) -> str:
    """The body as text: UTF-8, with U+FFFD for bytes that are not, and U+2400 for NUL."""
    return body.removeprefix(_BOM).decode("utf-8", errors="replace").replace("\0", _SYMBOL_FOR_NUL).strip()


def read_embedded(text: str) -> FieldValue:
    """What a field says that holds an object or a list as JSON text, cleaned; the text itself where it does not.

    It may nest half as deep as an event, since it stands inside of one.
    """
    if text[:1] not in {"{", "["}:
        return text
    try:
        value = cast("FieldValue", _DECODER.decode(text))
        if not isinstance(value, (dict, list)):
            return text
        _Cleaner().clean(value, depth=MAX_DEPTH // 2)
    except (ParseFailed, RecursionError, ValueError):
        return text
    return value


def clean_text(text: str) -> str:
    """`text` without NUL and lone surrogates, which no store of ours takes."""
    if not text.isascii():
        text = text.encode("utf-16-le", errors="surrogatepass").decode("utf-16-le", errors="replace")
    return text.replace("\0", _SYMBOL_FOR_NUL)


def _decode(body: bytes) -> FieldValue:
    try:
        return cast("FieldValue", _DECODER.decode(body))
    except RecursionError:
        raise _too_deep() from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _decode_leniently(body)


def _decode_leniently(body: bytes) -> FieldValue:
    """Valid JSON that the fast decoder refuses: lone surrogates, numbers beyond its range."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise ParseFailed("The event is not UTF-8.", reason="not_utf8") from None
    try:
        return cast("FieldValue", json.loads(text, parse_int=_integer, parse_float=_float, parse_constant=_refuse))
    except RecursionError:
        raise _too_deep() from None
    except ValueError:
        raise ParseFailed("The event is not valid JSON.", reason="not_json") from None


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits) <= 20 else digits


def _float(digits: str) -> float | str:
    value = float(digits)
    return value if math.isfinite(value) else digits


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def _too_deep() -> ParseFailed:
    return ParseFailed(f"The event nests deeper than {MAX_DEPTH} levels.", reason="too_deep")


class _Cleaner:
    """Walks one decoded object, counts, and replaces in place what may not stay."""

    def __init__(self, *, has_clean_text: bool = False) -> None:
        """`has_clean_text`: all keys and strings are known to be clean."""
        self._has_clean_text = has_clean_text
        self._keys = 0

    def clean(self, node: dict[str, FieldValue] | list[FieldValue], *, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise _too_deep()
        if isinstance(node, list):
            for index, item in enumerate(node):
                node[index] = self._value(item, depth)
            return
        self._keys += len(node)
        if self._keys > MAX_KEYS:
            raise ParseFailed(f"The event has more than {MAX_KEYS} keys.", reason="too_many_keys")
        if self._has_clean_text:
            for key, item in node.items():
                if item.__class__ is not str:
                    node[key] = self._value(item, depth)
            return
        for key in list(node):
            item = self._value(node[key], depth)
            clean_key = key if key.isascii() and "\0" not in key else clean_text(key)
            if clean_key != key:
                del node[key]
            node[clean_key] = item

    def _value(self, value: FieldValue, depth: int) -> FieldValue:
        if isinstance(value, str):
            return value if value.isascii() and "\0" not in value else clean_text(value)
        if isinstance(value, (dict, list)):
            self.clean(value, depth=depth + 1)
            return value
        if isinstance(value, int) and not _INT64_MIN <= value <= _UINT64_MAX:
            return str(value)
        return value
