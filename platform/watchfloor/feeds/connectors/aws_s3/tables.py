"""Rows: flow logs, CSV and Parquet.

A header says what the columns are. A flow in the default format stays the line that it is; in a format of the
customer's own, as with CSV and Parquet, a row becomes a JSON object under the names of its columns, for the line alone
would say nothing.
"""

import contextlib
import csv
import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Final, Protocol, cast

import msgspec

from watchfloor.feeds.connectors.connector import Malformed
from watchfloor.kernel.errors import TooLarge

PARQUET: Final = b"PAR1"
PARQUET_BYTES: Final = 512_000_000
"""How large a Parquet object may be: its directory stands at its end, so it must be there whole."""

_PARQUET_INFLATED: Final = 4_000_000_000
_PARQUET_RATIO: Final = 250
_ROWS: Final = 500
_COLUMNS: Final = 1_000
_FLOW_DEFAULT: Final = (
    "version", "account-id", "interface-id", "srcaddr", "dstaddr", "srcport", "dstport", "protocol", "packets",
    "bytes", "start", "end", "action", "log-status",
)  # fmt: skip
_FLOW_NAMES: Final = frozenset(_FLOW_DEFAULT) | {
    "vpc-id", "subnet-id", "instance-id", "tcp-flags", "type", "pkt-srcaddr", "pkt-dstaddr", "region", "az-id",
    "flow-direction", "traffic-path", "pkt-src-aws-service", "pkt-dst-aws-service", "reject-reason",
}  # fmt: skip
_FLOW_SIGNS: Final = 3
_NAME: Final = re.compile(r"[^\W\d][\w .:/@-]{0,127}")
_DELIMITERS: Final = (",", "\t", ";")


class Row(msgspec.Struct, frozen=True):
    """A row as a record, and the account that it names."""

    body: bytes
    account: str | None = None


class FlowRows:
    """The rows of a flow log."""

    def __init__(self, header: bytes) -> None:
        self._names = header.decode("utf-8", "replace").split()
        self._is_default = tuple(self._names) == _FLOW_DEFAULT
        self._account = self._names.index("account-id") if "account-id" in self._names else None

    def read(self, line: bytes) -> Row | None:
        """The row of a line; None for one that says that there was nothing to say. A line of another width stays."""
        words = line.decode("utf-8", "replace").split()
        if len(words) != len(self._names):
            return Row(line)
        if "NODATA" in words or "SKIPDATA" in words:
            return None
        account = words[self._account] if self._account is not None and words[self._account] != "-" else None
        if self._is_default:
            return Row(line, account)
        fields = {name: word for name, word in zip(self._names, words, strict=True) if word != "-"}
        return Row(msgspec.json.encode(fields), account)


class CsvRows:
    """The rows of a table with a header. A value may hold line breaks, in quotes."""

    def __init__(self, header: bytes, delimiter: str) -> None:
        self._delimiter = delimiter
        self._names = next(csv.reader([header.decode("utf-8-sig", "replace")], delimiter=delimiter))
        self._open = b""

    def read(self, line: bytes) -> Row | None:
        """The row that a line completes; None while a quoted value goes on."""
        whole = self._open + b"\n" + line if self._open else line
        if whole.count(b'"') % 2:
            self._open = whole
            if len(whole) > _MOST_OPEN:
                raise Malformed("A quoted value of the table does not end.")
            return None
        self._open = b""
        try:
            values = next(csv.reader([whole.decode("utf-8", "replace")], delimiter=self._delimiter))
        except csv.Error:
            return Row(whole)
        fields = dict(zip(self._names, values, strict=False))
        return Row(msgspec.json.encode({name: value for name, value in fields.items() if value != ""}))


_MOST_OPEN: Final = 1_000_000


def rows_under(header: bytes) -> FlowRows | CsvRows | None:
    """How to read the lines under this one; None if it is no header."""
    words = header.decode("utf-8", "replace").split()
    known = _FLOW_NAMES.intersection(words)
    if len(known) >= _FLOW_SIGNS and len(set(words)) == len(words):
        return FlowRows(header)
    text = header.decode("utf-8-sig", "replace")
    for delimiter in _DELIMITERS:
        names = _cells(text, delimiter)
        is_header = all(_NAME.fullmatch(name) for name in names) and len(set(names)) == len(names)
        if 2 <= len(names) <= _COLUMNS and is_header:
            return CsvRows(header, delimiter)
    return None


def _cells(text: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([text], delimiter=delimiter), list[str]())
    except csv.Error:
        return []


class _Group(Protocol):
    total_byte_size: int


class _Metadata(Protocol):
    num_columns: int
    num_row_groups: int

    def row_group(self, index: int) -> _Group: ...


class _Batch(Protocol):
    def to_pylist(self) -> list[dict[str, object]]: ...


class _File(Protocol):
    metadata: _Metadata

    def iter_batches(self, **_options: int) -> Iterator[_Batch]: ...

    def close(self) -> None: ...


def parquet_rows(path: Path) -> Iterator[list[bytes]]:
    """The rows of a Parquet file as JSON objects, some at a time. Raises Malformed, TooLarge."""
    try:
        with contextlib.closing(_opened(path)) as file:
            _check_size(file.metadata, path.stat().st_size)
            for batch in file.iter_batches(batch_size=_ROWS, use_threads=False):
                yield [msgspec.json.encode(_plain(row), enc_hook=_text) for row in batch.to_pylist()]
    except (OSError, ValueError, TypeError, KeyError, NotImplementedError):  # the library's errors are of these kinds
        raise Malformed("The object's Parquet is damaged.") from None


def _opened(path: Path) -> _File:
    # The library takes a third of a second and 60 MB to load, and has no types: it is loaded when it is needed.
    return cast("_File", import_module("pyarrow.parquet").ParquetFile(path))


def _check_size(metadata: _Metadata, size: int) -> None:
    inflated = sum(metadata.row_group(index).total_byte_size for index in range(metadata.num_row_groups))
    if metadata.num_columns > _COLUMNS:
        raise TooLarge(f"The table has more than {_COLUMNS} columns.")
    if inflated > min(_PARQUET_INFLATED, max(64_000_000, _PARQUET_RATIO * size)):
        raise TooLarge("The table inflates to more than it may.")


def _plain(row: dict[str, object]) -> dict[str, object]:
    """Without what is null."""
    return {name: value for name, value in row.items() if value is not None}


def _text(value: object) -> str:
    if isinstance(value, Decimal | datetime | date | time | timedelta):
        return str(value)
    return repr(value)
