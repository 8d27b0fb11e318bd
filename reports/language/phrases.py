"""The phrases that every document needs, as types: a language that lacks one does not type-check.

Owns which phrases there are and what each may be filled with (`{name}`); a document's own phrases are in its folder.
Holds no text: that is in the module of each language. Phrases are plain text, never markup; they are trusted, what
fills them is not.
"""

from collections.abc import Mapping

import msgspec

from reports.facts import Severity, Side
from reports.vocabulary import ActionResult, EntityKind, GapKind, Stage, State, StatementKind, Step, VerdictKind


class PhraseGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Base of all groups of phrases."""


class Plural(msgspec.Struct, frozen=True):
    """A phrase with a count `{n}` in it, for one and for any other number; `plurals` has other ways to count."""

    one: str
    other: str

    @property
    def plain(self) -> str:
        """The plural as a heading says it, without a number."""
        return self.other

    def of(self, number: int) -> str:
        """The phrase that goes with `number`, still holding `{n}`."""
        return self.one if number == 1 else self.other


class Writing(PhraseGroup, frozen=True):
    """How the language writes numbers, times and what stands before a colon. `months` start with January."""

    thousands: str
    months: tuple[str, str, str, str, str, str, str, str, str, str, str, str]
    day_month_year: str
    second: str
    minute: str
    hour: str
    day: str
    open_quote: str
    close_quote: str
    list_and: str
    first_day: str = "1"
    colon: str = ":"


class Words(PhraseGroup, frozen=True):
    """One word for each value that a fact can have: the same here as in chat and portal."""

    severity: Mapping[Severity, str]
    state: Mapping[State, str]
    verdict: Mapping[VerdictKind, str]
    side: Mapping[Side, str]
    entity: Mapping[EntityKind, str]
    step: Mapping[Step, str]
    stage: Mapping[Stage, str]
    statement: Mapping[StatementKind, str]
    result: Mapping[ActionResult, str]
    gap: Mapping[GapKind, str]
    saw: str
    did: str
    decided: str
    target_met: str
    target_missed: str
    target_running: str
    no_target: str
    nothing: str


class Frame(PhraseGroup, frozen=True):
    """What stands around the content of any document: headings, heads of columns, notes and the page's edges."""

    prepared_for: str
    prepared_by: str
    reported: str
    version: str
    contact: str
    document: str
    local_time: str
    utc: str
    record: str
    not_shown: Plural
    in_attachment: str
    definitions: str
    numbers: str
    number: str
    query: str
    records: str
    taken_at: str
    times: str
    of_day: str
    defanged: str
    substituted: str
    data_hash: str
    audit_head: str
    audit_signed: str
    audit_complete: str
    audit_follows: Plural
    no_audit_head: str
    report_id: str
    page: str
    of: str
    cut: str
    source: str
    attached: str
    no_advice: str


class Seal(PhraseGroup, frozen=True):
    """What stands in and beside the visible signature."""

    signature: str
    signed_by: str
    signed_at: str
    hint: str


class Phrases(PhraseGroup, frozen=True):
    """All that documents have in common in one language. `code` is its BCP 47 tag."""

    code: str
    writing: Writing
    words: Words
    frame: Frame
    seal: Seal
