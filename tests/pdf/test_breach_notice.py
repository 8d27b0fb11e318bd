"""The notice to the controller: what its first page says, that all of it is cited, and that it never names a victim."""

import asyncio
import itertools
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Final, TypeVar, cast, get_args

import msgspec
import pytest
from pypdf import PdfReader

from reports.breach.facts import NoticeFacts
from reports.breach.language.table import BREACH_WORDS
from reports.breach.reading import fact_at, facts_of
from reports.documents.breach_notice.facts import BreachNoticeReport, Proposal, check
from reports.documents.breach_notice.language.table import WORDS
from reports.handover import decode, encode
from reports.job import stamp_for
from reports.language.locale import LANGUAGES
from reports.sandbox import render_in_sandbox
from reports.sheet import Printed
from reports.signing.signer import Signing
from tests.pdf import breach_case as made
from tests.pdf.gate import faults_of
from tests.pdf.test_hostile import CORPUS
from watchfloor.breach.fields import all_fields, get, put
from watchfloor.breach.known import Known
from watchfloor.breach.rules import codes, enisa
from watchfloor.kernel.config import Settings
from watchfloor.kernel.errors import Invalid
from watchfloor.kernel.keys import FileRootKeys
from watchfloor.tenancy.vault import ROOT_KEY_FILE

Word = tuple[int, float, float, float, float, str]
Reading = Callable[[bytes, int], str]
replace = msgspec.structs.replace
R = TypeVar("R", bound=NoticeFacts)

SAID: Final = {
    "en": "Your notification to the supervisory authority is due by 15 November 2026, 17:25 CET (16:25 UTC)",
    "de": "Ihre Meldung an die Aufsichtsbehörde ist bis 15. November 2026, 17:25 CET (16:25 UTC) fällig",
    "fr": "Votre notification à l'autorité de contrôle est attendue au plus tard le 15 novembre 2026",
    "es": "Su notificación a la autoridad de control vence el 15 de noviembre de 2026",
    "it": "La Sua notifica all'autorità di controllo va fatta entro il 15 novembre 2026",
    "nl": "Uw melding aan de toezichthoudende autoriteit moet uiterlijk 15 november 2026",
    "pl": "Państwa zgłoszenie organowi nadzorczemu należy złożyć do 15 listopada 2026 r.",
}
OFFICIAL: Final = {
    "en": ("Controller", "Processor", "Supervisory authority"),
    "de": ("Verantwortlicher", "Auftragsverarbeiter", "Aufsichtsbehörde"),
    "fr": ("Responsable du traitement", "Sous-traitant", "Autorité de contrôle"),
    "es": ("Responsable del tratamiento", "Encargado del tratamiento", "Autoridad de control"),
    "it": ("Titolare del trattamento", "Responsabile del trattamento", "Autorità di controllo"),
    "nl": ("Verwerkingsverantwoordelijke", "Verwerker", "Toezichthoudende autoriteit"),
    "pl": ("Administrator", "Podmiot przetwarzający", "Organ nadzorczy"),
}


@pytest.fixture(scope="module")
def printed() -> Callable[[str, bool], Printed]:
    """The notice in a language, of the first or the second phase, rendered once."""
    kept: dict[tuple[str, bool], Printed] = {}

    def render(language: str, is_first: bool) -> Printed:
        if (language, is_first) not in kept:
            report = made.notice_report(language, is_first=is_first)
            kept[language, is_first] = asyncio.run(render_in_sandbox(report))
        return kept[language, is_first]

    return render


def whole(pdf: bytes, pages: int, reading: Reading) -> str:
    return " ".join(reading(pdf, page) for page in range(1, pages + 1))


def outside(pdf: bytes, words: Callable[[bytes], list[Word]]) -> list[Word]:
    return [word for word in words(pdf) if word[1] < 50 or word[3] > 545.5 or word[2] < 20 or word[4] > 822]


