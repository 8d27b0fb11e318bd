"""The phrases of the control evidence report, as types: a language that lacks one does not type-check.

Owns which phrases there are and what each may be filled with (`{name}`). Phrases are plain text, never markup; they
are trusted, what fills them is not. Words of controls, evidence kinds and codes come with the facts.
"""

from collections.abc import Mapping
from typing import Literal, TypeAlias

from reports.language.phrases import PhraseGroup, Plural
from watchfloor.controls.result import Outcome, ThresholdSource

Change: TypeAlias = Literal["better", "worse", "same", "noise", "too_few", "no_previous", "lost"]
"""How a number stands to that of the period before; `lost`: it was there before and is not now."""


class Cover(PhraseGroup, frozen=True):
    """The first page: which framework and period, how the controls stand, what is needed, what changed."""

    kind: str
    period: str
    controls: Plural
    standing: str
    standing_alt: str
    outcome: str
    number: str
    meaning: str
    meanings: Mapping[Outcome, str]
    needed: str
    decisions: Plural
    entries: Plural
    tasks: Plural
    nothing_needed: str
    nothing_needed_reason: str
    more_needed: Plural
    changed: str
    changes: str
    no_previous: str
    more_changes: Plural
    no_verdict: str


class Asking(PhraseGroup, frozen=True):
    """What is needed from whom."""

    heading: str
    lead: str
    to_decide: str
    to_enter: str
    to_repair: str
    to_bring: str
    who: str
    what: str
    controls: str
    answer: str
    answer_slot: str


class Amounts(PhraseGroup, frozen=True):
    """How numbers are written. `decimal` is the sign between the whole and its parts."""

    decimal: str
    percent: str
    days: Plural
    hours: Plural
    minutes: Plural
    part: str
    at_least: str
    at_most: str
    sources: Mapping[ThresholdSource, str]
    fixed_by: str
    cases: str


class Sections(PhraseGroup, frozen=True):
    """Headings, column heads and notes of the sections behind the first page."""

    glance: str
    changes: str
    changes_lead: str
    each: str
    beyond: str
    beyond_lead: str
    beyond_what: str
    beyond_file: str
    beyond_slot: str
    given: str
    given_by: str
    given_at: str
    given_file: str
    definitions: str
    definitions_lead: str
    needs: str
    gaps: str
    gaps_lead: str
    no_gaps: str
    control: str
    words: str
    evidence: str
    metric: str
    value: str
    threshold: str
    result: str
    before: str
    now: str
    change: str
    exceptions: Plural
    more_exceptions: Plural
    sample: str
    entered: str
    unconfirmed: str
    unconfirmed_number: str
    out_of_scope: str
    framework: str
    rules: str
    attachment: str
    whole_data: str
    csv: str


class ControlWords(PhraseGroup, frozen=True):
    """All that the control evidence report says in one language, beside what every document says."""

    cover: Cover
    asking: Asking
    amounts: Amounts
    sections: Sections
    change: Mapping[Change, str]
