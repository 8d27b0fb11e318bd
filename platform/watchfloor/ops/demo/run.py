"""The demo's course: onboard, replay, watch, work an incident, make its report, knock on the wrong door.

Everything goes the way that a person or a shipper goes: bundles through `watchfloor tenant`, events through the doors,
people through the API and the console. It never touches the database.
"""

import asyncio
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import msgspec

from watchfloor.kernel.clock import SystemClock
from watchfloor.kernel.config import Settings
from watchfloor.kernel.egress import Egress, Outbound
from watchfloor.kernel.egress_rules import Destination
from watchfloor.kernel.errors import Unavailable
from watchfloor.kernel.ids import new_uuid, show
from watchfloor.ops.demo.cast import ANALYST, EXPECTED, VIEWERS
from watchfloor.ops.demo.papers import Dossier, tell_of_the_breach
from watchfloor.ops.demo.storyline import Delivery, storyline
from watchfloor.ops.demo.visitor import Visitor
from watchfloor.ops.replay.feed import certificate, ticket
from watchfloor.ops.replay.sender import Sender, open_door
from watchfloor.ops.replay.stream import StreamSender

_PATIENCE_SECONDS: Final = 120.0
_LOOK_AGAIN_SECONDS: Final = 0.2

Tell = Callable[[str], None]


class Feed(msgspec.Struct):
    """What the API says of a feed."""

    name: str
    events: int
    matches: int
    quarantined: int


class Alert(msgspec.Struct):
    """What the API says of an alert."""

    title: str
    severity: str
    events: int


class Incident(msgspec.Struct):
    """What the API says of an incident."""

    id: str
    ref: str
    title: str
    severity: str
    state: str
    alerts: int


class Report(msgspec.Struct):
    """What the API says of a report."""

    id: str
    state: str
    pages: int | None
    sha256: str | None
    error: str | None


class Story(msgspec.Struct, kw_only=True):
    """What became of one tenant's part of the storyline."""

    tenant: str
    name: str
    sent: int
    feeds: list[Feed]
    alerts: list[Alert]
    incidents: list[Incident]

    def shortfalls(self) -> list[str]:
        """What should have come of it and did not."""
        expected = EXPECTED[self.tenant]
        missing = sorted(expected.alerts - {alert.title for alert in self.alerts})
        faults = [f"{self.name}: no alert of the rule “{title}”" for title in missing]
        if (arrived := sum(feed.events for feed in self.feeds)) != self.sent:
            faults.append(f"{self.name}: {self.sent} events were acknowledged, {arrived} came through")
        if len(self.incidents) != expected.incidents:
            faults.append(f"{self.name}: {len(self.incidents)} incidents instead of {expected.incidents}")
        return faults


LOOKED_FOR: Final = "rclone"
"""A word of the attack, which the analyst looks for in the events."""


class Outcome(msgspec.Struct, kw_only=True):
    """All that the demo did, and what is wrong with it."""

    stories: list[Story]
    worked: str
    card: str
    found: str
    pdf: Path
    report: Report
    knocks: int
    dossier: Dossier
    faults: list[str]


async def demonstrate(settings: Settings, *, bundles: Path, tell: Tell) -> Outcome:
    """Runs the whole course on a Watchfloor that is up.

    Raises Unavailable when a stage does not end in time, and whatever a door or the API refuses.
    """
    tell("onboarding two customers from their bundles")
    await _command("tenant", "apply", str(bundles))
    sent = await _replay(settings, tell)
    async with _api(settings) as (outbound, origin):
        analyst = await Visitor.sign_in(outbound, origin, ANALYST)
        stories = [await _watch(analyst, tenant, sent[tenant]) for tenant in EXPECTED]
        tell(f"{sum(len(story.incidents) for story in stories)} incidents are open; an analyst takes the worst")
        worst = stories[0].incidents[0]
        await _command("console", "--as", ANALYST, "-c", f"ack {worst.ref}")
        await _command("console", "--as", ANALYST, "-c", f"assign {worst.ref} me")
        verdict = f"verdict {worst.ref} true_positive Macro malware dumped passwords and copied freight papers out."
        await _command("console", "--as", ANALYST, "-c", verdict)
        card = await _command("console", "--as", ANALYST, "-c", f"show {worst.ref}")
        tell("looking through what is kept of the customer's events")
        found = await _command("console", "--as", ANALYST, "-c", f"events {LOOKED_FOR} span=7d customer=NORDKAI")
        tell("making the customer's report")
        base = await _base(analyst, stories[0].tenant)
        report, pdf = await _report(analyst, settings, base, worst.ref)
        tell("freight papers held personal data: a breach case, its two notices, and the month on paper")
        dossier = await tell_of_the_breach(outbound, origin, analyst, base=base, incident=worst.ref, home=settings.home)
        tell("knocking on the wrong doors")
        knocks, leaks = await _knock(outbound, origin, stories)
        stories = [await _watch(analyst, story.tenant, story.sent) for story in stories]
    faults = [fault for story in stories for fault in story.shortfalls()] + leaks
    if not any(incident.ref == worst.ref and incident.state != "new" for incident in stories[0].incidents):
        faults.append(f"{worst.ref} is not acknowledged")
    if LOOKED_FOR not in found:
        faults.append(f"a search of the kept events found nothing of {LOOKED_FOR}")
    if dossier.missing:
        faults.append(f"{dossier.ref}: {dossier.missing} mandatory fields are missing in its notices")
    return Outcome(
        stories=stories,
        worked=worst.ref,
        card=card,
        found=found,
        pdf=pdf,
        report=report,
        knocks=knocks,
        dossier=dossier,
        faults=faults,
    )


