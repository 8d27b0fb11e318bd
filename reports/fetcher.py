"""The only way by which the layout engine gets bytes that were not handed to it: our own fonts, by name (O3)."""

from io import BytesIO
from typing import Final

from weasyprint.urls import FatalURLFetchingError, URLFetcherResponse

from reports.assets import FONTS, SCHEME, read_font

_TRUETYPE: Final = "font/ttf"


class AssetFetcher:
    """Gives the fonts of `FONTS` under `asset:NAME` and refuses all else, whatever its scheme.

    WeasyPrint asks for nothing but a callable. This one has no code that could reach a network or a path.
    """

    def __call__(self, url: str) -> object:
        """The asset that `url` names. Raises WeasyPrint's fatal error, which ends the rendering, for any other."""
        scheme, _, name = url.partition(":")
        if scheme != SCHEME or name not in FONTS:
            raise FatalURLFetchingError("a report may only use its own assets")
        return URLFetcherResponse(url, BytesIO(read_font(name)), {"Content-Type": _TRUETYPE})
