"""The shape of a language's names of fields and of its words of codes, for NIS2 and DORA."""

from collections.abc import Mapping

from reports.language.phrases import PhraseGroup


class SectorWords(PhraseGroup, frozen=True):
    """`fields` are names by the fields' paths, `choices` words of codes by the path of the field that holds them."""

    fields: Mapping[str, str]
    choices: Mapping[str, Mapping[str, str]]


def choices_of(lists: Mapping[str, Mapping[str, str]], measured: Mapping[str, str]) -> Mapping[str, Mapping[str, str]]:
    """The lists, with the one that two fields share."""
    return {**lists, "dora.numbers_measured": measured, "dora.times_measured": measured}
