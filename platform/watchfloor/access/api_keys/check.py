"""From an API key that somebody presents to the principal it stands for (I1, R7).

A key acts for the person who made it, within its scopes and only as far as that person still may: a member who is
removed takes the keys along. A key made in a customer's tenant reaches that tenant alone; one that staff made in the
operator's own tenant reaches every tenant in which its maker has a membership.
"""

from typing import Final

import msgspec

from watchfloor.access.api_keys import queries
from watchfloor.access.people import principal_of
from watchfloor.access.principal import Principal
from watchfloor.access.roles import known_permissions
from watchfloor.kernel.config import Environment
from watchfloor.kernel.credentials import KeyEnvironment, matches, parse_api_key
from watchfloor.kernel.db import DirectoryTx
from watchfloor.kernel.errors import NotFound, Unauthenticated
from watchfloor.kernel.ids import PersonId
from watchfloor.kernel.secret import Secret

KEY_ENVIRONMENT: Final[dict[Environment, KeyEnvironment]] = {"production": "live", "demo": "demo", "test": "test"}


async def principal_for_key(tx: DirectoryTx, presented: Secret, *, environment: Environment) -> Principal:
    """The principal of a valid key.

    Raises Unauthenticated, in the same words whether the key is unknown, wrong, expired or revoked, belongs to
    another kind of installation, or its maker has left.
    """
    key = parse_api_key(presented.reveal())
    row = await queries.select_presented_key(tx, key.public_id)
    is_right = matches(None if row is None else row.secret_hash, key)
    if row is None or not is_right or not row.is_valid or key.environment != KEY_ENVIRONMENT[environment]:
        raise _not_valid()
    try:
        person = await principal_of(tx, PersonId(row.created_by))
    except NotFound:
        raise _not_valid() from None
    reached = tuple(m for m in person.memberships if row.tenant_kind == "operator" or m.tenant_id == row.tenant_id)
    if all(m.tenant_id != row.tenant_id for m in reached):
        raise _not_valid()
    if row.is_stale:
        await queries.touch_key(tx, row.id)
    return msgspec.structs.replace(
        person, kind="api_key", key_id=row.id, scopes=known_permissions(row.scopes), memberships=reached
    )


def _not_valid() -> Unauthenticated:
    return Unauthenticated(
        "The API key is not valid, or not any more.", remedy="Make a new one, or ask who manages it."
    )
