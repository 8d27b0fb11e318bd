"""One function per sink makes foreign text harmless there (O1, O2, O4).

Owns `Untrusted`, the type of all text that came from outside (events, names, comments), and the types
that sinks accept. Each sink type is made only here, so a type checker refuses foreign text that was not
neutralised for that very sink, and an `Untrusted` that is formatted by mistake raises instead of leaking.

What every sink does: characters that a reader cannot see or that change what the reader sees (controls,
bidi, zero-width, tags, fillers, lone surrogates, unassigned) are spelled out as `[U+202E]`. Sinks that may
turn addresses into links (chat, PDF, subject, terminal) defang them: `hxxps[:]//evil[.]com`, `bob[@]evil[.]com`.
It never decides what may be shown to whom, and it never changes what is stored.
"""

import csv
import html
import io
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final, LiteralString, NewType, NoReturn, final

from watchfloor.kernel.characters import one_line, visible

ChatText = NewType("ChatText", str)
"""Text for a chat message outside code: Markdown and mentions inert. A code span is made by `for_chat_code`."""
PdfText = NewType("PdfText", str)
"""Text for an autoescaping template that becomes a PDF. The template escapes; this has only visible characters."""
CsvText = NewType("CsvText", str)
"""Text for one cell of `csv_line`."""
LogText = NewType("LogText", str)
"""Text for a log message: one line."""
SubjectText = NewType("SubjectText", str)
"""Text for a mail's subject: one line; the mail library encodes it."""
TerminalText = NewType("TerminalText", str)
"""Text for a terminal: one line, no control sequence. Print it as plain text, not as a library's markup."""

CHAT_LIMIT: Final = 1_024
CODE_LIMIT: Final = 1_000
PDF_LIMIT: Final = 20_000
HTML_LIMIT: Final = 262_144
CSV_LIMIT: Final = 32_767
LOG_LIMIT: Final = 2_000
SUBJECT_LIMIT: Final = 150
TERMINAL_LIMIT: Final = 4_000

_ELLIPSIS: Final = "…"
# Endings of file names that are not top-level domains: `cmd.exe` stays readable, `setup.zip` does not stay clickable.
_FILE_ENDING: Final = re.compile(
    "asp|aspx|bak|bash|bat|bin|chm|cfg|cmd|cpl|csproj|csv|dat|db|dll|dmp|doc|"
    "docm|docx|efi|elf|etl|evtx|exe|gz|hta|htm|html|img|inf|ini|iso|jar|jpg|"
    "jpeg|js|jse|json|lnk|log|msc|msi|msp|ocx|odt|pdf|php|png|ppt|pptm|pptx|psd|"
    "psm|pyc|rar|reg|rtf|scr|sct|sqlite|sys|tar|tgz|tmp|txt|vbe|vbs|vhd|vhdx|"
    "war|wav|wsf|wsh|xls|xlsb|xlsm|xlsx|xml|yaml|yara|yml"
)
_LINKING: Final = re.compile(r"(?i)\b(mailto|tel|sms|sip|callto|javascript|vbscript|data|file|skype|whatsapp):(?=\S)")
_HTTP: Final = re.compile(r"(?i)\bh(tt)(?=ps?(?:://|:/|%3a))")
_DOTTED: Final = re.compile(r"(?<![\w\-])[\w\-]++(?:[.\u3002\uff0e\uff61][\w\-]++)+")
_DOT: Final = re.compile(r"[.\u3002\uff0e\uff61]")
_IPV4: Final = re.compile(r"\d\.\d+\.\d+\.\d")
_MAIL: Final = re.compile(r"(?<=[\w.+\-\]\"])@(?=[\w\[])")
_CHAT_SPECIAL: Final = frozenset("\\`*_~|<>#:[]()")
_CHAT_START: Final = re.compile(r"(\d*)([.+\-])")
_ANGLE_TOKEN: Final = re.compile(r"<(?=[^\s>])")
_FORMULA: Final = frozenset("=+-@\t\r\n\0\uff1d\uff0b\uff0d\uff20")
_FORMULA_INSIDE: Final = re.compile(r"(?<=[;,|\"])(\s*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])")


