"""The suite itself, held by a connector and a vendor that do not exist."""

from typing import ClassVar

from tests.wire.connectors.made_up_vendor import MadeUpVendor
from tests.wire.connectors.suite import Suite
from tests.wire.connectors.vendor import Vendor


class TestMadeUp(Suite):
    """See the suite."""

    VENDOR: ClassVar[type[Vendor]] = MadeUpVendor
