"""GitHub, held to what every connector is held to."""

from typing import ClassVar

from tests.wire.connectors.github_vendor import GitHubVendor
from tests.wire.connectors.suite import Suite
from tests.wire.connectors.vendor import Vendor


class TestGitHub(Suite):
    """See the suite."""

    VENDOR: ClassVar[type[Vendor]] = GitHubVendor
