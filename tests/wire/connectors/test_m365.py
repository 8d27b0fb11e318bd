"""Microsoft 365, held to what every connector is held to."""

from typing import ClassVar

from tests.wire.connectors.m365_vendor import M365Vendor
from tests.wire.connectors.suite import Suite
from tests.wire.connectors.vendor import Vendor


class TestM365(Suite):
    """See the suite."""

    VENDOR: ClassVar[type[Vendor]] = M365Vendor
