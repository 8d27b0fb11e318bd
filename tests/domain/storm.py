"""A storm for tests: thousands of alerts of one rule within a minute, over hosts that the rule knows, and one that it
does not.

`remember` lets the rule know the hosts, as it would after yesterday's alerts; `Storm.batches` are what the pipeline
then gets. Nothing here needs a fixture, so that tests of surfaces can use it too.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

import asyncpg

from tests.domain.workplace import NOON, Tenant
from watchfloor.detect.condition import Keyword, Text
from watchfloor.detect.rule import Level, Rule
from watchfloor.kernel.ids import IncidentId
from watchfloor.normalise.event import Entity, Event, LogSource

MINUTE: Final = 60.0
SEEDED: Final = "srv-finance"
"""The host that the rule had not concerned before."""

_SOURCE: Final = LogSource(product="windows", service="security")
_BEFORE: Final = timedelta(hours=3)


@dataclass(frozen=True)
class Storm:
    """`alerts` alerts over `hosts` known hosts within a minute, and one about a new host in the middle of it.

    A rule of level critical is never throttled, so that each of its alerts is a row of its own.
    """

    alerts: int = 10_000
    hosts: int = 20
    level: Level = "critical"
    title: str = "Mass file change"
    batch: int = 500

    @property
    def rule(self) -> Rule:
        """The rule that storms."""
        digest = hashlib.sha256(self.title.encode()).hexdigest()
        return Rule(
            id=str(UUID(digest[:32])),
            title=self.title,
            level=self.level,
            status="stable",
            author="Watchfloor",
            references=(),
            tags=("attack.impact", "attack.t1486"),
            why="Files change faster than people can.",
            false_positives=("A backup.",),
            runbook=("Look at the process.",),
            dedup=("host", "Number"),
            window_seconds=3600,
            licence="Apache-2.0",
            link=None,
            logsource=_SOURCE,
            path="windows/mass_file_change.yml",
            content_hash=digest,
            condition=Keyword(test=Text(("x",))),
        )

    @property
    def known(self) -> list[str]:
        """The hosts that the rule has concerned before."""
        return [f"ws-{number}" for number in range(self.hosts)]

    def batches(self) -> Iterator[list[tuple[Rule, Event]]]:
        """What the pipeline gets, in the order of arrival: `alerts` matches and the seeded one."""
        rule, known = self.rule, self.known
        hosts = [known[number % len(known)] for number in range(self.alerts)]
        hosts.insert(self.alerts // 2, SEEDED)
        for start in range(0, len(hosts), self.batch):
            yield [
                (rule, event_on(host, number=number, at=timedelta(seconds=MINUTE * number / len(hosts))))
                for number, host in enumerate(hosts[start : start + self.batch], start)
            ]


def event_on(host: str, *, number: int, at: timedelta) -> Event:
    """An event about a host; `number` is its identity, `at` counts from noon."""
    moment = NOON + at
    return Event(
        key=hashlib.sha256(f"storm {number}".encode()).digest()[:16],
        source="windows.security",
        logsources=(_SOURCE,),
        time=moment,
        time_quality="parsed",
        received_at=moment,
        fields={"EventID": 4663, "Number": number},
        entities=(Entity("host", host),),
        summary=f"file change {number}",
        raw=b'{"EventID":4663}',
        parser="windows/1",
    )


async def remember(
    tenant: Tenant, rule: Rule, hosts: Sequence[str], superuser: "asyncpg.Connection[asyncpg.Record]"
) -> list[IncidentId]:
    """Lets the rule have concerned these hosts hours ago; what that opened was benign and is closed since yesterday."""
    opened = await tenant.work(
        *((rule, event_on(host, number=-1 - number, at=-_BEFORE)) for number, host in enumerate(hosts))
    )
    await superuser.execute(
        "update wf.incidents set state = 'closed', verdict = 'benign', verdict_reason = 'x',"
        " resolved_at = now() - interval '1 day', closed_at = now() - interval '1 day',"
        " opened_at = now() - interval '2 days' where id = any($1::uuid[])",
        opened,
    )
    await superuser.execute(
        "update wf.incident_origins set opened_at = now() - interval '2 days', last_at = now() - interval '2 days'"
        " where incident_id = any($1::uuid[])",
        opened,
    )
    return opened
