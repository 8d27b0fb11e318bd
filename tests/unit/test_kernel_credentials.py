import re
import string
import zlib
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchfloor.kernel.credentials import (
    AGENT_KEY_PATTERN,
    API_KEY_PATTERN,
    FEED_TOKEN_PATTERN,
    KeyEnvironment,
    PresentedAlias,
    matches,
    mint_agent_key,
    mint_alias,
    mint_api_key,
    mint_feed_token,
    parse_agent_key,
    parse_api_key,
    parse_feed_token,
    parse_sender_token,
)
from watchfloor.kernel.crypto import fingerprint
from watchfloor.kernel.errors import Unauthenticated
from watchfloor.kernel.ids import FeedId, new_uuid, show

FEED = FeedId(new_uuid())
PARSERS: list[Callable[[str], object]] = [parse_api_key, parse_feed_token, parse_sender_token]


@pytest.mark.parametrize("environment", ["live", "demo", "test"])
def test_an_api_key_is_read_back(environment: KeyEnvironment) -> None:
    minted = mint_api_key(environment)
    text = minted.text.reveal()
    assert re.fullmatch(API_KEY_PATTERN, text)
    assert text.startswith(f"wfk_{environment}_{minted.public_id}_")
    assert len(text.rsplit("_", 1)[1]) == 49
    presented = parse_api_key(text)
    assert (presented.environment, presented.public_id) == (environment, minted.public_id)
    assert matches(minted.digest, presented)
    assert minted.digest == fingerprint(text)


def test_a_feed_token_is_read_back() -> None:
    minted = mint_feed_token(FEED)
    text = minted.text.reveal()
    assert re.fullmatch(FEED_TOKEN_PATTERN, text)
    assert text.split("_")[1] == show("feed", FEED).removeprefix("feed_")
    presented = parse_feed_token(text)
    assert presented.feed_id == FEED
    assert matches(minted.digest, presented)


def test_only_the_stored_digest_matches() -> None:
    first, second = mint_api_key("live"), mint_api_key("live")
    presented = parse_api_key(first.text.reveal())
    assert not matches(second.digest, presented)
    assert not matches(None, presented)
    assert not matches(b"", presented)
    assert not matches(first.digest[:-1], presented)


def test_credentials_differ_and_their_secrets_use_the_whole_alphabet() -> None:
    texts = [mint_api_key("test").text.reveal() for _ in range(500)]
    assert len({text.split("_")[2] for text in texts}) == 500
    secrets = "".join(text.split("_")[3][:43] for text in texts)
    assert set(secrets) == set(string.digits + string.ascii_letters)


@pytest.mark.parametrize(
    ("text", "parse"),
    [(mint_api_key("live").text.reveal(), parse_api_key), (mint_feed_token(FEED).text.reveal(), parse_feed_token)],
    ids=["api key", "feed token"],
)
def test_every_mistyped_or_missing_character_is_noticed(text: str, parse: Callable[[str], object]) -> None:
    for position, character in enumerate(text):
        typo = "b" if character != "b" else "c"
        for wrong in (text[:position] + typo + text[position + 1 :], text[:position] + text[position + 1 :]):
            with pytest.raises(Unauthenticated) as refusal:
                parse(wrong)
            assert text.rsplit("_", 1)[1] not in str(refusal.value)


def checksummed(body: str) -> str:
    """A checksum of its own making: CRC-32 in base 62, six characters."""
    alphabet = string.digits + string.ascii_uppercase + string.ascii_lowercase
    number, checksum = zlib.crc32(body.encode()), ""
    for _ in range(6):
        number, digit = divmod(number, 62)
        checksum = alphabet[digit] + checksum
    return body + checksum


def test_the_checksum_is_what_the_module_documents() -> None:
    for text in (mint_api_key("demo").text.reveal(), mint_feed_token(FEED).text.reveal()):
        assert text == checksummed(text[:-6])