def test_the_first_page_says_what_happened_what_to_decide_and_by_when(
    printed: Callable[[str, bool], Printed], reading: Reading
) -> None:
    page = reading(printed("en", False).pdf, 1)
    assert "What you must decide, and by when" in page
    assert SAID["en"] in page
    assert "2 d 7 h left" in page
    assert "A macro in a mailed invoice opened PowerShell" in page
    assert "NK-WS-017 isolated from the network" in page
    assert "Is the supervisory authority notified? The supervisory authority is notified. Henrike Voss" in page
    assert "1,800 to 2,100" in page
    assert "We write again by 16 November 2026, 13:00 CET (12:00 UTC)" in page
    assert "Supplementary notice 1" in page
    assert "Approved Jonas Weber" in page


def test_a_first_notice_asks_for_what_is_undecided_and_compares_with_nothing(
    printed: Callable[[str, bool], Printed], reading: Reading
) -> None:
    made_of = printed("en", True)
    page = reading(made_of.pdf, 1)
    assert "3 decisions are waiting for you." in page
    assert "known by 13 November 2026, 17:00 CET" in page
    text = whole(made_of.pdf, made_of.pages, reading)
    assert "This is the first phase; there is nothing to compare it with." in text
    assert "These points are not known yet. A further notice will bring them without undue delay." in text


async def test_a_controller_who_has_entered_no_awareness_gets_a_proposed_start(reading: Reading) -> None:
    report = made.notice_report(is_first=True)
    unaware = replace(report.case, clock=replace(report.case.clock, controller_aware_at=None))
    proposal = Proposal(start=made.TOLD, due=made.TOLD.replace(day=15))
    asked = replace(report, case=unaware, deadlines=made.due(unaware), proposal=proposal)
    page = reading((await render_in_sandbox(asked)).pdf, 1)
    assert "Your 72 hours have no start yet" in page
    assert "Proposed start: 12 November 2026, 17:25 CET (16:25 UTC), when this notice reaches you." in page
    assert "The 72 hours then end on 15 November 2026, 17:25 CET (16:25 UTC)." in page
    assert "Your privacy officer enters the start. We never do." in page


def test_a_start_is_not_proposed_to_somebody_who_has_entered_one() -> None:
    report = made.notice_report()
    with pytest.raises(Invalid, match="a start is proposed although"):
        check(replace(report, proposal=Proposal(start=made.TOLD, due=made.WRITTEN)))


@pytest.mark.parametrize("is_first", [True, False])
def test_no_fact_stands_without_a_citation_and_every_source_is_listed(
    is_first: bool, printed: Callable[[str, bool], Printed], reading: Reading
) -> None:
    report = made.notice_report(is_first=is_first)
    facts = list(facts_of(report.case))
    assert len(facts) > 35
    assert [path for path, fact in facts if not fact.citations] == []
    made_of = printed("en", is_first)
    text = whole(made_of.pdf, made_of.pages, reading).replace(" ", "")
    for name in (made.INCIDENT, made.MARA, made.HENRIKE, made.BY_ALERT.id):
        assert name in text


def test_a_later_phase_shows_what_changed_since_the_one_before(
    printed: Callable[[str, bool], Printed], reading: Reading
) -> None:
    made_of = printed("en", False)
    text = whole(made_of.pdf, made_of.pages, reading)
    assert "What changed since Initial notice" in text
    start = text.index("What changed since Initial notice")
    assert "Approximate number of records (changed)" in text[start:]
    assert "Under investigation, 13 November" in text[start:]
    assert "5,200 to 6,000 (Estimated)" in text[start:]


@pytest.mark.parametrize("is_first", [True, False])
@pytest.mark.parametrize("language", ["en", "de"])
def test_no_account_and_nothing_of_our_own_is_in_the_file(
    language: str, is_first: bool, printed: Callable[[str, bool], Printed], reading: Reading
) -> None:
    made_of = printed(language, is_first)
    attached = PdfReader(BytesIO(made_of.pdf)).attachments
    assert set(attached) == {"breach_notice.json"}
    everything = whole(made_of.pdf, made_of.pages, reading) + attached["breach_notice.json"][0].decode()
    for name in ("petersen", "svc-freight", "our own thoughts", "A call from a paper"):
        assert name not in everything
    assert "[account 1]" in everything


