"""The fields of a breach case: each is stated, read and refused by its name; what is decided is not stated."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec
import pytest

from tests.domain.breach_cases import Desk, desk_of
from tests.domain.workplace import NOON, MakeEvent, MakeRule, MakeTenant, MakeWorker
from watchfloor.breach.fields import Field, FieldKind, all_fields, allowed, facts_in, find_field, get, put, read_value
from watchfloor.breach.known import Citation, Known
from watchfloor.breach.rules.enisa import Circumstances, Identification, Override, Processing
from watchfloor.kernel.errors import Conflict, Invalid

CITE: Final = (Citation(kind="person", id="per_1", what="entered"),)

_RECORDS: Final[dict[str, object]] = {
    "parties.controller.main_est": {"country": "DE", "name": "Kiel"},
    "data.unintelligible": {"applied": True},
    "risk.art33_decision": {"notify": True, "reason": "r", "by": "per_1", "at": NOON},
    "risk.art34_decision": {"notify": True, "reason": "r", "by": "per_1", "at": NOON},
    "severity.cb": msgspec.to_builtins(Circumstances()),
    "severity.override": msgspec.to_builtins(Override(level="high", reason="r", by="per_1")),
    "severity.dpc": [msgspec.to_builtins(Processing(category="simple", score=1))],
    "severity.ei": [msgspec.to_builtins(Identification(identifier="email", score=0.25))],
    "parties.controller.establishments": [{"country": "DE", "name": "Kiel"}],
    "nature.indicators": [{"kind": "ip", "value": "203.0.113.9"}],
    "data.categories": [{"code": "contact"}],
    "subjects.categories": [{"code": "patients", "vulnerable": True}],
    "subjects.by_country": [{"cc": "DE", "min": 3}],
    "measures.before": [{"text": "Two factors", "state": "in_place"}],
    "measures.taken": [{"text": "Two factors", "state": "done"}],
    "measures.proposed": [{"text": "Two factors", "state": "planned"}],
}
_PLAIN: Final[dict[FieldKind, object]] = {
    "text": "Words of a person",
    "texts": "one, two",
    "number": "42",
    "decimal": "2.5",
    "instant": "2026-03-02T13:00:00+01:00",
    "duration": "90m",
    "yes_no": "yes",
    "range": "100-250",
    "record": {"name": "Somebody"},
    "records": [{"name": "Something"}],
}
_WRONG: Final[dict[FieldKind, object]] = {
    "text": 7,
    "texts": [7],
    "number": "some",
    "decimal": "some",
    "instant": "2026-03-02T13:00:00",
    "duration": "long",
    "yes_no": "perhaps",
    "choice": "nonsense",
    "choices": "nonsense",
    "range": "9-3",
    "record": {"nonsense": 1},
    "records": [{"nonsense": 1}],
}


@pytest.fixture
async def desk(make_tenant: MakeTenant, make_rule: MakeRule, make_event: MakeEvent, make_worker: MakeWorker) -> Desk:
    return await desk_of(make_tenant, make_rule, make_event, make_worker)


def _paths() -> list[str]:
    return [path.replace("*", "nis2") for path in all_fields()]


def _sample(field: Field) -> object:
    if field.choices:
        return field.choices[0]
    return _RECORDS.get(field.path, _PLAIN.get(field.kind))


async def test_every_field_is_settable_and_readable_by_its_path(desk: Desk) -> None:
    case = await desk.open()

    for path in _paths():
        value = read_value(path, _sample(find_field(path)))
        fact: Known[object] = Known(value=value, citations=CITE, by="per_1", at=NOON)
        case = put(case, path, fact)
        assert get(case, path) == fact
        assert get(put(case, path, None), path) is None

    assert [path for path, _ in facts_in(case)] == _paths()
    assert msgspec.json.decode(msgspec.json.encode(case), type=type(case)) == case


@pytest.mark.parametrize("path", _paths())
def test_a_wrong_value_is_refused_with_the_path_and_what_is_allowed(path: str) -> None:
    field = find_field(path)

    with pytest.raises(Invalid) as fault:
        read_value(path, {"malicious": "perhaps"} if path == "severity.cb" else _WRONG[field.kind])

    assert fault.value.where == path
    assert fault.value.remedy == allowed(field)
    assert all(choice in str(fault.value) for choice in field.choices)


@pytest.mark.parametrize("path", ["data.recordz", "data", "data.records.min", "", "nonsense", "moments.some_time"])
def test_a_field_that_there_is_not_is_refused_with_those_that_come_near(path: str) -> None:
    with pytest.raises(Invalid) as fault:
        find_field(path)

    assert fault.value.where == path
    assert "There are: " in str(fault.value)


def test_a_field_of_a_regime_that_there_is_not_is_refused_with_the_regimes() -> None:
    with pytest.raises(Invalid, match="gdpr-authority"):
        find_field("other_regimes.nowhere.applicable")


@pytest.mark.parametrize(
    ("path", "words", "value"),
    [
        ("clock.ongoing", "No", False),
        ("subjects.count", "1,200", {"min": 1200, "max": 1200, "exact": True}),
        ("subjects.count", "20+", {"min": 20, "max": None, "exact": False}),
        ("subjects.count", "20 to 30", {"min": 20, "max": 30, "exact": False}),
        ("nature.types", "integrity,availability", ["integrity", "availability"]),
        ("data.categories", '[{"code": "contact"}]', None),
        ("nis2.service_down", "2h", None),
    ],
)
def test_values_are_read_as_people_write_them(path: str, words: str, value: object) -> None:
    found = read_value(path, words)

    assert value is None or msgspec.json.decode(msgspec.json.encode(found)) == value
    assert path != "nis2.service_down" or found == timedelta(hours=2)


def test_instants_are_kept_in_utc() -> None:
    assert read_value("clock.detected_at", "2026-03-02T13:00:00+01:00") == datetime(2026, 3, 2, 12, tzinfo=UTC)


async def test_a_stated_fact_cites_the_persons_entry(desk: Desk) -> None:
    case = await desk.state(await desk.open(), "data.records", "100-250", status="estimated", basis="By its size.")

    fact = case.data.records
    assert fact is not None
    assert (fact.status, fact.basis, fact.by) == ("estimated", "By its size.", desk.ana.actor.id)
    assert [(cite.kind, cite.id) for cite in fact.citations] == [("person", desk.ana.actor.id)]
    assert "version 2" in fact.citations[0].what


async def test_what_is_under_investigation_needs_a_day(desk: Desk) -> None:
    case = await desk.open()

    with pytest.raises(Invalid, match="when it will be known") as fault:
        await desk.state(case, "data.records", status="under_investigation")
    later = await desk.state(
        case, "data.records", status="under_investigation", expected_at=case.created_at + timedelta(days=2)
    )

    assert fault.value.where == "data.records"
    assert later.data.records is not None
    assert later.data.records.value is None


@pytest.mark.parametrize(
    ("path", "value"), [("nature.description", " "), ("nature.description", "x" * 9_000), ("nature.locations", [])]
)
async def test_empty_and_endless_values_are_refused(desk: Desk, path: str, value: object) -> None:
    case = await desk.open()

    with pytest.raises(Invalid) as fault:
        await desk.state(case, path, value)

    assert fault.value.where == path


async def test_an_authority_is_named_by_its_code(desk: Desk) -> None:
    case = await desk.open()

    with pytest.raises(Invalid, match="DE-BY1"):
        await desk.state(case, "cross_border.authority", "Bavaria")
    named = await desk.state(case, "cross_border.authority", "DE-BY1")

    assert named.cross_border.authority is not None


@pytest.mark.parametrize(
    "path",
    [
        "is_breach",
        "clock.controller_aware_at",
        "clock.processor_aware_at",
        "risk.risk",
        "risk.art33_decision",
        "moments.entity_aware",
        "statements.major",
        "other_regimes.nis2.applicable",
        "severity.level",
    ],
)
async def test_a_decision_and_a_score_are_not_stated(desk: Desk, path: str) -> None:
    case = await desk.open()

    with pytest.raises(Conflict):
        await desk.state(case, path, _sample(find_field(path)), by=desk.officer)


async def test_a_value_of_another_type_is_not_put(desk: Desk, make_known: Callable[[object], Known[object]]) -> None:
    case = await desk.open()

    with pytest.raises(Invalid, match=r"data\.records"):
        put(case, "data.records", make_known("many"))


@pytest.fixture
def make_known() -> Callable[[object], Known[object]]:
    def make(value: object) -> Known[object]:
        return Known(value=value, citations=CITE, by="per_1", at=NOON)

    return make
