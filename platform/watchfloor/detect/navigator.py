"""Coverage as a layer for the ATT&CK Navigator, in layer format 4.5."""

from typing import Final

import msgspec

from watchfloor.detect.coverage import Coverage, TechniqueCoverage, logsource_words

LAYER_FORMAT: Final = "4.5"
NAVIGATOR: Final = "5.1.0"
"""The Navigator that the format came with; newer ones read it."""

_NOT_READY: Final = "#f6c177"
_GRADIENT: Final = ("#d5ecd4", "#3d8b40")


class Versions(msgspec.Struct, frozen=True, kw_only=True):
    """What the layer was made for."""

    attack: str
    navigator: str
    layer: str


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """A line beside a technique."""

    name: str
    value: str


class Cell(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A technique in the layer. Its score is how many rules can fire."""

    technique_id: str = msgspec.field(name="techniqueID")
    score: int
    comment: str
    metadata: list[Note]
    color: str = ""
    enabled: bool = True


class Gradient(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """From the least score to the most."""

    colors: list[str]
    min_value: int
    max_value: int


class Legend(msgspec.Struct, frozen=True, kw_only=True):
    """What a colour means."""

    label: str
    color: str


class Layer(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A layer."""

    name: str
    versions: Versions
    domain: str
    description: str
    sorting: int
    hide_disabled: bool
    techniques: list[Cell]
    gradient: Gradient
    legend_items: list[Legend]


def layer(coverage: Coverage, *, name: str, description: str) -> Layer:
    """The layer of a coverage: green where rules can fire, amber where there are rules and their feed is missing."""
    techniques = sorted(coverage.techniques.values(), key=lambda one: one.id)
    return Layer(
        name=name,
        versions=Versions(attack=str(coverage.attack_version), navigator=NAVIGATOR, layer=LAYER_FORMAT),
        domain="enterprise-attack",
        description=description,
        sorting=3,
        hide_disabled=False,
        techniques=[_cell(one) for one in techniques],
        gradient=Gradient(colors=list(_GRADIENT), min_value=1, max_value=max(2, *(one.ready for one in techniques), 0)),
        legend_items=[
            Legend(label="rules that can fire", color=_GRADIENT[1]),
            Legend(label="rules whose log source does not come in", color=_NOT_READY),
        ],
    )


def _cell(one: TechniqueCoverage) -> Cell:
    missing = ", ".join(f"{logsource_words(gap.logsource)} ({gap.rules})" for gap in one.missing)
    return Cell(
        technique_id=one.id,
        score=one.ready,
        comment=f"{one.ready} of {one.rules} rules can fire." + (f" Missing: {missing}." if missing else ""),
        metadata=[Note(name="rules", value=str(one.rules)), Note(name="can fire", value=str(one.ready))],
        color="" if one.ready else _NOT_READY,
    )
