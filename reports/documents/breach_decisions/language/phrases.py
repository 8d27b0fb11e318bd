"""The phrases of the severity and decision record, as types: a language that lacks one does not type-check."""

from reports.language.phrases import PhraseGroup, Plural


class DecisionWords(PhraseGroup, frozen=True):
    """All that the record says in one language, beside what breach documents and all documents share."""

    kind: str
    law: str
    undecided: str
    open: Plural
    none_open: str
    until: str
    overdue: str
    at_once: str
    regime: str
    standing: str
    answer: str
    why: str
    advice: str
    advised: str
    same: str
    differs: str
    no_advice: str
    exemption: str
    no_exemption: str
    log: str
    approvals: str
    approvals_none: str
    of_version: str
