"""Makes a picture of a terminal's output: `... | infra/picture.py TITLE FILE.svg [COLUMNS]`."""

import sys
from io import StringIO
from typing import Final

from rich.console import Console
from rich.text import Text

_COLUMNS: Final = 100
_FORMAT: Final = """<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; \
font-size: {char_height}px; line-height: {line_height}px; }}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/>
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def main() -> None:
    """Reads what a terminal would show and writes the picture."""
    title, path, *rest = sys.argv[1:]
    console = Console(record=True, width=int(rest[0]) if rest else _COLUMNS, file=StringIO(), force_terminal=True)
    console.print(Text.from_ansi(sys.stdin.read()), soft_wrap=False)
    console.save_svg(path, title=title, code_format=_FORMAT, unique_id="terminal")


if __name__ == "__main__":
    main()
