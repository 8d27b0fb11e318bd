"""The console's templates and files."""

from typing import Final

from watchfloor.web.pages.site import Site

CONSOLE: Final = Site("watchfloor.web.console", address="/console/static", assets=("console.css", "console.js"))
