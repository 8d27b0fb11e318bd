"""`/tenants/{tenant}/blocklist`: what was agreed to be blocked, as firewalls pull it.

Plain text, a value a line, in a fixed order; nothing else stands there, so that no firewall reads a comment as a value.
An entity tag spares the body when nothing changed. Firewalls that know no bearer tokens give the API key as the
password of HTTP basic authentication.
"""

from typing import Annotated

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import HeaderParameter, QueryParameter

from watchfloor.access.roles import Permission
from watchfloor.normalise.event import EntityKind
from watchfloor.respond.blocklist.entries import BLOCKED_KINDS, BlockedKind, as_text, listed, version_of
from watchfloor.web.api.given import IN_TENANT, InTenant
from watchfloor.web.declaration import in_tenant

_Kind = Annotated[BlockedKind | None, QueryParameter(name="kind", description="Only these; else all kinds.")]
_Known = Annotated[
    str | None, HeaderParameter(name="If-None-Match", description="The tag of the list that one has.", max_length=400)
]


@get(
    "/blocklist",
    access=in_tenant(Permission.BLOCKLIST_READ, "blocklist"),
    dependencies=IN_TENANT,
    tags=["approvals"],
    media_type="text/plain",
)
async def read_blocklist(call: InTenant, kind: _Kind = None, known: _Known = None) -> Response[str]:
    """Addresses, domains and hashes that are blocked, a value a line."""
    kinds: tuple[EntityKind, ...] = BLOCKED_KINDS if kind is None else (kind,)
    async with call.records() as tx:
        text = as_text(await listed(tx, await call.cipher(tx), kinds))
    tag = version_of(text)
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if known is not None and _has(known, tag):
        return Response("", status_code=304, headers=headers, media_type="text/plain")
    return Response(text, headers=headers, media_type="text/plain; charset=utf-8")


ROUTES: list[HTTPRouteHandler] = [read_blocklist]


def _has(known: str, tag: str) -> bool:
    """Whether `If-None-Match` names the tag; weakly, as RFC 9110 section 13.1.2 says."""
    return known.strip() == "*" or tag in [each.strip().removeprefix("W/") for each in known.split(",")]