@final
class Untrusted:
    """Text from outside. It compares and hashes by content and refuses to become part of another text."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        """Take `text` as it is; nothing is checked or changed."""
        self._text = text

    def for_computing(self) -> str:
        """The text as it came, for matching, storing and hashing; never for showing."""
        return self._text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Untrusted) and self._text == other._text

    def __hash__(self) -> int:
        return hash((Untrusted, self._text))

    def __repr__(self) -> str:
        shown = self._text if len(self._text) <= 80 else self._text[:79] + _ELLIPSIS
        return f"Untrusted({shown!a})"

    def __str__(self) -> NoReturn:
        raise TypeError("untrusted text must be neutralised for its sink")

    def __format__(self, format_spec: str) -> NoReturn:
        raise TypeError("untrusted text must be neutralised for its sink")


@final
class HtmlText(str):
    """Escaped HTML text, for element content and quoted attributes. Templates do not escape it again."""

    __slots__ = ()

    def __html__(self) -> str:
        """Tells template engines (the MarkupSafe protocol) that it is escaped already."""
        return str(self)


def for_chat(text: Untrusted, *, limit: int = CHAT_LIMIT) -> ChatText:
    """`text` as plain words in a chat message of at most `limit` characters.

    No Markdown, mention, channel, command, timestamp or emoji token, link, heading, list or line break
    of the text's own takes effect; people see its characters, with addresses defanged.
    """
    return ChatText(_joined(_chat_units(_chat_line(text, limit)), limit))


def for_chat_code(text: Untrusted, *, limit: int = CODE_LIMIT) -> ChatText:
    """`text` as a code span of at most `limit` characters, backticks included: for command lines and values.

    Inside code a backslash escapes nothing, so what would end the span or name something becomes a
    look-alike: a backtick U+02CB, an angle bracket before a word U+2039.
    """
    line = _ANGLE_TOKEN.sub("\u2039", _chat_line(text, limit).replace("`", "\u02cb"))
    return ChatText(f"`{_joined(line, limit - 2) or ' '}`")


def for_html(text: Untrusted, *, limit: int = HTML_LIMIT) -> HtmlText:
    """`text` escaped for HTML content or a quoted attribute; at most `limit` characters before escaping.

    Lines stay lines and addresses stay exact, because analysts copy them; templates never make links of them.
    """
    return HtmlText(html.escape(_joined(visible(_head(text, limit), newline="\n"), limit), quote=True))


def for_pdf(text: Untrusted, *, limit: int = PDF_LIMIT) -> PdfText:
    """`text` for an autoescaping report template, at most `limit` characters. Lines stay lines."""
    return PdfText(_joined(defang(visible(_head(text, limit), newline="\n")), limit))


def for_csv(text: Untrusted, *, limit: int = CSV_LIMIT) -> CsvText:
    """`text` as a cell that no spreadsheet takes for a formula (OWASP ASVS 5.0, 1.2.10); one line.

    A cell that begins like a formula gets a single quote in front. So does each piece after a comma,
    semicolon, bar or double quote, because a program that splits cells elsewhere sees a new cell there.
    """
    raw = _head(text, limit)
    cell = _FORMULA_INSIDE.sub(r"\1'", one_line(raw, newline=" "))
    if raw[:1] in _FORMULA or cell[:1] in _FORMULA:
        cell = "'" + cell
    return CsvText(_joined(cell, limit))


def for_log(text: Untrusted, *, limit: int = LOG_LIMIT) -> LogText:
    r"""`text` as one line of a log, at most `limit` characters; a line break becomes `\n`."""
    return LogText(_joined(visible(_head(text, limit), newline="\\n"), limit))


def for_subject(text: Untrusted, *, limit: int = SUBJECT_LIMIT) -> SubjectText:
    """`text` as part of a mail's subject: one line, at most `limit` characters, so no header can be added."""
    return SubjectText(_joined(defang(one_line(_head(text, limit), newline=" ")), limit))


