"""The single values of a bundle: how each is written, and in which words a reader is told when one is not.

Owns patterns and their descriptions; which values stand where is the bundle's.
"""

from typing import Annotated

from msgspec import Meta


def _say(text: str) -> dict[str, object]:
    return {"say": text}


Slug = Annotated[
    str,
    Meta(
        pattern=r"^[a-z][a-z0-9-]{1,30}[a-z0-9]$(?!\n)",
        description="The tenant's name in addresses and commands. It never changes.",
        extra=_say("a slug: 3 to 32 characters of a-z, 0-9 and -, beginning with a letter, not ending with -"),
    ),
]
Code = Annotated[
    str,
    Meta(
        pattern=r"^[A-Z][A-Z0-9]{1,7}$(?!\n)",
        description="The beginning of incident references, as in ACME-12. It never changes.",
        extra=_say("a code: 2 to 8 characters of A-Z and 0-9, beginning with a letter"),
    ),
]
Name = Annotated[
    str,
    Meta(
        pattern=r"^[^\s\x00-\x1f\x7f](?:[^\x00-\x1f\x7f]{0,198}[^\s\x00-\x1f\x7f])?$(?!\n)",
        extra=_say("a name of at most 200 characters in one line"),
    ),
]
Email = Annotated[
    str,
    Meta(
        pattern=r"^(?!.*\.\.)[^\s@\x00-\x1f\x7f]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250})[A-Za-z0-9]$(?!\n)",
        extra=_say("an e-mail address"),
    ),
]
Phone = Annotated[
    str,
    Meta(
        pattern=r"^\+[1-9][0-9 ()/.-]{5,30}$(?!\n)",
        extra=_say("a telephone number with its country code, such as +49 30 901820, in quotes"),
    ),
]
Language = Annotated[
    str,
    Meta(pattern=r"^[a-z]{2}$(?!\n)", extra=_say("a language as two letters of ISO 639-1, such as en or de")),
]
ZoneName = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+)*$(?!\n)",
        extra=_say("a time zone by its IANA name, such as Europe/Berlin"),
    ),
]
FeedName = Annotated[
    str,
    Meta(
        pattern=r"^[a-z][a-z0-9-]{0,62}$(?!\n)",
        extra=_say("a feed's name: at most 63 characters of a-z, 0-9 and -, beginning with a letter"),
    ),
]
SourceHint = Annotated[
    str,
    Meta(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$(?!\n)", extra=_say("a source's name, such as windows.sysmon")),
]
Duration = Annotated[
    str,
    Meta(pattern=r"^[1-9][0-9]{0,3}(m|h|d)$(?!\n)", extra=_say("a time such as 15m, 4h or 30d")),
]
Days = Annotated[
    str,
    Meta(pattern=r"^[1-9][0-9]{0,3}(d|y)$(?!\n)", extra=_say("a number of days or years, such as 90d or 3y")),
]
TimeOfDay = Annotated[
    str,
    Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$(?!\n)", extra=_say("a time of day such as 08:00, in quotes")),
]
EndOfDay = Annotated[
    str,
    Meta(
        pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$(?!\n)",
        extra=_say("a time of day such as 18:00, at most 24:00, in quotes"),
    ),
]
Country = Annotated[
    str,
    Meta(pattern=r"^[A-Z]{2}$(?!\n)", extra=_say("a country as two capital letters of ISO 3166-1, such as DE")),
]
Subdivision = Annotated[
    str,
    Meta(pattern=r"^[A-Z0-9]{1,5}$(?!\n)", extra=_say("a part of a country, such as HH in DE-HH")),
]

Words = Annotated[
    str,
    Meta(
        pattern=r"^[^\x00-\x08\x0b-\x1f\x7f]{10,2000}$(?!\n)",
        extra=_say("a reason of 10 to 2,000 characters"),
    ),
]
RuleName = Annotated[
    str,
    Meta(
        pattern=r"^[^\x00-\x1f\x7f]{1,300}$(?!\n)",
        extra=_say("a rule's id, name or title"),
    ),
]
Date = Annotated[
    str,
    Meta(pattern=r"^20[0-9]{2}-[01][0-9]-[0-3][0-9]$(?!\n)", extra=_say("a day such as 2027-03-31")),
]
ListName = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9_.-]{1,64}$(?!\n)",
        extra=_say("a list's name: at most 64 letters, digits, `_`, `.` and `-`"),
    ),
]
Entry = Annotated[
    str,
    Meta(
        pattern=r"^[^\x00-\x1f\x7f]{1,500}$(?!\n)",
        extra=_say("an entry of at most 500 characters in one line"),
    ),
]

Colour = Annotated[
    str,
    Meta(pattern=r"^#[0-9A-Fa-f]{6}$(?!\n)", extra=_say('a colour of six digits, such as "#0b4f6c", in quotes')),
]
ImagePath = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9_-][A-Za-z0-9_.-]*(/[A-Za-z0-9_-][A-Za-z0-9_.-]*){0,5}$(?!\n)",
        max_length=200,
        extra=_say("a file beside the bundle or in a directory below, such as brands/acme.png; it is never fetched"),
    ),
]
FrameworkId = Annotated[
    str,
    Meta(pattern=r"^[a-z0-9][a-z0-9.-]{0,39}$(?!\n)", extra=_say("a framework's id, such as nis2-art21")),
]

Free = Annotated[object, Meta(extra_json_schema={"description": "As in a Sigma filter."})]
