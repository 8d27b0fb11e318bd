"""The connectors of a tenant: added, changed, given new credentials.

Owns the order of the steps and the audit entries. A connector is a feed with the door `pull` and is named as its feed
is; whether it works at all is the feed's state. Secrets go in and never come out again but to the runner.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from watchfloor.audit.append import Actor, append
from watchfloor.feeds.connectors.connector import Connector, Manifest, Setting
from watchfloor.feeds.connectors.instances import queries
from watchfloor.feeds.connectors.instances.queries import ConnectorRow
from watchfloor.feeds.connectors.instances.sealing import SealedTold, Told, seal, unseal
from watchfloor.feeds.enrolment.enrol import find_feed
from watchfloor.feeds.feed import Feed, FeedState
from watchfloor.feeds.registry import change_feed, create_feed, list_feeds
from watchfloor.kernel import ids
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import Conflict, Invalid, NotFound
from watchfloor.kernel.ids import new_uuid
from watchfloor.kernel.secret import Secret

EXTERNAL_ID: Final = "external_id"
"""The setting that we make ourselves where a customer does not give it."""

_LONGEST: Final = 16_384
_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,62}")


class Instance(msgspec.Struct, frozen=True, kw_only=True):
    """A connector of a tenant, with what it was told."""

    feed: Feed
    row: ConnectorRow
    told: Told


async def add_connector(
    tx: TenantTx,
    cipher: TenantCipher,
    actor: Actor,
    connector: Connector,
    *,
    name: str,
    given: Mapping[str, str],
    streams: Sequence[str] | None = None,
) -> Feed:
    """Adds a connector; it begins to work at once. `given` has settings and secrets.

    Without `streams` those that the manifest switches on. Raises Invalid, Conflict when the name is taken.
    """
    manifest = connector.manifest
    told = check_given(manifest, with_ours(manifest, cipher, given))
    wanted = _chosen(manifest, streams)
    if _NAME.fullmatch(name) is None:
        raise Invalid("A name has at most 63 characters of a-z, 0-9 and -, and begins with a letter.", where=name)
    feed = await create_feed(tx, actor, name=name, door="pull", source_hint=None)
    sealed = seal(cipher, feed.id, told)
    await queries.insert_connector(tx, feed.id, kind=manifest.name, settings=sealed.settings, secrets=sealed.secrets)
    for stream in manifest.streams:
        state: queries.StreamState = "active" if stream.name in wanted else "off"
        await queries.insert_stream(tx, feed.id, stream_id=new_uuid(), name=stream.name, state=state)
    await note(tx, actor, "connector.add", feed, after=trace(manifest.name, told, sorted(wanted)))
    return feed


async def find_instance(tx: TenantTx, cipher: TenantCipher, name: str) -> Instance:
    """The tenant's connector with this name or feed id. Raises NotFound."""
    feed = await find_feed(tx, name)
    row = await queries.select_connector(tx, feed.id)
    if row is None:
        raise NotFound("This feed is no connector.", where=name)
    return Instance(feed=feed, row=row, told=unseal(cipher, feed.id, _sealed(row)))


async def list_instances(tx: TenantTx, cipher: TenantCipher) -> list[Instance]:
    """All connectors of the tenant, by name."""
    feeds = {feed.id: feed for feed in await list_feeds(tx)}
    rows = await queries.select_connectors(tx)
    found = [Instance(feed=feeds[row.feed_id], row=row, told=unseal(cipher, row.feed_id, _sealed(row))) for row in rows]
    return sorted(found, key=lambda one: one.feed.name)


async def change_settings(
    tx: TenantTx,
    cipher: TenantCipher,
    actor: Actor,
    connector: Connector,
    instance: Instance,
    *,
    changes: Mapping[str, str],
) -> Instance:
    """Changes settings that are no secrets; an empty value takes one away. What had stopped is looked at at once.

    Raises Invalid, Conflict when somebody else changed the connector meanwhile.
    """
    secret = {setting.name for setting in connector.manifest.settings if setting.is_secret}
    for name in changes:
        if name in secret:
            raise Invalid("A secret is not changed, but rotated.", where=name)
    merged = {**instance.told.settings, **{name: one.reveal() for name, one in instance.told.secrets.items()}}
    told = check_given(connector.manifest, {**merged, **changes})
    if told.settings == instance.told.settings:
        return instance
    await write(tx, cipher, instance, told, is_rotation=False)
    await queries.forget_strangers(tx, instance.feed.id)
    await queries.wake(tx, instance.feed.id)
    before = trace(instance.row.kind, instance.told)
    await note(tx, actor, "connector.change", instance.feed, before=before, after=trace(instance.row.kind, told))
    return await find_instance(tx, cipher, ids.show("feed", instance.feed.id))


