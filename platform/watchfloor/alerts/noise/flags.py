"""The flag of a throttled rule: set when the throttle holds something, taken back after a calm period.

Each setting and taking back is an entry of the tenant's audit log and a message to the surfaces, in the transaction of
the change. A rule that is throttled keeps matching and counting all along.
"""

from datetime import datetime, timedelta
from typing import Final

import msgspec

from watchfloor.alerts.noise import queries
from watchfloor.alerts.queries import lock
from watchfloor.audit.append import Actor, append
from watchfloor.detect.rule import Rule
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.outbox import publish

CALM: Final = timedelta(hours=2)
"""A throttled rule that held nothing for so long is throttled no more."""

RULE_THROTTLED: Final = "rule.throttled"
"""Topic: a rule is throttled from now on, or is no more. The key is the rule's id, the payload a `ThrottleNews`."""

HOURS_KEPT: Final = timedelta(days=400)
HELD_KEPT: Final = timedelta(days=7)
"""After that no batch counts into the hour any more, however long it waited."""

SUBJECTS_KEPT: Final = timedelta(days=2)

THROTTLE: Final = Actor(kind="system", id="throttle", role="system", request_id="")
"""Who throttles, in the audit log."""


class ThrottleNews(msgspec.Struct, frozen=True, kw_only=True):
    """What a message says. `until` is None when it begins; the figures are those of the whole time when it ends."""

    rule_id: str
    title: str
    level: str
    since: datetime
    until: datetime | None
    held_matches: int
    held_keys: int


async def announce_throttled(tx: TenantTx, rule: Rule, *, since: datetime) -> None:
    """Says that the rule is throttled from now on."""
    news = ThrottleNews(
        rule_id=rule.id, title=rule.title, level=rule.level, since=since, until=None, held_matches=0, held_keys=0
    )
    await _say(tx, news, action="rule.throttled")


async def unflag_calm(tx: TenantTx, *, now: datetime) -> list[str]:
    """Ends the throttling of the rules that have been calm, and returns their ids. A regular job does it."""
    await lock(tx)
    calm = await queries.select_calm(tx, before=now - CALM)
    if calm:
        await queries.unflag(tx, [row.rule_id for row in calm])
    for row in calm:
        news = ThrottleNews(
            rule_id=row.rule_id,
            title=row.title,
            level=row.level,
            since=row.throttled_since,
            until=now,
            held_matches=row.held_matches,
            held_keys=row.held_keys,
        )
        await _say(tx, news, action="rule.unthrottled")
    return [row.rule_id for row in calm]


async def forget_noise(tx: TenantTx, *, now: datetime) -> None:
    """Deletes what nothing asks for any more. A regular job does it."""
    await queries.forget(tx, subjects=now - SUBJECTS_KEPT, held=now - HELD_KEPT, hours=now - HOURS_KEPT)


async def _say(tx: TenantTx, news: ThrottleNews, *, action: str) -> None:
    await append(tx, THROTTLE, action=action, object_kind="rule", object_id=news.rule_id, after=news)
    await publish(tx, topic=RULE_THROTTLED, key=news.rule_id, payload=msgspec.json.encode(news))
