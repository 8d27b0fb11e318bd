"""How figures about rules look in a terminal: one mark, word and colour a level, as in the analyst's console.

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
GOOD: Final = "#8fd694"
WARN: Final = "#ffd166"
BAD: Final = "bold #ff8a65"

NARROW: Final = 110
"""A page of fewer columns shows less."""

_LEVELS: Final[dict[Level, tuple[str, str, str]]] = {
    "critical": ("▰▰▰▰", "critical", "bold white on #b3261e"),
    "high": ("▰▰▰▱", "high", "bold #ff8a65"),
    "medium": ("▰▰▱▱", "medium", "#ffd166"),
    "low": ("▰▱▱▱", "low", "#7fb8e6"),
    "informational": ("▱▱▱▱", "info", "#9aa5b1"),
}
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


def plain(text: str) -> Text:
    """Words of a fixed vocabulary, such as a log source's: nothing hidden in them, dots left as they are."""
    return Text(one_line(text, newline=" "))


def several(number: int, word: str) -> str:
    """A number with its word, in the plural where it is not one."""
    ending = "" if number == 1 else "es" if word.endswith("ch") else "s"
    return f"{number:,} {word}{ending}"


def level(value: Level | None, *, is_short: bool = False) -> Text:
    """A level by its mark and word, or by its mark; nothing for none."""
    if value is None:
        return Text("")
    mark, word, style = _LEVELS[value]
    return Text(mark if is_short else f"{mark} {word}", style=style)


def table() -> Table:
    """An empty table in the house's style."""
    return Table(box=box.SIMPLE_HEAD, padding=(0, 1), header_style=DIM, show_edge=False, pad_edge=False)


def bar(part: int, whole: int) -> Text:
    """How much of a whole a part is, as a bar of fixed width; a part that is there is always seen."""
    filled = 0 if not part else max(1, round(_BAR * part / whole))
    return Text("█" * filled, style=GOOD if part == whole else WARN) + Text("░" * (_BAR - filled), style=DIM)
