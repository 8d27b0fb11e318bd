"""What a route takes as its body, and an example of it: read from the route, so that a later one is covered, too."""

from typing import cast

import msgspec
from litestar.handlers import HTTPRouteHandler


def body_of(handler: HTTPRouteHandler) -> type[msgspec.Struct] | None:
    """The struct that the route takes as its body."""
    field = handler.parsed_data_field
    return None if field is None else cast("type[msgspec.Struct]", field.annotation)


def text_fields(kind: type[msgspec.Struct]) -> list[str]:
    """The fields that take any text."""
    return [field.encode_name for field in _fields(kind) if "StrType" in repr(field.type)]


def example_body(kind: type[msgspec.Struct], names: dict[str, list[str]]) -> dict[str, object]:
    """A body that a struct takes: what `names` has for a field of this name, else the plainest value of its type."""
    return {
        field.encode_name: names[field.name][0] if field.name in names else _example(field.type)
        for field in _fields(kind)
        if field.required or field.name in names
    }


def _fields(kind: type[msgspec.Struct]) -> tuple[msgspec.inspect.Field, ...]:
    described = msgspec.inspect.type_info(kind)
    assert isinstance(described, msgspec.inspect.StructType)
    return described.fields


def _example(kind: msgspec.inspect.Type) -> object:
    match kind:
        case msgspec.inspect.Metadata():
            return _example(kind.type)
        case msgspec.inspect.UnionType():
            return _example(kind.types[0])
        case msgspec.inspect.ListType() | msgspec.inspect.VarTupleType():
            return [_example(kind.item_type)]
        case msgspec.inspect.StructType():
            return {field.encode_name: _example(field.type) for field in kind.fields if field.required}
        case msgspec.inspect.DictType():
            return {}
        case _:
            return _plain_example(kind)


def _plain_example(kind: msgspec.inspect.Type) -> object:
    found: object
    match kind:
        case msgspec.inspect.StrType():
            found = "x" * max(8, kind.min_length or 0)
        case msgspec.inspect.LiteralType():
            found = kind.values[0]
        case msgspec.inspect.EnumType():
            found = next(iter(kind.cls)).value
        case msgspec.inspect.IntType() | msgspec.inspect.FloatType():
            found = kind.ge or 1
        case msgspec.inspect.DateType():
            found = "2026-03-02"
        case msgspec.inspect.DateTimeType():
            found = "2026-03-02T12:00:00Z"
        case msgspec.inspect.BoolType():
            found = True
        case msgspec.inspect.AnyType() | msgspec.inspect.CustomType():
            found = "anything"
        case msgspec.inspect.BytesType():
            found = "c2Vlbg=="
        case _:
            raise AssertionError(f"say here what an example of {kind} is")
    return found
