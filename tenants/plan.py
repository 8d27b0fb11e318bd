"""What applying a bundle would change, item by item. Pure: it compares and never writes.

An item is one thing that a person would name: a setting, a feed, a contact, a member with a role. What a bundle does
not mention any more is removed; a feed is never deleted while its events may be kept, it is paused and loses its
tokens.
"""

from collections.abc import Iterable, Mapping
from typing import Final, Literal, cast

import msgspec

from tenants.bundle import Bundle, BundleFeed, Contact, settings_of
from tenants.current import Current
from tenants.detection import check_lives, items_standing, items_wanted, wanted_of
from tenants.dressing import items_of
from tenants.faults import BundleFaults, Fault
from tenants.rules import PlacedBundle
from watchfloor.feeds.feed import Feed

Sign = Literal["+", "~", "-"]
_OPEN_STATES: Final = ("onboarding", "active")


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One item that is to come (+), to change (~) or to go (-)."""

    sign: Sign
    item: str
    before: str = ""
    after: str = ""

    def __str__(self) -> str:
        if self.sign == "~":
            return f"~ {self.item}: {self.before} -> {self.after}"
        return f"{self.sign} {self.item}: {self.after or self.before}".removesuffix(": ")


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """All changes of one tenant, in the order of the bundle."""

    slug: str
    is_new: bool
    changes: tuple[Change, ...]

    def lines(self) -> list[str]:
        """The plan for a person."""
        head = f"{self.slug}: " + ("new tenant" if self.is_new else "changes" if self.changes else "nothing to change")
        return [head, *(f"  {change}" for change in self.changes)]


def compare(placed: PlacedBundle, current: Current) -> Plan:
    """What lies between the tenant as it stands and its bundle.

    Raises BundleFaults for what can never change: the code, the kind, the door of a feed; for a tenant that is
    suspended or leaves; and for rules that are not there.
    """
    _refuse(placed, current)
    bundle = placed.bundle
    changes = [
        *_between(_record_items(current), _bundle_items(bundle)),
        *_between(_contact_items(current.record.contacts if current.record else []), _contact_items(bundle.contacts)),
        *_feed_changes(bundle, current),
        *_member_changes(bundle, current),
        *_between(
            items_of(current.dressing, beside=placed.dressing), items_of(placed.dressing, beside=placed.dressing)
        ),
        *_detection_changes(placed, current),
    ]
    is_new = current.tenant is None or current.tenant.state == "onboarding"
    return Plan(slug=bundle.slug, is_new=is_new, changes=tuple(changes))


def _refuse(placed: PlacedBundle, current: Current) -> None:
    bundle, tenant = placed.bundle, current.tenant
    faults: list[Fault] = []

    def refuse(message: str, remedy: str, *path: str | int) -> None:
        faults.append(Fault(placed.parts.of(*path), message, remedy))

    if tenant is not None:
        if tenant.state not in _OPEN_STATES:
            refuse(f"The tenant {tenant.slug} is {tenant.state}.", "Bundles apply to tenants that are open.", "slug")
        if tenant.kind != bundle.kind:
            refuse(f"The tenant {tenant.slug} is of kind {tenant.kind}.", "The kind never changes.", "kind")
        elif tenant.code != bundle.code and tenant.kind == "customer":
            refuse(f"The code of {tenant.slug} is {tenant.code}.", "It stands in references and never changes.", "code")
    doors = {feed.name: feed.door for feed in current.feeds}
    for number, feed in enumerate(bundle.feeds):
        if doors.get(feed.name, feed.door) != feed.door:
            message = f"The feed {feed.name} has the door {doors[feed.name]}."
            refuse(message, "A feed's door never changes; add a feed with another name.", "feeds", number, "door")
    if faults:
        raise BundleFaults(faults)


def _record_items(current: Current) -> dict[str, str]:
    record, tenant = current.record, current.tenant
    if record is None or tenant is None:
        return {}
    names = {"slug": tenant.slug, "code": record.code, "name": record.name}
    return {**names, "language": record.language, "time_zone": record.time_zone, **_flat(record.settings)}


def _bundle_items(bundle: Bundle) -> dict[str, str]:
    names = {"slug": bundle.slug, "code": bundle.code, "name": bundle.name}
    return {**names, "language": bundle.language, "time_zone": bundle.time_zone, **_flat(settings_of(bundle))}


def _flat(settings: msgspec.Struct) -> dict[str, str]:
    return dict(_leaves("", cast("object", msgspec.to_builtins(settings))))


def _leaves(path: str, value: object) -> Iterable[tuple[str, str]]:
    if isinstance(value, Mapping):
        for name, inner in cast("Mapping[str, object]", value).items():
            yield from _leaves(f"{path}.{name}" if path else name, inner)
    elif isinstance(value, list):
        yield path, ", ".join(str(item) for item in cast("list[object]", value)) or "none"
    else:
        yield path, str(value)


def _contact_items(contacts: Iterable[Contact]) -> dict[str, str]:
    return {
        f"contact {contact.email.lower()}": f"{place}. {contact.name}"
        + (f", {contact.phone}" if contact.phone else "")
        + f" ({', '.join(sorted(contact.purposes))})"
        for place, contact in enumerate(contacts, 1)
    }


def _between(before: Mapping[str, str], after: Mapping[str, str]) -> Iterable[Change]:
    for item, text in after.items():
        if item not in before:
            yield Change(sign="+", item=item, after=text)
        elif before[item] != text:
            yield Change(sign="~", item=item, before=before[item], after=text)
    for item, text in before.items():
        if item not in after:
            yield Change(sign="-", item=item, before=text)


def _feed_changes(bundle: Bundle, current: Current) -> Iterable[Change]:
    wanted = {f"feed {feed.name}": _feed_text(feed) for feed in bundle.feeds}
    there = {f"feed {feed.name}": feed for feed in current.feeds if feed.door != "pull"}
    known = {item: _feed_text(feed) for item, feed in there.items()}
    for change in _between(known, wanted):
        if change.sign != "-" or is_live(there[change.item], current):
            yield change
    for item, feed in there.items():
        if item in wanted and feed.state == "active" and feed.id not in current.fed:
            yield Change(sign="+", item=f"token of {item}")


def is_live(feed: Feed, current: Current) -> bool:
    """Whether a feed takes events, or would once it is resumed."""
    return feed.state == "active" or feed.id in current.fed


def _feed_text(feed: Feed | BundleFeed) -> str:
    chosen = cast("dict[str, object]", msgspec.to_builtins(feed.options))
    parts = [feed.door, feed.source_hint, *(f"{name} {chosen[name]}" for name in sorted(chosen))]
    return ", ".join(part for part in [*parts, "paused" if feed.state == "paused" else None] if part)


def _member_changes(bundle: Bundle, current: Current) -> Iterable[Change]:
    if bundle.members is None:
        return
    wanted = {f"member {member.email.lower()} as {member.role}": "" for member in bundle.members}
    known = {f"member {member.email} as {member.role}": "" for member in current.members}
    yield from _between(known, wanted)


def _detection_changes(placed: PlacedBundle, current: Current) -> Iterable[Change]:
    if placed.bundle.detection is None:
        return []
    wanted = wanted_of(placed, current.detection.rules)
    faults = list(check_lives(placed, wanted, current.detection))
    if faults:
        raise BundleFaults(faults)
    return _between(items_standing(current.detection), items_wanted(wanted))
