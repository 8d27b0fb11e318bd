"""Doors, pipeline, PostgreSQL and Valkey are killed at random moments under load: nothing acknowledged is lost.

Two customers send without pause and send again whatever was not acknowledged. Afterwards every acknowledged event is
in the lake (exactly once where the sender names its requests), and alerts are those that the same events give when
nothing is ever killed: none missing, none twice (N4, Q1).
"""

import asyncio
import itertools
import json
import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

import httpx
import pytest

from tests.conftest import Eventually
from tests.crash.conftest import Installation, Source
from watchfloor.detect.engine import Engine
from watchfloor.kernel.db import Database, Role, tenant_tx
from watchfloor.kernel.ids import BatchId, new_uuid
from watchfloor.lake.opening import open_lake
from watchfloor.normalise.dispatch import normalise
from watchfloor.normalise.raw import RawEvent
from watchfloor.ops.rulesets.compiled import shared_engine

TARGETS: Final = ("doors", "pipeline", "postgres", "doors", "pipeline", "postgres", "valkey")
KILLS: Final = 50
"""Of the doors, the pipeline and PostgreSQL together; Valkey is killed besides."""
EVER: Final = (datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC))


def process_creation(number: int, chance: random.Random) -> dict[str, object]:
    """A Sysmon process creation; one in five is an encoded PowerShell command on one of four machines."""
    is_odd = chance.random() < 0.2
    return {
        "EventID": 1,
        "Channel": "Microsoft-Windows-Sysmon/Operational",
        "Provider_Name": "Microsoft-Windows-Sysmon",
        "Computer": f"ws-{number % 4}.example",
        "EventRecordID": number,
        "UtcTime": f"2026-11-20 10:{number % 7:02}:{number % 60:02}.123",
        "Image": r"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe" if is_odd else r"C:\Windows\notepad.exe",
        "CommandLine": "powershell.exe -EncodedCommand SQBFAFgAIAAoAE4AZQB3AC0ATwBi" if is_odd else "notepad.exe",
        "User": r"EXAMPLE\bob",
        "ParentImage": r"C:\Windows\explorer.exe",
    }


@dataclass
class Sender:
    """Sends batches to a feed, each until it is acknowledged."""

    source: Source
    client: httpx.AsyncClient
    path: str
    is_hec: bool
    chance: random.Random
    eventually: Eventually
    numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))
    acknowledged: list[dict[str, object]] = field(default_factory=list)
    acknowledged_batches: int = 0
    retries: int = 0

    async def run(self, stop: asyncio.Event) -> None:
        """Sends until told to stop, and the batch under way to its end."""
        while not stop.is_set():
            events = [process_creation(next(self.numbers), self.chance) for _ in range(self.chance.randrange(1, 60))]
            await self._send(events)
            self.acknowledged += events
            self.acknowledged_batches += 1

    async def _send(self, events: list[dict[str, object]]) -> None:
        if self.is_hec:
            body = "".join(json.dumps({"event": event}) for event in events)
            headers = {"Authorization": f"Splunk {self.source.token}"}
        else:
            body = "\n".join(json.dumps(event) for event in events)
            headers = {"Authorization": f"Bearer {self.source.token}", "Idempotency-Key": str(new_uuid())}
        await self.eventually(lambda: self._is_taken(body, headers), within=60)

    async def _is_taken(self, body: str, headers: dict[str, str]) -> bool:
        try:
            answer = await self.client.post(self.path, content=body, headers=headers)
        except httpx.TransportError:
            self.retries += 1
            return False
        assert answer.status_code in {200, 503}, answer.text
        self.retries += answer.status_code == 503
        return answer.status_code == 200


