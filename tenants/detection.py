"""A bundle's section `detection`: what it wants, what lies between that and what stands, and making it so.

Reads the shared rules, because a bundle names them. What a change is and means is in `watchfloor.alerts.overlay`.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, TypeVar, cast

import msgspec

from tenants.bundle import Detection, RuleException, RuleList, Severity, TunedRule
from tenants.faults import BundleFaults, Fault, nearest
from tenants.rules import PlacedBundle
from watchfloor.alerts.overlay import commands, listing
from watchfloor.alerts.overlay.commands import NewException
from watchfloor.alerts.overlay.listing import KeptException
from watchfloor.audit.append import Actor
from watchfloor.detect.document import DocumentFault
from watchfloor.detect.filters import FilterDocument, faults_of, read_filter
from watchfloor.detect.finding import named_rule
from watchfloor.detect.rule import Rule
from watchfloor.detect.yaml_document import YamlValue
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import NotFound

T = TypeVar("T")
U = TypeVar("U")

GONE: Final = "The tenant's bundle no longer says so."
_SECTION: Final = "detection"


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule is to a tenant. The reason is no part of the comparison."""

    rule: Rule
    is_disabled: bool
    level: Severity
    reason: str

    def __str__(self) -> str:
        return f"{'disabled' if self.is_disabled else 'enabled'}, {self.level}"


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What a bundle says: settings by rule id, exceptions by title without letter case, lists by name."""

    settings: dict[str, Setting]
    exceptions: dict[str, NewException]
    lists: dict[str, RuleList]


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What the tenant has at the moment `at`, and the rules that there are to be tuned."""

    at: datetime
    rules: tuple[Rule, ...] = ()
    settings: dict[str, Setting] = {}
    exceptions: dict[str, KeptException] = {}
    lists: dict[str, tuple[str, ...]] = {}


def wanted_of(placed: PlacedBundle, rules: tuple[Rule, ...]) -> Wanted:
    """What the section wants; nothing if it is not there. Raises BundleFaults with every fault."""
    section = placed.bundle.detection or Detection()
    reading = _Reading(placed, rules)
    settings = reading.each("rules", section.rules, reading.setting, lambda found: found.rule.id)
    exceptions = reading.each("exceptions", section.exceptions, reading.exception, lambda found: _key(found.written))
    lists = reading.each("lists", section.lists, lambda _, found: found, lambda found: found.name)
    if reading.faults:
        raise BundleFaults(reading.faults)
    return Wanted(settings=settings, exceptions=exceptions, lists=lists)


async def read_standing(tx: TenantTx, cipher: TenantCipher, *, rules: tuple[Rule, ...], at: datetime) -> Standing:
    """What the tenant has. Settings of rules that are no longer there are left out: they mean nothing."""
    tuned = await listing.list_rules(tx, cipher, rules=rules, at=at)
    kept = await listing.unended_exceptions(tx, cipher, at=at)
    return Standing(
        at=at,
        rules=rules,
        settings={
            found.rule.id: Setting(
                rule=found.rule,
                is_disabled=found.state == "disabled",
                level=found.level,
                reason=found.reason or GONE,
            )
            for found in tuned
            if found.changed_at is not None
        },
        exceptions={_key(found.body.written): found for found in kept},
        lists={found.name: found.entries for found in await listing.list_lists(tx, cipher)},
    )


def items_wanted(wanted: Wanted) -> dict[str, str]:
    """What a bundle wants, item by item, as people read it."""
    return {
        **{f"rule {found.rule.title}": str(found) for found in wanted.settings.values()},
        **{
            f"exception {found.written.title}": _terms(found.written, found.owner, found.reason, found.expires_at)
            for found in wanted.exceptions.values()
        },
        **{f"list {found.name}": ", ".join(dict.fromkeys(found.entries)) for found in wanted.lists.values()},
    }


def items_standing(standing: Standing) -> dict[str, str]:
    """What a tenant has, item by item, in the same words."""
    return {
        **{f"rule {found.rule.title}": str(found) for found in standing.settings.values()},
        **{
            f"exception {found.body.written.title}": _terms(
                found.body.written, found.body.owner, found.body.reason, found.expires_at
            )
            for found in standing.exceptions.values()
        },
        **{f"list {name}": ", ".join(entries) for name, entries in standing.lists.items()},
    }


def check_lives(placed: PlacedBundle, wanted: Wanted, standing: Standing) -> Iterator[Fault]:
    """Exceptions that would have to be made anew and may not live so long, or are over."""
    titles = {exception.title.casefold(): number for number, exception in enumerate(_exceptions(placed))}
    for key, new in wanted.exceptions.items():
        kept = standing.exceptions.get(key)
        if kept is not None and _is_same(new, kept):
            continue
        if not standing.at < new.expires_at <= standing.at + commands.LONGEST_LIFE:
            place = placed.parts.of(_SECTION, "exceptions", titles[key], "expires")
            yield Fault(place, "An exception expires within a year from now.", "Remove it, or give another day.")


