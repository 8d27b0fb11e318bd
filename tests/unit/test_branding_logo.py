"""What may be a logo: whole, bounded before anything is unpacked, and with nothing left in it but the image."""

import tracemalloc
import zlib
from io import BytesIO

import pytest
from PIL import Image

from tests.drawings import (
    SECRET,
    SIGNATURE,
    chunk,
    drawn,
    jpeg,
    png,
    raw_png,
    talkative_jpeg,
    talkative_png,
)
from watchfloor.kernel.errors import Invalid, TooLarge, WatchfloorError
from watchfloor.reporting.branding.logo import LARGEST_BYTES, bare_logo, media_type

SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><image href="http://127.0.0.1/x"/></svg>'


def pixels(content: bytes) -> bytes:
    with Image.open(BytesIO(content)) as image:
        return image.convert("RGBA").tobytes()


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
def test_a_png_of_every_kind_keeps_its_pixels(mode: str) -> None:
    given = png(drawn(mode))
    assert pixels(bare_logo(given)) == pixels(given)
    assert media_type(bare_logo(given)) == "image/png"


@pytest.mark.parametrize("colour", [0, 2, 4, 6])
def test_a_png_of_sixteen_bits_passes(colour: int) -> None:
    channels = {0: 1, 2: 3, 4: 2, 6: 4}[colour]
    rows = (b"\0" + b"\x80\x01" * channels * 8) * 5
    assert bare_logo(raw_png((8, 5), depth=16, colour=colour, rows=rows))


