"""The demo's own home directory: made afresh for each run, and never taken for anything else."""

import os
import shutil
from pathlib import Path
from typing import Final

from watchfloor.kernel.config import Settings, load_settings, use_home
from watchfloor.kernel.errors import Conflict
from watchfloor.ops.instance import only_instance

_MARK: Final = "this-is-a-watchfloor-demo"
_SETTINGS: Final = """\
# Written by `watchfloor demo`. The directory is emptied when the demo starts again.
environment = "demo"
operator_name = "Tidewatch Security Operations"
"""
_PORTS: Final = ("postgres_port", "valkey_port", "api_port", "door_port", "syslog_port", "relp_port")
# Root's servers run as another account, which cannot enter root's own home.
_ROOTS_HOME: Final = Path("/var/lib/watchfloor-demo")


def fresh_home(chosen: Path | None) -> Settings:
    """Empties the demo's directory and gives the settings in it. This process and its children use it from now on.

    Raises Conflict when a demo runs in it, or when it holds anything else than an earlier demo.
    """
    home = (chosen or default_home()).expanduser().absolute()
    with only_instance(home):
        found = {entry.name for entry in home.iterdir()} - {"lock"}
        if found and _MARK not in found:
            raise Conflict(
                "The directory holds something else than a demo.",
                where=str(home),
                remedy="Choose another one with --home, or move this one away.",
            )
        for name in found:
            entry = home / name
            shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()
        (home / _MARK).touch()
        use_home(home)
        settings = load_settings()
        ports = "".join(f"{name} = {getattr(settings, name)}\n" for name in _PORTS)
        (home / "watchfloor.toml").write_text(f'{_SETTINGS}{ports}public_url = "{settings.public_url}"\n')
    return load_settings()


def default_home() -> Path:
    """Where the demo runs when nobody says otherwise."""
    return _ROOTS_HOME if os.geteuid() == 0 else Path.home() / ".watchfloor-demo"
