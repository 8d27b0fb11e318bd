"""The connector for Pub/Sub, held to what every connector is held to."""

from typing import ClassVar

from tests.wire.connectors.gcp_pubsub_vendor import GcpPubsubVendor
from tests.wire.connectors.suite import Suite
from tests.wire.connectors.vendor import Vendor


class TestGcpPubsub(Suite):
    """See the suite."""

    VENDOR: ClassVar[type[Vendor]] = GcpPubsubVendor
