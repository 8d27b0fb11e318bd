"""The files that a report is made of, by name (O3).

Owns the list of fonts and reads them and the templates out of this package. It never opens a path that it was
asked for: a font's name is looked up in a fixed list.
"""

from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

SCHEME: Final = "asset"

_PACKAGE: Final[Traversable] = files("reports")
FONTS: Final = {
    "inter-regular.ttf": "Inter-Regular.ttf",
    "inter-semibold.ttf": "Inter-SemiBold.ttf",
    "noto-sans-mono.ttf": "NotoSansMono-Regular.ttf",
}
"""The fonts that reports are set in, by their asset name. Whole files: a subset breaks text extraction."""


SHARED: Final = frozenset({"breach"})
"""Folders of templates that several documents use."""


def read_font(name: str) -> bytes:
    """The bytes of a font of `FONTS`."""
    return (_PACKAGE / "fonts" / FONTS[name]).read_bytes()


def read_template(name: str) -> str:
    """The text of a template or style sheet that came with this package.

    A bare name is one of all documents'; `incident/cover.html` is of that document, `breach/parts.html` of all that
    `reports.breach` serves.
    """
    folder, _, file = name.rpartition("/")
    if not folder:
        return (_PACKAGE / "templates" / file).read_text(encoding="utf-8")
    if folder in SHARED:
        return (_PACKAGE / folder / file).read_text(encoding="utf-8")
    return (_PACKAGE / "documents" / folder / file).read_text(encoding="utf-8")
