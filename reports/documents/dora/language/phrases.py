"""The phrases of the DORA report, as types: a language that lacks one does not type-check."""

from collections.abc import Mapping

from reports.language.phrases import PhraseGroup, Plural
from watchfloor.breach.sector.esa_values import Fault


class DoraWords(PhraseGroup, frozen=True):
    """All that the report says in one language, beside what reports in stages and all documents share."""

    kind: str
    stage: Mapping[str, str]
    decision: Mapping[str, str]
    """`yes`, `no` and `open`."""
    rules: Mapping[str, str]
    """`yes`, `no` and `open`."""
    how: str
    """How the criteria come to an answer: `{n}` criteria are enough."""
    differs_from_stated: str
    """The criteria that the rules find met are not those that were stated: `{stated}`, `{found}`."""
    criteria: Mapping[str, str]
    submission: str
    reference: str
    data_title: str
    data_whole: str
    data_open: Plural
    data_lead: str
    data_description: str
    why: str
    faults: Mapping[Fault, str]
    attached: str
