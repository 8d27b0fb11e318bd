"""The fields of a breach case by their dotted paths: what there is, what each holds, and how it is read and replaced.

Owns the one list of names that API, command line, missing list and differences speak of, made from the case's own
types. Never stores anything and never asks who may: that is `entering` and `decisions`.
"""

import types
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final, Literal, TypeAlias, Union, cast, get_args, get_origin, get_type_hints

import msgspec

from watchfloor.breach.case import BreachCase
from watchfloor.breach.given import spelled
from watchfloor.breach.known import Known, Range
from watchfloor.breach.moments import OtherRegime
from watchfloor.breach.rules.library import shipped
from watchfloor.kernel.errors import Invalid

FieldKind: TypeAlias = Literal[
    "text",
    "texts",
    "number",
    "decimal",
    "instant",
    "duration",
    "yes_no",
    "choice",
    "choices",
    "range",
    "record",
    "records",
]

SetBy: TypeAlias = Literal["fact", "decision", "legal_decision", "severity"]
"""How a field is filled: stated as a fact, decided by a person, decided by the controller, or by the severity."""

ANY_REGIME: Final = "other_regimes.*"
"""Stands for the fields of each regime: `other_regimes.nis2.applicable`."""

_LEGAL: Final = frozenset(
    {
        "is_breach",
        "clock.controller_aware_at",
        "risk.risk",
        "risk.art33_decision",
        "risk.art34_decision",
        "other_regimes.*.applicable",
        "other_regimes.*.start",
        *(
            f"moments.{name}"
            for name in (
                "high_risk_found",
                "entity_aware",
                "maker_aware",
                "classified_major",
                "materiality_determined",
                "amendment_known",
                "grounds_found",
                "notifiable_found",
                "discovered",
            )
        ),
        *(
            f"statements.{name}"
            for name in (
                "significant",
                "major",
                "attack",
                "material",
                "unsecured_health_data",
                "significant_harm",
                "severe_product_incident",
                "small_agent",
                "trust_service",
                "no_weekend_relief",
                "state_threshold_met",
            )
        ),
    }
)


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One field. `choices` are the allowed values of a choice; `parts` the names in a record, `*` marks those needed.

    `type` is what its value is read as.
    """

    path: str
    kind: FieldKind
    set_by: SetBy
    choices: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    type: object


def all_fields() -> Mapping[str, Field]:
    """Every field, in the case's own order. Those of regimes stand once, with `*` for the regime."""
    return _FIELDS


def find_field(path: str) -> Field:
    """The field of that path. Raises Invalid, with the fields that come near, when there is none."""
    pattern, regime = _pattern(path)
    found = _FIELDS.get(pattern)
    if found is None:
        raise Invalid(f"A breach case has no field {path!r}.", where=path, remedy=_nearest(path))
    if regime is None:
        return found
    known = _regimes()
    if regime not in known:
        raise Invalid(f"There is no regime {regime!r}.", where=path, remedy=f"Regimes: {', '.join(sorted(known))}.")
    return msgspec.structs.replace(found, path=path)


def get(case: BreachCase, path: str) -> Known[object] | None:
    """What stands at a path; None when nobody has said. Raises Invalid for no such field."""
    find_field(path)
    here: object = case
    for name in path.split("."):
        here = _step(here, name)
        if here is None:
            return None
    return cast("Known[object]", here)


def put(case: BreachCase, path: str, fact: Known[object] | None) -> BreachCase:
    """The case with the fact at the path; None empties it. Raises Invalid for no such field or a value of another type.

    Neither version nor log is touched: `entering` and `decisions` are how a case changes.
    """
    field = find_field(path)
    if fact is not None and fact.value is not None:
        fact = msgspec.structs.replace(fact, value=_checked(field, msgspec.to_builtins(fact.value)))
    return cast("BreachCase", _put(case, path.split("."), fact))


def facts_in(case: BreachCase) -> Iterator[tuple[str, Known[object]]]:
    """Every fact that stands in a case with its path, in the order of the fields."""
    for path in _FIELDS:
        for each in _spread(case, path):
            fact = get(case, each)
            if fact is not None:
                yield each, fact


def _spread(case: BreachCase, path: str) -> list[str]:
    return [path.replace("*", regime) for regime in sorted(case.other_regimes)] if "*" in path else [path]


def read_value(path: str, raw: object) -> object:
    """A value as it came by JSON or from a command line, as the field's own type.

    Words are read too: `yes`, `10-20`, `10+`, `90m`, `a, b`, an ISO 8601 instant with its offset, JSON for records.
    Raises Invalid naming the path and what is allowed.
    """
    field = find_field(path)
    return _checked(field, spelled(field.kind, raw))


def _checked(field: Field, raw: object) -> object:
    try:
        value = cast("object", msgspec.convert(raw, field.type, strict=False))
    except msgspec.ValidationError as fault:
        raise Invalid(f"This is not a value of the field: {fault}.", where=field.path, remedy=allowed(field)) from None
    except Invalid as fault:
        raise Invalid(fault.message, where=field.path, remedy=fault.remedy or allowed(field)) from None
    if isinstance(value, datetime) and value.tzinfo is None:
        raise Invalid("An instant needs its offset from UTC.", where=field.path, remedy=allowed(field))
    return value.astimezone(UTC) if isinstance(value, datetime) else value


