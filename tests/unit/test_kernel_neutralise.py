"""The sinks are judged by readers of their own: a scanner for chat messages, an HTML parser, a CSV reader, a mail
parser, a terminal's rules. None of them shares code or tables with the module under test."""

import csv
import email
import email.policy
import io
import random
import re
import unicodedata
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from email.message import EmailMessage
from html.parser import HTMLParser

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from watchfloor.kernel.neutralise import (
    Untrusted,
    cell,
    chat,
    csv_line,
    defang,
    for_chat,
    for_chat_code,
    for_csv,
    for_html,
    for_log,
    for_pdf,
    for_subject,
    for_terminal,
    subject,
    terminal,
)

FRAGMENTS = (
    *("@everyone", "@here", "<@123456789012345678>", "<@!1>", "<@&99>", "<#123>", "</ban:1>", "<t:1700000000:R>"),
    *("<:ok:1>", "<a:spin:22>", "<id:guide>", "<sound:1:2>", "<+15551234567>", "<mailto:a@b.co>", ":smile:"),
    *("https://evil.com/x?y=1", "HTTP://EVIL.COM", "<https://evil.com>", "http://1.2.3.4:8080/", "ftp://h.example"),
    *("www.evil.com", "discord.gg/abc", "//evil.com", "evil.com", "evil\u3002com", "a.b.c.evil.co.uk", "setup.zip"),
    *(
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "mailto:x@evil.com",
        "tel:+1555",
        "steam://run/1",
    ),
    *(
        "[click](https://evil.com)",
        "[x]: http://a.b",
        "![i](http://a.b/c.png)",
        "||spoiler||",
        "~~x~~",
        "`code`",
        "```",
    ),
    *("**bold**", "__u__", "*i*", "_i_", "# head", "## h", "-# small", "> quote", ">>> all", "- item", "1. one", "* x"),
    *(
        "bob@evil.com",
        "bob@[10.0.0.1]",
        "\\<@1>",
        "\\\\",
        "\\",
        "<",
        ">",
        "@",
        "[@]",
        "`",
        "[",
        "]",
        "(",
        ")",
        "1.",
        "+ x",
    ),
    *(
        "\n",
        "\r\n",
        "\r",
        "\t",
        "\0",
        "\x1b[31m",
        "\x1b]8;;http://evil.com\x07x\x1b]8;;\x07",
        "\x9b31m",
        "\x7f",
        "\x85",
    ),
    *("\u202e", "\u2066", "\u200b", "\u200d", "\u2028", "\u2029", "\ufeff", "\u00ad", "\u3164", "\u2800", "\U000e0041"),
    *("\ud800", "\udfff", "\u0301" * 40, "\ufe0f", "\u180e", "\u034f", "\u061c", "\uffff", "\ue000"),
    *(
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        ";=1",
        ',"=1',
        "\t=1",
        "|calc",
        "\uff1d1",
        "'",
        '"',
        "&lt;",
        "</script>",
        "<img>",
    ),
    *("cmd.exe /c whoami", "10.0.0.1", "2001:db8::1", "v1.2.3", " ", "   ", "x", "Zürich", "日本語", "🙂", "ann"),
)
HOSTILE = st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=8) | st.characters(), max_size=12).map("".join)
SINKS: dict[str, Callable[[Untrusted], str]] = {
    sink.__name__: sink
    for sink in (for_chat, for_chat_code, for_html, for_pdf, for_csv, for_log, for_subject, for_terminal)
}
LINES_STAY = ("for_html", "for_pdf")
ADDRESSES_STAY = ("for_html", "for_csv", "for_log")

URL = re.compile(r"(?i)(?:https?|ftp|steam|discord|file|ws|wss)\s*:\s*/|[a-z][a-z0-9+.\-]*://")
SCHEME = re.compile(r"(?i)\b(?:mailto|javascript|vbscript|data|file|tel|sms|sip):\S")
NAME = re.compile(r"(?i)\b[a-z0-9\-]+[.\u3002\uff0e\uff61](?:com|uk|gg|zip|example|co)(?![\w\-]|\.\w)")
IPV4 = re.compile(r"\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b")
MAIL = re.compile(r"[\w.+\-]@[\w\[]")
TOKENS = re.compile(r"<(?:@[!&]?\d|#\d|a?:\w+:\d|/[^>]*:\d|t:-?\d|id:\w|sound:|\+\d|mailto:|https?:)")
PING = re.compile(r"@(?:everyone|here)\b|@\d")
HIDING = re.compile(
    r"HANGUL.* FILLER|VARIATION SELECTOR|BRAILLE PATTERN BLANK|GRAPHEME JOINER|INHERENT|VOWEL SEPARATOR"
)
ACTIVE = frozenset("*_~`|<>[]()#:")


