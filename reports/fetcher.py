"""The only way by which the layout engine gets bytes: our own fonts and the sheet's own images, by name (O3)."""

from collections.abc import Mapping
from io import BytesIO
from typing import Final

from weasyprint.urls import FatalURLFetchingError, URLFetcherResponse

from reports.assets import FONTS, SCHEME, read_font

_TRUETYPE: Final = "font/ttf"
_PNG: Final = "image/png"


class AssetFetcher:
    """Gives the fonts of `FONTS` and the images it was made with under `asset:NAME`, and refuses all else.

    WeasyPrint asks for nothing but a callable. This one has no code that could reach a network or a path.
    """

    def __init__(self, images: Mapping[str, bytes] | None = None) -> None:
        self._images = images or {}

    def __call__(self, url: str) -> object:
        """The asset that `url` names. Raises WeasyPrint's fatal error, which ends the rendering, for any other."""
        scheme, _, name = url.partition(":")
        if scheme == SCHEME and name in self._images:
            return URLFetcherResponse(url, BytesIO(self._images[name]), {"Content-Type": _PNG})
        if scheme != SCHEME or name not in FONTS:
            raise FatalURLFetchingError("a report may only use its own assets")
        return URLFetcherResponse(url, BytesIO(read_font(name)), {"Content-Type": _TRUETYPE})
