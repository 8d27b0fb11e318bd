"""Who hears by mail that a report is there: the addresses that the tenant's bundle names, and no other ones.

Addresses are sealed by the tenant's key, and found again by a blind index.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.reporting.delivery import queries
from watchfloor.reporting.delivery.queries import RecipientRow
from watchfloor.reporting.subject import KINDS, Kind

_TABLE: Final = "wf.report_recipients"
_COLUMN: Final = "address"


class Recipient(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody, and the kinds of reports that this person hears of."""

    address: str
    kinds: tuple[Kind, ...]


async def keep_recipients(tx: TenantTx, cipher: TenantCipher, recipients: Sequence[Recipient]) -> None:
    """Makes these the tenant's recipients. What was asked for before goes where it was to go."""
    rows = [
        RecipientRow(
            address_index=cipher.index("mail", recipient.address.lower()),
            address=seal_address(cipher, recipient.address),
            kinds=" ".join(sorted(recipient.kinds)),
        )
        for recipient in recipients
    ]
    await queries.replace_recipients(tx, rows)


async def read_recipients(tx: TenantTx, cipher: TenantCipher) -> list[Recipient]:
    """The tenant's recipients, by address."""
    rows = await queries.select_recipients(tx)
    found = [
        Recipient(address=open_address(cipher, row.address_index, row.address), kinds=_kinds(row.kinds)) for row in rows
    ]
    return sorted(found, key=lambda recipient: recipient.address)


def seal_address(cipher: TenantCipher, address: str) -> bytes:
    """The address as it is kept. The seal is bound to the address's blind index, wherever the row stands."""
    return cipher.seal(address.encode(), table=_TABLE, column=_COLUMN, row=cipher.index("mail", address.lower()).hex())


def open_address(cipher: TenantCipher, address_index: bytes, sealed: bytes) -> str:
    """The address in the clear. Raises Unopenable."""
    return cipher.open_(sealed, table=_TABLE, column=_COLUMN, row=address_index.hex()).decode()


def _kinds(text: str) -> tuple[Kind, ...]:
    return tuple(kind for kind in KINDS if kind in text.split())
