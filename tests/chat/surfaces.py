"""The four surfaces as one: somebody asks for a verb, something is answered, and the record says what it led to."""

import json
import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, Protocol, cast
from urllib.parse import urlencode

import asyncpg
import httpx
import simcord

from bot.console.drawing import Pen, fault, render
from bot.console.session import Session
from bot.discord.cards import Surroundings, reply_layout
from bot.discord.markdown import plain
from tests.api.running import Api
from tests.api.running import serving as api_serving
from tests.chat.floor import Floor
from tests.chat.guild import PORTAL, Server, serving, words
from tests.chat.verbs import ANA, LEA, Stage
from watchfloor.access.sessions import OpenedSession, open_session
from watchfloor.desk.table import TABLE
from watchfloor.desk.verb import Intent
from watchfloor.kernel.clock import SystemClock
from watchfloor.kernel.db import directory_tx
from watchfloor.kernel.errors import WatchfloorError
from watchfloor.kernel.ids import new_uuid
from watchfloor.web.cookies import cookie_name

Row = tuple[str, dict[str, object]]

SURFACES: Final = ("terminal", "discord", "api", "page")

_FAULT: Final = "This is a fault in Watchfloor"
_SENTENCE: Final = re.compile(r'<p class="sentence \w+">(.*?)</p>', re.DOTALL)
_FORM_ID: Final = re.compile(r"[0-9a-f]{32}")
_DISCORD_GROUP: Final = 25


@dataclass(frozen=True)
class Said:
    """What a surface answered: a word for how it went, and everything that it showed."""

    how: str
    text: str

    @property
    def is_fault(self) -> bool:
        """Whether something of ours broke."""
        return self.how in ("500", "502", "503", "fault")

    @property
    def is_done(self) -> bool:
        """Whether it was done."""
        return self.how in ("done", "200", "303")


class Seat(Protocol):
    """Somebody at a surface."""

    surface: str

    async def ask(self, verb: str, incident: str, arguments: Mapping[str, str], *, request: str = "") -> Said:
        """Asks for a verb, the way the surface is used. `request` names the request where the surface can."""
        ...


class Terminal:
    """A line is typed at the console."""

    surface = "terminal"

    def __init__(self, session: Session) -> None:
        self.session = session

    async def ask(self, verb: str, incident: str, arguments: Mapping[str, str], *, request: str = "") -> Said:
        """Types the verb, the incident, and the values in the order of the fields."""
        del request  # a typed line has no id
        given = (arguments.get(field.name, "") for field in TABLE[verb].fields)
        line = " ".join(part for part in (verb, incident, *given) if part)
        turn = await self.session.take(line)
        assert turn is not None
        pen = Pen(now=SystemClock().now(), public_url=PORTAL, width=200)
        if turn.error is not None:
            return Said(turn.error.code, render([fault(turn.error)], width=200, colour=False))
        assert turn.answer is not None, line
        return Said("done" if turn.ok else "refused", render(list(pen.answer(turn.answer)), width=200, colour=False))


class Discord:
    """A command is used in the chat, with all its options."""

    surface = "discord"

    def __init__(self, server: Server, member: simcord.MemberActor) -> None:
        self.server = server
        self.member = member

    async def ask(self, verb: str, incident: str, arguments: Mapping[str, str], *, request: str = "") -> Said:
        """Uses the command, or presses the button of the same name where nothing but the incident is given."""
        del request  # Discord names each interaction
        options = {name: value for name, value in {"ref": incident, **arguments}.items() if value}
        if not _can_be_typed(verb, arguments):
            return await self._forged(Intent(verb=verb, incident=incident, arguments=dict(arguments)))
        result = await self.member.slash(self.server.channel, command_of(verb), **options)
        if result.modal is not None:
            return Said("form", "")
        assert result.response is not None
        text = words(result.response.components)
        assert text, f"Discord did not take what {verb} answered"
        return Said("fault" if _FAULT in text else "refused" if text.startswith("✗") else "done", text)

    async def _forged(self, intent: Intent) -> Said:
        """What Discord's own client would not let through reaches the bot's counter all the same."""
        try:
            served = await self.server.counter.serve(str(self.member.id), intent)
        except WatchfloorError as error:
            return Said("refused", plain(str(error), limit=900))
        return Said("done", words(reply_layout(served.reply, Surroundings(public_url=PORTAL)).to_components()))  # type: ignore[no-untyped-call]  # the library's


