"""Refusals as pages: who is not signed in is led to sign in, the rest is told. Programs get them as JSON."""

from collections.abc import Callable
from typing import Final
from zoneinfo import ZoneInfo

from litestar import Response

from watchfloor.kernel.errors import NotFound, Unauthenticated, WatchfloorError
from watchfloor.web.api.given import AnyRequest
from watchfloor.web.pages.frame import Frame, href, languages_of
from watchfloor.web.pages.language.catalogue import FRAME_WORDS
from watchfloor.web.pages.site import FRAME
from watchfloor.web.pages.words import COOKIE, Language, Words, language_of
from watchfloor.web.problems import answer_error, status_of

SIGN_IN_PATH: Final = "/sign-in"

Handler = Callable[[AnyRequest, WatchfloorError], Response[bytes]]


def refuse_page(request: AnyRequest, error: WatchfloorError) -> Response[bytes]:
    """The refusal as a browser shows it, or as a program reads it."""
    problem = answer_error(request, error)
    if "text/html" not in request.headers.get("accept", ""):
        return problem
    if isinstance(error, Unauthenticated):
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        to = target if request.method == "GET" else ""
        return Response(b"", status_code=303, headers={"Location": href(SIGN_IN_PATH, to=to)})
    words = Words(reader_language(request), ZoneInfo("UTC"), FRAME_WORDS)
    if isinstance(error, NotFound):
        text, remedy = words("refused.missing"), ""
    elif status_of(error) == 500:
        text, remedy = words("refused.ours"), ""
    else:
        text, remedy = error.message, (error.remedy or "").strip()
    shown = FRAME.page(
        "refusal.html",
        status=problem.status_code or 500,
        words=words,
        frame=bare_frame(words, words("refused.title"), path="/"),
        text=text,
        remedy=remedy,
    )
    shown.headers.update(problem.headers)
    return shown


REFUSALS: Final[dict[int | type[Exception], Handler]] = {WatchfloorError: refuse_page}
"""The handlers of errors for routes that are pages."""


def reader_language(request: AnyRequest) -> Language:
    """The language that a request asks for."""
    return language_of(request.cookies.get(COOKIE), request.headers.get("accept-language", ""))


def bare_frame(words: Words, title: str, *, path: str) -> Frame:
    """A frame for a page that belongs to nobody in particular."""
    return Frame(
        title=title,
        owner="Watchfloor",
        home="/",
        reader="",
        csrf="",
        path=path,
        places=(),
        languages=languages_of(words),
    )
