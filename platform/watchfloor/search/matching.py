"""A condition over rows: which of them it holds for, exactly as detection would say of each event.

Owns no meaning of its own. A test is asked of each different value of a column once, by detection's own predicates;
texts with wildcards go to RE2 for a whole column at a time, whose letter case is ours (simple case folding). Fields
named in several ways at once are put together value by value and asked as one event.
"""

from collections.abc import Iterable, Sequence
from typing import Final, assert_never, cast

import pyarrow as pa
import pyarrow.compute as pc

from watchfloor.detect.compilation import compile_condition
from watchfloor.detect.condition import (
    AllOf,
    AnyOf,
    Condition,
    Keyword,
    Not,
    OnField,
    Reference,
    Selection,
    Text,
)
from watchfloor.detect.logsource import covers
from watchfloor.detect.predicates import Predicate
from watchfloor.detect.view import EventView
from watchfloor.lake.columns import JSON, LOGSOURCES, MORE, NAMES, TEXT, covered_by, names_of, object_of, value_of
from watchfloor.normalise.event import FieldValue, LogSource
from watchfloor.search.rows import Rows
from watchfloor.search.texts import is_whole, is_within, may_be_within

OWN: Final = ":"
"""A field whose name begins so is a column that every event has: `:raw`, `:source`, `:entities`."""

MOST_ALTERNATIVES: Final = 200
"""So many texts are one expression; more than that are several."""


def matching(condition: Condition, rows: Rows, *, logsource: LogSource | None = None) -> pa.Array:
    """For each row, whether its event is of the log source and the condition holds."""
    mask = _everywhere(rows, holds=True) if logsource is None else _of_source(logsource, rows)
    return pc.and_(mask, _mask(condition, rows)) if pc.any(mask).as_py() else mask


def _mask(condition: Condition, rows: Rows) -> pa.Array:
    match condition:
        case AllOf():
            return _all_of(condition.items, rows)
        case AnyOf():
            return _any_of(condition.items, rows)
        case Not():
            return pc.invert(_mask(condition.item, rows))
        case Selection():
            return _mask(condition.item, rows)
        case OnField():
            return _on_field(condition, rows)
        case Keyword():
            return _anywhere(condition, rows)
        case _:
            assert_never(condition)


def _all_of(items: Sequence[Condition], rows: Rows) -> pa.Array:
    """Every item; the rest is not asked when nothing is left."""
    mask = _everywhere(rows, holds=True)
    for item in items:
        if not pc.any(mask).as_py():
            break
        mask = pc.and_(mask, _mask(item, rows))
    return mask


def _any_of(items: Sequence[Condition], rows: Rows) -> pa.Array:
    """At least one item; texts on one field are looked for together."""
    mask = _everywhere(rows, holds=False)
    texts: dict[str | None, list[Text]] = {}
    for item in items:
        if isinstance(item, OnField | Keyword) and isinstance(item.test, Text) and not item.test.cased:
            texts.setdefault(item.field if isinstance(item, OnField) else None, []).append(item.test)
        else:
            mask = pc.or_(mask, _mask(item, rows))
    for field, tests in texts.items():
        for first in range(0, len(tests), MOST_ALTERNATIVES):
            some = tests[first : first + MOST_ALTERNATIVES]
            mask = pc.or_(mask, _texts_anywhere(some, rows) if field is None else _texts_on(field, some, rows))
    return mask


def _on_field(condition: OnField, rows: Rows) -> pa.Array:
    if isinstance(condition.test, Text):
        return _texts_on(condition.field, [condition.test], rows)
    return _asked(condition, rows)


def _texts_on(field: str, tests: Sequence[Text], rows: Rows) -> pa.Array:
    """Whether one of the texts is a value of the field; all are cased, or none is."""
    column = _column_of_texts(field, rows)
    if column is None:
        return _asked(AnyOf(items=tuple(OnField(field=field, test=test) for test in tests)), rows)
    encoded = rows.encoded(column)
    return _spread(is_whole(tests, encoded.dictionary), encoded)


def _column_of_texts(field: str, rows: Rows) -> str | None:
    """The one column that has all values of the field, if there is one and it has texts alone."""
    if field.startswith(OWN):
        return f"@{field[len(OWN) :]}"
    columns = columns_of([field], rows)
    return columns[0] if len(columns) == 1 and columns[0].startswith(TEXT) else None


def columns_of(fields: Iterable[str], rows: Rows) -> list[str]:
    """The columns with values that the fields may mean."""
    names = dict.fromkeys(name for field in fields for name in rows.layout.names_of(field))
    return [column for column in rows.layout.columns_of(names) if not rows.is_empty(column)]


