"""At `ref` nothing personal leaves: the demo's day and planted values, through every verb and every kind of payload."""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, cast

import pytest

from bot.discord.board import TEXT_PURPOSES
from bot.discord.channels import RESTRICTED
from bot.discord.circles import PREFIX, Circles
from bot.discord.commands import ADD_TO_TIMELINE, LOOK_UP
from tests.chat.floor import Floor
from tests.chat.guild import GUILD, Server, serving
from tests.chat.surfaces import Discord, command_of
from tests.chat.verbs import ANA, LEA, SCENARIOS, Stage
from tests.domain.workplace import Tenant
from watchfloor.desk.table import TABLE
from watchfloor.detect.load import load_shared_rules
from watchfloor.detect.prefilter.engine import PrefilteredEngine
from watchfloor.detect.rule import Rule
from watchfloor.kernel.db import tenant_tx
from watchfloor.kernel.ids import BatchId, FeedId, new_uuid
from watchfloor.normalise.dispatch import normalise
from watchfloor.normalise.event import Event
from watchfloor.normalise.raw import RawEvent
from watchfloor.ops.demo.storyline import NORDKAI, storyline
from watchfloor.paging.duty.roster import read_roster
from watchfloor.paging.steps import plan as plan_steps

SHORTEST: Final = 4
SHORTEST_FIELD: Final = 6
"""Fields of events also hold words such as `true` or `4625`, which say nothing of anybody."""

AGREED: Final = (
    '{"chat": {"discord": true, "detail": "%s"},'
    ' "response": {"isolate_host": "analysts", "disable_account": "preapproved"}}'
)
PLANTED: Final = {
    "host": "bob-laptop.corp.example",
    "user": "bob.smith",
    "account": "arn:aws:iam::123456789012:user/bob.smith",
    "ip": "198.51.100.77",
    "file": r"C:\Users\bob.smith\Documents\salary 2026.xlsx",
    "hash": "d41d8cd98f00b204e9800998ecf8427e",
}
SAID: Final = "Bob Smith (+49 40 123456, bob@corp.example) opened it at 10.9.8.7 with mimikatz.exe -p hunter2."
PEOPLE: Final = ("Ana Analyst", "Lea Lead", "Ned Nord", ANA, LEA, "ACME Ltd", "NORD Ltd")


@dataclass
class Corpus:
    """Values that say something of somebody, and words that are everybody's: rules' titles and our own."""

    values: set[str] = field(default_factory=set)
    rules: set[Rule] = field(default_factory=set)

    def add(self, event: Event) -> None:
        """The names of an event, and what it says in its fields."""
        self.values |= {entity.value for entity in event.entities if len(entity.value) >= SHORTEST}
        self.values |= {text for text in texts(event.fields) if len(text) >= SHORTEST_FIELD}
        self.values.add(event.summary)

    def personal(self) -> list[str]:
        """The values without those that stand in rules' titles and in our own words anyway."""
        titles = [rule.title for rule in self.rules]
        ours = [part for verb in TABLE.values() for part in (verb.does, *(one.label for one in verb.fields))]
        public = " ".join((*titles, *ours)).casefold()
        return sorted(value for value in self.values if bare(value).casefold() not in public and bare(value))


def texts(payload: object) -> Iterator[str]:
    """All strings of a payload."""
    if isinstance(payload, str):
        yield payload
    elif isinstance(payload, dict):
        for value in cast("dict[str, object]", payload).values():
            yield from texts(value)
    elif isinstance(payload, list | tuple):
        for value in cast("list[object]", payload):
            yield from texts(value)


def bare(text: str) -> str:
    """A text without escapes and defanging."""
    return text.replace("\\", "").replace("[.]", ".").replace("[@]", "@").replace("hxxp", "http").strip()


async def demo(tenant: Tenant, engine: PrefilteredEngine, *, is_nordkai: bool, corpus: Corpus) -> None:
    """One customer's day of the demo, through parsers, rules, alerts and incidents."""
    end = datetime.now(UTC) - timedelta(hours=2)
    for delivery in storyline(end):
        if (delivery.tenant == NORDKAI) is not is_nordkai:
            continue
        events = list(parsed(delivery.bodies(), end))
        matches = engine.match(events)
        found = [(engine.rules[rule], events[at]) for at, rule in zip(matches.event, matches.rule, strict=True)]
        alerting = [(rule, event) for rule, event in found if rule.alerts]
        for event in events:
            corpus.add(event)
        corpus.rules |= {rule for rule, _ in alerting}
        await tenant.work(*alerting)


