"""Text that attackers would write, and a reply that has it wherever foreign text can stand."""

from datetime import UTC, datetime

from watchfloor.desk.card import Card, Deadline, EntityValue, Foreign, Link, Moment, Person, Row, Rule, Text, Value
from watchfloor.desk.display.listing import QueueLine
from watchfloor.desk.reply import Reply
from watchfloor.incidents.lifecycle import Action
from watchfloor.incidents.timeline import TimelineEntry
from watchfloor.kernel.ids import IncidentId, PersonId, new_uuid, show
from watchfloor.kernel.neutralise import Untrusted

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ANA = PersonId(new_uuid())

HOSTILE = [
    "@everyone @here wake up",
    "<@1234567890> <@&1234567890> <#1234567890> </ack:1234567890> <t:1:R> <:x:1234567890> <id:customize>",
    "[click](https://evil.example) [x](<https://evil.example>) https://evil.example/x?y=z <https://evil.example>",
    "`` ` ``` `@everyone` ``@everyone``` <@1234567890> `",
    "# big\n## big\n-# small\n> quote\n>>> all\n- list\n1. list\n* list",
    "**bold** __under__ ~~gone~~ ||spoiler|| *i* _i_ \\*\\*x\\*\\*",
    "```ansi\n\x1b[2;31mred\x1b[0m\n```",
    "discord.gg/evil discord.com/invite/evil bob@evil.example 198.51.100.7",
    "\u202egnp.exe\u2066\u200b\u200d\ufeff",
    "a\rb\x00c\x08\x1b]8;;https://evil.example\x1b\\x\x1b]8;;\x1b\\",
    "\ud800\udfff",
    "█" * 5_000,
    "`" * 5_000,
    "\\" * 5_000,
    "@" * 3_000,
]


def reply_full_of(evil: str) -> Reply:
    """A reply with this text in every place that takes foreign text."""
    said = Untrusted(evil)
    values: tuple[Value, ...] = (
        Text("ours"),
        Foreign(said),
        Moment(NOW),
        Deadline(NOW),
        Person(ANA),
        EntityValue("file", said),
        EntityValue("domain", said),
        EntityValue("user", said),
        Rule(said, "high", 3),
        Link("Open", "/incidents/ACME-1"),
    )
    card = Card(
        id=IncidentId(new_uuid()),
        ref="ACME-1",
        tenant="ACME",
        customer=said,
        title=said,
        severity="critical",
        state="new",
        rows=(
            Row("ATT&CK", values, more=2),
            Row("Verdict", values),
            *(Row(f"Row {number}", (value,)) for value in values for number in range(8)),
        ),
        actions=tuple(Action),
        revision=1,
        link=Link("Open", "/incidents/ACME-1"),
    )
    entries = tuple(
        TimelineEntry(
            id=new_uuid(),
            at=NOW,
            kind="note",
            actor_kind="person",
            actor_id=evil,
            facts={"text": evil, "verdict": evil, "action": evil, "after": evil, "person": show("per", ANA)},
        )
        for _ in range(30)
    )
    return Reply(text=evil, card=card, rows=card.rows, timeline=entries, queue=tuple(_line(said) for _ in range(40)))


def _line(said: Untrusted) -> QueueLine:
    return QueueLine(
        id=IncidentId(new_uuid()),
        ref="ACME-1",
        title=said,
        severity="critical",
        state="new",
        assignee_id=ANA,
        verdict=None,
        opened_at=NOW,
        acknowledge_by=NOW,
        resolve_by=NOW,
        last_event_at=NOW,
        updated_at=NOW,
        alerts=1,
        revision=1,
    )
