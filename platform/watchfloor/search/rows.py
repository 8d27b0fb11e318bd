"""A group of rows of a lake file under search: columns are read when a condition first asks for them, and once."""

from collections.abc import Callable, Iterable

import pyarrow as pa

from watchfloor.detect.folding import fold
from watchfloor.lake.columns import JSON, MORE, TEXT, field_name


class Layout:
    """Which columns a file has, by the fields that they hold."""

    def __init__(self, columns: Iterable[str]) -> None:
        self.columns = frozenset(columns)
        self.names = frozenset(name for column in self.columns if (name := field_name(column)) is not None)
        self._folded = [(fold(name), name) for name in sorted(self.names)]
        self._found: dict[str, tuple[str, ...]] = {}

    def names_of(self, field: str) -> tuple[str, ...]:
        """The names of fields whose values `field` may mean: its own, in any letter case, and what it lies within."""
        found = self._found.get(field)
        if found is None:
            wanted = fold(field)
            found = tuple(name for folded, name in self._folded if wanted == folded or wanted.startswith(f"{folded}."))
            self._found[field] = found
        return found

    def columns_of(self, names: Iterable[str]) -> list[str]:
        """The columns in which fields of these names stand; `@more`, where any may stand, is the last."""
        columns = [prefix + name for name in names for prefix in (TEXT, JSON) if prefix + name in self.columns]
        return [*columns, MORE]


class Rows:
    """Rows of one file."""

    def __init__(self, layout: Layout, count: int, read: Callable[[list[str]], pa.Table]) -> None:
        """`read` reads columns of these rows."""
        self.layout = layout
        self.count = count
        self._read = read
        self._columns: dict[str, pa.Array] = {}
        self._encoded: dict[str, pa.DictionaryArray] = {}

    def column(self, name: str) -> pa.Array:
        """A column."""
        found = self._columns.get(name)
        if found is None:
            found = self._columns[name] = self._read([name]).column(name).combine_chunks()
        return found

    def fetch(self, names: Iterable[str]) -> None:
        """Reads columns together that will be asked for: that takes less time than one by one."""
        missing = [name for name in dict.fromkeys(names) if name not in self._columns]
        if missing:
            table = self._read(missing)
            self._columns |= {name: table.column(name).combine_chunks() for name in missing}

    def encoded(self, name: str) -> pa.DictionaryArray:
        """A column of texts by its different values."""
        found = self._encoded.get(name)
        if found is None:
            found = self._encoded[name] = self.column(name).dictionary_encode()
        return found

    def is_empty(self, name: str) -> bool:
        """Whether no row has a value in this column."""
        return self.column(name).null_count == self.count
