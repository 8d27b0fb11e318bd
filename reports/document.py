"""What a document is: its facts, how they are checked, and how they become a page with its attachments.

Owns the seam between the press and the documents. `reports/documents/` has one folder for each kind, and
`reports/documents/table.py` names them all. Nothing here reads a database: facts are handed in whole.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec

from reports.facts import ReportFacts
from reports.language.locale import Locale
from reports.sheet import Attached

F = TypeVar("F", bound=ReportFacts)


class Paper(msgspec.Struct, frozen=True, kw_only=True):
    """A document laid out for one language: its HTML, and what is attached beside the facts themselves."""

    html: str
    data_description: str
    """What the attached facts are called in the reader's language."""
    supplements: Sequence[Attached] = ()


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of document, as the press sees it. Made by `document`."""

    kind: str
    facts: type[ReportFacts]
    check: Callable[[ReportFacts], None]
    """Raises Invalid when the facts disagree."""
    lay_out: Callable[[ReportFacts, Locale, str], Paper]
    """The page, given the SHA-256 (hex) of the attached facts. The same facts give the same page."""

    @property
    def data_name(self) -> str:
        """The name under which the facts are attached."""
        return f"{self.kind}.json"


def document(
    kind: str,
    facts: type[F],
    *,
    check: Callable[[F], None],
    lay_out: Callable[[F, Locale, str], Paper],
) -> Document:
    """The document whose root struct is `facts`, which is tagged with the kind (`report: <kind>`)."""

    def own(given: ReportFacts) -> F:
        if not isinstance(given, facts):
            raise TypeError(f"{type(given).__name__} are not the facts of a document of the kind {kind}")
        return given

    return Document(
        kind=kind,
        facts=facts,
        check=lambda given: check(own(given)),
        lay_out=lambda given, locale, data_hash: lay_out(own(given), locale, data_hash),
    )
