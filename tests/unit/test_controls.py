"""Kinds, frameworks and judgement: the data is sound, no data is never a pass, and nothing claims too much."""

import random
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Final, get_args
from uuid import UUID

import msgspec
import pytest

from watchfloor.controls.entries.entry import Entry, EntryId
from watchfloor.controls.entries.measuring import entered
from watchfloor.controls.framework import Control, Number
from watchfloor.controls.judgement import judge, strictest
from watchfloor.controls.kind import Metric
from watchfloor.controls.library import read_frameworks, read_kinds, shipped
from watchfloor.controls.measurement import Measurement, Member, Scene, nothing, share
from watchfloor.controls.notices.queries import DueNotice
from watchfloor.controls.notices.timely import in_time
from watchfloor.controls.period import months_ended, period_of
from watchfloor.controls.result import DeviationCode, Gap, GapCode, Outcome, Result, Unit, outcome_of
from watchfloor.controls.words import LANGUAGES, Words
from watchfloor.kernel.errors import Invalid
from watchfloor.kernel.ids import new_uuid

ROOT: Final = Path(__file__).parents[2]
CLAIM: Final = re.compile("compl" + "iant", re.IGNORECASE)
NOW: Final = datetime(2026, 5, 1, tzinfo=UTC)
OUTCOMES: Final[tuple[Outcome, ...]] = get_args(Outcome)


def scene(first: date = date(2026, 3, 1), until: date = date(2026, 4, 1), *entries: Entry) -> Scene:
    period = period_of(first, until, time_zone="Europe/Berlin")
    return Scene(period=period, now=NOW, library=shipped(), entries=entries)


def control(*numbers: Number) -> Control:
    return Control(id="A.1", words=words("x"), evidence=("E06",), numbers=numbers)


def words(text: str) -> Words:
    return msgspec.convert(dict.fromkeys(LANGUAGES, text), Words)


def metric(**rule: float) -> Metric:
    return Metric(
        id="triaged_urgent", title=words("x"), unit="percent", population="alerts.urgent.v1",
        at_least=rule.get("at_least"), at_most=rule.get("at_most"),
    )  # fmt: skip


def judged(measurement: Measurement, *, rule: Metric | None = None, own: float | None = None) -> Result:
    found = judge(scene(), measurement, rule or metric(at_least=95), control=control(), own=own)
    assert found is not None
    return found


def of(good: int, bad: int, *gaps: Gap) -> Measurement:
    members = [Member(id=f"a{number:05}") for number in range(good)]
    members += [Member(id=f"b{number:05}", codes=("late",)) for number in range(bad)]
    return share(scene(), "E06", "triaged_urgent", members, gaps)


# The data --------------------------------------------------------------------------------------------------------


def test_all_thirty_kinds_are_there_and_each_is_measured_or_entered() -> None:
    kinds = shipped().kinds
    assert [kind.id for kind in kinds] == [f"E{number:02}" for number in range(1, 31)]
    for kind in kinds:
        for one in kind.metrics:
            assert (one.basis == "measured") == bool(one.population), (kind.id, one.id)


def test_every_code_has_words_in_every_language() -> None:
    phrases = shipped().phrases
    assert set(phrases.outcomes) == set(OUTCOMES)
    assert set(phrases.gaps) == set(get_args(GapCode))
    assert set(phrases.deviations) == set(get_args(DeviationCode))
    assert set(phrases.units) == set(get_args(Unit))
    for written in (*phrases.gaps.values(), *phrases.deviations.values()):
        assert len({"{detail}" in written.of(language) for language in LANGUAGES}) == 1


def texts() -> Iterator[tuple[str, str]]:
    for kind in shipped().kinds:
        for name, written in (("title", kind.title), ("definition", kind.definition), ("needs", kind.needs)):
            for language in LANGUAGES:
                yield f"{kind.id}.{name}.{language}", written.of(language)
        for one in kind.metrics:
            for language in LANGUAGES:
                yield f"{kind.id}.{one.id}.{language}", one.title.of(language)


def test_no_text_is_empty_and_long_ones_are_told_apart_by_language() -> None:
    assert [name for name, text in texts() if not text.strip()] == []
    for kind in shipped().kinds:
        definitions = {kind.definition.of(language) for language in LANGUAGES}
        assert len(definitions) == len(LANGUAGES), kind.id


