"""The samples of the connectors for Okta and GitHub: what they pull is what the parsers of those logs understand."""

from pathlib import Path
from typing import Final

import pytest

from tests.unit.cloud_events import body_event, names, services
from watchfloor.feeds import connectors
from watchfloor.feeds.connectors.connector import Malformed, Pulled
from watchfloor.feeds.connectors.github.parse import Owners, read_page
from watchfloor.feeds.connectors.links import find_link
from watchfloor.feeds.connectors.okta.parse import next_query, read_events

FOLDER: Final = Path(connectors.__file__).parent
EVENTS: Final = read_events((FOLDER / "okta" / "samples" / "answer_events.json").read_bytes())
ENTRIES: Final = read_page(
    (FOLDER / "github" / "samples" / "answer_entries.json").read_bytes(),
    "",
    owners=Owners(enterprise=None, organizations=frozenset({"nordwind"})),
    origins=(),
).records
HERE: Final = ("https://api.example.com",)


@pytest.mark.parametrize("pulled", EVENTS, ids=lambda pulled: pulled.key[:8])
def test_an_event_of_oktas_is_one_of_its_source(pulled: Pulled) -> None:
    event = body_event(pulled.body)
    assert (event.source, event.time, event.time_quality) == ("okta", pulled.at, "parsed")
    assert "okta" in services(event)
    assert "k.lang@nordwind.example" in names(event, "user")
    assert names(event, "ip") == ["203.0.113.77"]


@pytest.mark.parametrize("pulled", ENTRIES, ids=lambda pulled: pulled.key)
def test_an_entry_of_githubs_is_one_of_its_source(pulled: Pulled) -> None:
    event = body_event(pulled.body)
    assert (event.source, event.time, event.time_quality) == ("github", pulled.at, "parsed")
    assert "audit" in services(event)
    assert "klang-nordwind" in names(event, "user")


def test_all_samples_are_read_and_their_keys_differ() -> None:
    assert (len({one.key for one in EVENTS}), len({one.key for one in ENTRIES})) == (2, 3)


def test_what_has_no_id_is_known_by_what_it_is() -> None:
    one, again, other = read_events(b'[{"a":1},{"a":1},{"a":2}]')
    assert one.key == again.key != other.key
    assert one.at is None


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ('<https://api.example.com/x?a=1>; rel="next"', ("/x", "a=1")),
        ('<https://api.example.com/s>; rel="self", <https://api.example.com/x?a=1,2>; rel="next"', ("/x", "a=1,2")),
        ("<https://api.example.com/x?a=1>; title=y; REL=Next", ("/x", "a=1")),
        ("<https://API.example.com:443/x?a=1>;rel=next", ("/x", "a=1")),
        ('<https://api.example.com/x>; rel="prev"', None),
        ("<https://api.example.com/x", None),
        ("", None),
    ],
)
def test_a_link_is_found_by_its_relation(header: str, found: tuple[str, str] | None) -> None:
    assert find_link(header, "next", origins=HERE, where="test") == found


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/x",
        "https://api.example.com.evil.example/x",
        "https://api.example.com@evil.example/x",
        "http://api.example.com/x",
        "//evil.example/x",
        "/x?a=1",
        "https://[::1/x",
        "https://api.example.com/x?a=\x01",
        "https://api.example.com/x?" + "a" * 5_000,
    ],
)
def test_a_link_that_leads_elsewhere_is_refused(target: str) -> None:
    with pytest.raises(Malformed):
        find_link(f'<{target}>; rel="next"', "next", origins=HERE, where="test")


def test_a_link_of_oktas_leads_into_the_log_or_is_refused() -> None:
    with pytest.raises(Malformed):
        next_query('<https://api.example.com/api/v1/users?after=1>; rel="next"', origins=HERE)
    with pytest.raises(Malformed):
        next_query('<https://api.example.com/api/v1/logs>; rel="next"', origins=HERE)
