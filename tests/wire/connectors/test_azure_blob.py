"""Azure Blob storage, held to what every connector is held to."""

from typing import ClassVar

from tests.wire.connectors.azure_blob_vendor import AzureBlobVendor
from tests.wire.connectors.suite import Suite
from tests.wire.connectors.vendor import Vendor


class TestAzureBlob(Suite):
    """See the suite."""

    VENDOR: ClassVar[type[Vendor]] = AzureBlobVendor
