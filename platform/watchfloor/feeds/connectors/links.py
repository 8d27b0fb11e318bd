"""The header `Link` (RFC 8288), by which vendors lead from page to page.

Owns the finding of a link and the judgement where it leads: a link is an address in an answer, and is followed on the
vendor's own host or not at all.
"""

from typing import NamedTuple
from urllib.parse import urlsplit

from watchfloor.feeds.connectors.connector import Malformed


class Target(NamedTuple):
    """Where a link leads on the vendor's host."""

    path: str
    query: str


def find_link(header: str, relation: str, *, origins: tuple[str, ...], where: str) -> Target | None:
    """The target with this relation; None when there is none. `header` has all lines, joined with commas.

    Raises Malformed when it leads to another host than these, or is no address.
    """
    found = _find(header, relation)
    if found is None:
        return None
    try:
        parts = urlsplit(found)
    except ValueError:
        raise _elsewhere(where) from None
    origin = f"{parts.scheme}://{parts.netloc}".lower().removesuffix(":443")
    if origin not in origins or not _is_plain(parts.path + parts.query):
        raise _elsewhere(where)
    return Target(parts.path, parts.query)


def _find(header: str, relation: str) -> str | None:
    """A target stands between `<` and `>`, which no address has in it; commas it may have."""
    rest = header
    while (begins := rest.find("<")) >= 0:
        target, closed, rest = rest[begins + 1 :].partition(">")
        if not closed:
            return None
        said = rest.partition("<")[0]
        values = (part.strip(" ,").partition("=") for part in said.split(";"))
        if any(name.strip().lower() == "rel" and value.strip(' "').lower() == relation for name, _, value in values):
            return target.strip()
    return None


def _is_plain(text: str) -> bool:
    return len(text) <= 4_096 and text.isascii() and text.isprintable() and " " not in text


def _elsewhere(where: str) -> Malformed:
    return Malformed("A link in the vendor's answer leads elsewhere; it was not followed.", where=where)