@pytest.mark.parametrize("depth", [1, 2, 4, 8])
def test_a_palette_and_a_grey_of_few_bits_pass(depth: int) -> None:
    for colour in (0, 3):
        rows = (b"\0" + bytes(-(-9 * depth // 8))) * 7
        assert bare_logo(raw_png((9, 7), depth=depth, colour=colour, rows=rows))


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (3, 2), (8, 8), (9, 5), (17, 13)])
def test_an_interlaced_png_has_the_bytes_of_its_seven_passes(size: tuple[int, int]) -> None:
    steps = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
    rows = b""
    for left, top, across, down in steps:
        width, height = len(range(left, size[0], across)), len(range(top, size[1], down))
        rows += (b"\0" + b"\x55" * 3 * width) * height if width else b""
    content = raw_png(size, depth=8, colour=2, rows=rows, interlace=1)
    assert pixels(bare_logo(content)) == pixels(content)
    with pytest.raises(Invalid, match="as many pixels"):
        bare_logo(raw_png(size, depth=8, colour=2, rows=rows + b"\0", interlace=1))


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": 0}, {"restart_marker_blocks": 2}])
def test_a_jpeg_keeps_its_pixels(options: dict[str, object]) -> None:
    given = jpeg(drawn("RGB"), **options)
    assert pixels(bare_logo(given)) == pixels(given)
    assert media_type(bare_logo(given)) == "image/jpeg"


def test_a_grey_jpeg_passes_and_one_for_print_is_refused_with_what_to_do() -> None:
    assert bare_logo(jpeg(drawn("L")))
    with pytest.raises(Invalid, match="for print") as refused:
        bare_logo(jpeg(drawn("CMYK")))
    assert refused.value.remedy == "Save it as PNG, or as RGB."


@pytest.mark.parametrize("content", [talkative_png(), talkative_jpeg(), talkative_jpeg(progressive=True)])
def test_nothing_but_the_image_is_kept(content: bytes) -> None:
    assert SECRET in content
    bare = bare_logo(content)
    assert SECRET not in bare
    assert zlib.compress(SECRET) not in bare
    assert pixels(bare) == pixels(content)
    assert bare_logo(bare) == bare


@pytest.mark.parametrize("content", [png(drawn()), jpeg(drawn("RGB")), jpeg(drawn("RGB"), progressive=True)])
def test_a_file_that_is_cut_off_anywhere_is_refused(content: bytes) -> None:
    for length in range(len(content)):
        with pytest.raises(WatchfloorError):
            bare_logo(content[:length])


@pytest.mark.parametrize("tail", [b"\0", b"PK\x03\x04program", b"<script>", SVG, b"%PDF-1.7", png(drawn())])
@pytest.mark.parametrize("content", [png(drawn()), jpeg(drawn("RGB"))])
def test_a_file_that_is_something_else_as_well_is_refused(content: bytes, tail: bytes) -> None:
    with pytest.raises(Invalid, match="behind its end"):
        bare_logo(content + tail)


def test_what_hides_inside_a_polyglot_does_not_stay() -> None:
    hidden = SIGNATURE + png(drawn())[8:33] + chunk(b"zzZz", b"<script>alert(1)</script>PK\x03\x04") + png(drawn())[33:]
    assert b"script" not in bare_logo(hidden)


@pytest.mark.parametrize("size", [(4_001, 4_000), (2**31 - 1, 2**31 - 1), (2_001, 2_000)])
def test_too_many_pixels_are_refused_before_anything_is_unpacked(size: tuple[int, int]) -> None:
    bomb = raw_png(size, depth=8, colour=6, rows=bytes(4_000_000))
    tracemalloc.start()
    with pytest.raises(TooLarge, match="pixels"):
        bare_logo(bomb)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 200_000


def test_a_bomb_behind_an_honest_header_is_stopped_at_its_size() -> None:
    bomb = raw_png((16, 16), depth=8, colour=2, rows=bytes(200_000_000))
    tracemalloc.start()
    with pytest.raises(Invalid, match="as many pixels"):
        bare_logo(bomb)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(bomb) < LARGEST_BYTES
    assert most < 4_000_000


def test_a_jpeg_that_claims_very_many_pixels_is_refused() -> None:
    content = bytearray(jpeg(drawn("RGB")))
    place = content.index(b"\xff\xc0") + 5
    content[place : place + 4] = b"\xff\xff\xff\xff"
    with pytest.raises(TooLarge, match="65,535 by 65,535"):
        bare_logo(bytes(content))


def test_a_jpeg_that_is_drawn_over_and_over_is_refused() -> None:
    content = jpeg(drawn("RGB"))
    scan = content[content.index(b"\xff\xda") : -2]
    with pytest.raises(Invalid, match="over and over"):
        bare_logo(content[:-2] + scan * 80 + b"\xff\xd9")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "neither PNG nor JPEG"),
        (b"GIF89a" + bytes(40), "neither PNG nor JPEG"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "neither PNG nor JPEG"),
        (SVG, "An SVG is no image but a document"),
        (b"  \n<SVG/onload=alert(1)>", "An SVG is no image but a document"),
        (SIGNATURE, "cut off"),
        (SIGNATURE + chunk(b"IEND", b""), "does not begin with a header"),
        (b"\xff\xd8\xff\xd9", "no pixels"),
        (raw_png((0, 5), depth=8, colour=2, rows=b""), "no size"),
        (raw_png((4, 4), depth=3, colour=2, rows=bytes(52)), "no PNG has"),
        (raw_png((4, 4), depth=8, colour=5, rows=bytes(52)), "no PNG has"),
        (raw_png((4, 4), depth=8, colour=2, rows=bytes(51)), "as many pixels"),
        (raw_png((130, 10), depth=8, colour=2, rows=b""), "cannot be read in a strip"),
        (raw_png((10, 31), depth=8, colour=2, rows=b""), "cannot be read in a strip"),
        (png(drawn()).replace(b"IDAT", b"IDAt"), "check sum"),
    ],
)
def test_what_is_no_logo_is_refused_with_what_to_do(content: bytes, said: str) -> None:
    with pytest.raises(Invalid, match=said) as refused:
        bare_logo(content)
    assert refused.value.where == "logo"
    assert refused.value.remedy


def test_a_row_with_a_filter_that_does_not_exist_is_refused() -> None:
    with pytest.raises(Invalid, match="rows are none"):
        bare_logo(raw_png((4, 4), depth=8, colour=2, rows=(b"\x07" + bytes(12)) * 4))


def test_a_file_over_the_limit_is_refused_unread() -> None:
    with pytest.raises(TooLarge, match=r"524,289 bytes; at most 524,288"):
        bare_logo(png(drawn()) + bytes(LARGEST_BYTES + 1 - len(png(drawn()))))


def test_a_chunk_that_claims_to_be_huge_is_cut_off() -> None:
    with pytest.raises(Invalid, match="cut off"):
        bare_logo(SIGNATURE + b"\xff\xff\xff\xffIHDR" + bytes(40))