def parsed(bodies: Iterable[bytes], at: datetime) -> Iterator[Event]:
    feed, batch = FeedId(new_uuid()), BatchId(new_uuid())
    for index, body in enumerate(bodies):
        raw = RawEvent(body=body)
        yield normalise(raw, feed_id=feed, batch_id=batch, index=index, source_hint=None, received_at=at)


async def planted(floor: Floor, corpus: Corpus) -> None:
    """An incident whose events say whatever must not leave."""
    rule = floor.make_rule("Odd process", level="high")
    event = floor.make_event(9_000, at=0.0, summary=SAID, **PLANTED)
    await floor.acme.work((rule, event))
    corpus.values |= {*PLANTED.values(), SAID, "hunter2", "mimikatz.exe", "bob@corp.example", "10.9.8.7", "Bob Smith"}


class Visitor:
    """Works everything that there is, in every way that there is."""

    def __init__(self, stage: Stage, server: Server, corpus: Corpus) -> None:
        self._stage = stage
        self._server = server
        self._corpus = corpus

    async def use_every_verb(self) -> None:
        """Each verb with success, each form, and what completes each field."""
        members = {ANA: await self._server.member("ana", email=ANA), LEA: await self._server.member("lea", email=LEA)}
        for people in ((ANA, LEA), (LEA,)):
            await self._make_circle(*people)
        for name, scenario in SCENARIOS.items():
            scene = await self._stage.scene(name)
            member = members[scenario.by]
            arguments = scene.arguments
            given = {one.name: arguments.get(one.name, "") for one in scene.verb.fields}
            self._corpus.values |= {
                given[one.name]
                for one in scene.verb.fields
                if one.kind in ("text", "paragraph") and one.name != "code" and len(given[one.name]) >= SHORTEST_FIELD
            }
            self._corpus.values |= {scene.names["host"], scene.names["user"], SAID, "svc_backup", "10.0.0.7"}
            reference = {"ref": scene.incident} if scene.incident else {}
            if any(one.is_required for one in scene.verb.fields):
                asked = await member.slash(self._server.channel, command_of(name), **reference)
                assert asked.modal is not None
            for one in scene.verb.fields:
                if one.kind in ("colleague", "incident"):
                    await member.autocomplete(self._server.channel, command_of(name), one.name, "")
            said = await Discord(self._server, member).ask(name, scene.incident, arguments)
            assert said.is_done, (name, said)

    async def _make_circle(self, *people: str) -> None:
        """The forum of what is restricted to these people, which the simulator would not make with its tags."""
        floor, board = self._stage.floor, self._server.parts.board
        circles = Circles(self._server.parts.client, directory=floor.directory, board=board)
        circle = await circles.of(floor.acme.id, (floor.people[one] for one in people))
        assert circle is not None
        forum = self._server.guild.create_forum_channel(RESTRICTED)
        await board.note(str(GUILD), f"{PREFIX}{circle.name}", channel_id=str(forum.id))

    async def work_the_demo(self) -> int:
        """What an analyst does with each incident of the demo; returns how many there are."""
        lea = self._server.members["lea"]
        rows = await self._stage.floor.superuser.fetch(
            "select t.code || '-' || i.number as ref from wf.incidents i join wf.tenants t using (tenant_id)"
        )
        for row in rows:
            ref = row["ref"]
            for command, options in (
                ("show", {}),
                ("ack", {}),
                ("note", {"text": SAID}),
                ("verdict", {"verdict": "true_positive", "reason": SAID}),
                ("ask", {"question": SAID}),
                ("except", {"mode": "preview", "reason": SAID}),
                ("summary", {}),
            ):
                await lea.slash(self._server.channel, command_of(command), ref=ref, **options)
        for typed in ("", "AC", "ACME-1", "NORD-"):
            await lea.autocomplete(self._server.channel, "inc show", "ref", typed)
        for text in (SAID, *PLANTED.values()):
            for command in ("search", "ioc"):
                option = {"text": text[:200]} if command == "search" else {"value": text}
                await lea.slash(self._server.channel, command, **option)
        for command in ("queue", "handover", "pages", "approvals", "oncall", "exceptions", "whoami"):
            await lea.slash(self._server.channel, command)
        return len(rows)

    async def use_the_menus(self, pod: str) -> None:
        """What is said in a post is kept, and looked up."""
        lea = self._server.members["lea"]
        post = self._server.posts(pod)[0]
        spoken = await lea.send(post, SAID)
        for name in (ADD_TO_TIMELINE, LOOK_UP):
            result = await lea.context_menu(post, name, spoken)
            assert result.response is not None

    async def show(self) -> None:
        """What the bot shows by itself: posts, cards, lines, the queue, approvals, pages."""
        floor = self._stage.floor
        for tenant in (floor.acme, floor.nord):
            again: float | None = 0.0
            while again is not None:
                self._server.parts.projection.forget_pauses()
                await floor.superuser.execute("update wf.cards set due_at = now()")
                again = await self._server.show(tenant.id)
                assert again is None or again <= 60, "the chat did not take a card"
            roster = await read_roster(floor.acme.database, floor.directory)
            async with tenant_tx(tenant.database, tenant.id) as tx:
                await plan_steps(tx, roster, lanes=("chat", "email"))
            await self._server.parts.pages.turn(tenant.id)
            await self._server.parts.queue.read(tenant.id)
        await self._server.parts.queue.show()


