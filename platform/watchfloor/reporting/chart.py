"""Charts as plain SVG, drawn by hand: no script, no style sheet, no reference to anything outside.

Owns the geometry. Colours are literal attributes, because a renderer of PDF does not resolve CSS variables
inside SVG; sense never hangs on colour alone. Every chart has a title as its text alternative, and stands
beside a line or table with its figures.
"""

from collections.abc import Sequence
from typing import Final, Literal

import msgspec
from markupsafe import Markup

WIDTH: Final = 660
HEIGHT: Final = 150
_LEFT: Final = 44
_RIGHT: Final = 8
_TOP: Final = 26
_BOTTOM: Final = 24
_INK: Final = "#44525e"
_GRID: Final = "#dbe2e8"
_BAR: Final = "#0b5a7d"
_MARK: Final = "#9b1c31"
_FAINT: Final = "#8fa0ad"
_NAMES: Final = 150
_LONG_NAMES: Final = 205
_NUMBERS: Final = 80
_STEP: Final = 20
_CELL: Final = 10
_COLUMNS: Final = 34
_SHADES: Final = {"seen": "#0b4f6c", "tested": "#a9d0e2", "covered": "#dcebf3", "bare": "#ffffff"}

_TEXT: Final = Markup(
    '<text x="{x:.1f}" y="{y:.1f}" font-family="Inter" font-size="9" text-anchor="{anchor}" fill="{fill}">{text}</text>'
)
_LINE: Final = Markup(
    '<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{stroke}" stroke-width="{width}"{dash}/>'
)
_DASH: Final = Markup(' stroke-dasharray="3 2"')
_BOX: Final = Markup(
    '<rect x="{x:.1f}" y="{y:.1f}" width="{size}" height="{size}" fill="{fill}" stroke="#8fa0ad" stroke-width="0.5"/>'
)
_DOT: Final = Markup('<circle cx="{x:.1f}" cy="{y:.1f}" r="2" fill="#ffffff"/>')
_RECT: Final = Markup('<rect x="{x:.2f}" y="{y:.2f}" width="{width:.2f}" height="{height:.2f}" fill="{fill}"/>')


class Tick(msgspec.Struct, frozen=True):
    """A label at a share (0 to 1) of the horizontal axis."""

    share: float
    label: Markup


class Bars(msgspec.Struct, frozen=True, kw_only=True):
    """Bars over time. `peak_label` names the top of the scale, `marks` are stages that were reached."""

    title: Markup
    counts: Sequence[int]
    peak_label: Markup
    ticks: Sequence[Tick]
    marks: Sequence[Tick]


def draw(bars: Bars) -> Markup:
    """The chart as an `svg` element."""
    parts = [*_scale(bars), *_columns(bars.counts), *_ticks(bars.ticks), *_marks(bars.marks)]
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {} {}" width="{}" height="{}" role="img">'
        "<title>{}</title>{}</svg>"
    ).format(WIDTH, HEIGHT, WIDTH, HEIGHT, bars.title, Markup("").join(parts))


def _x(share: float) -> float:
    return _LEFT + min(max(share, 0.0), 1.0) * (WIDTH - _LEFT - _RIGHT)


def _line(x1: float, y1: float, x2: float, y2: float, *, stroke: str, width: float, dash: Markup) -> Markup:
    return _LINE.format(x1=x1, y1=y1, x2=x2, y2=y2, stroke=stroke, width=width, dash=dash)


def _text(x: float, y: float, text: Markup, *, anchor: str, fill: str) -> Markup:
    return _TEXT.format(x=x, y=y, anchor=anchor, fill=fill, text=text)


def _scale(bars: Bars) -> list[Markup]:
    base = HEIGHT - _BOTTOM
    return [
        _line(_LEFT, _TOP, WIDTH - _RIGHT, _TOP, stroke=_GRID, width=1, dash=Markup("")),
        _line(_LEFT, base, WIDTH - _RIGHT, base, stroke=_INK, width=1, dash=Markup("")),
        _text(_LEFT - 6, _TOP + 3, bars.peak_label, anchor="end", fill=_INK),
        _text(_LEFT - 6, base + 3, Markup("0"), anchor="end", fill=_INK),
    ]


def _columns(counts: Sequence[int]) -> list[Markup]:
    step = (WIDTH - _LEFT - _RIGHT) / len(counts)
    room = HEIGHT - _BOTTOM - _TOP
    peak = max(*counts, 1) if len(counts) > 1 else max(counts[0], 1)
    drawn: list[Markup] = []
    for place, count in enumerate(counts):
        if count:
            height = max(1.0, count / peak * room)
            x = _LEFT + place * step + step * 0.1
            drawn.append(_RECT.format(x=x, y=HEIGHT - _BOTTOM - height, width=step * 0.8, height=height, fill=_BAR))
    return drawn


