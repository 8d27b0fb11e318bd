"""The phrases of the register's extract, as types: a language that lacks one does not type-check."""

from collections.abc import Mapping
from typing import Literal, TypeAlias

from reports.language.phrases import PhraseGroup, Plural

Counted: TypeAlias = Literal["cases", "breach", "not_breach", "undecided", "authority", "sent", "subjects"]
"""What the first page counts: cases, what they were found to be, and what became of them."""


class RegisterWords(PhraseGroup, frozen=True):
    """All that the register's extract says in one language, beside what breach documents and all documents share."""

    kind: str
    law: str
    period: str
    cases: Plural
    counts: Mapping[Counted, str]
    open: str
    nothing_open: str
    by: str
    at_once: str
    overview: str
    empty: str
    opened: str
    dates: str
    nature: str
    data: str
    persons: str
    effects: str
    remedy: str
    risk: str
    authority: str
    subjects: str
    filings: str
    no_filing: str
    received: str
    no_receipt: str
    delay: str
    lessons: str
    approved: str
    told: str
    data_name: str
    csv: str
    attachment: str
