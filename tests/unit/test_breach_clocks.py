"""The clocks of the breach desk, regime by regime: when each one starts, ends, moves, and what a late notice owes."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from watchfloor.breach.rules.clock import Deadline, State, deadlines
from watchfloor.breach.rules.library import shipped
from watchfloor.breach.rules.regime import Facts, Filing, Moment, Statement

HOUR = timedelta(hours=1)
BERLIN = "Europe/Berlin"
BREACH: Mapping[Statement, bool] = {"personal_data_breach": True, "risk": True}


def at(text: str, zone: str = "UTC") -> datetime:
    """An instant, by the wall clock of a zone."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def facts(
    moments: Mapping[Moment, datetime],
    *filings: Filing,
    statements: Mapping[Statement, bool] | None = None,
    zone: str = BERLIN,
    country: str = "DE",
    subdivision: str | None = None,
    hours: Mapping[str, int] | None = None,
    applies: Mapping[str, bool] | None = None,
) -> Facts:
    return Facts(
        zone=zone,
        country=country,
        subdivision=subdivision,
        moments=moments,
        statements=BREACH if statements is None else statements,
        filings=filings,
        contract_hours=hours or {},
        applies=applies or {},
    )


def stage(regime: str, name: str, given: Facts, now: datetime) -> Deadline:
    [found] = [one for one in deadlines([shipped().find(regime)], given, now) if one.stage == name]
    return found


def due(regime: str, name: str, given: Facts, now: datetime | None = None) -> datetime | None:
    start = next(iter(given.moments.values()))
    return stage(regime, name, given, now or start).due_at


def sent(regime: str, name: str, when: datetime, *, received: datetime | None = None, why: str | None = None) -> Filing:
    return Filing(regime=regime, stage=name, submitted_at=when, received_at=received, delay_reasons=why)


# GDPR


@pytest.mark.parametrize(
    ("aware", "end"),
    [
        ("2026-03-27T09:00", "2026-03-30T10:00"),  # clocks go forward on 29 March: 71 hours of wall time would be wrong
        ("2026-10-23T09:00", "2026-10-26T08:00"),  # clocks go back on 25 October
        ("2028-02-27T09:00", "2028-03-01T09:00"),  # a leap day lies in between
        ("2026-02-27T09:00", "2026-03-02T09:00"),
        ("2026-12-23T18:30", "2026-12-26T18:30"),  # holidays and a weekend do not stretch it
    ],
)
def test_the_authority_is_told_within_72_elapsed_hours(aware: str, end: str) -> None:
    given = facts({"controller_aware": at(aware, BERLIN)})
    assert due("gdpr-authority", "initial", given) == at(end, BERLIN)
    assert due("uk-gdpr-authority", "initial", given) == at(end, BERLIN)


def test_an_hour_that_comes_twice_is_told_apart_by_its_offset() -> None:
    first = datetime.fromisoformat("2026-10-25T02:30:00+02:00")
    second = datetime.fromisoformat("2026-10-25T02:30:00+01:00")
    one = due("gdpr-authority", "initial", facts({"controller_aware": first}))
    other = due("gdpr-authority", "initial", facts({"controller_aware": second}))
    assert one is not None
    assert other is not None
    assert other - one == HOUR


def test_no_clock_runs_until_a_person_has_entered_when_somebody_became_aware() -> None:
    found = stage("gdpr-authority", "initial", facts({}), at("2026-11-20T10:00"))
    assert (found.state, found.due_at, found.waits_for) == ("waiting", None, "controller_aware")
    assert found.warn_at == ()


def test_warnings_come_after_24_48_60_66_and_70_hours_and_at_the_end() -> None:
    aware = at("2026-11-20T10:00")
    found = stage("gdpr-authority", "initial", facts({"controller_aware": aware}), aware)
    assert [(point - aware) / HOUR for point in found.warn_at] == [24, 48, 60, 66, 70, 72]