@pytest.mark.parametrize("feed", ["8" + "0" * 25, "u" * 26, "I" * 26, "0" * 25, "0" * 27])
def test_an_id_that_no_feed_can_have_is_refused(feed: str) -> None:
    """128 bits in base 32 begin with 7 at most, and the alphabet lacks i, l, o and u."""
    with pytest.raises(Unauthenticated):
        parse_feed_token(checksummed(f"wf_{feed}_{'0' * 43}"))


@given(st.uuids())
def test_every_id_of_128_bits_can_be_a_feeds(feed: UUID) -> None:
    text = mint_feed_token(FeedId(feed)).text.reveal()
    assert parse_feed_token(text).feed_id == feed


def test_an_alias_is_a_guid_and_is_known_in_either_case() -> None:
    minted = mint_alias()
    text = minted.text.reveal()
    assert (str(UUID(text)), UUID(text).version) == (text, 4)
    assert parse_sender_token(text) == parse_sender_token(text.upper()) == PresentedAlias(digest=minted.digest)
    assert mint_alias().digest != minted.digest


def test_a_sender_shows_a_token_or_an_alias() -> None:
    token = mint_feed_token(FEED).text.reveal()
    assert parse_sender_token(token) == parse_feed_token(token)
    for text in ("{" + str(FEED) + "}", FEED.hex, f"{FEED} "):
        with pytest.raises(Unauthenticated):
            parse_sender_token(text)


@given(st.from_regex(r"[0-7][0-9a-hjkmnp-tv-z]{25}", fullmatch=True))
def test_every_id_that_the_form_admits_is_read(feed: str) -> None:
    assert show("feed", parse_feed_token(checksummed(f"wf_{feed}_{'0' * 43}")).feed_id) == f"feed_{feed}"


@pytest.mark.parametrize("parse", PARSERS)
@given(st.text() | st.from_regex(API_KEY_PATTERN) | st.from_regex(FEED_TOKEN_PATTERN) | st.text(min_size=200))
def test_nothing_but_unauthenticated_comes_out_of_parsing(parse: Callable[[str], object], text: str) -> None:
    with pytest.raises(Unauthenticated):
        parse(text)


@pytest.mark.parametrize("wrong", ["\n", " ", "_", "0"])
def test_a_credential_with_something_behind_it_is_refused(wrong: str) -> None:
    with pytest.raises(Unauthenticated):
        parse_api_key(mint_api_key("live").text.reveal() + wrong)
    with pytest.raises(Unauthenticated):
        parse_feed_token(mint_feed_token(FEED).text.reveal() + wrong)


def test_a_minted_credential_does_not_show_its_text() -> None:
    for minted in (mint_api_key("live"), mint_feed_token(FEED), mint_alias()):
        assert minted.text.reveal() not in repr(minted)


def test_the_scanners_patterns_hit_nothing_in_this_repository() -> None:
    root = Path(__file__).parents[2]
    pattern = re.compile(f"{API_KEY_PATTERN}|{FEED_TOKEN_PATTERN}".encode())
    files = [
        path
        for top in ("platform", "bot", "reports", "tenants", "tests", "infra")
        for path in (root / top).rglob("*")
        if path.is_file() and path.stat().st_size < 5_000_000 and "__pycache__" not in path.parts
    ]
    assert len(files) > 50
    assert [str(path) for path in files if pattern.search(path.read_bytes())] == []


def test_an_agents_key_names_its_feed_and_its_owner_and_its_kind() -> None:
    feed_id, owner = FeedId(new_uuid()), new_uuid()
    minted = mint_agent_key("node", feed_id=feed_id, owner=owner)
    text = minted.text.reveal()
    assert re.fullmatch(AGENT_KEY_PATTERN, text)
    presented = parse_agent_key("node", text)
    assert (presented.feed_id, presented.owner, presented.digest) == (feed_id, owner, minted.digest)
    assert matches(minted.digest, presented)
    for wrong in (text[:-1], text + "0", text.replace("wfn_", "wfc_"), text.swapcase(), "", "wfn_"):
        with pytest.raises(Unauthenticated):
            parse_agent_key("node", wrong)
    with pytest.raises(Unauthenticated):
        parse_agent_key("carve", text)
