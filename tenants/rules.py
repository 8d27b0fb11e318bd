"""What the parts of a bundle, and bundles among each other, must agree on."""

from collections.abc import Hashable, Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Final
from zoneinfo import available_timezones

import msgspec

from tenants import document
from tenants.bundle import (
    SEVERITIES,
    Bundle,
    BundleFeed,
    BusinessHours,
    Contact,
    HoursByDay,
    Member,
    OpeningHours,
    Retention,
    Sla,
    days,
)
from tenants.dressing import Dressing, dressing_of
from tenants.faults import BundleFaults, Fault, Place, nearest
from tenants.schema import Parts, convert
from watchfloor.access.roles import CUSTOMER_TENANT_ROLES, OPERATOR_TENANT_ROLES, TenantKind, counts_in
from watchfloor.incidents.sla.free_days import countries, is_known
from watchfloor.kernel.errors import NotFound

SUFFIXES: Final = (".yaml", ".yml")

_LONGEST_RETENTION_DAYS: Final = 3650


class PlacedBundle(msgspec.Struct, frozen=True, kw_only=True):
    """A sound bundle and where its parts stand."""

    bundle: Bundle
    parts: Parts
    dressing: Dressing = Dressing()


def read_bundles(path: Path) -> list[PlacedBundle]:
    """The bundles in a file, or in all YAML files of a directory: the operator's first, then by slug.

    Raises NotFound when there is none, BundleFaults with every fault of every file.
    """
    faults: list[Fault] = []
    found: list[PlacedBundle] = []
    for file in _files(path):
        tree = document.read(file, faults=faults)
        if tree is None:
            continue
        bundle, parts = convert(tree, Bundle, faults=faults)
        dressing = Dressing()
        if isinstance(tree, document.Table):
            _Check(parts, faults).run()
            dressing = dressing_of(parts, faults=faults)
        if bundle is not None:
            found.append(PlacedBundle(bundle=bundle, parts=parts, dressing=dressing))
    _check_together(found, faults)
    if faults:
        raise BundleFaults(faults)
    return sorted(found, key=lambda placed: (placed.bundle.kind != "operator", placed.bundle.slug))


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if file.suffix in SUFFIXES)
        if not files:
            raise NotFound("There is no bundle in this directory.", where=str(path), remedy="Bundles end with .yaml.")
        return files
    if not path.exists():
        raise NotFound("There is no such file or directory.", where=str(path))
    return [path]


class _Check:
    """The rules of one bundle. Each holds for the parts that are sound, so that one run shows all faults."""

    def __init__(self, parts: Parts, faults: list[Fault]) -> None:
        self._parts = parts
        self._faults = faults

    def run(self) -> None:
        """Applies every rule."""
        parts = self._parts
        self._zone()
        self._unique("feeds", "name", {number: feed.name for number, feed in parts.each(BundleFeed, "feeds")})
        contacts = {number: contact.email.lower() for number, contact in parts.each(Contact, "contacts")}
        self._unique("contacts", "email", contacts)
        members = {number: (member.email.lower(), member.role) for number, member in parts.each(Member, "members")}
        self._unique("members", "email", members)
        self._unique("frameworks", "", dict(parts.each(str, "frameworks")))
        self._roles()
        self._contacts()
        self._sla()
        self._retention()

    def _zone(self) -> None:
        name = self._parts.sound(str, "time_zone")
        zones = available_timezones()
        if name is not None and name not in zones:
            self._fault(self._parts.of("time_zone"), f"There is no time zone {name!r}.", nearest(name, zones))

    def _unique(self, section: str, key: str, identities: Mapping[int, Hashable]) -> None:
        first: dict[Hashable, int] = {}
        for number, identity in identities.items():
            same = first.setdefault(identity, number)
            if same != number:
                place = self._parts.of(section, number, key)
                self._fault(place, f"{section}[{number + 1}] says the same as {section}[{same + 1}].", "Remove one.")

    def _roles(self) -> None:
        kind: TenantKind = "operator" if self._parts.sound(str, "kind") == "operator" else "customer"
        allowed = OPERATOR_TENANT_ROLES if kind == "operator" else CUSTOMER_TENANT_ROLES
        for number, member in self._parts.each(Member, "members"):
            if not counts_in(member.role, kind):
                message = f"The role {member.role} means nothing in a tenant of kind {kind}."
                remedy = f"Use one of {', '.join(sorted(allowed))}."
                self._fault(self._parts.of("members", number, "role"), message, remedy)

    def _contacts(self) -> None:
        parts = self._parts
        unreadable = parts.has("contacts") and parts.sound(list, "contacts") is None
        if unreadable or parts.sound(str, "kind") == "operator":
            return
        if not any("incidents" in contact.purposes for _, contact in parts.each(Contact, "contacts")):
            message = "Nobody is named to call about incidents."
            self._fault(parts.of("contacts"), message, "Give one contact the purpose incidents.")

    def _sla(self) -> None:
        sla = self._parts.sound(Sla, "sla") or Sla()
        for severity in SEVERITIES:
            if sla.acknowledge.of(severity) > sla.resolve.of(severity):
                message = f"A {severity} incident would have to be resolved before it is acknowledged."
                self._fault(self._parts.of("sla", "resolve", severity), message, "Allow more time to resolve it.")
        self._hours(sla.business_hours)

    def _hours(self, hours: BusinessHours) -> None:
        place = ("sla", "business_hours")
        if hours.begin >= hours.end:
            self._fault(self._parts.of(*place, "end"), "The business hours end before they begin.")
        for day in HoursByDay.__struct_fields__:
            opening = self._parts.sound(OpeningHours, *place, "on", day)
            if opening is not None and opening.begin >= opening.end:
                message = f"The business hours of {day} end before they begin."
                self._fault(self._parts.of(*place, "on", day, "end"), message)
        for number, day in enumerate(hours.closed):
            if not _is_day(day):
                self._fault(self._parts.of(*place, "closed", number), f"There is no day {day}.")
        if hours.holidays is not None and not is_known(hours.holidays.country, hours.holidays.subdivision):
            named = "-".join(part for part in (hours.holidays.country, hours.holidays.subdivision) if part)
            remedy = f"Countries: {', '.join(countries())}."
            self._fault(self._parts.of(*place, "holidays"), f"No public holidays are known of {named}.", remedy)

    def _retention(self) -> None:
        for name in Retention.__struct_fields__:
            period = self._parts.sound(str, "retention", name)
            if period is not None and days(period) > _LONGEST_RETENTION_DAYS:
                self._fault(self._parts.of("retention", name), f"retention.{name}: {period} is longer than ten years.")

    def _fault(self, place: Place, message: str, remedy: str = "") -> None:
        self._faults.append(Fault(place, message, remedy))


def _check_together(found: Iterable[PlacedBundle], faults: list[Fault]) -> None:
    taken: dict[tuple[str, str], PlacedBundle] = {}
    for placed in found:
        bundle = placed.bundle
        names = [("slug", bundle.slug), ("code", bundle.code)]
        if bundle.kind == "operator":
            names.append(("kind", "operator"))
        for key, name in names:
            other = taken.setdefault((key, name), placed)
            if other is not placed:
                message = f"The {key} {name} is used in {other.parts.of(key)} too."
                faults.append(Fault(placed.parts.of(key), message, "Each tenant has its own."))


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
