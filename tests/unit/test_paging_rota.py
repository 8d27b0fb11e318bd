"""Who is on call: one person a layer at each instant, hand-overs at the agreed time of day whatever the clocks do."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchfloor.kernel.errors import Invalid
from watchfloor.kernel.ids import PersonId
from watchfloor.paging.duty.document import read_file
from watchfloor.paging.duty.roster import Roster
from watchfloor.paging.ladder import LADDERS
from watchfloor.paging.rota import LAYERS, Layer, LayerName, Override, Rota, next_change, who_is_on_call

ANA, BEN, CLEO = (PersonId(UUID(int=number)) for number in (1, 2, 3))
BERLIN = "Europe/Berlin"
ZONES = (BERLIN, "UTC", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Chatham")
INSTANTS = st.integers(0, 55_000_000).map(lambda second: datetime(2026, 3, 1, tzinfo=UTC) + timedelta(seconds=second))

FILE = """
zone: Europe/Berlin
layers:
  primary:
    hand_over: monday 09:00
    from: "2026-03-02"
    people: [ana@mssp.example, BEN@mssp.example]
  secondary: {hand_over: daily 08:30, from: "2026-03-02", people: [cleo@mssp.example]}
  lead: {hand_over: daily 08:30, zone: UTC, from: "2026-03-02", people: [cleo@mssp.example]}
ladders:
  critical:
    - {after: 0s, to: primary}
    - {after: 5m, to: [primary, secondary], lanes: all}