def hidden(text: str) -> list[str]:
    """What a reader would not see as it is: judged by category, and by name where the category hides it."""
    wrong: list[str] = []
    for character in text:
        name = unicodedata.name(character, "")
        if character != " " and unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"):
            wrong.append(hex(ord(character)))
        elif HIDING.search(name):
            wrong.append(name)
    return wrong


def linked(text: str) -> list[str]:
    return [found[0] for form in (URL, SCHEME, NAME, IPV4, MAIL) for found in form.finditer(text)]


def displayed(message: str) -> str:
    """What a chat client shows of a message, or an assertion error where it would show something active.

    Escapes as Discord's client reads them: a backslash before anything but letters, digits and blanks.
    """
    assert not re.match(r"\s*(?:[-+*]\s|\d+\.\s|-#|#{1,3}\s|>)", message), message
    shown: list[str] = []
    position = 0
    while position < len(message):
        character = message[position]
        if character == "\\" and re.match(r"[^0-9A-Za-z\s]", message[position + 1 : position + 2]):
            shown.append(message[position + 1])
            position += 2
            continue
        assert character not in ACTIVE, (character, message)
        shown.append(character)
        position += 1
    return "".join(shown)


def assert_chat_is_inert(text: str) -> None:
    message = for_chat(Untrusted(text))
    assert len(message) <= 1024
    assert not hidden(message)
    assert not TOKENS.search(message)
    assert not PING.search(message)
    assert not linked(message)
    shown = displayed(message)
    assert not TOKENS.search(shown) or "\\<" in message  # a token may be seen; it was never read as one
    assert not PING.search(shown)
    assert not linked(shown)


def assert_code_is_inert(text: str) -> None:
    message = for_chat_code(Untrusted(text))
    assert len(message) <= 1000
    assert re.fullmatch("`[^`]+`", message)
    assert not hidden(message)
    assert not TOKENS.search(message)
    assert not PING.search(message)
    assert not linked(message)


def test_ten_thousand_hostile_strings_leave_nothing_active_in_chat() -> None:
    """O2: re-parsed, each message has no mention, link or token of its own."""
    dice = random.Random(20261122)
    for _ in range(10_000):
        text = "".join(dice.choice(FRAGMENTS) for _ in range(dice.randint(1, 12)))
        assert_chat_is_inert(text)
        assert_code_is_inert(text)


@given(HOSTILE)
@example("1. x")
@example("\\")
@example("`")
def test_any_text_is_inert_in_chat(text: str) -> None:
    assert_chat_is_inert(text)
    assert_code_is_inert(text)


@pytest.mark.parametrize("text", ["evil.com.__u__", "evil.com.1", "evil.com.exe", "a.b.evil.com.x"])
def test_a_host_is_defanged_whatever_hangs_behind_it(text: str) -> None:
    assert_chat_is_inert(text)
    assert "evil[.]com" in defang(text)


@pytest.mark.slow
@settings(max_examples=10_000, deadline=None)
@given(HOSTILE)
def test_any_text_is_inert_in_chat_at_length(text: str) -> None:
    assert_chat_is_inert(text)
    assert_code_is_inert(text)


@given(
    st.text(alphabet=st.characters(codec="ascii", categories=("L", "N", "P", "S")), max_size=200), st.integers(1, 60)
)
def test_a_shortened_chat_text_never_ends_within_an_escape(text: str, limit: int) -> None:
    message = for_chat(Untrusted(text), limit=limit)
    assert len(message) <= limit
    displayed(message)
    assert not re.search(r"(?<!\\)(?:\\\\)*\\$", message)


@pytest.mark.parametrize("name", SINKS)
@given(text=HOSTILE)
def test_no_sink_lets_through_what_a_reader_cannot_see(name: str, text: str) -> None:
    neutral = SINKS[name](Untrusted(text))
    assert not hidden(neutral.replace("\n", "") if name in LINES_STAY else neutral)
    neutral.encode()
    assert max((len(run) for run in re.findall(r"[\u0300-\u036f]+", neutral)), default=0) <= 4


