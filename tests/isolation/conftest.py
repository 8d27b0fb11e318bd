"""What the route part of these tests shares: a running application and the world in it. The verb part has a floor."""

from tests.api.conftest import api, whole_world, world
from tests.chat.floor import floor
from tests.domain.workplace import make_event, make_rule, make_tenant

__all__ = ["api", "floor", "make_event", "make_rule", "make_tenant", "whole_world", "world"]
