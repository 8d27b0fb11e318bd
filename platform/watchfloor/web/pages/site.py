"""The templates of a room of pages, filled: nothing gets into a page but what was escaped for it, or on the way.

A room has templates and files of its own and uses those of `pages` besides. Owns the policy that browsers are given.
"""

import hashlib
from collections.abc import Sequence
from functools import cached_property
from importlib.resources import files
from typing import Final

from jinja2 import Environment, FunctionLoader, StrictUndefined, TemplateNotFound, Undefined
from litestar import Response
from markupsafe import Markup

from watchfloor.kernel.errors import NotFound
from watchfloor.kernel.neutralise import HtmlText, Untrusted, for_html

PAGE_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
SHARED: Final = "watchfloor.web.pages"

_TYPES: Final = {"js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}
_FOREVER: Final = {"Cache-Control": "public, max-age=31536000, immutable"}


class Site:
    """The pages of one room. `package` holds its `templates` and `static`; files are served below `address`."""

    def __init__(self, package: str, *, address: str, assets: Sequence[str]) -> None:
        self.package: Final = package
        self.address: Final = address
        self._assets: Final = tuple(assets)

    @cached_property
    def assets(self) -> dict[str, bytes]:
        """What pages load besides themselves, by name."""
        static = files(self.package) / "static"
        return {name: (static / name).read_bytes() for name in self._assets}

    def asset(self, name: str) -> Response[bytes]:
        """A script or style, by its exact name. Raises NotFound."""
        content = self.assets.get(name)
        if content is None:
            raise NotFound("There is no such file.")
        return Response(content, media_type=_TYPES[name.rpartition(".")[2]], headers=_FOREVER)

    def address_of(self, name: str) -> str:
        """Where a file is; the address changes with the file, so that browsers may keep it."""
        return f"{self.address}/{name}?v={hashlib.sha256(self.assets[name]).hexdigest()[:16]}"

    def fill(self, template: str, **given: object) -> str:
        """A template with these values in it."""
        return self._environment.get_template(template).render(given)

    def page(self, template: str, *, status: int = 200, **given: object) -> Response[bytes]:
        """A whole page under its strict policy. Without a referrer of its own site a browser's forms have no origin."""
        headers = {
            "Content-Security-Policy": PAGE_POLICY,
            "Referrer-Policy": "same-origin",
            "Cache-Control": "no-store",
        }
        content = self.fill(template, **given).encode()
        return Response(content, status_code=status, media_type="text/html", headers=headers)

    @cached_property
    def _environment(self) -> Environment:
        environment = Environment(
            loader=FunctionLoader(self._read),
            autoescape=True,
            undefined=StrictUndefined,
            finalize=_put_out,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.filters["asset"] = self._asset
        return environment

    def _read(self, name: str) -> str:
        for package in (self.package, SHARED):
            place = files(package) / "templates" / name
            if place.is_file():
                return place.read_text("utf-8")
        raise TemplateNotFound(name)

    def _asset(self, name: str) -> str:
        return self.address_of(name) if name in self._assets else FRAME.address_of(name)


FRAME: Final = Site(SHARED, address="/pages", assets=("frame.css", "live.js", "mark.svg"))
"""The files that every room's pages load."""


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
