"""The shipped control frameworks: which controls stand there, what speaks to each, and words for everybody."""

from collections.abc import Iterator
from typing import Final

import pytest

from reports.printed import coverage
from watchfloor.controls.framework import Control, Framework
from watchfloor.controls.library import shipped
from watchfloor.controls.words import LANGUAGES, Words

ROWS: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "iso27001-2022": (
        ("A.5.7", "E19"),
        ("A.5.23 A.8.20 A.8.21 A.8.22", "E01 E27"),
        ("A.5.24 A.5.25 A.5.26", "E08 E06 E07 E24"),
        ("A.5.27 A.5.28", "E09 E08 E03"),
        ("A.5.29 A.5.30 A.8.13", "E25 E23"),
        ("A.5.31 A.5.34", "E22"),
        ("A.5.33 A.5.35 A.5.36", "E03 E02 E30"),
        ("A.6.8", "E29"),
        ("A.8.2 A.8.5", "E13 E12 E14"),
        ("A.8.7 A.8.8 A.8.9", "E15 E10 E11 E20"),
        ("A.8.12 A.8.15 A.8.16 A.8.17", "E28 E01 E02 E03 E05 E16 E04"),
    ),
    "nis2-art21": (
        ("21(2)(a) 21(2)(f)", "E30 E16 E17"),
        ("21(2)(b) +annex", "E01 E02 E03 E04 E05 E06 E07 E08 E09 E21 E22"),
        ("21(2)(c) 21(2)(d)", "E25 E23 E26"),
        ("21(2)(e) 21(2)(g)", "E10 E11 E15 E29"),
        ("21(2)(i) 21(2)(j)", "E12 E18 E14"),
    ),
    "soc2": (
        ("CC4.1 CC9.2", "E30 E26"),
        ("CC6.1 CC6.2 CC6.3", "E14 E18 E12"),
        ("CC6.6 CC6.7 CC6.8", "E27 E28 E15 E20"),
        ("CC7.1 CC7.2 CC7.3", "E10 E11 E20 E01 E16 E06"),
        ("CC7.4 CC7.5", "E07 E08 E22 E09 E23"),
    ),
    "pci-dss-4.0.1": (
        ("5.2.1 5.3.1 5.3.2 5.3.4 5.3.5", "E15 E02"),
        ("6.3.1 6.3.3", "E11"),
        ("7.2.4 7.2.5.1 8.2.6 8.4.1 8.4.2 8.4.3", "E12 E14"),
        ("10.2.1.1 10.2.1.2 10.2.1.3 10.2.1.4 10.2.1.5 10.2.1.6 10.2.1.7 10.2.2", "E01 E13"),
        ("10.3.1 10.3.2 10.3.3 10.3.4 10.4.1 10.4.1.1 10.4.2 10.4.3", "E03 E05 E06"),
        ("10.5.1 10.6.1 10.6.2 10.6.3 10.7.2 10.7.3", "E02 E04 E21"),
        ("11.3.1 11.3.2 11.5.1 11.5.2 11.6.1", "E10 E27 E20"),
        ("12.10.1 12.10.2 12.10.3 12.10.5 12.10.6 12.5.2", "E23 E24 E06 E09 E18"),
    ),
    "hipaa": (
        ("164.308(a)(1) 164.308(a)(5) 164.308(a)(6)", "E05 E15 E08"),
        ("164.308(a)(3) 164.308(a)(4) 164.308(a)(7) 164.308(a)(8) 164.308(b)(1)", "E12 E25 E30 E26"),
        ("164.312(a) 164.312(b) 164.312(c) 164.312(d)", "E14 E01 E02 E03"),
    ),
    "cis-8.1": (
        ("1.1 2.1 5.1 5.3 6.3 6.4 6.5 7.5 7.6 7.7", "E18 E12 E14 E10 E11"),
        ("8.2 8.4 8.10 8.11 10.1 10.2", "E01 E04 E02 E05 E15"),
        ("13.1 13.3 15.6 17.1 17.3 17.7", "E16 E27 E26 E07 E22 E23"),
    ),
    "csf-2.0": (
        ("ID.AM-01 ID.AM-02 ID.RA-01 ID.RA-02 ID.RA-03 GV.OV-03", "E18 E10 E19 E30"),
        ("PR.AA-01 PR.AA-03 PR.AA-05 PR.PS-02 PR.PS-04", "E12 E14 E11 E01"),
        (
            "DE.CM-01 DE.CM-03 DE.CM-06 DE.CM-09 DE.AE-02 DE.AE-03 DE.AE-04 DE.AE-06 DE.AE-07 DE.AE-08",
            "E27 E13 E26 E15 E16 E06 E19",
        ),
        (
            "RS.MA-01 RS.MA-02 RS.MA-03 RS.MA-04 RS.MA-05 RS.AN-03 RS.AN-06 RS.AN-07 RS.AN-08 RS.CO-02 RS.CO-03 "
            "RS.MI-01 RS.MI-02 RC.RP RC.CO-03",
            "E07 E08 E03 E22 E25",
        ),
    ),
    "dora": (
        ("Art. 10;Art. 17;Art. 18;Art. 19", "E16 E06 E08 E22"),
        ("Art. 11;Art. 12;Art. 13;Art. 24;Art. 25;Art. 28;Art. 30", "E25 E09 E17 E23 E26"),
    ),
}
"""The map of controls to evidence kinds, row by row: the controls of a row, and the kinds that speak to them."""