timing: {chat: 10s}
"""
PEOPLE = {"ana@mssp.example": ANA, "ben@mssp.example": BEN, "cleo@mssp.example": CLEO}


def layer(name: LayerName = "primary", **changes: object) -> Layer:
    values: dict[str, object] = {
        "zone": BERLIN, "period": "weekly", "first": date(2026, 3, 2), "at": time(9), "people": (ANA, BEN)
    }  # fmt: skip
    return Layer(name=name, **(values | changes))  # type: ignore[arg-type]  # a test's own words


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(BERLIN)).astimezone(UTC)


def test_each_week_is_handed_over_at_nine_on_both_sides_of_a_clock_change() -> None:
    rota = Rota(layers=(layer(),))
    for at, person in (
        ("2026-03-23T08:59:59", ANA),
        ("2026-03-23T09:00:00", BEN),
        ("2026-03-30T08:59:59", BEN),
        ("2026-03-30T09:00:00", ANA),
        ("2026-10-26T08:59:59", BEN),
        ("2026-10-26T09:00:00", ANA),
    ):
        assert who_is_on_call(rota, (), moment(at))["primary"].person_id == person


def test_a_hand_over_in_the_skipped_hour_and_in_the_doubled_one_happens_once() -> None:
    nightly = layer(period="daily", at=time(2, 30), people=(ANA, BEN, CLEO))
    rota = Rota(layers=(nightly,))
    for start in (datetime(2026, 3, 27, tzinfo=UTC), datetime(2026, 10, 23, tzinfo=UTC)):
        seen = [
            who_is_on_call(rota, (), start + timedelta(minutes=minutes))["primary"].person_id
            for minutes in range(4 * 1440)
        ]
        assert sum(left != right for left, right in pairwise(seen)) == 4


@given(
    at=INSTANTS,
    zone=st.sampled_from(ZONES),
    hour=st.integers(0, 23),
    half=st.booleans(),
    weekly=st.booleans(),
    people=st.integers(1, 5),
)
def test_every_instant_belongs_to_one_turn_which_begins_before_it_and_ends_after_it(
    *, at: datetime, zone: str, hour: int, half: bool, weekly: bool, people: int
) -> None:
    crew = tuple(PersonId(UUID(int=number)) for number in range(1, people + 1))
    one = layer(zone=zone, at=time(hour, 30 * half), period="weekly" if weekly else "daily", people=crew,
                first=date(2026, 2, 23))  # fmt: skip
    rota = Rota(layers=(one,))
    duty = who_is_on_call(rota, (), at)["primary"]
    assert duty.person_id in crew
    assert duty.until is not None
    assert at < duty.until <= at + timedelta(days=7 if weekly else 1, hours=1)
    last = who_is_on_call(rota, (), duty.until - timedelta(microseconds=1))["primary"]
    assert (last.person_id, last.until) == (duty.person_id, duty.until)
    following = next_change(rota, (), at, layer="primary")
    assert following is not None
    assert following.person_id == crew[(crew.index(duty.person_id) + 1) % people]


@given(at=INSTANTS, starts=INSTANTS, hours=st.integers(1, 200), second=INSTANTS)
def test_of_several_overrides_the_last_one_counts_while_it_lasts(
    at: datetime, starts: datetime, hours: int, second: datetime
) -> None:
    rota = Rota(layers=(layer(people=(ANA,)),))
    overrides = [
        Override(layer="primary", person_id=who, starts_at=begin, ends_at=begin + timedelta(hours=hours),
                 made_at=datetime(2026, 1, day, tzinfo=UTC))
        for who, begin, day in ((BEN, starts, 1), (CLEO, second, 2))
    ]  # fmt: skip
    within = [one.starts_at <= at < one.ends_at for one in overrides]
    duty = who_is_on_call(rota, overrides, at)["primary"]
    if at >= moment("2026-03-02T09:00:00") or any(within):
        assert duty.person_id == (CLEO if within[1] else BEN if within[0] else ANA)
    assert duty.stands_in == any(within)
    assert duty.until is None or duty.until > at


def test_what_nobody_covers_is_told_as_a_gap_and_a_page_goes_to_the_next_layer_or_all_leads() -> None:
    at = moment("2026-02-01T00:00:00")
    early = Rota(layers=(layer(), layer("lead", first=date(2026, 1, 5), people=(CLEO,))))
    duties = who_is_on_call(early, (), at)
    assert [duties[name].person_id for name in LAYERS] == [None, None, CLEO]
    assert duties["primary"].until == moment("2026-03-02T09:00:00")
    roster = Roster(rota=early, addresses={ANA: "a@x", CLEO: "c@x"}, leads=(ANA, CLEO))
    assert roster.target("primary", at, named=None, kept=None).addresses == ("c@x",)
    assert roster.target("named", at, named=ANA, kept=None).addresses == ("a@x",)
    assert roster.target("named", at, named=BEN, kept=None).addresses == ("c@x",)
    alone = Roster(addresses={ANA: "a@x", CLEO: "c@x"}, leads=(ANA, CLEO))
    assert alone.target("primary", at, named=None, kept=None).addresses == ("a@x", "c@x")


def test_a_file_is_read_and_where_it_says_nothing_the_default_ladder_holds() -> None:
    rota = read_file(FILE.encode(), name="rota.yml", people=PEOPLE)
    assert [one.name for one in rota.layers] == ["primary", "secondary", "lead"]
    assert rota.layers[0].people == (ANA, BEN)
    assert rota.layers[2].zone == "UTC"
    assert [(rung.after, rung.to, rung.everywhere) for rung in rota.ladder("critical")] == [
        (0, ("primary",), False),
        (300, ("primary", "secondary"), True),
    ]
    assert rota.ladder("high") == LADDERS["high"]
    assert (rota.timing.chat, rota.timing.uncertain) == (10, 60)


@pytest.mark.parametrize(
    ("before", "after", "place", "words"),
    [
        ("monday 09:00", "mondays 9", "rota.yml:5:5", "day and a time"),
        ("monday 09:00", "tuesday 09:00", "rota.yml:6:5", "begin on a tuesday"),
        ("ana@", "eve@", "rota.yml:7:14", "None of the operator's people"),
        ("zone: Europe/Berlin", "zone: Europe/Bärlin", "rota.yml:2:1", "no time zone"),
        ("after: 5m", "after: 0s", "rota.yml:13:7", "later than the one before"),
        ("after: 5m", "after: 5x", "rota.yml:13:8", "length of time"),
        ("to: primary}", "to: nobody}", "rota.yml:12:19", "nobody"),
        ("timing:", "timings:", "rota.yml:", "timings"),
        ("  lead:", "  # lead:", "rota.yml:3:1", "nobody for lead"),
        ("layers:", "layers: [", "rota.yml:", ""),
    ],
)
def test_each_fault_of_a_file_names_its_line(before: str, after: str, place: str, words: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_file(FILE.replace(before, after, 1).encode(), name="rota.yml", people=PEOPLE)
    assert place in str(refused.value)
    assert words in str(refused.value)
