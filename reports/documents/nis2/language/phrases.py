"""The phrases of the NIS2 report, as types: a language that lacks one does not type-check."""

from collections.abc import Mapping

from reports.language.phrases import PhraseGroup


class Nis2Words(PhraseGroup, frozen=True):
    """All that the report says in one language, beside what reports in stages and all documents share."""

    kind: str
    own_kind: str
    stage: Mapping[str, str]
    decision: Mapping[str, str]
    """`yes`, `no` and `open`."""
    rules: Mapping[str, str]
    """`yes`, `no`, `open`, and `maintenance` for planned maintenance."""
    by_person: str
    for_providers: str
    criteria: Mapping[str, str]
    """By article."""