@pytest.mark.parametrize(
    ("hours_sent", "hours_received", "hours_now", "state", "needs_reasons"),
    [
        (None, None, 71.9, "running", False),
        (None, None, 72, "running", False),
        (None, None, 72.1, "missed", True),
        (70, None, 71, "sent", False),  # the receipt stops the clock, not the click
        (70, None, 80, "sent", False),
        (72, 72, 90, "met", False),
        (73, None, 90, "sent", True),
        (73, 74, 90, "met_late", True),
        (71, 73, 90, "met_late", True),
    ],
)
def test_the_receipt_of_the_first_notice_stops_the_clock_and_a_late_one_says_why(
    *, hours_sent: float | None, hours_received: float | None, hours_now: float, state: State, needs_reasons: bool
) -> None:
    aware = at("2026-11-20T10:00")
    received = None if hours_received is None else aware + HOUR * hours_received
    filings = (
        () if hours_sent is None else (sent("gdpr-authority", "initial", aware + HOUR * hours_sent, received=received),)
    )
    found = stage("gdpr-authority", "initial", facts({"controller_aware": aware}, *filings), aware + HOUR * hours_now)
    assert (found.state, found.needs_reasons) == (state, needs_reasons)


def test_reasons_for_the_delay_satisfy_but_do_not_heal_it() -> None:
    aware = at("2026-11-20T10:00")
    late = sent("gdpr-authority", "initial", aware + 80 * HOUR, received=aware + 80 * HOUR, why="Two sites were dark.")
    found = stage("gdpr-authority", "initial", facts({"controller_aware": aware}, late), aware + 90 * HOUR)
    assert (found.state, found.needs_reasons, found.late_by) == ("met_late", False, 8 * HOUR)


def test_a_later_phase_does_not_start_the_72_hours_again() -> None:
    aware = at("2026-11-20T10:00")
    first = sent("gdpr-authority", "initial", aware + 50 * HOUR, received=aware + 50 * HOUR)
    second = sent("gdpr-authority", "initial", aware + 300 * HOUR, received=aware + 300 * HOUR)
    given = facts({"controller_aware": aware}, second, first)
    assert stage("gdpr-authority", "initial", given, aware + 400 * HOUR).state == "met"
    supplement = stage("gdpr-authority", "supplement", given, aware + 400 * HOUR)
    assert (supplement.state, supplement.started_at) == ("undated", aware + 50 * HOUR)


def test_an_undecided_risk_leaves_the_clock_running_and_a_decided_one_ends_it() -> None:
    aware = at("2026-11-20T10:00")
    open_case = facts({"controller_aware": aware}, statements={"personal_data_breach": True})
    found = stage("gdpr-authority", "initial", open_case, aware)
    assert (found.state, found.is_provisional) == ("running", True)
    decided = facts({"controller_aware": aware}, statements={"personal_data_breach": True, "risk": False})
    found = stage("gdpr-authority", "initial", decided, aware + 100 * HOUR)
    assert (found.state, found.is_provisional, found.warn_at, found.late_by) == ("not_required", False, (), None)


def test_the_processor_has_no_test_of_risk_and_a_contract_of_24_hours_that_the_customer_may_shorten() -> None:
    aware = at("2026-11-20T10:00")
    low = facts({"processor_aware": aware}, statements={"personal_data_breach": True, "risk": False})
    assert stage("gdpr-controller", "notice", low, aware).state == "undated"
    assert due("contract-controller", "notice", low) == aware + 24 * HOUR
    short = facts({"processor_aware": aware}, hours={"contract-controller": 4})
    found = stage("contract-controller", "notice", short, aware)
    assert found.due_at == aware + 4 * HOUR
    assert [(point - aware) / HOUR for point in found.warn_at] == [2, 3, 4]  # none before it begins


def test_data_subjects_are_told_without_undue_delay_from_the_finding_of_a_high_risk_on() -> None:
    found = at("2026-11-20T10:00")
    told = stage("gdpr-subjects", "communication", facts({"high_risk_found": found}), found + 500 * HOUR)
    assert (told.state, told.due_at, told.is_provisional) == ("undated", None, False)
    low = facts({}, statements={"personal_data_breach": True, "risk": False})
    assert stage("gdpr-subjects", "communication", low, found).state == "not_required"


# NIS2


def test_nis2_has_24_hours_then_72_then_a_month_from_the_notification() -> None:
    aware = at("2027-01-28T10:00", BERLIN)
    told = sent("nis2", "notification", at("2027-01-31T09:00", BERLIN))
    given = facts({"entity_aware": aware}, told, statements={"significant": True})
    assert due("nis2", "early_warning", given) == aware + 24 * HOUR
    assert due("nis2", "notification", given) == aware + 72 * HOUR
    assert due("nis2", "final", given) == at("2027-02-28T09:00", BERLIN)  # February has no 31st
    assert stage("nis2", "progress", given, aware).state == "not_required"


