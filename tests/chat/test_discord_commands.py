"""The registration: what Discord would refuse is found here."""

import re
from collections.abc import Iterator, Mapping, Sequence

from bot.discord.asks import Ask, read_ask, reference_of_post
from bot.discord.commands import GROUPS, Json, Payload, fingerprint_of, registration
from bot.discord.custom_ids import CustomId, read_custom_id
from bot.discord.raw import COMMAND, read_data
from watchfloor.desk.table import TABLE

NAME = re.compile(r"[-_a-z0-9]{1,32}")


def parts(command: Json) -> Iterator[Payload]:
    assert isinstance(command, dict)
    yield command
    options = command.get("options", [])
    assert isinstance(options, Sequence)
    for option in options:
        yield from parts(option)


def options_of(command: Payload) -> Sequence[Json]:
    options = command.get("options", [])
    assert isinstance(options, Sequence)
    return options


def test_every_verb_is_a_command_and_within_discords_limits() -> None:
    commands = registration()
    assert len(commands) <= 100
    found: set[str] = set()
    for command in commands:
        characters = 0
        for part in parts(command):
            name, description = str(part["name"]), str(part.get("description", ""))
            characters += len(name) + len(description) + len(str(part.get("choices", "")))
            if part.get("type") != 3 or "description" in part:
                assert NAME.fullmatch(name)
                assert 1 <= len(description) <= 100
            assert len(options_of(part)) <= 25
            names = [option["name"] for option in options_of(part) if isinstance(option, Mapping)]
            assert len(names) == len(set(names))
            found.add(name)
        assert characters <= 8_000, command["name"]
    assert set(TABLE) <= found
    assert fingerprint_of(commands) == fingerprint_of(registration())


def test_a_typed_command_is_read_and_the_post_names_the_incident() -> None:
    data = read_data(
        {
            "id": "1",
            "type": 1,
            "name": GROUPS[0],
            "options": [{"type": 1, "name": "note", "options": [{"type": 3, "name": "text", "value": " seen "}]}],
        }
    )
    asked = read_ask(COMMAND, data, post=reference_of_post("ACME-7 Odd login"))
    assert asked == Ask(verb="note", reference="ACME-7", given={"text": "seen"})


def test_names_of_buttons_come_back_as_they_were_and_others_are_none_of_ours() -> None:
    for name in (CustomId("ack", "ACME-1"), CustomId("except-make", "ACME-1", "0a1b"), CustomId("queue")):
        assert read_custom_id(str(name)) == name
    for text in ("", "ack", "wf:ACK:ACME-1", "wf:ack:acme-1", "wf:ack:ACME-1:", "wf:ack:ACME-1\n", "wf:ack:ACME-1:x y"):
        assert read_custom_id(text) is None
