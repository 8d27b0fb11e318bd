"""The demo's breach, told to those who must hear of it: the case, its notices, and the reports on paper.

The analyst opens and fills the case, the lead answers for the notice to the customer, the customer's privacy officer
decides and approves what goes to the authority. Nothing is sent anywhere: that a notice went out is what a person says.
"""

import asyncio
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Final

import msgspec

from watchfloor.kernel.clock import SystemClock
from watchfloor.kernel.egress import Outbound
from watchfloor.kernel.errors import Unavailable
from watchfloor.ops.demo.breach import ASKED, RULINGS, SCORES, STATED, TITLE, filled
from watchfloor.ops.demo.cast import LEAD, OFFICER
from watchfloor.ops.demo.visitor import Visitor

LANGUAGES: Final = ("de", "en")

_LOOK_AGAIN_SECONDS: Final = 0.2
_PATIENCE_SECONDS: Final = 120.0
_REASON: Final = "Geprüft; so soll es hinausgehen."
_CHANNEL: Final = "Mail an den Datenschutz und Anruf"


class Paper(msgspec.Struct, frozen=True, kw_only=True):
    """A finished report: what it is, in which language, and the file."""

    kind: str
    language: str
    file: Path
    pages: int


class _Case(msgspec.Struct):
    id: str
    ref: str
    status: str


class _Notice(msgspec.Struct):
    id: str
    sha256: str


class _Drafted(msgspec.Struct):
    notice: _Notice
    missing: list[msgspec.Raw]


class _Report(msgspec.Struct):
    id: str
    state: str
    pages: int | None
    error: str | None


class Dossier(msgspec.Struct, frozen=True, kw_only=True):
    """The case's reference, its reports, and what was missing where nothing should have been."""

    ref: str
    papers: Sequence[Paper]
    missing: int


async def tell_of_the_breach(
    outbound: Outbound, origin: str, analyst: Visitor, *, base: str, incident: str, home: Path
) -> Dossier:
    """Works the case and has its reports made. `base` is the customer's place below the API.

    Raises Refused when the API takes something not, Unavailable when a report is not made.
    """
    lead = await Visitor.sign_in(outbound, origin, LEAD)
    officer = await Visitor.sign_in(outbound, origin, OFFICER)
    now = SystemClock().now()
    opening = {"incidents": [incident], "reason": ASKED, "title": TITLE}
    case = await analyst.order(_Case, f"{base}/breaches", opening)
    place = f"{base}/breaches/{case.ref}"
    await analyst.order(_Case, f"{place}/facts", {"facts": [filled(said, now) for said in STATED]})
    await analyst.order(_Case, f"{place}/severity", {"scores": SCORES})
    aware = {"path": "clock.processor_aware_at", "value": now.isoformat(), "reason": ASKED}
    await lead.order(_Case, f"{place}/decisions", aware)
    notice = await _drafted(analyst, place, "gdpr-controller")
    await _approve(lead, place, notice.notice)
    await lead.order(_Notice, f"{place}/notices/{notice.notice.id}/send", {"submitted_at": _now(), "channel": _CHANNEL})
    await officer.order(_Notice, f"{place}/notices/{notice.notice.id}/acknowledge", {"received_at": _now()})
    for ruling in RULINGS:
        await officer.order(_Case, f"{place}/decisions", filled(ruling, now))
    notification = await _drafted(officer, place, "gdpr-authority")
    await _approve(officer, place, notification.notice)
    wanted = {
        f"{case.ref}-notice": {"kind": "breach_notice", "case": case.id, "notice": notice.notice.id},
        f"{case.ref}-notification": {"kind": "breach_notification", "case": case.id, "notice": notification.notice.id},
        f"{incident.partition('-')[0]}-service": {"kind": "service", **_month(now)},
    }
    papers = [
        await _paper(officer, base, {**body, "language": language}, home / f"{name}-{language}.pdf")
        for name, body in wanted.items()
        for language in LANGUAGES
    ]
    return Dossier(ref=case.ref, papers=papers, missing=len(notice.missing) + len(notification.missing))


async def _drafted(who: Visitor, place: str, regime: str) -> _Drafted:
    return await who.order(_Drafted, f"{place}/notices", {"regime": regime})


async def _approve(who: Visitor, place: str, notice: _Notice) -> None:
    body = {"sha256": notice.sha256, "reason": _REASON, "knows_gaps": True}
    await who.order(_Notice, f"{place}/notices/{notice.id}/approve", body)


async def _paper(who: Visitor, base: str, body: dict[str, str], file: Path) -> Paper:
    asked = await who.order(dict[str, str], f"{base}/reports", body)
    name = asked["report"]
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            report = await who.read(_Report, f"{base}/reports/{name}")
            while report.state == "queued":
                await asyncio.sleep(_LOOK_AGAIN_SECONDS)
                report = await who.read(_Report, f"{base}/reports/{name}")
    except TimeoutError:
        raise Unavailable(
            f"After {_PATIENCE_SECONDS:.0f} seconds the report is not made.", where=body["kind"]
        ) from None
    if report.state != "ready" or report.pages is None:
        raise Unavailable(f"The report failed: {report.error}.", where=body["kind"])
    content = (await who.ask("GET", f"{base}/reports/{name}/file")).body
    await asyncio.to_thread(file.write_bytes, content)
    return Paper(kind=body["kind"], language=body["language"], file=file, pages=report.pages)


def _month(now: datetime) -> dict[str, str]:
    first = now.date().replace(day=1)
    after = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return {"period_from": first.isoformat(), "period_to": after.isoformat()}


def _now() -> str:
    return SystemClock().now().isoformat()