def test_a_month_over_a_clock_change_keeps_the_local_time() -> None:
    told = sent("nis2", "notification", at("2026-03-05T09:00", BERLIN))
    given = facts({"entity_aware": at("2026-03-03T09:00", BERLIN)}, told)
    assert due("nis2", "final", given) == at("2026-04-05T09:00", BERLIN)
    skipped = sent("nis2", "notification", at("2026-02-28T02:30", BERLIN))
    given = facts({"entity_aware": at("2026-02-27T09:00", BERLIN)}, skipped)
    assert due("nis2", "final", given) == at("2026-03-28T02:30", BERLIN)
    gap = sent("nis2", "notification", at("2027-02-28T02:30", BERLIN))  # on 28 March 2027 there is no half past two
    given = facts({"entity_aware": at("2027-02-27T09:00", BERLIN)}, gap)
    assert due("nis2", "final", given) == datetime(2027, 3, 28, 0, 30, tzinfo=UTC)


def test_the_final_report_waits_for_the_notification_and_says_when_it_is_to_be_expected() -> None:
    aware = at("2026-11-20T10:00")
    found = stage("nis2", "final", facts({"entity_aware": aware}, statements={"significant": True}), aware)
    assert (found.state, found.due_at, found.waits_for) == ("waiting", None, "notification")
    assert found.expected_at == at("2026-12-23T10:00")


def test_an_incident_that_goes_on_needs_a_progress_report_and_the_final_one_a_month_after_its_handling() -> None:
    aware = at("2026-05-01T10:00")
    told = sent("nis2", "notification", at("2026-05-03T10:00"))
    statements: dict[Statement, bool] = {"significant": True, "still_ongoing": True}
    going = facts({"entity_aware": aware}, told, statements=statements)
    before, after = at("2026-05-20T10:00"), at("2026-06-10T10:00")
    assert stage("nis2", "progress", going, before).due_at == at("2026-06-03T10:00")
    assert stage("nis2", "final", going, before).due_at == at("2026-06-03T10:00")  # it may be over by then
    assert stage("nis2", "final", going, after).waits_for == "handled"
    handled = facts({"entity_aware": aware, "handled": at("2026-07-01T10:00")}, told, statements={"significant": True})
    assert stage("nis2", "final", handled, after).due_at == at("2026-08-01T10:00")
    assert stage("nis2", "progress", handled, after).state == "missed"
    quick = facts({"entity_aware": aware, "handled": at("2026-05-09T10:00")}, told, statements={"significant": True})
    assert stage("nis2", "final", quick, after).due_at == at("2026-06-03T10:00")
    assert stage("nis2", "progress", quick, after).state == "not_required"


def test_trust_services_notify_within_24_hours() -> None:
    aware = at("2026-11-20T10:00")
    given = facts({"entity_aware": aware}, statements={"significant": True, "trust_service": True})
    assert due("nis2", "notification", given) == aware + 24 * HOUR


def test_the_mssp_has_clocks_of_its_own_that_start_at_its_own_awareness() -> None:
    aware = at("2026-11-20T10:00")
    given = facts({"entity_aware": aware, "provider_aware": aware + 2 * HOUR}, statements={"significant": True})
    assert due("nis2-mssp", "early_warning", given) == aware + 26 * HOUR


# DORA


@pytest.mark.parametrize(
    ("classified", "end"),
    [
        (0, 4),
        (1, 5),
        (20, 24),
        (22, 24),  # a day after awareness at the latest
        (24, 24),
        (24.5, 28.5),  # classified later: four hours from then on
        (72, 76),
    ],
)
def test_dora_gives_four_hours_after_the_classification_within_a_day_of_awareness(
    classified: float, end: float
) -> None:
    aware = at("2026-11-16T08:00", BERLIN)  # a Monday
    moments: dict[Moment, datetime] = {"entity_aware": aware, "classified_major": aware + HOUR * classified}
    found = stage("dora", "initial_notification", facts(moments), aware)
    assert found.due_at == aware + HOUR * end
    assert not found.is_provisional  # who enters the classification has decided


