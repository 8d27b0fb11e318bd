"""`/console`: the page, its stream, and the one place where its forms go.

Holds no rule: a form becomes an intent, the front of the desk decides. What succeeds leads back to the page (303), so
that a reload does nothing again; what fails is told on the page itself, with what was typed still in it.
"""

from typing import Annotated

import msgspec
from litestar import Response, Router, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import PathParameter, QueryParameter
from litestar.response import Stream

from watchfloor.access import development
from watchfloor.access.sessions import Session, close_session, csrf_token
from watchfloor.desk.chat_state import read_outage
from watchfloor.desk.display.wording import clock
from watchfloor.desk.front import Answer
from watchfloor.desk.table import TABLE
from watchfloor.desk.verb import Intent
from watchfloor.kernel.db import directory_tx
from watchfloor.kernel.errors import NotFound, WatchfloorError
from watchfloor.web.api.given import IDENTIFIED, AnyRequest, Identified
from watchfloor.web.calls import IdentifiedCall
from watchfloor.web.console.forms import FIELD, Fault, Form, form_of, new_request, offer_forms, read_intent
from watchfloor.web.console.keeping import LOST, Kept, keep, recall
from watchfloor.web.console.page import CONSOLE
from watchfloor.web.console.reading import Asked, asked_of, read_desk
from watchfloor.web.console.refusals import refusals
from watchfloor.web.console.views import href, rows_view
from watchfloor.web.cookies import no_cookie, session_cookie
from watchfloor.web.declaration import for_staff, public
from watchfloor.web.demo_login import open_demo_session
from watchfloor.web.forms import read_form
from watchfloor.web.pages.streams import Streams
from watchfloor.web.problems import status_of
from watchfloor.web.services import Services

_At = Annotated[str, QueryParameter(description="The incident to show.", max_length=64)]
_Which = Annotated[str, QueryParameter(description="Which queue: open, done, all.", max_length=8)]
_Past = Annotated[str, QueryParameter(description="How many lines of the queue to pass over.", max_length=8)]
_Reply = Annotated[str, QueryParameter(description="The answer to show.", max_length=32)]
_Asset = Annotated[str, PathParameter(description="A file's name.", max_length=64)]

_LOST_SENTENCE = (
    "It was taken. What the desk answered could not be kept for this page; the record shows how things are."
)


def console_routes(services: Services, streams: Streams) -> Router:
    """All routes of the page; signing in by name is among them in a demo only."""
    in_demo = [_demo_login(services)] if development.is_possible(services.settings) else []
    handlers = [show_console, look_again, perform, sign_out, asset, _changes(streams), *in_demo]
    return Router(
        "/console",
        route_handlers=handlers,
        exception_handlers=refusals(is_demo=bool(in_demo)),
        include_in_schema=False,
    )


@get("/", access=for_staff(), dependencies=IDENTIFIED)
async def show_console(
    call: Identified, at: _At = "", which: _Which = "", past: _Past = "", reply: _Reply = ""
) -> Response[bytes]:
    """The page."""
    return await _console(call, asked_of({"at": at, "which": which, "past": past}), await _recalled(call, reply))


@get("/look", access=for_staff(keeps_session=False), dependencies=IDENTIFIED)
async def look_again(call: Identified, at: _At = "", which: _Which = "", past: _Past = "") -> Response[bytes]:
    """The page, as a page asks for it by itself: that somebody left it open does not keep the session alive."""
    return await _console(call, asked_of({"at": at, "which": which, "past": past}), None)


@post("/do", access=for_staff(limit="write"), dependencies=IDENTIFIED, status_code=303)
async def perform(call: Identified, request: AnyRequest) -> Response[bytes]:
    """Does what a form asks for."""
    fields = await read_form(request)
    asked = asked_of(fields)
    intent: Intent | None = None
    try:
        intent = read_intent(fields, owner=call.principal.id)
        if intent is None or intent.verb == "show":
            return _lead(at=asked.at if intent is None else intent.incident, which=asked.which, past=asked.place)
        answer = await call.services.front.perform_as(
            call.principal, intent, session_began=None if call.session is None else call.session.created_at
        )
    except WatchfloorError as error:
        return await _failed(call, asked, fields, intent, error)
    if not answer.reply.ok:
        return await _console(call, asked, Kept(text=answer.reply.text, ok=False), status=403)
    if answer.is_queue:
        return _lead(at=asked.at, which=intent.argument("which"))
    at = asked.at if answer.reply.card is None else answer.reply.card.ref
    asked = msgspec.structs.replace(asked, at=at)
    kept = await keep(call.services.valkey, _session(call), _drawn(call, asked, answer))
    return _lead(at=at, which=asked.which, past=asked.place, reply=kept)


