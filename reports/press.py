"""From HTML to PDF: WeasyPrint with our fonts, our fetcher and nothing else (O3).

Owns the only calls into the layout engine. A `Press` reads the fonts when it is made, so that the sandbox can
take away file access before the first foreign character is laid out. Given the same page and attachments it
gives the same bytes: dates come from the page, the file identifier from its content.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from io import BytesIO
from typing import Final, Protocol, cast

import weasyprint
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError

from reports.assets import SCHEME, read_template
from reports.conformity import finish, identify
from reports.fetcher import AssetFetcher
from reports.sheet import Attached, Place, Printed, Sheet
from watchfloor.kernel.errors import Refused

VARIANT: Final = "pdf/a-3a"
_BASE: Final = SCHEME + ":"
_SEAL: Final = "seal"
"""The id of the element that stands where the visible signature will."""
_POINTS_PER_PIXEL: Final = 0.75


class _Metadata(Protocol):
    attachments: list[object]


class _Page(Protocol):
    height: float
    anchors: Mapping[str, tuple[float, float, float, float]]


class _Document(Protocol):
    pages: Sequence[_Page]
    metadata: _Metadata

    def write_pdf(
        self, *, pdf_variant: str, pdf_tags: bool, pdf_identifier: bytes, finisher: Callable[[object, object], None]
    ) -> bytes: ...


class _Html(Protocol):
    def render(
        self, *, stylesheets: Sequence[object], font_config: object, pdf_variant: str, pdf_tags: bool
    ) -> _Document: ...


class Press:
    """A layout engine with its fonts loaded. Use it in one thread."""

    def __init__(self) -> None:
        self._fetcher = AssetFetcher()
        self._fonts = FontConfiguration()
        self._style = weasyprint.CSS(
            string=read_template("report.css"),
            url_fetcher=self._fetcher,
            font_config=self._fonts,
            base_url=_BASE,
        )

    def print(self, sheet: Sheet) -> Printed:
        """The report as PDF/A-3a and PDF/UA-1 in one file.

        Raises Refused, and makes nothing, if the page asks for a file that is not an asset of ours.
        """
        try:
            return self._print(sheet)
        except FatalURLFetchingError:
            raise Refused("The report asked for a file from outside and was stopped.", where="report") from None

    def _print(self, sheet: Sheet) -> Printed:
        fetcher = AssetFetcher(sheet.images)
        page = cast("_Html", weasyprint.HTML(string=sheet.html, base_url=_BASE, url_fetcher=fetcher))
        document = page.render(stylesheets=[self._style], font_config=self._fonts, pdf_variant=VARIANT, pdf_tags=True)
        document.metadata.attachments = [self._attachment(item, sheet.created) for item in sheet.attached]
        identify(document.metadata, report_id=sheet.report_id, data_sha256=sheet.data_sha256)
        identifier = hashlib.sha256(sheet.html.encode() + sheet.data_sha256.encode()).hexdigest()[:32]
        pdf = document.write_pdf(
            pdf_variant=VARIANT, pdf_tags=True, pdf_identifier=identifier.encode(), finisher=finish
        )
        return Printed(pdf, len(document.pages), _seal(document.pages))

    def _attachment(self, item: Attached, created: datetime) -> object:
        return weasyprint.Attachment(
            file_obj=BytesIO(item.content),
            name=item.name,
            description=item.description,
            created=created,
            modified=created,
            relationship=item.relationship,
            url_fetcher=self._fetcher,
        )


def _seal(pages: Sequence[_Page]) -> Place | None:
    """Where the room for the signature came to stand; CSS counts pixels from the top, PDF points from the bottom."""
    for number, page in enumerate(pages):
        if _SEAL in page.anchors:
            left, top, right, bottom = (side * _POINTS_PER_PIXEL for side in page.anchors[_SEAL])
            height = page.height * _POINTS_PER_PIXEL
            return Place(page=number, left=left, bottom=height - bottom, right=right, top=height - top)
    return None
