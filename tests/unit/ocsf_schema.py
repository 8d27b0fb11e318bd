"""Holds a document against the facts of OCSF 1.8.0 that `ocsf_facts.json` lists, and says everything that is wrong.

The facts are of the classes and objects that we write: attributes by name, with type, whether it is required, the
numbers an identifier may have, the profile that brings it, and of which attributes one at least must be there.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final, cast

import msgspec


class Attribute(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is known of an attribute: its type, or the object that it holds."""

    t: str = ""
    o: str = ""
    a: int = 0
    r: int = 0
    p: str = ""
    e: list[int] = []


class Form(msgspec.Struct, frozen=True):
    """An object, or a class (`uid`, `category`)."""

    attributes: dict[str, Attribute]
    constraints: list[str]
    uid: int = 0
    category: int = 0


class Facts(msgspec.Struct, frozen=True):
    """All facts."""

    version: str
    classes: dict[str, Form]
    objects: dict[str, Form]


FACTS: Final = msgspec.json.decode((Path(__file__).parent / "ocsf_facts.json").read_bytes(), type=Facts)
CLASSES: Final = {form.uid: form for form in FACTS.classes.values()}
TYPES: Final[dict[str, type | tuple[type, ...]]] = {"int": int, "str": str, "bool": bool, "float": (int, float)}


def faults(document: dict[str, object]) -> list[str]:
    """What is wrong with the document; nothing if it keeps the schema."""
    form = CLASSES.get(_number(document.get("class_uid")))
    if form is None:
        return ["class_uid: unknown"]
    metadata = cast("dict[str, list[str]]", document.get("metadata", {}))
    profiles = metadata.get("profiles", [])
    found = list(_object_faults(document, form, "", profiles))
    if document.get("category_uid") != form.category:
        found.append("category_uid: not the class's")
    if document.get("type_uid") != form.uid * 100 + _number(document.get("activity_id")):
        found.append("type_uid: not class and activity")
    return found


def _number(value: object) -> int:
    return value if isinstance(value, int) else -1


def _object_faults(node: dict[str, object], form: Form, path: str, profiles: list[str]) -> Iterator[str]:
    for name, attribute in form.attributes.items():
        if attribute.r and name not in node:
            yield f"{path}{name}: missing"
    if form.constraints and not set(form.constraints) & node.keys():
        yield f"{path}: needs one of {form.constraints}"
    for name, value in node.items():
        known = form.attributes.get(name)
        if known is None:
            yield f"{path}{name}: unknown attribute"
            continue
        if known.p and known.p not in profiles:
            yield f"{path}{name}: needs the profile {known.p}"
        if bool(known.a) is not isinstance(value, list):
            yield f"{path}{name}: list or not"
            continue
        for item in cast("list[object]", value) if isinstance(value, list) else [value]:
            yield from _value_faults(item, known, f"{path}{name}", profiles)


def _value_faults(value: object, known: Attribute, path: str, profiles: list[str]) -> Iterator[str]:
    if known.o and known.o in FACTS.objects and isinstance(value, dict):
        if known.o != "object":
            yield from _object_faults(cast("dict[str, object]", value), FACTS.objects[known.o], f"{path}.", profiles)
        return
    if known.o and not isinstance(value, dict):
        yield f"{path}: no object"
    kind = TYPES.get(known.t)
    if kind is not None and (not isinstance(value, kind) or (known.t == "int" and isinstance(value, bool))):
        yield f"{path}: {value!r} is no {known.t}"
    if known.e and value not in known.e:
        yield f"{path}: {value!r} is none of the numbers"
