"""The portal's templates, its pages in their order, and opening one: the words, the frame, the reader."""

from typing import Final
from zoneinfo import ZoneInfo

import msgspec
from litestar import Response

from watchfloor.access.principal import Membership
from watchfloor.access.roles import Permission
from watchfloor.kernel.db import TenantTx
from watchfloor.reporting.timetable.asking import tenant_zone
from watchfloor.respond import queries as actions
from watchfloor.web.api.given import AnyRequest
from watchfloor.web.calls import TenantCall
from watchfloor.web.pages.frame import Frame, Place, languages_of, token_of
from watchfloor.web.pages.language.catalogue import FRAME_WORDS
from watchfloor.web.pages.refusals import reader_language
from watchfloor.web.pages.site import Site
from watchfloor.web.pages.words import Words
from watchfloor.web.portal.language.catalogue import PORTAL_WORDS

PORTAL: Final = Site("watchfloor.web.portal", address="/pages", assets=())
HOME: Final = "/portal"


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """A page of the portal: its place below the tenant's address, its words, and what one must be allowed to do."""

    name: str
    path: str
    permission: Permission

    @property
    def label(self) -> str:
        """The key of what the navigation calls it."""
        return f"{self.name}.label"


OVERVIEW: Final = Page(name="overview", path="", permission=Permission.INCIDENT_READ)

PAGES: Final = (OVERVIEW,)
"""In the order of the navigation."""


class Room:
    """An opened page's surroundings: who reads it, in which words, inside which tenant."""

    def __init__(self, call: TenantCall, request: AnyRequest, *, zone: ZoneInfo, waiting: int) -> None:
        self.call: Final = call
        self.words: Final = Words(reader_language(request), zone, FRAME_WORDS, PORTAL_WORDS)
        self._request: Final = request
        self._waiting: Final = waiting

    @property
    def tenant(self) -> Membership:
        """The tenant whose pages these are, as the reader's membership names it."""
        return next(one for one in self.call.principal.tenants() if one.tenant_id == self.call.tenant_id)

    def at(self, page: Page, below: str = "") -> str:
        """The address of a page, or of what lies below it."""
        return f"{HOME}/{self.tenant.tenant_slug}{page.path}{below}"

    def show(
        self, template: str, page: Page, *, title: str = "", status: int = 200, **given: object
    ) -> Response[bytes]:
        """The page from its template. `title` is the page's name unless another is given."""
        frame = self._frame(page, title or self.words(page.label))
        return PORTAL.page(template, status=status, words=self.words, frame=frame, **given)

    def _frame(self, page: Page, title: str) -> Frame:
        url = self._request.url
        others = [one for one in self.call.principal.tenants() if one.tenant_id != self.call.tenant_id]
        return Frame(
            title=title,
            owner=self.tenant.tenant_name,
            home=self.at(OVERVIEW),
            reader=self.call.principal.name,
            csrf=token_of(self.call),
            path=url.path + (f"?{url.query}" if url.query else ""),
            places=[
                Place(
                    href=self.at(one),
                    label=self.words(one.label),
                    is_here=one is page,
                    count=self._waiting if one is OVERVIEW else 0,
                )
                for one in PAGES
                if one.permission in self.call.permissions
            ],
            languages=languages_of(self.words),
            changes=f"{HOME}/{self.tenant.tenant_slug}/changes",
            others=[
                Place(href=f"{HOME}/{one.tenant_slug}", label=one.tenant_name)
                for one in others
                if one.tenant_kind == "customer"
            ],
        )


async def open_room(call: TenantCall, request: AnyRequest, tx: TenantTx) -> Room:
    """What surrounds a page, read in the transaction that reads the page."""
    waiting = await actions.count_waiting(tx)
    return Room(call, request, zone=await tenant_zone(tx), waiting=waiting)
