"""Each kind of value of a card has its own shape in the API."""

import msgspec
import pytest

from tests.api.world import NOON
from watchfloor.desk.card import Card, Deadline, EntityValue, Foreign, Link, Moment, Person, Row, Rule, Text
from watchfloor.desk.reply import Reply
from watchfloor.kernel.errors import NotFound
from watchfloor.kernel.ids import IncidentId, PersonId, new_uuid, show
from watchfloor.kernel.neutralise import Untrusted
from watchfloor.web.api.views import incident_view

SOMEBODY = PersonId(new_uuid())


def test_each_kind_of_value_says_what_it_is() -> None:
    row = Row(
        label="All",
        values=(
            Text("ours"),
            Foreign(Untrusted("theirs")),
            Moment(NOON),
            Deadline(NOON),
            Person(SOMEBODY),
            EntityValue("host", Untrusted("dc-1")),
            Rule(Untrusted("rule"), "high", 3),
            Link("Open", "/incidents/1"),
        ),
        more=2,
    )
    card = Card(
        id=IncidentId(new_uuid()),
        ref="ALPHA-1",
        tenant="ALPHA",
        customer=Untrusted("Alpha"),
        title=Untrusted("title"),
        severity="high",
        state="new",
        rows=(row,),
        actions=(),
        revision=1,
        link=Link("Open", "/incidents/1"),
    )
    (shown,) = incident_view(Reply(text="", card=card)).rows
    assert msgspec.to_builtins(shown.values) == [
        {"kind": "text", "text": "ours"},
        {"kind": "foreign", "text": "theirs"},
        {"kind": "moment", "at": "2026-03-02T12:00:00Z"},
        {"kind": "deadline", "at": "2026-03-02T12:00:00Z"},
        {"kind": "person", "text": show("per", SOMEBODY)},
        {"kind": "entity", "text": "dc-1", "entity": "host"},
        {"kind": "rule", "text": "rule", "severity": "high", "events": 3},
        {"kind": "link", "text": "/incidents/1"},
    ]
    assert shown.more == 2


def test_a_reply_without_a_card_shows_no_incident() -> None:
    with pytest.raises(NotFound):
        incident_view(Reply(text="nothing"))
