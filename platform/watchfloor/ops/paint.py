"""How rules, matches and figures look in a terminal: one mark, word and colour a level, as in the analyst's console.

Owns no figures. Text of rules comes from files that others wrote: it is shown as plain text, never as markup.
"""

from typing import Final

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from watchfloor.detect.rule import Level
from watchfloor.kernel.characters import one_line
from watchfloor.kernel.neutralise import Untrusted, for_terminal

DIM: Final = "#9aa5b1"
ACCENT: Final = "#7fb8e6"
GOOD: Final = "#8fd694"
WARN: Final = "#ffd166"
BAD: Final = "bold #ff8a65"

NARROW: Final = 110
"""A page of fewer columns shows less."""

_LEVELS: Final[dict[Level, tuple[str, str, str, str]]] = {
    "critical": ("▰▰▰▰", "critical", "bold white on #b3261e", "bold #ffffff on #b3261e"),
    "high": ("▰▰▰▱", "high", "bold #ff8a65", "bold #1b1b1b on #ff8a65"),
    "medium": ("▰▰▱▱", "medium", "#ffd166", "bold #1b1b1b on #ffd166"),
    "low": ("▰▱▱▱", "low", "#7fb8e6", "bold #1b1b1b on #7fb8e6"),
    "informational": ("▱▱▱▱", "info", "#9aa5b1", "bold #1b1b1b on #9aa5b1"),
}
"""The mark, the word, and how they look on the page and as a badge."""

_WIDTH: Final = 120
"""How wide a page is that goes into a file."""

_BAR: Final = 12


def paper() -> Console:
    """Standard output; as wide as the terminal, or as a page."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=_WIDTH)


def shown(text: str, *, style: str = "") -> Text:
    """Text that others wrote, as the terminal may have it."""
    return Text(for_terminal(Untrusted(text)), style=style)


def plain(text: str) -> str:
    """Text of a rule or a file's name: one line, nothing hidden in it, dots left as they are."""
    return one_line(text, newline=" ")


def counted(number: int, one: str, many: str | None = None) -> str:
    """A number with its thing, in the right form."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def level(value: Level | None, *, is_short: bool = False) -> Text:
    """A level by its mark and word, or by its mark; nothing for none."""
    if value is None:
        return Text("")
    mark, word, style, _ = _LEVELS[value]
    return Text(mark if is_short else f"{mark} {word}", style=style)


def badge(value: Level, *, count: int | None = None) -> Text:
    """A level as a coloured word: of fixed width by itself, or behind how many there are."""
    _, word, _, style = _LEVELS[value]
    return Text(f" {word:<8} " if count is None else f" {count:,} {word} ", style=style)


def table() -> Table:
    """An empty table in the house's style."""
    return Table(box=box.SIMPLE_HEAD, padding=(0, 1), header_style=DIM, show_edge=False, pad_edge=False)


def bar(part: int, whole: int) -> Text:
    """How much of a whole a part is, as a bar of fixed width; a part that is there is always seen."""
    filled = 0 if not part else max(1, round(_BAR * part / whole))
    return Text("█" * filled, style=GOOD if part == whole else WARN) + Text("░" * (_BAR - filled), style=DIM)
