"""What a connector is told by its customer, under the tenant's key: settings, which may name people, and secrets."""

from collections.abc import Mapping

import msgspec

from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.ids import FeedId
from watchfloor.kernel.secret import Secret


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """The settings and the secrets of one connector."""

    settings: Mapping[str, str]
    secrets: Mapping[str, Secret]


class SealedTold(msgspec.Struct, frozen=True, kw_only=True):
    """The same, sealed."""

    settings: bytes
    secrets: bytes


def seal(cipher: TenantCipher, feed_id: FeedId, told: Told) -> SealedTold:
    """Seals both, each for its own column."""
    settings = msgspec.json.encode(dict(told.settings))
    secrets = msgspec.msgpack.encode({name: secret.reveal() for name, secret in told.secrets.items()})
    return SealedTold(
        settings=cipher.seal(settings, table="connectors", column="settings", row=feed_id),
        secrets=cipher.seal(secrets, table="connectors", column="secrets", row=feed_id),
    )


def unseal(cipher: TenantCipher, feed_id: FeedId, sealed: SealedTold) -> Told:
    """Opens both. Raises Unopenable."""
    settings = cipher.open_(sealed.settings, table="connectors", column="settings", row=feed_id)
    secrets = cipher.open_(sealed.secrets, table="connectors", column="secrets", row=feed_id)
    texts = msgspec.msgpack.decode(secrets, type=dict[str, str])
    return Told(
        settings=msgspec.json.decode(settings, type=dict[str, str]),
        secrets={name: Secret(text) for name, text in texts.items()},
    )
