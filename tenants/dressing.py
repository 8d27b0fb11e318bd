"""The branding and the reports of a bundle: what they must agree on, and what becomes of them.

Owns reading the logo's file, which stands beside the bundle and is looked at but never decoded here.
"""

import stat
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import msgspec

from tenants.faults import Fault, nearest
from tenants.reporting import Branding, Reports, ReportSchedule
from tenants.schema import Parts
from watchfloor.audit.append import Actor
from watchfloor.controls.library import shipped
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import WatchfloorError
from watchfloor.reporting.branding.brand import PLAIN, Brand, parts_of
from watchfloor.reporting.branding.colour import check_colour
from watchfloor.reporting.branding.keeping import change_brand, read_brand
from watchfloor.reporting.branding.logo import LARGEST_BYTES, bare_logo
from watchfloor.reporting.branding.stated import check_address
from watchfloor.reporting.delivery.recipients import Recipient
from watchfloor.reporting.delivery.words import WORDS
from watchfloor.reporting.plan import Plan, change_plan, read_plan
from watchfloor.reporting.subject import KINDS
from watchfloor.reporting.timetable.schedule import DEFAULT_EVERY, Schedule, name_of


class Dressing(msgspec.Struct, frozen=True, kw_only=True):
    """How a tenant's reports look, and which are made by themselves. None: managed elsewhere, and not touched."""

    brand: Brand | None = None
    made: Plan | None = None


def dressing_of(parts: Parts, *, faults: list[Fault]) -> Dressing:
    """What a bundle wants, from its parts that are sound; what is wrong is added to `faults`."""
    branding, reports = parts.sound(Branding, "branding"), parts.sound(Reports, "reports")
    if reports is not None and parts.sound(str, "kind") == "operator":
        faults.append(Fault(parts.of("reports"), "Reports are made for customers.", "Put it into a customer's bundle."))
    return Dressing(
        brand=None if branding is None else _brand(branding, parts, faults),
        made=None
        if reports is None
        else Plan(schedules=_schedules(reports, parts, faults), recipients=_recipients(reports, parts, faults)),
    )


async def read_dressing(tx: TenantTx, cipher: TenantCipher) -> Dressing:
    """What the tenant has. Raises Unopenable."""
    return Dressing(brand=await read_brand(tx, cipher), made=await read_plan(tx, cipher))


async def write_dressing(tx: TenantTx, cipher: TenantCipher, actor: Actor, wanted: Dressing, *, at: datetime) -> None:
    """Makes it the tenant's, what differs, audited. New schedules begin `at`. Raises Unopenable."""
    if wanted.brand is not None:
        await change_brand(tx, cipher, actor, wanted.brand)
    if wanted.made is not None:
        await change_plan(tx, cipher, actor, wanted.made, at=at)


def items_of(dressing: Dressing, *, beside: Dressing) -> dict[str, str]:
    """What a person would name of it, for a plan: of the parts that `beside` says anything about."""
    brand = None if beside.brand is None else dressing.brand
    made = None if beside.made is None else dressing.made
    return {
        **{f"branding.{part}": text for part, text in parts_of(brand or PLAIN).items()},
        **{
            f"report recipient {recipient.address}": ", ".join(recipient.kinds)
            for recipient in (made or Plan()).recipients
        },
        **{f"report schedule {schedule.name}": _written(schedule) for schedule in (made or Plan()).schedules},
    }


def _brand(branding: Branding, parts: Parts, faults: list[Fault]) -> Brand:
    colours, sender = branding.colours, branding.sender
    chosen = {"headings": colours.headings, "lines": colours.lines} if colours is not None else {}
    if sender is not None and sender.email is not None:
        _check_address(sender.email, ("branding", "sender", "email"), parts, faults)
    return Brand(
        headings=_colour(chosen, "headings", parts, faults),
        lines=_colour(chosen, "lines", parts, faults),
        logo=None if branding.logo is None else _logo(branding.logo, parts, faults),
        sender_name=None if sender is None else sender.name,
        sender_address=None if sender is None else sender.email,
        contact=branding.contact,
    )


