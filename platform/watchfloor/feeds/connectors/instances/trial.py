"""Trying a connector against its vendor, and giving it new secrets without a gap.

Owns the order: new secrets are tried before the old ones go, so a mistake leaves everything as it was. The old ones are
used until then, and by a turn that is under way for as long as that lasts; only after that may the customer end them.
Nothing is stored of what the vendor says.
"""

import asyncio
from collections.abc import Mapping
from typing import ClassVar, Final

import msgspec

from watchfloor.audit.append import Actor
from watchfloor.feeds.connectors.connector import Connector, Finding
from watchfloor.feeds.connectors.instances import queries
from watchfloor.feeds.connectors.instances.registry import Instance, check_given, note, write
from watchfloor.feeds.connectors.instances.sealing import Told
from watchfloor.feeds.connectors.reach import Reach
from watchfloor.feeds.feed import Feed
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import tenant_tx
from watchfloor.kernel.errors import Invalid, Unavailable, WatchfloorError

TRIAL_SECONDS: Final = 60.0


class NotProven(Invalid):
    """What was to be used from now on does not work; nothing was changed."""

    code: ClassVar[str] = "not_proven"

    def __init__(self, findings: list[Finding]) -> None:
        bad = [finding for finding in findings if not finding.is_good]
        super().__init__(
            "The vendor does not take these: " + "; ".join(finding.what for finding in bad),
            remedy=" ".join(finding.remedy for finding in bad if finding.remedy) or "Nothing was changed.",
        )
        self.findings = findings


class Rotated(msgspec.Struct, frozen=True, kw_only=True):
    """What a rotation came to: what was found with the new secrets, and for how long the old ones may still be used."""

    feed: Feed
    findings: list[Finding]
    seconds: float


async def try_connector(reach: Reach, connector: Connector, feed: Feed, told: Told) -> list[Finding]:
    """Tries each permission; a vendor that is away is a finding too."""
    try:
        async with asyncio.timeout(TRIAL_SECONDS):
            return await connector.check(reach.remote(feed, told))
    except TimeoutError:
        fault: WatchfloorError = Unavailable("The vendor did not answer in time.", remedy="Try again later.")
    except WatchfloorError as error:
        fault = error
    return [Finding(what=fault.message, is_good=False, remedy=fault.remedy or "")]


async def rotate(
    reach: Reach,
    cipher: TenantCipher,
    actor: Actor,
    connector: Connector,
    instance: Instance,
    *,
    secrets: Mapping[str, str],
    seconds: float,
) -> Rotated:
    """Puts new secrets in the place of the old ones, after they were seen to work.

    `seconds` is how long a turn may last that began with the old ones. Raises Invalid, NotProven, Conflict.
    """
    told = _replaced(connector, instance, secrets)
    findings = await try_connector(reach, connector, instance.feed, told)
    if not findings or not all(finding.is_good for finding in findings):
        raise NotProven(findings)
    async with tenant_tx(reach.database, instance.feed.tenant_id) as tx:
        await write(tx, cipher, instance, told, is_rotation=True)
        await queries.wake(tx, instance.feed.id)
        await note(tx, actor, "connector.rotate", instance.feed, after={"secrets": sorted(secrets)})
    return Rotated(feed=instance.feed, findings=findings, seconds=seconds)


def _replaced(connector: Connector, instance: Instance, secrets: Mapping[str, str]) -> Told:
    known = {setting.name for setting in connector.manifest.settings if setting.is_secret}
    if not secrets:
        raise Invalid("There is no new secret.", remedy=f"Secrets are: {', '.join(sorted(known)) or 'none'}.")
    for name in secrets:
        if name not in known:
            raise Invalid("This is no secret of the connector.", where=name)
    kept = {name: one.reveal() for name, one in instance.told.secrets.items()}
    return check_given(connector.manifest, {**instance.told.settings, **kept, **secrets})
