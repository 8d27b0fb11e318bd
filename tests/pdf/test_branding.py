"""A document in somebody's own look: the logo drawn small on white, two colours, a sender, and nothing else changed."""

import asyncio
import base64
from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path
from typing import Final

import msgspec
import pypdf
import pytest
from PIL import Image
from pypdf.generic import DictionaryObject

from reports.documents.incident.facts import IncidentReport
from reports.facts import Look
from reports.handover import decode, encode
from reports.job import stamp_for
from reports.language.locale import LANGUAGES
from reports.logo import drawn as as_drawn
from reports.sandbox import render_in_sandbox
from reports.sheet import Printed
from reports.signing.signer import Signing
from tests.drawings import drawn, jpeg, png, raw_png, talkative_jpeg, talkative_png
from tests.pdf.gate import faults_of
from watchfloor.kernel.config import Settings
from watchfloor.kernel.errors import Invalid
from watchfloor.reporting.branding.logo import bare_logo

LOOK: Final = Look(
    headings="#7a1038",
    lines="#a8430b",
    logo=bare_logo(png(drawn(size=(300, 80)))),
    logo_name="Tidewatch Security",
    sender="Tidewatch Security",
    address="reports@tidewatch.example",
    contact="Call +353 1 5550100",
)
A4: Final = (595.3, 841.9)
Dress = Callable[[Look | None, str], Printed]
Word = tuple[int, float, float, float, float, str]


@pytest.fixture(scope="module")
def dress(report: IncidentReport) -> Dress:
    """The made-up incident's report in a look and a language."""
    made: dict[bytes, Printed] = {}

    def render(look: Look | None, language: str = "en") -> Printed:
        provider = msgspec.structs.replace(report.provider, look=look)
        customer = msgspec.structs.replace(report.customer, language=language)
        dressed = msgspec.structs.replace(report, provider=provider, customer=customer)
        key = encode(dressed)
        if key not in made:
            made[key] = asyncio.run(render_in_sandbox(dressed))
        return made[key]

    return render


def images(pdf: bytes) -> int:
    """How many images a document has."""
    return len(pypdf.PdfReader(BytesIO(pdf)).pages[0].images)


def alternatives(pdf: bytes) -> list[object]:
    """What is said of each figure."""
    reader = pypdf.PdfReader(BytesIO(pdf))
    objects = [reader.get_object(number) for number in range(1, int(str(reader.trailer["/Size"])))]
    found = [item for item in objects if isinstance(item, DictionaryObject)]
    return [item.get("/Alt") for item in found if item.get("/S") == "/Figure"]


def test_a_look_adds_no_page_and_takes_none(dress: Dress, english: Printed) -> None:
    assert dress(LOOK, "en").pages == english.pages


def test_the_head_and_the_foot_name_the_sender(dress: Dress, reading: Callable[[bytes, int], str]) -> None:
    pdf = dress(LOOK, "en").pdf
    first, second = reading(pdf, 1), reading(pdf, 2)
    line = "Tidewatch Security · reports@tidewatch.example · Call +353 1 5550100"
    assert line in first
    assert line in second
    assert second.startswith("Tidewatch Security TLP:AMBER") or "Tidewatch Security TLP:AMBER" in second
    assert "Nordwacht Security Operations" in first, "the contract's party is still named on the cover"


def test_everything_stays_within_the_margins(dress: Dress, words: Callable[[bytes], list[Word]]) -> None:
    long = msgspec.structs.replace(LOOK, sender="W" * 300, contact="W" * 300, address="w" * 90 + "@x.example")
    for _, left, top, right, bottom, word in words(dress(long, "de").pdf):
        assert left >= 18, word
        assert right <= A4[0] - 18, word
        assert top >= 18, word
        assert bottom <= A4[1] - 18, word


def test_the_logo_is_said_to_who_cannot_see_it_and_is_no_file_of_its_own(dress: Dress) -> None:
    pdf = dress(LOOK, "en").pdf
    assert "Tidewatch Security" in alternatives(pdf)
    assert list(pypdf.PdfReader(BytesIO(pdf)).attachments) == ["incident.json", "indicators.csv"]


def test_the_attached_facts_hold_the_logo_once_and_make_the_same_document_again(dress: Dress) -> None:
    printed = dress(LOOK, "en")
    (data,) = pypdf.PdfReader(BytesIO(printed.pdf)).attachments["incident.json"]
    assert LOOK.logo is not None
    assert data.count(base64.b64encode(LOOK.logo)) == 1
    again = decode(data)
    assert again.provider.look == LOOK
    assert asyncio.run(render_in_sandbox(again)).pdf == printed.pdf


def test_marks_severities_and_seal_keep_their_colours(dress: Dress, english: Printed) -> None:
    def colours(pdf: bytes) -> set[str]:
        found: set[str] = set()
        for page in pypdf.PdfReader(BytesIO(pdf)).pages:
            lines = page.get_contents()
            assert lines is not None
            found |= {line for line in lines.get_data().decode("latin-1").split("\n") if line.endswith((" rg", " RG"))}
        return found

    plain, own = colours(english.pdf), colours(dress(LOOK, "en").pdf)
    assert len(plain - own) <= 2, "no colour went but that of headings and lines, as fill and as stroke"
    assert own - plain


