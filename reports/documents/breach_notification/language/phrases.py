"""The phrases of the notification draft, as types: a language that lacks one does not type-check."""

from reports.language.phrases import PhraseGroup, Plural


class SheetWords(PhraseGroup, frozen=True):
    """What stands in the copy sheet beside the form's own questions."""

    title: str
    lead: str
    number: str
    section: str
    field: str
    value: str
    state: str
    missing: str
    not_stated: str
    not_asked: str
    pasted: str


class NotificationWords(PhraseGroup, frozen=True):
    """All that the draft says in one language, beside what breach documents and all documents share."""

    kind: str
    law: str
    draft: str
    not_sent: str
    decide: str
    notify: str
    not_notify: str
    undecided: str
    clock: str
    clock_over: str
    clock_waits: str
    clock_met: str
    aware: str
    late_reasons: str
    no_late_reasons: str
    where: str
    channel: str
    languages: str
    site: str
    unverified: str
    form: str
    form_general: str
    other_language: str
    steps: str
    step_read: str
    step_missing: str
    step_paste: str
    step_file: str
    step_enter: str
    answers: str
    answers_lead: str
    sheet: SheetWords
    officer: str
    officer_lead: str
    reference: str
    submitted: str
    receipt: str
    filed_by: str
    figures: str
    filled: Plural
    to_investigate: Plural
    lacking: Plural
    sources: str
    attached: str
    keep: str
    text_sheet: str
    csv_sheet: str