@pytest.mark.parametrize("name", [name for name in SINKS if name not in ADDRESSES_STAY])
@given(text=HOSTILE)
def test_where_a_program_makes_links_there_is_nothing_to_link(name: str, text: str) -> None:
    assert not linked(SINKS[name](Untrusted(text)))


@pytest.mark.parametrize("name", SINKS)
def test_every_sink_keeps_its_limit_and_shows_that_something_is_missing(name: str) -> None:
    limits: dict[str, Callable[[Untrusted, int], str]] = {
        "for_chat": lambda text, limit: for_chat(text, limit=limit),
        "for_chat_code": lambda text, limit: for_chat_code(text, limit=limit).strip("`"),
        "for_html": lambda text, limit: for_html(text, limit=limit),
        "for_pdf": lambda text, limit: for_pdf(text, limit=limit),
        "for_csv": lambda text, limit: for_csv(text, limit=limit),
        "for_log": lambda text, limit: for_log(text, limit=limit),
        "for_subject": lambda text, limit: for_subject(text, limit=limit),
        "for_terminal": lambda text, limit: for_terminal(text, limit=limit),
    }
    for limit in (3, 10, 100):
        short = limits[name](Untrusted("a" * 1000), limit)
        assert len(short) <= limit
        assert short.endswith("…")
        assert limits[name](Untrusted("ab"), limit + 2) == "ab"
    with pytest.raises(ValueError, match="limit"):
        limits[name](Untrusted("x"), 0)


def test_a_long_text_costs_no_more_than_its_limit() -> None:
    for sink in SINKS.values():
        sink(Untrusted("a" * 10_000_000))
        sink(Untrusted("a." * 5_000_000))
        sink(Untrusted("\u202e" * 3_000_000))


SHOWN_IN_CHAT = [
    ("plain words, 100 % of them; and 'quotes'", "plain words, 100 % of them; and 'quotes'"),
    ("powershell -enc SQBFAFgA", "powershell -enc SQBFAFgA"),
    (r"C:\Windows\System32\cmd.exe", r"C:\Windows\System32\cmd.exe"),
    ("https://evil.com/a_b", "hxxps[:]//evil[.]com/a_b"),
    ("HTTP://evil.com", "HXXP[:]//evil[.]com"),
    ("bob@evil.com", "bob[@]evil[.]com"),
    ("connect 10.0.0.1:443", "connect 10[.]0[.]0[.]1:443"),
    ("version 10.0.19045", "version 10.0.19045"),
    ("already hxxps[:]//evil[.]com", "already hxxps[:]//evil[.]com"),
    ("two\nlines\r\nhere", "two ↵ lines ↵ here"),
    ("a\u202eb", "a[U+202E]b"),
    ("Zürich 日本語 🙂", "Zürich 日本語 🙂"),
    ("  wide \t\u3000 blanks  ", "wide blanks"),
    ("xn--80ak6aa92e.xn--p1ai", "xn--80ak6aa92e[.]xn--p1ai"),
    ("1. first", "1. first"),
    ("", ""),
]


@pytest.mark.parametrize(("text", "shown"), SHOWN_IN_CHAT)
def test_people_read_in_chat_what_was_there(text: str, shown: str) -> None:
    assert displayed(for_chat(Untrusted(text))) == shown


def test_code_in_chat_stays_readable() -> None:
    assert for_chat_code(Untrusted("cmd.exe /c dir > out.txt")) == "`cmd.exe /c dir > out.txt`"
    assert for_chat_code(Untrusted("")) == "` `"


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self.markup: list[str] = []
        self.attribute: str | None = None

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.markup.append(tag)
        self.attribute = dict(attrs).get("title")

    def handle_comment(self, data: str) -> None:
        self.markup.append(data)


@given(HOSTILE)
def test_html_is_text_and_nothing_else(text: str) -> None:
    neutral = for_html(Untrusted(text))
    reader = Reader()
    reader.feed(f"<p title='{neutral}' class=\"{neutral}\">{neutral}</p>")
    reader.close()
    assert reader.markup == ["p"]
    assert reader.text == reader.attribute
    assert neutral.__html__() == str(neutral)


