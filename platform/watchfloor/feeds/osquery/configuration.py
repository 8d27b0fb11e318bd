"""What a tenant's hosts are configured to do: ours, with the tenant's changes upon it.

Owns the standard configuration (`standard.json`: inventory as snapshots, security events, and what changed since the
last look) and how a tenant changes it: a JSON merge patch (RFC 7396), kept by version and sealed. The whole is checked
before it is kept, so that an agent never gets what it cannot read.
"""

from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Annotated, Final, TypeAlias, cast

import msgspec

from watchfloor.audit.append import Actor, append
from watchfloor.feeds.osquery import queries
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import Conflict, Invalid, TooLarge

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"
JsonObject: TypeAlias = "dict[str, Json]"

LONGEST_CHANGES: Final = 200_000
MOST_QUERIES: Final = 500
LONGEST_INTERVAL: Final = 604_800
"""A week: the longest that osquery knows."""

_Text = Annotated[str, msgspec.Meta(min_length=1, max_length=20_000)]


class ScheduledQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A query of the schedule; the names are osquery's. `interval` is in seconds."""

    query: _Text
    interval: Annotated[int, msgspec.Meta(ge=1, le=LONGEST_INTERVAL)]
    snapshot: bool = False
    removed: bool = True
    platform: str = ""
    version: str = ""
    shard: Annotated[int, msgspec.Meta(ge=1, le=100)] = 100
    denylist: bool = True
    description: str = ""


class _Decorators(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    load: list[_Text] = []
    always: list[_Text] = []
    interval: dict[str, list[_Text]] = {}


class _Configuration(msgspec.Struct, frozen=True, kw_only=True):
    """The parts that we know the shape of; osquery knows others, which are handed on."""

    options: dict[str, str | int | float | bool] = {}
    schedule: dict[str, ScheduledQuery] = {}
    packs: dict[str, object] = {}
    decorators: _Decorators = _Decorators()
    file_paths: dict[str, list[_Text]] = {}


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """What a tenant changes about the standard configuration. Version 0: nothing was ever changed."""

    version: int
    patch: JsonObject
    changed_by: str = ""
    changed_at: datetime | None = None


@cache
def standard() -> bytes:
    """The standard configuration, as JSON."""
    return files("watchfloor.feeds.osquery").joinpath("standard.json").read_bytes()


async def changes_of(tx: TenantTx, cipher: TenantCipher) -> Changes:
    """What the tenant changes now."""
    row = await queries.select_configuration(tx)
    if row is None:
        return Changes(version=0, patch={})
    body = cipher.open_(row.body, table="osquery_configurations", column="body", row=str(row.version))
    return Changes(
        version=row.version,
        patch=_decoded(body),
        changed_by=row.changed_by,
        changed_at=row.changed_at,
    )


async def configuration_of(tx: TenantTx, cipher: TenantCipher) -> JsonObject:
    """The configuration of the tenant's hosts."""
    return applied((await changes_of(tx, cipher)).patch)


async def change(tx: TenantTx, cipher: TenantCipher, actor: Actor, patch: JsonObject) -> Changes:
    """Puts a merge patch in the place of the tenant's former one; an empty one takes the standard again.

    Hosts have it when they next ask. The same patch again changes nothing. Raises Invalid, TooLarge, and Conflict when
    somebody else changes it at the same time.
    """
    check(patch)
    before = await changes_of(tx, cipher)
    if before.patch == patch:
        return before
    version = before.version + 1
    body = cipher.seal(msgspec.json.encode(patch), table="osquery_configurations", column="body", row=str(version))
    if not await queries.insert_configuration(tx, version=version, body=body, changed_by=actor.id[:64]):
        raise Conflict("Somebody else changed the configuration at the same time.", remedy="Look at it and try again.")
    await append(
        tx,
        actor,
        action="osquery.configure",
        object_kind="osquery_configuration",
        object_id=str(version),
        before=before.patch,
        after=patch,
    )
    return await changes_of(tx, cipher)


def read_patch(text: bytes) -> JsonObject:
    """The merge patch in a file. Raises Invalid, TooLarge."""
    if len(text) > LONGEST_CHANGES:
        raise TooLarge(f"The changes have more than {LONGEST_CHANGES} bytes.")
    try:
        patch = _decoded(text)
    except (msgspec.DecodeError, RecursionError) as fault:
        raise Invalid(f"This is not a JSON object: {fault}.") from None
    check(patch)
    return patch


def check(patch: JsonObject) -> None:
    """Raises Invalid, TooLarge when the standard configuration with this patch is none that osquery can read."""
    if len(msgspec.json.encode(patch)) > LONGEST_CHANGES:
        raise TooLarge(f"The changes have more than {LONGEST_CHANGES} bytes.")
    try:
        whole = msgspec.convert(applied(patch), _Configuration)
    except msgspec.ValidationError as fault:
        raise Invalid(f"osquery could not read this: {fault}.") from None
    if len(whole.schedule) > MOST_QUERIES:
        raise TooLarge(f"The schedule has more than {MOST_QUERIES} queries.")


def applied(patch: JsonObject) -> JsonObject:
    """The standard configuration with a merge patch upon it."""
    merged = _merge(_decoded(standard()), patch)
    return merged if isinstance(merged, dict) else {}


def _decoded(text: bytes) -> JsonObject:
    return cast("JsonObject", msgspec.json.decode(text, type=dict[str, object]))


def _merge(target: Json, patch: Json) -> Json:
    """RFC 7396 section 2."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = _merge(merged.get(name), value)
    return merged