def for_terminal(text: Untrusted, *, limit: int = TERMINAL_LIMIT) -> TerminalText:
    """`text` for a terminal: one line, at most `limit` characters, no ANSI or OSC sequence, no live link."""
    return TerminalText(_joined(defang(one_line(_head(text, limit), newline=" ↵ ")), limit))


def chat(template: LiteralString, **parts: ChatText | int) -> ChatText:
    """A chat text from our own words; `{name}` in `template` stands for a neutralised part or a number."""
    return ChatText(template.format(**parts))


def terminal(template: LiteralString, **parts: TerminalText | int) -> TerminalText:
    """A terminal text from our own words; `{name}` in `template` stands for a neutralised part or a number."""
    return TerminalText(template.format(**parts))


def subject(template: LiteralString, **parts: SubjectText | int) -> SubjectText:
    """A subject from our own words; `{name}` in `template` stands for a neutralised part or a number."""
    return SubjectText(template.format(**parts))


def cell(words: LiteralString) -> CsvText:
    """A cell from our own words, such as a column's name."""
    return CsvText(words)


def csv_line(cells: Iterable[CsvText | int | float | datetime]) -> str:
    """One line of CSV (RFC 4180), every cell quoted, times in UTC to the second (RFC 3339), CRLF at its end."""
    line = io.StringIO()
    csv.writer(line, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerow(
        f"{one.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if isinstance(one, datetime) else one for one in cells
    )
    return line.getvalue()


def defang(text: str) -> str:
    """`text` with addresses that no program takes for a link and every person can still read.

    Schemes lose their meaning (`hxxps[:]//`), host names and IPv4 addresses their dots, mail addresses
    their `@`. File names (`cmd.exe`) and version numbers stay. Not a sink: the result is still untrusted.
    """
    text = _HTTP.sub(lambda found: "hxx" if found[1] == "tt" else found[0][0] + "XX", text)
    text = _LINKING.sub(r"\1[:]", text.replace("://", "[:]//"))
    return _MAIL.sub("[@]", _DOTTED.sub(_defang_name, text))


def _defang_name(found: re.Match[str]) -> str:
    plain = _DOT.sub(".", found[0])
    # A program may take any beginning of the name for a host: `evil.com` in `evil.com.__u__`.
    harmless = not any(_may_end_a_host(label.strip("-_").lower()) for label in plain.split(".")[1:])
    is_host = found.string[max(found.start() - 2, 0) : found.start()].endswith(("//", "@"))
    if harmless and not is_host and _IPV4.search(plain) is None:
        return found[0]
    return plain.replace(".", "[.]")


def _may_end_a_host(label: str) -> bool:
    """No top-level domain has one letter, begins with a digit or is the ending of a program's or document's name."""
    return len(label) > 1 and not label[0].isdigit() and _FILE_ENDING.fullmatch(label) is None


def _chat_line(text: Untrusted, limit: int) -> str:
    """One defanged line in which no `@` stands before a name."""
    line = defang(one_line(_head(text, limit), newline=" ↵ "))
    return line.replace("[@]", "@").replace("@", "[@]")


def _chat_units(line: str) -> Iterable[str]:
    """Pieces of a chat text, none of which may be cut in two."""
    start = _CHAT_START.match(line)
    if start is not None:
        yield from start[1]
        yield "\\" + start[2]
        line = line[start.end() :]
    before = ""
    for character in line:
        # Behind an angle bracket `/` and `+` name commands and telephones.
        special = character in _CHAT_SPECIAL or (before == "<" and character in "/+!&")
        yield "\\" + character if special else character
        before = character


def _head(text: Untrusted, limit: int) -> str:
    """As much of the text as can matter for `limit` characters: shortening comes before costly work."""
    return text.for_computing()[: 2 * limit + 1]


def _joined(units: Iterable[str], limit: int) -> str:
    """The units up to `limit` characters, with an ellipsis in place of what does not fit."""
    if limit < 1:
        raise ValueError("a limit must leave room for one character")
    taken: list[str] = []
    room = limit
    for unit in units:
        if len(unit) > room:
            break
        taken.append(unit)
        room -= len(unit)
    else:
        return "".join(taken)
    while room < 1:
        room += len(taken.pop())
    return "".join(taken) + _ELLIPSIS