def allowed(field: Field) -> str:
    """What a field takes, for a person."""
    if field.choices:
        one = "One of" if field.kind == "choice" else "Any of"
        return f"{one}: {', '.join(field.choices)}."
    if field.parts:
        head = "A record" if field.kind == "record" else "A list of records"
        return f"{head} with: {', '.join(field.parts)} (* is needed)."
    return _TAKES[field.kind]


_TAKES: Final[Mapping[FieldKind, str]] = {
    "text": "A text.",
    "texts": "A list of texts.",
    "number": "A whole number.",
    "decimal": "A number.",
    "instant": "An instant such as 2026-03-02T12:00:00+01:00.",
    "duration": "A length of time such as 90m, 2h, 3d.",
    "yes_no": "yes or no.",
    "choice": "",
    "choices": "",
    "range": "A number, a range such as 100-250, or 100+ for no upper end.",
    "record": "",
    "records": "",
}


def _step(here: object, name: str) -> object:
    if isinstance(here, Mapping):
        return cast("Mapping[str, object]", here).get(name)
    return cast("object", getattr(here, name))


def _put(here: object, names: list[str], fact: Known[object] | None) -> object:
    name, rest = names[0], names[1:]
    if isinstance(here, Mapping):
        entries = dict(cast("Mapping[str, OtherRegime]", here))
        entries[name] = cast("OtherRegime", _put(entries.get(name, OtherRegime()), rest, fact))
        return entries
    inner = fact if not rest else _put(getattr(here, name), rest, fact)
    return msgspec.structs.replace(cast("msgspec.Struct", here), **{name: inner})


def _pattern(path: str) -> tuple[str, str | None]:
    parts = path.split(".")
    if len(parts) == 3 and parts[0] == "other_regimes":
        return f"{ANY_REGIME}.{parts[2]}", parts[1]
    return path, None


def _nearest(path: str) -> str:
    part = path.partition(".")[0]
    near = [name for name in _FIELDS if name.startswith(f"{part}.")] or sorted({p.partition(".")[0] for p in _FIELDS})
    return f"There are: {', '.join(near)}."


@lru_cache(maxsize=1)
def _regimes() -> frozenset[str]:
    return frozenset(regime.id for regime in shipped().regimes)


def _walk(kind: type[msgspec.Struct], prefix: str) -> Iterator[Field]:
    for name, hint in get_type_hints(kind).items():
        path = f"{prefix}{name}"
        leaf = _leaf(hint)
        if leaf is not None:
            yield _field(path, leaf)
        elif isinstance(hint, type) and issubclass(hint, msgspec.Struct):
            yield from _walk(hint, f"{path}.")
        elif get_origin(hint) is Mapping:
            yield from _walk(get_args(hint)[1], f"{path}.*.")


def _leaf(hint: object) -> object | None:
    """What a field of `Known[...] | None` holds; None for anything else."""
    if get_origin(hint) not in (types.UnionType, Union):
        return None
    for one in get_args(hint):
        if get_origin(one) is Known:
            return cast("object", get_args(one)[0])
    return None


def _field(path: str, kind: object) -> Field:
    inner = cast("object", get_args(kind)[0]) if get_origin(kind) is tuple else kind
    many = inner is not kind
    choices = tuple(str(choice) for choice in get_args(inner)) if get_origin(inner) is Literal else ()
    return Field(
        path=path,
        kind=_kind(inner, many=many),
        set_by=_set_by(path),
        choices=choices,
        parts=_parts(inner),
        type=kind,
    )


def _parts(inner: object) -> tuple[str, ...]:
    if not isinstance(inner, type) or not issubclass(inner, msgspec.Struct) or inner is Range:
        return ()
    return tuple(f"{part.name}{'*' if part.required else ''}" for part in msgspec.structs.fields(inner))


_PLAIN: Final[Mapping[object, FieldKind]] = {
    str: "text",
    int: "number",
    float: "decimal",
    bool: "yes_no",
    datetime: "instant",
    timedelta: "duration",
    Range: "range",
}


def _kind(inner: object, *, many: bool) -> FieldKind:
    if get_origin(inner) is Literal:
        return "choices" if many else "choice"
    plain = _PLAIN.get(inner)
    if plain is None:
        return "records" if many else "record"
    return "texts" if many else plain


def _set_by(path: str) -> SetBy:
    if path in _LEGAL:
        return "legal_decision"
    if path.startswith("severity."):
        return "severity"
    decided = path == "clock.processor_aware_at" or path.startswith(("moments.", "statements."))
    return "decision" if decided else "fact"


_FIELDS: Final[Mapping[str, Field]] = types.MappingProxyType({field.path: field for field in _walk(BreachCase, "")})
