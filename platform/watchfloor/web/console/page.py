"""The templates, filled: nothing gets into a page but what was escaped for it, or escapes on the way."""

import hashlib
from functools import lru_cache
from importlib.resources import files
from typing import Final

from jinja2 import Environment, FunctionLoader, StrictUndefined, Undefined
from litestar import Response
from markupsafe import Markup

from watchfloor.kernel.neutralise import HtmlText, Untrusted, for_html

PAGE_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)

TYPES: Final = {"js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}

_ASSETS: Final = ("console.css", "console.js", "mark.svg")


@lru_cache(maxsize=1)
def assets() -> dict[str, bytes]:
    """What pages load besides themselves, by name."""
    static = files("watchfloor.web.console") / "static"
    return {name: (static / name).read_bytes() for name in _ASSETS}


def fill(template: str, **given: object) -> str:
    """A template with these values in it."""
    return _environment().get_template(template).render(given)


def page(template: str, *, status: int = 200, **given: object) -> Response[bytes]:
    """A whole page, under its strict policy. Without a referrer of its own site a browser's forms have no origin."""
    headers = {"Content-Security-Policy": PAGE_POLICY, "Referrer-Policy": "same-origin"}
    return Response(fill(template, **given).encode(), status_code=status, media_type="text/html", headers=headers)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=FunctionLoader(_read),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_put_out,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["asset"] = _asset
    return environment


def _read(name: str) -> str:
    return (files("watchfloor.web.console") / "templates" / name).read_text("utf-8")


def _asset(name: str) -> str:
    """The address of a file; it changes with the file, so that browsers may keep it."""
    return f"/console/static/{name}?v={hashlib.sha256(assets()[name]).hexdigest()[:16]}"


def _put_out(value: object) -> object:
    """What a template prints: what is escaped already as it is, text and numbers escaped, nothing else."""
    if isinstance(value, Markup | HtmlText):
        return value
    if isinstance(value, str):
        return for_html(Untrusted(value))
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, Undefined):
        str(value)  # raises, naming what is missing
    raise TypeError(f"a template printed a {type(value).__name__}")
