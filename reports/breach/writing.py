"""The values of a breach case in plain words of a language: the same for the page, the copy sheet and a comparison.

Owns how each kind of value is written, as plain text in one line each. What is put on a page is neutralised there;
what is pasted into a form is not changed at all, so text stays as the person wrote it. Names no account.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import singledispatchmethod
from typing import Final, cast

import msgspec
from markupsafe import Markup

from reports.breach.language.phrases import BreachWords, Codes
from reports.breach.reading import field_of
from reports.language.locale import Locale
from watchfloor.breach import values
from watchfloor.breach.known import Known, Range
from watchfloor.breach.rules import enisa

_ACCOUNTS: Final = "nature.accounts"
_AUTHORITIES: Final = frozenset(
    {"cross_border.authority", "cross_border.lead_authority", "cross_border.other_authorities"}
)
_CHOICES: Final[Mapping[str, Callable[[Codes], Mapping[str, str]]]] = {
    "nature.types": lambda codes: codes.breach_type,
    "nature.cause": lambda codes: codes.cause,
    "nature.organisation_impact": lambda codes: codes.impact,
    "nature.recovery": lambda codes: codes.recovery,
    "clock.detected_how": lambda codes: codes.discovery,
    "clock.precision": lambda codes: codes.precision,
    "data.backups": lambda codes: codes.backups,
    "parties.reporter.on_behalf": lambda codes: codes.on_behalf,
    "risk.likelihood": lambda codes: codes.likelihood,
    "risk.consequences": lambda codes: codes.consequence,
    "risk.risk": lambda codes: codes.risk,
    "severity.computed": lambda codes: codes.level,
    "severity.level": lambda codes: codes.level,
    "severity.flags": lambda codes: codes.flag,
}
"""The words of choices, by path. Any other text stands as it is."""


def _applies(codes: Codes) -> Mapping[str, str]:
    return codes.applies


class Writer:
    """Writes values in one language, for one time zone.

    `people` are names by their shown ids, `authorities` names by their codes.
    """

    def __init__(
        self,
        locale: Locale,
        words: BreachWords,
        people: Mapping[str, str],
        authorities: Mapping[str, str] | None = None,
    ) -> None:
        self.locale = locale
        self.words = words
        self._people = people
        self._authorities = authorities or {}

    def name(self, path: str) -> str:
        """What a field is called. One that breach documents share no name for is called by its path."""
        if path.startswith("other_regimes."):
            return f"{path.split('.')[1].upper()}: {self.words.codes.decision['regime']}"
        return self.words.fields.get(path, path)

    def person(self, shown_id: str) -> str:
        """Whom an id names."""
        return self.words.around.system if shown_id == "system" else self._people.get(shown_id, shown_id)

    def lines(self, path: str, fact: Known[object] | None) -> list[str]:
        """What stands at a path, an item of a list a line. Nothing without a value; a list of none says so."""
        field = field_of(path)
        if fact is None or fact.value is None or field is None:
            return []
        value = cast("object", msgspec.convert(msgspec.to_builtins(fact.value), field.type))
        if path == _ACCOUNTS:
            return [plain(self.locale.counted(self.words.values.accounts, len(cast("Sequence[object]", value))))]
        if value == ():
            return [self.locale.phrases.words.nothing]
        items = cast("Sequence[object]", value) if isinstance(value, tuple) else (value,)
        lines = [self._item(path, item) for item in items]
        return [", ".join(lines)] if field.kind == "texts" else lines

    def text(self, path: str, fact: Known[object] | None) -> str:
        """`lines` in one line."""
        return "; ".join(" ".join(line.split()) for line in self.lines(path, fact))

    def range(self, number: Range) -> str:
        """A number that may not be known to the unit."""
        said = self.words.values
        low = plain(self.locale.number(number.min))
        if number.max is None:
            return said.at_least.format(n=low)
        if number.max == number.min:
            return low if number.exact else said.about.format(n=low)
        return said.between.format(min=low, max=plain(self.locale.number(number.max)))

    def decimal(self, number: float) -> str:
        """A number with its fraction, as short as it can be."""
        return f"{number:g}".replace(".", self.words.values.decimal)

    def moment(self, at: datetime) -> str:
        """An instant in local time with UTC behind it."""
        return plain(self.locale.moment_utc(at))

    def _item(self, path: str, item: object) -> str:
        if isinstance(item, str) and path in _AUTHORITIES:
            return self._authorities.get(item, item)
        if isinstance(item, str):
            choices = _CHOICES.get(path, _applies if path.endswith(".applicable") else None)
            words = self.words.choices.get(path) if choices is None else choices(self.words.codes)
            return item if words is None else words.get(item, item)
        if isinstance(item, msgspec.Struct):
            return self._record(item)
        return self._plain(item)

    def _plain(self, item: object) -> str:
        match item:
            case bool():
                return self.words.values.yes if item else self.words.values.no
            case int():
                return plain(self.locale.number(item))
            case float():
                return self.decimal(item)
            case datetime():
                return self.moment(item)
            case timedelta():
                return self._span(int(item.total_seconds()))
            case _:
                raise TypeError(f"a breach case holds no {type(item).__name__}")

    def _span(self, seconds: int) -> str:
        """A length of time in all its units: authorities want it to the minute."""
        parts: list[str] = []
        for size in (86_400, 3_600, 60, 1):
            count, seconds = divmod(seconds, size)
            if count:
                parts.append(plain(self.locale.duration(count * size)))
        return " ".join(parts) or plain(self.locale.duration(0))

    @singledispatchmethod
    def _record(self, item: object) -> str:
        raise TypeError(f"a breach case holds no {type(item).__name__}")

    @_record.register
    def _(self, item: Range) -> str:
        return self.range(item)

    @_record.register
    def _(self, item: values.Contact) -> str:
        return " · ".join(part for part in (item.name, item.role, item.email, item.phone, item.address) if part)

    @_record.register
    def _(self, item: values.Establishment) -> str:
        return _joined(item.name, item.address, item.country)

    @_record.register
    def _(self, item: values.Party) -> str:
        contact = None if item.contact is None else self._record(item.contact)
        return _joined(item.name, item.part, item.country, contact)

    @_record.register
    def _(self, item: values.System) -> str:
        return self._named(item.name, item.role, item.kind)

    @_record.register
    def _(self, item: values.Indicator) -> str:
        return f"{item.kind}: {item.value}"

    @_record.register
    def _(self, item: values.CountryCount) -> str:
        return f"{item.cc}: {self.range(Range(min=item.min, max=item.max))}"

    @_record.register
    def _(self, item: values.SubjectCategory) -> str:
        vulnerable = self.words.values.vulnerable if item.vulnerable else None
        return self._named(self.words.codes.person[item.code], vulnerable, item.note)

    @_record.register
    def _(self, item: values.DataCategory) -> str:
        said = self.words.values
        special = item.art9 or item.code.startswith("special_")
        marks = (
            said.special if special else None,
            said.criminal if item.art10 else None,
            said.minors if item.minors else None,
            item.note,
        )
        return self._named(self.words.codes.data[item.code], *marks)

    @_record.register
    def _(self, item: values.Unintelligible) -> str:
        said = self.words.values
        if not item.applied:
            return said.readable
        parts = [said.unreadable.format(note=item.algorithm_note or said.yes)]
        if item.key_safe is not None:
            parts.append(said.key_safe if item.key_safe else said.key_not_safe)
        if item.all_data is not None:
            parts.append(said.all_data if item.all_data else said.not_all_data)
        return " ".join(parts)

    @_record.register
    def _(self, item: values.Measure) -> str:
        said = self.words.values
        owner = said.owner.format(name=self.person(item.owner)) if item.owner else None
        due = said.due.format(time=self.moment(item.due)) if item.due and not item.done_at else None
        done = said.done.format(time=self.moment(item.done_at)) if item.done_at else None
        state = None if done else self.words.codes.measure_state[item.state]
        return self._named(item.text, state, owner, due, done)

    @_record.register
    def _(self, item: enisa.Processing) -> str:
        return self._scored(self.words.codes.category[item.category], item.score, item.reason)

    @_record.register
    def _(self, item: enisa.Identification) -> str:
        return self._scored(self.words.codes.identifier[item.identifier], item.score, item.reason)

    @_record.register
    def _(self, item: enisa.Circumstances) -> str:
        malice = enisa.MALICE if item.malicious else 0.0
        parts = (item.confidentiality, item.integrity, item.availability, malice)
        named = zip(self.words.codes.cb_part.values(), parts, strict=True)
        return "; ".join(self._scored(name, score, None) for name, score in named)

    @_record.register
    def _(self, item: enisa.Override) -> str:
        reason = self.words.values.reason.format(text=item.reason)
        return _joined(self.words.codes.level[item.level], reason, self.person(item.by))

    @_record.register
    def _(self, item: values.Art33Decision) -> str:
        said = self.words.values
        return self._decided(said.notify if item.notify else said.not_notify, item.reason, item.by, item.at)

    @_record.register
    def _(self, item: values.Art34Decision) -> str:
        said = self.words.values
        head = said.told if item.notify else said.not_told
        if item.exemption is not None:
            head = f"{head} {said.exempt.format(text=self.words.codes.exemption[item.exemption])}"
        return self._decided(head, item.reason, item.by, item.at)

    def _named(self, name: str, *parts: str | None) -> str:
        rest = ", ".join(part for part in parts if part)
        return self.words.values.part.format(name=name, part=rest) if rest else name

    def _scored(self, name: str, score: float, reason: str | None) -> str:
        return self._named(self.words.values.score.format(name=name, score=self.decimal(score)), reason)

    def _decided(self, head: str, reason: str, by: str, at: datetime) -> str:
        said = self.words.values
        who = said.by_on.format(name=self.person(by), time=self.moment(at))
        return f"{head} {said.reason.format(text=reason)} ({who})"


def plain(written: Markup) -> str:
    """What the locale wrote, as text with common blanks."""
    return written.unescape().replace("\N{NO-BREAK SPACE}", " ")


def _joined(*parts: str | None) -> str:
    return ", ".join(part for part in parts if part)