def test_html_keeps_lines_and_addresses() -> None:
    assert for_html(Untrusted("a\r\n<b> \"https://evil.com\" & 'c'")) == (
        "a\n&lt;b&gt; &quot;https://evil.com&quot; &amp; &#x27;c&#x27;"
    )


FORMULAS = "=+-@\t\r\n\0\uff1d\uff0b\uff0d\uff20"


@given(st.lists(HOSTILE, min_size=1, max_size=5))
@example(["=cmd|' /C calc'!A0"])
@example(["a;=1", "b,+1", 'c"-1', "\t=1", " =1", "\u3000@x"])
def test_no_cell_is_a_formula_however_the_line_is_split(texts: list[str]) -> None:
    """ASVS 1.2.10, and programs that split at another separator or ignore the quotes."""
    line = csv_line([for_csv(Untrusted(text)) for text in texts])
    assert line.endswith("\r\n")
    assert line.count("\n") == line.count("\r") == 1
    cells = next(csv.reader(io.StringIO(line), strict=True))
    assert len(cells) == len(texts)
    for separator in ",;|\t":
        for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_NONE):
            for piece in next(csv.reader(io.StringIO(line), delimiter=separator, quoting=quoting)):
                assert not piece.strip().strip('"').strip().startswith(tuple(FORMULAS)), (piece, line)


def test_csv_cells_are_quoted_as_rfc_4180_has_it() -> None:
    at = datetime(2026, 11, 22, 13, 0, 5, 999, tzinfo=timezone(timedelta(hours=1)))
    line = csv_line([for_csv(Untrusted('say "hi", now')), 7, -1.5, cell("first seen"), at])
    assert line == '"say ""hi"", now","7","-1.5","first seen","2026-11-22T12:00:05Z"\r\n'


@given(HOSTILE, HOSTILE)
def test_a_subject_adds_no_header(first: str, second: str) -> None:
    message = EmailMessage(policy=email.policy.SMTP)
    message["Subject"] = subject("[{number}] {first}: {second}", number=7, first=for_subject(Untrusted(first)),
                                 second=for_subject(Untrusted(second)))  # fmt: skip
    parsed = email.message_from_bytes(message.as_bytes(), policy=email.policy.SMTP)
    assert parsed.keys() == ["Subject"]


@given(HOSTILE)
def test_a_terminal_gets_one_line_without_control_sequences(text: str) -> None:
    neutral = for_terminal(Untrusted(text))
    assert not re.search(r"[\x00-\x1f\x7f-\x9f]", neutral)


@given(HOSTILE)
def test_a_log_text_is_one_line(text: str) -> None:
    assert len(for_log(Untrusted(text)).splitlines()) <= 1


def test_a_log_text_marks_line_breaks() -> None:
    assert for_log(Untrusted("a\nb")) == r"a\nb"


def test_a_pdf_text_keeps_its_lines() -> None:
    assert for_pdf(Untrusted("a\r\nhttp://evil.com")) == "a\nhxxp[:]//evil[.]com"


def test_untrusted_text_never_becomes_text_by_accident() -> None:
    text = Untrusted("x\n\u202e" * 50)
    with pytest.raises(TypeError):
        str(text)
    with pytest.raises(TypeError):
        _ = f"{text}"
    with pytest.raises(TypeError):
        _ = "%s" % text  # noqa: UP031 - the case is about it
    with pytest.raises(TypeError):
        "{}".format(text)  # noqa: UP032 - the case is about it
    assert repr(text).isascii()
    assert repr(text).isprintable()
    assert len(repr(text)) < 1000
    assert repr(Untrusted("é")) == r"Untrusted('\xe9')"


def test_untrusted_text_compares_by_content() -> None:
    assert Untrusted("a") == Untrusted("a")
    assert Untrusted("a") != Untrusted("b")
    assert Untrusted("a") != "a"
    assert len({Untrusted("a"), Untrusted("a"), Untrusted("b")}) == 2
    assert Untrusted("a").for_computing() == "a"


def test_our_own_words_take_neutral_parts() -> None:
    evil = Untrusted("**x** {0}")
    assert chat("**{title}** ({count})", title=for_chat(evil), count=3) == r"**\*\*x\*\* {0}** (3)"
    assert terminal("{title}!", title=for_terminal(evil)) == "**x** {0}!"
