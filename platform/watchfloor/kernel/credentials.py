"""The text forms of credentials: API keys and feed tokens (I1).

Owns how they are minted, recognised and reduced to what may be stored. It never looks one up: the caller
finds the stored digest by the public id and compares it through `matches`.

    API key     wfk_<live|demo|test>_<8-character id>_<43-character secret><6-character checksum>
    feed token  wf_<26-character feed id>_<43-character secret><6-character checksum>
    agent key   wf<n|c>_<26-character feed id>_<26-character id>_<43-character secret><6-character checksum>: a host's
                (`n`), or one upload's of a host (`c`)
    alias       a GUID (RFC 9562, version 4): a second text for a feed token, for senders that take no other

The secret is 256 random bits in base 62. The checksum is the CRC-32 of all before it, so that a mistyped or
cut credential, or a string that a leak scanner takes for one, is told apart without asking the database.
It is no protection. Leak scanners may use `API_KEY_PATTERN`, `FEED_TOKEN_PATTERN` and `AGENT_KEY_PATTERN`.
"""

import re
import secrets
import uuid
import zlib
from typing import Final, Literal
from uuid import UUID

import msgspec

from watchfloor.kernel import ids
from watchfloor.kernel.crypto import equal, fingerprint
from watchfloor.kernel.errors import Unauthenticated
from watchfloor.kernel.ids import FeedId
from watchfloor.kernel.secret import Secret

KeyEnvironment = Literal["live", "demo", "test"]
AgentKeyKind = Literal["node", "carve"]

API_KEY_PATTERN: Final = r"wfk_(?:live|demo|test)_[0-9A-Za-z]{8}_[0-9A-Za-z]{49}(?![0-9A-Za-z_])"
FEED_TOKEN_PATTERN: Final = r"wf_[0-7][0-9a-hjkmnp-tv-z]{25}_[0-9A-Za-z]{49}(?![0-9A-Za-z_])"  # noqa: S105 - a form, not a token
AGENT_KEY_PATTERN: Final = r"wf[nc]_(?:[0-7][0-9a-hjkmnp-tv-z]{25}_){2}[0-9A-Za-z]{49}(?![0-9A-Za-z_])"

_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_ID_LENGTH: Final = 8
_SECRET_LENGTH: Final = 43
_CHECKSUM_LENGTH: Final = 6
_MAX_LENGTH: Final = 128
_API_KEY: Final = re.compile(API_KEY_PATTERN, re.ASCII)
_FEED_TOKEN: Final = re.compile(FEED_TOKEN_PATTERN, re.ASCII)
_AGENT_KEY: Final = re.compile(AGENT_KEY_PATTERN, re.ASCII)
_AGENT_PREFIX: Final[dict[AgentKeyKind, str]] = {"node": "wfn", "carve": "wfc"}
_ALIAS: Final = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.ASCII)


class MintedKey(msgspec.Struct, frozen=True, kw_only=True):
    """A new API key. `text` is shown once to its owner; only the rest is stored."""

    text: Secret
    environment: KeyEnvironment
    public_id: str
    digest: bytes


class PresentedKey(msgspec.Struct, frozen=True, kw_only=True):
    """An API key that somebody presents: well formed, nothing more."""

    environment: KeyEnvironment
    public_id: str
    digest: bytes


class MintedToken(msgspec.Struct, frozen=True, kw_only=True):
    """A new feed token. `text` is shown once; only the rest is stored."""

    text: Secret
    feed_id: FeedId
    digest: bytes


class PresentedToken(msgspec.Struct, frozen=True, kw_only=True):
    """A feed token that a sender presents: well formed, nothing more."""

    feed_id: FeedId
    digest: bytes


class MintedAgentKey(msgspec.Struct, frozen=True, kw_only=True):
    """A new key for something that a feed's agent has. `text` is shown once; only the digest is stored."""

    text: Secret
    digest: bytes


class PresentedAgentKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key that an agent presents: well formed, nothing more. `owner` is the id of what it was minted for."""

    feed_id: FeedId
    owner: UUID
    digest: bytes


class MintedAlias(msgspec.Struct, frozen=True, kw_only=True):
    """A new alias of a feed token. `text` is shown once; only the digest is stored."""

    text: Secret
    digest: bytes


class PresentedAlias(msgspec.Struct, frozen=True, kw_only=True):
    """A GUID that a sender presents as its token: well formed, nothing more."""

    digest: bytes


def mint_api_key(environment: KeyEnvironment) -> MintedKey:
    """A new API key of 256 random bits."""
    public_id = _random_text(_ID_LENGTH)
    text = _with_checksum(f"wfk_{environment}_{public_id}_{_new_secret()}")
    return MintedKey(text=Secret(text), environment=environment, public_id=public_id, digest=fingerprint(text))


def parse_api_key(text: str) -> PresentedKey:
    """What a presented API key says of itself. Raises Unauthenticated if it is none."""
    _check(text, _API_KEY, "API key")
    _, environment, public_id, _ = text.split("_")
    kinds: dict[str, KeyEnvironment] = {"live": "live", "demo": "demo", "test": "test"}
    return PresentedKey(environment=kinds[environment], public_id=public_id, digest=fingerprint(text))


def mint_feed_token(feed_id: FeedId) -> MintedToken:
    """A new token of 256 random bits for one feed."""
    text = _with_checksum(f"wf_{ids.show('feed', feed_id).removeprefix('feed_')}_{_new_secret()}")
    return MintedToken(text=Secret(text), feed_id=feed_id, digest=fingerprint(text))


def parse_feed_token(text: str) -> PresentedToken:
    """What a presented feed token says of itself. Raises Unauthenticated if it is none."""
    _check(text, _FEED_TOKEN, "feed token")
    # The form admits the text of any 128 bits and nothing else, so this always is an id.
    feed_id = FeedId(ids.parse("feed", f"feed_{text.split('_')[1]}"))
    return PresentedToken(feed_id=feed_id, digest=fingerprint(text))


def mint_alias() -> MintedAlias:
    """A new alias of 122 random bits, which is what a GUID has room for."""
    text = str(uuid.UUID(bytes=secrets.token_bytes(16), version=4))
    return MintedAlias(text=Secret(text), digest=fingerprint(text))


def parse_sender_token(text: str) -> PresentedToken | PresentedAlias:
    """What a presented feed token, or the GUID that stands for one, says of itself. Raises Unauthenticated."""
    guid = text.lower()
    if _ALIAS.fullmatch(guid):
        return PresentedAlias(digest=fingerprint(guid))
    return parse_feed_token(text)


def mint_agent_key(kind: AgentKeyKind, *, feed_id: FeedId, owner: UUID) -> MintedAgentKey:
    """A new key of 256 random bits for what has the id `owner` and came in by the feed."""
    feed, named = (ids.show("feed", value).removeprefix("feed_") for value in (feed_id, owner))
    text = _with_checksum(f"{_AGENT_PREFIX[kind]}_{feed}_{named}_{_new_secret()}")
    return MintedAgentKey(text=Secret(text), digest=fingerprint(text))


def parse_agent_key(kind: AgentKeyKind, text: str) -> PresentedAgentKey:
    """What a presented agent's key of this kind says of itself. Raises Unauthenticated if it is none."""
    _check(text, _AGENT_KEY, "agent's key")
    prefix, feed, named, _ = text.split("_")
    if prefix != _AGENT_PREFIX[kind]:
        raise Unauthenticated("This is a key of another kind.")
    feed_id, owner = (ids.parse("feed", f"feed_{value}") for value in (feed, named))
    return PresentedAgentKey(feed_id=FeedId(feed_id), owner=owner, digest=fingerprint(text))


def matches(stored: bytes | None, presented: PresentedKey | PresentedToken | PresentedAgentKey) -> bool:
    """Whether the credential is the one whose digest is stored; constant time. Nothing stored never matches."""
    return equal(stored or bytes(32), presented.digest) and stored is not None


def _check(text: str, form: re.Pattern[str], name: str) -> None:
    """Raise Unauthenticated unless form and checksum are right. Never quotes what was presented."""
    if len(text) > _MAX_LENGTH or form.fullmatch(text) is None:
        article = "an" if name[0] in "Aa" else "a"
        raise Unauthenticated(f"This is not {article} {name}.")
    if text != _with_checksum(text[:-_CHECKSUM_LENGTH]):
        raise Unauthenticated(f"The {name} is mistyped or cut off.", remedy="Copy it again, whole.")


def _with_checksum(text: str) -> str:
    return text + _base62(zlib.crc32(text.encode()), _CHECKSUM_LENGTH)


def _new_secret() -> str:
    return _base62(int.from_bytes(secrets.token_bytes(32)), _SECRET_LENGTH)


def _random_text(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def _base62(number: int, length: int) -> str:
    digits: list[str] = []
    for _ in range(length):
        number, digit = divmod(number, len(_ALPHABET))
        digits.append(_ALPHABET[digit])
    return "".join(reversed(digits))
