"""The connectors that there are, by name.

Owns the list and nothing else. A connector's package is imported when it is asked for; its `client` module has it under
the name CONNECTOR.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import Final, TypeAlias, cast

from watchfloor.feeds.connectors.connector import Connector
from watchfloor.kernel.errors import NotFound

NAMES: Final[tuple[str, ...]] = (
    "aws_s3",
    "m365",
    "entra",
    "azure_blob",
    "gcp_pubsub",
    "workspace",
    "okta",
    "github",
)
"""One line for each, in the order of the documentation."""

Catalogue: TypeAlias = Mapping[str, Connector]


def known_connectors() -> dict[str, Connector]:
    """All connectors, by name, in the order of the documentation."""
    return {name: _load(name) for name in NAMES}


def find_connector(catalogue: Catalogue, name: str) -> Connector:
    """The connector with this name. Raises NotFound."""
    connector = catalogue.get(name)
    if connector is None:
        remedy = f"Known are: {', '.join(catalogue)}."
        raise NotFound(f"There is no connector {name}.", remedy=remedy)
    return connector


def _load(name: str) -> Connector:
    module = import_module(f"watchfloor.feeds.connectors.{name}.client")
    return cast("Connector", module.CONNECTOR)
