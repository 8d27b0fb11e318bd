"""GitHub's own description of its API, cut down to the few requests that the connector makes.

    python -m infra.github_api whole.json cut.json

Owns which paths are kept. The whole is eighty megabytes; what is left is served by the program that tests use to hold
our requests to it. Nothing is changed in what is kept.
"""

import sys
from pathlib import Path
from typing import Final

import msgspec

PATHS: Final = (
    "/orgs/{org}/audit-log",
    "/enterprises/{enterprise}/audit-log",
    "/orgs/{org}/installation",
    "/app/installations/{installation_id}/access_tokens",
)


class _Description(msgspec.Struct):
    openapi: str
    info: msgspec.Raw
    servers: msgspec.Raw
    paths: dict[str, msgspec.Raw]


def cut(whole: bytes) -> bytes:
    """The description with these paths alone. Raises KeyError when one is missing."""
    found = msgspec.json.decode(whole, type=_Description)
    found.paths = {path: found.paths[path] for path in PATHS}
    return msgspec.json.encode(found)


def main() -> None:
    """Reads the one file and writes the other."""
    source, target = Path(sys.argv[1]), Path(sys.argv[2])
    target.write_bytes(cut(source.read_bytes()))


if __name__ == "__main__":
    main()