def test_nothing_says_that_a_standard_is_met() -> None:
    folders = (
        "platform/watchfloor/controls",
        "platform/watchfloor/content/controls",
        "platform/watchfloor/web/api/controls.py",
        "platform/watchfloor/web/api/control_entries.py",
        "platform/watchfloor/ops/commands/controls.py",
    )
    files = [file for folder in folders for file in [ROOT / folder, *(ROOT / folder).rglob("*")] if file.is_file()]
    written = [file for file in files if file.suffix in (".py", ".yml")]
    assert len(written) > 40
    assert [str(file) for file in written if CLAIM.search(file.read_text("utf-8"))] == []


def test_faults_of_kinds_are_told_with_file_line_and_column() -> None:
    text = resources.files("watchfloor.content").joinpath("controls", "kinds.yml").read_text("utf-8")
    broken = text.replace("id: E02\n", "id: E01\n", 1).replace("at_least: 95", "at_least: 95\n    at_most: 9", 1)
    with pytest.raises(Invalid) as caught:
        read_kinds(broken.encode())
    assert re.search(r"kinds\.yml:[0-9]+:1: The id 'E01' is taken\.", caught.value.message)
    assert re.search(r"kinds\.yml:[0-9]+:5: A pass rule has one direction\.", caught.value.message)


def test_faults_of_a_framework_are_told_with_file_line_and_column() -> None:
    sevenfold = "\n".join(f"      {language}: x" for language in LANGUAGES)
    text = f"""id: mine
title: Mine
version: "1"
source: us
controls:
  - id: A
    words:
{sevenfold}
    evidence: [E01, E77]
  - id: A
    words:
{sevenfold}
  - id: B
    words:
{sevenfold}
    evidence: [E06]
    numbers:
      - {{evidence: E06, metric: triage_p50, number: 5, source: x}}
      - {{evidence: E05, metric: days_reviewed, number: 5, source: x}}
"""
    with pytest.raises(Invalid) as caught:
        read_frameworks({"mine.yml": text.encode(), "odd.yml": b"id: [1"}, shipped().kinds)
    message = caught.value.message
    for fault in (
        "There is no evidence kind 'E77'",
        "The id 'A' is taken",
        "A control has evidence, or",
        "triage_p50 is a figure",
        "The control has no evidence E05 days_reviewed",
    ):
        assert re.search(rf"mine\.yml:[0-9]+:[0-9]+: {re.escape(fault)}", message), fault
    assert "odd.yml:2:1: " in message


# Judgement -------------------------------------------------------------------------------------------------------


def test_a_share_is_judged_exactly_and_not_as_it_is_rounded() -> None:
    assert judged(of(95, 5)).result == "supported"
    assert judged(of(94_999, 5_001)).result == "not_supported"
    assert judged(of(2, 1), rule=metric(at_least=66.67)).result == "not_supported"
    assert judged(of(2, 1), rule=metric(at_least=66.66)).result == "supported"


def test_no_data_is_never_a_pass_whatever_the_rule_and_the_gaps() -> None:
    chance = random.Random(7)
    for _ in range(500):
        code = chance.choice(get_args(GapCode))
        rule = metric(**{chance.choice(("at_least", "at_most")): chance.choice((0.0, 50.0, 100.0))})
        own = chance.choice((None, 0.0, 99.0))
        row = judged(nothing(scene(), "E06", "triaged_urgent", code), rule=rule, own=own)
        assert (row.result, row.value, row.threshold) == ("no_data", None, None)
        outcomes = [msgspec.structs.replace(row, result=chance.choice(("no_data", "not_in_scope"))) for _ in range(3)]
        assert outcome_of([row, *outcomes]) == "no_data"
        beside = msgspec.structs.replace(row, result="supported")
        assert outcome_of([row, beside]) == "partly_supported"
    assert judged(of(0, 0)).result == "no_data"
    assert outcome_of([]) == "no_data"


def test_a_control_is_supported_only_when_every_row_is() -> None:
    row = judged(of(1, 0))
    for first in OUTCOMES:
        for second in OUTCOMES:
            both = outcome_of(msgspec.structs.replace(row, result=result) for result in (first, second))
            if both == "supported":
                assert {first, second} <= {"supported", "not_in_scope"}
            if {first, second} <= {"not_supported", "no_data"}:
                assert both == ("no_data" if first == second == "no_data" else "not_supported")


def test_what_is_left_out_of_the_period_weakens_a_pass_and_never_a_miss() -> None:
    for code in ("entry_missing_part", "period_running", "begins_before_records", "no_agreement"):
        assert judged(of(10, 0, Gap(code=code))).result == "partly_supported"
        assert judged(of(1, 9, Gap(code=code))).result == "not_supported"
    assert judged(of(10, 0, Gap(code="hours_not_recorded"))).result == "supported"