@dataclass
class Web:
    """The API or the page, with what proves who asks."""

    api: Api
    headers: dict[str, str]
    surface: str = "api"
    tenant: str = "acme"

    async def ask(self, verb: str, incident: str, arguments: Mapping[str, str], *, request: str = "") -> Said:
        """Sends what a program or a form of the page sends."""
        return (
            self._page(verb, incident, arguments, request)
            if self.surface == "page"
            else self._api(verb, incident, arguments, request)
        )

    def look(self) -> str:
        """The page as it stands."""
        return self.api.speak(**self.headers, accept="text/html").get("/console").text

    def _api(self, verb: str, incident: str, arguments: Mapping[str, str], request: str) -> Said:
        where = f"tenants/{self.tenant}/incidents/{incident}/verbs" if TABLE[verb].reach == "incident" else "verbs"
        headers = {"idempotency-key": request} if request else {}
        body = json.dumps({"arguments": dict(arguments)}).encode()
        answer = self._send(f"/api/v1/{where}/{verb}", body, "application/json", headers)
        return Said(str(answer.status_code), answer.text)

    def _page(self, verb: str, incident: str, arguments: Mapping[str, str], request: str) -> Said:
        voice = self.api.speak(**self.headers, accept="text/html", origin=self.api.base_url)
        given = {f"f.{name}": value for name, value in arguments.items()}
        form = {"request": request or new_uuid().hex, "verb": verb, "incident": incident, **given}
        body = urlencode(form, errors="surrogatepass").encode()
        answer = self._send("/console/do", body, "application/x-www-form-urlencoded", voice.headers)
        shown = voice.get(answer.headers["location"]) if answer.status_code == 303 and verb == "show" else answer
        said = _SENTENCE.search(shown.text)
        text = said[1] if said is not None and verb != "show" else _FORM_ID.sub("", shown.text)
        return Said(str(answer.status_code), text)

    def _send(self, path: str, body: bytes, kind: str, headers: Mapping[str, str]) -> httpx.Response:
        """Sends bytes as they are: no client of ours makes them fit."""
        named = self.api.speak(**self.headers).headers | dict(headers) | {"content-type": kind}
        self.api.http.cookies.clear()
        return self.api.http.post(path, content=body, headers=named)


def _can_be_typed(verb: str, arguments: Mapping[str, str]) -> bool:
    """Whether Discord's client lets somebody send these values."""
    return all(
        arguments.get(field.name, "") in ("", *(choice.value for choice in field.choices))
        if field.choices
        else len(arguments.get(field.name, "")) <= field.longest and "\ud800" not in arguments.get(field.name, "")
        for field in TABLE[verb].fields
    )


def headers_of(api: Api, session: OpenedSession) -> dict[str, str]:
    """What a browser with this session sends."""
    cookie = f"{cookie_name(api.services.settings)}={session.id.reveal()}"
    return {"cookie": cookie, "x_csrf_token": session.csrf.reveal()}


def command_of(verb: str) -> str:
    """The command for a verb, by the place that it has in the groups."""
    mine = [name for name, each in TABLE.items() if each.reach == "incident"]
    if verb not in mine:
        return verb
    return f"{'inc' if mine.index(verb) < _DISCORD_GROUP else 'inc-more'} {verb}"


class Ledger:
    """What was written since a moment, in any table."""

    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]", tables: list[str]) -> None:
        self._connection = connection
        self._rows = " union all ".join(
            f"select '{table}', to_jsonb(t)::text from {table} t where t.xmin::text::bigint > $1" for table in tables
        )
        self._counts = " union all ".join(
            f"select '{table}' as name, count(*) as rows from {table}" for table in tables
        )

    @classmethod
    async def open(cls, floor: Floor) -> "Ledger":
        """A ledger of all tables there are."""
        found = await floor.superuser.fetch(
            "select n.nspname || '.' || c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace"
            " where c.relkind = 'r' and n.nspname in ('wf', 'auth') order by 1"
        )
        return cls(floor.superuser, [row[0] for row in found])

    async def mark(self) -> int:
        """Now."""
        marked: int = await self._connection.fetchval("select pg_current_xact_id()::text::bigint")
        return marked

    async def since(self, mark: int) -> list[Row]:
        """Every row that was made or changed since then, as it is now."""
        rows = await self._connection.fetch(self._rows, mark)
        return [(row[0], cast("dict[str, object]", json.loads(row[1]))) for row in rows]

    async def counts(self) -> dict[str, int]:
        """How many rows each table has: fewer of them than before were deleted."""
        return {row["name"]: row["rows"] for row in await self._connection.fetch(self._counts)}


@dataclass
class Everywhere:
    """A stage with Ana and Lea at every surface."""

    stage: Stage
    floor: Floor
    server: Server
    seats: dict[tuple[str, str], Seat]

    @property
    def members(self) -> set[str]:
        """The chat's ids of those who are linked."""
        return {str(member.id) for member in self.server.members.values()}


@asynccontextmanager
async def everywhere(floor: Floor) -> AsyncGenerator[Everywhere]:
    """All surfaces, as long as the block lasts."""
    stage = await Stage.build(floor)
    async with serving(floor) as server:
        with api_serving(floor.settings) as api:
            seats: dict[tuple[str, str], Seat] = {}
            for email in (ANA, LEA):
                async with directory_tx(floor.directory) as tx:
                    session = await open_session(tx, floor.people[email], authenticated_by="oidc", user_agent="test")
                headers = headers_of(api, session)
                member = await server.member(email.partition("@")[0], email=email)
                seats[email, "terminal"] = Terminal(Session(stage.front, stage.login(email)))
                seats[email, "discord"] = Discord(server, member)
                seats[email, "api"] = Web(api, headers)
                seats[email, "page"] = Web(api, headers, surface="page")
            yield Everywhere(stage, floor, server, seats)
