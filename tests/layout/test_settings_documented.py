"""docs/settings.md and the settings say the same."""

import re
from importlib.resources import files

from watchfloor.kernel.config import Settings

_BARE = {"database_url": "DATABASE_URL", "valkey_url": "VALKEY_URL"}


def test_each_setting_is_documented_and_nothing_else_is() -> None:
    text = files("watchfloor").joinpath("docs", "settings.md").read_text("utf-8")
    table = "\n".join(line.split("|")[1] for line in text.splitlines() if line.startswith("| `"))
    documented = set(re.findall(r"`([A-Z_]+)`", table))
    assert documented == {_BARE.get(name, f"WATCHFLOOR_{name.upper()}") for name in Settings.__struct_fields__}
