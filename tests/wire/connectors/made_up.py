"""A connector for a vendor that does not exist: the framework's own tests hold it to the suite."""

import contextlib
from collections.abc import AsyncGenerator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

import msgspec

from watchfloor.feeds.connectors.connector import (
    Cursor,
    Denied,
    Expired,
    Finding,
    Malformed,
    Manifest,
    Page,
    Policy,
    Pulled,
    Remote,
    Setting,
    Stranger,
    Stream,
    Throttled,
)
from watchfloor.kernel.egress import Outbound, Reply
from watchfloor.kernel.egress_rules import Destination
from watchfloor.kernel.errors import Invalid, Unavailable

ORIGIN: Final = "https://api.made-up.example"
_KEPT: Final = timedelta(days=30)


class Row(msgspec.Struct, frozen=True):
    """A record as the vendor writes it."""

    id: str
    account: str
    at: datetime


class Rows(msgspec.Struct, frozen=True):
    """A page as the vendor writes it."""

    records: list[msgspec.Raw]
    next: int
    has_more: bool


class MadeUp:
    """Reads a log by number."""

    manifest = Manifest(
        name="made_up",
        title="Made Up",
        vendor="Nobody",
        settings=(
            Setting(name="account", label="Account", is_list=True, pattern="[a-z]+(,[a-z]+)*"),
            Setting(name="key", label="Key", is_secret=True),
            Setting(name="note", label="Note", is_required=False),
        ),
        streams=(
            Stream(name="log", title="Log", source_hint="json", every=timedelta(seconds=30), lag=timedelta(minutes=1)),
            Stream(
                name="side",
                title="Side log",
                source_hint="json",
                every=timedelta(seconds=30),
                lag=timedelta(minutes=1),
                is_on=False,
            ),
        ),
        tier="gold",
        why="It has nothing to hide.",
        page="connectors.md#made-up",
    )

    async def pull(self, remote: Remote, stream: str, cursor: Cursor | None) -> AsyncGenerator[Page]:
        """The pages behind the cursor."""
        at = 0 if cursor is None else cursor["after"]
        until = None if cursor is None else cursor.get("until")
        async with self._open(remote) as asking:
            while True:
                rows = await asking.page(stream, at, until)
                page = _page(remote, rows)
                if page.records or page.strangers:
                    yield page
                at = rows.next
                if not rows.has_more:
                    return

    async def settle(self, remote: Remote, stream: str, receipts: Sequence[str]) -> None:
        """There is nothing to settle."""

    async def check(self, remote: Remote) -> list[Finding]:
        """Signs in and reads one page."""
        try:
            async with self._open(remote) as asking:
                await asking.page("log", 0, None)
        except (Denied, Expired) as fault:
            return [Finding(what=fault.message, is_good=False, remedy=fault.remedy or "")]
        return [Finding(what="The log can be read.", is_good=True)]

    def policies(self, settings: object) -> list[Policy]:
        """One sentence."""
        del settings
        return [Policy(title="Key", place="Settings", text="Let the key read the log.", language="text")]

    def window(self, stream: str, *, start: datetime, end: datetime) -> Cursor:
        """From the beginning, up to a moment."""
        if start < datetime.now(UTC) - _KEPT:
            raise Invalid("The vendor keeps its log for 30 days.", where=stream)
        return {"after": 0, "until": end.isoformat()}

    @contextlib.asynccontextmanager
    async def _open(self, remote: Remote) -> AsyncGenerator["_Asking"]:
        origin = remote.origin(ORIGIN)
        destination = Destination(purpose="made-up", hosts=(urlsplit(origin).netloc,), deadline_seconds=5)
        async with remote.egress.open(destination) as outbound:
            yield _Asking(remote, outbound, origin)


class _Asking:
    def __init__(self, remote: Remote, outbound: Outbound, origin: str) -> None:
        self._remote = remote
        self._outbound = outbound
        self._origin = origin
        self._token: str | None = None

    async def page(self, stream: str, after: object, until: object) -> Rows:
        url = f"{self._origin}/{stream}?after={after}&limit=10" + (f"&until={until}" if until else "")
        url = url.replace("+", "%2B")
        token = self._token or await self._sign_in()
        reply = await self._outbound.request("GET", url, headers={"authorization": token})
        if reply.status == 401:
            reply = await self._outbound.request("GET", url, headers={"authorization": await self._sign_in()})
        try:
            return msgspec.json.decode(_good(reply).body, type=Rows)
        except msgspec.DecodeError:
            raise Malformed("This is no page.") from None

    async def _sign_in(self) -> str:
        key = self._remote.secrets["key"].reveal().encode()
        reply = await self._outbound.request("POST", f"{self._origin}/token", content=key)
        if reply.status == 401:
            raise Expired("The key is not good any more.", remedy="Make a new key and rotate it in.")
        self._token = _good(reply).body.decode()
        return self._token


def _good(reply: Reply) -> Reply:
    if reply.status == 429:
        raise Throttled("The vendor asks us to wait.", retry_after_seconds=reply.retry_after_seconds or 10)
    if reply.status in (401, 403):
        raise Denied("The key may not read the log.", where="log.read", remedy="Give the key the permission log.read.")
    if reply.status != 200:
        raise Unavailable(f"The vendor answered {reply.status}.")
    return reply


def _page(remote: Remote, rows: Rows) -> Page:
    own = set(remote.values("account"))
    read = [(msgspec.json.decode(raw, type=Row), bytes(raw)) for raw in rows.records]
    foreign: dict[str, int] = {}
    for row, _ in read:
        if row.account not in own:
            foreign[row.account] = foreign.get(row.account, 0) + 1
    return Page(
        records=tuple(Pulled(body=body, key=row.id, at=row.at) for row, body in read if row.account in own),
        cursor={"after": rows.next},
        strangers=tuple(Stranger(account=name, records=count, place="log") for name, count in foreign.items()),
        newest=max((row.at for row, _ in read), default=None),
        behind=timedelta(seconds=1) if rows.has_more else timedelta(),
    )


CONNECTOR: Final = MadeUp()
