"""`/tenants/{tenant}/branding`: how the tenant's reports look. A bundle that says so wins when it is applied."""

from typing import Annotated, Final

import msgspec
from litestar import Response, delete, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody

from watchfloor.access.roles import Permission
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import NotFound
from watchfloor.reporting.branding.brand import Brand, LogoOf
from watchfloor.reporting.branding.keeping import change_brand, dressed_for, read_brand
from watchfloor.reporting.branding.logo import LARGEST_BYTES, bare_logo, media_type
from watchfloor.reporting.branding.stated import Stated, brand_of
from watchfloor.web.api.given import IN_TENANT, InTenant
from watchfloor.web.declaration import in_tenant

_LOGO_BODY_BYTES: Final = LARGEST_BYTES * 4 // 3 + 1_024
_Text = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
_Colour = Annotated[str, msgspec.Meta(max_length=7, examples=["#0b4f6c"])]


class BrandingStated(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All but the logo. What is left out or null is the MSSP's, or Watchfloor's own. Colours come in twos."""

    headings: _Colour | None = None
    lines: _Colour | None = None
    sender_name: _Text | None = None
    sender_address: _Text | None = None
    contact: _Text | None = None


class LogoStated(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A PNG or JPEG file, in Base64."""

    content: bytes


class BrandView(msgspec.Struct, frozen=True, kw_only=True):
    """A brand; of its logo, whether there is one."""

    headings: str | None
    lines: str | None
    has_logo: bool
    sender_name: str | None
    sender_address: str | None
    contact: str | None


class BrandingView(msgspec.Struct, frozen=True, kw_only=True):
    """What the tenant has set itself (`own`), what its reports get, and whose logo that is."""

    own: BrandView
    shown: BrandView
    logo_of: LogoOf | None


@get("/branding", access=in_tenant(Permission.REPORT_READ, "branding"), dependencies=IN_TENANT, tags=["reports"])
async def read_branding(call: InTenant) -> BrandingView:
    """How the tenant's reports look."""
    async with call.records() as tx:
        return await _shown(call, tx)


@post(
    "/branding",
    access=in_tenant(Permission.REPORT_MANAGE, "branding", limit="write"),
    dependencies=IN_TENANT,
    tags=["reports"],
    status_code=200,
)
async def set_branding(call: InTenant, data: JSONBody[BrandingStated]) -> BrandingView:
    """Set colours, sender and contact. The logo stays. Reports that are made from then on have them."""
    stated = msgspec.convert(data, Stated, from_attributes=True)
    async with call.records() as tx:
        cipher = await call.cipher(tx)
        brand = brand_of(stated, logo=(await read_brand(tx, cipher)).logo)
        await change_brand(tx, cipher, call.actor, brand)
        return await _shown(call, tx)


@get(
    "/branding/logo",
    access=in_tenant(Permission.REPORT_READ, "branding", limit="download"),
    dependencies=IN_TENANT,
    tags=["reports"],
    media_type="application/octet-stream",
)
async def download_logo(call: InTenant) -> Response[bytes]:
    """The logo that the tenant's reports get, without what came with the image."""
    async with call.records() as tx:
        logo = (await _dressed(call, tx))[0].logo
    if logo is None:
        raise NotFound("There is no logo.")
    headers = {"Content-Disposition": 'attachment; filename="logo"', "X-Content-Type-Options": "nosniff"}
    return Response(logo, media_type=media_type(logo), headers=headers)


@post(
    "/branding/logo",
    access=in_tenant(Permission.REPORT_MANAGE, "branding", limit="write"),
    dependencies=IN_TENANT,
    tags=["reports"],
    status_code=200,
    request_max_body_size=_LOGO_BODY_BYTES,
)
async def set_logo(call: InTenant, data: JSONBody[LogoStated]) -> BrandingView:
    """Set the logo. Nothing of the file is kept but the image."""
    logo = bare_logo(data.content)
    async with call.records() as tx:
        cipher = await call.cipher(tx)
        own = await read_brand(tx, cipher)
        await change_brand(tx, cipher, call.actor, msgspec.structs.replace(own, logo=logo))
        return await _shown(call, tx)


@delete(
    "/branding/logo",
    access=in_tenant(Permission.REPORT_MANAGE, "branding", limit="write"),
    dependencies=IN_TENANT,
    tags=["reports"],
)
async def remove_logo(call: InTenant) -> None:
    """Take the tenant's own logo away; its reports get the MSSP's, if there is one."""
    async with call.records() as tx:
        cipher = await call.cipher(tx)
        own = await read_brand(tx, cipher)
        await change_brand(tx, cipher, call.actor, msgspec.structs.replace(own, logo=None))


ROUTES: list[HTTPRouteHandler] = [read_branding, set_branding, download_logo, set_logo, remove_logo]


async def _dressed(call: InTenant, tx: TenantTx) -> tuple[Brand, LogoOf | None]:
    services = call.services
    found = await dressed_for(tx, services.keyring, directory=services.auth, records=services.app)
    return found.brand, found.logo_of


async def _shown(call: InTenant, tx: TenantTx) -> BrandingView:
    own = await read_brand(tx, await call.cipher(tx))
    shown, logo_of = await _dressed(call, tx)
    return BrandingView(own=_view(own), shown=_view(shown), logo_of=logo_of)


def _view(brand: Brand) -> BrandView:
    return BrandView(
        headings=brand.headings,
        lines=brand.lines,
        has_logo=brand.logo is not None,
        sender_name=brand.sender_name,
        sender_address=brand.sender_address,
        contact=brand.contact,
    )
