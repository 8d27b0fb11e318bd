"""Colours that can be read on white, and what is said of those that cannot."""

import re

import pytest

from watchfloor.kernel.errors import Invalid
from watchfloor.reporting.branding.brand import PLAIN, Brand, dressed, parts_of
from watchfloor.reporting.branding.colour import check_colour, contrast, nearest_shade
from watchfloor.reporting.branding.stated import Stated, brand_of


@pytest.mark.parametrize(
    ("colour", "wanted"), [("#000000", 21.0), ("#ffffff", 1.0), ("#767676", 4.54), ("#0000ff", 8.59), ("#ff0000", 4.0)]
)
def test_contrast_is_as_wcag_has_it(colour: str, wanted: float) -> None:
    assert contrast(colour) == pytest.approx(wanted, abs=0.005)


def test_the_lightest_grey_that_passes_is_the_known_one() -> None:
    assert check_colour("#767676", where="lines") == "#767676"
    with pytest.raises(Invalid, match=r"4\.47 to 1"):
        check_colour("#777777", where="lines")


@pytest.mark.parametrize("colour", ["#ffcc00", "#ffffff", "#00ffff", "#FF8800", "#c0c0c0", "#7fff00"])
def test_a_light_colour_is_refused_with_its_contrast_and_a_shade_that_passes(colour: str) -> None:
    with pytest.raises(
        Invalid, match=rf"{colour.lower()} has a contrast of \d+\.\d\d to 1 on white, and needs 4.5"
    ) as no:
        check_colour(colour, where="headings")
    offered = re.search(r"#[0-9a-f]{6}", no.value.remedy or "")
    assert offered is not None
    assert check_colour(offered[0], where="headings") == offered[0]
    assert contrast(offered[0]) < 4.7


def test_a_dark_colour_needs_no_other_shade() -> None:
    assert nearest_shade("#0b4f6c") == "#0b4f6c"


@pytest.mark.parametrize("text", ["", "red", "#fff", "#12345g", "#1234567", "0b4f6c", "#0b4f6c;x", "#0b4f6c\n"])
def test_what_is_no_colour_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="no colour"):
        check_colour(text, where="lines")


HOUSE = Brand(headings="#111111", lines="#222222", logo=b"house", sender_name="MSSP", sender_address="a@mssp.example")


def test_a_tenants_brand_wins_and_the_operators_fills_it_up() -> None:
    own = Brand(headings="#333333", lines="#444444", contact="Ask Kim.")
    found = dressed(own, HOUSE)
    assert (found.brand.headings, found.brand.lines, found.brand.contact) == ("#333333", "#444444", "Ask Kim.")
    assert (found.brand.logo, found.logo_of, found.brand.sender_name) == (b"house", "operator", "MSSP")
    assert dressed(Brand(logo=b"own"), HOUSE).logo_of == "tenant"
    assert dressed(PLAIN, PLAIN).logo_of is None


def test_a_sender_is_one_thing_so_no_name_gets_the_address_of_another() -> None:
    assert dressed(Brand(sender_name="Own"), HOUSE).brand.sender_address is None


@pytest.mark.parametrize(
    ("stated", "where"),
    [
        (Stated(headings="#111111"), "lines"),
        (Stated(lines="#111111"), "headings"),
        (Stated(headings="#111111", lines="#ffff00"), "lines"),
        (Stated(sender_address="a@b.example"), "sender_name"),
        (Stated(sender_name="N", sender_address="a@b.example\r\nBcc: x@y.example"), "sender_address"),
        (Stated(sender_name="N", sender_address="ä@b.example"), "sender_address"),
        (Stated(sender_name="N\r\nBcc: x@y.example"), "sender_name"),
        (Stated(contact="two\nlines"), "contact"),
        (Stated(contact="x" * 201), "contact"),
        (Stated(contact=""), "contact"),
    ],
)
def test_what_a_brand_cannot_be_is_refused_by_the_name_of_its_part(stated: Stated, where: str) -> None:
    with pytest.raises(Invalid) as refused:
        brand_of(stated, logo=None)
    assert refused.value.where == where


def test_a_plan_names_a_logo_by_its_hash_and_never_shows_its_bytes() -> None:
    parts = parts_of(HOUSE)
    assert parts["sender"] == "MSSP <a@mssp.example>"
    assert len(parts["logo"]) == 12
    assert parts_of(PLAIN) == {}
