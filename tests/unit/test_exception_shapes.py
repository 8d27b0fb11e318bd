"""Shapes of exceptions: what fits events, from narrow to broad; values mean themselves, whatever stands in them."""

import random
from typing import Final

import pytest

from watchfloor.alerts.overlay.flow import policy
from watchfloor.alerts.overlay.flow.shapes import MOST_KINDS, Described, Shape, describe, fitting, plain, written
from watchfloor.alerts.overlay.preview import Preview
from watchfloor.detect.compilation import compile_condition
from watchfloor.detect.filters import hidden_by
from watchfloor.detect.view import EventView
from watchfloor.normalise.event import FieldValue, LogSource

PROCESS: Final = LogSource("windows", "process_creation", None)
BACKUP: Final[dict[str, FieldValue]] = {
    "EventID": 1,
    "Image": "C:\\Tools\\rar.exe",
    "ParentImage": "C:\\Tools\\backup.exe",
    "CommandLine": "rar a \\\\nas\\share\\*.rar",
    "User": "ACME\\svc_backup",
    "Computer": "ws-1.acme.example",
}


def hides(described: Described, event: dict[str, FieldValue]) -> bool:
    made = written(described, title="x", rule_id="r", source=PROCESS)
    assert made is not None
    return compile_condition(hidden_by(made))(EventView(event))


def seen(**changes: object) -> Preview:
    values: dict[str, object] = {
        "days": 30,
        "all_alerts": 5,
        "alerts": 5,
        "alerts_hidden": 5,
        "events": 5,
        "events_hidden": 5,
        "hosts": 1,
        "judged_true": (),
    }
    return Preview(**(values | changes))  # type: ignore[arg-type]  # one keyword for each field


def test_the_narrowest_shape_comes_first_and_each_wider_one_looks_at_less() -> None:
    found = fitting([BACKUP])
    assert [one.shape for one in found] == [
        Shape.EXACT, Shape.PROGRAM, Shape.ANY_HOST, Shape.ANY_USER, Shape.SUBJECT, Shape.HOST
    ]  # fmt: skip
    assert found[0].fields == ("Image", "ParentImage", "CommandLine", "User", "Computer")
    assert found[-1].fields == ("Computer",)
    for wider, narrower in zip(found[1:], found, strict=False):
        assert len(wider.fields) <= len(narrower.fields)


@pytest.mark.parametrize(
    ("shape", "changed", "is_hidden"),
    [
        (Shape.EXACT, {}, True),
        (Shape.EXACT, {"CommandLine": "rar a \\\\nas\\share\\other.rar"}, False),
        (Shape.PROGRAM, {"CommandLine": "rar x"}, True),
        (Shape.PROGRAM, {"Computer": "ws-2"}, False),
        (Shape.ANY_HOST, {"Computer": "ws-2"}, True),
        (Shape.ANY_HOST, {"User": "kim"}, False),
        (Shape.ANY_USER, {"User": "kim"}, True),
        (Shape.ANY_USER, {"Image": "C:\\Temp\\rar.exe"}, False),
        (Shape.SUBJECT, {"Image": "C:\\Temp\\rar.exe"}, True),
        (Shape.HOST, {"User": "kim", "Image": "x"}, True),
        (Shape.HOST, {"Computer": "ws-2"}, False),
    ],
)
def test_a_shape_hides_what_it_says_and_nothing_else(
    shape: Shape, changed: dict[str, FieldValue], *, is_hidden: bool
) -> None:
    described = describe([BACKUP], shape)
    assert described is not None
    assert hides(described, BACKUP | changed) is is_hidden


def test_several_events_are_several_cases_and_too_many_are_no_routine() -> None:
    events = [BACKUP | {"CommandLine": f"rar a {number}"} for number in range(MOST_KINDS)]
    described = describe(events, Shape.EXACT)
    assert described is not None
    assert len(described.values) == MOST_KINDS
    assert all(hides(described, event) for event in events)
    assert not hides(described, BACKUP | {"CommandLine": "rar a 99"})
    # The values of one case do not mix with those of another.
    two = describe([BACKUP, BACKUP | {"User": "kim", "Image": "b.exe"}], Shape.EXACT)
    assert two is not None
    assert not hides(two, BACKUP | {"User": "kim"})
    more = [*events, BACKUP | {"CommandLine": "rar a more"}]
    assert describe(more, Shape.EXACT) is None
    assert fitting(more)[0].shape is Shape.PROGRAM


def test_events_without_a_common_field_fit_nothing() -> None:
    assert fitting([]) == []
    assert fitting([{"EventID": 1}]) == []
    assert fitting([BACKUP, {"eventName": "CreateUser", "recipientAccountId": "1"}]) == []
    assert fitting([{"User": "-", "Computer": ""}]) == []


def test_of_shapes_that_come_to_the_same_the_narrowest_stands_for_all() -> None:
    (first, *_) = fitting([{"TargetUserName": "kim", "IpAddress": "10.0.0.1", "Computer": "dc-1"}])
    assert (first.shape, first.same) == (Shape.EXACT, (Shape.PROGRAM,))


def test_values_of_attackers_mean_themselves() -> None:
    """A value with wildcards and backslashes in any order hides itself, and never a neighbour."""
    chance = random.Random(6)
    letters = "ab\\*?%$'\"|: \u202eé\n"
    for _ in range(400):
        text = "x" + "".join(chance.choice(letters) for _ in range(chance.randint(1, 12))) + "y"
        described = describe([{"Image": text, "User": "kim"}], Shape.EXACT)
        assert described is not None
        assert hides(described, {"Image": text, "User": "kim"}), text
        other = list(text)
        place = chance.randrange(len(other))
        other[place] = "Z" if other[place] != "Z" else "Q"
        assert not hides(described, {"Image": "".join(other), "User": "kim"}), text
        assert not hides(described, {"Image": text + "z", "User": "kim"}), text


def test_a_lone_wildcard_is_a_character() -> None:
    assert plain("*") == "\\*"
    described = describe([{"Image": "*", "User": "*"}], Shape.EXACT)
    assert described is not None
    assert not hides(described, {"Image": "a", "User": "b"})


def test_text_that_is_none_is_left_out() -> None:
    assert fitting([{"Image": "\ud800", "User": "kim", "Computer": "ws"}])[0].fields == ("User", "Computer")


def test_one_person_is_enough_for_little_and_not_for_much() -> None:
    assert policy.why_two(seen(), hidden=20, severity="medium", is_broad=False) == ""
    for because in (
        policy.why_two(seen(), hidden=21, severity="medium", is_broad=False),
        policy.why_two(seen(), hidden=0, severity="high", is_broad=False),
        policy.why_two(seen(), hidden=0, severity="critical", is_broad=False),
        policy.why_two(seen(judged_true=(4,)), hidden=0, severity="low", is_broad=False),
        policy.why_two(seen(all_alerts=900), hidden=0, severity="low", is_broad=False),
        policy.why_two(seen(), hidden=0, severity="low", is_broad=True),
    ):
        assert because
        assert len(because) <= 300
    worst = policy.why_two(seen(judged_true=(4,), all_alerts=900), hidden=999, severity="critical", is_broad=True)
    assert len(worst) <= 300
