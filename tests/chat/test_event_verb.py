"""Events from the desk: of each of one's own customers, within limits that are said, and each look is logged."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from tests.chat.floor import Floor
from tests.chat.test_finding_verbs import ANA, LEA, VIC, Counter
from tests.domain.workplace import Tenant
from watchfloor.desk.card import EntityValue, Foreign, Moment, Row, Text
from watchfloor.desk.line import read_line
from watchfloor.kernel.db import Database, tenant_tx
from watchfloor.kernel.errors import Invalid
from watchfloor.lake.opening import open_lake
from watchfloor.normalise.event import Event


@pytest.fixture
def counter(floor: Floor) -> Counter:
    return Counter(floor)


async def keep(floor: Floor, tenant: Tenant, database: Database, *events: Event) -> None:
    async with tenant_tx(database, tenant.id) as tx:
        await open_lake(floor.settings).append(tx, tenant.cipher, events)


def kept(floor: Floor, number: int, host: str, **fields: str) -> Event:
    event = floor.make_event(number, host=host)
    at = datetime.now(UTC) - timedelta(minutes=number)
    return msgspec.structs.replace(event, time=at, fields={"n": number, **fields}, raw=b'{"n":1}')


def shown(rows: tuple[Row, ...]) -> list[tuple[str, str]]:
    """Each row's customer and the first of our own words in it."""
    words = [[value.text for value in row.values if isinstance(value, Text)] for row in rows]
    return [(row.label, "".join(texts[:1])) for row, texts in zip(rows, words, strict=True)]


async def test_one_sees_events_of_ones_own_customers_alone(counter: Counter, db_app: Database) -> None:
    floor = counter.floor
    await keep(floor, floor.acme, db_app, *(kept(floor, number, "ws-1") for number in range(1, 4)))
    await keep(floor, floor.nord, db_app, kept(floor, 9, "ws-9"))
    mine = await counter.ask(ANA, "events", query="n:*")
    assert {row.label for row in mine.reply.rows} == {"ACME"}
    assert shown(mine.reply.rows)[0][1].startswith("3 of 3 events in ")
    assert [type(value) for value in mine.reply.rows[1].values] == [Moment, EntityValue, Foreign]
    both = await counter.ask(LEA, "events", query="@host:ws-*", span="2h")
    assert {row.label for row in both.reply.rows} == {"ACME", "NORD"}
    one = await counter.ask(LEA, "events", query="n:*", customer="nord")
    assert {row.label for row in one.reply.rows} == {"NORD"}


async def test_events_are_counted_by_a_field(counter: Counter, db_app: Database) -> None:
    floor = counter.floor
    events = [kept(floor, number, "ws-1", User="kim" if number % 3 else "\u202elee") for number in range(1, 7)]
    await keep(floor, floor.acme, db_app, *events)
    answer = await counter.ask(ANA, "events", query="n:*", by="User")
    assert [text for _, text in shown(answer.reply.rows)[1:]] == ["4", "2"]


async def test_a_customers_viewer_does_not_search(counter: Counter) -> None:
    answer = await counter.ask(VIC, "events", query="x")
    assert not answer.reply.ok


async def test_what_cannot_be_read_says_where(counter: Counter) -> None:
    with pytest.raises(Invalid, match="Column 3"):
        await counter.ask(ANA, "events", query="a:")


async def test_each_look_stands_in_the_customers_log(counter: Counter) -> None:
    await counter.ask(LEA, "events", query="mimikatz")
    logged = await counter.floor.superuser.fetchval(
        "select count(*) from wf.audit_entries where action = 'access.searched' and object_kind = 'events'"
    )
    assert logged == 2


@pytest.mark.parametrize(
    ("line", "arguments"),
    [
        ("events rclone", {"query": "rclone"}),
        (
            "events EventID:4625 @host:dc-1 span=7d customer=ACME",
            {"query": "EventID:4625 @host:dc-1", "span": "7d", "customer": "ACME"},
        ),
        ('events "by=hand" by=User', {"query": '"by=hand"', "by": "User"}),
        ("events a=b span=2h", {"query": "a=b", "span": "2h"}),
        ("events span=2h x", {"query": "span=2h x"}),
    ],
)
def test_on_a_line_the_query_is_the_rest_and_others_are_named(line: str, arguments: dict[str, str]) -> None:
    intent = read_line(line, current=None)
    assert intent is not None
    assert intent.arguments == arguments


def test_a_line_without_a_query_is_told_how_to_write_one() -> None:
    with pytest.raises(Invalid, match="What to look for") as told:
        read_line("events span=2h", current=None)
    assert "events QUERY [span=SPAN] [customer=CUSTOMER] [by=BY]" in (told.value.remedy or "")
