"""Ids: UUIDv7 inside, a prefix and 26 characters outside."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchfloor.kernel.errors import NotFound
from watchfloor.kernel.ids import new_uuid, parse, show


@given(st.uuids())
def test_an_id_survives_the_way_out_and_in(value: UUID) -> None:
    assert parse("inc", show("inc", value)) == value


def test_ids_are_in_the_order_of_their_making() -> None:
    made = [new_uuid() for _ in range(1000)]
    assert made == sorted(made)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "inc",
        "inc_",
        "inc_x",
        "alr_01m81nn59jeyb860r2yhep9mtt",
        "INC_01m81nn59jeyb860r2yhep9mtt",
        "inc_81m81nn59jeyb860r2yhep9mtt",
        "inc_01m81nn59jeyb860r2yhep9mtt\n",
        "inc_01m81nn59jeyb860r2yhep9m\u0661\u0661",
        "\x00",
    ],
)
def test_anything_else_is_nothing(text: str) -> None:
    with pytest.raises(NotFound):
        parse("inc", text)


@given(st.text())
def test_only_not_found_comes_out(text: str) -> None:
    try:
        parse("inc", text)
    except NotFound:
        return
