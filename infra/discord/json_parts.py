"""Reads parts of JSON objects whose form is not known beforehand; whatever has another type counts as missing."""

from typing import TypeAlias, cast

Json: TypeAlias = dict[str, object]


def as_object(value: object) -> Json:
    """An object, or an empty one."""
    return cast("Json", value) if isinstance(value, dict) else {}


def child(of: Json, key: str) -> Json:
    """The object under a key."""
    return as_object(of.get(key))


def objects(of: Json, key: str) -> list[Json]:
    """The objects in the list under a key."""
    return [cast("Json", one) for one in items(of, key) if isinstance(one, dict)]


def items(of: Json, key: str) -> list[object]:
    """The list under a key."""
    value = of.get(key)
    return cast("list[object]", value) if isinstance(value, list) else []


def text(of: Json, key: str) -> str:
    """The text under a key."""
    value = of.get(key)
    return value if isinstance(value, str) else ""


def number(of: Json, key: str, default: int = 0) -> int:
    """The number under a key; Discord also takes ids and permissions as text."""
    value = of.get(key)
    if isinstance(value, str) and value.isdigit():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else default


def flag(of: Json, key: str) -> bool:
    """Whether the value under a key is true."""
    return of.get(key) is True
