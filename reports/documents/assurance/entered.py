"""What the provider enters about itself: sub-processors, where data is kept, incidents of its own.

Owns the form of that file (the setting `assurance_file`) and what of it one customer is told. Nothing is guessed: a
part that the file does not have was not entered.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Final

import msgspec

from reports.documents.assurance.facts import Entered, Kept, OwnIncident, Processor
from watchfloor.detect.yaml_struct import read_structs
from watchfloor.kernel.errors import Invalid

LARGEST: Final = 200_000
"""Bytes of a file."""

Words = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=600)]
Codes = Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=500)]


class _Processor(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Words
    purpose: Words
    data: Words
    place: Words
    since: date
    until: date | None = None
    safeguard: Annotated[str, msgspec.Meta(max_length=200)] = ""
    customers: Codes | None = None


class _Kept(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    what: Words
    place: Words
    by: Words
    customers: Codes | None = None


class _Incident(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    began: date
    ended: date | None = None
    what: Text
    effect: Text
    customers: Codes | None = None


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    as_of: date
    sub_processors: tuple[_Processor, ...] | None = None
    kept: tuple[_Kept, ...] | None = None
    incidents: tuple[_Incident, ...] | None = None


class Entries(msgspec.Struct, frozen=True, kw_only=True):
    """What one customer is told, and all codes of customers that the file names."""

    told: Entered
    codes: tuple[str, ...]


def read_entries(path: Path, *, customer: str, first: date, end: date) -> Entries:
    """What the file says to the customer with this code of the days from `first` until before `end`.

    A sub-processor counts unless it ended before the period, an incident when it had not ended before it and began
    before its end. Raises Invalid, with the line, when the file cannot be read or says what it must not.
    """
    found = _read(path)

    def is_for(customers: tuple[str, ...] | None) -> bool:
        return customers is None or customer in customers

    processors, incidents = found.sub_processors, found.incidents
    told = Entered(
        as_of=found.as_of,
        processors=None
        if processors is None
        else tuple(
            Processor(
                name=one.name,
                purpose=one.purpose,
                data=one.data,
                place=one.place,
                since=one.since,
                until=one.until,
                safeguard=one.safeguard,
            )
            for one in processors
            if is_for(one.customers) and (one.until is None or one.until >= first)
        ),
        kept=None
        if found.kept is None
        else tuple(Kept(what=one.what, place=one.place, by=one.by) for one in found.kept if is_for(one.customers)),
        incidents=None
        if incidents is None
        else tuple(
            OwnIncident(began=one.began, ended=one.ended, what=one.what, effect=one.effect)
            for one in incidents
            if is_for(one.customers) and one.began < end and (one.ended is None or one.ended >= first)
        ),
    )
    return Entries(told=told, codes=tuple(sorted(set(_codes(found)))))


def _codes(found: _File) -> Iterator[str]:
    for processor in found.sub_processors or ():
        yield from processor.customers or ()
    for kept in found.kept or ():
        yield from kept.customers or ()
    for incident in found.incidents or ():
        yield from incident.customers or ()


def require_known(entries: Entries, known: Iterable[str]) -> None:
    """Raises Invalid when the file names a customer that there is not: whom that was for would not be told of it."""
    if unknown := set(entries.codes) - set(known):
        raise _fault(f"{len(unknown)} of the customers that it names are not there.")


def _read(path: Path) -> _File:
    try:
        with path.open("rb") as file:
            text = file.read(LARGEST + 1)
    except OSError as error:
        raise _fault(f"The file cannot be read: {error.strerror}.") from None
    if len(text) > LARGEST:
        raise _fault(f"The file has more than {LARGEST:,} bytes.")
    try:
        [(_, found)] = read_structs(text, _File, name=path.name)
    except Invalid as fault:
        raise _fault(fault.message) from None
    except ValueError:
        raise _fault("The file holds one document.") from None
    spans = [(one.since, one.until) for one in found.sub_processors or ()]
    spans += [(one.began, one.ended) for one in found.incidents or ()]
    for begun, ended in spans:
        if ended is not None and ended < begun:
            raise _fault(f"What began on {begun} cannot have ended on {ended}.")
    return found


def _fault(words: str) -> Invalid:
    return Invalid(
        f"What the provider enters about itself cannot be used: {words}",
        where="assurance_file",
        remedy="The operator mends the file; docs/reports.md shows its form.",
    )
