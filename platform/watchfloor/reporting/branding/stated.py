"""A brand as a person states it, over the API or on the command line: checked as a bundle's is."""

import re
from typing import Final

import msgspec

from watchfloor.kernel.errors import Invalid
from watchfloor.reporting.branding.brand import Brand
from watchfloor.reporting.branding.colour import check_colour

_ADDRESS: Final = re.compile(
    r"(?!\.)(?!.*\.\.)(?!.*\.@)[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9][A-Za-z0-9.-]{0,250}[A-Za-z0-9]"
)
_LINE: Final = re.compile(r"[^\s\x00-\x1f\x7f](?:[^\x00-\x1f\x7f]{0,198}[^\s\x00-\x1f\x7f])?")


class Stated(msgspec.Struct, frozen=True, kw_only=True):
    """All of a brand but its logo. What is left out is the MSSP's, or Watchfloor's own."""

    headings: str | None = None
    lines: str | None = None
    sender_name: str | None = None
    sender_address: str | None = None
    contact: str | None = None


def check_address(address: str, *, where: str) -> None:
    """Raises Invalid for what is no e-mail address that every mail server takes."""
    if _ADDRESS.fullmatch(address) is None:
        raise Invalid(
            "This is no e-mail address.",
            where=where,
            remedy="Use an address in ASCII, such as a@b.example.",
        )


def brand_of(stated: Stated, *, logo: bytes | None) -> Brand:
    """The brand. `logo` was checked before. Raises Invalid, naming the part."""
    if (stated.headings is None) != (stated.lines is None):
        missing = "lines" if stated.lines is None else "headings"
        raise Invalid("There is one colour of two.", where=missing, remedy="Give both: headings and lines.")
    if stated.sender_address is not None:
        if stated.sender_name is None:
            raise Invalid("There is an address and no name.", where="sender_name", remedy="Name the sender.")
        check_address(stated.sender_address, where="sender_address")
    return Brand(
        headings=None if stated.headings is None else check_colour(stated.headings, where="headings"),
        lines=None if stated.lines is None else check_colour(stated.lines, where="lines"),
        logo=logo,
        sender_name=_line(stated.sender_name, "sender_name"),
        sender_address=stated.sender_address,
        contact=_line(stated.contact, "contact"),
    )


def _line(text: str | None, where: str) -> str | None:
    if text is not None and _LINE.fullmatch(text) is None:
        raise Invalid("This is not one line of at most 200 characters.", where=where)
    return text
