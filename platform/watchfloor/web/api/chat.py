"""`/chat`: my account in the chat, and the code that binds one to me. For sessions only: a key proves no presence."""

from datetime import datetime

import msgspec
from litestar import delete, get, post
from litestar.handlers import HTTPRouteHandler

from watchfloor.access.chat_accounts.linking import account_of, make_code, unlink
from watchfloor.kernel.db import directory_tx
from watchfloor.kernel.errors import NotFound
from watchfloor.web.api.given import IDENTIFIED, Identified
from watchfloor.web.calls import IdentifiedCall
from watchfloor.web.declaration import identified


class ChatAccount(msgspec.Struct, frozen=True, kw_only=True):
    """The account that is linked, if one is."""

    account: str | None
    linked_at: datetime | None


class ChatCode(msgspec.Struct, frozen=True, kw_only=True):
    """A code to type behind `/link` in the chat. It works once, and only for a few minutes."""

    code: str
    expires_at: datetime


@get("/chat", access=identified(), dependencies=IDENTIFIED, tags=["identity"])
async def read_chat_account(call: Identified) -> ChatAccount:
    """Which account of the chat is mine."""
    _require_session(call)
    async with directory_tx(call.services.auth) as tx:
        account = await account_of(tx, call.principal)
    return ChatAccount(
        account=None if account is None else account.account_id,
        linked_at=None if account is None else account.linked_at,
    )


@post("/chat/code", access=identified(limit="mint"), dependencies=IDENTIFIED, tags=["identity"], status_code=201)
async def make_chat_code(call: Identified) -> ChatCode:
    """Have a code shown, in place of any earlier one. For the MSSP's own people."""
    _require_session(call)
    async with directory_tx(call.services.auth) as tx:
        made = await make_code(tx, call.principal)
    return ChatCode(code=made.code.reveal(), expires_at=made.expires_at)


@delete("/chat", access=identified(limit="write"), dependencies=IDENTIFIED, tags=["identity"], status_code=204)
async def unlink_chat_account(call: Identified) -> None:
    """Unlink my account, at once. For the MSSP's own people."""
    _require_session(call)
    await unlink(call.services.auth, call.principal, request_id=call.request_id)


ROUTES: list[HTTPRouteHandler] = [read_chat_account, make_chat_code, unlink_chat_account]


def _require_session(call: IdentifiedCall) -> None:
    if call.session is None:
        raise NotFound("An API key has no account in the chat.")