@pytest.mark.crash
async def test_what_was_acknowledged_survives_every_kill(installation: Installation, eventually: Eventually) -> None:
    chance = random.Random(20_261_122)
    sources = [await installation.source(1, door="ndjson"), await installation.source(2, door="hec")]
    url = f"http://127.0.0.1:{installation.settings.door_port}"
    async with httpx.AsyncClient(base_url=url, timeout=10) as client:
        senders = [
            Sender(source, client, path, is_hec, random.Random(number), eventually)
            for number, (source, path, is_hec) in enumerate(
                [(sources[0], "/ingest/v1/main", False), (sources[1], "/services/collector/event", True)]
            )
        ]
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            for sender in senders:
                tasks.create_task(sender.run(stop))
            kills = await kill_at_random(installation, senders, eventually, chance)
            stop.set()

    async def is_drained() -> bool:
        async with installation.superuser() as connection:
            waiting: int = await connection.fetchval("select count(*) from wf.intake_batches")
            return waiting == 0

    await eventually(is_drained, within=120)
    engine = shared_engine()
    for sender in senders:
        await check(installation, sender, engine)
    print(dict(kills), [(len(sender.acknowledged), sender.retries) for sender in senders])  # noqa: T201 - figures


async def kill_at_random(
    installation: Installation, senders: list[Sender], eventually: Eventually, chance: random.Random
) -> Counter[str]:
    """Kills processes one after the other, at moments of chance, each once work goes on after the one before."""
    kills = Counter[str]()
    while kills.total() - kills["valkey"] < KILLS:
        await further(senders, eventually, batches=chance.randrange(12))
        target = chance.choice(TARGETS)
        if not installation.kill(target):
            continue
        kills[target] += 1
        await further(senders, eventually, batches=2)
    return kills


async def further(senders: list[Sender], eventually: Eventually, *, batches: int) -> None:
    """Waits until each sender has as many more batches acknowledged."""
    marks = [sender.acknowledged_batches + batches for sender in senders]

    def goes_on() -> bool:
        return all(sender.acknowledged_batches >= mark for sender, mark in zip(senders, marks, strict=True))

    await eventually(goes_on, within=60)


async def check(installation: Installation, sender: Sender, engine: Engine) -> None:
    """Compares what was acknowledged with what is there."""
    source = sender.source
    sent = [event["EventRecordID"] for event in sender.acknowledged]
    kept = [json.loads(raw)["EventRecordID"] for raw in await bodies(installation, source)]
    if sender.is_hec:
        assert set(kept) == set(sent)
    else:
        assert Counter(kept) == Counter(sent)
    async with installation.superuser() as connection:
        counted = {
            row["rule_id"]: row["events"]
            for row in await connection.fetch(
                """
                select a.rule_id, count(*) as events
                  from wf.alerts a
                  join wf.alert_events e on e.tenant_id = a.tenant_id and e.alert_id = a.id
                 where a.tenant_id = $1
                 group by a.rule_id
                """,
                source.tenant_id,
            )
        }
        totals = await connection.fetchrow(
            """
            select count(*) as alerts, count(distinct (rule_id, dedup_index)) as kinds, sum(match_count) as matches
              from wf.alerts
             where tenant_id = $1
            """,
            source.tenant_id,
        )
        assert await connection.fetchval("select count(*) from wf.quarantine") == 0
        figures = await connection.fetchval(
            "select sum(events) from wf.feed_hours where tenant_id = $1", source.tenant_id
        )
    assert counted == expected_matches(sender, engine)
    assert totals is not None
    assert totals["alerts"] == totals["kinds"] > 0
    assert totals["matches"] == sum(counted.values())
    assert figures == len(kept)


async def bodies(installation: Installation, source: Source) -> list[bytes]:
    """What the lake has of a customer."""
    app = await Database.open(installation.settings, Role.APP, connections=1)
    try:
        async with tenant_tx(app, source.tenant_id) as tx:
            store = open_lake(installation.settings)
            return [event.raw async for event in store.scan(tx, source.cipher, since=EVER[0], until=EVER[1])]
    finally:
        await app.close()


def expected_matches(sender: Sender, engine: Engine) -> dict[str, int]:
    """How many events of each rule there would be, had nothing been killed."""
    now = datetime(2026, 11, 22, tzinfo=UTC)
    events = [
        normalise(
            RawEvent(body=json.dumps(event).encode()),
            feed_id=sender.source.feed_id,
            batch_id=BatchId(new_uuid()),
            index=index,
            source_hint=None,
            received_at=now,
        )
        for index, event in enumerate(sender.acknowledged)
    ]
    matches = engine.match(events)
    return dict(Counter(engine.rules[rule].id for rule in matches.rule))