async def _command(*arguments: str) -> str:
    """Runs one of our commands as an operator does, and gives what it printed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",
        "-m",
        "watchfloor.ops.cli",
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    printed, complaint = await process.communicate()
    if process.returncode:
        raise Unavailable(complaint.decode("utf-8", "replace").strip(), where=f"watchfloor {' '.join(arguments[:2])}")
    return printed.decode("utf-8", "replace")


async def _replay(settings: Settings, tell: Tell) -> dict[str, int]:
    """Sends the storyline through the doors, both tenants at once; gives the acknowledged events by tenant.

    One tenant's senders take turns, so that its incidents get the same numbers in each run.
    """
    deliveries = storyline(SystemClock().now())
    total = sum(len(delivery.bodies()) for delivery in deliveries)
    tell(f"replaying {total:,} events through five doors at both customers")
    sent = dict.fromkeys(EXPECTED, 0)
    async with open_door(settings) as (outbound, origin), asyncio.TaskGroup() as senders:
        for tenant in EXPECTED:
            own = [delivery for delivery in deliveries if delivery.tenant == tenant]
            senders.create_task(_deliver(settings, outbound, origin, own, sent))
    return sent


async def _deliver(
    settings: Settings, outbound: Outbound, origin: str, deliveries: list[Delivery], sent: dict[str, int]
) -> None:
    for delivery in deliveries:
        if delivery.lines:
            now = SystemClock().now()
            async with certificate(settings, tenant=delivery.tenant, feed=delivery.feed, now=now) as shown:
                relay = StreamSender(port=settings.syslog_port, authority=shown.authority, issued=shown.issued)
                async for count in relay.send(delivery.bodies()):
                    sent[delivery.tenant] += count
            continue
        async with ticket(settings, tenant=delivery.tenant, feed=delivery.feed) as given:
            sender = Sender(outbound, origin=origin, door=given.feed.door, feed=given.feed.name, token=given.token)
            async for count in sender.send(delivery.bodies()):
                sent[delivery.tenant] += count


@asynccontextmanager
async def _api(settings: Settings) -> AsyncGenerator[tuple[Outbound, str]]:
    place = f"127.0.0.1:{settings.api_port}"
    origin = f"http://{place}"
    async with Egress(loopback_origins=frozenset({origin})).open(Destination(purpose="demo", hosts=(place,))) as out:
        yield out, origin


class _Tenant(msgspec.Struct):
    id: str
    slug: str
    name: str


class _Page(msgspec.Struct):
    items: list[msgspec.Raw]


async def _watch(analyst: Visitor, tenant: str, sent: int) -> Story:
    """The tenant's feeds, alerts and incidents, once all its events have come through."""
    own = next(found for found in await analyst.read(list[_Tenant], "/tenants") if found.slug == tenant)
    base = f"/tenants/{own.id}"
    async with _patience(f"{own.name}: the events do not come through"):
        feeds = await analyst.read(list[Feed], f"{base}/feeds")
        while sum(feed.events for feed in feeds) < sent:
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)
            feeds = await analyst.read(list[Feed], f"{base}/feeds")
    alerts = (await analyst.read(_Page, f"{base}/alerts?limit=200")).items
    incidents = (await analyst.read(_Page, f"{base}/incidents?limit=200")).items
    return Story(
        tenant=tenant,
        name=own.name,
        sent=sent,
        feeds=feeds,
        alerts=[msgspec.json.decode(alert, type=Alert) for alert in alerts],
        incidents=sorted(
            (msgspec.json.decode(incident, type=Incident) for incident in incidents), key=lambda found: -found.alerts
        ),
    )


async def _base(analyst: Visitor, tenant: str) -> str:
    """The tenant's place below the API."""
    own = next(found for found in await analyst.read(list[_Tenant], "/tenants") if found.slug == tenant)
    return f"/tenants/{own.id}"


async def _report(analyst: Visitor, settings: Settings, base: str, ref: str) -> tuple[Report, Path]:
    """Asks for an incident's report and saves the file that the API gives."""
    asked = await analyst.order(dict[str, str], f"{base}/reports", {"incident": ref})
    async with _patience("the report is not made"):
        report = await analyst.read(Report, f"{base}/reports/{asked['report']}")
        while report.state == "queued":
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)
            report = await analyst.read(Report, f"{base}/reports/{asked['report']}")
    if report.state != "ready":
        raise Unavailable(f"The report failed: {report.error}.", where=ref)
    pdf = settings.home / f"{ref}.pdf"
    pdf.write_bytes((await analyst.ask("GET", f"{base}/reports/{report.id}/file")).body)
    return report, pdf


async def _knock(outbound: Outbound, origin: str, stories: list[Story]) -> tuple[int, list[str]]:
    """Each customer asks for the other's incidents; the answer must be the one for things that do not exist."""
    knocks, leaks = 0, list[str]()
    for mine, theirs in (stories, stories[::-1]):
        visitor = await Visitor.sign_in(outbound, origin, VIEWERS[mine.tenant])
        [own] = await visitor.read(list[_Tenant], "/tenants")
        nothing = await visitor.ask("GET", f"/tenants/{own.id}/incidents/{show('inc', new_uuid())}")
        for incident in theirs.incidents:
            for name in (incident.id, incident.ref):
                answer = await visitor.ask("GET", f"/tenants/{own.id}/incidents/{name}")
                knocks += 1
                if (answer.status, answer.body) != (nothing.status, nothing.body):
                    leaks.append(f"{mine.name} can tell that {incident.ref} exists")
    return knocks, leaks


@asynccontextmanager
async def _patience(complaint: str) -> AsyncGenerator[None]:
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            yield
    except TimeoutError:
        raise Unavailable(f"After {_PATIENCE_SECONDS:.0f} seconds {complaint}.") from None
