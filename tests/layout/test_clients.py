"""The pages of clients are sound: what `watchfloor feed add` prints is taken from them."""

import re
import typing
from pathlib import Path

import pytest

from tests.layout.sources import ROOT
from watchfloor.feeds.enrolment.clients import PLACEHOLDERS, fill, find_client, known_clients, read_client
from watchfloor.feeds.feed import SenderDoor
from watchfloor.kernel.errors import Invalid, NotFound

FOLDER = ROOT / "platform/watchfloor/docs/clients"
PAGES = sorted(path for path in FOLDER.glob("*.md") if path.name != "index.md")
LINK = re.compile(r"\]\(([^)\s#]+)\)")
DOORS = frozenset(typing.get_args(SenderDoor))

SOUND = """\
---
title: A shipper
door: hec
options: {acknowledge: true}
---
Words.

```yaml configuration
url: {{url}}
token: "{{token}}"
other: {{ not_ours }}
```

```sh
not a configuration
```
"""


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_each_clients_page_can_be_read_and_fills_without_a_rest(path: Path) -> None:
    client = read_client(path.stem, path.read_text("utf-8"))
    values = {name: f"<{name}>" for name in PLACEHOLDERS}
    assert [block for block in client.blocks if re.search(r"\{\{[a-z_]+\}\}", fill(block, values).text)] == []
    assert any("{{" in block.text for block in client.blocks)
    assert client.title.strip()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_configuration_shows_a_credential(path: Path) -> None:
    text = "".join(block.text for block in read_client(path.stem, path.read_text("utf-8")).blocks)
    own = any(f"{{{{{name}}}}}" in text for name in ("token", "cert_file"))
    assert own or "--push-auth-service-account" in text  # Google's own proof of who pushes


def test_every_door_has_a_page() -> None:
    assert {client.door for client in known_clients().values()} == DOORS


def test_the_contents_list_every_page_and_nothing_else() -> None:
    linked = [link for link in LINK.findall((FOLDER / "index.md").read_text("utf-8")) if "/" not in link]
    assert sorted(linked) == sorted(path.name for path in PAGES)


def test_a_sound_page_is_read() -> None:
    client = read_client("shipper", SOUND)
    assert (client.title, client.door, client.options.acknowledge, client.source_hint) == (
        "A shipper",
        "hec",
        True,
        None,
    )
    (block,) = client.blocks
    filled = fill(block, {"url": "https://x", "token": "wf_1"})
    assert filled.text == 'url: https://x\ntoken: "wf_1"\nother: {{ not_ours }}\n'


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("---\ntitle", "title", "no front matter"),
        ("door: hec", "door: ftp", "front matter is wrong"),
        ("acknowledge: true", "acknowlege: true", "front matter is wrong"),
        ("title: A shipper\n", "", "front matter is wrong"),
        ("{{url}}", "{{ulr}}", "no placeholder ulr"),
        ("```yaml configuration", "```yaml", "no block"),
        ("door: hec", "door: [", "front matter is wrong"),
    ],
)
def test_a_fault_in_a_page_is_found(old: str, new: str, fault: str) -> None:
    assert old in SOUND
    with pytest.raises(Invalid, match=fault):
        read_client("shipper", SOUND.replace(old, new))


def test_an_unknown_client_is_answered_with_those_that_there_are() -> None:
    with pytest.raises(NotFound) as refused:
        find_client("fax")
    assert all(name in str(refused.value) for name in known_clients())
