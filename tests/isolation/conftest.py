"""What the route part of these tests shares: a running application and the world in it."""

from tests.api.conftest import api, world

__all__ = ["api", "world"]
