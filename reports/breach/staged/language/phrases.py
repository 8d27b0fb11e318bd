"""The phrases that all reports in stages share, as types: a language that lacks one does not type-check."""

from collections.abc import Mapping

from reports.language.phrases import PhraseGroup, Plural


class StagedWords(PhraseGroup, frozen=True):
    """What stands around a stage: its clock, who decides, the classification, the form's rows."""

    decide: str
    not_sent: str
    due: str
    overdue: str
    sent: str
    received: str
    waits: str
    expected: str
    undated: str
    not_owed: str
    no_clock: str
    runs: str
    """For a deadline of hours; `runs_since` for one of months, which have no fixed length."""
    runs_since: str
    moved: str
    provisional: str
    unconfirmed: str
    late_reasons: str
    no_late_reasons: str
    officer_approves: str
    lead_approves: str
    approved: str
    reported: str
    stages: str
    reasoning: str
    reasoning_lead: str
    criterion: str
    stated: str
    result: str
    met: str
    not_met: str
    unknown: str
    nothing_stated: str
    agrees: str
    differs: str
    fields: str
    fields_lead: str
    number: str
    lacking: str
    sources: str
    withdrawn: str
    more_missing: Plural
    entity: str
    """Who reports: NIS2 and DORA know entities, and not the controllers of the GDPR."""
    entity_contact: str
    entity_officer: str
    parts: Mapping[str, str]
    """By the form's own title, without its number."""
