"""Who somebody is: from a person's id to a principal with memberships as fresh as the transaction (R7).

Owns the lookup only. How a person proves to be that person is the business of `sessions`, `api_keys` and, later,
of the identity provider. A disabled person is nobody.
"""

import re
from typing import Final

from watchfloor.access import queries
from watchfloor.access.principal import Principal
from watchfloor.kernel.db import DirectoryTx
from watchfloor.kernel.errors import NotFound
from watchfloor.kernel.ids import PersonId

_ADDRESS: Final = re.compile(r"[^\s@\x00-\x1f\x7f]{1,64}@[a-z0-9](?:[a-z0-9.-]{0,250})[a-z0-9]")


def read_address(text: str) -> str | None:
    """An e-mail address as the directory keeps it, in small letters; None for what is none."""
    address = text.strip().lower()
    return address if _ADDRESS.fullmatch(address) and ".." not in address else None


async def principal_of(tx: DirectoryTx, person_id: PersonId) -> Principal:
    """The person with all memberships that count now. Raises NotFound when there is no such active person."""
    person = await queries.select_person(tx, person_id)
    if person is None:
        raise NotFound("There is no such person, or the person may not sign in any more.")
    return await _principal(tx, person)


async def principal_with_email(tx: DirectoryTx, email: str) -> Principal:
    """The person with this address. Raises NotFound. An address is no proof of identity: for the demo and for staff."""
    address = read_address(email)
    person = None if address is None else await queries.select_person_by_email(tx, address)
    if person is None:
        raise NotFound("There is no such person, or the person may not sign in any more.")
    return await _principal(tx, person)


async def _principal(tx: DirectoryTx, person: queries.PersonRow) -> Principal:
    memberships = await queries.select_memberships(tx, person.id)
    return Principal(
        kind="person",
        person_id=PersonId(person.id),
        name=person.name,
        email=person.email,
        memberships=tuple(memberships),
    )
