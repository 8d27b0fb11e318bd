"""Requests to GitHub's API, as an installation of the customer's GitHub App or with a personal access token.

Owns where they go (the API's own host or the operator's stand-in for it), and one second try with a fresh token when
an installation's is not good any more. An installation's token is asked for with the one permission that we need,
whatever else the App may do; it lasts an hour and stands in `bearers` until then.
"""

import contextlib
from collections.abc import AsyncGenerator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar, final
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from watchfloor.feeds.connectors.bearers import Bearer, Bearers, is_token, sign
from watchfloor.feeds.connectors.connector import Denied, Expired, Malformed, Remote
from watchfloor.feeds.connectors.github.faults import RENEW, ROTATE, Need, sign_in_error_of
from watchfloor.feeds.connectors.github.manifest import (
    APP,
    ENTERPRISE,
    HOST,
    KEY,
    ORGANIZATION,
    ORGANIZATIONS,
    PERMISSION,
    TOKEN,
    USUAL_HOST,
)
from watchfloor.feeds.connectors.github.parse import Owners
from watchfloor.kernel.egress import Method, Outbound, Reply
from watchfloor.kernel.egress_rules import Destination
from watchfloor.kernel.errors import Invalid
from watchfloor.kernel.secret import Secret

_VERSION: Final = "2022-11-28"
_ASSERTION_LASTS: Final = timedelta(minutes=8)
_SKEW: Final = timedelta(seconds=60)
_TOKEN_LASTS: Final = timedelta(hours=1)
_ANSWER_BYTES: Final = 32_000_000
_SECONDS: Final = 60.0

_bearers: Final = Bearers()


class _Installation(msgspec.Struct):
    id: int


class _Token(msgspec.Struct):
    token: str
    expires_at: datetime


_Read = TypeVar("_Read", _Installation, _Token)


@final
class Session:
    """An open way to one organisation's or enterprise's audit log."""

    __slots__ = ("_outbound", "_remote", "need", "origins", "owners")

    def __init__(self, outbound: Outbound, remote: Remote) -> None:
        """Raises Denied when what the customer told does not fit together."""
        self._outbound = outbound
        self._remote = remote
        usual = _usual(remote)
        self.origins = (usual, remote.origin(usual).rstrip("/"))
        self.owners = _owners(remote)
        self.need = Need(place=self.owners.enterprise or min(self.owners.organizations), is_app=_is_app(remote))

    async def entries(self, query: Mapping[str, str]) -> Reply:
        """The answer to a question of the log, which may be a fault. Raises Denied, Expired, Throttled."""
        kind = "orgs" if self.owners.enterprise is None else "enterprises"
        target = f"/{kind}/{quote(self.need.place, safe='')}/audit-log?{urlencode(query)}"
        reply = await self._ask("GET", target, await self._current())
        if reply.status == 401 and self.need.is_app:
            _bearers.forget(self._place)
            reply = await self._ask("GET", target, await self._current())
        return reply

    async def _ask(self, method: Method, target: str, bearer: Secret, *, content: bytes = b"") -> Reply:
        headers = {
            "authorization": f"Bearer {bearer.reveal()}",
            "accept": "application/vnd.github+json",
            "x-github-api-version": _VERSION,
        }
        if content:
            headers["content-type"] = "application/json"
        return await self._outbound.request(method, f"{self.origins[1]}{target}", headers=headers, content=content)

    @property
    def _place(self) -> tuple[str, ...]:
        return "github", *self.origins, self.need.place, self._remote.settings.get(APP, "")

    async def _current(self) -> Secret:
        remote = self._remote
        if not self.need.is_app:
            return _secret(remote, TOKEN, RENEW)
        key = _secret(remote, KEY, ROTATE)
        found = _bearers.find(self._place, key, now=remote.clock.now())
        if found is None:
            found = await self._installed(key)
            _bearers.keep(self._place, key, found)
        return found.text

    async def _installed(self, key: Secret) -> Bearer:
        """A token of the App's installation in the organisation, for reading its audit log and nothing else."""
        proof, now = self._assertion(key), self._remote.clock.now()
        reply = await self._ask("GET", f"/orgs/{quote(self.need.place, safe='')}/installation", proof)
        if reply.status != 200:
            raise sign_in_error_of(reply, self.need, now=now)
        number = _read(reply, _Installation).id
        content = msgspec.json.encode({"permissions": {PERMISSION: "read"}})
        reply = await self._ask("POST", f"/app/installations/{number}/access_tokens", proof, content=content)
        if reply.status != 201:
            raise sign_in_error_of(reply, self.need, now=now)
        given = _read(reply, _Token)
        if not is_token(given.token):
            raise Malformed("GitHub's answer holds no token.", where="access_tokens")
        until = given.expires_at if given.expires_at.tzinfo is not None else given.expires_at.replace(tzinfo=UTC)
        return Bearer(text=Secret(given.token), until=min(until, now + _TOKEN_LASTS))

    def _assertion(self, key: Secret) -> Secret:
        now = self._remote.clock.now()
        claims: dict[str, str | int] = {
            "iss": self._remote.settings[APP],
            "iat": int((now - _SKEW).timestamp()),
            "exp": int((now + _ASSERTION_LASTS).timestamp()),
        }
        try:
            return sign(key, claims)
        except Invalid as fault:
            raise Expired(f"The private key cannot be used. {fault.message}", where=KEY, remedy=ROTATE) from None


@contextlib.asynccontextmanager
async def open_session(remote: Remote) -> AsyncGenerator[Session]:
    """A way to the customer's audit log. Raises Denied when what the customer told does not fit together."""
    destination = Destination(
        purpose="connector.github",
        hosts=(urlsplit(remote.origin(_usual(remote))).netloc,),
        deadline_seconds=_SECONDS,
        max_bytes=_ANSWER_BYTES,
    )
    async with remote.egress.open(destination) as outbound:
        yield Session(outbound, remote)


def _usual(remote: Remote) -> str:
    return f"https://{remote.settings.get(HOST, USUAL_HOST)}"


def _owners(remote: Remote) -> Owners:
    organization, enterprise = remote.settings.get(ORGANIZATION), remote.settings.get(ENTERPRISE)
    if (organization is None) == (enterprise is None):
        raise Denied(
            "It takes an organisation or an enterprise, and not both.",
            where=ORGANIZATION,
            remedy="Change it with `watchfloor connector set`; for several organisations add several connectors.",
        )
    allowed = (organization,) if organization is not None else remote.values(ORGANIZATIONS)
    return Owners(enterprise=enterprise, organizations=frozenset(one.lower() for one in allowed))


def _is_app(remote: Remote) -> bool:
    if TOKEN in remote.secrets or APP not in remote.settings:
        return False
    if ENTERPRISE in remote.settings:
        raise Denied("GitHub gives no App an enterprise's audit log.", where=TOKEN, remedy=RENEW)
    return True


def _secret(remote: Remote, name: str, remedy: str) -> Secret:
    found = remote.secrets.get(name)
    if found is None:
        raise Expired("There is neither a GitHub App with its key nor a token.", where=name, remedy=remedy)
    return found


def _read(reply: Reply, kind: type[_Read]) -> _Read:
    try:
        return msgspec.json.decode(reply.body, type=kind)
    except (msgspec.DecodeError, UnicodeError):
        raise Malformed("GitHub's answer is not what was asked for.", where="installation") from None