async def test_missing_mandatory_fields_are_listed_by_name(reading: Reading) -> None:
    report = made.notice_report(is_first=True)
    poor = replace(report.case, measures=replace(report.case.measures, taken=None))
    lacking = made.lacking(poor, "breach_notice")
    assert [lack.path for lack in lacking] == ["measures.taken", "others.more_to_come_at"]
    page = reading((await render_in_sandbox(replace(report, case=poor, missing=lacking))).pdf, 1)
    assert "Still missing: 2 mandatory entries are missing. Nothing was put in their place. Measures taken" in page


def test_an_entry_that_is_there_is_never_said_to_be_missing() -> None:
    report = made.notice_report()
    poor = replace(report.case, measures=replace(report.case.measures, taken=None))
    with pytest.raises(Invalid, match=r"measures\.taken is said to be missing, and is there"):
        check(replace(report, missing=made.lacking(poor, "breach_notice")))


def test_the_attached_case_is_the_one_of_the_snapshot(printed: Callable[[str, bool], Printed]) -> None:
    data = PdfReader(BytesIO(printed("en", False).pdf)).attachments["breach_notice.json"][0]
    assert data == encode(made.notice_report())
    again = decode(data)
    assert isinstance(again, BreachNoticeReport)
    assert again.case == made.shown()


def test_numbers_on_paper_are_those_of_the_snapshot(printed: Callable[[str, bool], Printed], reading: Reading) -> None:
    case = made.shown()
    made_of = printed("en", False)
    text = whole(made_of.pdf, made_of.pages, reading)
    for path in ("subjects.count", "data.records"):
        fact = cast("Known[msgspec.Struct]", fact_at(case, path))
        assert fact.value is not None
        low, high = (cast("int", getattr(fact.value, name)) for name in ("min", "max"))
        assert f"{low:,} to {high:,}" in text
    se = case.severity.se
    assert se is not None
    assert f"= {se.value:g}" in text


@pytest.mark.parametrize("language", list(SAID))
def test_the_notice_speaks_the_controllers_language_on_four_to_six_pages(
    language: str,
    printed: Callable[[str, bool], Printed],
    reading: Reading,
    words: Callable[[bytes], list[Word]],
) -> None:
    for is_first in (True, False):
        made_of = printed(language, is_first)
        assert SAID[language] in reading(made_of.pdf, 1)
        assert 4 <= made_of.pages <= 6
        assert made_of.seal is not None
        assert outside(made_of.pdf, words) == []
        assert "compliant" not in whole(made_of.pdf, made_of.pages, reading).lower()


def test_the_same_facts_give_the_same_bytes(printed: Callable[[str, bool], Printed]) -> None:
    assert asyncio.run(render_in_sandbox(made.notice_report())).pdf == printed("en", False).pdf


def test_every_language_has_its_sentence_here() -> None:
    assert set(SAID) == set(LANGUAGES) == set(WORDS) == set(BREACH_WORDS) == set(OFFICIAL)


def test_a_path_is_read_as_the_case_itself_reads_it() -> None:
    case = made.nordkai()
    paths = [path for path, _ in facts_of(case)]
    assert "other_regimes.nis2.applicable" in paths
    assert [fact_at(case, path) for path in paths] == [get(case, path) for path in paths]


@pytest.mark.parametrize("language", list(OFFICIAL))
def test_parties_have_the_names_of_the_official_text(language: str) -> None:
    said = BREACH_WORDS[language].around
    assert (said.controller, said.processor, said.authority) == OFFICIAL[language]


