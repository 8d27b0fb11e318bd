"""How a fact is written in the supervisors' JSON: texts, codes, instants, lengths of time, numbers and shares.

Owns the forms that schema 1.2.1 takes. A value of another form is left out and named with the reason.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, Literal, TypeAlias, cast

import msgspec

from watchfloor.breach.case import BreachCase
from watchfloor.breach.fields import get
from watchfloor.breach.known import Known
from watchfloor.breach.values import Contact

Value: TypeAlias = "str | int | float | bool | Sequence[Value] | Mapping[str, Value] | None"
Tree: TypeAlias = dict[str, Value]

Fault: TypeAlias = Literal[
    "lei", "email", "phone", "too_long", "too_many_days", "share", "currency", "country", "incomplete", "schema"
]
"""Why the schema does not take a value."""

LONGEST_TEXT: Final = 32_767
_LEI: Final = re.compile(r"[A-Z0-9]{18}[0-9]{2}")
_EMAIL: Final = re.compile(r"[^@\s]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+")
_PHONE: Final = re.compile(r"\+?[1-9][0-9]{1,14}(\s?\([0-9]{1,20}\))?([-\s.]?[0-9]){0,60}")
_COUNTRIES: Final = frozenset(
    {
        "AT", "BE", "BG", "HR", "CY", "CZ", "DK", "EE", "ES", "FI", "FR", "DE", "GR", "HU", "IS",
        "IE", "IT", "LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK",
    }
)  # fmt: skip
"""The European Economic Area, by ISO 3166-1."""
_MEASURED: Final[Mapping[str, str]] = {
    "actual": "actual_figures",
    "estimated": "estimates",
    "both": "actual_figures_and_estimates",
    "no_information": "no_information_available",
}
_MONTHS: Final = 1_000
_DAY: Final = timedelta(days=1)


class Unfit(msgspec.Struct, frozen=True, kw_only=True):
    """A value that the schema does not take. `path` is its field's; with the fault `schema` its place in the data."""

    path: str
    fault: Fault


class Pen:
    """Writes the facts of one case, and remembers what it could not write."""

    def __init__(self, case: BreachCase) -> None:
        self.case = case
        self._unfit: dict[str, Fault] = {}

    def unfit(self) -> tuple[Unfit, ...]:
        """What was left out so far because of its form."""
        return tuple(Unfit(path=path, fault=fault) for path, fault in self._unfit.items())

    def fact(self, path: str) -> Known[object] | None:
        """The fact at a path."""
        return get(self.case, path)

    def value(self, path: str) -> object:
        """What is known at a path, or None."""
        fact = self.fact(path)
        return None if fact is None else fact.value

    def plain(self, path: str) -> str | None:
        """A code of the schema as it is."""
        found = self.value(path)
        return found if isinstance(found, str) else None

    def text(self, path: str) -> str | None:
        """A text of a person."""
        return self._short(self.plain(path), path)

    def codes(self, path: str) -> list[Value]:
        """A list of codes."""
        found = self.value(path)
        return [str(one) for one in cast("tuple[object, ...]", found)] if isinstance(found, tuple) else []

    def coded(self, path: str, names: Mapping[str, str]) -> list[Value]:
        """A list of our codes by the schema's names."""
        return [names[str(code)] for code in self.codes(path)]

    def countries(self, path: str) -> list[Value]:
        """States of the European Economic Area (ISO 3166-1)."""
        named = self.codes(path)
        if any(one not in _COUNTRIES for one in named):
            self.refuse(path, "country")
        return [one for one in named if one in _COUNTRIES]

    def instant(self, path: str) -> str | None:
        """An instant in UTC, to the second."""
        found = self.value(path)
        return f"{found.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if isinstance(found, datetime) else None

    def span(self, path: str) -> str | None:
        """A length of time as days, hours and minutes."""
        found = self.value(path)
        if not isinstance(found, timedelta):
            return None
        if found >= _MONTHS * _DAY:
            self.refuse(path, "too_many_days")
            return None
        minutes = int(found.total_seconds()) // 60
        return f"{minutes // 1440}:{minutes // 60 % 24:02}:{minutes % 60:02}"

    def yes_no(self, path: str) -> bool | None:
        """Yes or no."""
        found = self.value(path)
        return found if isinstance(found, bool) else None

    def answer(self, path: str) -> str | None:
        """Yes, no, or that it is not known yet."""
        fact = self.fact(path)
        if fact is None or fact.status == "not_applicable":
            return None
        if fact.value is None:
            return "information_not_available"
        return "yes" if fact.value else "no"

    def measured(self, path: str) -> str | None:
        """Whether figures are actual ones."""
        return _MEASURED.get(self.plain(path) or "")

    def amount(self, path: str) -> int | None:
        """Money. Cases keep euro: a report in another currency cannot take it over."""
        found = self.value(path)
        if not isinstance(found, int):
            return None
        if self.value("dora.currency") in (None, "EUR"):
            return found
        self.refuse(path, "currency")
        return None

    def share(self, part: str, whole: str) -> Tree:
        """A number and its share of another one in percent."""
        number, size = self.value(part), self.value(whole)
        if not isinstance(number, int):
            return {}
        if not isinstance(size, int) or size == 0:
            return {"number": number}
        if number > size:
            self.refuse(whole, "share")
            return {"number": number}
        return {"number": number, "percentage": round(100 * number / size, 2)}

    def contact(self, path: str) -> Tree:
        """A person to speak to."""
        found = self.value(path)
        if not isinstance(found, Contact):
            return {}
        return {
            "name": self._short(found.name, path),
            "email": self._shaped(found.email, _EMAIL, path, "email"),
            "phone": self._shaped(found.phone, _PHONE, path, "phone"),
        }

    def email(self, path: str) -> str | None:
        """A mail address."""
        return self._shaped(self.plain(path), _EMAIL, path, "email")

    def phone(self, path: str) -> str | None:
        """A telephone number."""
        return self._shaped(self.plain(path), _PHONE, path, "phone")

    def lei(self, path: str) -> str | None:
        """A legal entity identifier (ISO 17442) whose check digits are right."""
        found = self.plain(path)
        if found is None or self.is_lei(found):
            return found
        self.refuse(path, "lei")
        return None

    def is_lei(self, text: str) -> bool:
        """Whether a text is a legal entity identifier."""
        return _LEI.fullmatch(text) is not None and int("".join(str(int(sign, 36)) for sign in text)) % 97 == 1

    def lines(self, path: str, lines: Sequence[str]) -> str | None:
        """Several texts in one."""
        return self._short("\n".join(lines) or None, path)

    def _short(self, text: str | None, path: str) -> str | None:
        if text is None or len(text) <= LONGEST_TEXT:
            return text
        self.refuse(path, "too_long")
        return None

    def _shaped(self, text: str | None, form: re.Pattern[str], path: str, fault: Fault) -> str | None:
        if text is None or form.fullmatch(text) is not None:
            return text
        self.refuse(path, fault)
        return None

    def refuse(self, path: str, fault: Fault) -> None:
        """Notes that a value does not stand in the data; the first reason counts."""
        self._unfit.setdefault(path, fault)
