"""Programs for browsers that are no part of the product, as the bootstrap installs them."""

import os
from functools import cache
from pathlib import Path
from typing import Final

import pytest

_PLACE: Final = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "watchfloor" / "npm" / "node_modules"


@cache
def axe_script() -> str:
    """The accessibility checker axe-core, as a script."""
    script = _PLACE / "axe-core" / "axe.min.js"
    if not script.is_file():
        pytest.fail("axe-core is missing: run infra/bootstrap test.")
    return script.read_text("utf-8")
