"""A tenant's brand as it was set, and which brand a document gets: the tenant's own, else the installation's.

Pure. A part that a tenant has not set is the MSSP's; where neither has, it is Watchfloor's plain look.
"""

import hashlib
from typing import Final, Literal, TypeAlias

import msgspec

LogoOf: TypeAlias = Literal["tenant", "operator"]


class Brand(msgspec.Struct, frozen=True, kw_only=True):
    """Who hands reports over, and how they look. `headings` and `lines` are colours (`#rrggbb`), both or neither.

    `logo` is what `bare_logo` has left of a file. `sender_address` is whose mails they are; `contact` says where
    questions go.
    """

    headings: str | None = None
    lines: str | None = None
    logo: bytes | None = None
    sender_name: str | None = None
    sender_address: str | None = None
    contact: str | None = None


PLAIN: Final = Brand()
_SHOWN_HASH: Final = 12


class Dressed(msgspec.Struct, frozen=True, kw_only=True):
    """The brand that a tenant's documents get, and whose its logo is."""

    brand: Brand
    logo_of: LogoOf | None


def dressed(own: Brand, house: Brand) -> Dressed:
    """The tenant's brand, filled up from the MSSP's part by part: logo, colours, sender, contact."""
    brand = _filled_up(own, house)
    if brand.logo is None:
        return Dressed(brand=brand, logo_of=None)
    return Dressed(brand=brand, logo_of="operator" if own.logo is None else "tenant")


def _filled_up(own: Brand, house: Brand) -> Brand:
    colours = own if own.headings is not None else house
    sender = own if own.sender_name is not None else house
    return Brand(
        headings=colours.headings,
        lines=colours.lines,
        logo=own.logo if own.logo is not None else house.logo,
        sender_name=sender.sender_name,
        sender_address=sender.sender_address,
        contact=own.contact if own.contact is not None else house.contact,
    )


def parts_of(brand: Brand) -> dict[str, str]:
    """What a person would name of it, for plans, the audit log and terminals; the logo is its hash."""
    sender = " ".join(
        part for part in (brand.sender_name, brand.sender_address and f"<{brand.sender_address}>") if part
    )
    parts = {
        "logo": None if brand.logo is None else hashlib.sha256(brand.logo).hexdigest()[:_SHOWN_HASH],
        "colours.headings": brand.headings,
        "colours.lines": brand.lines,
        "sender": sender,
        "contact": brand.contact,
    }
    return {name: text for name, text in parts.items() if text}
