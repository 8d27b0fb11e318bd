"""Pulls messages from Pub/Sub.

Owns the order: each subscription has its turn until it gives nothing, what is taken is held while it is stored, and is
acknowledged when it is durable. Messages come in no order and more than once; the keys see to that.
"""

from collections import Counter
from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import datetime
from typing import Final

from watchfloor.feeds.connectors.connector import (
    Cursor,
    Denied,
    Expired,
    Finding,
    Malformed,
    Page,
    Policy,
    Pulled,
    Remote,
    Stranger,
)
from watchfloor.feeds.connectors.gcp_pubsub import policy
from watchfloor.feeds.connectors.gcp_pubsub.manifest import MANIFEST, RESOURCES, SUBSCRIPTIONS
from watchfloor.feeds.connectors.gcp_pubsub.parse import Foreign, Owners, instant, read_message
from watchfloor.feeds.connectors.gcp_pubsub.subscriptions import (
    CONSUME,
    Pace,
    Subscriptions,
    Taken,
    open_subscriptions,
    receipt_for,
)
from watchfloor.kernel.errors import Invalid

_EMPTY_ANSWERS: Final = 2
"""So many answers without a message, one after the other, mean that there is nothing: one alone may be chance."""

_GIVE_ROLE: Final = "Give the service account the role that `watchfloor connector policy` prints, and look at the name."


class GcpPubsub:
    """The connector."""

    manifest = MANIFEST

    def __init__(self, pace: Pace | None = None) -> None:
        """`pace` says when messages that are being stored are held further."""
        self._pace = pace or Pace()

    async def pull(self, remote: Remote, stream: str, cursor: Cursor | None) -> AsyncGenerator[Page]:
        """The messages that there are. There is no cursor: what is not acknowledged comes again."""
        del stream, cursor
        owners = Owners(remote.values(RESOURCES))
        async with open_subscriptions(remote) as subscriptions:
            chances = dict.fromkeys(remote.values(SUBSCRIPTIONS), _EMPTY_ANSWERS)
            fault: Denied | Malformed | None = None
            while chances:
                for name in list(chances):
                    try:
                        taken = await subscriptions.take(name)
                    except (Denied, Malformed) as refused:  # the other subscriptions have theirs all the same
                        fault, taken, chances[name] = fault or refused, [], 1
                    if not taken:
                        chances[name] -= 1
                        if not chances[name]:
                            del chances[name]
                        continue
                    chances[name] = _EMPTY_ANSWERS
                    page = _page(remote, name, taken, owners)
                    async with subscriptions.holding(page.receipts, self._pace):
                        yield page
            if fault is not None:
                raise fault

    async def settle(self, remote: Remote, stream: str, receipts: Sequence[str]) -> None:
        """Acknowledges messages."""
        del stream
        async with open_subscriptions(remote) as subscriptions:
            await subscriptions.acknowledge(receipts)

    async def check(self, remote: Remote) -> list[Finding]:
        """Asks Pub/Sub for our permission on each subscription; no message is touched."""
        findings: list[Finding] = []
        try:
            async with open_subscriptions(remote) as subscriptions:
                findings += [await _checked(subscriptions, name) for name in remote.values(SUBSCRIPTIONS)]
        except (Denied, Expired, Malformed) as fault:
            findings.append(Finding(what=fault.message, is_good=False, remedy=fault.remedy or ""))
        return findings

    def policies(self, settings: Mapping[str, str]) -> list[Policy]:
        """Commands that make topic, sink, subscription and service account."""
        return policy.policies(settings)

    def window(self, stream: str, *, start: datetime, end: datetime) -> Cursor:
        """Always raises Invalid: a subscription cannot be asked for a time, but it can be put back to one."""
        del end
        raise Invalid(
            "Pub/Sub cannot be asked for a past window.",
            where=stream,
            remedy=(
                "Put the subscription back instead; what is stored already is not stored again: "
                f"gcloud pubsub subscriptions seek SUBSCRIPTION --time={start:%Y-%m-%dT%H:%M:%SZ}. It must keep "
                "acknowledged messages (--retain-acked-messages), which are at most 31 days old."
            ),
        )


async def _checked(subscriptions: Subscriptions, name: str) -> Finding:
    try:
        is_good = await subscriptions.has(name, CONSUME)
    except Denied as fault:
        return Finding(what=f"{CONSUME} on {name}: {fault.message}", is_good=False, remedy=fault.remedy or "")
    return Finding(what=f"{CONSUME} on {name}", is_good=is_good, remedy="" if is_good else _GIVE_ROLE)


def _page(remote: Remote, name: str, taken: Sequence[Taken], owners: Owners) -> Page:
    read = [read_message(one.message, subscription=name, owners=owners) for one in taken]
    records = tuple(one for one in read if isinstance(one, Pulled))
    foreign = Counter(one.account for one in read if isinstance(one, Foreign))
    published = [at for one in taken if (at := instant(one.message.publish_time)) is not None]
    return Page(
        records=records,
        receipts=tuple(receipt_for(name, one) for one in taken),
        strangers=tuple(Stranger(account=who, records=count, place=name) for who, count in foreign.items()),
        newest=max((one.at for one in records if one.at is not None), default=None),
        # What waits still was published about when these were.
        behind=remote.clock.now() - max(published) if published else None,
    )


CONNECTOR: Final = GcpPubsub()