def _asked(condition: OnField | AnyOf, rows: Rows) -> pa.Array:
    """The condition asked of each different event that the columns of its fields make."""
    holds = compile_condition(condition)
    columns = columns_of(_fields_of(condition), rows)
    if not columns:
        return _everywhere(rows, holds=holds(EventView({})))
    if len(columns) == 1:
        encoded = rows.encoded(columns[0])
        verdicts = _verdicts(holds, columns[0], encoded.dictionary)
        return _spread(verdicts, encoded, missing=holds(EventView({})))
    return _together(holds, [*columns, NAMES], rows)


def _together(holds: Predicate, columns: Sequence[str], rows: Rows) -> pa.Array:
    """As `_asked`, of each different combination of values in several columns."""
    parts = [cast("list[str | None]", rows.column(column).to_pylist()) for column in columns]
    known: dict[tuple[str | None, ...], bool] = {}
    verdicts: list[bool] = []
    for values in zip(*parts, strict=True):
        verdict = known.get(values)
        if verdict is None:
            given = [(column, value) for column, value in zip(columns, values, strict=True) if value is not None]
            verdict = known[values] = holds(EventView(fields_in(given)))
        verdicts.append(verdict)
    return pa.array(verdicts, pa.bool_())


def _anywhere(condition: Keyword, rows: Rows) -> pa.Array:
    """Whether a value of any field passes."""
    if isinstance(condition.test, Text):
        return _texts_anywhere([condition.test], rows)
    holds = compile_condition(condition)
    mask = _everywhere(rows, holds=False)
    for column in _all_columns(rows):
        encoded = rows.encoded(column)
        mask = pc.or_(mask, _spread(_verdicts(holds, column, encoded.dictionary), encoded))
    return mask


def _texts_anywhere(tests: Sequence[Text], rows: Rows) -> pa.Array:
    """Whether a value of any field passes one of the texts as a keyword."""
    holds = compile_condition(AnyOf(items=tuple(Keyword(test=test) for test in tests)))
    mask = _everywhere(rows, holds=False)
    for column in _all_columns(rows):
        encoded = rows.encoded(column)
        if column.startswith(TEXT):
            verdicts = is_within(tests, encoded.dictionary)
        else:
            verdicts = _verdicts(holds, column, encoded.dictionary, among=may_be_within(tests, encoded.dictionary))
        if pc.any(verdicts).as_py():
            mask = pc.or_(mask, _spread(verdicts, encoded))
    return mask


def _all_columns(rows: Rows) -> list[str]:
    return rows.layout.columns_of(sorted(rows.layout.names))


def _verdicts(holds: Predicate, column: str, values: pa.Array, *, among: pa.Array | None = None) -> pa.Array:
    """What the predicate says of each value of a column alone; False where `among` does."""
    texts = cast("list[str]", values.to_pylist())
    asked = [True] * len(texts) if among is None else cast("list[bool]", among.to_pylist())
    return pa.array(
        [
            is_asked and holds(EventView(fields_in([(column, text)])))
            for text, is_asked in zip(texts, asked, strict=True)
        ],
        pa.bool_(),
    )


def _spread(verdicts: pa.Array, encoded: pa.DictionaryArray, *, missing: bool = False) -> pa.Array:
    """The verdicts on a column's different values, for each row."""
    return pc.fill_null(pc.take(verdicts, encoded.indices), fill_value=missing)


def _of_source(logsource: LogSource, rows: Rows) -> pa.Array:
    encoded = rows.encoded(LOGSOURCES)
    texts = cast("list[str]", encoded.dictionary.to_pylist())
    verdicts = [any(covers(logsource, one) for one in covered_by(text)) for text in texts]
    return _spread(pa.array(verdicts, pa.bool_()), encoded)


def fields_in(given: Iterable[tuple[str, str]]) -> dict[str, FieldValue]:
    """The event that has these values in these columns, its fields in their order if it is among them."""
    fields: dict[str, FieldValue] = {}
    order: list[str] = []
    for column, value in given:
        if column == NAMES:
            order = names_of(value)
        elif column == MORE:
            fields |= object_of(value)
        elif column.startswith(JSON):
            fields[column[len(JSON) :]] = value_of(value)
        else:
            fields[column[len(TEXT) :]] = value
    return {name: fields[name] for name in order if name in fields} if order else fields


def _fields_of(condition: OnField | AnyOf) -> list[str]:
    """The fields that the condition reads."""
    if isinstance(condition, AnyOf):
        return [field for item in condition.items if isinstance(item, OnField) for field in _fields_of(item)]
    if isinstance(condition.test, Reference):
        return [condition.field, condition.test.field]
    return [condition.field]


def _everywhere(rows: Rows, *, holds: bool) -> pa.Array:
    return pa.repeat(holds, rows.count)