def test_the_stricter_number_counts_and_is_named_for_whose_it_is() -> None:
    rule = metric(at_least=95)
    wanted = [strictest(rule, fixed=fixed, own=own) for fixed, own in ((None, None), (90, None), (90, 97), (99, 97))]
    assert [(found[0].number, found[1]) for found in wanted if found is not None] == [
        (95, "default"),
        (90, "standard"),
        (97, "contract"),
        (99, "standard"),
    ]
    most = metric(at_most=90)
    found = strictest(most, fixed=30, own=60)
    assert found is not None
    assert (found[0].number, found[1]) == (30, "standard")


def test_a_list_of_deviations_is_cut_with_the_number_in_all_and_samples_are_spread() -> None:
    row = judged(of(0, 80))
    assert len(row.exceptions) == 50
    assert Gap(code="list_shortened", detail="80") in row.data_gaps
    sample = of(1000, 0).sample
    assert (len(sample), sample[0], sample[-1]) == (25, "a00000", "a00960")


# Entries ---------------------------------------------------------------------------------------------------------


def entry(
    first: date, until: date, *, of: tuple[int, int] | None = None, on: date | None = None, day: int = 1
) -> Entry:
    return Entry(
        id=EntryId(new_uuid()), kind="E14" if of else "E23", metric="accounts" if of else "exercise_age", value=None,
        numerator=of[0] if of else None, denominator=of[1] if of else None, happened_on=on, incident_id=None,
        first=first, until=until, note="n", document=None, by="per_1", at=datetime(2026, 4, day, tzinfo=UTC),
        withdrawn_by=None, withdrawn_at=None,
    )  # fmt: skip


def test_the_newest_entries_that_do_not_overlap_add_up_and_the_rest_is_a_gap() -> None:
    kind = shipped().kind("E14")
    older = entry(date(2026, 3, 1), date(2026, 4, 1), of=(1, 10), day=1)
    begin = entry(date(2026, 2, 1), date(2026, 3, 11), of=(8, 8), day=2)
    middle = entry(date(2026, 3, 11), date(2026, 3, 21), of=(3, 4), day=3)
    found = entered(scene(date(2026, 3, 1), date(2026, 4, 1), older, begin, middle), kind, kind.metrics[0])
    assert (found.numerator, found.denominator) == (11, 12)
    assert found.gaps == (Gap(code="entry_missing_part", detail="20/31"),)
    assert found.population == "entries.E14.accounts"
    assert entered(scene(), kind, kind.metrics[0]).gaps == (Gap(code="no_entry"),)


def test_an_age_is_counted_to_the_last_day_of_the_period_and_knows_no_later_day() -> None:
    kind = shipped().kind("E23")
    rule = kind.find("exercise_age")
    assert rule is not None
    early = entry(date(2025, 1, 1), date(2026, 1, 1), on=date(2025, 4, 30))
    late = entry(date(2026, 4, 1), date(2026, 5, 1), on=date(2026, 4, 2))
    found = entered(scene(date(2026, 3, 1), date(2026, 4, 1), early, late), kind, rule)
    assert found.value == (date(2026, 3, 31) - date(2025, 4, 30)).days == 335


def test_months_that_end_in_a_period_are_those_whose_last_day_lies_in_it() -> None:
    period = period_of(date(2026, 1, 15), date(2026, 4, 1), time_zone="UTC")
    assert months_ended(period) == [date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)]
    assert months_ended(period_of(date(2026, 2, 1), date(2026, 2, 28), time_zone="UTC")) == []


def test_a_notice_is_in_time_late_overdue_or_not_due_yet() -> None:
    due = datetime(2026, 3, 10, tzinfo=UTC)
    sent = (due - timedelta(hours=1), due, due + timedelta(seconds=1), None)
    notices = [DueNotice(id=UUID(int=number), due_at=due, submitted_at=at) for number, at in enumerate(sent)]
    notices.append(DueNotice(id=UUID(int=9), due_at=due - timedelta(days=20), submitted_at=None))
    found = in_time(scene(), notices)
    assert [member.codes for member in found.members] == [(), (), ("late",), ("overdue",)]
    early = msgspec.structs.replace(scene(), now=due - timedelta(hours=2))
    assert in_time(early, notices[3:]).gaps == (Gap(code="hours_not_recorded", detail="1"),)
