"""The same verb leaves the same record, whichever surface it was said on."""

import json
import random
import re
from collections.abc import Callable, Iterable
from typing import Final

import pytest

from infra.discord.markdown import is_control, live_in
from tests.chat.floor import Floor
from tests.chat.guild import PORTAL
from tests.chat.surfaces import SURFACES, Everywhere, Ledger, Row, Said, everywhere
from tests.chat.verbs import CANARY, LEA, SCENARIOS, Scene
from watchfloor.desk.table import TABLE
from watchfloor.incidents import timeline
from watchfloor.kernel import ids
from watchfloor.kernel.db import tenant_tx

EVIL: Final = (
    "",
    " ",
    "\x00",
    "a\x00b and some more",
    "\ud800 and some more",
    "\u202ecod.exe\u2066 and more",
    "\x1b]8;;https://evil.example\x1b\\ and more",
    "@everyone @here <@1> <@&1> <#1>",
    "[click](https://evil.example) https://evil.example/x",
    "**bold** `code` ||hidden|| # big\n# bigger",
    "'; drop table wf.incidents; -- %s $1 {0} {host.__class__}",
    "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>",
    "\u0663\u0660d",
    "-1",
    "99999999999999999999",
    "x" * 4_000,
    "é" * 4_001,
)
"""What is given to every field of every verb."""

QUICK, MANY = 60, 500
"""How many of these a run gives, and a slow one, of nearly 4,000 that there are."""

UNCOMPARED: Final = frozenset(
    {"wf.desk_requests", "wf.audit_tips", "wf.audit_details", "wf.incident_timeline", "wf.counters"}
)
"""Marks of requests, which a typed line has not; where the chain and numbers end; what is sealed (the timeline is read
instead)."""

VISITED_ONCE: Final = frozenset({"queue", "list", "handover"})
"""Lists that a person looks at: the first look in a while is written down."""

_UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_SHOWN: Final = re.compile(r"\b[a-z]{3}_[0-7][0-9a-hjkmnp-tv-z]{25}")
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?(\+00:00|Z)?)?")
_BYTES: Final = re.compile(r"\\\\x[0-9a-f]*")
_DIGEST: Final = re.compile(r"\b[0-9a-f]{16,64}\b")
_LENGTH: Final = re.compile(r"\d\d:\d\d:\d\d\.\d+")
_PAGE_KEY: Final = re.compile(r"(?<=alled:|lated:)[0-9a-z_]+")
_OWN_NUMBER: Final = re.compile(rf"{CANARY} \d+|ACME-\d+")
_COUNTED: Final = frozenset({"seq", "number", "version", "request_id"})


def test_every_verb_has_a_scenario() -> None:
    assert set(SCENARIOS) == set(TABLE)


async def test_a_verb_leaves_the_same_record_on_every_surface(floor: Floor) -> None:
    ledger = await Ledger.open(floor)
    different: dict[str, dict[str, list[str]]] = {}
    async with everywhere(floor) as here:
        for name in SCENARIOS:
            records: dict[str, list[str]] = {}
            for surface in SURFACES:
                scene = await here.stage.scene(name)
                mark = await ledger.mark()
                said = await here.seats[scene.scenario.by, surface].ask(name, scene.incident, scene.arguments)
                assert said.is_done, (name, surface, said)
                records[surface] = await record_of(floor, scene, await ledger.since(mark))
            if any(record != records["api"] for record in records.values()):
                different[name] = records
            assert not TABLE[name].changes or any("audit" in line for line in records["api"]), name
    assert different == {}


def attempts() -> list[tuple[str, str, str]]:
    """Every field of every verb with every text that somebody could want to harm with."""
    return [(name, field.name, evil) for name, verb in TABLE.items() for field in verb.fields for evil in EVIL]


async def harm(here: Everywhere, tries: Iterable[tuple[str, str, str, str]]) -> list[str]:
    """Tries them, and returns what broke."""
    broken: list[str] = []
    scenes: dict[tuple[str, str], Scene] = {}
    for name, field, evil, surface in tries:
        scene = scenes.get((name, surface)) or await here.stage.scene(name)
        scenes[name, surface] = scene
        try:
            given = {**scene.arguments, field: evil}
            said = await here.seats[scene.scenario.by, surface].ask(name, scene.incident, given)
        except Exception as fault:  # noqa: BLE001  whatever it is, it is what this looks for
            said = Said("fault", repr(fault))
        if said.is_fault:
            broken.append(f"{name}.{field} = {evil[:40]!a} at {surface}: {said.how} {said.text[:200]!a}")
        elif said.is_done:
            del scenes[name, surface]
            broken += await left_behind(here, scene)
        broken += [f"{name}.{field} = {evil[:40]!a} at {surface}: {one}" for one in live_on(here, surface, said)]
    return broken


