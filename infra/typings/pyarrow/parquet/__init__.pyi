# Reading and writing Parquet.

from collections.abc import Mapping, Sequence
from typing import Literal

from pyarrow import BufferOutputStream, NativeFile, Schema, Table
from pyarrow.parquet.encryption import FileDecryptionProperties, FileEncryptionProperties

class Statistics:
    has_min_max: bool
    min: object
    max: object

class ColumnChunkMetaData:
    path_in_schema: str
    statistics: Statistics | None
    total_compressed_size: int

class RowGroupMetaData:
    num_rows: int
    num_columns: int
    def column(self, i: int) -> ColumnChunkMetaData: ...

class FileMetaData:
    num_rows: int
    num_row_groups: int
    def row_group(self, i: int) -> RowGroupMetaData: ...

class ParquetFile:
    metadata: FileMetaData
    schema_arrow: Schema
    def __init__(
        self,
        source: NativeFile | str,
        *,
        read_dictionary: Sequence[str] | None = None,
        memory_map: bool = False,
        pre_buffer: bool = False,
        buffer_size: int = 0,
        decryption_properties: FileDecryptionProperties | None = None,
    ) -> None: ...
    def read_row_group(self, i: int, columns: Sequence[str] | None = None, *, use_threads: bool = True) -> Table: ...
    def read_row_groups(
        self, row_groups: Sequence[int], columns: Sequence[str] | None = None, *, use_threads: bool = True
    ) -> Table: ...
    def read(self, columns: Sequence[str] | None = None, *, use_threads: bool = True) -> Table: ...
    def close(self, force: bool = False) -> None: ...

def write_table(
    table: Table,
    where: BufferOutputStream,
    *,
    row_group_size: int | None = None,
    use_dictionary: bool | Sequence[str] = True,
    compression: Literal["none", "zstd"] = "zstd",
    compression_level: int | Mapping[str, int] | None = None,
    write_statistics: bool | Sequence[str] = True,
    store_schema: bool = True,
    data_page_version: Literal["1.0", "2.0"] = "1.0",
    encryption_properties: FileEncryptionProperties | None = None,
) -> None: ...
