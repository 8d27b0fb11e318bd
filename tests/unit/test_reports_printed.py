"""Foreign text on its way to paper: escaped, visible, short, and made of characters that our fonts have."""

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from reports.printed import LINES_LIMIT, code, coverage, lines, own, printed, sentence, words


def test_markup_is_escaped() -> None:
    assert printed("<b>&\"'") == "&lt;b&gt;&amp;&#34;&#39;"
    assert code("<i>") == '<code class="whole">&lt;i&gt;</code>'
    assert own("<i>") == "&lt;i&gt;"


def test_addresses_are_defanged_but_the_operators_own_are_not() -> None:
    assert printed("http://evil.example.com") == "hxxp[:]//evil[.]example[.]com"
    assert own("soc@mssp.example") == "soc@mssp.example"


def test_a_run_of_characters_without_a_glyph_is_spelled_out_as_one() -> None:
    assert printed("a 日本 b") == "a [U+65E5 U+672C] b"


def test_a_long_run_is_spelled_out_in_part_and_counted() -> None:
    assert printed("日" * 40).endswith("U+65E5 … +28]")


def test_letters_of_europe_are_printed_as_they_are() -> None:
    text = "Žluťoučký kůň, Größe, coração, Ελληνικά, Кириллица, łódź, İstanbul, Tiếng Việt, → ≤ ▲ “x” €"
    assert printed(text) == text


def test_a_letter_with_a_mark_apart_is_one_letter() -> None:
    assert printed("e\u0301") == "é"


def test_one_text_is_one_paragraph_unless_lines_are_asked_for() -> None:
    assert printed("a\n\n  b\tc") == "a b c"
    assert lines("a\nb") == "a\nb"


def test_more_lines_than_people_read_are_left_out() -> None:
    shown = lines("x\n" * 500).split("\n")
    assert len(shown) == LINES_LIMIT + 1
    assert shown[-1] == "…"


def test_a_number_is_not_cut_in_two() -> None:
    assert printed("\u0000" * 10, 12) == "[U+0000]…"


def test_our_phrases_take_escaped_parts_only() -> None:
    assert sentence("{name} said", name=printed("<b>")) == "&lt;b&gt; said"


def test_a_format_string_from_outside_is_text() -> None:
    assert sentence("{name}", name=printed("{0!r} {name}")) == "{0!r} {name}"


@given(st.text(st.characters(codec=None), max_size=200), st.integers(1, 80))
def test_any_text_is_short_escaped_and_printable(text: str, limit: int) -> None:
    for put in (printed, lines, own):
        shown = put(text, limit)
        assert isinstance(shown, Markup)
        seen = html.unescape(shown)
        assert len(seen) <= limit + 2  # an ellipsis on its own line
        assert not set(shown) & set("<>\"'")
        assert re.fullmatch(r"(?:[^&]|&(?:lt|gt|amp|#34|#39);)*", shown, re.DOTALL)
        assert all(ord(character) in coverage() or character == "\n" for character in seen)


@pytest.mark.parametrize(
    "character", ["\u202e", "\u2066", "\u200b", "\ufeff", "\x1b", "\x00", "\x85", "\u2028", "\U000e0041"]
)
def test_what_hides_or_reorders_is_made_visible(character: str) -> None:
    shown = printed(f"a{character}b")
    assert character not in shown
    assert shown in {f"a[U+{ord(character):04X}]b", "a b"}


def test_short_names_in_a_sentence_are_not_broken() -> None:
    assert words("on ws-1 <b") == 'on <span class="whole">ws-1</span> <span class="whole">&lt;b</span>'
    assert words("x-" * 40) == "x-" * 40