@post("/session/end", access=for_staff(limit="write"), dependencies=IDENTIFIED, status_code=303)
async def sign_out(call: Identified) -> Response[bytes]:
    """Ends the session here."""
    async with directory_tx(call.services.auth) as tx:
        await close_session(tx, _session(call).id)
    left = _lead()
    left.cookies.append(no_cookie(call.services.settings))
    return left


@get("/static/{asset:str}", access=public("scripts and styles of the page, no data"))
async def asset(asset: _Asset) -> Response[bytes]:
    """A script or style of the page, by its exact name."""
    return CONSOLE.asset(asset)


def _changes(streams: Streams) -> HTTPRouteHandler:
    @get("/changes", access=for_staff(keeps_session=False), dependencies=IDENTIFIED)
    async def follow_changes(call: Identified) -> Stream:
        """Word of changes, as server-sent events, for as long as the session lasts."""
        stream = streams.open(_session(call), call.principal.person_id)
        headers = {"X-Accel-Buffering": "no", "Cache-Control": "no-store"}
        return Stream(streams.events(stream), media_type="text/event-stream", headers=headers)

    return follow_changes


def _demo_login(services: Services) -> HTTPRouteHandler:
    @post(
        "/session",
        access=public("the demo's login without proof; exists in a demo on this machine only", limit="login"),
        status_code=303,
    )
    async def sign_in(request: AnyRequest) -> Response[bytes]:
        """Become a person of the demo. There is no such thing outside of one."""
        email = (await read_form(request)).get("email", "")
        opened = await open_demo_session(services, request, email[:320])
        entered = _lead()
        entered.cookies.append(session_cookie(services.settings, opened.id))
        return entered

    return sign_in


async def _console(
    call: IdentifiedCall, asked: Asked, said: Kept | None, *, status: int = 200, retry: Form | None = None
) -> Response[bytes]:
    desk = await read_desk(call.services.front, call.principal, asked, clock=call.services.clock)
    token = csrf_token(_session(call).id).reveal()
    has_chat = call.services.settings.discord_token is not None
    outage = await read_outage(call.services.valkey) if has_chat else None
    since = None if outage is None else outage.since
    return CONSOLE.page(
        "console.html",
        status=status,
        desk=desk,
        asked=asked,
        said=said,
        retry=retry,
        csrf=token,
        request=new_request(),
        outage=outage is not None,
        outage_since="" if since is None else clock(since, now=call.services.clock.now()),
    )


async def _recalled(call: IdentifiedCall, name: str) -> Kept | None:
    if name == LOST:
        return Kept(text=_LOST_SENTENCE, ok=True)
    return await recall(call.services.valkey, _session(call), name) if name else None


async def _failed(
    call: IdentifiedCall, asked: Asked, fields: dict[str, str], intent: Intent | None, error: WatchfloorError
) -> Response[bytes]:
    """The page with what is wrong, and the form with what was typed. What we did not expect is not told here."""
    status = status_of(error)
    if status >= 500 and status != 503:
        raise error
    verb = TABLE.get(fields.get("verb", "") if intent is None else intent.verb)
    values = {name.removeprefix(FIELD): value for name, value in fields.items() if name.startswith(FIELD)}
    if intent is not None:
        values |= intent.arguments
    retry = None
    if verb is not None and verb.fields:
        incident = fields.get("incident", "") if intent is None else intent.incident
        fault = Fault(message=error.message, where=error.where or "")
        retry = form_of(verb, incident=incident, values=values, scope="retry", fault=fault)
    text = f"{error.message} {(error.remedy or '').strip()}".strip()
    return await _console(call, asked, Kept(text=text, ok=False), status=status, retry=retry)


def _drawn(call: IdentifiedCall, asked: Asked, answer: Answer) -> Kept:
    reply = answer.reply
    drawn = CONSOLE.fill(
        "answer.html",
        rows=rows_view(reply.rows, answer.names, now=call.services.clock.now()),
        offers=tuple(offer_forms(reply.offers)),
        asked=asked,
        csrf=csrf_token(_session(call).id).reveal(),
    )
    return Kept(text=reply.text, ok=True, drawn=drawn)


def _lead(**query: str) -> Response[bytes]:
    return Response(b"", status_code=303, headers={"Location": href(**query)})


def _session(call: IdentifiedCall) -> Session:
    """The session, which the guard has asked for."""
    if call.session is None:
        raise NotFound("A key has no page.")
    return call.session