def _colour(chosen: dict[str, str], name: str, parts: Parts, faults: list[Fault]) -> str | None:
    if name not in chosen:
        return None
    try:
        return check_colour(chosen[name], where=name)
    except WatchfloorError as fault:
        faults.append(Fault(parts.of("branding", "colours", name), fault.message, fault.remedy or ""))
        return None


def _logo(name: str, parts: Parts, faults: list[Fault]) -> bytes | None:
    place = parts.of("branding", "logo")
    folder = Path(place.file).resolve().parent
    path = (folder / name).resolve()
    try:
        if not path.is_relative_to(folder) or not stat.S_ISREG(path.stat().st_mode):
            faults.append(Fault(place, f"The logo {name} is no file beside the bundle.", "Put it there."))
            return None
        with path.open("rb") as file:
            return bare_logo(file.read(LARGEST_BYTES + 1))
    except OSError as error:
        faults.append(Fault(place, f"The logo {name} cannot be read: {error.strerror}."))
    except WatchfloorError as fault:
        faults.append(Fault(place, fault.message, fault.remedy or ""))
    return None


def _schedules(reports: Reports, parts: Parts, faults: list[Fault]) -> tuple[Schedule, ...]:
    frameworks, found = [framework.id for framework in shipped().frameworks], dict[str, Schedule]()
    for number, entry in enumerate(reports.schedules):
        path = ("reports", "schedules", number)
        if (entry.report == "controls") != (entry.framework is not None):
            message = "Control evidence needs a framework." if entry.report == "controls" else "It has no framework."
            faults.append(Fault(parts.of(*path, "framework"), message, f"Frameworks: {', '.join(frameworks)}."))
        elif entry.framework is not None and entry.framework not in frameworks:
            remedy = nearest(entry.framework, frameworks) or f"Frameworks: {', '.join(frameworks)}."
            faults.append(Fault(parts.of(*path, "framework"), f"There is no framework {entry.framework}.", remedy))
        for place, language in enumerate(entry.languages):
            if language not in WORDS:
                message = f"There are no reports in {language}."
                remedy = f"Languages: {', '.join(sorted(WORDS))}."
                faults.append(Fault(parts.of(*path, "languages", place), message, remedy))
        schedule = _schedule(entry)
        if schedule.name in found:
            faults.append(Fault(parts.of(*path), f"There are two schedules for {schedule.name}.", "Remove one."))
        found[schedule.name] = schedule
    return tuple(found[name] for name in sorted(found))


def _schedule(entry: ReportSchedule) -> Schedule:
    return Schedule(
        name=name_of(entry.report, entry.framework),
        kind=entry.report,
        framework=entry.framework,
        every=entry.every or DEFAULT_EVERY[entry.report],
        day=entry.day,
        at=entry.at,
        languages=tuple(dict.fromkeys(entry.languages)),
    )


def _recipients(reports: Reports, parts: Parts, faults: list[Fault]) -> tuple[Recipient, ...]:
    found: dict[str, Recipient] = {}
    for number, entry in enumerate(reports.recipients):
        path = ("reports", "recipients", number, "email")
        _check_address(entry.email, path, parts, faults)
        address = entry.email.lower()
        if address in found:
            faults.append(Fault(parts.of(*path), f"{entry.email} stands here twice.", "Remove one."))
        found[address] = Recipient(address=address, kinds=tuple(kind for kind in KINDS if kind in entry.reports))
    return tuple(found[address] for address in sorted(found))


def _check_address(address: str, path: Iterable[str | int], parts: Parts, faults: list[Fault]) -> None:
    try:
        check_address(address, where="email")
    except WatchfloorError as fault:
        faults.append(Fault(parts.of(*path), fault.message, fault.remedy or ""))


def _written(schedule: Schedule) -> str:
    languages = ", ".join(schedule.languages) or "in the tenant's language"
    return f"every {schedule.every}, day {schedule.day} at {schedule.at}, {languages}"