async def write(tx: TenantTx, cipher: TenantCipher, actor: Actor, *, wanted: Wanted, standing: Standing) -> None:
    """Makes what stands what is wanted: lists first, because exceptions need them, and removed ones last."""
    for name, found in wanted.lists.items():
        await commands.set_list(tx, cipher, actor, name=name, entries=found.entries, reason=found.reason)
    await _write_settings(tx, cipher, actor, wanted, standing)
    await _write_exceptions(tx, cipher, actor, wanted, standing)
    for name in standing.lists.keys() - wanted.lists.keys():
        await commands.remove_list(tx, cipher, actor, name=name, reason=GONE)


class _Reading:
    """Makes sense of one bundle's section, and gathers what is wrong with it."""

    def __init__(self, placed: PlacedBundle, rules: tuple[Rule, ...]) -> None:
        self.faults: list[Fault] = []
        self._placed = placed
        self._rules = rules

    def each(
        self, name: str, items: Iterable[T], read: Callable[[int, T], U | None], key: Callable[[U], str]
    ) -> dict[str, U]:
        """The items of one list by their keys."""
        found: dict[str, U] = {}
        for number, item in enumerate(items):
            value = read(number, item)
            if value is not None and found.setdefault(key(value), value) is not value:
                self.fault(f"{name}[{number + 1}] says the same as another.", "Remove one.", name, number)
        return found

    def setting(self, number: int, item: TunedRule) -> Setting | None:
        """A rule's setting."""
        try:
            rule = named_rule(self._rules, item.rule)
        except NotFound as fault:
            guess = nearest(item.rule, [rule.title for rule in self._rules])
            self.fault(fault.message, guess, "rules", number, "rule")
            return None
        level = item.level or rule.level
        if item.state == "enabled" and level == rule.level:
            return None  # it says what is shared anyway
        return Setting(rule=rule, is_disabled=item.state == "disabled", level=level, reason=item.reason)

    def exception(self, number: int, item: RuleException) -> NewException | None:
        """An exception."""
        source = {name: text for name, text in msgspec.structs.asdict(item.logsource).items() if text is not None}
        value = {"title": item.title, "logsource": source, "filter": item.filter}
        try:
            written = read_filter(cast("YamlValue", value))
            day = date.fromisoformat(item.expires)
        except DocumentFault as fault:
            self.fault(fault.message, "", "exceptions", number, *fault.path)
            return None
        except ValueError:
            self.fault("There is no such day.", "", "exceptions", number, "expires")
            return None
        for path, reason in faults_of(written, self._rules):
            self.fault(reason, "", "exceptions", number, *path)
        end = datetime.combine(day, time.min, UTC) + timedelta(days=1)
        return NewException(written=written, owner=item.owner, reason=item.reason, expires_at=end)

    def fault(self, message: str, remedy: str, *path: str | int) -> None:
        """Notes a fault at a place in the section."""
        self.faults.append(Fault(self._placed.parts.of(_SECTION, *path), message, remedy))


async def _write_settings(tx: TenantTx, cipher: TenantCipher, actor: Actor, wanted: Wanted, standing: Standing) -> None:
    for rule_id in {**standing.settings, **wanted.settings}:
        new, old = wanted.settings.get(rule_id), standing.settings.get(rule_id)
        found = new or old
        if found is None:
            continue
        rule, reason = found.rule, GONE if new is None else new.reason
        change = commands.disable_rule if new is not None and new.is_disabled else commands.enable_rule
        await change(tx, cipher, actor, rule=rule, reason=reason)
        await commands.set_level(tx, cipher, actor, rule=rule, level=None if new is None else new.level, reason=reason)


async def _write_exceptions(
    tx: TenantTx, cipher: TenantCipher, actor: Actor, wanted: Wanted, standing: Standing
) -> None:
    for key, kept in standing.exceptions.items():
        new = wanted.exceptions.get(key)
        if new is None or not _is_same(new, kept):
            await commands.end_exception(
                tx, cipher, actor, exception_id=kept.id, reason=GONE if new is None else new.reason, at=standing.at
            )
    for key, new in wanted.exceptions.items():
        kept_before = standing.exceptions.get(key)
        if kept_before is None or not _is_same(new, kept_before):
            await commands.add_exception(tx, cipher, actor, wanted=new, rules=standing.rules, at=standing.at)


def _is_same(new: NewException, kept: KeptException) -> bool:
    body = kept.body
    return (new.written, new.owner, new.reason, new.expires_at) == (
        body.written,
        body.owner,
        body.reason,
        kept.expires_at,
    )


def _terms(written: FilterDocument, owner: str, reason: str, expires_at: datetime) -> str:
    last = (expires_at - timedelta(microseconds=1)).astimezone(UTC).date()
    return f"{msgspec.json.encode(written.filter).decode()}, until {last}, {owner}, {reason}"


def _key(written: FilterDocument) -> str:
    return written.title.casefold()


def _exceptions(placed: PlacedBundle) -> list[RuleException]:
    section = placed.bundle.detection
    return [] if section is None else section.exceptions