FIXED: Final = {
    ("pci-dss-4.0.1", "6.3.3", "E11", "overdue_critical", 0.0, True),
    ("pci-dss-4.0.1", "7.2.4", "E12", "review_age", 183.0, False),
    ("pci-dss-4.0.1", "8.2.6", "E12", "dormant", 0.0, False),
    ("pci-dss-4.0.1", "10.4.1", "E05", "days_reviewed", 100.0, False),
    ("pci-dss-4.0.1", "10.5.1", "E02", "days_searchable", 90.0, False),
    ("pci-dss-4.0.1", "10.5.1", "E02", "days_kept", 365.0, False),
    ("pci-dss-4.0.1", "11.5.2", "E20", "review_age", 7.0, True),
    ("pci-dss-4.0.1", "12.10.2", "E23", "exercise_age", 365.0, False),
    ("cis-8.1", "8.10", "E02", "days_kept", 90.0, True),
    ("hipaa", "164.316", "E02", "days_kept", 2190.0, True),
}
"""Framework, control, kind, metric, number, and whether it is still to be checked in the standard."""

LONGEST: Final = 140


def framework_of(name: str) -> Framework:
    return shipped().framework(name)


def texts() -> Iterator[tuple[str, Words]]:
    for framework in shipped().frameworks:
        for control in framework.controls:
            yield f"{framework.id} {control.id}", control.words
            if control.not_in_scope is not None:
                yield f"{framework.id} {control.id}, left open", control.not_in_scope


def row_of(framework: Framework, ids: str) -> list[Control]:
    wanted = ids.split(";") if ";" in ids else ids.split()
    found = [framework.find(name) for name in wanted if name != "+annex"]
    assert None not in found, ids
    annex = [
        control
        for control in framework.controls
        if "+annex" in wanted and control.id.startswith("annex") and control.evidence
    ]
    return [control for control in found if control is not None] + annex


def test_eight_frameworks_are_shipped() -> None:
    assert {framework.id for framework in shipped().frameworks} == set(ROWS)


@pytest.mark.parametrize("name", list(ROWS))
def test_every_control_of_the_map_has_its_evidence(name: str) -> None:
    framework = framework_of(name)
    for ids, kinds in ROWS[name]:
        controls = row_of(framework, ids)
        assert all(control.evidence for control in controls), ids
        spoken = {kind for control in controls for kind in control.evidence}
        assert set(kinds.split()) <= spoken, ids


def test_numbers_that_a_standard_fixes_replace_the_usual_ones() -> None:
    found = {
        (framework.id, control.id, row.evidence, row.metric, row.number, row.unconfirmed)
        for framework in shipped().frameworks
        for control in framework.controls
        for row in control.numbers
    }
    assert found == FIXED


def test_what_nobody_read_in_the_standard_is_marked() -> None:
    marked = {
        framework.id: {control.id for control in framework.controls if control.unconfirmed}
        for framework in shipped().frameworks
    }
    assert marked["cis-8.1"] == {control.id for control in framework_of("cis-8.1").controls}
    assert {"Art. 28", "Art. 29", "Art. 30"} <= marked["dora"]
    assert marked["nis2-art21"] == {f"annex 3.2.3({letter})" for letter in "abcdefghijkl"}
    assert not any(marked[name] for name in ("iso27001-2022", "soc2", "pci-dss-4.0.1", "hipaa", "csf-2.0"))


@pytest.mark.parametrize("name", list(ROWS))
def test_every_framework_says_what_no_record_can_show(name: str) -> None:
    closed = [control for control in framework_of(name).controls if not control.evidence]
    assert len(closed) >= 2
    assert all(control.not_in_scope is not None for control in closed)


@pytest.mark.parametrize("name", list(ROWS))
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_controls_of_a_framework_say_the_same(name: str, language: str) -> None:
    said = [control.words.of(lang) for control in framework_of(name).controls for lang in LANGUAGES if lang == language]
    assert sorted({text for text in said if said.count(text) > 1}) == []


def test_words_are_short_sentences_in_seven_languages() -> None:
    for where, words in texts():
        said = [words.of(language) for language in LANGUAGES]
        assert len(set(said)) == len(LANGUAGES), where
        for text in said:
            assert text == text.strip(), f"{where}: {text}"
            assert text.endswith("."), f"{where}: {text}"
            assert len(text) <= LONGEST, f"{where}: {text}"


def test_words_use_only_characters_that_documents_can_print() -> None:
    known = coverage()
    for where, words in texts():
        for language in LANGUAGES:
            assert {ord(character) for character in words.of(language)} <= known, where


def test_nothing_claims_that_a_standard_is_met() -> None:
    for framework in shipped().frameworks:
        for control in framework.controls:
            assert "complian" not in control.words.en.lower()
            assert "konform" not in control.words.de.lower()
            assert "conforme" not in f"{control.words.fr} {control.words.es} {control.words.it}".lower()