def test_before_the_classification_the_day_after_awareness_is_what_to_look_at() -> None:
    aware = at("2026-11-16T08:00", BERLIN)
    found = stage("dora", "initial_notification", facts({"entity_aware": aware}), aware + HOUR)
    assert (found.state, found.due_at, found.is_provisional) == ("running", aware + 24 * HOUR, True)
    assert found.waits_for == "classified_major"
    late = stage("dora", "initial_notification", facts({"entity_aware": aware}), aware + 25 * HOUR)
    assert (late.state, late.due_at) == ("waiting", None)


@pytest.mark.parametrize(
    ("classified", "country", "subdivision", "end"),
    [
        ("2026-11-20T21:00", "DE", None, "2026-11-23T12:00"),  # Friday night: the four hours end on Saturday
        ("2026-11-20T19:00", "DE", None, "2026-11-20T23:00"),  # they end on Friday
        ("2026-12-24T22:00", "DE", None, "2026-12-28T12:00"),  # Christmas, then a weekend
        ("2026-04-02T23:00", "DE", None, "2026-04-07T12:00"),  # Good Friday to Easter Monday
        ("2026-06-03T23:00", "DE", None, "2026-06-04T03:00"),  # Corpus Christi is a working day in Berlin
        ("2026-06-03T23:00", "DE", "BY", "2026-06-05T12:00"),  # and none in Munich
        ("2026-10-24T21:00", "DE", None, "2026-10-26T12:00"),  # over the change of clocks
    ],
)
def test_an_end_on_a_weekend_or_holiday_moves_to_noon_of_the_next_working_day(
    classified: str, country: str, subdivision: str | None, end: str
) -> None:
    moment = at(classified, BERLIN)
    moments: dict[Moment, datetime] = {"entity_aware": moment, "classified_major": moment}
    given = facts(moments, country=country, subdivision=subdivision)
    found = stage("dora", "initial_notification", given, moment)
    assert found.due_at == at(end, BERLIN)
    assert found.strict_due_at == moment.astimezone(UTC) + 4 * HOUR
    bank = facts(moments, country=country, subdivision=subdivision, statements={"no_weekend_relief": True})
    assert stage("dora", "initial_notification", bank, moment).due_at == found.strict_due_at


def test_dora_stages_follow_each_other_and_the_last_intermediate_report_starts_the_month() -> None:
    aware = at("2026-11-02T08:00", BERLIN)
    moments: dict[Moment, datetime] = {"entity_aware": aware, "classified_major": aware}
    initial = sent("dora", "initial_notification", aware + 3 * HOUR)
    assert due("dora", "intermediate_report", facts(moments, initial)) == aware + 75 * HOUR
    between = sent("dora", "intermediate_report", at("2026-11-05T08:00", BERLIN))
    assert due("dora", "final_report", facts(moments, initial, between)) == at(
        "2026-12-07T12:00", BERLIN
    )  # the 5th: Saturday
    update = sent("dora", "intermediate_update", at("2026-11-11T08:00", BERLIN))
    assert due("dora", "final_report", facts(moments, initial, between, update)) == at("2026-12-11T08:00", BERLIN)


def test_a_late_dora_report_owes_reasons_and_an_incident_that_is_not_major_owes_nothing() -> None:
    aware = at("2026-11-16T08:00", BERLIN)
    moments: dict[Moment, datetime] = {"entity_aware": aware, "classified_major": aware}
    late = stage("dora", "initial_notification", facts(moments), aware + 5 * HOUR)
    assert (late.state, late.needs_reasons, late.late_by) == ("missed", True, HOUR)
    found = stage("dora", "initial_notification", facts(moments, statements={"major": False}), aware + 5 * HOUR)
    assert (found.state, found.needs_reasons) == ("not_required", False)


# Elsewhere


@pytest.mark.parametrize(
    ("determined", "end"),
    [
        ("2026-11-16T09:00", "2026-11-20T17:30"),
        ("2026-11-20T09:00", "2026-11-27T17:30"),  # Thanksgiving lies in between
        ("2026-11-14T09:00", "2026-11-19T17:30"),  # determined on a Saturday: Monday is the first day
        ("2026-12-30T09:00", "2027-01-06T17:30"),  # New Year
        ("2026-07-01T09:00", "2026-07-08T17:30"),  # Independence Day is a Saturday and kept on Friday
    ],
)
def test_the_sec_is_told_within_four_business_days_of_new_york(determined: str, end: str) -> None:
    york = "America/New_York"
    given = facts({"materiality_determined": at(determined, york)}, zone=BERLIN, country="DE")
    assert due("sec-8k", "filing", given) == at(end, york)


