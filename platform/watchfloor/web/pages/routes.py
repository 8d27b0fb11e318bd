"""`/pages`: the files that all pages load, and the choice of a language."""

from typing import Annotated
from urllib.parse import urlsplit

from litestar import Response, Router, get, post
from litestar.datastructures import Cookie
from litestar.params import PathParameter

from watchfloor.kernel.errors import Invalid
from watchfloor.web.api.given import AnyRequest
from watchfloor.web.cookies import is_https
from watchfloor.web.csrf import allowed_origins, check_origin
from watchfloor.web.declaration import public
from watchfloor.web.forms import read_form
from watchfloor.web.pages.refusals import REFUSALS
from watchfloor.web.pages.site import FRAME
from watchfloor.web.pages.words import COOKIE, LANGUAGES
from watchfloor.web.services import Services

_Asset = Annotated[str, PathParameter(description="A file's name.", max_length=64)]
_A_YEAR = 365 * 86_400


def page_routes(services: Services) -> Router:
    """What all pages share."""

    @post(
        "/language",
        access=public("it changes how pages are written for this browser, and nothing else"),
        status_code=303,
    )
    async def choose_language(request: AnyRequest) -> Response[bytes]:
        """Write pages in another language from now on."""
        check_origin(request.headers, allowed_origins(services.settings))
        fields = await read_form(request)
        language = fields.get("language", "")
        if language not in LANGUAGES:
            raise Invalid("There is no such language.", where="language", remedy=f"There are {', '.join(LANGUAGES)}.")
        chosen = Response(b"", status_code=303, headers={"Location": own_path(fields.get("to", ""))})
        chosen.cookies.append(
            Cookie(
                key=COOKIE,
                value=language,
                path="/",
                max_age=_A_YEAR,
                secure=is_https(services.settings),
                httponly=True,
                samesite="lax",
            )
        )
        return chosen

    return Router(
        "/pages", route_handlers=[frame_asset, choose_language], exception_handlers=REFUSALS, include_in_schema=False
    )


@get("/{asset:str}", access=public("scripts and styles of pages, no data"))
async def frame_asset(asset: _Asset) -> Response[bytes]:
    """A script or style of all pages, by its exact name."""
    return FRAME.asset(asset)


def own_path(text: str) -> str:
    """A path of ours to lead to, with its query; the start for everything else."""
    parts = urlsplit(text)
    is_plain = text.startswith("/") and not text.startswith(("//", "/\\")) and text.isprintable() and "\\" not in text
    return text if is_plain and not parts.scheme and not parts.netloc and len(text) <= 2_000 else "/"
