"""A file of the lake: Parquet, compressed, encrypted as a whole with a key of its own (Parquet Modular Encryption).

Owns the settings of the format. Rows stand in groups of `GROUP_ROWS`; a group says between which times its rows are,
and says nothing else, so that reading can pass it over. A file opens with its own key and no other: not even a file of
the same tenant can be put in its place.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from threading import Lock
from typing import Final, Self, cast

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow.parquet.encryption import create_decryption_properties, create_encryption_properties

from watchfloor.kernel.crypto import Unopenable
from watchfloor.lake.columns import KEY, RAW, RAW_BASE64, RECEIVED, TIME

GROUP_ROWS: Final = 20_000

_LEVEL: Final = 3
_MAGIC: Final = b"PARE"
_UNIQUE: Final = frozenset({TIME, RECEIVED, KEY, RAW, RAW_BASE64})
"""Columns whose values hardly ever repeat: a dictionary of them would be one more copy."""


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """A group of rows of a file: its number and the times of its first and last event."""

    number: int
    rows: int
    first_at: datetime
    last_at: datetime


def write(table: pa.Table, key: bytes) -> bytes:
    """The table as a file that `key` (32 bytes, used for nothing else) opens."""
    sink = pa.BufferOutputStream()
    pq.write_table(
        table,
        sink,
        row_group_size=GROUP_ROWS,
        use_dictionary=[name for name in table.column_names if name not in _UNIQUE],
        compression="zstd",
        compression_level=_LEVEL,
        write_statistics=[TIME] if TIME in table.column_names else False,
        store_schema=False,
        encryption_properties=create_encryption_properties(key),
    )
    return sink.getvalue().to_pybytes()


class Opened:
    """An open file, for any number of threads.

    Every method raises Unopenable when the file is damaged or the key is not its own.
    """

    def __init__(self, source: pa.NativeFile, key: bytes, *, where: str) -> None:
        self._where = where
        if source.read(len(_MAGIC)) != _MAGIC:
            raise Unopenable(where=where)
        try:
            self._file = pq.ParquetFile(source, decryption_properties=create_decryption_properties(key))
        except (OSError, ValueError) as error:
            raise _unopenable(error, where) from None
        self._source = source
        self._reading = Lock()
        self.columns = frozenset(self._file.schema_arrow.names)
        self.rows = self._file.metadata.num_rows

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Lets the file go."""
        self._file.close()
        self._source.close()

    def groups(self) -> Iterator[Group]:
        """The groups of a file of events, in their order."""
        metadata = self._file.metadata
        for number in range(metadata.num_row_groups):
            described = metadata.row_group(number)
            columns = (described.column(index) for index in range(described.num_columns))
            times = next(column.statistics for column in columns if column.path_in_schema == TIME)
            if times is None or not times.has_min_max:
                raise Unopenable(where=self._where)
            yield Group(
                number=number,
                rows=described.num_rows,
                first_at=cast("datetime", times.min),
                last_at=cast("datetime", times.max),
            )

    def read(self, columns: Sequence[str] | None = None, *, group: int | None = None) -> pa.Table:
        """These columns (all, unless named) of a group of rows, or of all."""
        try:
            with self._reading:
                if group is None:
                    return self._file.read(columns)
                return self._file.read_row_group(group, columns)
        except (OSError, ValueError) as error:
            raise _unopenable(error, self._where) from None


def _unopenable(error: Exception, where: str) -> Exception:
    """What an error of the library means: the disk's own errors stay what they are."""
    if isinstance(error, OSError) and error.errno:
        return error
    return Unopenable(where=where)
