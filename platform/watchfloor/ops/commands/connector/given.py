"""What a person tells a connector at a terminal. A secret is never an argument: those can be read by others."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import click

from watchfloor.kernel.errors import Invalid, Unavailable

_LONGEST: Final = 65_536

settings_option = click.option(
    "--set", "settings", multiple=True, metavar="NAME=VALUE", help="A setting; may be repeated. Lists have commas."
)
secrets_option = click.option(
    "--secret", "secrets", multiple=True, metavar="NAME", help="A secret, which is then asked for."
)
files_option = click.option(
    "--secret-file", "files", multiple=True, metavar="NAME=FILE", help="A secret that stands in a file."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")


def read_settings(pairs: Sequence[str]) -> dict[str, str]:
    """The settings of the command line. Raises Invalid."""
    return dict(_pair(text, "A setting is written NAME=VALUE.") for text in pairs)


def read_secrets(names: Sequence[str], files: Sequence[str]) -> dict[str, str]:
    """The secrets, from files and from the person. Raises Invalid, Unavailable when a file cannot be read."""
    found = {name: _content(Path(path)) for name, path in (_pair(text, "Write NAME=FILE.") for text in files)}
    for name in names:
        found[name] = str(click.prompt(name, hide_input=True, err=True))
    return found


def together(settings: Mapping[str, str], secrets: Mapping[str, str]) -> dict[str, str]:
    """Both. Raises Invalid when one is given as both."""
    for name in settings.keys() & secrets.keys():
        raise Invalid("This is given twice.", where=name)
    return {**settings, **secrets}


def _pair(text: str, remedy: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not separator or not name:
        raise Invalid("This is no pair.", where=text[:100], remedy=remedy)
    return name, value


def _content(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(_LONGEST + 1)
        if len(content) > _LONGEST:
            raise Invalid(f"The file has more than {_LONGEST} bytes.", where=str(path))
        return content.decode().strip()
    except UnicodeDecodeError:
        raise Invalid("The file is no text.", where=str(path)) from None
    except OSError as fault:
        raise Unavailable(f"The file cannot be read: {fault.strerror}.", where=str(path)) from None
