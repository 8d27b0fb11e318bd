"""The phrases of the notice to the controller, as types: a language that lacks one does not type-check."""

from collections.abc import Mapping

from reports.language.phrases import PhraseGroup, Plural


class NoticeWords(PhraseGroup, frozen=True):
    """All that the notice says in one language, beside what breach documents and all documents share."""

    kind: str
    law: str
    happened: str
    done: str
    nothing_done: str
    decide: str
    clock_runs: str
    clock_over: str
    clock_met: str
    clock_off: str
    clock_waits: str
    proposal: str
    who_enters: str
    question: Mapping[str, str]
    """By the path of the decision."""
    open_question: str
    open_questions: Plural
    all_decided: str
    suggestion: str
    suggest_notify: str
    suggest_register: str
    suggest_tell: str
    suggest_not_tell: str
    because: str
    weigh: str
    every_breach: str
    next_update: str
    no_next_update: str
    reach: str
    control: str
    figures: Mapping[str, str]
    to_see: str
    nature: str
    data: str
    consequences: str
    measures: str
    regimes: str
    telling: str
    telling_lead: str
    open_points: str
    sources: str
    applies_by: str
    parties: str
    method: str
    withdrawn: str