@pytest.mark.parametrize(
    "logo",
    [
        png(drawn("1")),
        png(drawn("L")),
        png(drawn("LA")),
        png(drawn("P")),
        png(drawn("RGB")),
        png(drawn("RGB"), transparency=(255, 255, 255)),
        raw_png((24, 8), depth=16, colour=0, rows=(b"\0" + b"\x30\xff" * 24) * 8),
        raw_png((24, 8), depth=16, colour=6, rows=(b"\0" + b"\x30\xff\x30\xff\x30\xff\xff\xff" * 24) * 8),
        jpeg(drawn("L")),
        jpeg(drawn("RGB"), progressive=True),
        talkative_png(),
        talkative_jpeg(),
    ],
)
def test_every_kind_of_image_becomes_eight_bits_of_red_green_and_blue_on_white(logo: bytes) -> None:
    with Image.open(BytesIO(as_drawn(bare_logo(logo), plate=None))) as image:
        assert (image.format, image.mode, image.info) == ("PNG", "RGB", {})
        assert min(image.convert("L").tobytes()) < 120, "there is something to be seen"


def test_the_two_bytes_of_a_deep_grey_keep_their_lightness() -> None:
    deep = raw_png((24, 8), depth=16, colour=0, rows=(b"\0" + b"\x30\xff" * 24) * 8)
    with Image.open(BytesIO(as_drawn(bare_logo(deep), plate=None))) as image:
        assert image.getpixel((4, 4)) == (0x30, 0x30, 0x30)


def test_a_white_logo_on_clear_ground_stands_on_a_plate_and_a_dark_one_does_not() -> None:
    white, dark = Image.new("RGBA", (200, 60), (0, 0, 0, 0)), Image.new("RGBA", (200, 60), (0, 0, 0, 0))
    white.paste((255, 255, 255, 255), (20, 20, 180, 40))
    dark.paste((20, 20, 20, 255), (20, 20, 180, 40))
    with Image.open(BytesIO(as_drawn(png(white), plate="#7a1038"))) as shown:
        assert shown.getpixel((0, 0)) == (0x7A, 0x10, 0x38)
    with Image.open(BytesIO(as_drawn(png(dark), plate="#7a1038"))) as shown:
        assert shown.getpixel((0, 0)) == (255, 255, 255)
        assert shown.size == (200, 60)


def test_a_large_logo_is_made_small() -> None:
    noise = Image.effect_noise((2_000, 350), 80).convert("RGB")
    with Image.open(BytesIO(as_drawn(bare_logo(jpeg(noise, quality=40)), plate=None))) as shown:
        assert shown.size == (1_400, 245)


@pytest.mark.parametrize(
    "logo",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'><image href='http://127.0.0.1:9/x'/></svg>",
        b"\x89PNG\r\n\x1a\n",
        png(drawn())[:-40],
        png(Image.new("RGBA", (40, 40), (9, 9, 9, 0))),
        raw_png((4_000, 4_000), depth=8, colour=6, rows=b""),
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
        b"GIF89a\1\0\1\0\0\0\0;",
    ],
)
def test_what_cannot_be_drawn_is_nothing(logo: bytes) -> None:
    assert as_drawn(logo, plate=None) == b""


def test_where_a_logo_cannot_be_drawn_its_name_stands(dress: Dress, reading: Callable[[bytes, int], str]) -> None:
    pdf = dress(msgspec.structs.replace(LOOK, logo=b"\x89PNG\r\n\x1a\n", logo_name="Spoken Name"), "en").pdf
    assert "Spoken Name" in reading(pdf, 1)
    assert images(pdf) == 0


@pytest.mark.parametrize("colour", ["red", "#fff", "#123456;x", "#123456}body{display:none", "url(http://127.0.0.1)"])
def test_facts_with_a_colour_that_is_none_are_refused(report: IncidentReport, colour: str) -> None:
    provider = msgspec.structs.replace(report.provider, look=Look(headings=colour, lines="#111111"))
    with pytest.raises(Invalid, match="no report"):
        decode(encode(msgspec.structs.replace(report, provider=provider)))


def test_hostile_words_of_a_look_are_words(dress: Dress, reading: Callable[[bytes, int], str]) -> None:
    attack = '"><img src="http://127.0.0.1/x"><script>{{ r }}</script>\u202etxt'
    look = msgspec.structs.replace(LOOK, sender=attack, contact=attack, address=attack, logo_name=attack)
    pdf = dress(look, "en").pdf
    assert '"><img' in reading(pdf, 1)
    assert "\u202e" not in reading(pdf, 1)
    assert images(pdf) == 1


@pytest.mark.slow
def test_a_dressed_document_passes_both_standards_after_signing_in_every_language(
    dress: Dress, settings: Settings, tmp_path: Path
) -> None:
    signing, signed = Signing(settings), dict[str, bytes]()
    pale = Image.new("RGBA", (200, 60), (0, 0, 0, 0))
    pale.paste((255, 255, 255, 255), (20, 20, 180, 40))
    logos: Sequence[bytes] = [png(drawn()), png(drawn("P")), jpeg(drawn("RGB"), progressive=True), png(pale), b""]
    for number, language in enumerate(sorted(LANGUAGES)):
        look = msgspec.structs.replace(LOOK, logo=logos[number % len(logos)])
        printed = dress(look, language)
        (data,) = pypdf.PdfReader(BytesIO(printed.pdf)).attachments["incident.json"]
        report = decode(data)
        at = report.generated_at
        signed[language] = asyncio.run(signing.sign(printed, stamp_for(report, at), at=at)).pdf
    assert faults_of(signed, tmp_path) == {language: set() for language in signed}
