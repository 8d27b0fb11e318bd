"""The connector for Google Workspace, held to what every connector is held to."""

from typing import ClassVar

from tests.wire.connectors.suite import Suite
from tests.wire.connectors.vendor import Vendor
from tests.wire.connectors.workspace_vendor import WorkspaceVendor


class TestWorkspace(Suite):
    """See the suite."""

    VENDOR: ClassVar[type[Vendor]] = WorkspaceVendor
