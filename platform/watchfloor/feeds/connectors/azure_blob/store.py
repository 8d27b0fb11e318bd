"""A storage account: its containers listed, its blobs read from a byte on.

Owns the requests and the reading of listings. Whose requests they are, a shared access signature's or an
application's, shows nowhere else.
"""

import re
from collections.abc import AsyncGenerator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Final, Self, final
from urllib.parse import parse_qs, quote, unquote, urlencode, urlsplit

import msgspec

from watchfloor.feeds.connectors.azure_blob.faults import element, error_of, expired_signature, is_absent
from watchfloor.feeds.connectors.connector import Expired, Remote
from watchfloor.feeds.connectors.microsoft.service import Service
from watchfloor.feeds.connectors.microsoft.sign_in import Tokens
from watchfloor.kernel.egress import Outbound, Reply
from watchfloor.kernel.egress_rules import Destination
from watchfloor.kernel.secret import Secret

RESOURCE: Final = "https://storage.azure.com"
PURPOSE: Final = "connector.azure_blob"

_VERSION: Final = "2021-12-02"
_BLOB: Final = re.compile(r"<Blob>(.*?)</Blob>", re.DOTALL)
_NAME: Final = re.compile(r"<Name( Encoded=\"true\")?>([^<]*)</Name>")
_PREFIX: Final = re.compile(r"<BlobPrefix>\s{0,32}<Name( Encoded=\"true\")?>([^<]*)</Name>")
_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Blob(msgspec.Struct, frozen=True, kw_only=True):
    """A blob in a listing. `made_at` tells it from another that had its name before."""

    name: str
    size: int
    made_at: datetime


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a container's listing."""

    blobs: tuple[Blob, ...]
    folders: tuple[str, ...]
    marker: str | None


def origin_of(account: str) -> str:
    """Where Azure has the blobs of an account."""
    return f"https://{account}.blob.core.windows.net"


def signature_ends(secret: Secret) -> datetime | None:
    """Until when a shared access signature is good, if it says so itself."""
    text = parse_qs(secret.reveal().removeprefix("?")).get("se", [""])[0]
    try:
        until = datetime.fromisoformat(text)
    except ValueError:
        return None
    return until if until.tzinfo is not None else until.replace(tzinfo=UTC)


@final
class Store:
    """An open storage account, to be used as an asynchronous context manager."""

    def __init__(self, remote: Remote, tokens: Tokens) -> None:
        """The account as its settings name it; nothing is asked yet."""
        self.remote = remote
        self._origin = remote.origin(origin_of(remote.settings["account"])).rstrip("/")
        self._has_sas = "sas" in remote.secrets
        self._service = Service(
            remote, tokens, usual=origin_of(remote.settings["account"]), purpose=PURPOSE, resource=RESOURCE
        )
        self._outbound: Outbound | None = None

    async def __aenter__(self) -> Self:
        if not self._has_sas:
            if not {"tenant_id", "client_id"} <= set(self.remote.settings):
                raise Expired(
                    "There is neither a shared access signature nor an application.",
                    where="sas",
                    remedy="Give the connector one of them.",
                )
            await self._service.__aenter__()
            return self
        until = signature_ends(self.remote.secrets["sas"])
        if until is not None and until <= self.remote.clock.now():
            raise expired_signature(f" It ended on {until:%Y-%m-%d}.")
        hosts = (urlsplit(self._origin).netloc,)
        destination = Destination(purpose=PURPOSE, hosts=hosts, deadline_seconds=60.0, max_bytes=64_000_000)
        self._outbound = await self.remote.egress.open(destination).__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._outbound is not None:
            await self._outbound.__aexit__(kind, error, trace)
        elif not self._has_sas:
            await self._service.__aexit__(kind, error, trace)

    async def sign_in(self) -> None:
        """Signs in if need be. Raises Denied, Expired, Throttled, Unavailable."""
        if not self._has_sas:
            await self._service.sign_in()

    async def listing(self, container: str, *, prefix: str, delimiter: str = "") -> AsyncGenerator[Listing]:
        """The blobs whose names begin so, part by part; nothing when there is no such container yet."""
        marker: str | None = ""
        while marker is not None:
            found = await self.first(container, prefix=prefix, delimiter=delimiter, marker=marker)
            if found is None:
                return
            yield found
            marker = found.marker

    async def first(
        self, container: str, *, prefix: str, delimiter: str = "", marker: str = "", most: int = 5_000
    ) -> Listing | None:
        """One part of a listing; None when there is no such container. Raises what `error_of` makes."""
        asked = {"restype": "container", "comp": "list", "prefix": prefix, "maxresults": str(most)}
        if delimiter:
            asked["delimiter"] = delimiter
        if marker:
            asked["marker"] = marker
        reply = await self._ask(f"/{container}?{urlencode(asked, quote_via=quote)}", {})
        if is_absent(reply):
            return None
        if reply.status != 200:
            raise error_of(reply, has_sas=self._has_sas, place=container)
        return _listing(reply.body.decode("utf-8", "replace"))

    async def read(self, container: str, blob: str, *, start: int, length: int) -> bytes | None:
        """At most so many bytes from `start` on; None when the blob is gone, empty when it ends there."""
        asked = {"x-ms-range": f"bytes={start}-{start + length - 1}"}
        reply = await self._ask(f"/{container}/{quote(blob, safe='/=~')}", asked)
        if is_absent(reply):
            return None
        if reply.status == 416:
            return b""
        if reply.status not in (200, 206):
            raise error_of(reply, has_sas=self._has_sas, place=container)
        return reply.body if reply.status == 206 else reply.body[start : start + length]

    async def _ask(self, place: str, asked: Mapping[str, str]) -> Reply:
        headers = {**asked, "x-ms-version": _VERSION}
        if self._outbound is None:
            return await self._service.ask(place, headers=headers)
        signature = self.remote.secrets["sas"].reveal().removeprefix("?")
        url = f"{self._origin}{place}{'&' if '?' in place else '?'}{signature}"
        return await self._outbound.request("GET", url, headers=headers)


def _listing(text: str) -> Listing:
    found: list[Blob] = []
    for part in _BLOB.findall(text):
        name, size = _NAME.search(part), element(part, "Content-Length")
        if name is None or size is None or not size.isdecimal():
            continue
        found.append(Blob(name=_plain(name[1], name[2]), size=int(size), made_at=_time(element(part, "Creation-Time"))))
    folders = tuple(_plain(encoded, name) for encoded, name in _PREFIX.findall(text))
    return Listing(blobs=tuple(found), folders=folders, marker=element(text, "NextMarker") or None)


def _plain(encoded: str | None, name: str) -> str:
    plain = element(f"<n>{name}</n>", "n") or ""
    return unquote(plain) if encoded else plain


def _time(text: str | None) -> datetime:
    try:
        return parsedate_to_datetime(text) if text else _LONG_AGO
    except (ValueError, TypeError):
        return _LONG_AGO