async def left_behind(here: Everywhere, scene: Scene) -> list[str]:
    """What of what was stored would do something to who reads it later, on any surface."""
    found: list[str] = []
    for surface in SURFACES:
        shown = await here.seats[LEA, surface].ask("show", scene.ref, {})
        assert shown.is_done, shown
        found += [f"{scene.verb.name} leaves at {surface}: {one}" for one in live_on(here, surface, shown)]
    return found


def live_on(here: Everywhere, surface: str, said: Said) -> list[str]:
    """What in an answer would do something to who reads it."""
    if surface == "api":
        return []  # exact values, for programs
    found = [f"shows {character!a}" for character in set(said.text) if is_control(character) and character != "\n"]
    if surface == "page":
        found += ["a script"] if "<script>alert" in said.text else []
    elif surface == "discord":
        lines = "\n".join(line for line in said.text.splitlines() if not line.startswith(PORTAL))
        for one in live_in(lines):
            is_ours = one.text.endswith(f"({PORTAL}/console)") or any(member in one.text for member in here.members)
            if one.kind in ("everyone", "mention", "masked link", "link", "command") and not is_ours:
                found.append(f"{one.kind} {one.text!a}")
    return found


async def test_no_text_in_any_field_breaks_a_surface_or_comes_back_alive(floor: Floor) -> None:
    async with everywhere(floor) as here:
        tries = random.Random(6).sample(attempts(), QUICK)
        assert await harm(here, [(*one, SURFACES[number % 4]) for number, one in enumerate(tries)]) == []


@pytest.mark.slow
async def test_many_texts_in_every_field_at_every_surface(
    floor: Floor, record_testsuite_property: Callable[[str, object], None]
) -> None:
    seed = random.randrange(1_000_000)
    async with everywhere(floor) as here:
        every = [(*one, surface) for one in attempts() for surface in SURFACES]
        broken = await harm(here, random.Random(seed).sample(every, MANY))
    for name, figure in (("desk texts", MANY), ("desk texts, seed", seed), ("desk texts, broke", len(broken))):
        record_testsuite_property(name, figure)
    assert broken == [], seed


async def record_of(floor: Floor, scene: Scene, rows: Iterable[Row]) -> list[str]:
    """What was written, without what differs from one time to the next."""
    names = {value: f"<{name}>" for name, value in scene.names.items()}
    names |= {
        str(scene.incident_id): "<incident>",
        ids.show("inc", scene.incident_id): "<incident>",
        scene.ref: "<ref>",
    }
    for email, person in floor.people.items():
        names |= {str(person): email, ids.show("per", person): email}
    lines = [
        f"{table} {json.dumps({key: value for key, value in row.items() if key not in _COUNTED})}"
        for table, row in rows
        if table not in UNCOMPARED and not table.startswith("auth.") and row.get("object_id") not in VISITED_ONCE
        if row.get("tenant_id") != str(floor.nord.id)
    ]
    async with tenant_tx(floor.records, floor.acme.id) as tx:
        entries = await timeline.read(tx, floor.acme.cipher, scene.incident_id, limit=100)
    lines += [
        f"timeline {entry.kind} {entry.actor_kind} {entry.actor_id} {json.dumps(entry.facts)}" for entry in entries
    ]
    return sorted(_scrubbed(line, names) for line in lines)


def _scrubbed(line: str, names: dict[str, str]) -> str:
    for told, name in sorted(names.items(), key=lambda pair: -len(pair[0])):
        line = line.replace(told, name)
    for pattern, name in (
        (_PAGE_KEY, "<request>"),
        (_UUID, "<uuid>"),
        (_SHOWN, "<id>"),
        (_MOMENT, "<moment>"),
        (_LENGTH, "<length>"),
        (_BYTES, "<bytes>"),
        (_DIGEST, "<digest>"),
    ):
        line = pattern.sub(name, line)
    return _OWN_NUMBER.sub("<number>", line)