async def write(tx: TenantTx, cipher: TenantCipher, instance: Instance, told: Told, *, is_rotation: bool) -> None:
    """Stores what a connector is told from now on. Raises Conflict when it is not the one that was read any more."""
    sealed = seal(cipher, instance.feed.id, told)
    if not await queries.update_connector(
        tx,
        instance.feed.id,
        revision=instance.row.revision,
        settings=sealed.settings,
        secrets=sealed.secrets,
        is_rotation=is_rotation,
    ):
        raise Conflict("Somebody else changed the connector meanwhile.", where=instance.feed.name)


async def set_state(tx: TenantTx, actor: Actor, instance: Instance, state: FeedState) -> Feed:
    """Pauses or resumes a connector. What had stopped is looked at at once. Doing it again changes nothing."""
    feed = instance.feed
    changed = await change_feed(tx, actor, feed_id=feed.id, source_hint=feed.source_hint, state=state)
    if state == "active":
        await queries.wake(tx, feed.id)
    return changed


async def switch_streams(
    tx: TenantTx, actor: Actor, connector: Connector, instance: Instance, *, streams: Sequence[str]
) -> list[str]:
    """Switches these streams on and all others off; gives those that changed. Raises Invalid."""
    wanted = _chosen(connector.manifest, streams)
    changed: list[str] = []
    for stream in connector.manifest.streams:
        state: queries.StreamState = "active" if stream.name in wanted else "off"
        await queries.insert_stream(tx, instance.feed.id, stream_id=new_uuid(), name=stream.name, state="off")
        if await queries.switch_stream(tx, instance.feed.id, name=stream.name, state=state):
            changed.append(stream.name)
    if changed:
        await note(tx, actor, "connector.switch_streams", instance.feed, after={"streams": sorted(wanted)})
    return changed


def check_given(manifest: Manifest, given: Mapping[str, str]) -> Told:
    """What somebody told a connector, checked against its manifest. Raises Invalid with the first fault."""
    known = {setting.name: setting for setting in manifest.settings}
    for name in given:
        if name not in known:
            raise Invalid(f"There is no setting {name}.", where=name, remedy=f"Known are: {', '.join(known)}.")
    settings, secrets = dict[str, str](), dict[str, Secret]()
    for setting in manifest.settings:
        value = given.get(setting.name, "").strip()
        if not value:
            if setting.is_required:
                raise Invalid(f"The setting {setting.name} is missing: {setting.label}.", where=setting.name)
            continue
        _check(setting, value)
        if setting.is_secret:
            secrets[setting.name] = Secret(value)
        else:
            settings[setting.name] = value
    return Told(settings=settings, secrets=secrets)


def with_ours(manifest: Manifest, cipher: TenantCipher, given: Mapping[str, str]) -> dict[str, str]:
    """What was given, with the external id that we make for this customer where the connector has one.

    Whoever holds our keys for a vendor's role can take it for the customer alone whose id stands in its policy.
    """
    if given.get(EXTERNAL_ID) or all(setting.name != EXTERNAL_ID for setting in manifest.settings):
        return dict(given)
    return {**given, EXTERNAL_ID: f"watchfloor-{cipher.index('connector external id', manifest.name).hex()}"}


async def note(
    tx: TenantTx, actor: Actor, action: str, feed: Feed, *, before: object = None, after: object = None
) -> None:
    """Puts a change of a connector into the audit log."""
    shown = ids.show("feed", feed.id)
    await append(tx, actor, action=action, object_kind="feed", object_id=shown, before=before, after=after)


def _check(setting: Setting, value: str) -> None:
    if len(value) > _LONGEST:
        raise Invalid(f"The setting {setting.name} is too long.", where=setting.name)
    if setting.pattern and re.fullmatch(setting.pattern, value) is None:
        raise Invalid(f"The setting {setting.name} is not as it should be: {setting.label}.", where=setting.name)


def _chosen(manifest: Manifest, streams: Sequence[str] | None) -> set[str]:
    known = {stream.name for stream in manifest.streams}
    if streams is None:
        return {stream.name for stream in manifest.streams if stream.is_on}
    for name in streams:
        if name not in known:
            raise Invalid(f"There is no stream {name}.", where=name, remedy=f"Known are: {', '.join(sorted(known))}.")
    return set(streams)


def _sealed(row: ConnectorRow) -> SealedTold:
    return SealedTold(settings=row.settings, secrets=row.secrets)


def trace(kind: str, told: Told, streams: Sequence[str] = ()) -> dict[str, object]:
    """What the audit log hashes of a connector: which secrets there are, never what they say."""
    return {
        "connector": kind,
        "settings": dict(told.settings),
        "secrets": sorted(told.secrets),
        "streams": list(streams),
    }
