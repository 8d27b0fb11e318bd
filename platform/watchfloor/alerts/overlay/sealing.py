"""What an overlay keeps sealed, and where (S1): the reasons, the exceptions' filters and owners, the lists' entries."""

from typing import Final
from uuid import UUID

import msgspec

from watchfloor.alerts.overlay.queries import ExceptionRow, ListRow, SettingRow
from watchfloor.detect.filters import FilterDocument
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.ids import ExceptionId

_SETTINGS: Final = "wf.rule_settings"
_EXCEPTIONS: Final = "wf.rule_exceptions"
_REQUESTS: Final = "wf.exception_requests"
_LISTS: Final = "wf.rule_lists"


class ExceptionBody(msgspec.Struct, frozen=True, kw_only=True):
    """An exception: what it hides, who answers for it, and why."""

    written: FilterDocument
    owner: str
    reason: str


class ListBody(msgspec.Struct, frozen=True, kw_only=True):
    """A list: its entries, with Sigma's wildcards, and why it is so."""

    entries: tuple[str, ...]
    reason: str


def seal_reason(cipher: TenantCipher, rule_id: str, reason: str) -> bytes:
    """Why a rule is set as it is."""
    return cipher.seal(reason.encode(), table=_SETTINGS, column="reason", row=rule_id)


def open_reason(cipher: TenantCipher, row: SettingRow) -> str:
    """What `seal_reason` sealed."""
    return cipher.open_(row.reason, table=_SETTINGS, column="reason", row=row.rule_id).decode()


def seal_exception(cipher: TenantCipher, exception_id: ExceptionId, body: ExceptionBody) -> bytes:
    """An exception's body."""
    return cipher.seal(msgspec.json.encode(body), table=_EXCEPTIONS, column="body", row=exception_id)


def open_exception(cipher: TenantCipher, row: ExceptionRow) -> ExceptionBody:
    """What `seal_exception` sealed."""
    return open_body(cipher, row.id, row.body)


def open_body(cipher: TenantCipher, exception_id: UUID, sealed: bytes) -> ExceptionBody:
    """What `seal_exception` sealed, where the rest of the row is not at hand."""
    opened = cipher.open_(sealed, table=_EXCEPTIONS, column="body", row=exception_id)
    return msgspec.json.decode(opened, type=ExceptionBody)


def seal_request(cipher: TenantCipher, request_id: UUID, body: ExceptionBody) -> bytes:
    """The body of an exception that somebody asks for."""
    return cipher.seal(msgspec.json.encode(body), table=_REQUESTS, column="body", row=request_id)


def open_request(cipher: TenantCipher, request_id: UUID, sealed: bytes) -> ExceptionBody:
    """What `seal_request` sealed."""
    opened = cipher.open_(sealed, table=_REQUESTS, column="body", row=request_id)
    return msgspec.json.decode(opened, type=ExceptionBody)


def seal_list(cipher: TenantCipher, name: str, body: ListBody) -> bytes:
    """A list's body."""
    return cipher.seal(msgspec.json.encode(body), table=_LISTS, column="body", row=name)


def open_list(cipher: TenantCipher, row: ListRow) -> ListBody:
    """What `seal_list` sealed."""
    opened = cipher.open_(row.body, table=_LISTS, column="body", row=row.name)
    return msgspec.json.decode(opened, type=ListBody)
