"""What the chat surfaces are tested on: the tenants and events of `tests.domain.workplace`, and `floor`."""

from tests.chat.floor import floor
from tests.domain.workplace import acme, count, make_event, make_rule, make_tenant, make_worker

__all__ = ["acme", "count", "floor", "make_event", "make_rule", "make_tenant", "make_worker"]