def _ticks(ticks: Sequence[Tick]) -> list[Markup]:
    drawn: list[Markup] = []
    for tick in ticks:
        anchor = "start" if tick.share <= 0 else "end" if tick.share >= 1 else "middle"
        drawn.append(_text(_x(tick.share), HEIGHT - 8, tick.label, anchor=anchor, fill=_INK))
    return drawn


def _marks(marks: Sequence[Tick]) -> list[Markup]:
    drawn: list[Markup] = []
    for place, mark in enumerate(marks):
        x = _x(mark.share)
        top = 9 if place % 2 == 0 else 19
        anchor = "end" if x > WIDTH - 90 else "start"
        drawn.append(_line(x, top - 6, x, HEIGHT - _BOTTOM, stroke=_MARK, width=0.8, dash=_DASH))
        drawn.append(_text(x + (-3 if anchor == "end" else 3), top, mark.label, anchor=anchor, fill=_MARK))
    return drawn


class Row(msgspec.Struct, frozen=True):
    """A bar that lies: what it is, its number as it is written, and its length as a share (0 to 1) of the room."""

    label: Markup
    value: Markup
    share: float


def draw_rows(title: Markup, rows: Sequence[Row]) -> Markup:
    """Bars below each other, each with its name before and its number behind it."""
    drawn: list[Markup] = []
    room = WIDTH - _LONG_NAMES - _NUMBERS
    for place, row in enumerate(rows):
        y = place * _STEP + 4.0
        width = max(1.0, min(max(row.share, 0.0), 1.0) * room)
        drawn.append(_text(_LONG_NAMES - 8, y + 11, row.label, anchor="end", fill=_INK))
        drawn.append(_RECT.format(x=_LONG_NAMES, y=y, width=width, height=_STEP - 6.0, fill=_BAR))
        drawn.append(_text(_LONG_NAMES + width + 6, y + 11, row.value, anchor="start", fill=_INK))
    return _svg(title, len(rows) * _STEP + 4, drawn)


Level = Literal["seen", "tested", "covered", "bare"]
"""How far a cell is filled; each level has a shade and a mark of its own."""


class HeatRow(msgspec.Struct, frozen=True):
    """A row of cells with its name, and its figures as they are written."""

    label: Markup
    value: Markup
    cells: Sequence[Level]


def draw_heat(title: Markup, rows: Sequence[HeatRow], legend: Sequence[tuple[Level, Markup]]) -> Markup:
    """Rows of cells, below a legend. A row too long for the paper goes on in the next line."""
    drawn: list[Markup] = []
    x = float(_NAMES)
    for level, label in legend:
        drawn += _cell(level, x, 2)
        drawn.append(_text(x + _CELL + 4, 11, label, anchor="start", fill=_INK))
        x += _CELL + 16 + len(label) * 5
    y = 22.0
    for row in rows:
        drawn.append(_text(_NAMES - 8, y + 9, row.label, anchor="end", fill=_INK))
        drawn.append(_text(WIDTH - _RIGHT, y + 9, row.value, anchor="end", fill=_INK))
        for place, level in enumerate(row.cells):
            line, column = divmod(place, _COLUMNS)
            drawn += _cell(level, _NAMES + column * (_CELL + 2.0), y + line * (_CELL + 2.0))
        y += max(1, -(-len(row.cells) // _COLUMNS)) * (_CELL + 2.0) + 4
    return _svg(title, y, drawn)


def _cell(level: Level, x: float, y: float) -> list[Markup]:
    middle_x, middle_y = x + _CELL / 2, y + _CELL / 2
    box = _BOX.format(x=x, y=y, size=_CELL, fill=_SHADES[level])
    match level:
        case "seen":
            return [box, _DOT.format(x=middle_x, y=middle_y)]
        case "tested":
            return [box, _line(x + 2, middle_y, x + _CELL - 2, middle_y, stroke=_INK, width=1.4, dash=Markup(""))]
        case "covered":
            return [box]
        case "bare":
            return [box, _line(x + 2, y + _CELL - 2, x + _CELL - 2, y + 2, stroke=_FAINT, width=0.8, dash=Markup(""))]


def _svg(title: Markup, height: float, parts: Sequence[Markup]) -> Markup:
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {} {:.0f}" width="{}" height="{:.0f}" role="img">'
        "<title>{}</title>{}</svg>"
    ).format(WIDTH, height, WIDTH, height, title, Markup("").join(parts))
