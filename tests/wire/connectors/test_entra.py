"""Entra ID, held to what every connector is held to."""

from typing import ClassVar

from tests.wire.connectors.entra_vendor import EntraVendor
from tests.wire.connectors.suite import Suite
from tests.wire.connectors.vendor import Vendor


class TestEntra(Suite):
    """See the suite."""

    VENDOR: ClassVar[type[Vendor]] = EntraVendor
