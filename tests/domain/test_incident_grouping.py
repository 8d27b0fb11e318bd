"""Which incident an alert belongs to: decided from entities and time."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchfloor.alerts.alert import Severity
from watchfloor.incidents.grouping.decision import (
    COMMON_INCIDENTS,
    WEIGHTS,
    Applicant,
    Candidate,
    Group,
    Name,
    decide,
)
from watchfloor.kernel.ids import AlertId, IncidentId, new_uuid
from watchfloor.normalise.event import EntityKind

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def name(kind: EntityKind, value: str) -> Name:
    return Name(kind, value.encode())


def alert(*names: Name, hours: float = 0, severity: Severity = "medium") -> Applicant:
    moment = NOON + timedelta(hours=hours)
    return Applicant(
        alert_id=AlertId(new_uuid()), severity=severity, names=frozenset(names), first_seen=moment, last_seen=moment
    )


def incident(*names: Name, first: float = 0, last: float = 0, has_hosts: bool = False) -> Candidate:
    return Candidate(
        incident_id=IncidentId(new_uuid()),
        names=frozenset(names),
        has_hosts=has_hosts or any(n.kind == "host" for n in names),
        first_event_at=NOON + timedelta(hours=first),
        last_event_at=NOON + timedelta(hours=last),
    )


HOST, USER, ADDRESS, HASH = name("host", "ws-1"), name("user", "bob"), name("ip", "198.51.100.7"), name("hash", "ab")


@pytest.mark.parametrize("kind", sorted(WEIGHTS))
def test_a_shared_entity_joins_if_its_kind_tells_enough(kind: EntityKind) -> None:
    shared = name(kind, "x")
    [group] = decide([alert(shared)], [incident(shared)])
    assert (group.incident_id is not None) == (kind not in ("account", "file"))


def test_nothing_shared_opens_an_incident() -> None:
    applicant = alert(HOST)
    assert decide([applicant], [incident(USER)]) == [Group(incident_id=None, alert_ids=(applicant.alert_id,))]


def test_an_account_and_a_file_together_tell_too_little() -> None:
    shared = (name("account", "123456789012"), name("file", r"c:\windows\system32\cmd.exe"))
    [group] = decide([alert(*shared)], [incident(*shared)])
    assert group.incident_id is None


@pytest.mark.parametrize(("hours", "joins"), [(24, True), (24.01, False), (-24, True), (-24.01, False)])
def test_alerts_join_within_a_day_of_the_incidents_events(hours: float, joins: bool) -> None:
    [group] = decide([alert(HOST, hours=hours)], [incident(HOST)])
    assert (group.incident_id is not None) == joins


def test_an_alert_joins_the_incident_with_which_it_shares_most() -> None:
    less, more = incident(HOST), incident(HOST, USER)
    assert [group.incident_id for group in decide([alert(HOST, USER)], [less, more])] == [more.incident_id]


def test_a_hash_does_not_join_what_happened_on_different_hosts() -> None:
    there = alert(name("host", "ws-2"), HASH)
    assert decide([there], [incident(HASH, has_hosts=True)])[0].incident_id is None
    mail = alert(HASH)
    assert decide([mail], [incident(HASH, has_hosts=True)])[0].incident_id is not None


def test_an_entity_that_many_incidents_name_tells_nothing() -> None:
    few = [incident(ADDRESS) for _ in range(COMMON_INCIDENTS)]
    assert decide([alert(ADDRESS)], few)[0].incident_id is not None
    assert decide([alert(ADDRESS)], [*few, incident(ADDRESS)])[0].incident_id is None
    assert decide([alert(ADDRESS, HOST)], [*few, incident(ADDRESS, HOST)])[0].incident_id is not None


def test_alerts_of_one_batch_find_each_other() -> None:
    first, second, other = alert(HOST), alert(HOST, USER, hours=1), alert(name("host", "ws-9"))
    groups = decide([other, second, first], [])
    assert {group.alert_ids for group in groups} == {(first.alert_id, second.alert_id), (other.alert_id,)}


def test_a_chain_of_entities_is_one_story() -> None:
    chain = [alert(HOST), alert(HOST, USER, hours=1), alert(USER, ADDRESS, hours=2), alert(ADDRESS, hours=3)]
    assert [len(group.alert_ids) for group in decide(chain, [])] == [4]


def test_informational_alerts_are_context_and_open_nothing() -> None:
    context = alert(HOST, severity="informational")
    assert decide([context], []) == []
    cause = alert(HOST, hours=2)
    [group] = decide([context, cause], [])
    assert set(group.alert_ids) == {context.alert_id, cause.alert_id}


names = st.builds(name, st.sampled_from(sorted(WEIGHTS)), st.sampled_from("abcdef"))
applicants = st.lists(
    st.tuples(st.frozensets(names, max_size=4), st.integers(0, 60), st.sampled_from(["informational", "medium"])),
    max_size=12,
)
candidates = st.lists(st.tuples(st.frozensets(names, min_size=1, max_size=4), st.integers(0, 60)), max_size=6)


@given(arriving=applicants, standing=candidates)
def test_every_alert_has_one_place_and_only_informational_ones_have_none(
    arriving: list[tuple[frozenset[Name], int, Severity]], standing: list[tuple[frozenset[Name], int]]
) -> None:
    alerts = [alert(*found, hours=hours, severity=severity) for found, hours, severity in arriving]
    groups = decide(alerts, [incident(*found, first=hours, last=hours) for found, hours in standing])
    placed = [alert_id for group in groups for alert_id in group.alert_ids]
    assert len(placed) == len(set(placed))
    left = {one.alert_id for one in alerts} - set(placed)
    assert all(one.severity == "informational" for one in alerts if one.alert_id in left)
    by_id = {one.alert_id: one for one in alerts}
    opened = [group for group in groups if group.incident_id is None]
    assert all(any(by_id[i].severity != "informational" for i in group.alert_ids) for group in opened)


@given(arriving=applicants)
def test_the_order_in_which_a_batch_lists_its_alerts_does_not_matter(
    arriving: list[tuple[frozenset[Name], int, Severity]],
) -> None:
    alerts = [alert(*found, hours=hours, severity=severity) for found, hours, severity in arriving]
    forwards = {frozenset(group.alert_ids) for group in decide(alerts, [])}
    backwards = {frozenset(group.alert_ids) for group in decide(alerts[::-1], [])}
    assert forwards == backwards