def test_the_holidays_of_a_state_do_not_lengthen_a_federal_clock() -> None:
    york = "America/New_York"
    moments: dict[Moment, datetime] = {"materiality_determined": at("2026-11-20T09:00", york)}
    texan = facts(moments, zone="America/Chicago", country="US", subdivision="TX")  # free on the day after Thanksgiving
    assert due("sec-8k", "filing", texan) == at("2026-11-27T17:30", york)


def test_brazil_counts_working_days_of_its_own_and_gives_small_agents_twice_as_many() -> None:
    zone = "America/Sao_Paulo"
    aware = at("2026-04-17T15:00", zone)  # Friday; Tiradentes is on Tuesday
    assert due("br-lgpd", "authority", facts({"controller_aware": aware})) == at("2026-04-23T23:59:59", zone)
    small: dict[Statement, bool] = {**BREACH, "small_agent": True}
    assert due("br-lgpd", "authority", facts({"controller_aware": aware}, statements=small)) == at(
        "2026-04-28T23:59:59", zone
    )


def test_singapore_counts_calendar_days_from_the_day_after_the_finding() -> None:
    zone = "Asia/Singapore"
    found = at("2026-02-13T23:50", zone)
    given = facts({"grounds_found": at("2026-02-01T08:00", zone), "notifiable_found": found})
    assert due("sg-pdpa", "authority", given) == at("2026-02-16T23:59:59", zone)
    assert stage("sg-pdpa", "assessment", given, found + 900 * HOUR).state == "met"


def test_hipaa_gives_sixty_days_or_sixty_days_after_the_year_for_fewer_than_500() -> None:
    zone = "America/Chicago"
    found = at("2027-02-10T08:00", zone)
    few = facts({"discovered": found}, zone=zone, country="US", statements={"persons_500_or_more": False})
    assert due("hipaa", "individuals", few) == at("2027-04-11T23:59:59", zone)
    assert due("hipaa", "department_yearly", few) == at("2028-02-29T23:59:59", zone)  # 2028 is a leap year
    assert stage("hipaa", "department", few, found).state == "not_required"
    many = facts({"discovered": found}, zone=zone, country="US", statements={"persons_500_or_more": True})
    assert due("hipaa", "department", many) == at("2027-04-11T23:59:59", zone)
    assert stage("hipaa", "department_yearly", many, found).state == "not_required"


def test_switzerland_has_no_hours_for_data_and_24_for_attacks_and_card_brands_only_what_the_contract_says() -> None:
    moment = at("2026-11-20T10:00")
    given = facts(
        {"controller_aware": moment, "discovered": moment, "compromise_suspected": moment}, hours={"pci-dss": 24}
    )
    assert stage("ch-fadp", "notice", given, moment).state == "undated"
    assert due("ch-isa", "report", given) == moment + 24 * HOUR
    assert due("pci-dss", "notice", given) == moment + 24 * HOUR
    none = facts({"compromise_suspected": moment})
    assert stage("pci-dss", "notice", none, moment).state == "undated"


def test_a_person_may_say_that_a_regime_does_not_apply_or_that_it_does() -> None:
    aware = at("2026-11-20T10:00")
    no = facts({"controller_aware": aware}, applies={"th-pdpa": False})
    assert stage("th-pdpa", "authority", no, aware).state == "not_required"
    yes = facts({"controller_aware": aware}, statements={}, applies={"th-pdpa": True})
    assert not stage("th-pdpa", "authority", yes, aware).is_provisional


def test_the_most_urgent_deadline_stands_first_and_every_one_says_its_source() -> None:
    moment = at("2026-11-16T10:00")
    moments: dict[Moment, datetime] = {"controller_aware": moment, "processor_aware": moment, "entity_aware": moment}
    found = deadlines(shipped().regimes, facts(moments), moment)
    ends = [one.due_at for one in found if one.due_at is not None]
    assert ends == sorted(ends)
    assert all(one.due_at is None for one in found[len(ends) :])
    assert all(one.source and one.rule and one.mark for one in found)
    assert all(one.due_at is None or one.due_at.tzinfo is UTC for one in found)
