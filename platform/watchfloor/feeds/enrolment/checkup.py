"""Whether a feed works, and if not, what is wrong: a list of findings for whoever connects a sender.

Owns the order of the questions, from the credential to the parser, and their words.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final, Literal

import msgspec

from watchfloor.feeds.alarms.alarm import span
from watchfloor.feeds.enrolment import queries
from watchfloor.feeds.enrolment.probe import MARK
from watchfloor.feeds.health import FeedHealth, health_of
from watchfloor.feeds.trust.histogram import AHEAD_SECONDS
from watchfloor.feeds.unparsed.ledger import UnparsedSource, unparsed_sources
from watchfloor.kernel import ids
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import FeedId

RECENT: Final = timedelta(hours=1)
"""For how long refusals and quarantined events matter."""

_MOSTLY: Final = 0.5
_SAMPLE: Final = 300


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was looked at. `detail` may be the text of an event, which anybody may have written."""

    verdict: Literal["good", "warning", "bad"]
    code: str
    text: str
    remedy: str = ""
    detail: str = ""


class Checkup(msgspec.Struct, frozen=True, kw_only=True):
    """What was found. It is green when nothing is bad."""

    feed: str
    is_green: bool
    findings: list[Finding]

    @classmethod
    def of(cls, feed: str, findings: Sequence[Finding]) -> "Checkup":
        """A checkup from its findings."""
        return cls(feed=feed, is_green=all(one.verdict != "bad" for one in findings), findings=list(findings))


class _Facts(msgspec.Struct, frozen=True, kw_only=True):
    health: FeedHealth
    tokens: int
    wrong_tokens: queries.Times
    waiting: int
    quarantined: list[queries.QuarantinedKind]
    unparsed: UnparsedSource | None
    tests: int
    since: datetime
    at: datetime


async def examine(
    tx: TenantTx, cipher: TenantCipher, *, feed_id: FeedId, tokens: int, since: datetime, at: datetime
) -> list[Finding]:
    """Looks at a feed. `tokens` is how many credentials it has; something should have come `since`. Raises NotFound."""
    health = await health_of(tx, feed_id, at=at)
    known = await unparsed_sources(tx, cipher, with_samples=True) if health.day.unparsed else []
    mine = [one for one in known if one.feed_id == feed_id]
    tests = [one for one in mine if any(MARK in sample for sample in one.samples)]
    facts = _Facts(
        health=health,
        tokens=tokens,
        wrong_tokens=await queries.select_refused_tokens(tx, ids.show("feed", feed_id), since=at - RECENT),
        waiting=await queries.count_waiting(tx, feed_id),
        quarantined=await queries.select_quarantined(tx, feed_id, since=at - RECENT),
        unparsed=next((one for one in mine if one.samples and one not in tests), None),
        tests=min(sum(one.events for one in tests), health.day.unparsed),
        since=since,
        at=at,
    )
    return [*_door(facts), *_arrival(facts), *_reading(facts), *_time(facts)]


def _door(facts: _Facts) -> Iterator[Finding]:
    if facts.health.feed.state == "paused":
        yield Finding(
            verdict="bad", code="paused", text="The feed is paused: senders are refused.", remedy="Resume it."
        )
    if facts.tokens == 0:
        yield Finding(
            verdict="bad",
            code="no_credential",
            text="The feed has no credential that works.",
            remedy="Make one: `watchfloor feed rotate`.",
        )
    if facts.wrong_tokens.last_at is not None:
        ago = span((facts.at - facts.wrong_tokens.last_at).total_seconds())
        yield Finding(
            verdict="bad" if not _came(facts) else "warning",
            code="wrong_token",
            text=f"Somebody shows a wrong or an old token of this feed, last {ago} ago.",
            remedy="Look in the sender for the token that was shown last; a lost one is replaced by `feed rotate`.",
        )
    if facts.health.day.refused:
        yield Finding(
            verdict="warning",
            code="refused",
            text=f"{facts.health.day.refused:,} requests were turned away for want of room within a day.",
            remedy="The tenant sends more than its share, or the pipeline is behind: see the feed's trust ledger.",
        )


def _arrival(facts: _Facts) -> Iterator[Finding]:
    last = facts.health.last_received_at
    if _came(facts):
        yield Finding(verdict="good", code="received", text=f"Events arrive, last {_ago(facts, last)}.")
    elif facts.waiting:
        yield Finding(
            verdict="bad",
            code="waiting",
            text=f"{facts.waiting:,} batches are stored and wait for the pipeline.",
            remedy="See whether the pipeline runs: `watchfloor doctor`.",
        )
    elif last is None:
        yield Finding(
            verdict="bad",
            code="nothing_received",
            text="Nothing has ever arrived.",
            remedy="Does the sender run, does it reach our address and port, and does it show this feed's credential?",
        )
    else:
        yield Finding(
            verdict="bad",
            code="nothing_new",
            text=f"Nothing has arrived since the test began; the last came {_ago(facts, last)}.",
            remedy="Let the sender send something, or wait for its next turn.",
        )
    yield from (
        Finding(verdict="bad", code=f"alarm_{alarm.kind}", text=alarm.words(facts.health.feed.name))
        for alarm in facts.health.alarms
        if not (alarm.kind == "silent" and _came(facts))
    )


def _reading(facts: _Facts) -> Iterator[Finding]:
    for kind in facts.quarantined:
        yield Finding(
            verdict="warning",
            code=f"quarantined_{kind.code}",
            text=f"{kind.times:,} events of the last hour could not be read: {kind.reason}",
            remedy="They are in the quarantine with their bytes.",
        )
    events = facts.health.day.events - facts.health.day.quarantined - facts.tests
    if events <= 0:
        return
    share = (facts.health.day.unparsed - facts.tests) / events
    sample = "" if facts.unparsed is None else facts.unparsed.samples[0][:_SAMPLE].decode("utf-8", "replace")
    if share > _MOSTLY:
        yield Finding(
            verdict="warning",
            code="unparsed",
            text=f"{share:.0%} of the day's events are in no form that a parser knows; no rule looks at them.",
            remedy="Is it the right source and format? See `watchfloor unparsed`.",
            detail=sample,
        )
    else:
        yield Finding(verdict="good", code="parsed", text=f"{1 - share:.0%} of the day's events are parsed.")


def _time(facts: _Facts) -> Iterator[Finding]:
    lag = facts.health.day.event_lag
    if lag.p50 is not None and lag.p99 is not None:
        text = f"Half of the events come within {span(lag.p50)} of their own time, 99 % within {span(lag.p99)}."
        is_late = lag.p50 > 10 * AHEAD_SECONDS
        remedy = "Is a clock or a time zone wrong? The feed's option `zone` says what times without one mean."
        yield Finding(verdict="warning" if is_late else "good", code="lag", text=text, remedy=remedy if is_late else "")


def _came(facts: _Facts) -> bool:
    last = facts.health.last_received_at
    return last is not None and last >= facts.since


def _ago(facts: _Facts, last: datetime | None) -> str:
    return "never" if last is None else f"{span((facts.at - last).total_seconds())} ago"
