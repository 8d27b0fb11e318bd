"""Reads Discord's Markdown and says what in a text is live: what would wake, link, load, or change how a line reads.

An independent reading, for tests: it knows nothing of how our bot escapes. What stands in code is inert but for control
characters, which are never inert.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal[
    "mention",
    "everyone",
    "channel",
    "command",
    "moment",
    "emoji",
    "masked link",
    "link",
    "code",
    "heading",
    "quote",
    "list",
    "emphasis",
    "spoiler",
    "control",
]


@dataclass(frozen=True)
class Live:
    """Something live in a text."""

    kind: Kind
    text: str


_ESCAPED: Final = re.compile(r"\\([^A-Za-z0-9\s])")
_STAND_IN: Final = 0xE000
_FENCE: Final = re.compile(r"```.*?```", re.DOTALL)
_CODE: Final = re.compile(r"(?<!`)(`{1,2})(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)

_TOKENS: Final[tuple[tuple[Kind, re.Pattern[str]], ...]] = (
    ("mention", re.compile(r"<@[!&]?\d{1,20}>")),
    ("channel", re.compile(r"<#\d{1,20}>|<id:[a-z-]+>")),
    ("command", re.compile(r"</[^:>\n]{1,100}:\d{1,20}>")),
    ("moment", re.compile(r"<t:-?\d{1,17}(?::[tTdDfFRsS])?>")),
    ("emoji", re.compile(r"<a?:\w{2,32}:\d{1,20}>")),
    ("masked link", re.compile(r"\[[^\]\n]+\]\(\s*<?[^)\s]+>?[^)]*\)")),
    ("link", re.compile(r"(?i)<(?:mailto|tel|sms):[^>\s]+>|<[^@\s<>]+@[^\s<>]+\.[^\s<>]+>|<\+\d{5,}>")),
)
"""Read first, and then no more."""

_CODE_HERE: Final = re.compile(r"(?s)```.*?```|(`{1,2})(?!`)(.+?)(?<!`)\1(?!`)|`+")

_INLINE: Final[tuple[tuple[Kind, re.Pattern[str]], ...]] = (
    ("link", re.compile(r"(?i)\b(?:https?|discord|steam|ftp)://[^\s<>]+")),
    ("link", re.compile(r"(?i)\bdiscord(?:\.gg|app\.com/invite|\.com/invite)/\w+")),
    ("everyone", re.compile(r"@(?:everyone|here)\b")),
    ("emoji", re.compile(r"(?a):[a-z][a-z0-9_+-]{1,31}:")),
    ("spoiler", re.compile(r"\|\|.+?\|\|", re.DOTALL)),
    ("emphasis", re.compile(r"(\*{1,3})(?=\S)(?:.+?)(?<=\S)\1|~~.+?~~")),
    ("emphasis", re.compile(r"(?<![A-Za-z0-9_])(_{1,3})(?=\S).+?(?<=\S)\1(?![A-Za-z0-9_])")),
)
_LINES: Final[tuple[tuple[Kind, re.Pattern[str]], ...]] = (
    ("heading", re.compile(r"(?m)^[ ]*(?:#{1,3}|-#)[ \t]+\S.*$")),
    ("quote", re.compile(r"(?m)^[ ]*>{1,3}[ \t].*$|^>>>[ ].*$")),
    ("list", re.compile(r"(?m)^[ ]*(?:[-*+]|\d{1,9}\.)[ \t]+\S.*$")),
)
_TAKEN: Final = "\N{OBJECT REPLACEMENT CHARACTER}"
_ALLOWED_CONTROLS: Final = "\n\t"


def live_in(text: str) -> list[Live]:
    """What is live in a text, in no special order."""
    found = [Live("control", repr(character)) for character in text if is_control(character)]
    rest, code = _without_code(_without_escapes(text))
    found += [Live("code", one) for one in code]
    for kind, pattern in _TOKENS:
        found += [Live(kind, match[0]) for match in pattern.finditer(rest)]
        rest = pattern.sub(_TAKEN, rest)
    for kind, pattern in (*_INLINE, *_LINES):
        found += [Live(kind, match[0]) for match in pattern.finditer(rest)]
    return found


def is_control(character: str) -> bool:
    """Whether a character acts on the text around it: controls, bidi, zero width, tags, lone surrogates."""
    if character in _ALLOWED_CONTROLS:
        return False
    category = unicodedata.category(character)
    return category in ("Cc", "Cf", "Cs", "Zl", "Zp")


def visible(text: str) -> str:
    """About what a reader sees: escapes are gone, and so are the marks of code."""
    return "".join(_seen(_without_escapes(text)))


def _seen(text: str) -> Iterator[str]:
    for character in text:
        code = ord(character)
        if _STAND_IN <= code < _STAND_IN + 0x100:
            yield chr(code - _STAND_IN)
        elif character != "`":
            yield character


def _without_escapes(text: str) -> str:
    """The text with each escaped mark in the place of a letter that means nothing. In code nothing is escaped."""
    kept: list[str] = []
    at = 0
    while at < len(text):
        escaped, code = _ESCAPED.match(text, at), _CODE_HERE.match(text, at)
        if escaped is not None:
            kept.append(_stand_in(escaped))
            at = escaped.end()
        elif code is not None:
            kept.append(code[0])
            at = code.end()
        else:
            kept.append(text[at])
            at += 1
    return "".join(kept)


def _stand_in(match: re.Match[str]) -> str:
    code = ord(match[1])
    return chr(_STAND_IN + code) if code < 0x100 else match[1]


def _without_code(text: str) -> tuple[str, list[str]]:
    code: list[str] = []

    def take(match: re.Match[str]) -> str:
        code.append(match[0])
        return _TAKEN

    return _CODE.sub(take, _FENCE.sub(take, text)), code
