"""Refusals as pages: who is not signed in, what is not there, what went wrong. Programs get them as JSON."""

from collections.abc import Callable
from typing import Final

from litestar import Response

from watchfloor.access.principal import NOBODY_HERE
from watchfloor.kernel.errors import NotFound, Unauthenticated, WatchfloorError
from watchfloor.web.api.given import AnyRequest
from watchfloor.web.console.page import CONSOLE
from watchfloor.web.problems import answer_error, status_of

_SORRY: Final = "Something went wrong on our side. It was logged."

Handler = Callable[[AnyRequest, WatchfloorError], Response[bytes]]


def refusals(*, is_demo: bool) -> dict[int | type[Exception], Handler]:
    """The handlers of errors for the page's routes."""

    def refuse(request: AnyRequest, error: WatchfloorError) -> Response[bytes]:
        problem = answer_error(request, error)
        if "text/html" not in request.headers.get("accept", ""):
            return problem
        if isinstance(error, Unauthenticated):
            shown = CONSOLE.page(
                "sign_in.html", status=problem.status_code or 401, is_demo=is_demo, fault=_fault(request, error)
            )
        else:
            text = NOBODY_HERE if isinstance(error, NotFound) else error.message
            text = _SORRY if status_of(error) == 500 else text
            shown = CONSOLE.page(
                "refusal.html", status=problem.status_code or 500, text=text, remedy=(error.remedy or "").strip()
            )
        shown.headers.update(problem.headers)
        return shown

    return {WatchfloorError: refuse}


def _fault(request: AnyRequest, error: WatchfloorError) -> str:
    """What to say to somebody who has just tried to sign in; nothing to who only came."""
    return error.message if request.method == "POST" else ""