@dataclass(frozen=True)
class Sent:
    """What left: payloads by kind, all their fields, and the personal values among them."""

    kinds: Counter[str]
    fields: int
    left: list[str]
    values: int


async def everything(floor: Floor, level: str) -> Sent:
    """Works all there is at this level, and reads everything that left for Discord."""
    corpus = Corpus()
    stage = await Stage.build(floor)
    for tenant in (floor.acme.id, floor.nord.id):
        await floor.superuser.execute(
            "update wf.tenants set bundle = $1::jsonb where tenant_id = $2", AGREED % level, tenant
        )
    engine = PrefilteredEngine(load_shared_rules().rules)
    await demo(floor.acme, engine, is_nordkai=True, corpus=corpus)
    await demo(floor.nord, engine, is_nordkai=False, corpus=corpus)
    await planted(floor, corpus)
    async with serving(floor) as server:
        await server.build("acme", "nord")
        visitor = Visitor(stage, server, corpus)
        await visitor.show()
        await visitor.use_every_verb()
        assert await visitor.work_the_demo() > len(SCENARIOS)
        await visitor.show()
        await visitor.use_the_menus("acme")
        await visitor.show()
        for name in TEXT_PURPOSES[:4]:
            assert server.guild.channels[name].history(), name
        payloads = [
            (f"{entry.method} {kind_of(entry.path)}", entry.json) for entry in server.env.http_requests if entry.json
        ]
    fields = [bare(text) for _, payload in payloads for text in texts(payload)]
    everything = "\n".join(dict.fromkeys(fields))
    personal = [*corpus.personal(), *PEOPLE]
    left = [value for value in personal if bare(value) in everything]
    return Sent(Counter(kind for kind, _ in payloads), len(fields), left, len(personal))


def kind_of(path: str) -> str:
    """A path without its ids."""
    return "/".join(part for part in path.split("/") if part.isalpha() or part.startswith("@"))


@pytest.mark.slow
async def test_at_ref_nothing_of_the_demo_or_of_what_is_planted_leaves(floor: Floor) -> None:
    sent = await everything(floor, "ref")
    sys.stdout.write(f"{len(sent.left)} of {sent.values:,} values in {sent.fields:,} fields of {dict(sent.kinds)}\n")
    assert sent.left == []
    assert sent.values > 1_000
    assert sent.kinds.total() > 200
    assert len(sent.kinds) >= 4


@pytest.mark.slow
async def test_the_same_day_at_full_is_full_of_it(floor: Floor) -> None:
    sent = await everything(floor, "full")
    assert len(sent.left) > 50
    assert SAID in sent.left
