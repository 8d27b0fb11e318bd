"""The eighteen cases of the EDPB's Guidelines 01/2021, as an assessor would enter them, and what the EDPB concludes.

Facts are ours, in our words and short; scores are a judgement by ENISA's method, each with its reason where the method
asks for one. The outcomes are the EDPB's: R register only, RA the authority as well, RAS the persons too. They were
written down from memory and are to be read against the guidelines before a customer is shown them.
"""

from dataclasses import dataclass
from typing import Final, Literal

from watchfloor.breach.rules.advice import Breach
from watchfloor.breach.rules.enisa import Category, Circumstances, Identification, Identifier, Processing

Outcome = Literal["R", "RA", "RAS"]


@dataclass(frozen=True)
class Case:
    """One case: what happened, what the EDPB concludes, and why our rule differs where it does."""

    title: str
    outcome: Outcome
    breach: Breach
    identification: Identification
    ours: Outcome
    why_ours_differs: str = ""


def data(category: Category, score: int, reason: str | None = None) -> Processing:
    return Processing(category=category, score=score, reason=reason)


def known_by(identifier: Identifier, score: float) -> Identification:
    return Identification(identifier=identifier, score=score)


FULL_NAME: Final = known_by("full_name", 1.0)


def case(
    title: str,
    outcome: Outcome,
    *processing: Processing,
    by: Identification = FULL_NAME,
    c: float = 0.0,
    i: float = 0.0,
    a: float = 0.0,
    meant: bool = False,
    persons: int,
    unreadable: bool = False,
    has_copy: bool = True,
    trusted: bool = False,
    ours: Outcome | None = None,
    why: str = "",
) -> Case:
    breach = Breach(
        processing=processing,
        circumstances=Circumstances(confidentiality=c, integrity=i, availability=a, malicious=meant),
        persons=persons,
        is_unintelligible=unreadable,
        has_copy=has_copy,
        trusted_recipient=trusted,
    )
    return Case(title, outcome, breach, by, ours or outcome, why)


CASES: Final = (
    case(
        "ransomware; data were encrypted before, a backup brings all back within hours, nothing left the house",
        "R",
        data("simple", 1),
        meant=True, persons=60, unreadable=True,
    ),
    case(
        "ransomware; no electronic backup, data come back from paper after days, nothing left the house",
        "RA",
        data("simple", 1),
        a=0.25, meant=True, persons=60, has_copy=False,
    ),
    case(
        "ransomware in a hospital; backup, but care is delayed for two days, thousands of patients",
        "RAS",
        data("sensitive", 4),
        a=0.25, meant=True, persons=8_000,
    ),
    case(
        "ransomware with exfiltration at a transport company; identity and card data of thousands, no backup",
        "RAS",
        data("financial", 4, "card and identity data together allow fraud"),
        by=known_by("id_number", 1.0), c=0.5, a=0.5, meant=True, persons=5_000, has_copy=False,
    ),
    case(
        "applications for jobs taken through a web site by hidden code, for a month",
        "RAS",
        data("simple", 2, "an application shows career and standing"),
        c=0.5, meant=True, persons=213,
    ),
    case(
        "strongly hashed and salted passwords of a cooking site taken; user names need not be names",
        "R",
        data("credentials", 1, "opens recipes"),
        by=known_by("code", 0.25), c=0.5, meant=True, persons=1_200, unreadable=True,
    ),
    case(
        "lists of passwords tried at a bank; two thousand accounts opened",
        "RAS",
        data("credentials", 4, "opens bank accounts"), data("financial", 3),
        c=0.5, meant=True, persons=2_000,
    ),
    case(
        "an employee who leaves takes the customers' contact data along and uses them",
        "RA",
        data("simple", 1),
        c=0.25, meant=True, persons=400,
    ),
    case(
        "an insurance agent sees another agent's two dozen customers, reports it, and confirms the deletion",
        "R",
        data("financial", 2, "kind and amount of an insurance"),
        c=0.25, persons=24, trusted=True,
    ),
    case(
        "two tablets of a children's home stolen; encrypted, wiped from afar, everything is in a backup",
        "R",
        data("simple", 4, "children"),
        meant=True, persons=90, unreadable=True,
    ),
    case(
        "an unprotected notebook stolen, with names, addresses and birth dates of 100,000 customers",
        "RAS",
        data("simple", 1),
        meant=True, persons=100_000,
        ours="RA",
        why="Nothing shows that the thief looked at the data, so the method scores 1.5. The EDPB weighs their number"
        " and that nobody can say what else was on the device; we only ask to weigh the number.",
    ),
    case(
        "the paper book of a clinic for addictions stolen; no copy",
        "RAS",
        data("sensitive", 4),
        a=0.5, meant=True, persons=120, has_copy=False,
    ),
    case(
        "two customers' parcels and bills exchanged by mistake",
        "R",
        data("simple", 1),
        c=0.25, persons=2,
    ),
    case(
        "a public office mails a list of 60,000 job seekers, with social security numbers, to many of them",
        "RAS",
        data("simple", 2, "being out of work is a matter of social status"),
        by=known_by("id_number", 1.0), c=0.25, persons=60_000,
    ),
    case(
        "a list of a course's fifteen participants, with two intolerances, mailed to those of the course before",
        "R",
        data("sensitive", 1, "an intolerance to milk says nearly nothing about health"), data("simple", 1),
        c=0.25, persons=15,
    ),
    case(
        "an insurer puts two customers' letters into one envelope",
        "RA",
        data("financial", 2, "premium and mileage, no more"),
        c=0.25, persons=2,
    ),
    case(
        "a caller poses as a customer and has the bills of the telephone sent to his address",
        "RAS",
        data("behavioural", 3, "whom a person calls shows daily life"),
        c=0.25, meant=True, persons=1,
    ),
    case(
        "mailboxes forwarded by an intruder for weeks; wages and families of the staff were in them",
        "RAS",
        data("financial", 3), data("simple", 1),
        c=0.5, meant=True, persons=99,
    ),
)  # fmt: skip
"""In the order of the guidelines."""
