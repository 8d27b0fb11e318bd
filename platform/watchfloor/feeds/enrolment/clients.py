"""The clients that we know how to connect: one page of `docs/clients` each, read as data.

A page has a front matter (`title`, `door`, `options`, `source_hint`), and blocks marked `configuration` with the exact
lines for the client, in which `{{name}}` stands for what differs from feed to feed. Owns the reading of the pages and
the filling of the blocks; what they say is their authors'.
"""

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final

import msgspec
import yaml

from watchfloor.feeds.feed import Door, FeedOptions
from watchfloor.kernel.errors import Invalid, NotFound

PLACEHOLDERS: Final = frozenset(
    {
        "host",
        "port",
        "scheme",
        "url",
        "token",
        "feed",
        "feed_id",
        "ca_file",
        "cert_file",
        "key_file",
        "syslog_port",
        "relp_port",
    }
)
"""What may stand in a block."""

CONTENTS: Final = "index"
"""The page that lists the others."""

_FRONT: Final = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)
_BLOCK: Final = re.compile(r"^```([A-Za-z0-9_+-]+) configuration[ \t]*\n(.*?)^```[ \t]*$", re.MULTILINE | re.DOTALL)
_PLACEHOLDER: Final = re.compile(r"\{\{([a-z_]+)\}\}")


class Block(msgspec.Struct, frozen=True, kw_only=True):
    """Lines for the client, in a language."""

    language: str
    text: str


class _Front(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    title: str
    door: Door
    options: FeedOptions = FeedOptions()
    source_hint: str | None = None


class Client(msgspec.Struct, frozen=True, kw_only=True):
    """A client. `name` is what it is asked for by; `page` is its page without the front matter."""

    name: str
    title: str
    door: Door
    options: FeedOptions
    source_hint: str | None
    blocks: tuple[Block, ...]
    page: str


def read_client(name: str, text: str) -> Client:
    """A client from its page. Raises Invalid."""
    found = _FRONT.match(text)
    if found is None:
        raise Invalid("The page begins with no front matter between lines of `---`.", where=name)
    try:
        front = msgspec.convert(yaml.safe_load(found[1]), _Front)
    except (yaml.YAMLError, msgspec.ValidationError) as fault:
        raise Invalid(f"The front matter is wrong: {fault}.", where=name) from None
    page = text[found.end() :]
    blocks = tuple(Block(language=language, text=lines) for language, lines in _BLOCK.findall(page))
    if not blocks:
        raise Invalid("The page has no block marked `configuration`.", where=name)
    unknown = sorted({place for block in blocks for place in _PLACEHOLDER.findall(block.text)} - PLACEHOLDERS)
    if unknown:
        raise Invalid(f"There is no placeholder {unknown[0]}.", where=name)
    return Client(
        name=name,
        title=front.title,
        door=front.door,
        options=front.options,
        source_hint=front.source_hint,
        blocks=blocks,
        page=page,
    )


@cache
def known_clients() -> Mapping[str, Client]:
    """All clients by name. Raises Invalid when a page is wrong."""
    folder = files("watchfloor").joinpath("docs", "clients")
    pages = {entry.name.removesuffix(".md"): entry for entry in folder.iterdir() if entry.name.endswith(".md")}
    return {name: read_client(name, pages[name].read_text("utf-8")) for name in sorted(pages) if name != CONTENTS}


def find_client(name: str) -> Client:
    """The client of this name. Raises NotFound, which names those that there are."""
    clients = known_clients()
    if name not in clients:
        raise NotFound("There is no such client.", where=name, remedy=f"Known are: {', '.join(clients)}.")
    return clients[name]


def fill(block: Block, values: Mapping[str, str]) -> Block:
    """The block with its placeholders filled; one without a value stays as it is."""
    text = _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), block.text)
    return Block(language=block.language, text=text)