@pytest.mark.parametrize("language", list(OFFICIAL))
def test_every_code_and_every_field_has_a_word_in_every_language(language: str) -> None:
    words = BREACH_WORDS[language]
    lists = {
        "breach_type": codes.BreachType,
        "cause": codes.Cause,
        "discovery": codes.Discovery,
        "person": codes.PersonCode,
        "data": codes.DataCode,
        "consequence": codes.Consequence,
        "category": enisa.Category,
        "identifier": enisa.Identifier,
        "level": enisa.Level,
        "flag": enisa.Flag,
    }
    for name, known in lists.items():
        assert tuple(getattr(words.codes, name)) == get_args(known), name
    spelled = msgspec.to_builtins(words.codes)
    plain = msgspec.to_builtins(BREACH_WORDS["en"].codes)
    assert {name: set(group) for name, group in spelled.items()} == {name: set(group) for name, group in plain.items()}
    steps = {f"{name}.{score}" for name, means in enisa.CATEGORIES.items() for score in means}
    assert set(words.codes.dpc) == steps
    assert set(words.codes.ei) == {f"{name}.{score:g}" for name, means in enisa.IDENTIFIERS.items() for score in means}
    owed = {
        path for path in all_fields() if not path.startswith(("nis2.", "dora.", "moments.", "statements.", "other_"))
    }
    assert owed <= set(words.fields)
    assert set(words.fields) <= set(all_fields())
    assert set(words.fields) == set(BREACH_WORDS["en"].fields)


@pytest.mark.parametrize("start", range(0, len(CORPUS), 7))
async def test_hostile_text_in_every_field_stays_text_on_its_page(
    start: int, words: Callable[[bytes], list[Word]]
) -> None:
    texts = list(CORPUS.values())
    hostile = spoiled(made.notice_report(), texts[start:] + texts[:start])
    made_of = await render_in_sandbox(hostile)
    reader = PdfReader(BytesIO(made_of.pdf))
    assert set(reader.attachments) == {"breach_notice.json"}
    assert all("/Annots" not in page for page in reader.pages)
    found = words(made_of.pdf)
    assert [w for w in found if w[1] < 50 or w[3] > 546.5 or w[2] < 18 or w[4] > 824] == []
    shown = " ".join(word[5] for word in found)
    assert "root:x:" not in shown
    assert "http://" not in shown
    assert made_of.pages <= 40


@pytest.mark.slow
def test_every_language_keeps_to_the_standards_after_signing(
    printed: Callable[[str, bool], Printed], tmp_path: Path
) -> None:
    signed = {name: signed_pdf(printed(name, False), made.notice_report(name), tmp_path / name) for name in SAID}
    assert faults_of(signed, tmp_path) == {language: set() for language in SAID}


def signed_pdf(made_of: Printed, report: NoticeFacts, home: Path) -> bytes:
    settings = Settings(home=home)
    settings.secrets_dir.mkdir(parents=True, mode=0o700)
    FileRootKeys.create(settings.secrets_dir / ROOT_KEY_FILE)
    now = datetime.now(UTC)
    return asyncio.run(Signing(settings).sign(made_of, stamp_for(report, now), at=now)).pdf


_TEXTS: Final = frozenset({"title", "text", "basis", "what", "reason", "role", "note", "label", "asked_by", "owner"})


def spoiled(report: R, texts: list[str]) -> R:
    """The report with these texts wherever a person could have written one."""
    given = itertools.cycle(text if text.strip() else "x" for text in texts)

    def replaced(value: object, key: str = "") -> object:
        if isinstance(value, Mapping):
            group = cast("Mapping[str, object]", value)
            kept = {"role"} if "decision" in group else set[str]()
            return {name: part if name in kept else replaced(part, name) for name, part in group.items()}
        if isinstance(value, (list, tuple)):
            return [replaced(part, key) for part in cast("list[object]", value)]
        return next(given) if isinstance(value, str) and key in _TEXTS else value

    data = cast("dict[str, object]", msgspec.to_builtins(report))
    case = msgspec.convert(replaced(data["case"]), type(report.case))
    for path in ("nature.description", "nature.vector", "risk.consequences_text", "others.police_report"):
        case = put(case, path, made.stated(next(given)))
    return msgspec.structs.replace(report, case=case)
