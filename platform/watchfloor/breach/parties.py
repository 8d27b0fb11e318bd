"""Who the parties of a case are, as far as the records say: the customer, its privacy contact, the MSSP.

Owns the reading of the customer's record. Cites it, and leaves out what is not in it.
"""

from datetime import datetime
from typing import Final

import msgspec

from watchfloor.breach.known import SYSTEM, Citation, Known
from watchfloor.breach.queries import ControllerRow
from watchfloor.breach.values import Contact
from watchfloor.kernel import ids
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.ids import TenantId

_PRIVACY: Final = "privacy"
_ANY: Final = ("incidents", "management")


class _Listed(msgspec.Struct, frozen=True, kw_only=True):
    """A contact as the customer's record has it."""

    name: str
    email: str
    phone: str | None = None
    purposes: tuple[str, ...] = ()


def parties_of(
    cipher: TenantCipher, tenant_id: TenantId, row: ControllerRow, *, processor: str | None, at: datetime
) -> list[tuple[str, Known[object]]]:
    """The facts about the parties by their paths. Raises Unopenable when the contacts were damaged."""
    cite = Citation(kind="document", id=ids.show("ten", tenant_id), what="the customer's record")

    def fact(value: object) -> Known[object]:
        return Known(value=value, citations=(cite,), by=SYSTEM, at=at)

    facts = [("parties.controller.name", fact(row.name))]
    listed = _contacts(cipher, tenant_id, row.contacts)
    officer = _first(listed, (_PRIVACY,))
    other = _first(listed, _ANY)
    if officer is not None:
        facts.append(("parties.controller.dpo", fact(_contact(officer, role="privacy contact"))))
    if other is not None:
        facts.append(("parties.controller.contact", fact(_contact(other, role=None))))
    if processor:
        facts.append(("parties.processor.name", fact(processor)))
    return facts


def _contacts(cipher: TenantCipher, tenant_id: TenantId, sealed: bytes | None) -> list[_Listed]:
    if sealed is None:
        return []
    opened = cipher.open_(sealed, table="tenants", column="contacts", row=tenant_id)
    return msgspec.json.decode(opened, type=list[_Listed])


def _first(listed: list[_Listed], purposes: tuple[str, ...]) -> _Listed | None:
    return next((one for purpose in purposes for one in listed if purpose in one.purposes), None)


def _contact(listed: _Listed, *, role: str | None) -> Contact:
    return Contact(name=listed.name, role=role, email=listed.email, phone=listed.phone)
