"""The signature's field on the page: its box, its words in our own font, and its place in the reading order.

Owns what makes a signed file keep to PDF/A-3 and PDF/UA-1: the words of the stamp are set in an embedded font, the
field has a description, and stands in the structure tree as a form element (ISO 14289-1, 7.18). All of it goes into
the update that the signature makes, so the bytes of the unsigned file stay as they are at the file's beginning.
"""

# The libraries for signatures are typed in part; what they give is typed at our border.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from functools import cache
from io import BytesIO
from typing import Final, cast

import msgspec
from fontTools.subset import Options, Subsetter  # type: ignore[import-untyped]  # the library has no types
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]  # likewise
from fontTools.ttLib.scaleUpem import scale_upem  # type: ignore[import-untyped]  # likewise
from lxml.etree import register_namespace  # type: ignore[import-untyped]  # likewise
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.font.api import FontEngine, FontEngineFactory
from pyhanko.pdf_utils.font.opentype import GlyphAccumulator
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.layout import AxisAlignment, InnerScaling, Margins, SimpleBoxLayoutRule
from pyhanko.pdf_utils.text import TextBoxStyle
from pyhanko.pdf_utils.writer import BasePdfFileWriter
from pyhanko.sign.fields import SigFieldSpec, append_signature_field
from pyhanko.stamp import TextStampStyle

from reports.assets import read_font
from reports.conformity import NAMESPACE, PREFIX
from reports.sheet import Place

FIELD: Final = "Signature"

# Signing writes the metadata anew; our properties are to keep the prefix under which PDF/A knows them.
register_namespace(PREFIX, NAMESPACE)

_FONT: Final = "inter-regular.ttf"
_SIZE: Final = 9
_MARGIN: Final = 4
_UNITS: Final = 1_000
_PRINTED: Final = 4
"""The flag of an annotation that is printed (ISO 32000-1, 12.5.3)."""


class Stamp(msgspec.Struct, frozen=True, kw_only=True):
    """What the visible signature says, and the name by which a reader's voice calls the field."""

    lines: tuple[str, ...]
    description: str


class _Face(FontEngineFactory):
    """Our text font, from the package rather than from a path, with the characters of one text."""

    def __init__(self, text: str) -> None:
        self._text = text

    def create_font_engine(self, writer: BasePdfFileWriter, obj_stream: object = None) -> FontEngine:
        del obj_stream
        room = writer.prepare_object_stream() if writer.stream_xrefs else None
        return GlyphAccumulator(writer, BytesIO(_font_for(self._text)), font_size=_SIZE, obj_stream=room)


def style_of(stamp: Stamp) -> TextStampStyle:
    """How the stamp is drawn. Its lines are values, never part of the template, whatever stands in them."""
    return TextStampStyle(
        border_width=0,
        stamp_text="\n".join(f"%(line{number})s" for number in range(len(stamp.lines))),
        text_box_style=TextBoxStyle(
            font=_Face("".join(values_of(stamp).values())), font_size=_SIZE, leading=_SIZE + 3, border_width=0
        ),
        inner_content_layout=SimpleBoxLayoutRule(
            x_align=AxisAlignment.ALIGN_MIN,
            y_align=AxisAlignment.ALIGN_MID,
            margins=Margins.uniform(_MARGIN),
            inner_content_scaling=InnerScaling.SHRINK_TO_FIT,
        ),
    )


def values_of(stamp: Stamp) -> dict[str, str]:
    """The values for the template of `style_of`; a character that its font does not have is a question mark."""
    return {
        f"line{number}": "".join(character if ord(character) in _drawn() else "?" for character in line)
        for number, line in enumerate(stamp.lines)
    }


def add_field(writer: IncrementalPdfFileWriter, place: Place, stamp: Stamp) -> None:
    """Puts an empty signature field where the page has room for it, and hangs it into the structure tree."""
    sides = (round(place.left), round(place.bottom), round(place.right), round(place.top))
    append_signature_field(
        writer,
        SigFieldSpec(FIELD, on_page=place.page, box=sides, readable_field_name=stamp.description),
    )
    form = cast("generic.DictionaryObject", writer.root["/AcroForm"])
    [reference] = cast("list[generic.IndirectObject]", form.raw_get("/Fields").get_object())
    widget = cast("generic.DictionaryObject", reference.get_object())
    page = cast("generic.IndirectObject", writer.find_page_for_modification(place.page)[0])
    _hang(writer, widget, reference, page)
    widget["/F"] = generic.NumberObject(_PRINTED)
    widget["/Contents"] = generic.TextStringObject(stamp.description)
    writer.mark_update(reference)


def _hang(
    writer: IncrementalPdfFileWriter,
    widget: generic.DictionaryObject,
    reference: generic.IndirectObject,
    page: generic.IndirectObject,
) -> None:
    root = cast("generic.DictionaryObject", writer.root["/StructTreeRoot"])
    parents = cast("generic.DictionaryObject", root["/ParentTree"])
    numbers = cast("generic.ArrayObject", parents["/Nums"])
    key = max((int(cast("int", number)) for number in list(numbers)[::2]), default=-1) + 1
    document = cast("generic.IndirectObject", cast("generic.ArrayObject", root["/K"]).raw_get(0))
    kids = cast("generic.ArrayObject", cast("generic.DictionaryObject", document.get_object())["/K"])
    element = writer.add_object(
        generic.DictionaryObject(
            {
                generic.NameObject("/Type"): generic.NameObject("/StructElem"),
                generic.NameObject("/S"): generic.NameObject("/Form"),
                generic.NameObject("/P"): document,
                generic.NameObject("/Pg"): page,
                generic.NameObject("/Alt"): widget["/TU"],
                generic.NameObject("/K"): generic.DictionaryObject(
                    {
                        generic.NameObject("/Type"): generic.NameObject("/OBJR"),
                        generic.NameObject("/Obj"): reference,
                        generic.NameObject("/Pg"): page,
                    }
                ),
            }
        )
    )
    kids.append(element)
    numbers.append(generic.NumberObject(key))
    numbers.append(element)
    widget["/StructParent"] = generic.NumberObject(key)
    root["/ParentTreeNextKey"] = generic.NumberObject(key + 1)
    for changed in (root, parents, numbers, kids):
        writer.update_container(changed)


@cache
def _drawn() -> frozenset[int]:
    with TTFont(BytesIO(read_font(_FONT)), lazy=True) as font:
        return frozenset(cast("dict[int, str]", font.getBestCmap()))


def _font_for(text: str) -> bytes:
    """Our text font with the characters of `text`, in units of a thousandth.

    Widths in a PDF are thousandths (ISO 32000-1, 9.2.4), and the signer's library writes down those of the font as
    they are, which for a font of 2048 units would be wrong.
    """
    options = Options()
    options.layout_features = ["kern"]
    options.notdef_outline = True
    with TTFont(BytesIO(read_font(_FONT))) as font:
        chosen = Subsetter(options)
        chosen.populate(text=text)
        chosen.subset(font)
        scale_upem(font, _UNITS)
        output = BytesIO()
        font.save(output, reorderTables=None)
    return output.getvalue()
