"""Okta, held to what every connector is held to."""

from typing import ClassVar

from tests.wire.connectors.okta_vendor import OktaVendor
from tests.wire.connectors.suite import Suite
from tests.wire.connectors.vendor import Vendor


class TestOkta(Suite):
    """See the suite."""

    VENDOR: ClassVar[type[Vendor]] = OktaVendor
